//! STARTTLS: Begins TLS (RFC 9051, 6.2.1).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row =
    Row { name: "STARTTLS", stage: Stage::NotAuthenticated, capability: None, parse };

/// Begins TLS (RFC 9051, 6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartTls;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::StartTls(StartTls))
}

impl StartTls {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("STARTTLS");
    }
}
