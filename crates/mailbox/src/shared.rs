//! What all handles of one account share: the hot state, the queue of writers, the bell, the POP3 sessions.
//!
//! `writer` holds the half of this that commits, and the queue here holds operations that come back to the hot state
//! through `transaction` and `commit_group`: the four are one machine in four files, and stay a circle.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use lane::Turns;
use tokio::sync::{Semaphore, watch};

use crate::contacts::Contacts;
use crate::emails::Emails;
use crate::entries::octets_of;
use crate::hot::{self, Commit, Hot, Loaded, Shares};
use crate::limits::WAITING_OPERATIONS_MAX;
use crate::loads::Loads;
use crate::lock::lock;
use crate::meter::{Counted, Meter};
use crate::pop3::{Older, Pop3Hot, Sessions};
use crate::ports::Ports;
use crate::sorting::CountedColumns;
use crate::viewed::Views;
use crate::writer::WriteQueue;
use crate::{AccountId, Error, Fault, MailboxId, MailboxState, ModSeq, Refused};

/// Makes room when the hot states of all accounts together take too much.
pub(crate) trait Evict: Send + Sync {
    /// Lets go of what was not used for longest, until no more than so many octets are held or nothing is left. Says
    /// whether that is so.
    fn evict(&self, ports: &Ports, goal_octets: usize) -> Evicted;

    /// Asks the sessions of the account that holds most to let go of what is no longer the present state.
    fn press(&self);
}

/// How making room in memory ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evicted {
    /// There is room.
    Enough,
    /// Sessions hold more than that.
    TooLittle,
}

/// One account, as long as somebody uses it.
pub(crate) struct AccountShared {
    pub(crate) id: AccountId,
    pub(crate) ports: Arc<Ports>,
    evicts: Weak<dyn Evict>,
    hot: Mutex<Hot>,
    /// The memory that entries of this account take, in hot states and in sessions.
    pub(crate) meter: Meter,
    /// Rings when sessions hold too much.
    pub(crate) pressed: watch::Sender<u64>,
    /// The mailboxes that are being read in.
    loads: Loads<MailboxId>,
    pub(crate) queue: Mutex<WriteQueue>,
    /// Bounds the queue.
    pub(crate) permits: Arc<Semaphore>,
    /// What long work of this account takes in the slow lane, whoever does it.
    pub(crate) turns: Turns,
    pub(crate) bell: watch::Sender<ModSeq>,
    /// What mail is sorted and threaded by, as far as somebody asked for it.
    pub(crate) columns: tokio::sync::Mutex<CountedColumns>,
    /// All visible emails, as far as somebody asked for them.
    pub(crate) emails: tokio::sync::Mutex<Option<Arc<Emails>>>,
    /// The contacts, as far as somebody asked for them.
    pub(crate) contacts: Mutex<Option<Arc<Contacts>>>,
    /// Counts how often emails were dropped for good, so that their rows go with them.
    pub(crate) emails_dropped: AtomicU64,
    pub(crate) pop3: Mutex<Sessions>,
    /// How mailboxes look to those with whom they are shared.
    pub(crate) views: Mutex<Views>,
    /// Which messages are older than what some device shows.
    pub(crate) older: Mutex<Vec<Older>>,
    /// Where the registry keeps it.
    pub(crate) kept_at: AtomicU64,
}

impl AccountShared {
    pub(crate) fn new(
        id: AccountId,
        ports: Arc<Ports>,
        evicts: Weak<dyn Evict>,
        mut hot: Hot,
    ) -> AccountShared {
        hot.uidl_epoch = ports.next_use();
        AccountShared {
            id,
            meter: Meter::within(&ports.hot_octets),
            pressed: watch::Sender::new(0),
            ports,
            evicts,
            bell: watch::Sender::new(hot.head.modseq),
            hot: Mutex::new(hot),
            loads: Loads::default(),
            queue: Mutex::default(),
            permits: Arc::new(Semaphore::new(WAITING_OPERATIONS_MAX)),
            turns: Turns::default(),
            columns: tokio::sync::Mutex::default(),
            emails: tokio::sync::Mutex::default(),
            contacts: Mutex::default(),
            emails_dropped: AtomicU64::new(0),
            pop3: Mutex::default(),
            views: Mutex::default(),
            older: Mutex::default(),
            kept_at: AtomicU64::new(0),
        }
    }

