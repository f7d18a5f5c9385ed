//! Where mail was found elsewhere: read for a companion, and changed in one step with the mail.

use std::ops::{ControlFlow, Range};

use bytes::Bytes;

use super::Account;
use super::append::append;
use crate::engine::Snapshot;
use crate::hot::each;
use crate::limits::PLACEMENTS_STEP;
use crate::operations::Append;
use crate::placements::{Taken, There};
use crate::records::{self, damaged, read_placement};
use crate::transaction::Transaction;
use crate::{
    EmailId, Error, Fault, Flags, Healed, MailboxId, Place, Placed, Placement, PlacementName,
    PlacementNote, PlacementState, RemoteId, Who, layout,
};

/// A message that was found elsewhere, to be appended.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it is called there.
    pub name: PlacementName,
    /// The message.
    pub message: Append,
    /// Its size as it was told there.
    pub listed_octets: Option<u64>,
    /// The print of its header.
    pub header: [u8; 32],
}

impl Account {
    /// What is known of some messages of a maildrop, in the order asked, over one view.
    pub fn placements(
        &self,
        remote: RemoteId,
        names: &[PlacementName],
    ) -> Result<Vec<Option<Placed>>, Fault> {
        let snapshot = self.shared.snapshot()?;
        let keys: Vec<_> =
            names.iter().map(|name| layout::placement(self.id(), remote, name)).collect();
        let values = snapshot.values(&keys)?;
        let placed = |(key, value): (&Vec<u8>, Option<Bytes>)| {
            let Some(value) = value else { return Ok(None) };
            let placement = read_placement(&value).ok_or_else(|| damaged(key))?;
            let place = self.place_of(&*snapshot, &placement)?;
            Ok(Some(Placed { placement, place }))
        };
        keys.iter().zip(values).map(placed).collect()
    }

