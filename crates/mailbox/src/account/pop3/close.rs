//! Ends a POP3 session: all that it did takes effect in one commit, or nothing does (RFC 1939, 6).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::ids::Copies;
use super::until::complete;
use super::{Account, Pop3View};
use crate::account::{copy, expunge, mailboxes};
use crate::operations::What;
use crate::pop3::{Device, OnDelete, Pop3Policy, Retrieved};
use crate::records::Identity;
use crate::transaction::{Absent, Message, Transaction, entries_of};
use crate::{
    Entry, Error, Flags, MailboxId, MailboxKind, MailboxName, MailboxState, Refused, Role, UidSet,
    Who,
};

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quit {
    /// With QUIT.
    Yes,
    /// Its connection broke, or it was ended by us: nothing it marked goes (RFC 1939, 6).
    Broken,
}

/// What a session did.
#[derive(Clone, Debug)]
pub struct Pop3Ended {
    /// What is marked to be deleted.
    pub deleted: UidSet,
    /// What was sent whole.
    pub downloaded: UidSet,
    /// How it ended.
    pub quit: Quit,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pop3Closed {
    /// How many messages were removed.
    pub removed: u64,
    /// How many were hidden from this device.
    pub hidden: u64,
    /// How many were moved.
    pub moved: u64,
}

impl Account {
    /// Ends a session. After QUIT: removes, hides or moves what it deleted, and notes what it downloaded, all in one
    /// commit; what another program has removed meanwhile is passed over. Otherwise: marks as read what it downloaded,
    /// where that was chosen, and nothing else. The device's lock is free when this returns.
    pub async fn close_pop3(&self, view: Pop3View, ended: Pop3Ended) -> Result<Pop3Closed, Error> {
        let read = view.policy.retrieved == Retrieved::MarkRead && !ended.downloaded.is_empty();
        let noted = !ended.deleted.is_empty() || !ended.downloaded.is_empty();
        if !(read || noted && ended.quit == Quit::Yes) {
            return Ok(Pop3Closed::default());
        }
        // The view stays here: its lock must not outlive this call with the operation.
        let session = Session {
            device: view.device.clone(),
            policy: view.policy.clone(),
            state: Arc::clone(&view.state),
            copies: Arc::clone(&view.copies),
            ended,
        };
        let count = session.ended.deleted.len().saturating_add(session.ended.downloaded.len());
        let closed =
            self.write_many(count, move |transaction, who| session.close(transaction, who)).await;
        drop(view);
        closed
    }
}

/// A session at its end.
struct Session {
    device: Option<Device>,
    policy: Pop3Policy,
    /// What it saw.
    state: Arc<MailboxState>,
    copies: Arc<Copies>,
    ended: Pop3Ended,
}

impl Session {
    fn close(&self, transaction: &mut Transaction<'_, '_>, who: &Who) -> Result<Pop3Closed, Error> {
        transaction.selectable(self.inbox())?;
        let mut closed = Pop3Closed::default();
        let present = transaction.state(self.inbox())?;
        let mut gone = UidSet::new();
        if self.ended.quit == Quit::Yes {
            let mut removed = UidSet::new();
            match &self.policy.on_delete {
                OnDelete::Remove => removed = self.ended.deleted.clone(),
                OnDelete::MoveTo(role) => {
                    closed.moved = self.move_to(transaction, who, &present, *role)?;
                    gone = self.ended.deleted.clone();
                }
                OnDelete::KeepDays(_) | OnDelete::KeepUntil(_) | OnDelete::Hide => {}
            }
            let noted = self.note(transaction, &present, &removed, &mut closed)?;
            removed = removed.union(&self.completed(transaction, &noted)?.difference(&gone));
            closed.removed = expunge::remove(transaction, who, self.inbox(), &removed)?.len();
            gone = gone.union(&removed);
        }
        if self.policy.retrieved == Retrieved::MarkRead {
            let read = self.ended.downloaded.difference(&gone);
            self.mark_read(transaction, who, &present, &read);
        }
        Ok(closed)
    }

    fn inbox(&self) -> MailboxId {
        self.state.id
    }

    /// Moves what was deleted to the mailbox with a role.
    fn move_to(
        &self,
        transaction: &mut Transaction<'_, '_>,
        who: &Who,
        present: &MailboxState,
        role: Role,
    ) -> Result<u64, Error> {
        let entries = entries_of(present, &self.ended.deleted);
        if entries.is_empty() {
            return Ok(0);
        }
        let to = destination(transaction, who, role)?;
        let read = match self.policy.retrieved {
            Retrieved::LeaveUnread => UidSet::new(),
            Retrieved::MarkRead => self.ended.downloaded.clone(),
        };
        let from = (self.inbox(), &*present.keywords, &entries[..]);
        let moved = copy::move_entries(transaction, who, from, to, &read)?;
        Ok(u64::try_from(moved.pairs.len()).unwrap_or(u64::MAX))
    }

