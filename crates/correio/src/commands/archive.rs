//! `correio archive`: makes room at a provider, by copying old mail to a safe place first.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use admin::{Client, Missing, Progress};
use anyhow::Result;
use clap::{ArgGroup, Args};
use machine::Size;
use mailbox::Timestamp;
use serde::Serialize;
use sync::companion::ProviderAccount;
use sync::{
    ArchiveDone, ArchiveFault, ArchivePlan, ArchiveStep, ArchiveWanted, EndFault, Exit, Go, Imap,
    PlanFault, RECEIPT_VERSION, Receipt, Room, Service, Stage, Trouble, archive_planned, archived,
};

use crate::archive::{Place, Records, Storage, Target};
use crate::companion::{
    Age, LimitRate, Text, ensure_local_user, enter_imap, failed, language, now, place, read,
    stop_on_interrupt, storage, troubled,
};
use crate::context::Context;
use crate::output::{json, line};
use crate::progress::Bar;
use crate::runs::{About, ends, noted};

/// Make room at a provider: copy mail to a safe place, then delete it there
///
/// Messages that are old, large or found are copied to the target and made durable; then all of them are read back from
/// there and compared, octet for octet; and only what is the same is deleted at the provider. A receipt says what went, from
/// where, and where it is now: `correio restore --receipt FILE` puts it back with its flags and dates. An archive that was cut
/// off is simply run again: nothing is lost and nothing comes twice.
///
/// All folders are looked through but Trash, Junk and Drafts, unless --folder names some. Say --dry-run first: it shows what
/// would go, and how much.
///
/// Exit status: 0 done, 1 wrong usage, 2 a person has to do something (a certificate, a password file, a server that says no
/// quota or cannot remove single messages), 3 the provider lets nobody in, 4 the network or the server, 5 the target or the
/// store here, 6 refused for safety, 7 what was read back is not what came.
#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct Archive {
    /// The account, as `correio account list` names it
    name: String,
    /// What came longer ago than this: 30d, 8w, 6m or 1y (a month has 30 days here, and a year 365)
    #[arg(long, value_name = "AGE", group = "what")]
    older: Option<Age>,
    /// What is larger than this, such as 5M
    #[arg(long, value_name = "SIZE", group = "what")]
    larger: Option<Size>,
    /// Only folders whose names here fit: `*` stands for anything, `%` for anything within one level; can be said several
    /// times
    #[arg(long = "folder", value_name = "PATTERN", group = "what")]
    folders: Vec<String>,
    /// What has these words, as the provider finds them; `from:`, `to:` and `subject:` before a word say where it is
    #[arg(long, value_name = "WORDS", group = "what")]
    search: Option<String>,
    /// Only as much, the oldest first, as brings what is used at the provider down to this share, such as 70%
    #[arg(long, value_name = "PERCENT", group = "what")]
    until_quota: Option<Percent>,
    /// Where it goes: local:NAME (a user of the store here), mbox:DIR, maildir:DIR, eml:DIR or zip:FILE
    ///
    /// In a folder each run makes a folder of its own.
    #[arg(long, value_name = "TARGET")]
    to: Place,
    #[command(flatten)]
    rate: LimitRate,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// A share in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Percent(u64);

impl FromStr for Percent {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Percent, &'static str> {
        let number = text.strip_suffix('%').unwrap_or(text).parse().ok();
        let number = number.filter(|number| *number <= 100);
        number.map(Percent).ok_or("expected a share from 0% to 100%")
    }
}

impl Archive {
    /// What its record is about.
    pub(super) fn about(&self) -> About {
        let account = Some(self.name.clone());
        About { verb: "archive", account, dry_run: self.dry_run, ..About::default() }
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (folder, text) = (context.folder()?, language());
        let companion = read(&folder)?;
        let account = companion.account(&self.name)?.clone();
        if account.imap.is_none() && account.pop3.is_some() {
            let text = text.archive_is_imap(account.name.as_str());
            return Err(failed(Exit::NeedsPerson, text));
        }
        let to = self.to.clone().absolute()?;
        if let Place::Local(address) = &to
            && let Some(other) = companion.accounts.iter().find(|it| it.local == *address)
        {
            let text = text.mirrors_here(address, other.name.as_str());
            return Err(failed(Exit::Refused, text));
        }
        let archives = folder.archives();
        machine::files::make_private_folder(&archives)?;
        let _alone = machine::files::lock_folder(&archives)
            .map_err(|error| failed(Exit::Refused, format!("{}: {error}", archives.display())))?;
        let network = self.rate.network();
        let client = enter_imap(context, &account, &*network).await?;
        let stop = stop_on_interrupt();
        let mut work = Work { context, account: &account, client, archives: &archives, text, stop };
        if !self.dry_run {
            work.go_on().await?;
        }
        work.archive(&self, &to).await?;
        // All is done; how the server says goodbye does not matter.
        drop(work.client.log_out().await);
        Ok(())
    }

