//! The emails of an account as JMAP shows them (RFC 8621; ADR 23): each once, with the mailboxes in which it is visible. A view is
//! of one moment, and never changes; the next one is made of it and of what the mailboxes say is different.

mod build;
mod changes;
mod counts;
mod differ;
mod table;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

pub(crate) use changes::is_of_emails;
pub use changes::{Changed, OnlyCounts};

use table::Table;

use crate::limits::ORDERS_KEPT_MAX;
use crate::lock::lock;
use crate::meter::Counted;
use crate::{
    EmailId, Entry, FlagNames, Flags, Keyword, Mailbox, MailboxId, MailboxState, ModSeq, ThreadId,
    Uid, UidSet,
};

/// The visible emails of an account at one moment.
#[derive(Debug)]
pub struct Emails {
    modseq: ModSeq,
    mailboxes: Arc<[Mailbox]>,
    held: BTreeMap<MailboxId, Arc<MailboxState>>,
    /// All of them, as a mailbox.
    all: Arc<MailboxState>,
    slots: Table<Slot>,
    /// The visible emails of threads, ascending; a thread of one email that has its number is not among them.
    threads: Table<Arc<[EmailId]>>,
    counts: BTreeMap<MailboxId, EmailCounts>,
    /// The state of the mailboxes when the counts of each last changed.
    counted_at: BTreeMap<MailboxId, ModSeq>,
    states: EmailStates,
    sets: Mutex<HashMap<MailboxId, Arc<UidSet>>>,
    orders: Mutex<VecDeque<(String, Arc<[EmailId]>)>>,
    _counted: Counted,
}

/// What a view knows of an email.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    thread: ThreadId,
    places: Places,
}

/// The entries of an email that are visible. Most have one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Places {
    One((MailboxId, Uid)),
    /// Ascending. Behind one word, so that those with one place take less room.
    More(Arc<Vec<(MailboxId, Uid)>>),
}

impl Places {
    fn list(&self) -> &[(MailboxId, Uid)] {
        match self {
            Places::One(place) => std::slice::from_ref(place),
            Places::More(places) => places,
        }
    }
}

/// When each type of object last changed: what JMAP calls its state (RFC 8620, 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmailStates {
    /// Any email.
    pub email: ModSeq,
    /// Emails came (RFC 8621, 1.5: EmailDelivery).
    pub delivery: ModSeq,
    /// Which emails a thread has.
    pub thread: ModSeq,
    /// Mailboxes, their counts included.
    pub mailbox: ModSeq,
}

/// How much a mailbox shows (RFC 8621, 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmailCounts {
    /// Emails in it.
    pub emails: u64,
    /// Of these, those that are neither `$seen` nor `$draft`.
    pub unread_emails: u64,
    /// Threads that have an email in it.
    pub threads: u64,
    /// Of these, those that have an unread email; what is in the trash alone counts there alone.
    pub unread_threads: u64,
}

impl Emails {
    /// The account's counter at that moment.
    pub fn modseq(&self) -> ModSeq {
        self.modseq
    }

    /// When each type of object last changed.
    pub fn states(&self) -> EmailStates {
        self.states
    }

    /// All mailboxes of that moment, by name.
    pub fn mailboxes(&self) -> &Arc<[Mailbox]> {
        &self.mailboxes
    }

    /// A mailbox at that moment; none: there is none, or it holds no messages.
    pub fn state(&self, mailbox: MailboxId) -> Option<&Arc<MailboxState>> {
        self.held.get(&mailbox)
    }

    /// How much a mailbox shows.
    pub fn counts(&self, mailbox: MailboxId) -> EmailCounts {
        self.counts.get(&mailbox).copied().unwrap_or_default()
    }

    /// All visible emails as one mailbox, which can be searched and sorted like any: the UID of an entry is the number of its email, its
    /// flags are those of `keywords`, and the keywords that have no room in its table are none of it (`with_keyword` knows them).
    pub fn all(&self) -> &Arc<MailboxState> {
        &self.all
    }

    /// The UID of an email in `all`.
    pub fn uid_of(email: EmailId) -> Option<Uid> {
        u32::try_from(email.0).ok().and_then(Uid::new)
    }

    /// The email of a UID in `all`.
    pub fn email_of(uid: Uid) -> EmailId {
        EmailId(uid.number().into())
    }

