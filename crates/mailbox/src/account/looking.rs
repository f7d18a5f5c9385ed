//! Looking at an account: listings, states, emails, bodies, the change log. Nothing here waits for a writer.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use super::Account;
use crate::hot::each;
use crate::limits::READ_QUICKLY_MAX;
use crate::operations::{Change, Email};
use crate::reader::Reader;
use crate::records::{self, Record, damaged};
use crate::search::{Arriving, Query, Search};
use crate::{
    Collation, Error, Fault, Mailbox, MailboxId, MailboxName, MailboxState, ModSeq, Received,
    Refused, Uid, UidSet, layout,
};

impl Account {
    /// The bell: holds the account's counter, and wakes when it moves. Carries nothing else; pull what changed.
    pub fn bell(&self) -> watch::Receiver<ModSeq> {
        self.shared.bell.subscribe()
    }

    /// Rings the bell although the counter stays: something beside the mail changed that listeners pull as well.
    pub fn ring(&self) {
        self.shared.bell.send_modify(|_| {});
        self.shared.ports.rang(self.shared.id);
    }

    /// Rings when memory is short and sessions of this account hold most of it: whoever holds a state that is not the
    /// present one (`is_present`) had better let go of it.
    pub fn pressed(&self) -> watch::Receiver<u64> {
        self.shared.pressed.subscribe()
    }

    /// Whether a state is the present one of its mailbox, so that holding it costs no memory.
    pub fn is_present(&self, state: &Arc<MailboxState>) -> bool {
        if !self.is_own() && self.is_shown(state) {
            return true;
        }
        let present = self.shared.hot().state(state.id, self.shared.ports.next_use());
        present.is_some_and(|present| Arc::ptr_eq(&present, state))
    }

    /// All mailboxes that whoever acts may list, by name. One consistent listing.
    pub fn mailboxes(&self) -> Result<Arc<[Mailbox]>, Fault> {
        let all = self.shared.hot().listing();
        Ok(self.listable(all))
    }

    /// The mailbox of a name.
    pub fn find(&self, name: &MailboxName) -> Result<Option<Mailbox>, Fault> {
        let found = {
            let hot = self.shared.hot();
            hot.table.find(name).and_then(|id| hot.table.view(id))
        };
        Ok(self.known(found))
    }

    /// The mailbox of an identity.
    pub fn mailbox(&self, id: MailboxId) -> Result<Option<Mailbox>, Fault> {
        let found = self.shared.hot().table.view(id);
        Ok(self.known(found))
    }

    /// The names subscribed to; some may have no mailbox. They are the owner's: others have theirs in their own accounts.
    pub fn subscriptions(&self) -> Result<BTreeSet<MailboxName>, Fault> {
        if !self.is_own() {
            return Ok(BTreeSet::new());
        }
        let mut names = BTreeSet::new();
        let range = layout::all(self.id(), layout::Kind::Subscription);
        each(&*self.shared.snapshot()?, &range, |key, _| {
            let text = std::str::from_utf8(layout::tail(key)).ok()?;
            names.insert(MailboxName::new(text).ok()?);
            Some(())
        })?;
        Ok(names)
    }

    /// Whether a name is subscribed to.
    pub fn is_subscribed(&self, name: &MailboxName) -> Result<bool, Fault> {
        let key = layout::subscription(self.id(), name.as_str());
        Ok(self.shared.snapshot()?.get(&key)?.is_some())
    }

    /// Has a mailbox in memory before its state is asked for; a large one is read in the slow lane. What is wrong with it, `state` says.
    pub async fn read_in(&self, id: MailboxId) {
        if self.shared.must_read(id).is_some_and(|messages| messages > READ_QUICKLY_MAX) {
            lane::slow(Some(self.turns())).await;
            let _ = self.shared.state(id);
        }
    }

    /// The present hot state of a mailbox: shared, from memory when somebody uses it.
    pub fn state(&self, id: MailboxId) -> Result<Arc<MailboxState>, Error> {
        self.state_shown(id)
    }

    /// A reader of emails over one view of the store: take one for a run of emails.
    pub fn reader(&self) -> Result<Reader, Fault> {
        Ok(Reader::new(self.id(), self.shared.snapshot()?))
    }

    /// Octets of a body. A range past its end is cut to what there is. `Fault::is_damaged` where they are not what they
    /// were; others of the same body may still be right.
    pub fn body(&self, email: &Email, range: Range<u64>) -> Result<Bytes, Fault> {
        self.shared.ports.body(&email.hash, range)
    }

