//! NAMESPACE: Asks where mailboxes lie (RFC 9051, 6.3.10).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row =
    Row { name: "NAMESPACE", stage: Stage::Authenticated, capability: Some("NAMESPACE"), parse };

/// Asks where mailboxes lie (RFC 9051, 6.3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::Namespace(Namespace))
}

impl Namespace {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("NAMESPACE");
    }
}
