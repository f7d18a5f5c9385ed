//! FETCH and UID FETCH: Ask for parts of messages (RFC 9051, 6.4.5), perhaps only of those changed since (RFC 7162,
//! 3.1.4 and 3.2.6).

use mailbox::ModSeq;

use super::{Command, Row, Stage, uid_prefix};
use crate::Syntax;
use crate::fetch::Item;
use crate::wire::{Args, By, CommandWriter, Messages};

pub(super) const ROW: Row = Row {
    name: "FETCH",
    stage: Stage::Selected,
    capability: Some("BINARY"),
    parse: |args| parse(args, By::Number),
};

/// Asks for parts of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// What the numbers mean.
    pub by: By,
    /// Which messages.
    pub messages: Messages,
    /// What of them, in the order asked, macros written out.
    pub items: Vec<Item>,
    /// Only those changed since.
    pub changed_since: Option<ModSeq>,
    /// Which news of removed messages is wanted beside.
    pub vanished: Vanished,
}

/// Whether FETCH tells which of the messages were removed (RFC 7162, 3.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vanished {
    /// No.
    Untold,
    /// `VANISHED`: with CHANGEDSINCE, of UID FETCH, once QRESYNC is on. The parser checks the first two.
    Told,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let messages = Messages::parse(args)?;
    args.space()?;
    let items = Item::parse_all(args)?;
    let mut changed_since = None;
    let mut vanished = Vanished::Untold;
    if args.eat(b' ') && !args.is_empty() {
        let error = args.expected("VANISHED only in UID FETCH and with CHANGEDSINCE");
        args.list(10, |args| {
            if args.eat_text("CHANGEDSINCE ") {
                changed_since = Some(ModSeq(args.number64()?));
            } else if args.eat_text("VANISHED") {
                vanished = Vanished::Told;
            } else {
                return Err(args.expected("CHANGEDSINCE or VANISHED"));
            }
            Ok(())
        })?;
        if vanished == Vanished::Told && (by == By::Number || changed_since.is_none()) {
            return Err(error);
        }
    }
    args.end()?;
    Ok(Command::Fetch(Fetch { by, messages, items, changed_since, vanished }))
}

impl Fetch {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("FETCH ");
        self.messages.print(&mut out.out);
        out.space();
        Item::print_all(&self.items, out);
        if let Some(modseq) = self.changed_since {
            out.raw(" (CHANGEDSINCE ");
            out.number(modseq.0);
            if self.vanished == Vanished::Told {
                out.raw(" VANISHED");
            }
            out.raw(")");
        }
    }
}
