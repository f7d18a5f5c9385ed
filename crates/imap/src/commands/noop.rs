//! NOOP: does nothing; its client hears the news, as after every command (RFC 9051, 6.1.2).

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("NOOP", ConnectionState::Any, parse);

/// Does nothing, and lets the server tell news (RFC 9051, 6.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noop;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Noop))
}

impl Request for Noop {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("NOOP");
    }
}

impl Run for Noop {
    async fn run(self, _session: &mut Session<'_>) -> Result<Done, Stop> {
        Ok(Done::completed())
    }
}
