//! NOOP: Does nothing, and lets the server tell news (RFC 9051, 6.1.2).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row { name: "NOOP", stage: Stage::Any, capability: None, parse };

/// Does nothing, and lets the server tell news (RFC 9051, 6.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noop;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::Noop(Noop))
}

impl Noop {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("NOOP");
    }
}
