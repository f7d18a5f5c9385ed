//! CAPABILITY: Asks what the server can do (RFC 9051, 6.1.1).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row { name: "CAPABILITY", stage: Stage::Any, capability: None, parse };

/// Asks what the server can do (RFC 9051, 6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::Capability(Capability))
}

impl Capability {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("CAPABILITY");
    }
}
