//! MYRIGHTS: asks what one may do in a mailbox (RFC 4314, 3.5).

use mailbox::{Refused, Rights};

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::{MyRightsLine, Response};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("MYRIGHTS", ConnectionState::Authenticated, parse);

/// Asks what one may do in a mailbox (RFC 4314, 3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyRights {
    /// The mailbox.
    pub mailbox: Name,
}

impl MyRights {
    /// One of these is needed to be told (RFC 4314, 4).
    pub(super) const NEEDED: [Rights; 6] = [
        Rights::LOOKUP,
        Rights::READ,
        Rights::INSERT,
        Rights::CREATE,
        Rights::DELETE_MAILBOX,
        Rights::ADMINISTER,
    ];

    /// Whether somebody who has these rights is told so.
    pub(super) fn are_told(rights: Rights) -> bool {
        MyRights::NEEDED.into_iter().any(|needed| rights.has(needed))
    }
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(MyRights { mailbox }))
}

impl Request for MyRights {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("MYRIGHTS ");
        out.mailbox(self.mailbox.as_str());
    }
}

impl Run for MyRights {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let (place, mailbox) = session.mailbox_named(&self.mailbox).await?;
        let rights = place.account.rights(mailbox.id);
        if !MyRights::are_told(rights) {
            return Err(Refused::NoSuchMailbox.into());
        }
        session.print(&Response::MyRights(MyRightsLine {
            mailbox: place.shown(&mailbox.name),
            rights: rights.with_old_letters(),
        }));
        Ok(Done::completed())
    }
}
