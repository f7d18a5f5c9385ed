//! DELETEACL: takes an entry out of the access list of a mailbox (RFC 4314, 3.2).

use mailbox::{Rights, RightsChange};

use super::access;
use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("DELETEACL", ConnectionState::Authenticated, parse);

/// Takes an entry out of the access list of a mailbox (RFC 4314, 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteAcl {
    /// The mailbox.
    pub mailbox: Name,
    /// Whose entry.
    pub identifier: String,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    let (mailbox, identifier) = access::read(args)?;
    args.end()?;
    Ok(Command::new(DeleteAcl { mailbox, identifier }))
}

impl Request for DeleteAcl {
    fn print(&self, out: &mut CommandWriter) {
        access::print(out, "DELETEACL", &self.mailbox, &self.identifier);
    }
}

impl Run for DeleteAcl {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let (place, mailbox) = session.mailbox_with(&self.mailbox, Rights::ADMINISTER).await?;
        let grantee = session.grantee(&self.identifier)?;
        let none = RightsChange::Replace(Rights::NONE);
        place.account.set_rights(mailbox.id, grantee, none).await?;
        Ok(Done::completed())
    }
}
