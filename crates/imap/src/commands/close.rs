//! CLOSE: expunges without a word, and leaves the mailbox (RFC 9051, 6.4.1).

use mailbox::{Error, Refused};

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::commands::Access;
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("CLOSE", ConnectionState::Selected, parse);

/// Expunges what is marked and leaves the mailbox (RFC 9051, 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Close))
}

impl Request for Close {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("CLOSE");
    }
}

impl Run for Close {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let view = session.view()?;
        if view.access() == Access::ReadWrite {
            match session.opened()?.expunge(view.state().id, None).await {
                // It was deleted meanwhile, and can be left all the same. RFC 4314, 4: so can one in which one may not expunge.
                Ok(_) | Err(Error::Refused(Refused::NoSuchMailbox | Refused::NoPermission)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        session.leave();
        Ok(Done::completed())
    }
}
