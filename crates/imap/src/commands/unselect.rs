//! UNSELECT: leaves the mailbox without expunging it (RFC 9051, 6.4.2).

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("UNSELECT", ConnectionState::Selected, parse)
    .brings(&[Capability::AfterLogin("UNSELECT")]);

/// Leaves the mailbox without expunging it (RFC 9051, 6.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unselect;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Unselect))
}

impl Request for Unselect {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("UNSELECT");
    }
}

impl Run for Unselect {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        session.leave();
        Ok(Done::completed())
    }
}
