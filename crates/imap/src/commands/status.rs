//! STATUS: Asks for the figures of a mailbox without opening it (RFC 9051, 6.3.11).

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter, Name};

pub(super) const ROW: Row =
    Row { name: "STATUS", stage: Stage::Authenticated, capability: Some("STATUS=SIZE"), parse };

/// Asks for the figures of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The mailbox.
    pub mailbox: Name,
    /// Which figures, in the order asked.
    pub items: Vec<StatusItem>,
}

/// A figure of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatusItem {
    /// How many messages.
    Messages,
    /// How many with `\Recent` (RFC 3501, 6.3.10).
    Recent,
    /// The next UID.
    UidNext,
    /// The UIDVALIDITY.
    UidValidity,
    /// How many without `\Seen`.
    Unseen,
    /// How many with `\Deleted`.
    Deleted,
    /// Octets of all messages (RFC 8438).
    Size,
    /// The highest mod-sequence (RFC 7162, 3.1.7).
    HighestModSeq,
    /// The identity of the mailbox (RFC 8474, 4.3).
    MailboxId,
    /// The largest message it takes (RFC 7889, 3).
    AppendLimit,
    /// Octets of messages with `\Deleted` (RFC 9208, 4.1.4).
    DeletedStorage,
}

impl StatusItem {
    /// All there are.
    pub const ALL: [StatusItem; 11] = [
        StatusItem::Messages,
        StatusItem::Recent,
        StatusItem::UidNext,
        StatusItem::UidValidity,
        StatusItem::Unseen,
        StatusItem::Deleted,
        StatusItem::Size,
        StatusItem::HighestModSeq,
        StatusItem::MailboxId,
        StatusItem::AppendLimit,
        StatusItem::DeletedStorage,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            StatusItem::Messages => "MESSAGES",
            StatusItem::Recent => "RECENT",
            StatusItem::UidNext => "UIDNEXT",
            StatusItem::UidValidity => "UIDVALIDITY",
            StatusItem::Unseen => "UNSEEN",
            StatusItem::Deleted => "DELETED",
            StatusItem::Size => "SIZE",
            StatusItem::HighestModSeq => "HIGHESTMODSEQ",
            StatusItem::MailboxId => "MAILBOXID",
            StatusItem::AppendLimit => "APPENDLIMIT",
            StatusItem::DeletedStorage => "DELETED-STORAGE",
        }
    }

    /// The item of that name, in any case.
    pub fn named(name: &str) -> Option<StatusItem> {
        Self::ALL.into_iter().find(|item| item.name().eq_ignore_ascii_case(name))
    }
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mailbox = Name::parse(args)?;
    args.space()?;
    let items = parse_items(args)?;
    args.end()?;
    Ok(Command::Status(Status { mailbox, items }))
}

/// Takes `(` items `)`; one named twice is taken once.
pub(super) fn parse_items(args: &mut Args<'_>) -> Result<Vec<StatusItem>, Syntax> {
    let mut items = Vec::new();
    args.list(50, |args| {
        let error = args.expected("a status item like MESSAGES");
        let item = StatusItem::named(args.word(error.expected)?).ok_or(error)?;
        if !items.contains(&item) {
            items.push(item);
        }
        Ok(())
    })?;
    Ok(items)
}

/// Appends `(` items `)`.
pub(super) fn print_items(out: &mut Vec<u8>, items: &[StatusItem]) {
    out.push(b'(');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(item.name().as_bytes());
    }
    out.push(b')');
}

impl Status {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("STATUS ");
        out.mailbox(self.mailbox.as_str());
        out.space();
        print_items(&mut out.out, &self.items);
    }
}
