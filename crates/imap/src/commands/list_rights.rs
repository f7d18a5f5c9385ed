//! LISTRIGHTS: asks which rights somebody can be given in a mailbox (RFC 4314, 3.4). None are tied to each other.

use mailbox::{Grantee, Rights};

use super::access;
use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::{ListRightsLine, Response};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("LISTRIGHTS", ConnectionState::Authenticated, parse);

/// Asks which rights somebody can be given in a mailbox (RFC 4314, 3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRights {
    /// The mailbox.
    pub mailbox: Name,
    /// Who.
    pub identifier: String,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let (mailbox, identifier) = access::read(args)?;
    args.end()?;
    Ok(Command::new(ListRights { mailbox, identifier }))
}

impl Request for ListRights {
    fn print(&self, out: &mut CommandWriter) {
        access::print(out, "LISTRIGHTS", &self.mailbox, &self.identifier);
    }
}

impl Run for ListRights {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let (place, mailbox) = session.mailbox_with(&self.mailbox, Rights::ADMINISTER).await?;
        let (grantee, _) = session.grantee(&self.identifier)?;
        let owner = grantee == Grantee::User(place.account.id());
        let each = Rights::ALL.each().map(|(letter, _)| letter.to_string());
        // RFC 4314, 2.1.1: the old letters stand by themselves, as nothing is tied.
        let optional = each.chain(["c".to_owned(), "d".to_owned()]);
        session.print(&Response::ListRights(ListRightsLine {
            mailbox: place.shown(&mailbox.name),
            // RFC 4314, 3.4: as the client wrote it.
            identifier: self.identifier,
            required: if owner { Rights::ALL.with_old_letters() } else { String::new() },
            optional: if owner { Vec::new() } else { optional.collect() },
        }));
        Ok(Done::completed())
    }
}
