//! What a session has told its client about the selected mailbox. Sequence numbers live here and nowhere else, and
//! move only in `View::tell` (RFC 9051, 2.3.1.2 and 7.5.1).

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use mailbox::{AccountId, Difference, Entries, Entry, MailboxState, ModSeq, Uid, UidSet};

use crate::commands::Access;
use crate::contexts::Contexts;
use crate::fetch::Recent;

/// The number of a message in a view: 1 for the first, without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceNumber(NonZeroU32);

impl SequenceNumber {
    /// The number of the message at an index.
    pub fn at(index: usize) -> SequenceNumber {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        SequenceNumber(NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX))
    }

    /// The number itself.
    pub fn number(self) -> u32 {
        self.0.get()
    }
}

/// Whether the client may hear now that messages are gone. It may not while it waits for a command that names
/// messages by number, for its numbers would move under it (RFC 9051, 7.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removals {
    /// It may.
    Told,
    /// It may not; they are told later.
    Kept,
}

/// What of the news the client is to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// All.
    All(Removals),
    /// What came and went. Flags change without a word; they are told once it asks for that (`View::take_unheard`).
    ButFlags(Removals),
    /// Nothing, so that what came is not there for it either; but it hears of those of its own removals.
    Nothing(UidSet),
}

impl Hearing {
    fn hears_additions(&self) -> bool {
        match self {
            Hearing::All(_) | Hearing::ButFlags(_) => true,
            Hearing::Nothing(_) => false,
        }
    }

    fn hears_removal(&self, uid: Uid) -> bool {
        match self {
            Hearing::All(removals) | Hearing::ButFlags(removals) => *removals == Removals::Told,
            Hearing::Nothing(own) => own.contains(uid),
        }
    }

    fn hears_flags(&self) -> bool {
        matches!(self, Hearing::All(_))
    }
}

/// What the client is to hear, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Messages that are gone, the highest number first, so that no number moves before it is told.
    pub gone: Vec<(SequenceNumber, Uid)>,
    /// How many messages there are now, when some came.
    pub exists: Option<usize>,
    /// Those that came.
    pub came: UidSet,
    /// Whether the mailbox has keywords that it did not have.
    pub keywords: Keywords,
    /// Messages whose flags or mod-sequence changed, ascending.
    pub changed: Vec<(SequenceNumber, Entry)>,
}

/// Whether there are new keywords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keywords {
    /// The same as before.
    #[default]
    Known,
    /// Some are new.
    New,
}

impl News {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == News::default()
    }
}

/// The client's picture of the mailbox.
#[derive(Debug)]
pub struct View {
    /// The client has been told all of this. Messages that are gone stay in it until the client was told so.
    told: Arc<MailboxState>,
    /// Up to here nothing was kept back.
    synced: ModSeq,
    /// Those whose flags changed while the client did not want to hear of it.
    unheard: UidSet,
    /// How it was opened.
    access: Access,
    /// The account that it lies in, where that is another's.
    other: Option<AccountId>,
    /// What is `\Recent` to this session (RFC 3501, 2.3.2).
    recent: UidSet,
    /// What `$` stands for (RFC 9051, 6.4.4.1).
    saved: UidSet,
    /// The searches whose results are kept current.
    pub(crate) contexts: Contexts,
}

impl View {
    /// Opens a view of a state that the client is about to be told.
    pub fn new(state: Arc<MailboxState>, access: Access) -> View {
        View {
            synced: state.highest_modseq,
            told: state,
            unheard: UidSet::new(),
            access,
            other: None,
            recent: UidSet::new(),
            saved: UidSet::new(),
            contexts: Contexts::default(),
        }
    }

    /// The same, of a mailbox that lies in another's account, where one is given.
    #[must_use]
    pub fn of_other(self, other: Option<AccountId>) -> View {
        View { other, ..self }
    }

    /// The account that the mailbox lies in, where that is another's.
    pub fn other(&self) -> Option<AccountId> {
        self.other
    }

    /// What the client has been told.
    pub fn state(&self) -> &Arc<MailboxState> {
        &self.told
    }

    /// The messages as the client numbers them.
    pub fn entries(&self) -> &Entries {
        &self.told.entries
    }

    /// How the mailbox was opened.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The mod-sequence up to which the client knows everything.
    pub fn synced(&self) -> ModSeq {
        self.synced
    }

    /// Whether the client has seen mod-sequences beyond what it knows all about: it must not take the highest one
    /// for the point to resynchronise from (RFC 7162, 3.2).
    pub fn is_behind(&self) -> bool {
        self.synced < self.told.highest_modseq
    }

    /// What `$` stands for.
    pub fn saved(&self) -> &UidSet {
        &self.saved
    }

    /// Sets what `$` stands for.
    pub fn save(&mut self, uids: UidSet) {
        self.saved = uids;
    }

