//! `correio mirror`: keeps the folders of an account at a provider on this computer as they are there.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use admin::keep::Folder;
use admin::{AdminFault, Client, Progress};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use sync::companion::ProviderAccount;
use sync::limits::{CONNECT_AGAIN_S, STOP_LOOKED_AT_MS};
use sync::{
    Direction, DoneThere, Exit, FoldersOfOthers, Go, Imap, MirrorDone, MirrorRuns, MirrorWanted,
    Network, Service, Trouble, Watcher, mirrored_on,
};

use crate::companion::{
    Failed, LimitRate, Text, ended, enter_imap, failed, language, now, place, read,
    stop_on_interrupt, troubled, with_account,
};
use crate::context::Context;
use crate::output::{json, line};
use crate::progress::Bar;
use crate::runs::{About, Ends, ends, noted};

/// Keep a copy of all folders of a provider's IMAP account on this computer
///
/// The folders here become as they are at the provider: new messages come, flags change, what moved there moves here without
/// coming again, what was deleted there is deleted here and can be brought back for 14 days (`correio user bring-back`).
/// Nothing is changed at the provider. With --both what was done here is done there as well: flags, moves, new messages,
/// deletions, and folders made, renamed and deleted; with --up only that. A message that was changed at one end and deleted
/// at the other stays. A mirror that is cut off is simply run again: nothing is lost and nothing comes twice.
///
/// When more than a tenth of a folder, and more than 50 messages, would be deleted at once at either end, nothing of it is:
/// say --max-delete if that is right.
///
/// Exit status: 0 done, 1 wrong usage, 2 a person has to do something (a certificate, a password file), 3 the provider
/// lets nobody in, 4 the network or the server, 5 the store here, 6 refused for safety.
#[derive(Args)]
pub(crate) struct Mirror {
    /// The account, as `correio account list` names it
    name: String,
    /// From the provider to here, which is what it does when nothing is said
    #[arg(long, conflicts_with_all = ["up", "both"])]
    down: bool,
    /// From here to the provider: what was changed here changes there, and nothing changes here
    #[arg(long, conflicts_with = "both")]
    up: bool,
    /// Both ways
    #[arg(long)]
    both: bool,
    /// Only folders whose names here fit: `*` stands for anything, `%` for anything within one level; can be said several
    /// times
    #[arg(long = "folder", value_name = "PATTERN")]
    folders: Vec<String>,
    /// Take folders along that others share with you; without it they are left out, unless they are mirrored already
    #[arg(long)]
    others: bool,
    /// Delete at most so many messages of a folder at once
    #[arg(long, value_name = "N")]
    max_delete: Option<u64>,
    #[command(flatten)]
    rate: LimitRate,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    /// Stay there, and mirror what changes: in all folders at once where the provider can say so (NOTIFY), else in the Inbox, and in
    /// others within a minute; with --both what changes here, too; ended by Ctrl-C
    #[arg(long)]
    watch: bool,
}

impl Mirror {
    /// What its record is about.
    pub(super) fn about(&self) -> About {
        let account = Some(self.name.clone());
        About { verb: "mirror", account, dry_run: self.dry_run, ..About::default() }
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (folder, text) = (context.folder()?, language());
        let account = read(&folder)?.account(&self.name)?.clone();
        let network = &*self.rate.network();
        let runs = if self.dry_run { MirrorRuns::Dry } else { MirrorRuns::Really };
        let direction = match (self.up, self.both) {
            (true, _) => Direction::Up,
            (_, true) => Direction::Both,
            (false, false) => Direction::Down,
        };
        let (folders, delete_max) = (self.folders, self.max_delete);
        let of_others = match self.others {
            true => FoldersOfOthers::Taken,
            false => FoldersOfOthers::LeftOut,
        };
        let wanted = MirrorWanted { folders, delete_max, runs, direction, of_others };
        let stop = stop_on_interrupt();
        let work = Work { context, account: &account, network, wanted, text, stop };
        if self.watch { work.stay().await } else { work.once().await }
    }
}

/// One mirror at work.
struct Work<'w> {
    context: &'w Context,
    account: &'w ProviderAccount,
    network: &'w dyn Network,
    wanted: MirrorWanted,
    text: Text,
    stop: Arc<AtomicBool>,
}

/// Whether anybody is told of a mirror that found nothing to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Always,
    IfChanged,
}

/// Whether all of it could be mirrored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    No,
}

