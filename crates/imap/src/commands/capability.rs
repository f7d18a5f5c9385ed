//! CAPABILITY: asks what the server can do (RFC 9051, 6.1.1).

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::response::Response;
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("CAPABILITY", ConnectionState::Any, parse);

/// Asks what the server can do (RFC 9051, 6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Capability))
}

impl Request for Capability {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("CAPABILITY");
    }
}

impl Run for Capability {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let capabilities = session.capabilities();
        session.print(&Response::Capability(capabilities));
        Ok(Done::completed())
    }
}
