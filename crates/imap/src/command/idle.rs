//! IDLE: Waits for news until the line DONE (RFC 9051, 6.3.13).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row =
    Row { name: "IDLE", stage: Stage::Authenticated, capability: Some("IDLE"), parse };

/// Waits for news until the line DONE (RFC 9051, 6.3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::Idle(Idle))
}

impl Idle {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("IDLE");
    }
}