    /// Whether a message is `\Recent` to this session.
    pub fn is_recent(&self, uid: Uid) -> Recent {
        if self.recent.contains(uid) { Recent::Yes } else { Recent::No }
    }

    /// What is `\Recent` to this session.
    pub fn recent(&self) -> &UidSet {
        &self.recent
    }

    /// Takes note that messages from a UID on are `\Recent` to this session.
    pub fn add_recent(&mut self, first: Uid) {
        if let Some(last) = self.told.entries.last().filter(|last| last.uid >= first) {
            self.recent = self.recent.union(&UidSet::from_ranges([(first, last.uid)]));
        }
    }

    /// How many messages are `\Recent` to this session.
    pub fn recent_count(&self) -> usize {
        self.indexes_of_uids(&self.recent).iter().map(ExactSizeIterator::len).sum()
    }

    /// Moves on to the present state of the mailbox and says what the client is to hear about it.
    pub fn tell(&mut self, present: &Arc<MailboxState>, hearing: &Hearing) -> News {
        let mut news = News::default();
        if Arc::ptr_eq(&self.told, present) {
            return news;
        }
        if present.keywords.len() > self.told.keywords.len() {
            news.keywords = Keywords::New;
        }
        let mut set = Vec::new();
        let mut exists = self.told.entries.len();
        let mut kept = false;
        for difference in self.told.entries.differences(&present.entries) {
            match difference {
                Difference::Removed(_, entry) if !hearing.hears_removal(entry.uid) => kept = true,
                Difference::Removed(index, entry) => {
                    news.gone.push((SequenceNumber::at(index), entry.uid));
                    exists = exists.saturating_sub(1);
                }
                Difference::Added(..) if !hearing.hears_additions() => kept = true,
                Difference::Added(_, entry) => {
                    set.push(entry);
                    exists = exists.saturating_add(1);
                    news.exists = Some(exists);
                    news.came.insert(entry.uid);
                }
                Difference::Changed(index, entry) => {
                    set.push(entry);
                    if hearing.hears_flags() {
                        news.changed.push((SequenceNumber::at(index), entry));
                    } else {
                        self.unheard.insert(entry.uid);
                    }
                }
            }
        }
        news.gone.reverse();
        if kept {
            self.tell_all_but_kept(present, &set, &mut news);
        } else {
            self.told = Arc::clone(present);
            if self.unheard.is_empty() {
                self.synced = present.highest_modseq;
            }
        }
        news
    }

    /// Lets what is gone stand among the others until removals may be told, and leaves out what came until that may be: the
    /// numbers are those of the client's picture.
    fn tell_all_but_kept(&mut self, present: &Arc<MailboxState>, set: &[Entry], news: &mut News) {
        let keywords_known = news.keywords == Keywords::Known;
        if set.is_empty() && news.gone.is_empty() && keywords_known {
            return;
        }
        let mut gone: Vec<Uid> = news.gone.iter().map(|(_, uid)| *uid).collect();
        gone.sort_unstable();
        let entries = self.told.entries.changed(set, &gone);
        for (number, entry) in &mut news.changed {
            if let Some(index) = entries.position(entry.uid) {
                *number = SequenceNumber::at(index);
            }
        }
        self.told = Arc::new(MailboxState { entries, ..MailboxState::clone(present) });
    }

    /// The messages whose flags changed without a word, to be told now. Call it right after `tell` of all: then the client
    /// knows everything.
    pub fn take_unheard(&mut self) -> UidSet {
        self.synced = self.told.highest_modseq;
        std::mem::take(&mut self.unheard)
    }

    /// Takes in what the client is about to hear about these messages, so that `tell` does not repeat it. New keywords
    /// it has to hear of first.
    pub fn absorb(&mut self, present: &MailboxState, uids: &UidSet) -> Keywords {
        let mut set = Vec::new();
        if !self.unheard.is_empty() {
            self.unheard = self.unheard.difference(uids);
        }
        for indexes in self.indexes_of_uids(uids) {
            for (_, told) in self.told.entries.iter_from(indexes.start).take(indexes.len()) {
                let now = present.entries.find(told.uid);
                set.extend(now.filter(|entry| entry.modseq != told.modseq));
            }
        }
        let grown = present.keywords.len() > self.told.keywords.len();
        if set.is_empty() && !grown {
            return Keywords::Known;
        }
        let highest = set.iter().map(|entry| entry.modseq).fold(self.told.highest_modseq, Ord::max);
        self.told = Arc::new(MailboxState {
            entries: self.told.entries.changed(&set, &[]),
            highest_modseq: highest,
            keywords: Arc::clone(&present.keywords),
            ..MailboxState::clone(&self.told)
        });
        if grown { Keywords::New } else { Keywords::Known }
    }

