//! LOGOUT: Ends the session (RFC 9051, 6.1.3).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row { name: "LOGOUT", stage: Stage::Any, capability: None, parse };

/// Ends the session (RFC 9051, 6.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logout;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::Logout(Logout))
}

impl Logout {
    pub(super) fn print(self, out: &mut CommandWriter) {
        out.raw("LOGOUT");
    }
}
