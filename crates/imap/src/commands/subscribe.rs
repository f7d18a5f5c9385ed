//! SUBSCRIBE: Adds a name to the subscriptions (RFC 9051, 6.3.7).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row =
    Row { name: "SUBSCRIBE", stage: Stage::Authenticated, capability: None, parse };

/// Adds a name to the subscriptions (RFC 9051, 6.3.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::Subscribe(Subscribe { mailbox }))
}

impl Subscribe {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("SUBSCRIBE ");
        out.mailbox(self.mailbox.as_str());
    }
}
