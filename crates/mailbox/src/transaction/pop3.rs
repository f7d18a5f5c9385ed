//! POP3 in a transaction: choices, what devices have seen, and unique ids from elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Transaction;
use crate::limits::DEVICES_MAX;
use crate::pop3::{Device, DeviceNote, Pop3Choice, Pop3Hot, Pop3Policy, Uidl};
use crate::records::{self, Identity, Seen, damaged};
use crate::{EmailId, Error, Fault, Refused, layout};

/// What to do about a message of which nothing is known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Make it known.
    Add,
    /// Pass it over.
    Skip,
}

impl Transaction<'_, '_> {
    /// Choices and devices.
    pub(crate) fn pop3(&self) -> Arc<Pop3Hot> {
        self.draft.pop3.clone().unwrap_or_else(|| self.group.pop3())
    }

    fn pop3_mut(&mut self) -> &mut Pop3Hot {
        let group = &*self.group;
        Arc::make_mut(self.draft.pop3.get_or_insert_with(|| group.pop3()))
    }

    /// All devices with what is in force for each.
    pub(crate) fn pop3_policies(&self) -> BTreeMap<Option<Device>, Pop3Policy> {
        self.pop3().policies(&self.group.shared.ports.policy.pop3)
    }

    /// Whether an email is not gone for good.
    pub(crate) fn has_email(&mut self, email: EmailId) -> Result<bool, Fault> {
        let key = layout::email(self.account(), email);
        Ok(self.get(&key)?.is_some())
    }

    /// Sets what was chosen for a device, or for the account. An empty choice is forgotten.
    pub(crate) fn set_choice(
        &mut self,
        device: Option<Device>,
        choice: Pop3Choice,
    ) -> Result<(), Refused> {
        let choices = self.pop3().choices.keys().filter(|device| device.is_some()).count();
        let known = self.pop3().choices.contains_key(&device);
        if device.is_some() && !known && !choice.is_empty() && choices >= DEVICES_MAX {
            return Err(too_many_devices());
        }
        let key = layout::pop3_choice(self.account(), device.as_ref());
        if choice.is_empty() {
            self.delete(key);
            self.pop3_mut().choices.remove(&device);
        } else {
            self.put(key, records::write_choice(device.as_ref(), &choice));
            // A name newly written is the one that is shown.
            self.pop3_mut().choices.remove(&device);
            self.pop3_mut().choices.insert(device, choice);
        }
        Ok(())
    }

    /// What a device has seen of the emails in one chunk, ascending.
    pub(crate) fn seen(&mut self, device: Option<&Device>, chunk: u64) -> Result<Vec<Seen>, Fault> {
        let key = layout::pop3_seen(self.account(), device, chunk);
        match self.get(&key)? {
            None => Ok(Vec::new()),
            Some(value) => records::read_seen(chunk, &value).ok_or_else(|| damaged(&key)),
        }
    }

    /// Changes what a device has seen of some messages, ascending and each once. Where nothing is left to say, nothing
    /// is kept. `Refused::TooMany` when it is one device too many.
    pub(crate) fn change_seen<M: Message>(
        &mut self,
        device: Option<&Device>,
        messages: &[M],
        absent: Absent,
        mut change: impl FnMut(&M, &mut Seen),
    ) -> Result<(), Error> {
        let owner = device.cloned();
        let before = self.pop3().devices.get(&owner).copied();
        if before.is_none() {
            if messages.is_empty() || absent == Absent::Skip {
                return Ok(());
            }
            self.make_room_for_device()?;
        }
        let mut note = before.unwrap_or_default();
        let chunk_of = |message: &M| records::seen_chunk(message.identity().email);
        for run in messages.chunk_by(|a, b| chunk_of(a) == chunk_of(b)) {
            let Some(chunk) = run.first().map(chunk_of) else { continue };
            let old = self.seen(device, chunk)?;
            let new = changed(&old, run, absent, &mut change);
            if new == old {
                continue;
            }
            count(&mut note, &old, &new);
            self.set_seen(device, chunk, &new);
        }
        if absent == Absent::Add {
            note.last = self.now();
        }
        if before != Some(note) {
            self.set_device(device, Some(note));
        }
        Ok(())
    }

    /// Forgets what every device has seen of emails that are gone for good.
    pub(crate) fn forget_seen(&mut self, emails: &BTreeSet<EmailId>) -> Result<(), Fault> {
        let mut chunks: Vec<u64> = emails.iter().map(|email| records::seen_chunk(*email)).collect();
        chunks.dedup();
        let devices: Vec<_> = self.pop3().devices.iter().map(|(d, n)| (d.clone(), *n)).collect();
        for (device, mut note) in devices {
            let before = note;
            for chunk in &chunks {
                let old = self.seen(device.as_ref(), *chunk)?;
                let mut new = old.clone();
                new.retain(|seen| !emails.contains(&seen.identity.email));
                if new.len() != old.len() {
                    count(&mut note, &old, &new);
                    self.set_seen(device.as_ref(), *chunk, &new);
                }
            }
            if note != before {
                self.set_device(device.as_ref(), Some(note));
            }
        }
        Ok(())
    }

    /// Keeps what a device has seen of one chunk; its counts are the caller's.
    pub(crate) fn set_seen(&mut self, device: Option<&Device>, chunk: u64, states: &[Seen]) {
        let key = layout::pop3_seen(self.account(), device, chunk);
        if states.is_empty() {
            self.delete(key);
        } else {
            self.put(key, records::write_seen(chunk, states));
        }
    }

