//! CLOSE: Expunges what is marked and leaves the mailbox (RFC 9051, 6.4.1).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row { name: "CLOSE", stage: Stage::Selected, capability: None, parse };

/// Expunges what is marked and leaves the mailbox (RFC 9051, 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::Close(Close))
}

impl Close {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("CLOSE");
    }
}