    fn wanted(&self) -> ArchiveWanted {
        let before = |age: Age| Timestamp(now().0.saturating_sub(age.0));
        ArchiveWanted {
            before: self.older.map(before),
            larger: self.larger.map(|Size(octets)| octets),
            folders: self.folders.clone(),
            words: self
                .search
                .iter()
                .flat_map(|it| it.split_whitespace())
                .map(str::to_owned)
                .collect(),
            until_percent: self.until_quota.map(|Percent(percent)| percent),
        }
    }
}

/// Archives of one account.
struct Work<'w> {
    context: &'w Context,
    account: &'w ProviderAccount,
    client: Imap,
    /// Where the companion keeps receipts.
    archives: &'w Path,
    text: Text,
    stop: Arc<AtomicBool>,
}

impl Work<'_> {
    /// Finishes what was cut before.
    async fn go_on(&mut self) -> Result<()> {
        for receipt in Records::unfinished(self.archives, self.account.name.as_str())? {
            if !self.context.json {
                line(&self.text.goes_on(&receipt.begun, &receipt.target))?;
            }
            let to: Place = receipt.target.parse()?;
            self.carry_out(receipt, &to).await?;
        }
        Ok(())
    }

    async fn archive(&mut self, said: &Archive, to: &Place) -> Result<()> {
        let planned = archive_planned(&mut self.client, &said.wanted()).await;
        let plan = planned.map_err(|fault| self.no_plan(fault))?;
        if let Some(room) = plan.room {
            ends::note_room(self.context, self.account.name.as_str(), room).await;
        }
        if said.dry_run || plan.folders.is_empty() {
            return self.tell_plan(&plan, to, said.dry_run);
        }
        if let Place::Zip(path) = to
            && path.exists()
        {
            return Err(failed(Exit::Refused, self.text.is_there(path)));
        }
        if !self.context.json {
            self.text.archive_plan(&plan, to).iter().try_for_each(|text| line(text))?;
        }
        let receipt = self.receipt(plan, to)?;
        self.carry_out(receipt, to).await
    }

    fn no_plan(&self, fault: PlanFault) -> anyhow::Error {
        if let Some(text) = self.text.no_plan(&fault, self.account.name.as_str()) {
            return failed(Exit::NeedsPerson, text);
        }
        match (fault, place(self.account, Service::Imap)) {
            (PlanFault::Server(fault), Ok(endpoint)) => {
                troubled(&Trouble::of_imap_session(fault, endpoint), self.text.0)
            }
            (fault, _) => fault.into(),
        }
    }

    fn tell_plan(&self, plan: &ArchivePlan, to: &Place, is_dry: bool) -> Result<()> {
        if self.context.json {
            return json(&PlanRow::of(self.account.name.as_str(), plan, to));
        }
        self.text.archive_plan(plan, to).iter().try_for_each(|text| line(text))?;
        if is_dry { line(self.text.dry()) } else { Ok(()) }
    }

    /// The receipt of a new run.
    fn receipt(&self, plan: ArchivePlan, to: &Place) -> Result<Receipt> {
        let begun = machine::time_text(now());
        let stem: String = begun.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = self.account.name.as_str();
        let is_free = |run: &String| {
            let taken = |path: &Path| path.exists();
            let record = Records::of(self.archives, run, None);
            let is_zip = matches!(to, Place::Zip(_));
            !taken(record.shown()) && (is_zip || !taken(Path::new(&to.of_run(run).shown())))
        };
        let mut runs = (1..).map(|number: u32| match number {
            1 => format!("{name}-{stem}"),
            more => format!("{name}-{stem}-{more}"),
        });
        let run = runs.find(is_free).unwrap_or_else(|| name.to_owned());
        let mut folders = plan.folders;
        if let Place::Local(_) = to {
            // Several accounts may go to one user.
            folders.iter_mut().for_each(|it| it.mailbox = format!("{name}/{}", it.mailbox));
        }
        Ok(Receipt {
            version: RECEIPT_VERSION,
            account: name.to_owned(),
            server: place(self.account, Service::Imap)?.to_string(),
            user: self.account.user.clone(),
            target: to.to_string(),
            place: to.of_run(&run).shown(),
            run,
            begun,
            stage: Stage::Copying,
            folders,
        })
    }

    /// Does what a receipt says is to be done, and tells of it.
    async fn carry_out(&mut self, mut receipt: Receipt, to: &Place) -> Result<()> {
        let begun = Instant::now();
        let storage_of_run = to.of_run(&receipt.run);
        if let Some(parent) = storage_of_run.parent() {
            machine::files::make_private_folder(parent)
                .map_err(|error| failed(Exit::Storage, format!("{}: {error}", parent.display())))?;
        }
        let mut store = self.store(&storage_of_run).await?;
        let mut record = Records::of(self.archives, &receipt.run, storage_of_run.receipt());
        let mailboxes = receipt.folders.iter().map(|folder| folder.mailbox.clone()).collect();
        let mut target = Target::new(storage_of_run, store.as_mut(), mailboxes);
        let (mut bar, stop, text) = (Bar::new(), Arc::clone(&self.stop), self.text);
        let mut watch = |step: ArchiveStep| {
            let (what, done, of) = text.archive_step(step);
            match step {
                ArchiveStep::Comparing(..) => {
                    bar.show(&Progress { what: what.to_owned(), done, of: Some(of) });
                }
                ArchiveStep::Copying(..) | ArchiveStep::Deleting(..) => {
                    bar.transfer(what, done, of)
                }
            }
            if stop.load(Ordering::Relaxed) { Go::Stop } else { Go::On }
        };
        let client = &mut self.client;
        let done = archived(client, &mut receipt, &mut target, &mut record, &mut watch).await;
        bar.clear();
        drop(target);
        let closed = match store {
            Some(store) => store.close().await,
            None => Ok(()),
        };
        self.tell(&receipt, &done, record.shown(), begun)?;
        self.end(done)?;
        closed.map_err(storage)
    }

    /// The store, where the mail goes to a user here, who is made where there is none.
    async fn store(&self, storage_of_run: &Storage) -> Result<Option<Client>> {
        let Storage::Local(address) = storage_of_run else { return Ok(None) };
        ensure_local_user(self.context, address).await?;
        Ok(Some(self.context.reach(Missing::Refuse).await?))
    }

    /// How the program ends.
    fn end(&self, done: ArchiveDone) -> Result<()> {
        let endpoint = place(self.account, Service::Imap)?;
        let why = |fault: &ArchiveFault| Trouble::Storage { why: fault.to_string() };
        match done.fault {
            Some(ArchiveFault::Source(EndFault::Server(fault))) => {
                return Err(troubled(&Trouble::of_imap_session(fault, endpoint), self.text.0));
            }
            Some(
                fault @ (ArchiveFault::Source(EndFault::Local(_))
                | ArchiveFault::Target(_)
                | ArchiveFault::Record(_)),
            ) => {
                return Err(troubled(&why(&fault), self.text.0));
            }
            None => {}
        }
        let exit = [
            (done.unequal, Exit::Verification),
            (done.renumbered, Exit::Refused),
            (done.copies.not_given.saturating_add(done.left), Exit::Network),
            (done.marked, Exit::NeedsPerson),
        ];
        match exit.into_iter().find(|(count, _)| *count > 0) {
            Some((_, exit)) => Err(failed(exit, self.text.incomplete())),
            None => Ok(()),
        }
    }

    fn tell(
        &self,
        receipt: &Receipt,
        done: &ArchiveDone,
        shown: &Path,
        begun: Instant,
    ) -> Result<()> {
        let row = DoneRow {
            account: receipt.account.clone(),
            target: receipt.target.clone(),
            place: receipt.place.clone(),
            receipt: shown.display().to_string(),
            complete: receipt.stage == Stage::Done,
            copied: done.copies.copied,
            copied_octets: done.copies.octets,
            safe: done.safe,
            safe_octets: done.safe_octets,
            unequal: done.unequal,
            deleted: done.deleted,
            deleted_octets: done.deleted_octets,
            marked_only: done.marked,
            gone_before: done.gone,
            changed: done.changed,
            renumbered: done.renumbered,
            not_given: done.copies.not_given,
            too_large: done.copies.too_large,
            not_deleted: done.left,
            seconds: begun.elapsed().as_secs_f64(),
        };
        noted(self.context, &row);
        if self.context.json {
            return json(&row);
        }
        let lines = self.text.archived(done, &receipt.place, shown);
        lines.iter().try_for_each(|text| line(text))
    }
}

