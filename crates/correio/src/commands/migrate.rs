//! `correio migrate`: copies all folders of an account to another one, and compares both.

mod pull;

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use admin::{Missing, Progress};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use sync::companion::{Companion, ProviderAccount};
use sync::{
    AccountTarget, ArchiveFault, ArchiveTarget, CopySource, EndFault, Exit, Go, Imap, ImapSource,
    MigrationDone, MigrationPlan, MigrationStep, Network, PlanFault, RECEIPT_VERSION, Receipt,
    ReceiptFolder, Service, Stage, Trouble, known_from, migrated, migration_planned,
};

use crate::archive::{LocalSource, Records, Storage, Target};
use crate::companion::{
    LimitRate, Met, Text, ensure_local_user, enter_imap, failed, language, now, place, read,
    stop_on_interrupt, storage, troubled,
};
use crate::context::Context;
use crate::output::{json, line, table};
use crate::progress::Bar;
use crate::runs::{About, noted};

/// Move from one provider to another: copy all folders, and compare both ends
///
/// FROM and TO are accounts as `correio account list` names them, or local:NAME, a user of the store here; TO has IMAP, and may be
/// a host of correio's own. What FROM has over POP3 is brought here first, and stays there. Folders are found by their names, or by what they are for (Sent, Trash, ...); flags,
/// keywords and dates come along. At the end all of TO is read and compared with what came, octet for octet, and a table
/// says for each folder whether both agree.
///
/// Nothing is changed at FROM, and nothing is deleted at TO. Run it again until the day you leave: only what is new is
/// copied, and nothing twice, also where it was cut off.
///
/// Exit status: 0 both agree, 1 wrong usage, 2 a person has to do something (a certificate, a password file), 3 a provider lets
/// nobody in, 4 the network or a server, 5 the store here, 6 refused for safety, 7 they do not agree.
#[derive(Args)]
pub(crate) struct Migrate {
    /// Where the mail is: an account, or local:NAME
    from: End,
    /// Where it is to be: an account, or local:NAME
    to: End,
    /// Only folders whose names here fit: `*` stands for anything, `%` for anything within one level; can be said several
    /// times
    #[arg(long = "folder", value_name = "PATTERN")]
    folders: Vec<String>,
    #[command(flatten)]
    rate: LimitRate,
    /// Say what would be copied, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// One end of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// An account at a provider.
    Account(String),
    /// A user here, by address.
    Local(String),
}

impl FromStr for End {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<End, &'static str> {
        match text.strip_prefix("local:") {
            Some("") => Err("expected a name behind local:"),
            Some(name) if name.contains('@') => Ok(End::Local(name.to_owned())),
            Some(name) => Ok(End::Local(format!("{name}@localhost"))),
            None => Ok(End::Account(text.to_owned())),
        }
    }
}

/// An end that is known.
enum Known {
    Account(Box<ProviderAccount>),
    Local(String),
}

impl Known {
    fn of(end: &End, companion: &Companion) -> Result<Known> {
        Ok(match end {
            End::Local(address) => Known::Local(address.clone()),
            End::Account(name) => Known::Account(Box::new(companion.account(name)?.clone())),
        })
    }

    /// Its name on the command line.
    fn shown(&self) -> String {
        match self {
            Known::Account(account) => account.name.to_string(),
            Known::Local(address) => format!("local:{address}"),
        }
    }

    fn account(&self) -> Option<&ProviderAccount> {
        match self {
            Known::Account(account) => Some(account),
            Known::Local(_) => None,
        }
    }
}

