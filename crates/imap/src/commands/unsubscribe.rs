//! UNSUBSCRIBE: takes a name out of the subscriptions (RFC 9051, 6.3.8).

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("UNSUBSCRIBE", ConnectionState::Authenticated, parse);

/// Takes a name out of the subscriptions (RFC 9051, 6.3.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(Unsubscribe { mailbox }))
}

impl Request for Unsubscribe {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("UNSUBSCRIBE ");
        out.mailbox(self.mailbox.as_str());
    }
}

impl Run for Unsubscribe {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let name = session.subscribed_name(&self.mailbox).await?;
        session.account()?.unsubscribe(&name).await?;
        Ok(Done::completed())
    }
}
