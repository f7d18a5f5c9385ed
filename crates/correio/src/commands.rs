//! The commands: one file each.

mod alias;
mod backup;
mod check;
mod config;
mod domain;
mod export;
mod import;
mod queue;
mod repair;
mod restore;
mod serve;
mod status;
mod user;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;

/// What can be done.
#[derive(Subcommand)]
pub(crate) enum Command {
    Serve(serve::Serve),
    #[command(subcommand)]
    User(user::User),
    #[command(subcommand)]
    Domain(domain::Domain),
    #[command(subcommand)]
    Alias(alias::Alias),
    Import(import::Import),
    Export(export::Export),
    #[command(subcommand)]
    Queue(queue::Queue),
    Status(status::Status),
    Check(check::Check),
    Repair(repair::Repair),
    Backup(backup::Backup),
    Restore(restore::Restore),
    #[command(subcommand)]
    Config(config::Config),
}

impl Command {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        match self {
            Command::Serve(serve) => serve.run(context).await,
            Command::User(user) => user.run(context).await,
            Command::Domain(domain) => domain.run(context).await,
            Command::Alias(alias) => alias.run(context).await,
            Command::Import(import) => import.run(context).await,
            Command::Export(export) => export.run(context).await,
            Command::Queue(queue) => queue.run(context).await,
            Command::Status(status) => status.run(context).await,
            Command::Check(check) => check.run(context).await,
            Command::Repair(repair) => repair.run(context).await,
            Command::Backup(backup) => backup.run(context).await,
            Command::Restore(restore) => restore.run(context).await,
            Command::Config(config) => config.run(context),
        }
    }
}