    /// Some placements of a maildrop behind a name, by name; none left: none.
    pub fn placements_after(
        &self,
        remote: RemoteId,
        after: Option<&PlacementName>,
    ) -> Result<Vec<(PlacementName, Placement)>, Fault> {
        let all = layout::of_number(self.id(), layout::Kind::Placement, remote.0);
        let start = match after {
            Some(after) => layout::placement(self.id(), remote, after),
            None => all.start,
        };
        let mut found = Vec::new();
        let range: Range<Vec<u8>> = start.clone()..all.end;
        let mut wrong = None;
        self.shared.snapshot()?.range(layout::borrow(&range), &mut |key, value| {
            if after.is_some() && key == start {
                return ControlFlow::Continue(());
            }
            let name = layout::take64(layout::tail(key)).and_then(|it| PlacementName::new(it.1));
            match name.zip(read_placement(value)) {
                Some(placement) => found.push(placement),
                None => wrong = Some(damaged(key)),
            }
            match found.len() < PLACEMENTS_STEP && wrong.is_none() {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        wrong.map_or(Ok(found), Err)
    }

    /// Appends messages that were found elsewhere, all or none, and notes in the same step where that was. One that is
    /// here already under the same name with the same octets is not appended again, whatever became of it here; where
    /// its octets were damaged, they are whole again. Gives how many were appended.
    pub async fn append_found(
        &self,
        to: MailboxId,
        remote: RemoteId,
        found: Vec<Found>,
        notes: Vec<PlacementNote>,
    ) -> Result<u64, Error> {
        let count = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let bodies: Vec<_> = found.iter().map(|it| it.message.received.body.clone()).collect();
        let work = move |transaction: &mut Transaction<'_, '_>, who: &Who| {
            place_all(transaction, who, to, remote, &found, &notes)
        };
        let known = self.write_many(count, work).await?;
        for index in &known {
            if let Some(body) = bodies.get(*index)
                && self.heal(body).await? == Healed::Yes
            {
                tracing::info!(user = self.name(), "a damaged message was healed");
            }
        }
        self.shared().ports.damaged.forget(bodies.iter().map(|body| body.hash));
        Ok(count.saturating_sub(u64::try_from(known.len()).unwrap_or(0)))
    }

    /// Notes what is known of messages from now on.
    pub async fn note_placements(
        &self,
        remote: RemoteId,
        notes: Vec<PlacementNote>,
    ) -> Result<(), Error> {
        self.write(move |transaction, _| {
            for (name, placement) in &notes {
                transaction.place(remote, name, placement.as_ref());
            }
            Ok(())
        })
        .await
    }

    /// Forgets all that was found in a maildrop. The mail stays.
    pub async fn forget_remote(&self, remote: RemoteId) -> Result<u64, Error> {
        let mut forgotten = 0_u64;
        loop {
            let some = self.placements_after(remote, None)?;
            if some.is_empty() {
                return Ok(forgotten);
            }
            forgotten = forgotten.saturating_add(u64::try_from(some.len()).unwrap_or(u64::MAX));
            let notes = some.into_iter().map(|(name, _)| (name, None)).collect();
            self.note_placements(remote, notes).await?;
        }
    }

    /// Whether the octets of a message that was taken can be read and are those that came.
    pub async fn is_whole(&self, taken: &Taken) -> Result<bool, Fault> {
        let Some(email) = self.reader()?.email(taken.email)? else { return Ok(false) };
        if email.hash != taken.hash {
            return Ok(false);
        }
        let mut hasher = blake3::Hasher::new();
        let mut at = 0_u64;
        while at < email.octets {
            let end = at.saturating_add(crate::limits::HEALED_PIECE_OCTETS).min(email.octets);
            match self.body(&email, at..end) {
                Ok(octets) => hasher.update(&octets),
                Err(fault) if fault.is_damaged() => return Ok(false),
                Err(fault) => return Err(fault),
            };
            at = end;
            lane::breathe(Some(self.turns())).await;
        }
        Ok(*hasher.finalize().as_bytes() == taken.hash.0)
    }

    /// Whether the owner still has a message that was taken.
    fn place_of(&self, snapshot: &dyn Snapshot, placement: &Placement) -> Result<Place, Fault> {
        let PlacementState::Taken(Taken { email, .. }) = placement.state else {
            return Ok(Place::Deleted);
        };
        let mut entries = Vec::new();
        let range = layout::of_number(self.id(), layout::Kind::EmailEntry, email.0);
        each(snapshot, &range, |key, _| {
            let (_, rest) = layout::take64(layout::tail(key))?;
            entries.push(layout::take_entry(rest)?);
            Some(())
        })?;
        for (mailbox, uid) in entries {
            let key = layout::entry(self.id(), mailbox, uid);
            let Some(value) = snapshot.get(&key)? else { continue };
            let entry = records::read_entry(uid, &value).ok_or_else(|| damaged(&key))?;
            if entry.email == email && entry.flags.0 & Flags::DELETED.0 == 0 {
                return Ok(Place::Here);
            }
        }
        Ok(Place::Deleted)
    }
}

/// Appends what is new, and notes all. Gives the indexes of what is here already.
fn place_all(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    to: MailboxId,
    remote: RemoteId,
    found: &[Found],
    notes: &[PlacementNote],
) -> Result<Vec<usize>, Error> {
    let mut emails: Vec<Option<(EmailId, crate::Timestamp)>> = Vec::with_capacity(found.len());
    let (mut known, mut new) = (Vec::new(), Vec::new());
    for (index, found) in found.iter().enumerate() {
        let before = transaction.placement(remote, &found.name)?;
        let same = before.and_then(|before| match before.state {
            PlacementState::Taken(taken) if taken.hash == found.message.received.body.hash => {
                Some((taken.email, before.since))
            }
            PlacementState::Taken(_) | PlacementState::Passed { .. } => None,
        });
        match same {
            Some(_) => known.push(index),
            None => new.push(found.message.clone()),
        }
        emails.push(same);
    }
    let appended = append(transaction, who, to, &new)?;
    let mut appended = appended.entries.into_iter();
    let now = transaction.now();
    for (found, email) in found.iter().zip(emails) {
        let (email, since) = match email {
            Some(known) => known,
            None => match appended.next() {
                Some((_, email)) => (email, now),
                None => return Err(Fault::new("fewer messages were appended than given").into()),
            },
        };
        let hash = found.message.received.body.hash;
        let taken = Taken { email, hash, header: found.header, there: There::Stays };
        let placement = Placement {
            since,
            listed_octets: found.listed_octets,
            missing_since: None,
            state: PlacementState::Taken(taken),
        };
        transaction.place(remote, &found.name, Some(&placement));
    }
    for (name, placement) in notes {
        transaction.place(remote, name, placement.as_ref());
    }
    Ok(known)
}
