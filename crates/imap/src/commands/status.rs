//! STATUS: asks for the figures of a mailbox without opening it (RFC 9051, 6.3.11). They are kept, not counted.

use mailbox::{Flags, Mailbox, MailboxKind, Refused};

use crate::Syntax;
use crate::command::{Command, Request, Row, Stage};
use crate::response::{Figure, MailboxStatus, Response};
use crate::server::Run;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter, Name, object_id};

pub(super) const ROW: Row = Row::new("STATUS", Stage::Authenticated, parse);

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
    Ok(Command::new(Status { mailbox, items }))
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

impl Request for Status {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("STATUS ");
        out.mailbox(self.mailbox.as_str());
        out.space();
        print_items(&mut out.out, &self.items);
    }
}

impl Run for Status {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mailbox = session.mailbox_named(&self.mailbox)?;
        if mailbox.kind == MailboxKind::Container {
            return Err(Refused::NotSelectable.into());
        }
        session.print_status(&mailbox, &self.items).await?;
        Ok(Done::completed())
    }
}

impl Session<'_> {
    /// Prints `* STATUS name (...)`.
    pub(super) async fn print_status(
        &mut self,
        mailbox: &Mailbox,
        items: &[StatusItem],
    ) -> Result<(), Stop> {
        if items.contains(&StatusItem::HighestModSeq) {
            self.enable_modseq();
        }
        let deleted_octets = if items.contains(&StatusItem::DeletedStorage) {
            self.account()?.read_in(mailbox.id).await;
            let state = self.account()?.state(mailbox.id)?;
            let deleted = state.entries.iter().filter(|e| e.flags.contains(Flags::DELETED));
            deleted.map(|entry| u64::from(entry.octets)).fold(0, u64::saturating_add)
        } else {
            0
        };
        let figure = |item: StatusItem| match item {
            StatusItem::Messages => Figure::Number(mailbox.messages),
            // Which messages nobody was told of is known only while the mailbox is open.
            StatusItem::Recent => Figure::Number(0),
            StatusItem::UidNext => Figure::Number(u64::from(mailbox.uid_next.number())),
            StatusItem::UidValidity => Figure::Number(u64::from(mailbox.uid_validity.0)),
            StatusItem::Unseen => Figure::Number(mailbox.unseen),
            StatusItem::Deleted => Figure::Number(mailbox.deleted),
            StatusItem::Size => Figure::Number(mailbox.octets.0),
            StatusItem::HighestModSeq => Figure::Number(mailbox.highest_modseq.0),
            StatusItem::MailboxId => Figure::Id(object_id::mailbox(mailbox.id)),
            StatusItem::AppendLimit => {
                Figure::Number(self.service.accounts.policy().message_octets_max)
            }
            StatusItem::DeletedStorage => Figure::Number(deleted_octets),
        };
        let figures = items.iter().map(|item| (*item, figure(*item))).collect();
        let mailbox = Name::from(mailbox.name.as_str());
        self.print(&Response::MailboxStatus(MailboxStatus { mailbox, figures }));
        Ok(())
    }
}
