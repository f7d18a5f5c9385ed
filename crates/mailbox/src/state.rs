//! What sessions and listings see of a mailbox.

use std::sync::Arc;

use crate::{Entries, Flags, Keyword, MailboxId, MailboxName, ModSeq, Octets, Uid, UidValidity};

/// The hot state of one mailbox at one moment. Sessions keep the one they have told their client about.
#[derive(Clone, Debug)]
pub struct MailboxState {
    /// The mailbox.
    pub id: MailboxId,
    /// Its entries.
    pub entries: Entries,
    /// Its keyword table: the keyword of bit `Flags::keyword(index)`. Only grows.
    pub keywords: Arc<[Keyword]>,
    /// Its UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// The UID that the next entry gets, or a lower one than that.
    pub uid_next: Uid,
    /// The highest mod-sequence of its entries and of what vanished from it (RFC 7162, 3.1.2.1).
    pub highest_modseq: ModSeq,
}

impl MailboxState {
    /// The keywords among these flags.
    pub fn keywords_of(&self, flags: Flags) -> impl Iterator<Item = &Keyword> {
        flags.keyword_indexes().filter_map(|index| self.keywords.get(index))
    }

    /// The flag that stands for a keyword here; none if no entry ever had it.
    pub fn flag_of(&self, keyword: &Keyword) -> Option<Flags> {
        self.keywords.iter().position(|known| known == keyword).and_then(Flags::keyword)
    }
}

/// A mailbox in a listing. Counts are exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its identity, kept when it is renamed.
    pub id: MailboxId,
    /// Its whole name.
    pub name: MailboxName,
    /// Whether it can hold messages, or is only there for those below it (`\NoSelect`).
    pub kind: MailboxKind,
    /// What it is for.
    pub role: Option<Role>,
    /// Where its owner wants it among its siblings, the lowest first, if that was ever said (RFC 8621, 2).
    pub sort_order: Option<u32>,
    /// Its UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// The UID that the next entry gets.
    pub uid_next: Uid,
    /// How many entries it has.
    pub messages: u64,
    /// How many of them are not `\Seen`.
    pub unseen: u64,
    /// How many of them are `\Deleted`.
    pub deleted: u64,
    /// The sizes of its entries, added up.
    pub octets: Octets,
    /// The highest mod-sequence of its entries and of what vanished.
    pub highest_modseq: ModSeq,
}

impl Mailbox {
    /// The figures of this mailbox in a state of it, counted.
    #[must_use]
    pub fn counted_in(self, state: &MailboxState) -> Mailbox {
        let mut counted = Mailbox {
            uid_validity: state.uid_validity,
            uid_next: state.uid_next,
            messages: u64::try_from(state.entries.len()).unwrap_or(u64::MAX),
            unseen: 0,
            deleted: 0,
            octets: Octets(0),
            highest_modseq: state.highest_modseq,
            ..self
        };
        for entry in state.entries.iter() {
            let count = |flagged: bool| u64::from(flagged);
            let unseen = count(!entry.flags.contains(Flags::SEEN));
            let deleted = count(entry.flags.contains(Flags::DELETED));
            counted.unseen = counted.unseen.saturating_add(unseen);
            counted.deleted = counted.deleted.saturating_add(deleted);
            counted.octets = Octets(counted.octets.0.saturating_add(entry.octets.into()));
        }
        counted
    }
}

/// Whether a mailbox can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxKind {
    /// It holds messages.
    Selectable,
    /// It was deleted while others lay below it (RFC 3501, 6.3.4).
    Container,
}

/// What a mailbox is for (RFC 6154, 2; RFC 8457).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `\Archive`
    Archive,
    /// `\Drafts`
    Drafts,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
    /// `\Important` (RFC 8457)
    Important,
}
