//! Carries out commands, with the news before and after them. What each does stands in its own file in `crate::commands`.
//!
//! Here is the one circle of this crate: a row's parser makes a `Command`, which holds, behind `AnyCommand`, what it will
//! do to a session; and a session runs it without knowing which one it is. So a command is one file, and no list of all
//! commands but their table has to be kept. Parsers and printers see no session: they are given octets and give values.

use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use super::news::news_kept_back;
use super::outcome::{Done, Stop};
use super::session::Session;
use crate::command::{Command, ConnectionState, Hears, Request, Row};
use crate::view::Removals;
use crate::wire::{By, CommandWriter};

/// A command that can be carried out.
pub(crate) trait Run: Request {
    /// Carries it out. What it tells is printed to the session's channel; what comes back goes behind the tag.
    fn run(self, session: &mut Session<'_>) -> impl Future<Output = Result<Done, Stop>> + Send;
}

/// A command being carried out. It is in a box: what it needs meanwhile, an idle session need not hold.
type Running<'r> = Pin<Box<dyn Future<Output = Result<Done, Stop>> + Send + 'r>>;

/// Any command. The methods are those of `Request` and `Run`.
pub(crate) trait AnyCommand: Any + Debug + Send + Sync {
    fn print(&self, out: &mut CommandWriter);
    fn by(&self) -> By;
    fn uses_numbers(&self) -> bool;
    fn run<'r>(self: Box<Self>, session: &'r mut Session<'_>) -> Running<'r>;
    fn to_boxed(&self) -> Box<dyn AnyCommand>;
    fn equals(&self, other: &dyn AnyCommand) -> bool;
}

impl<C: Run> AnyCommand for C {
    fn print(&self, out: &mut CommandWriter) {
        Request::print(self, out);
    }

    fn by(&self) -> By {
        Request::by(self)
    }

    fn uses_numbers(&self) -> bool {
        Request::uses_numbers(self)
    }

    fn run<'r>(self: Box<Self>, session: &'r mut Session<'_>) -> Running<'r> {
        Box::pin(Run::run(*self, session))
    }

    fn to_boxed(&self) -> Box<dyn AnyCommand> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn AnyCommand) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref::<C>() == Some(self)
    }
}

/// Carries out a command, with the news before and after it.
pub(super) async fn run(
    row: &Row,
    command: Command,
    session: &mut Session<'_>,
) -> Result<Done, Stop> {
    let command = command.into_inner();
    if row.takes_uid() && command.uses_numbers() && session.dialect.is_uid_only() {
        return Err(Stop::UidRequired);
    }
    if row.state == ConnectionState::Selected {
        session.check_still_readable()?;
    }
    let by = command.by();
    let kept = if command.uses_numbers() { Removals::Kept } else { Removals::Told };
    if let Some(removals) = heard(row.news.before, kept) {
        session.catch_up(removals, by).await?;
    }
    let outcome = command.run(session).await;
    if matches!(outcome, Err(Stop::Gone(_) | Stop::Bye(..))) {
        return outcome;
    }
    if let Some(removals) = heard(row.news.after, kept)
        && let Err(stop) = session.catch_up(removals, by).await
    {
        if let Stop::Bye(..) = stop {
            return Err(stop);
        }
        news_kept_back(stop)?;
    }
    session.print_lag();
    outcome
}

fn heard(hears: Hears, kept: Removals) -> Option<Removals> {
    match hears {
        Hears::Nothing => None,
        Hears::AllThatMovesNoNumber => Some(kept),
        Hears::All => Some(Removals::Told),
    }
}
