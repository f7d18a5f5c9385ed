//! POP3 in the plain model: what each device has of each message, by its unique id.

use std::collections::{BTreeMap, BTreeSet};

use mailbox::{
    Device, EmailId, OnDelete, Pop3Choice, Pop3Closed, Pop3Ended, Quit, Timestamp, Uid, UidSet,
};

use super::{INBOX, Model};

/// The devices of each life: one that chose nothing, one that only hides, one that waits for the second.
pub(in super::super) const DEVICES: [&str; 3] = ["plain", "hides", "waits"];
const HIDES: usize = 1;
const WAITS: usize = 2;

/// What was chosen for a device.
pub(in super::super) fn choice(device: usize) -> Pop3Choice {
    let on_delete = match device {
        HIDES => Some(OnDelete::Hide),
        WAITS => Device::new(DEVICES[HIDES]).map(|hides| OnDelete::KeepUntil(vec![hides])),
        _ => None,
    };
    Pop3Choice { on_delete, ..Pop3Choice::default() }
}

/// What a device has of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Has {
    hidden: bool,
    downloaded: bool,
}

/// By email and unique id.
pub(super) type Seen = BTreeMap<(EmailId, String), Has>;

impl Model {
    /// The messages of the Inbox that a device is shown.
    pub(in super::super) fn shown(&self, device: usize) -> BTreeSet<Uid> {
        let entries = &self.mailboxes[&INBOX].entries;
        let hidden = |uid: &Uid| self.has(device, *uid).is_some_and(|has| has.hidden);
        entries.keys().copied().filter(|uid| !hidden(uid)).collect()
    }

    /// How many messages are hidden from a device, and how many it has downloaded.
    pub(in super::super) fn counts(&self, device: usize) -> (u64, u64) {
        let all = || self.seen[device].values();
        let hidden = all().filter(|has| has.hidden).count() as u64;
        (hidden, all().filter(|has| has.downloaded).count() as u64)
    }

    fn key(&self, uid: Uid) -> (EmailId, String) {
        let entry = &self.mailboxes[&INBOX].entries[&uid];
        (entry.email, entry.uidl.clone())
    }

    fn has(&self, device: usize, uid: Uid) -> Option<Has> {
        self.seen[device].get(&self.key(uid)).copied()
    }

    /// A session that saw what is shown now.
    pub(in super::super) fn session(
        &mut self,
        device: usize,
        ended: &Pop3Ended,
        modseq: mailbox::ModSeq,
        now: Timestamp,
    ) -> Pop3Closed {
        let mut closed = Pop3Closed::default();
        if ended.quit == Quit::Broken {
            return closed;
        }
        let mut removed = if device == 0 { ended.deleted.clone() } else { UidSet::new() };
        for uid in ended.deleted.union(&ended.downloaded).iter() {
            if removed.contains(uid) {
                continue;
            }
            let key = self.key(uid);
            let has = self.seen[device].entry(key).or_default();
            if ended.deleted.contains(uid) && !has.hidden {
                has.hidden = true;
                closed.hidden += 1;
            }
            has.downloaded |= ended.downloaded.contains(uid);
            if device != 0 && self.complete(uid) {
                removed.insert(uid);
            }
        }
        closed.removed = removed.len();
        self.remove(INBOX, &removed, modseq, now).unwrap();
        closed
    }

    fn complete(&self, uid: Uid) -> bool {
        self.has(WAITS, uid).is_some_and(|has| has.hidden) && self.has(HIDES, uid).is_some()
    }

    /// Removes what nobody waits for any more.
    pub(in super::super) fn upkeep(&mut self, modseq: mailbox::ModSeq, now: Timestamp) -> u64 {
        let uids = self.mailboxes[&INBOX].entries.keys().copied();
        let due: UidSet = uids.filter(|uid| self.complete(*uid)).collect();
        self.remove(INBOX, &due, modseq, now).unwrap();
        due.len()
    }

    pub(in super::super) fn show_again(&mut self, device: usize) -> u64 {
        let (hidden, _) = self.counts(device);
        self.seen[device].values_mut().for_each(|has| has.hidden = false);
        self.seen[device].retain(|_, has| has.downloaded);
        hidden
    }

    /// What is brought back is shown to all again.
    pub(super) fn show_anew(&mut self, key: &(EmailId, String)) {
        for seen in &mut self.seen {
            if let Some(has) = seen.get_mut(key) {
                has.hidden = false;
                if !has.downloaded {
                    seen.remove(key);
                }
            }
        }
    }
}
