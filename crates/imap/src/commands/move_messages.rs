//! MOVE: moves messages to another mailbox, all or none (RFC 9051, 6.4.8).

use mailbox::Rights;

use super::copy::copy_uid;
use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, News, Request, Row, uid_prefix};
use crate::commands::Access;
use crate::dialect::Feature;
use crate::response::{Code, Condition};
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::{Run, words};
use crate::view::Removals;
use crate::wire::{Args, By, CommandWriter, Messages, Name};

pub(super) const ROW: Row = Row::with_uid("MOVE", parse)
    .brings(&[Capability::AfterLogin("MOVE")])
    .hears(News::AROUND_WITH_REMOVALS);

/// Moves messages to another mailbox (RFC 9051, 6.4.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// What the numbers mean.
    pub by: By,
    /// Which messages.
    pub messages: Messages,
    /// Where to.
    pub mailbox: Name,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let messages = Messages::parse(args)?;
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(Move { by, messages, mailbox }))
}

impl Request for Move {
    fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("MOVE ");
        self.messages.print(&mut out.out);
        out.space();
        out.mailbox(self.mailbox.as_str());
    }

    fn by(&self) -> By {
        self.by
    }
}

impl Run for Move {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if session.view()?.access() == Access::ReadOnly {
            return Err(words::read_only());
        }
        let uids = session.find_uids(self.by, &self.messages).await?;
        let (place, to) = session.destination(&self.mailbox).await?;
        let from = session.view()?.state().id;
        // Before anything is copied to another account.
        session.opened()?.demand(from, Rights::TAKEN_OUT)?;
        if uids.is_empty() {
            return Ok(Done::completed());
        }
        let account = place.account;
        let moved = if account.id() == session.opened()?.id() {
            session.patiently(account.r#move(from, &uids, to)).await??
        } else {
            session.move_across(&uids, (&account, to), self.by).await?
        };
        let Some(code) = copy_uid(&moved, self.by)? else {
            return Ok(Done::completed());
        };
        // Before the removals: a client that has both can carry its copy over (RFC 6851, 4.3).
        session.untagged(Condition::Ok, Some(code), "Moved");
        session.catch_up(Removals::Told, self.by).await?;
        Ok(session.done_removing())
    }
}

impl Session<'_> {
    /// The OK of a command that removed messages (RFC 7162, 3.2.7).
    pub(super) fn done_removing(&self) -> Done {
        match self.view.as_deref() {
            Some(view) if self.dialect.has(Feature::Qresync) => {
                Done::completed().with(Code::HighestModSeq(view.synced()))
            }
            Some(_) | None => Done::completed(),
        }
    }
}
