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
mod user;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Place;

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
    Check(check::Check),
    Repair(repair::Repair),
    Backup(backup::Backup),
    Restore(restore::Restore),
    #[command(subcommand)]
    Config(config::Config),
}

impl Command {
    /// Does it.
    pub(crate) async fn run(self, place: &Place) -> Result<()> {
        match self {
            Command::Serve(serve) => serve.run(place).await,
            Command::User(user) => user.run(place).await,
            Command::Domain(domain) => domain.run(place).await,
            Command::Alias(alias) => alias.run(place).await,
            Command::Import(import) => import.run(place).await,
            Command::Export(export) => export.run(place).await,
            Command::Queue(queue) => queue.run(place).await,
            Command::Check(check) => check.run(place).await,
            Command::Repair(repair) => repair.run(place).await,
            Command::Backup(backup) => backup.run(place).await,
            Command::Restore(restore) => restore.run(place).await,
            Command::Config(config) => config.run(place),
        }
    }
}
