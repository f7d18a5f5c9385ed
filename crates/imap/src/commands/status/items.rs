//! The figures that STATUS tells, one row each: name, capability and where the figure comes from (RFC 9051, 6.3.11).

use std::fmt;
use std::sync::Arc;

use mailbox::{AccountId, Flags, Mailbox, MailboxState};

use crate::capability::Capability;
use crate::response::Figure;
use crate::server::outcome::Stop;
use crate::server::session::Session;
use crate::wire::object_id;

/// A figure of a mailbox: one of those below, which are all there are.
#[derive(Clone, Copy)]
pub struct StatusItem {
    row: &'static Row,
}

struct Row {
    name: &'static str,
    capability: Option<Capability>,
    /// Whether the state of the mailbox has to be read before, which may wait for the disk.
    reads_entries: bool,
    figure: fn(&mut Session<'_>, &Figures) -> Result<Figure, Stop>,
}

/// Where figures come from: all of one moment.
pub(super) struct Figures {
    /// What is kept of the mailbox.
    pub(super) mailbox: Mailbox,
    /// The account that it lies in, where that is another's.
    pub(super) other: Option<AccountId>,
    /// Its state, where an item needs that.
    pub(super) state: Option<Arc<MailboxState>>,
    /// How many messages are `\Recent` to nobody, or to this session.
    pub(super) recent: usize,
}

const fn row(
    name: &'static str,
    figure: fn(&mut Session<'_>, &Figures) -> Result<Figure, Stop>,
) -> Row {
    Row { name, capability: None, reads_entries: false, figure }
}

impl StatusItem {
    /// How many messages.
    pub const MESSAGES: StatusItem =
        StatusItem { row: &row("MESSAGES", |_, of| number(of.mailbox.messages)) };

    /// How many with `\Recent` (RFC 3501, 6.3.10).
    pub const RECENT: StatusItem = StatusItem {
        row: &row("RECENT", |_, of| number(u64::try_from(of.recent).unwrap_or(u64::MAX))),
    };

    /// The next UID.
    pub const UIDNEXT: StatusItem = StatusItem {
        row: &row("UIDNEXT", |_, of| number(u64::from(of.mailbox.uid_next.number()))),
    };

    /// The UIDVALIDITY.
    pub const UIDVALIDITY: StatusItem = StatusItem {
        row: &row("UIDVALIDITY", |_, of| number(u64::from(of.mailbox.uid_validity.0))),
    };

    /// How many without `\Seen`.
    pub const UNSEEN: StatusItem =
        StatusItem { row: &row("UNSEEN", |_, of| number(of.mailbox.unseen)) };

    /// How many with `\Deleted`.
    pub const DELETED: StatusItem =
        StatusItem { row: &row("DELETED", |_, of| number(of.mailbox.deleted)) };

    /// Octets of all messages (RFC 8438).
    pub const SIZE: StatusItem = StatusItem {
        row: &Row {
            capability: Some(Capability::AfterLogin("STATUS=SIZE")),
            ..row("SIZE", |_, of| number(of.mailbox.octets.0))
        },
    };

    /// The highest mod-sequence (RFC 7162, 3.1.7).
    pub const HIGHESTMODSEQ: StatusItem = StatusItem {
        row: &row("HIGHESTMODSEQ", |session, of| {
            session.enable_modseq();
            number(of.mailbox.highest_modseq.0)
        }),
    };

    /// The identity of the mailbox (RFC 8474, 4.3).
    pub const MAILBOXID: StatusItem = StatusItem {
        row: &row("MAILBOXID", |_, of| Ok(Figure::Id(object_id::mailbox(of.other, of.mailbox.id)))),
    };

    /// The largest message it takes (RFC 7889, 3).
    pub const APPENDLIMIT: StatusItem = StatusItem {
        row: &row("APPENDLIMIT", |session, _| {
            number(session.service.accounts.policy().message_octets_max)
        }),
    };

    /// Octets of messages with `\Deleted` (RFC 9208, 4.1.4).
    pub const DELETED_STORAGE: StatusItem =
        StatusItem { row: &Row { reads_entries: true, ..row("DELETED-STORAGE", deleted_storage) } };

    /// Those that may be another for each user of a mailbox.
    pub(super) const OF_EACH_USER: [StatusItem; 2] =
        [StatusItem::UNSEEN, StatusItem::HIGHESTMODSEQ];

    /// All there are.
    pub const ALL: [StatusItem; 11] = [
        StatusItem::MESSAGES,
        StatusItem::RECENT,
        StatusItem::UIDNEXT,
        StatusItem::UIDVALIDITY,
        StatusItem::UNSEEN,
        StatusItem::DELETED,
        StatusItem::SIZE,
        StatusItem::HIGHESTMODSEQ,
        StatusItem::MAILBOXID,
        StatusItem::APPENDLIMIT,
        StatusItem::DELETED_STORAGE,
    ];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.row.name
    }

    /// The item of that name, in any case.
    pub fn named(name: &str) -> Option<StatusItem> {
        Self::ALL.into_iter().find(|item| item.name().eq_ignore_ascii_case(name))
    }

    /// The capability that says that we have it, where one does.
    pub(crate) fn capability(self) -> Option<&'static Capability> {
        self.row.capability.as_ref()
    }

    /// Whether the state of the mailbox has to be read before.
    pub(super) fn reads_entries(self) -> bool {
        self.row.reads_entries
    }

    /// The figure.
    pub(super) fn figure(self, session: &mut Session<'_>, of: &Figures) -> Result<Figure, Stop> {
        (self.row.figure)(session, of)
    }
}

impl PartialEq for StatusItem {
    fn eq(&self, other: &StatusItem) -> bool {
        self.name() == other.name()
    }
}

impl Eq for StatusItem {}

impl fmt::Debug for StatusItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn number(number: u64) -> Result<Figure, Stop> {
    Ok(Figure::Number(number))
}

fn deleted_storage(_: &mut Session<'_>, of: &Figures) -> Result<Figure, Stop> {
    let entries = of.state.iter().flat_map(|state| state.entries.iter());
    let deleted = entries.filter(|entry| entry.flags.contains(Flags::DELETED));
    number(deleted.map(|entry| u64::from(entry.octets)).fold(0, u64::saturating_add))
}
