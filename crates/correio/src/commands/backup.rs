//! `correio backup`: copies the whole store into a folder, or backs accounts up into a repository.

pub(crate) mod browse;
mod check;
pub(crate) mod drill;
mod list;
mod prune;
pub(crate) mod run;
mod snapshot;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

pub(crate) use self::snapshot::shown;
use crate::context::Context;
use crate::runs::About;

/// Back up: the whole mail store into a folder, or accounts into an encrypted repository
///
/// `correio backup FOLDER` copies the store, also while the host runs. The copy is one consistent moment of the store: all
/// mail, all users, all settings. It is read to its end and checked while it is made; messages that are damaged are named,
/// and the rest is there. `correio restore` makes a data folder of it. The folder holds mail and password hashes: keep it as
/// safe as the original.
///
/// `correio backup run --to REPOSITORY` backs the mail of accounts up into a repository of restic's format: encrypted, each
/// piece once, only what is new. `list`, `browse`, `check`, `drill` and `prune` work on it, and so does restic.
///
/// Exit status of the forms with a repository: 0 done, 1 wrong usage, 2 a person has to do something, 3 the password does
/// not fit, 5 the store or the disk, 6 refused for safety, 7 something is damaged.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Backup {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// A folder that is empty or not there yet, or the last backup, if nothing has changed since
    #[arg(value_name = "FOLDER", required = true)]
    folder: Option<PathBuf>,
    /// Copy all files, also where the file system could share them
    ///
    /// Without it, files that do not change any more are shared with the mail store when both are on one file system:
    /// that is quick and takes no room, but a fault of the disk hits both. While the host runs, that is only so in the
    /// folders that its setting `backup_folders` names.
    #[arg(long)]
    copy: bool,
}

/// What is done with a repository.
#[derive(Subcommand)]
enum Verb {
    Run(run::Run),
    List(list::List),
    Browse(browse::Browse),
    Check(check::Check),
    Drill(drill::Drill),
    Prune(prune::Prune),
}

impl Backup {
    /// What the record of a run is about; none: none is kept, for it only shows something, or is noted in the store.
    pub(super) fn about(&self) -> Option<About> {
        let (verb, to, of, dry_run) = match self.verb.as_ref()? {
            Verb::Run(run) => ("backup run", run.to(), Some(run.of()), run.is_dry()),
            Verb::Drill(drill) => ("backup drill", drill.to(), Some(drill.of()), false),
            Verb::Check(check) => ("backup check", check.to(), None, false),
            Verb::Prune(prune) => ("backup prune", prune.to(), None, prune.is_dry()),
            Verb::List(_) | Verb::Browse(_) => return None,
        };
        let whose = of.map(|of| of.of.clone()).unwrap_or_default();
        Some(About { verb, account: None, repository: Some(to.shown()), whose, dry_run })
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match (self.verb, self.folder) {
            (Some(Verb::Run(run)), _) => run.run(context).await,
            (Some(Verb::List(list)), _) => list.run(context).await,
            (Some(Verb::Browse(browse)), _) => browse.run(context).await,
            (Some(Verb::Check(check)), _) => check.run(context).await,
            (Some(Verb::Drill(drill)), _) => drill.run(context).await,
            (Some(Verb::Prune(prune)), _) => prune.run(context).await,
            (None, Some(folder)) => snapshot::back_up(context, &folder, self.copy).await,
            (None, None) => Ok(()),
        }
    }
}
