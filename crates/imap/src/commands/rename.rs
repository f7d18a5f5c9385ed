//! RENAME: Gives a mailbox another name (RFC 9051, 6.3.6).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row =
    Row { name: "RENAME", stage: Stage::Authenticated, capability: None, parse };

/// Gives a mailbox another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// The name it has.
    pub from: Name,
    /// The name it shall have.
    pub to: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let from = Name::parse(args)?;
    args.space()?;
    let to = Name::parse(args)?;
    args.end()?;
    Ok(Command::Rename(Rename { from, to }))
}

impl Rename {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("RENAME ");
        out.mailbox(self.from.as_str());
        out.space();
        out.mailbox(self.to.as_str());
    }
}