    /// The index ranges of the messages with these UIDs, ascending. UIDs that are not there are passed over.
    pub fn indexes_of_uids(&self, uids: &UidSet) -> Vec<Range<usize>> {
        let entries = &self.told.entries;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (first, last) in uids.ranges() {
            let start = entries.lower_bound(*first);
            let end = last.next().map_or(entries.len(), |after| entries.lower_bound(after));
            match ranges.last_mut() {
                Some(before) if before.end == start => before.end = end,
                _ if start < end => ranges.push(start..end),
                _ => {}
            }
        }
        ranges
    }

    /// The UIDs of the messages in these index ranges.
    pub fn uids_at(&self, indexes: &[Range<usize>]) -> UidSet {
        indexes
            .iter()
            .flat_map(|range| {
                self.told.entries.iter_from(range.start).take(range.len()).map(|(_, e)| e.uid)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use mailbox::{EmailId, Flags, MailboxId, UidValidity};

    use super::*;

    fn entry(uid: u32, modseq: u64) -> Entry {
        Entry {
            arrived: mailbox::Arrival::UNKNOWN,
            uid: Uid::new(uid).unwrap(),
            octets: 1,
            flags: Flags::NONE,
            modseq: ModSeq(modseq),
            email: EmailId(uid.into()),
        }
    }

    fn state(entries: &[(u32, u64)]) -> Arc<MailboxState> {
        Arc::new(MailboxState {
            id: MailboxId(1),
            entries: Entries::from_ascending(entries.iter().map(|(u, m)| entry(*u, *m))),
            keywords: Arc::new([]),
            uid_validity: UidValidity(1),
            uid_next: Uid::new(100).unwrap(),
            highest_modseq: ModSeq(entries.iter().map(|e| e.1).max().unwrap_or(0)),
        })
    }

    fn numbers(gone: &[(SequenceNumber, Uid)]) -> Vec<(u32, u32)> {
        gone.iter().map(|(n, u)| (n.number(), u.number())).collect()
    }

    #[test]
    fn what_is_gone_is_told_from_the_highest_number_down() {
        let mut view = View::new(state(&[(1, 1), (2, 1), (3, 1), (5, 1)]), Access::ReadWrite);
        let news = view.tell(&state(&[(2, 1), (5, 4), (7, 3)]), &Hearing::All(Removals::Told));
        assert_eq!(numbers(&news.gone), [(3, 3), (1, 1)]);
        assert_eq!(news.exists, Some(3));
        assert_eq!(news.changed, [(SequenceNumber::at(1), entry(5, 4))]);
        assert!(!view.is_behind());
    }

    #[test]
    fn while_removals_are_kept_the_numbers_stay() {
        let mut view = View::new(state(&[(1, 1), (2, 1), (3, 1), (5, 1)]), Access::ReadWrite);
        let present = state(&[(2, 1), (5, 4), (7, 3)]);
        let news = view.tell(&present, &Hearing::All(Removals::Kept));
        assert!(news.gone.is_empty());
        assert_eq!(news.exists, Some(5));
        assert_eq!(news.changed, [(SequenceNumber::at(3), entry(5, 4))]);
        assert!(view.is_behind());
        assert_eq!(view.synced(), ModSeq(1));
        assert!(view.tell(&present, &Hearing::All(Removals::Kept)).is_empty());
        let news = view.tell(&present, &Hearing::All(Removals::Told));
        assert_eq!(numbers(&news.gone), [(3, 3), (1, 1)]);
        assert_eq!((news.exists, news.changed), (None, vec![]));
        assert!(!view.is_behind());
    }

    #[test]
    fn what_was_absorbed_is_not_told_again() {
        let mut view = View::new(state(&[(1, 1), (2, 1), (3, 1)]), Access::ReadWrite);
        let present = state(&[(1, 1), (2, 5), (3, 6)]);
        view.absorb(&present, &UidSet::from_iter([Uid::new(2).unwrap()]));
        assert_eq!(view.entries().get(1), Some(entry(2, 5)));
        let news = view.tell(&present, &Hearing::All(Removals::Told));
        assert_eq!(news.changed, [(SequenceNumber::at(2), entry(3, 6))]);
    }

    #[test]
    fn uids_become_index_ranges() {
        let view = View::new(state(&[(2, 1), (4, 1), (5, 1), (9, 1)]), Access::ReadOnly);
        let uid = |n| Uid::new(n).unwrap();
        let set = UidSet::from_ranges([(uid(1), uid(4)), (uid(5), uid(7)), (uid(8), uid(8))]);
        assert_eq!(view.indexes_of_uids(&set), vec![0..3]);
        assert_eq!(view.indexes_of_uids(&UidSet::all()), vec![0..4]);
        assert!(view.indexes_of_uids(&UidSet::from_iter([uid(3)])).is_empty());
        assert_eq!(view.uids_at(&[1..2, 3..4]), UidSet::from_iter([uid(4), uid(9)]));
    }
}
