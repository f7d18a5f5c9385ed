//! UNSUBSCRIBE: Takes a name out of the subscriptions (RFC 9051, 6.3.8).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row =
    Row { name: "UNSUBSCRIBE", stage: Stage::Authenticated, capability: None, parse };

/// Takes a name out of the subscriptions (RFC 9051, 6.3.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// The mailbox.
    pub mailbox: Name,
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::Unsubscribe(Unsubscribe { mailbox }))
}

impl Unsubscribe {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("UNSUBSCRIBE ");
        out.mailbox(self.mailbox.as_str());
    }
}