    /// Notes for this device what it deleted and downloaded, but for what is removed at once. Gives those messages.
    fn note(
        &self,
        transaction: &mut Transaction<'_, '_>,
        present: &MailboxState,
        removed: &UidSet,
        closed: &mut Pop3Closed,
    ) -> Result<Vec<Identity>, Error> {
        let hides = match self.policy.on_delete {
            OnDelete::KeepDays(_) | OnDelete::KeepUntil(_) | OnDelete::Hide => true,
            OnDelete::Remove | OnDelete::MoveTo(_) => false,
        };
        let (deleted, downloaded) = (&self.ended.deleted, &self.ended.downloaded);
        let all = deleted.union(downloaded);
        let mut notes: Vec<Note> = self
            .state
            .entries
            .of(&all)
            .map(|entry| Note {
                message: self.copies.identity(entry),
                hidden: hides && deleted.contains(entry.uid),
                downloaded: downloaded.contains(entry.uid) && !removed.contains(entry.uid),
            })
            .filter(|note| note.hidden || note.downloaded)
            .collect();
        notes.sort_unstable_by_key(|note| note.message);
        if notes.is_empty() {
            return Ok(Vec::new());
        }
        // What was dropped for good since the session began must not be noted: nobody would forget it again.
        if present.entries.of(&all).count() < self.state.entries.of(&all).count() {
            let mut there = Vec::with_capacity(notes.len());
            for note in notes {
                if transaction.has_email(note.message.email)? {
                    there.push(note);
                }
            }
            notes = there;
        }
        let now = transaction.now();
        let mut count = 0u64;
        let device = self.device.as_ref();
        let noted = transaction.change_seen(device, &notes, Absent::Add, |note, seen| {
            if note.hidden && seen.hidden.is_none() {
                seen.hidden = Some(now);
                count = count.saturating_add(1);
            }
            if note.downloaded {
                // The first download counts: a device that downloads all again each day would else keep all for ever.
                seen.downloaded.get_or_insert(now);
            }
        });
        closed.hidden = count;
        let hidden = notes.iter().any(|note| note.hidden);
        match noted {
            Ok(()) => Ok(notes.into_iter().map(|note| note.message).collect()),
            // One device too many. Nothing is hidden, so that nothing is lost but the knowledge that it was here.
            Err(Error::Refused(Refused::TooMany { .. })) if !hidden => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The messages of this session that all devices have now that some device waited for.
    fn completed(
        &self,
        transaction: &mut Transaction<'_, '_>,
        noted: &[Identity],
    ) -> Result<UidSet, Error> {
        let mut policies = transaction.pop3_policies();
        policies.insert(self.device.clone(), self.policy.clone());
        let waiting: BTreeMap<_, _> = policies
            .into_iter()
            .filter_map(|(device, policy)| match policy.on_delete {
                OnDelete::KeepUntil(devices) => Some((device, devices)),
                OnDelete::Remove | OnDelete::KeepDays(_) | OnDelete::Hide | OnDelete::MoveTo(_) => {
                    None
                }
            })
            .filter(|(device, devices)| {
                *device == self.device
                    || self.device.as_ref().is_some_and(|device| devices.contains(device))
            })
            .collect();
        if waiting.is_empty() || noted.is_empty() {
            return Ok(UidSet::new());
        }
        let complete: HashSet<Identity> =
            complete(transaction, &waiting, noted)?.into_iter().map(|(id, _)| id).collect();
        if complete.is_empty() {
            return Ok(UidSet::new());
        }
        let all = self.ended.deleted.union(&self.ended.downloaded);
        let entries = self.state.entries.of(&all);
        Ok(entries
            .filter(|entry| complete.contains(&self.copies.identity(entry)))
            .map(|entry| entry.uid)
            .collect())
    }

    fn mark_read(
        &self,
        transaction: &mut Transaction<'_, '_>,
        who: &Who,
        present: &MailboxState,
        read: &UidSet,
    ) {
        let mailbox = self.inbox();
        let unread: Vec<Entry> = present
            .entries
            .of(read)
            .filter(|entry| !entry.flags.contains(Flags::SEEN))
            .copied()
            .collect();
        if unread.is_empty() {
            return;
        }
        let modseq = transaction.next_modseq();
        for entry in &unread {
            transaction.set_flags(mailbox, entry, entry.flags.with(Flags::SEEN), modseq);
        }
        let uids = unread.iter().map(|entry| entry.uid).collect();
        transaction.log(modseq, who, &What::Flagged { mailbox, uids });
    }
}

/// What is to be noted of a message.
struct Note {
    message: Identity,
    hidden: bool,
    downloaded: bool,
}

impl Message for Note {
    fn identity(&self) -> Identity {
        self.message
    }
}

/// The mailbox with a role; made if there is none.
fn destination(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    role: Role,
) -> Result<MailboxId, Error> {
    let selectable = |transaction: &Transaction<'_, '_>, id: MailboxId| {
        transaction.record(id).filter(|record| record.kind == MailboxKind::Selectable)
    };
    for id in transaction.mailboxes() {
        if selectable(transaction, id).is_some_and(|record| record.role == Some(role)) {
            return Ok(id);
        }
    }
    let name = if role == Role::Archive { "Archive" } else { "Trash" };
    let name = MailboxName::new(name).map_err(|_| Refused::NoSuchMailbox)?;
    if let Some(id) = transaction.find(&name)
        && selectable(transaction, id).is_some()
    {
        return Ok(id);
    }
    mailboxes::create(transaction, who, &name, Some(role))
}