#[derive(Serialize)]
struct PlanRow {
    account: String,
    target: String,
    messages: u64,
    octets: u64,
    more: bool,
    used_octets: Option<u64>,
    quota_octets: Option<u64>,
    folders: Vec<FolderRow>,
}

#[derive(Serialize)]
struct FolderRow {
    folder: String,
    messages: usize,
    octets: u64,
}

impl PlanRow {
    fn of(account: &str, plan: &ArchivePlan, to: &Place) -> PlanRow {
        let rows = plan.folders.iter().map(|folder| FolderRow {
            folder: folder.name.clone(),
            messages: folder.messages.len(),
            octets: folder.messages.iter().fold(0, |sum, it| it.listed_octets.saturating_add(sum)),
        });
        PlanRow {
            account: account.to_owned(),
            target: to.to_string(),
            messages: plan.count(),
            octets: plan.octets(),
            more: plan.more,
            used_octets: plan.room.map(|Room { used, .. }| used),
            quota_octets: plan.room.map(|Room { max, .. }| max),
            folders: rows.collect(),
        }
    }
}

#[derive(Serialize)]
struct DoneRow {
    account: String,
    target: String,
    place: String,
    receipt: String,
    complete: bool,
    copied: u64,
    copied_octets: u64,
    safe: u64,
    safe_octets: u64,
    unequal: u64,
    deleted: u64,
    deleted_octets: u64,
    marked_only: u64,
    gone_before: u64,
    changed: u64,
    renumbered: u64,
    not_given: u64,
    too_large: u64,
    not_deleted: u64,
    seconds: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read() {
        assert_eq!(("70%".parse(), "5".parse()), (Ok(Percent(70)), Ok(Percent(5))));
        for wrong in ["", "%", "101%", "-1", "7 %"] {
            assert!(wrong.parse::<Percent>().is_err(), "{wrong}");
        }
    }
}
