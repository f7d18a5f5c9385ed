//! `correio backup run`: backs accounts up into a repository.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use backup::{Repository, Taken, Taking, Watch, Writing};
use clap::Args;
use mailbox::Clock as _;
use serde::Serialize;
use sync::Exit;

use crate::companion::{failed, language};
use crate::context::Context;
use crate::output::{json, line, warning};
use crate::progress::Bar;
use crate::repository::{Absent, AccountFiles, Of, To, machine_name, open, path_of, waiting};
use crate::runs::noted;

/// Back mail up into a repository; what is there already is not read again
///
/// Each account becomes a snapshot, as it was at one moment: a file for each message, in folders for mailboxes and months,
/// and beside them lists of flags and POP3 unique ids. All of it is encrypted: without the password nobody can read it, you
/// neither. A repository that is not there yet is made. A run that was cut off leaves no snapshot and does no harm; the next
/// one goes on from there.
///
/// Users, passwords and settings are not in it: `correio backup FOLDER` copies these too.
#[derive(Args)]
pub(super) struct Run {
    #[command(flatten)]
    to: To,
    #[command(flatten)]
    of: Of,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Run {
    pub(super) fn to(&self) -> &To {
        &self.to
    }

    pub(super) fn of(&self) -> &Of {
        &self.of
    }

    pub(super) fn is_dry(&self) -> bool {
        self.dry_run
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let addresses = self.of.addresses(context).await?;
        let bar = Arc::new(Mutex::new(Bar::new()));
        let (shown, what) = (Arc::clone(&bar), language().backing_up());
        let watch = Watch::new(move |step| {
            let mut bar = shown.lock().unwrap_or_else(PoisonError::into_inner);
            bar.transfer(what, step.done, step.of);
        });
        let absent = if self.dry_run { Absent::Refuse } else { Absent::Make };
        let repository = open(&self.to.to, &self.to.password, absent, watch).await?;
        let repository = Arc::new(repository);
        let mut rows = Vec::new();
        for address in addresses {
            let row = self.back_up(context, &repository, address).await;
            bar.lock().unwrap_or_else(PoisonError::into_inner).clear();
            let row = row?;
            if !context.json {
                language().backed_up(&row, self.dry_run).iter().try_for_each(|text| line(text))?;
            }
            row.left_out.iter().try_for_each(|text| warning(text))?;
            rows.push(row);
            noted(context, &rows);
        }
        if context.json {
            json(&rows)?;
        }
        match rows.iter().all(|row| row.left_out.is_empty()) {
            true => Ok(()),
            false => Err(failed(Exit::Verification, language().some_left_out())),
        }
    }

    async fn back_up(
        &self,
        context: &Context,
        repository: &Arc<Repository>,
        address: String,
    ) -> Result<Row> {
        let AccountFiles { files, messages, octets, bodies } =
            AccountFiles::of(context, &address).await?;
        let taking = Taking {
            path: path_of(&address),
            machine: machine_name(),
            tags: vec!["mail".to_owned()],
            time_s: machine::SystemClock.now().0,
            files,
            writing: if self.dry_run { Writing::Pretend } else { Writing::Write },
        };
        let (repository, contents) = (Arc::clone(repository), Arc::clone(&bodies));
        let taken = waiting(move || repository.back_up(taking, contents)).await;
        let new = bodies.read();
        bodies.close().await?;
        Ok(Row::of(address, (messages, octets), new, taken?))
    }
}

/// What became of an account.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) address: String,
    pub(crate) snapshot: String,
    pub(crate) messages: u64,
    pub(crate) octets: u64,
    pub(crate) new_messages: u64,
    pub(crate) added_octets: u64,
    pub(crate) is_same: bool,
    pub(crate) left_out: Vec<String>,
}

impl Row {
    fn of(address: String, (messages, octets): (u64, u64), new: u64, taken: Taken) -> Row {
        let left_out: Vec<String> =
            taken.left_out.iter().map(|one| format!("{}: {}", one.path, one.why)).collect();
        let missing = u64::try_from(left_out.len()).unwrap_or(u64::MAX);
        Row {
            address,
            snapshot: taken.snapshot.short_id().to_owned(),
            messages: messages.saturating_sub(missing),
            octets,
            new_messages: new.saturating_sub(missing),
            added_octets: taken.added_octets,
            is_same: taken.is_same,
            left_out,
        }
    }
}
