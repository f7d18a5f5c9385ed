//! DELETE: Removes a mailbox (RFC 9051, 6.3.5).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row =
    Row { name: "DELETE", stage: Stage::Authenticated, capability: None, parse };

/// Removes a mailbox (RFC 9051, 6.3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::Delete(Delete { mailbox }))
}

impl Delete {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("DELETE ");
        out.mailbox(self.mailbox.as_str());
    }
}
