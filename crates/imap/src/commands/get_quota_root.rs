//! GETQUOTAROOT: Asks which quota a mailbox counts to (RFC 9208, 4.1.3).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row =
    Row { name: "GETQUOTAROOT", stage: Stage::Authenticated, capability: None, parse };

/// Asks which quota a mailbox counts to (RFC 9208, 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetQuotaRoot {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::GetQuotaRoot(GetQuotaRoot { mailbox }))
}

impl GetQuotaRoot {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("GETQUOTAROOT ");
        out.mailbox(self.mailbox.as_str());
    }
}
