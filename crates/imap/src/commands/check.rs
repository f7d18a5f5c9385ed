//! CHECK: A checkpoint, in IMAP4rev1 (RFC 3501, 6.4.1).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row { name: "CHECK", stage: Stage::Selected, capability: None, parse };

/// A checkpoint, in IMAP4rev1 (RFC 3501, 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::Check(Check))
}

impl Check {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("CHECK");
    }
}
