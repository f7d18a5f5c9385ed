//! SUBSCRIBE: adds a name to the subscriptions (RFC 9051, 6.3.7).

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row = Row::new("SUBSCRIBE", ConnectionState::Authenticated, parse);

/// Adds a name to the subscriptions (RFC 9051, 6.3.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::new(Subscribe { mailbox }))
}

impl Request for Subscribe {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("SUBSCRIBE ");
        out.mailbox(self.mailbox.as_str());
    }
}

impl Run for Subscribe {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let name = session.subscribed_name(&self.mailbox).await?;
        session.account()?.subscribe(&name).await?;
        Ok(Done::completed())
    }
}
