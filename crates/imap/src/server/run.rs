//! Carries out commands: one a file, each beside its namesake in `crate::command`, which reads and prints it.

#[path = "../commands/append.rs"]
pub(super) mod append;
#[path = "../commands/authenticate.rs"]
mod authenticate;
mod capability;
mod check;
#[path = "../commands/close.rs"]
mod close;
mod compress;
#[path = "../commands/copy.rs"]
mod copy;
mod create;
mod delete;
#[path = "../commands/enable.rs"]
mod enable;
mod expunge;
#[path = "../commands/fetch.rs"]
mod fetch;
mod get_quota_root;
mod id;
#[path = "../commands/idle.rs"]
mod idle;
#[path = "../commands/list.rs"]
mod list;
#[path = "../commands/login.rs"]
mod login;
mod logout;
#[path = "../commands/move_messages.rs"]
mod move_messages;
#[path = "../commands/namespace.rs"]
mod namespace;
mod noop;
mod quota;
mod rename;
#[path = "../commands/search.rs"]
mod search;
#[path = "../commands/select.rs"]
mod select;
mod starttls;
mod status;
#[path = "../commands/store.rs"]
mod store;
mod subscribe;
mod unselect;
mod unsubscribe;

use std::future::Future;

use mailbox::{Mailbox, MailboxName, Refused, Role};

use super::news::news_kept_back;
use super::session::{Done, Session, Stop};
use crate::Tag;
use crate::command::Command;
use crate::response::Code;
use crate::view::Removals;
use crate::wire::{By, Name};

/// A command that can be carried out.
pub(super) trait Run {
    /// Carries it out. What it tells is printed to the session's channel; what comes back goes behind the tag.
    fn run(self, session: &mut Session<'_>) -> impl Future<Output = Result<Done, Stop>> + Send;
}

/// When a command's client hears the news of its mailbox.
struct News {
    /// Before it is carried out, so that it works on what is there now.
    before: Option<Removals>,
    /// After it.
    after: Removals,
    /// What numbers the command used: FETCH responses to UID commands show the UID (RFC 9051, 6.4.9).
    by: By,
}

impl News {
    /// Of a command about the mailbox as a whole, or about something else.
    const OTHER: News = News { before: None, after: Removals::Told, by: By::Number };

    /// Of a command about some messages.
    const fn about(by: By) -> News {
        let removals = removals(by);
        News { before: Some(removals), after: removals, by }
    }

