//! DELETE: removes a mailbox (RFC 9051, 6.3.5).

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("DELETE", ConnectionState::Authenticated, parse);

/// Removes a mailbox (RFC 9051, 6.3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(Delete { mailbox }))
}

impl Request for Delete {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("DELETE ");
        out.mailbox(self.mailbox.as_str());
    }
}

impl Run for Delete {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let (place, mailbox) = session.mailbox_named(&self.mailbox).await?;
        session.patiently(place.account.delete_mailbox(mailbox.id)).await??;
        Ok(Done::completed())
    }
}