    /// The emails that are visible in a mailbox, as UIDs of `all`.
    pub fn in_mailbox(&self, mailbox: MailboxId) -> Arc<UidSet> {
        if let Some(known) = lock(&self.sets).get(&mailbox) {
            return Arc::clone(known);
        }
        let uids = self.held.get(&mailbox).map_or_else(UidSet::new, |state| {
            let visible = state.entries.iter().filter(|entry| is_visible(entry));
            visible.filter_map(|entry| Emails::uid_of(entry.email)).collect()
        });
        let uids = Arc::new(uids);
        lock(&self.sets).insert(mailbox, Arc::clone(&uids));
        uids
    }

    /// The emails that have a keyword, as UIDs of `all`.
    pub fn with_keyword(&self, keyword: &Keyword) -> UidSet {
        if let Some(flag) = self.all.flag_of(keyword) {
            let has = self.all.entries.iter().filter(|entry| entry.flags.contains(flag));
            return has.map(|entry| entry.uid).collect();
        }
        let mut uids = Vec::new();
        for state in self.held.values() {
            let Some(flag) = state.flag_of(keyword) else { continue };
            let has = |entry: &&Entry| is_visible(entry) && entry.flags.contains(flag);
            let emails = state.entries.iter().filter(has).map(|entry| entry.email);
            uids.extend(emails.filter_map(Emails::uid_of));
        }
        uids.into_iter().collect()
    }

    /// The entries of an email that are visible, ascending; empty: it is not. It may have two in one mailbox.
    pub fn places(&self, email: EmailId) -> &[(MailboxId, Uid)] {
        self.slots.get(email.0).map_or(&[], |slot| slot.places.list())
    }

    /// The thread of a visible email.
    pub fn thread_of(&self, email: EmailId) -> Option<ThreadId> {
        self.slots.get(email.0).map(|slot| slot.thread)
    }

    /// The visible emails of a thread, the one that came first at the front. Empty: there is no such thread.
    pub fn thread(&self, thread: ThreadId) -> Vec<EmailId> {
        let arrived =
            |email: &EmailId| self.entry(*email).map(|entry| (entry.arrived.time(), entry.email));
        let mut emails = self.members(thread).to_vec();
        emails.sort_by_cached_key(arrived);
        emails
    }

    /// The visible emails of a thread, ascending.
    fn members(&self, thread: ThreadId) -> Arc<[EmailId]> {
        if let Some(members) = self.threads.get(thread.0) {
            return Arc::clone(members);
        }
        let lone = EmailId(thread.0);
        if self.thread_of(lone) == Some(thread) { [lone].into() } else { Arc::default() }
    }

    /// The entry of an email in `all`.
    pub fn entry(&self, email: EmailId) -> Option<Entry> {
        self.all.entries.find(Emails::uid_of(email)?)
    }

    /// The keywords of an email: those that any of its visible entries has, and `\Seen` where all have it.
    pub fn keywords(&self, email: EmailId) -> FlagNames {
        let mut names = FlagNames::default();
        let mut seen = Flags::SEEN;
        for (mailbox, uid) in self.places(email) {
            let Some(state) = self.held.get(mailbox) else { continue };
            let Some(entry) = state.entries.find(*uid) else { continue };
            seen = Flags(seen.0 & entry.flags.0);
            names.system = names.system.with(Flags(entry.flags.0 & Flags::SYSTEM.0));
            for keyword in state.keywords_of(entry.flags) {
                if !names.keywords.contains(keyword) {
                    names.keywords.push(keyword.clone());
                }
            }
        }
        names.system = names.system.without(Flags::SEEN).with(seen);
        names
    }

    /// An order that was worked out on this view, by what it was kept as.
    pub fn kept(&self, key: &str) -> Option<Arc<[EmailId]>> {
        lock(&self.orders)
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, order)| Arc::clone(order))
    }

    /// Keeps an order that was worked out on this view. The last few are kept, as long as the view is.
    pub fn keep(&self, key: String, order: Arc<[EmailId]>) {
        let mut orders = lock(&self.orders);
        orders.retain(|(known, _)| *known != key);
        orders.push_back((key, order));
        while orders.len() > ORDERS_KEPT_MAX {
            orders.pop_front();
        }
    }

    /// How many emails are visible.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn is_visible(entry: &Entry) -> bool {
    !entry.flags.contains(Flags::DELETED)
}
