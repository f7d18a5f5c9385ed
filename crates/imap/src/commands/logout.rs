//! LOGOUT: ends the session (RFC 9051, 6.1.3).

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::Condition;
use crate::server::Run;
use crate::server::outcome::{Done, Next, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("LOGOUT", ConnectionState::Any, parse);

/// Ends the session (RFC 9051, 6.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logout;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Logout))
}

impl Request for Logout {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("LOGOUT");
    }
}

impl Run for Logout {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        session.leave();
        session.untagged(Condition::Bye, None, "Server logging out");
        Ok(Done { next: Next::Close, ..Done::completed() })
    }
}
