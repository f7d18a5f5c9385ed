//! What the verbs of the companion did and when: each run leaves a record, so that what a timer did at night can be read, and what
//! is safe since when is known without a connection.
//!
//! [`logged`] goes round a verb. It never makes one fail: what cannot be noted is said on standard error, and that is all.

mod conceal;
pub(crate) mod ends;
mod keep;
mod others;
mod row;
mod standing;
mod words;

use std::time::Duration;

use anyhow::Result;
use machine::time_text;
use serde::Serialize;

use self::conceal::Concealed;
pub(crate) use self::ends::Ends;
use self::keep::Running;
pub(crate) use self::keep::read_all;
use self::others::Others;
pub(crate) use self::others::keep as keep_for_others;
pub(crate) use self::row::{Outcome, RunRow};
pub(crate) use self::standing::{
    EVERYBODY, Figures, Forecast, Full, Last, Mark, RoomSample, Standing,
};
use crate::companion::{Failed, language, now};
use crate::context::Context;
use crate::output::warning;

/// What a run is about, as far as the command line says it.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// The verb, as `correio log` calls it: `pull`, `backup run`.
    pub(crate) verb: &'static str,
    /// The account, as it was named.
    pub(crate) account: Option<String>,
    /// The repository.
    pub(crate) repository: Option<String>,
    /// Whose mail is backed up, as they were named; none: all who have any.
    pub(crate) whose: Vec<String>,
    /// Whether it only says what would be done.
    pub(crate) dry_run: bool,
}

/// How long a run waits until another one has written, in tenths of a second.
const TURNS_MAX: u32 = 20;

/// Does something, and keeps a record of it.
pub(crate) async fn logged(
    context: &Context,
    about: About,
    work: impl Future<Output = Result<()>>,
) -> Result<()> {
    let mut run = Run::begin(context, about).await;
    let done = work.await;
    run.end(context, &done).await;
    done
}

/// A run that is under way.
struct Run {
    about: About,
    row: RunRow,
    /// None: there is no data folder.
    kept: Option<Kept>,
    failed: Option<std::io::Error>,
}

/// How it is kept.
enum Kept {
    /// By this program.
    Here(Running),
    /// By one that is the owner of the data folder.
    ByOwner(Others),
}

impl Run {
    async fn begin(context: &Context, about: About) -> Run {
        let row = RunRow::begun(context, &about);
        let mut run = Run { about, row, kept: None, failed: None };
        if let Some(runs) = folder_of(context) {
            match Running::begin(&runs, &run.row, turn).await {
                Ok(kept) => run.kept = Some(Kept::Here(kept)),
                Err(error) => {
                    run.kept = Some(Kept::Here(Running::unseen(&runs)));
                    run.failed = Some(error);
                }
            }
        } else if context.folder().is_ok_and(|folder| folder.0.is_dir()) {
            match Others::begin(context, &run.row) {
                Ok(kept) => run.kept = Some(Kept::ByOwner(kept)),
                Err(error) => drop(warning(&language().not_noted(&error))),
            }
        }
        run
    }

    async fn end(&mut self, context: &Context, done: &Result<()>) {
        let Some(kept) = self.kept.take() else { return };
        let concealed = Concealed::of(context);
        self.row.ended = Some(time_text(now()));
        self.row.summary = context.took_result().map(|summary| concealed.value(summary));
        if self.row.account.is_none() {
            // Nobody had to name it.
            let account = self.row.summary.as_ref().and_then(|summary| summary.get("account"));
            self.row.account = account.and_then(|name| name.as_str()).map(str::to_owned);
        }
        match done {
            Ok(()) => (self.row.outcome, self.row.exit) = (Outcome::Done, Some(0)),
            Err(error) => {
                let failed = error.downcast_ref::<Failed>();
                self.row.outcome = Outcome::Failed;
                self.row.exit = Some(failed.map_or(1, |failed| failed.exit.code()));
                self.row.error = Some(concealed.text(&format!("{error:#}")));
            }
        }
        self.row.shorten();
        let (row, about) = (&self.row, &self.about);
        let names = Names::of(context);
        let noted = match kept {
            Kept::Here(kept) => {
                kept.end(row, turn, |standing| standing.take(row, about, &names)).await
            }
            Kept::ByOwner(kept) => kept.end(row, about),
        };
        let failed = noted.err().or(self.failed.take());
        if let Some(error) = failed {
            drop(warning(&language().not_noted(&error)));
        }
    }
}

/// Waits a little for another run that writes.
async fn turn(waited: u32) -> bool {
    tokio::time::sleep(Duration::from_millis(100)).await;
    waited < TURNS_MAX
}

/// Where this program keeps runs. None: there is no data folder; or root works on that of somebody else, and would leave its files there.
fn folder_of(context: &Context) -> Option<std::path::PathBuf> {
    let folder = context.folder().ok()?;
    let is_ours = folder.0.is_dir() && !context.is_anothers(&folder).unwrap_or(true);
    is_ours.then(|| folder.runs())
}

/// The accounts by the names and addresses that one may say.
pub(crate) struct Names(Vec<(String, String, String)>);

impl Names {
    fn of(context: &Context) -> Names {
        let accounts = context.folder().ok().and_then(|it| crate::companion::read(&it).ok());
        let accounts = accounts.map(|it| it.accounts).unwrap_or_default();
        let row = |it: &sync::companion::ProviderAccount| {
            (it.name.to_string(), it.address.clone(), it.local.clone())
        };
        Names(accounts.iter().map(row).collect())
    }

    #[cfg(test)]
    fn none() -> Names {
        Names(Vec::new())
    }

    /// The address here of what was named; what is no account is one.
    fn local(&self, named: &str) -> String {
        let found = self.0.iter().find(|(name, address, _)| name == named || address == named);
        found.map_or_else(|| named.to_owned(), |(.., local)| local.clone())
    }

    /// The name of the account that was named.
    fn name(&self, named: &str) -> String {
        let found = self.0.iter().find(|(name, address, _)| name == named || address == named);
        found.map_or_else(|| named.to_owned(), |(name, ..)| name.clone())
    }
}

/// What a run came to so far. The last one counts.
pub(crate) fn noted(context: &Context, summary: &impl Serialize) {
    if let Ok(value) = serde_json::to_value(summary) {
        context.came_to(value);
    }
}

/// Notes at once what is known of an account, while a run goes on that may go on for days.
pub(crate) async fn note_standing(context: &Context, change: impl FnOnce(&mut Standing)) {
    let Some(runs) = folder_of(context) else { return };
    if let Err(error) = keep::change_standing(&runs, turn, change).await {
        drop(warning(&language().not_noted(&error)));
    }
}
