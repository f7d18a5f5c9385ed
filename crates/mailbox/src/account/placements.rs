//! Where mail was found elsewhere: read for a companion, and changed in one step with the mail.

use std::ops::{ControlFlow, Range};

use bytes::Bytes;

use super::append::append;
use super::copy::move_entries;
use super::{Account, Actor};
use crate::engine::Snapshot;
use crate::hot::each;
use crate::limits::PLACEMENTS_STEP;
use crate::operations::Append;
use crate::placements::{Mirrored, Taken, There};
use crate::records::{self, damaged, read_placement};
use crate::transaction::Transaction;
use crate::{
    EmailId, Error, Fault, Flags, Healed, MailboxId, Place, Placed, Placement, PlacementName,
    PlacementNote, PlacementState, RemoteId, Uid, UidSet, Who, layout,
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
    /// What it is to be known as.
    pub known_as: KnownAs,
}

/// What a message that was found elsewhere is known as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownAs {
    /// `PlacementState::Taken`
    Taken,
    /// `PlacementState::Mirrored`, with the flags that it comes with.
    Mirrored,
}

/// A mirrored message that went from one folder to another there, and goes here as well.
#[derive(Clone, Debug)]
pub struct Carried {
    /// What it was called there.
    pub before: PlacementName,
    /// What it is called there now.
    pub name: PlacementName,
    /// Its mailbox here from now on.
    pub to: MailboxId,
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

    /// Takes mirrored messages from mailbox to mailbox, and notes in the same step what they are called elsewhere now. One
    /// whose entry is gone, or that is not known, is passed over. Gives which were carried, in the order given.
    pub async fn carry_found(
        &self,
        remote: RemoteId,
        carried: Vec<Carried>,
    ) -> Result<Vec<bool>, Error> {
        let count = u64::try_from(carried.len()).unwrap_or(u64::MAX);
        self.write_many(count, move |transaction, who| {
            carried.iter().map(|one| carry(transaction, who, remote, one)).collect()
        })
        .await
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
        let Some(Taken { email, .. }) = placement.state.message().copied() else {
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
    let mut before_here: Vec<Option<Placement>> = Vec::with_capacity(found.len());
    let (mut known, mut new) = (Vec::new(), Vec::new());
    for (index, found) in found.iter().enumerate() {
        let hash = found.message.received.body.hash;
        let before = transaction.placement(remote, &found.name)?;
        let same =
            before.filter(|before| before.state.message().is_some_and(|taken| taken.hash == hash));
        match same {
            Some(_) => known.push(index),
            None => new.push(found.message.clone()),
        }
        before_here.push(same);
    }
    let appended = append(transaction, who, (Actor::Owner, to), &new)?;
    let mut appended = appended.entries.into_iter();
    let now = transaction.now();
    for (found, before) in found.iter().zip(before_here) {
        let (since, state) = match before {
            Some(Placement { since, state, .. }) => (since, staying(state, found.header)),
            None => match appended.next() {
                Some(entry) => (now, state_of(found, to, entry)),
                None => return Err(Fault::new("fewer messages were appended than given").into()),
            },
        };
        let listed_octets = found.listed_octets;
        let placement = Placement { since, listed_octets, missing_since: None, state };
        transaction.place(remote, &found.name, Some(&placement));
    }
    for (name, placement) in notes {
        transaction.place(remote, name, placement.as_ref());
    }
    Ok(known)
}

/// What is known of a message that was appended.
fn state_of(found: &Found, mailbox: MailboxId, (uid, email): (Uid, EmailId)) -> PlacementState {
    let hash = found.message.received.body.hash;
    let taken = Taken { email, hash, header: found.header, there: There::Stays };
    match found.known_as {
        KnownAs::Taken => PlacementState::Taken(taken),
        KnownAs::Mirrored => {
            let flags = found.message.flags.clone();
            PlacementState::Mirrored(Mirrored { taken, mailbox, uid, flags })
        }
    }
}

/// What is known of a message that came again.
fn staying(mut state: PlacementState, header: [u8; 32]) -> PlacementState {
    if let PlacementState::Taken(taken) | PlacementState::Mirrored(Mirrored { taken, .. }) =
        &mut state
    {
        (taken.header, taken.there) = (header, There::Stays);
    }
    state
}

/// Carries one message. Whether it was there to be carried.
fn carry(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    remote: RemoteId,
    carried: &Carried,
) -> Result<bool, Error> {
    let Some(before) = transaction.placement(remote, &carried.before)? else { return Ok(false) };
    let PlacementState::Mirrored(mut mirrored) = before.state else { return Ok(false) };
    let (from, to) = (mirrored.mailbox, carried.to);
    if transaction.record(from).is_none() {
        return Ok(false);
    }
    if from != to {
        let state = transaction.state(from)?;
        let Some(entry) = state.entries.find(mirrored.uid) else { return Ok(false) };
        let entry = [entry];
        let entries = (from, &*state.keywords, entry.as_slice());
        let moved = move_entries(transaction, who, entries, to, &UidSet::new())?;
        let Some((_, uid)) = moved.pairs.first() else { return Ok(false) };
        (mirrored.mailbox, mirrored.uid) = (to, *uid);
    }
    let state = PlacementState::Mirrored(mirrored);
    transaction.place(remote, &carried.before, None);
    let placement = Placement { state, missing_since: None, ..before };
    transaction.place(remote, &carried.name, Some(&placement));
    Ok(true)
}