    fn of(command: &Command) -> News {
        match command {
            Command::Fetch(fetch) => News::about(fetch.by),
            // It tells them itself: see there.
            Command::Store(store) => News { before: None, ..News::about(store.by) },
            Command::Copy(copy) => News::about(copy.by),
            // A UID SEARCH may name numbers all the same (RFC 7162, 3.2.10.2).
            Command::Search(search) if search::names_numbers(&search.key) => {
                News { by: search.by, ..News::about(By::Number) }
            }
            Command::Search(search) => News::about(search.by),
            Command::Move(moved) => News { after: Removals::Told, ..News::about(moved.by) },
            Command::Authenticate(_)
            | Command::Capability(_)
            | Command::Check(_)
            | Command::Close(_)
            | Command::Compress(_)
            | Command::Create(_)
            | Command::Delete(_)
            | Command::Enable(_)
            | Command::Expunge(_)
            | Command::GetQuota(_)
            | Command::GetQuotaRoot(_)
            | Command::Id(_)
            | Command::Idle(_)
            | Command::List(_)
            | Command::Login(_)
            | Command::Logout(_)
            | Command::Lsub(_)
            | Command::Namespace(_)
            | Command::Noop(_)
            | Command::Rename(_)
            | Command::Select(_)
            | Command::SetQuota(_)
            | Command::StartTls(_)
            | Command::Status(_)
            | Command::Subscribe(_)
            | Command::Unselect(_)
            | Command::Unsubscribe(_) => News::OTHER,
        }
    }
}

/// Whether removals may be told around a command about some messages. Other commands with numbers may be on their way
/// already, so numbers stay until one without comes.
const fn removals(by: By) -> Removals {
    match by {
        By::Number => Removals::Kept,
        By::Uid => Removals::Told,
    }
}

/// Carries out a command, with the news before and after it.
pub(super) async fn run(
    command: Command,
    session: &mut Session<'_>,
    tag: &Tag,
) -> Result<Done, Stop> {
    let news = News::of(&command);
    if let Some(removals) = news.before {
        session.catch_up(removals, news.by).await?;
    }
    let outcome = run_alone(command, session, tag).await;
    if matches!(outcome, Err(Stop::Gone(_) | Stop::Bye(..))) {
        return outcome;
    }
    if let Err(stop) = session.catch_up(news.after, news.by).await {
        news_kept_back(stop)?;
    }
    session.print_lag();
    outcome
}

async fn run_alone(command: Command, session: &mut Session<'_>, tag: &Tag) -> Result<Done, Stop> {
    match command {
        Command::Authenticate(command) => command.run(session).await,
        Command::Capability(command) => command.run(session).await,
        Command::Check(command) => command.run(session).await,
        Command::Close(command) => command.run(session).await,
        Command::Compress(command) => command.run(session).await,
        Command::Copy(command) => command.run(session).await,
        Command::Create(command) => command.run(session).await,
        Command::Delete(command) => command.run(session).await,
        Command::Enable(command) => command.run(session).await,
        Command::Expunge(command) => command.run(session).await,
        Command::Fetch(command) => command.run(session).await,
        Command::GetQuota(command) => command.run(session).await,
        Command::GetQuotaRoot(command) => command.run(session).await,
        Command::Id(command) => command.run(session).await,
        Command::Idle(command) => command.run(session).await,
        Command::List(command) => command.run(session).await,
        Command::Login(command) => command.run(session).await,
        Command::Logout(command) => command.run(session).await,
        Command::Lsub(command) => command.run(session).await,
        Command::Move(command) => command.run(session).await,
        Command::Namespace(command) => command.run(session).await,
        Command::Noop(command) => command.run(session).await,
        Command::Rename(command) => command.run(session).await,
        Command::Search(command) => search::run(command, session, tag).await,
        Command::Select(command) => command.run(session).await,
        Command::SetQuota(command) => command.run(session).await,
        Command::StartTls(command) => command.run(session).await,
        Command::Status(command) => command.run(session).await,
        Command::Store(command) => command.run(session).await,
        Command::Subscribe(command) => command.run(session).await,
        Command::Unselect(command) => command.run(session).await,
        Command::Unsubscribe(command) => command.run(session).await,
    }
}

/// A name that a mailbox can have.
fn name(name: &Name) -> Result<MailboxName, Stop> {
    MailboxName::new(name.as_str())
        .map_err(|fault| Stop::No(Some(Code::Cannot), fault.to_string().into()))
}

impl Session<'_> {
    /// The mailbox of a name. A name that no mailbox can have is like one that none has.
    fn mailbox_named(&self, name: &Name) -> Result<Mailbox, Stop> {
        let found = match MailboxName::new(name.as_str()) {
            Ok(name) => self.account()?.find(&name)?,
            Err(_) => None,
        };
        found.ok_or(Stop::Model(Refused::NoSuchMailbox.into()))
    }
}

/// The special uses and their names, without backslashes (RFC 6154, 2; RFC 8457).
const ROLES: [(Role, &str); 6] = [
    (Role::Archive, "Archive"),
    (Role::Drafts, "Drafts"),
    (Role::Junk, "Junk"),
    (Role::Sent, "Sent"),
    (Role::Trash, "Trash"),
    (Role::Important, "Important"),
];

fn role_named(name: &str) -> Option<Role> {
    ROLES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(role, _)| *role)
}

fn role_name(role: Role) -> &'static str {
    ROLES.iter().find(|(known, _)| *known == role).map_or("", |(_, name)| name)
}
