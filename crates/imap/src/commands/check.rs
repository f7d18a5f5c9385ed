//! CHECK: a checkpoint, in IMAP4rev1 (RFC 3501, 6.4.1). Everything is on the disk already, so it does nothing.

use crate::Syntax;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("CHECK", ConnectionState::Selected, parse);

/// A checkpoint, in IMAP4rev1 (RFC 3501, 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Check))
}

impl Request for Check {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("CHECK");
    }
}

impl Run for Check {
    async fn run(self, _session: &mut Session<'_>) -> Result<Done, Stop> {
        Ok(Done::completed())
    }
}