    /// The UIDs that vanished after `since` and up to a state: never one that is there in it, whatever went since then
    /// (RFC 7162, 3.2.5.2). When `since` is older than what is remembered, all UIDs of `known` (none: of 1 to the last)
    /// that are not there in it.
    pub fn vanished(
        &self,
        state: &MailboxState,
        since: ModSeq,
        known: Option<&UidSet>,
    ) -> Result<UidSet, Error> {
        let snapshot = self.shared.snapshot()?;
        // What is remembered may just be forgotten: where that ends and what there is come from one view.
        let key = layout::mailbox(self.id(), state.id);
        let record = snapshot.get(&key)?.ok_or(Refused::NoSuchMailbox)?;
        let floor = Record::read(&record).ok_or_else(|| damaged(&key))?.vanished_floor;
        let found = if since < floor {
            let next = state.entries.last().and_then(|last| last.uid.next()).unwrap_or(Uid::MIN);
            match Uid::new(state.uid_next.max(next).number().saturating_sub(1)) {
                None => UidSet::new(),
                Some(last) => UidSet::from_ranges([(Uid::MIN, last)]),
            }
        } else if since < state.highest_modseq {
            let modseq = |modseq: ModSeq| ModSeq(modseq.0.saturating_add(1));
            let from = layout::vanished(self.id(), state.id, modseq(since));
            let to = layout::vanished(self.id(), state.id, modseq(state.highest_modseq));
            let mut ranges = Vec::new();
            each(&*snapshot, &(from..to), |_, value| {
                ranges.extend_from_slice(records::read_uids(value)?.ranges());
                Some(())
            })?;
            UidSet::from_ranges(ranges)
        } else {
            UidSet::new()
        };
        let asked = known.map_or_else(|| found.clone(), |known| known.intersection(&found));
        let there = state.entries.of(&asked).map(|entry| entry.uid).collect();
        Ok(asked.difference(&there))
    }

    /// Begins a search through a mailbox state, by i;unicode-casemap.
    pub fn search(&self, state: &Arc<MailboxState>, query: Query) -> Result<Search, Fault> {
        self.search_by(state, query, Collation::default())
    }

    /// Begins a search through a mailbox state in which texts are compared by a collation.
    pub fn search_by(
        &self,
        state: &Arc<MailboxState>,
        query: Query,
        collation: Collation,
    ) -> Result<Search, Fault> {
        Ok(Search::begin(Arc::clone(&self.shared), Arc::clone(state), query, collation))
    }

    /// A message that comes into the account now and is in no mailbox yet, to be asked as a search asks.
    pub fn arriving(&self, received: &Received) -> Arriving {
        Arriving::new(Arc::clone(&self.shared), received)
    }

    /// The change log after `since`, oldest first, at most `most` lines. Complete only when `since` is not before
    /// `log_floor`.
    pub fn changes_since(&self, since: ModSeq, most: usize) -> Result<Vec<Change>, Fault> {
        let mut range = layout::all(self.id(), layout::Kind::Change);
        range.start = layout::change(self.id(), ModSeq(since.0.saturating_add(1)));
        let (mut lines, mut fault) = (Vec::new(), None);
        if most == 0 {
            return Ok(lines);
        }
        self.shared.snapshot()?.range(layout::borrow(&range), &mut |key, value| {
            let modseq = layout::take64(layout::tail(key)).map(|(number, _)| ModSeq(number));
            match modseq.and_then(|modseq| records::read_change(modseq, value)) {
                Some(line) => lines.push(line),
                None => {
                    fault = Some(damaged(key));
                    return ControlFlow::Break(());
                }
            }
            if lines.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        fault.map_or(Ok(lines), Err)
    }

    /// The change log up to a change, newest first, at most `most` lines.
    pub fn changes_up_to(&self, last: ModSeq, most: usize) -> Result<Vec<Change>, Fault> {
        let snapshot = self.shared.snapshot()?;
        let mut range = layout::all(self.id(), layout::Kind::Change);
        if let Some(behind) = last.0.checked_add(1) {
            range.end = layout::change(self.id(), ModSeq(behind));
        }
        let mut lines = Vec::new();
        while lines.len() < most {
            let Some((key, value)) = snapshot.last(layout::borrow(&range))? else { break };
            let modseq = layout::take64(layout::tail(&key)).map(|(number, _)| ModSeq(number));
            let line = modseq.and_then(|modseq| records::read_change(modseq, &value));
            lines.push(line.ok_or_else(|| damaged(&key))?);
            range.end = key.to_vec();
        }
        Ok(lines)
    }

    /// The change log is remembered after this.
    pub fn log_floor(&self) -> ModSeq {
        self.shared.hot().head.log_floor
    }

    /// Nothing is `\Recent` to those with whom a mailbox is shared: its owner is to hear of new mail.
    ///
    /// The first UID that no session was told to be `\Recent`, if any, and leaves it so: for those who only look (RFC
    /// 3501, 6.3.2 and 6.3.10).
    pub fn recent(&self, mailbox: MailboxId) -> Option<Uid> {
        if self.is_own() { self.shared.hot().recent(mailbox) } else { None }
    }

    /// Claims the entries that no session was told to be `\Recent` (RFC 3501, 2.3.2): gives the first UID that is
    /// recent to this session, if any. Kept in memory only.
    pub fn claim_recent(&self, state: &MailboxState) -> Option<Uid> {
        if self.is_own() { self.shared.hot().claim_recent(state) } else { None }
    }
}