impl Work<'_> {
    async fn once(&self) -> Result<()> {
        let mut client = enter_imap(self.context, self.account, self.network).await?;
        let whole = self.mirror(&mut client, Told::Always).await?;
        // It is all here; how the server says goodbye does not matter.
        drop(client.log_out().await);
        match whole {
            Whole::Yes => Ok(()),
            Whole::No => Err(failed(Exit::Network, self.text.incomplete())),
        }
    }

    /// Mirrors, waits until something changes, and mirrors again. Where the line breaks, it connects again.
    async fn stay(&self) -> Result<()> {
        let (first_s, most_s) = CONNECT_AGAIN_S;
        let (mut told, mut wait_s) = (Told::Always, first_s);
        while !self.is_stopped() {
            let Err(error) = self.session(&mut told, &mut wait_s).await else { continue };
            let exit = error.downcast_ref::<Failed>().map(|failed| failed.exit);
            if exit != Some(Exit::Network) {
                return Err(error);
            }
            writeln!(std::io::stderr(), "{}", self.text.again(&format!("{error:#}"), wait_s))?;
            let until = Instant::now();
            while until.elapsed().as_secs() < wait_s && !self.is_stopped() {
                tokio::time::sleep(Duration::from_millis(STOP_LOOKED_AT_MS)).await;
            }
            wait_s = wait_s.saturating_mul(2).min(most_s);
        }
        Ok(())
    }

    /// One session of those.
    async fn session(&self, told: &mut Told, wait_s: &mut u64) -> Result<()> {
        let endpoint = place(self.account, Service::Imap)?;
        let mut client = enter_imap(self.context, self.account, self.network).await?;
        let mut watcher = Watcher::default();
        let bell = Bell::of(self.context, self.account);
        while !self.is_stopped() {
            bell.rang.store(false, Ordering::Relaxed);
            let whole = self.mirror(&mut client, *told).await?;
            if whole == Whole::Yes {
                ends::note_pass(self.context, "mirror", self.account.name.as_str()).await;
            }
            if *told == Told::Always && !self.context.json {
                line(self.text.watching())?;
            }
            (*told, *wait_s) = (Told::IfChanged, CONNECT_AGAIN_S.0);
            let (stop, rang) = (Arc::clone(&self.stop), Arc::clone(&bell.rang));
            let goes_up = self.wanted.direction != Direction::Down;
            let mut stops =
                || stop.load(Ordering::Relaxed) || (goes_up && rang.load(Ordering::Relaxed));
            let waited = watcher.wait(&mut client, &mut stops).await;
            waited.map_err(|fault| {
                troubled(&Trouble::of_imap_session(fault, endpoint), self.text.0)
            })?;
        }
        drop(client.log_out().await);
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    async fn mirror(&self, client: &mut Imap, told: Told) -> Result<Whole> {
        let begun = Instant::now();
        let endpoint = place(self.account, Service::Imap)?;
        let mut bar = Bar::new();
        let what = self.text.mirroring();
        let stop = Arc::clone(&self.stop);
        let mut watch = |done: &MirrorDone| {
            bar.show(&Progress { what: what.to_owned(), done: done.new, of: None });
            if stop.load(Ordering::Relaxed) { Go::Stop } else { Go::On }
        };
        let due = ends::due(self.context, self.account.name.as_str());
        let mirroring = with_account(self.context, self.account, Service::Imap, async |mail| {
            let done = mirrored_on(client, mail, &self.wanted, now(), &mut watch).await;
            let (mut mail, done) = done;
            // What is watched changes all the time.
            let recounts = done.has_changed() && (told == Told::Always || due.recount);
            let standing = match done.fault.is_none() && (due.figures || recounts) {
                true => ends::of_folders(&mut mail).await,
                false => None,
            };
            (mail, (done, standing))
        })
        .await;
        bar.clear();
        let ((done, standing), closed) = mirroring?;
        let room = match done.fault.is_none() && (due.room || (due.sample && done.has_changed())) {
            true => ends::room(client).await,
            false => None,
        };
        let row = self.row(&done, begun, Ends { standing, room });
        noted(self.context, &row);
        if told == Told::Always || done.has_changed() {
            self.tell(&done, &row)?;
        }
        let is_guarded = done.is_guarded();
        let is_whole = done.refused.is_empty() && done.not_given == 0 && done.there.damaged == 0;
        ended(done.fault.map(|fault| Trouble::of_mirror(fault, endpoint)), closed)?;
        if is_guarded {
            return Err(failed(Exit::Refused, self.text.guarded()));
        }
        Ok(if is_whole { Whole::Yes } else { Whole::No })
    }

    fn tell(&self, done: &MirrorDone, row: &DoneRow) -> Result<()> {
        if self.context.json {
            return json(row);
        }
        let lines = self.text.mirrored(done, self.wanted.runs);
        lines.iter().try_for_each(|text| line(text))
    }

    fn row(&self, done: &MirrorDone, begun: Instant, ends: Ends) -> DoneRow {
        let refused = |(folder, why): &(String, sync::Why)| RefusedRow {
            folder: folder.clone(),
            why: Text(sync::Words::English).why(why),
        };
        DoneRow {
            account: self.account.name.to_string(),
            dry_run: self.wanted.runs == MirrorRuns::Dry,
            complete: done.fault.is_none() && !done.stopped && done.refused.is_empty(),
            folders: done.folders,
            folders_looked_at: done.looked_at,
            folders_made: done.folders_made,
            folders_renamed: done.folders_renamed,
            folders_removed: done.folders_removed,
            folders_left_out: done.folders_left_out,
            folders_of_others: done.folders_of_others,
            new: done.new,
            new_octets: done.new_octets,
            flags_changed: done.marked,
            moved: done.moved,
            deleted: done.deleted,
            kept_because_changed_here: done.kept,
            kept_because_renumbered: done.kept_renumbered,
            too_large: done.too_large,
            not_given: done.not_given,
            there: ThereRow::of(&done.there),
            refused: done.refused.iter().map(refused).collect(),
            seconds: begun.elapsed().as_secs_f64(),
            ends,
        }
    }
}

