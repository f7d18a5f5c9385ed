//! UNSELECT: Leaves the mailbox without expunging it (RFC 9051, 6.4.2).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row =
    Row { name: "UNSELECT", stage: Stage::Selected, capability: Some("UNSELECT"), parse };

/// Leaves the mailbox without expunging it (RFC 9051, 6.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unselect;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::Unselect(Unselect))
}

impl Unselect {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("UNSELECT");
    }
}