impl Migrate {
    /// What its record is about.
    pub(super) fn about(&self) -> About {
        let account = Some(match &self.from {
            End::Account(name) => name.clone(),
            End::Local(address) => format!("local:{address}"),
        });
        About { verb: "migrate", account, dry_run: self.dry_run, ..About::default() }
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (folder, text) = (context.folder()?, language());
        let companion = read(&folder)?;
        let (from, to) = (Known::of(&self.from, &companion)?, Known::of(&self.to, &companion)?);
        refuse(&from, &to, &companion, text)?;
        let migrations = folder.migrations();
        machine::files::make_private_folder(&migrations)?;
        let _alone = machine::files::lock_folder(&migrations)
            .map_err(|error| failed(Exit::Refused, format!("{}: {error}", migrations.display())))?;
        let network = self.rate.network();
        let (stop, begun) = (stop_on_interrupt(), Instant::now());
        let work = Work { context, from: &from, to: &to, text, stop, begun, said: &self };
        work.migrate(&*network, &migrations).await
    }
}

/// Refuses what cannot be.
fn refuse(from: &Known, to: &Known, companion: &Companion, text: Text) -> Result<()> {
    if from.shown() == to.shown() {
        return Err(failed(Exit::NeedsPerson, text.same_ends()));
    }
    if let (Known::Local(_), Known::Local(_)) = (from, to) {
        return Err(failed(Exit::NeedsPerson, text.both_local()));
    }
    if let Known::Local(_) = to
        && let Some(account) = from.account().filter(|account| account.imap.is_none())
    {
        let text = text.pull_is_it(account.name.as_str(), &account.local);
        return Err(failed(Exit::NeedsPerson, text));
    }
    if let Known::Local(address) = to
        && let Some(other) =
            companion.accounts.iter().find(|it| it.local == *address && it.imap.is_some())
    {
        return Err(failed(Exit::Refused, text.mirrors_here(address, other.name.as_str())));
    }
    Ok(())
}

/// One migration.
struct Work<'w> {
    context: &'w Context,
    from: &'w Known,
    to: &'w Known,
    text: Text,
    stop: Arc<AtomicBool>,
    begun: Instant,
    said: &'w Migrate,
}

