//! MOVE and UID MOVE: Moves messages to another mailbox (RFC 9051, 6.4.8).

use super::{Command, Row, Stage, uid_prefix};
use crate::Syntax;
use crate::wire::{Args, By, CommandWriter, Messages, Name};

pub(super) const ROW: Row = Row {
    name: "MOVE",
    stage: Stage::Selected,
    capability: Some("MOVE"),
    parse: |args| parse(args, By::Number),
};

/// Moves messages to another mailbox (RFC 9051, 6.4.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// What the numbers mean.
    pub by: By,
    /// Which messages.
    pub messages: Messages,
    /// Where to.
    pub mailbox: Name,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let messages = Messages::parse(args)?;
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.end()?;
    Ok(Command::Move(Move { by, messages, mailbox }))
}

impl Move {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("MOVE ");
        self.messages.print(&mut out.out);
        out.space();
        out.mailbox(self.mailbox.as_str());
    }
}