    /// The hot state. Held for moments only: never while reading from the engine.
    pub(crate) fn hot(&self) -> MutexGuard<'_, Hot> {
        lock(&self.hot)
    }

    /// How many messages a mailbox has that would have to be read in; none if that is not needed, or not possible.
    pub(crate) fn must_read(&self, id: MailboxId) -> Option<u64> {
        let mut hot = self.hot();
        let messages = hot.selectable(id).ok()?.messages;
        hot.state(id, self.ports.next_use()).is_none().then_some(messages)
    }

    /// The present state of a mailbox, read in if need be: once, however many want it at the same time. While it is read,
    /// only those who want the same mailbox wait.
    pub(crate) fn state(&self, id: MailboxId) -> Result<Arc<MailboxState>, Error> {
        let now = self.ports.next_use();
        let known = {
            let mut hot = self.hot();
            hot.selectable(id)?;
            hot.state(id, now)
        };
        match known {
            Some(state) => Ok(state),
            None => self.loads.one_at_a_time(id, || self.load(id)),
        }
    }

    /// Reads a mailbox in, unless it is in memory by now.
    fn load(&self, id: MailboxId) -> Result<Arc<MailboxState>, Error> {
        loop {
            let now = self.ports.next_use();
            let messages;
            {
                let mut hot = self.hot();
                hot.selectable(id)?;
                if let Some(state) = hot.state(id, now) {
                    return Ok(state);
                }
                messages = hot.selectable(id)?.messages;
            }
            let aside = self.set_aside(messages)?;
            self.hot().begin_loading(id);
            let read = self.ports.engine.snapshot().map_err(Error::from);
            let read =
                read.and_then(|snapshot| hot::read_state(self.id, id, &*snapshot, &self.meter));
            let loaded = match read {
                Ok(read) => self.hot().end_loading(read, now),
                Err(error) => {
                    self.hot().give_up_loading(id);
                    return Err(error);
                }
            };
            drop(aside);
            match loaded {
                Loaded::Present(state) => {
                    self.bound();
                    return Ok(state);
                }
                Loaded::Gone => return Err(Refused::NoSuchMailbox.into()),
                Loaded::Outdated => {}
            }
        }
    }

    /// Takes in what was committed, then rings the bell.
    pub(crate) fn apply(&self, commit: Commit) {
        let modseq = commit.head.modseq;
        if let Some(pop3) = &commit.pop3 {
            self.ports.terms.note(self.id, pop3, &self.ports.policy.pop3);
        }
        let shares = self.hot().apply(commit);
        if shares == Shares::Changed {
            self.note_grantees();
        }
        self.bound();
        let has_moved = self.bell.send_if_modified(|last| {
            let moved = *last != modseq;
            *last = modseq;
            moved
        });
        if has_moved {
            self.ports.rang(self.id);
        }
    }

    /// Reads the account anew, after somebody else changed it or a commit failed.
    pub(crate) fn reload(&self) -> Result<(), Error> {
        let snapshot = self.ports.engine.snapshot()?;
        let mut fresh = Hot::load(self.id, &*snapshot)?.ok_or(Refused::NoSuchMailbox)?;
        fresh.uidl_epoch = self.ports.next_use();
        let modseq = fresh.head.modseq;
        self.ports.terms.note(self.id, &fresh.pop3, &self.ports.policy.pop3);
        self.hot().replace(fresh);
        self.note_grantees();
        self.let_views_go();
        self.let_contacts_go();
        self.emails_dropped.fetch_add(1, Ordering::Relaxed);
        self.bell.send_replace(modseq);
        self.ports.rang(self.id);
        Ok(())
    }

    /// Has it known with whom this account shares something.
    fn note_grantees(&self) {
        let grantees = {
            let hot = self.hot();
            let lists = hot.table.iter().filter_map(|(_, record)| record.access.as_ref());
            lists.flat_map(|list| list.grantees()).collect()
        };
        self.ports.owners.note(self.id, grantees);
    }

    /// Sets memory aside for so many more entries, as long as what is given is there, or refuses what needs it. What was
    /// not used for longest goes for it.
    pub(crate) fn set_aside(&self, entries: u64) -> Result<Counted, Refused> {
        self.set_octets_aside(octets_of(entries))
    }

    /// Sets so many octets of memory aside, as long as what is given is there, or refuses what needs them.
    pub(crate) fn set_octets_aside(&self, octets: usize) -> Result<Counted, Refused> {
        let max = self.ports.policy.hot_octets_max;
        // Nobody keeps all others out.
        let share = max.checked_div(2).unwrap_or(0);
        let aside = self.meter.count(octets);
        if self.meter.octets() > share {
            self.let_views_go();
            self.let_columns_go();
        }
        if self.meter.octets() > share {
            self.let_contacts_go();
        }
        if self.meter.octets() > share {
            self.let_emails_go();
        }
        if self.meter.octets() > share {
            let mut unheld: Vec<_> = self.hot().unheld().collect();
            unheld.sort_unstable();
            for (used, id) in unheld {
                if self.meter.octets() > share {
                    self.hot().evict(id, used);
                }
            }
        }
        let fits = self.meter.octets() <= share
            && (self.ports.held_octets() <= max || self.evict(max) == Evicted::Enough);
        if fits {
            return Ok(aside);
        }
        // Where its own sessions are what holds it, it works the next time.
        self.press();
        Err(Refused::NoMemory)
    }

    /// Lets go of what was not used for longest when more is held than may be, and of what sessions hold if need be.
    fn bound(&self) {
        let max = self.ports.policy.hot_octets_max;
        if self.ports.held_octets() <= max {
            return;
        }
        let tenth = max.checked_div(10).unwrap_or(0);
        let evicted = self.evict(max.saturating_sub(tenth));
        if evicted == Evicted::TooLittle
            && self.ports.held_octets() > max
            && let Some(all) = self.evicts.upgrade()
        {
            all.press();
        }
    }

    /// Asks the sessions of this account to let go of what is no longer the present state.
    pub(crate) fn press(&self) {
        self.pressed.send_modify(|times| *times = times.wrapping_add(1));
    }

    /// Lets go of the columns that mail is sorted by, unless somebody is using them: they are read again in a moment.
    pub(crate) fn let_columns_go(&self) {
        if let Ok(mut columns) = self.columns.try_lock() {
            *columns = CountedColumns::default();
        }
    }

    /// Lets go of how mailboxes look to others: it is made again in a moment.
    pub(crate) fn let_views_go(&self) {
        *lock(&self.views) = Views::default();
    }

    /// Lets go of the contacts: they are read again in a moment.
    pub(crate) fn let_contacts_go(&self) {
        *lock(&self.contacts) = None;
    }

    /// Lets go of the view of all emails, unless somebody is just making it.
    pub(crate) fn let_emails_go(&self) {
        if let Ok(mut emails) = self.emails.try_lock() {
            *emails = None;
        }
    }

    fn evict(&self, goal_octets: usize) -> Evicted {
        match self.evicts.upgrade() {
            Some(all) => all.evict(&self.ports, goal_octets),
            None => Evicted::TooLittle,
        }
    }

    /// Choices and devices, as they are now.
    pub(crate) fn pop3_hot(&self) -> Arc<Pop3Hot> {
        Arc::clone(&self.hot().pop3)
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<dyn crate::engine::Snapshot>, Fault> {
        self.ports.engine.snapshot()
    }
}
