//! EXPUNGE: Removes messages marked \Deleted (RFC 9051, 6.4.3); UID EXPUNGE only some of them (6.4.9).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Messages};

pub(super) const ROW: Row = Row {
    name: "EXPUNGE",
    stage: Stage::Selected,
    capability: Some("UIDPLUS"),
    parse: |args| args.end().map(|()| Command::Expunge(Expunge { uids: None })),
};

/// Removes messages marked `\Deleted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expunge {
    /// Which; none: all.
    pub uids: Option<Messages>,
}

pub(super) fn parse_uid(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let uids = Messages::parse(args)?;
    args.end()?;
    Ok(Command::Expunge(Expunge { uids: Some(uids) }))
}

impl Expunge {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        match &self.uids {
            None => out.raw("EXPUNGE"),
            Some(uids) => {
                out.raw("UID EXPUNGE ");
                uids.print(&mut out.out);
            }
        }
    }
}