/// Listens to what changes here, while a host has the store open; without one nobody changes anything.
struct Bell {
    /// Whether something changed.
    rang: Arc<AtomicBool>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Bell {
    fn of(context: &Context, account: &ProviderAccount) -> Bell {
        let rang = Arc::new(AtomicBool::new(false));
        let (set, address) = (Arc::clone(&rang), account.local.clone());
        let task = context.folder().ok().map(|folder| {
            tokio::spawn(async move {
                loop {
                    // A host may come and go; what is not heard is looked at within a minute.
                    drop(listen(&folder, &address, &set).await);
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            })
        });
        Bell { rang, task }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn listen(folder: &Folder, address: &str, rang: &AtomicBool) -> Result<(), AdminFault> {
    let Some(mut client) = Client::of_running(folder).await? else { return Ok(()) };
    let mut before = None;
    loop {
        let now = client.watch(address, before).await?;
        // What changed before it was listened to is told as well.
        if before != Some(now) {
            rang.store(true, Ordering::Relaxed);
        }
        before = Some(now);
    }
}

#[derive(Serialize)]
struct RefusedRow {
    folder: String,
    why: String,
}

#[derive(Serialize)]
struct DoneRow {
    account: String,
    dry_run: bool,
    complete: bool,
    folders: u64,
    folders_looked_at: u64,
    folders_made: u64,
    folders_renamed: u64,
    folders_removed: u64,
    folders_left_out: u64,
    folders_of_others: u64,
    new: u64,
    new_octets: u64,
    flags_changed: u64,
    moved: u64,
    deleted: u64,
    kept_because_changed_here: u64,
    kept_because_renumbered: u64,
    too_large: u64,
    not_given: u64,
    there: ThereRow,
    refused: Vec<RefusedRow>,
    seconds: f64,
    #[serde(flatten)]
    ends: Ends,
}

#[derive(Serialize)]
struct ThereRow {
    folders_made: u64,
    folders_renamed: u64,
    folders_removed: u64,
    folders_back_because_changed_there: u64,
    sent: u64,
    sent_octets: u64,
    flags_changed: u64,
    moved: u64,
    deleted: u64,
    back_because_changed_there: u64,
    damaged: u64,
    unseen: u64,
}

impl ThereRow {
    fn of(there: &DoneThere) -> ThereRow {
        ThereRow {
            folders_made: there.folders_made,
            folders_renamed: there.folders_renamed,
            folders_removed: there.folders_removed,
            folders_back_because_changed_there: there.folders_back,
            sent: there.sent,
            sent_octets: there.sent_octets,
            flags_changed: there.marked,
            moved: there.moved,
            deleted: there.deleted,
            back_because_changed_there: there.back,
            damaged: there.damaged,
            unseen: there.unseen,
        }
    }
}