    /// Keeps the counts of a device, or forgets it.
    pub(crate) fn set_device(&mut self, device: Option<&Device>, note: Option<DeviceNote>) {
        let key = layout::pop3_device(self.account(), device);
        let owner = device.cloned();
        match note {
            Some(note) => {
                self.put(key, records::write_device(device, &note));
                self.pop3_mut().devices.insert(owner, note);
            }
            None => {
                self.delete(key);
                self.pop3_mut().devices.remove(&owner);
            }
        }
    }

    /// Where there are as many devices as there may be, the one that was here longest ago and from which nothing is
    /// hidden gives way: what it has downloaded is then not known any more, and so nothing is removed on its account.
    fn make_room_for_device(&mut self) -> Result<(), Error> {
        let pop3 = self.pop3();
        if pop3.devices.len() < DEVICES_MAX {
            return Ok(());
        }
        let host = self.group.shared.ports.policy.pop3.clone();
        let idle = pop3.devices.iter().filter(|(_, note)| note.hidden == 0);
        let idle = idle.filter(|(device, _)| !pop3.counts_on(device.as_ref(), &host));
        let oldest = idle.min_by_key(|(_, note)| note.last).map(|(device, _)| device.clone());
        let device = oldest.ok_or_else(too_many_devices)?;
        let range = layout::pop3_seen_by(self.account(), device.as_ref());
        for key in self.range(&range, usize::MAX)?.into_keys() {
            self.delete(key);
        }
        self.set_device(device.as_ref(), None);
        Ok(())
    }

    // ---- unique ids from elsewhere

    /// The unique id that an email brought along.
    pub(crate) fn uidl(&mut self, email: EmailId) -> Result<Option<Uidl>, Fault> {
        let key = layout::uidl(self.account(), email);
        match self.get(&key)? {
            None => Ok(None),
            Some(value) => records::read_uidl(&value).map(Some).ok_or_else(|| damaged(&key)),
        }
    }

    /// Gives an email the unique id that it brought along, unless another has that or could come to have it.
    pub(crate) fn take_uidl(&mut self, email: EmailId, uidl: &Uidl) -> Result<Taken, Fault> {
        let account = self.account();
        let owner = layout::uidl_owner(account, uidl);
        if let Some(value) = self.get(&owner)? {
            let other = records::read_uidl_owner(&value).ok_or_else(|| damaged(&owner))?;
            return Ok(if other == email { Taken::Yes } else { Taken::No });
        }
        if let Some(own) = uidl.own(account, self.head().created) {
            let to_come = own.0 >= self.head().next_email;
            if to_come || self.get(&layout::email(account, own))?.is_some() {
                return Ok(if own == email && self.uidl(email)?.is_none() {
                    Taken::Yes
                } else {
                    Taken::No
                });
            }
        }
        self.drop_uidl(email)?;
        self.uidls_change();
        self.put(layout::uidl(account, email), records::write_uidl(uidl));
        self.put(owner, records::write_uidl_owner(email));
        Ok(Taken::Yes)
    }

    fn uidls_change(&mut self) {
        if self.draft.uidl_epoch.is_none() {
            self.draft.uidl_epoch = Some(self.group.shared.ports.next_use());
        }
    }

    /// Forgets the unique id that an email brought along.
    pub(crate) fn drop_uidl(&mut self, email: EmailId) -> Result<(), Fault> {
        if let Some(uidl) = self.uidl(email)? {
            let account = self.account();
            self.uidls_change();
            self.delete(layout::uidl(account, email));
            self.delete(layout::uidl_owner(account, &uidl));
        }
        Ok(())
    }
}

/// Whether an email has the unique id it brought along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    No,
}

fn too_many_devices() -> Refused {
    let max = u64::try_from(DEVICES_MAX).unwrap_or(u64::MAX);
    Refused::TooMany { what: "devices", max }
}

/// What says which message it is about.
pub(crate) trait Message {
    fn identity(&self) -> Identity;
}

impl Message for Identity {
    fn identity(&self) -> Identity {
        *self
    }
}

/// States after a change of some messages.
fn changed<M: Message>(
    old: &[Seen],
    messages: &[M],
    absent: Absent,
    change: &mut impl FnMut(&M, &mut Seen),
) -> Vec<Seen> {
    let mut states = Vec::with_capacity(old.len().saturating_add(messages.len()));
    let mut known = old.iter().copied().peekable();
    for message in messages {
        let identity = message.identity();
        while let Some(seen) = known.next_if(|seen| seen.identity < identity) {
            states.push(seen);
        }
        let mut seen = match (known.next_if(|seen| seen.identity == identity), absent) {
            (Some(seen), _) => seen,
            (None, Absent::Add) => Seen { identity, hidden: None, downloaded: None },
            (None, Absent::Skip) => continue,
        };
        change(message, &mut seen);
        if seen.hidden.is_some() || seen.downloaded.is_some() {
            states.push(seen);
        }
    }
    states.extend(known);
    states
}

/// Counts what a change of states did.
fn count(note: &mut DeviceNote, old: &[Seen], new: &[Seen]) {
    let hidden = |states: &[Seen]| wide(states.iter().filter(|s| s.hidden.is_some()).count());
    let downloaded =
        |states: &[Seen]| wide(states.iter().filter(|s| s.downloaded.is_some()).count());
    note.hidden = note.hidden.saturating_add(hidden(new)).saturating_sub(hidden(old));
    note.downloaded =
        note.downloaded.saturating_add(downloaded(new)).saturating_sub(downloaded(old));
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
