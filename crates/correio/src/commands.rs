//! The commands: one file each.

pub(crate) mod account;
mod alias;
mod archive;
pub(crate) mod backup;
mod check;
mod completions;
pub(crate) mod config;
pub(crate) mod desk;
mod doctor;
mod domain;
mod export;
mod import;
mod index;
mod log;
mod man;
mod migrate;
mod mirror;
mod note_run;
mod outbox;
mod pull;
mod queue;
mod reload;
mod repair;
mod restore;
mod schedule;
mod send;
mod sendmail;
mod serve;
mod status;
pub(crate) mod undo;
mod user;
mod who;

use std::pin::Pin;

use anyhow::Result;
use clap::Subcommand;

use crate::companion::verbs;
use crate::context::Context;
use crate::runs::{About, logged};

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
    #[command(subcommand)]
    Account(account::Account),
    #[command(visible_alias = verbs::PULL.portuguese)]
    Pull(pull::Pull),
    #[command(visible_alias = verbs::MIRROR.portuguese)]
    Mirror(mirror::Mirror),
    #[command(visible_alias = verbs::ARCHIVE.portuguese)]
    Archive(archive::Archive),
    #[command(visible_alias = verbs::MIGRATE.portuguese)]
    Migrate(migrate::Migrate),
    #[command(visible_alias = verbs::SEND.portuguese)]
    Send(send::Send),
    #[command(visible_alias = verbs::OUTBOX.portuguese, alias = verbs::OUTBOX_PLAIN)]
    Outbox(outbox::Outbox),
    Sendmail(sendmail::Sendmail),
    Import(import::Import),
    Export(export::Export),
    #[command(subcommand)]
    Queue(queue::Queue),
    #[command(visible_alias = verbs::STATUS.portuguese)]
    Status(status::Status),
    #[command(visible_alias = verbs::LOG.portuguese, alias = verbs::LOG_BRAZIL)]
    Log(log::Log),
    #[command(visible_alias = verbs::SCHEDULE.portuguese)]
    Schedule(Box<schedule::Scheduling>),
    #[command(visible_alias = verbs::DOCTOR.portuguese, alias = verbs::DOCTOR_PLAIN)]
    Doctor(doctor::Doctor),
    #[command(visible_alias = verbs::UNDO.portuguese)]
    Undo(undo::Undo),
    Who(who::Who),
    Reload(reload::Reload),
    Check(check::Check),
    Index(index::Index),
    Repair(repair::Repair),
    #[command(visible_alias = verbs::BACKUP.portuguese, alias = verbs::BACKUP_PLAIN)]
    Backup(backup::Backup),
    Restore(restore::Restore),
    #[command(subcommand)]
    Config(config::Config),
    Completions(completions::Completions),
    Man(man::Man),
    #[command(hide = true)]
    Desk(desk::Desk),
    #[command(hide = true)]
    NoteRun(note_run::NoteRun),
}

/// What is left to do once there is a runtime.
pub(crate) type Work<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

impl Command {
    /// Does what must be done while the program has one thread, and gives the rest.
    pub(crate) fn begin(self, context: &Context) -> Result<Work<'_>> {
        Ok(match self {
            Command::Serve(serve) => Box::pin(serve::Serve::run(serve.prepare(context)?, context)),
            Command::Desk(desk) => {
                desk.prepare(context)?;
                Box::pin(desk.run(context))
            }
            Command::NoteRun(note) => {
                context.become_owner()?;
                Box::pin(note.run(context))
            }
            Command::User(user) => Box::pin(user.run(context)),
            Command::Domain(domain) => Box::pin(domain.run(context)),
            Command::Alias(alias) => Box::pin(alias.run(context)),
            Command::Account(account) => {
                context.become_owner()?;
                Box::pin(account.run(context))
            }
            Command::Pull(pull) => {
                context.become_owner()?;
                kept(context, Some(pull.about()), pull.run(context))
            }
            Command::Mirror(mirror) => {
                context.become_owner()?;
                kept(context, Some(mirror.about()), mirror.run(context))
            }
            Command::Archive(archive) => {
                context.become_owner()?;
                kept(context, Some(archive.about()), archive.run(context))
            }
            Command::Migrate(migrate) => {
                context.become_owner()?;
                kept(context, Some(migrate.about()), migrate.run(context))
            }
            Command::Send(send) => {
                context.become_owner()?;
                kept(context, Some(send.about()), send.run(context))
            }
            Command::Outbox(outbox) => {
                context.become_owner()?;
                kept(context, outbox.about(), outbox.run(context))
            }
            Command::Sendmail(sendmail) => sendmail.begin(context)?,
            Command::Import(import) => Box::pin(import.run(context)),
            Command::Export(export) => Box::pin(export.run(context)),
            Command::Queue(queue) => Box::pin(queue.run(context)),
            Command::Status(status) => Box::pin(status.run(context)),
            Command::Log(log) => Box::pin(async move { log.run(context) }),
            Command::Schedule(schedule) => Box::pin(async move { schedule.run(context) }),
            Command::Doctor(doctor) => Box::pin(doctor.run(context)),
            Command::Undo(undo) => Box::pin(undo.run(context)),
            Command::Who(who) => Box::pin(who.run(context)),
            Command::Reload(reload) => Box::pin(reload.run(context)),
            Command::Check(check) => {
                context.become_owner()?;
                Box::pin(check.run(context))
            }
            Command::Repair(repair) => {
                if repair.writes_in_the_data_folder() {
                    context.become_owner()?;
                }
                Box::pin(repair.run(context))
            }
            Command::Index(index) => Box::pin(index.run(context)),
            Command::Backup(backup) => kept(context, backup.about(), backup.run(context)),
            Command::Restore(restore) => kept(context, restore.about(), restore.run(context)),
            Command::Config(config) => config.begin(context)?,
            Command::Completions(completions) => Box::pin(async move { completions.run() }),
            Command::Man(man) => Box::pin(async move { man.run() }),
        })
    }
}

/// What is left to do, of which a record is kept where it is about something.
fn kept<'a>(
    context: &'a Context,
    about: Option<About>,
    work: impl Future<Output = Result<()>> + 'a,
) -> Work<'a> {
    match about {
        Some(about) => Box::pin(logged(context, about, work)),
        None => Box::pin(work),
    }
}