impl Work<'_> {
    async fn migrate(&self, network: &dyn Network, migrations: &Path) -> Result<()> {
        match self.from {
            Known::Account(account) if account.imap.is_none() => {
                let pulling =
                    pull::first(self.context, account, network, &self.stop, self.said.dry_run);
                pulling.await?;
                self.migrate_here(&account.local, network, migrations).await
            }
            Known::Account(account) => {
                let mut client = enter_imap(self.context, account, network).await?;
                let planned = migration_planned(&mut client, &self.said.folders).await;
                let plan = planned.map_err(|fault| self.no_plan(fault, account))?;
                let mut source = ImapSource(&mut client);
                self.to_target(network, migrations, plan, &mut source).await?;
                // All is done; how the server says goodbye does not matter.
                drop(client.log_out().await);
                Ok(())
            }
            Known::Local(address) => self.migrate_here(address, network, migrations).await,
        }
    }

    /// Migrates what a user here has.
    async fn migrate_here(
        &self,
        address: &str,
        network: &dyn Network,
        migrations: &Path,
    ) -> Result<()> {
        let store = self.context.reach(Missing::Refuse).await?;
        let (mut source, folders) = LocalSource::open(store, address, &self.said.folders).await?;
        let plan = MigrationPlan { folders, elsewhere: 0 };
        let done = self.to_target(network, migrations, plan, &mut source).await;
        let closed = source.close().await;
        done.and(closed)
    }

    fn no_plan(&self, fault: PlanFault, account: &ProviderAccount) -> anyhow::Error {
        if let Some(text) = self.text.no_plan(&fault, account.name.as_str()) {
            return failed(Exit::NeedsPerson, text);
        }
        match (fault, place(account, Service::Imap)) {
            (PlanFault::Server(fault), Ok(endpoint)) => {
                troubled(&Trouble::of_imap_session(fault, endpoint), self.text.0)
            }
            (fault, _) => fault.into(),
        }
    }

    /// Copies to the target, whichever it is.
    async fn to_target<S: CopySource>(
        &self,
        network: &dyn Network,
        migrations: &Path,
        plan: MigrationPlan,
        source: &mut S,
    ) -> Result<()> {
        let run = format!("{}--{}", self.from.shown(), self.to.shown()).replace(['/', ':'], "-");
        let mut record = Records::of(migrations, &run, None);
        let MigrationPlan { folders, elsewhere } = plan;
        let mut receipt = self.receipt(run, folders);
        let known = match Records::left(migrations, &receipt.run)? {
            Some(before) => {
                let known = known_from(&mut receipt, &before);
                record.keep_others(before, &receipt);
                known
            }
            None => 0,
        };
        if self.said.dry_run {
            return self.tell_plan(&receipt, known, elsewhere);
        }
        match self.to {
            Known::Account(account) => {
                let mut client = enter_imap(self.context, account, network).await?;
                let target = AccountTarget::new(&mut client, &receipt.folders).await;
                let mut target = target.map_err(|fault| self.troubled(fault, account))?;
                let done = self.carry(source, &mut target, &mut receipt, &mut record).await;
                let puts = target.puts();
                let met = Met { puts, elsewhere };
                drop(target);
                self.end(done, met, client).await
            }
            Known::Local(address) => {
                ensure_local_user(self.context, address).await?;
                let mut store = self.context.reach(Missing::Refuse).await?;
                let mailboxes = receipt.folders.iter().map(|it| it.mailbox.clone()).collect();
                let storage_here = Storage::Local(address.clone());
                let mut target = Target::new(storage_here, Some(&mut store), mailboxes);
                let done = self.carry(source, &mut target, &mut receipt, &mut record).await;
                drop(target);
                let closed = store.close().await;
                self.tell(&done, Met { elsewhere, ..Met::default() })?;
                self.conclude(done)?;
                closed.map_err(storage)
            }
        }
    }

    fn receipt(&self, run: String, folders: Vec<ReceiptFolder>) -> Receipt {
        let account = self.from.account();
        let server = account.and_then(|it| it.imap.as_ref()).map(ToString::to_string);
        Receipt {
            version: RECEIPT_VERSION,
            run,
            account: self.from.shown(),
            server: server.unwrap_or_default(),
            user: account.map(|it| it.user.clone()).unwrap_or_default(),
            target: self.to.shown(),
            place: self.to.shown(),
            begun: machine::time_text(now()),
            stage: Stage::Copying,
            folders,
        }
    }

    async fn carry<S: CopySource, T: ArchiveTarget>(
        &self,
        source: &mut S,
        target: &mut T,
        receipt: &mut Receipt,
        record: &mut Records,
    ) -> MigrationDone {
        let (mut bar, text, stop) = (Bar::new(), self.text, Arc::clone(&self.stop));
        let mut watch = |step: MigrationStep| {
            let (what, done, of) = text.migration_step(step);
            match step {
                MigrationStep::Copying(..) => bar.transfer(what, done, of),
                MigrationStep::Comparing(..) => {
                    bar.show(&Progress { what: what.to_owned(), done, of: Some(of) });
                }
            }
            if stop.load(Ordering::Relaxed) { Go::Stop } else { Go::On }
        };
        let done = migrated(source, receipt, target, record, &mut watch).await;
        bar.clear();
        done
    }

    async fn end(&self, done: MigrationDone, met: Met, client: Imap) -> Result<()> {
        self.tell(&done, met)?;
        self.conclude(done)?;
        drop(client.log_out().await);
        match met.puts.refused {
            0 => Ok(()),
            _ => Err(failed(Exit::Network, self.text.incomplete())),
        }
    }

    fn troubled(&self, fault: sync::ImapFault, account: &ProviderAccount) -> anyhow::Error {
        match place(account, Service::Imap) {
            Ok(endpoint) => troubled(&Trouble::of_imap_session(fault, endpoint), self.text.0),
            Err(missing) => missing,
        }
    }

    /// How the program ends.
    fn conclude(&self, done: MigrationDone) -> Result<()> {
        let (end, fault) = match done.fault {
            Some(ArchiveFault::Source(fault)) => (self.from, fault),
            Some(ArchiveFault::Target(fault)) => (self.to, fault),
            Some(fault @ ArchiveFault::Record(_)) => {
                return Err(failed(Exit::Storage, fault.to_string()));
            }
            None if done.folders.iter().any(|folder| folder.missing() > 0) => {
                return Err(failed(Exit::Verification, self.text.do_not_agree()));
            }
            None => return Ok(()),
        };
        Err(match (fault, end) {
            (EndFault::Server(fault), Known::Account(account)) => self.troubled(fault, account),
            (fault, _) => failed(Exit::Storage, fault.to_string()),
        })
    }

    fn tell_plan(&self, receipt: &Receipt, known: u64, elsewhere: u64) -> Result<()> {
        if self.context.json {
            return json(&PlanRow {
                from: &receipt.account,
                to: &receipt.target,
                messages: receipt.count(),
                octets: receipt.listed_octets(),
                copied_before: known,
                in_other_folders_too: elsewhere,
                dry_run: true,
            });
        }
        let lines = self.text.migration_plan(receipt, known, elsewhere);
        lines.iter().try_for_each(|text| line(text))
    }

    fn tell(&self, done: &MigrationDone, met: Met) -> Result<()> {
        let row = self.row(done, met);
        noted(self.context, &row);
        if !self.context.json {
            let lines = self.text.migrated(done, met, &self.to.shown());
            lines.iter().try_for_each(|text| line(text))?;
            if done.folders.is_empty() {
                return Ok(());
            }
            let [name, to, source, target, same, agree] = self.text.comparison_titles();
            let verdict = |row: &sync::Comparison| self.text.agreement(row);
            return table(
                &done.folders,
                &[
                    (name, &|row| sync::shown(&row.name)),
                    (to, &|row| sync::shown(&row.mailbox)),
                    (source, &|row| row.source.to_string()),
                    (target, &|row| row.target.to_string()),
                    (same, &|row| row.same.to_string()),
                    (agree, &verdict),
                ],
            );
        }
        json(&row)
    }

    fn row(&self, done: &MigrationDone, met: Met) -> DoneRow {
        let row = |row: &sync::Comparison| FolderRow {
            folder: row.name.clone(),
            mailbox: row.mailbox.clone(),
            source: row.source,
            target: row.target,
            same: row.same,
            agree: row.missing() == 0,
        };
        DoneRow {
            from: self.from.shown(),
            to: self.to.shown(),
            complete: done.fault.is_none() && !done.copies.stopped,
            copied: done.copies.copied,
            copied_octets: done.copies.octets,
            copied_before: done.before,
            known_there: met.puts.known,
            refused: met.puts.refused,
            without_keywords: met.puts.without_keywords,
            in_other_folders_too: met.elsewhere,
            not_given: done.copies.not_given,
            too_large: done.copies.too_large,
            folders: done.folders.iter().map(row).collect(),
            seconds: self.begun.elapsed().as_secs_f64(),
        }
    }
}

#[derive(Serialize)]
struct PlanRow<'p> {
    from: &'p str,
    to: &'p str,
    messages: u64,
    octets: u64,
    copied_before: u64,
    in_other_folders_too: u64,
    dry_run: bool,
}

#[derive(Serialize)]
struct FolderRow {
    folder: String,
    mailbox: String,
    source: u64,
    target: u64,
    same: u64,
    agree: bool,
}

#[derive(Serialize)]
struct DoneRow {
    from: String,
    to: String,
    complete: bool,
    copied: u64,
    copied_octets: u64,
    copied_before: u64,
    known_there: u64,
    refused: u64,
    without_keywords: u64,
    in_other_folders_too: u64,
    not_given: u64,
    too_large: u64,
    folders: Vec<FolderRow>,
    seconds: f64,
}
