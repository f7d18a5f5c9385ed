//! RENAME: gives a mailbox another name (RFC 9051, 6.3.6).

use mailbox::Rights;

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::mailboxes::Named;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::{Run, words};
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("RENAME", ConnectionState::Authenticated, parse);

/// Gives a mailbox another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The name it has.
    pub from: Name,
    /// The name it shall have.
    pub to: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let from = Name::parse(args)?;
    args.space()?;
    let to = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(Rename { from, to }))
}

impl Request for Rename {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("RENAME ");
        out.mailbox(self.from.as_str());
        out.space();
        out.mailbox(self.to.as_str());
    }
}

impl Run for Rename {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let (place, mailbox) = session.mailbox_with(&self.from, Rights::DELETE_MAILBOX).await?;
        let Named { place: there, name } = session.place_for(&self.to).await?;
        if there.account.id() != place.account.id() {
            return Err(words::stays_in_its_account());
        }
        place.account.rename_mailbox(mailbox.id, &name).await?;
        Ok(Done::completed())
    }
}
