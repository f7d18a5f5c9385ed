//! What changed here since the last run: what came, what went, what moved, and whose flags may differ. A message that moved
//! here is noted as such at once, so that whatever is heard of it from there finds it where it is now.

use std::collections::{BTreeSet, HashMap, HashSet};

use mailbox::{EmailId, MailboxId, Mirrored, Placement, PlacementNote, PlacementState, Uid};

use super::here::Here;
use super::notes::{MessageName, WAITING};
use super::uploads::Upload;
use super::{Mirror, MirrorFault, Work};
use crate::folders::{LocalFolders, Which};
use crate::limits::MESSAGES_AT_ONCE;

/// What changed in a folder here, to be done there.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Messages whose flags may differ.
    pub(super) touched: Vec<MessageName>,
    /// Messages that are in another folder here.
    pub(super) moved: Vec<MessageName>,
    /// Messages that are not here any more.
    pub(super) gone: Vec<MessageName>,
    /// Messages that are there a second time, for they were copied where they moved.
    pub(super) spare: Vec<MessageName>,
    /// Messages that were asked to be there, and it is not known whether they are.
    pub(super) waiting: Vec<MessageName>,
    /// Messages that were found there, so that it has to be looked at where they are here.
    pub(super) check: Vec<MessageName>,
    /// Messages that are not there yet: UID and email.
    pub(super) fresh: Vec<(u32, u64)>,
}

/// Where a mirrored message is here.
#[derive(Clone, Copy)]
struct Place {
    mailbox: MailboxId,
    uid: u32,
    name: MessageName,
}

impl Place {
    fn key(&self) -> (MailboxId, u32) {
        (self.mailbox, self.uid)
    }

    /// Of several names of one message the first counts: one that is where it should be, one that moved, one that waits.
    fn rank(&self) -> u8 {
        match (self.name.validity == WAITING, self.name.local == self.mailbox) {
            (false, true) => 0,
            (false, false) => 1,
            (true, _) => 2,
        }
    }
}

/// An entry here that no name there belongs to.
struct Fresh {
    folder: MailboxId,
    uid: u32,
    email: u64,
}

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Looks through the folders here that changed.
    pub(super) async fn survey(&mut self, works: &[Work]) -> Result<(), MirrorFault> {
        let (scanned, mut placed) = self.placed(works).await?;
        placed.sort_by_key(|place| (place.mailbox, place.uid, place.rank()));
        self.settle_doubles(&mut placed).await?;
        let mut seen: HashSet<usize> = HashSet::new();
        let mut fresh = Vec::new();
        for work in works.iter().filter(|work| scanned.contains(&work.local)) {
            self.look_through(work, &placed, &mut seen, &mut fresh).await?;
        }
        let is_gone = |(index, place): &(usize, &Place)| {
            scanned.contains(&place.mailbox) && !seen.contains(index)
        };
        let gone: Vec<MessageName> =
            placed.iter().enumerate().filter(is_gone).map(|(_, place)| place.name).collect();
        self.match_moved(gone, &mut fresh).await?;
        for Fresh { folder, uid, email } in fresh {
            self.changed.entry(folder).or_default().fresh.push((uid, email));
        }
        Ok(())
    }

    /// The folders that are looked through, and all places that are known in them.
    async fn placed(
        &mut self,
        works: &[Work],
    ) -> Result<(BTreeSet<MailboxId>, Vec<Place>), MirrorFault> {
        let of: HashMap<MailboxId, &Work> = works.iter().map(|work| (work.local, work)).collect();
        let mut left: Vec<MailboxId> =
            works.iter().filter(|work| work.is_changed_here()).map(|work| work.local).collect();
        let mut scanned: BTreeSet<MailboxId> = left.iter().copied().collect();
        let mut placed = Vec::new();
        while let Some(folder) = left.pop() {
            let mut some = self.here.places(folder).await?;
            for (name, placement) in self.here.waiting(folder).await? {
                let Some((_, mirrored)) = mirrored_of(placement) else {
                    // It is not to go up any more.
                    some.push(Place { mailbox: folder, uid: name.uid, name });
                    continue;
                };
                let (mailbox, uid) = (mirrored.mailbox, mirrored.uid.number());
                some.push(Place { mailbox, uid, name });
                self.changed.entry(folder).or_default().waiting.push(name);
                self.register_waiting(name, mirrored).await?;
            }
            for place in some {
                // Where a message moved has to be looked at with where it was.
                if of.contains_key(&place.mailbox) && scanned.insert(place.mailbox) {
                    left.push(place.mailbox);
                }
                placed.push(place);
            }
        }
        Ok((scanned, placed))
    }

    /// Of several names for one message one is kept.
    async fn settle_doubles(&mut self, placed: &mut Vec<Place>) -> Result<(), MirrorFault> {
        let mut kept: Vec<Place> = Vec::with_capacity(placed.len());
        let mut notes: Vec<PlacementNote> = Vec::new();
        for place in placed.drain(..) {
            if kept.last().is_none_or(|last| last.key() != place.key()) {
                kept.push(place);
            } else if place.name.validity == WAITING {
                notes.extend(place.name.placement().map(|name| (name, None)));
                self.uploads.forget(place.name);
                if let Some(changed) = self.changed.get_mut(&place.name.local) {
                    changed.waiting.retain(|name| *name != place.name);
                }
            } else {
                // Where that is deleted, this is still known by its other name.
                self.here.bound.insert(place.key());
                self.changed.entry(place.name.local).or_default().spare.push(place.name);
            }
        }
        *placed = kept;
        self.here.commit(notes).await
    }

    async fn look_through(
        &mut self,
        work: &Work,
        placed: &[Place],
        seen: &mut HashSet<usize>,
        fresh: &mut Vec<Fresh>,
    ) -> Result<(), MirrorFault> {
        let folder = work.local;
        let mut after = 0;
        loop {
            let entries = self.here.local.entries(folder, Which::After(after)).await;
            let entries = entries.map_err(Here::<L>::fault)?;
            let Some(last) = entries.last() else { return Ok(()) };
            after = last.uid;
            for entry in entries {
                let key = (folder, entry.uid);
                let found = placed.binary_search_by_key(&key, Place::key).ok();
                let Some((index, place)) = found.and_then(|at| Some((at, placed.get(at)?))) else {
                    fresh.push(Fresh { folder, uid: entry.uid, email: entry.email });
                    continue;
                };
                seen.insert(index);
                if place.name.validity == WAITING {
                    continue;
                }
                let changed = self.changed.entry(place.name.local).or_default();
                if entry.modseq > work.note.local_modseq {
                    changed.touched.push(place.name);
                }
                if place.name.local != folder {
                    changed.moved.push(place.name);
                    self.register_moved(place.name, folder, entry.uid, entry.email).await?;
                }
            }
        }
    }

    /// Finds where messages moved that are not where they were.
    async fn match_moved(
        &mut self,
        gone: Vec<MessageName>,
        fresh: &mut Vec<Fresh>,
    ) -> Result<(), MirrorFault> {
        let mut by_email: HashMap<u64, Vec<usize>> = HashMap::new();
        for (index, fresh) in fresh.iter().enumerate() {
            by_email.entry(fresh.email).or_default().push(index);
        }
        let mut taken: HashSet<usize> = HashSet::new();
        for of_folder in
            gone.chunk_by(|one, other| (one.local, one.validity) == (other.local, other.validity))
        {
            for some in of_folder.chunks(MESSAGES_AT_ONCE) {
                let Some(first) = some.first() else { continue };
                let uids = some.iter().map(|name| name.uid);
                let known = self.here.known(first.local, first.validity, uids).await?;
                let mut notes = Vec::new();
                for (name, placement) in some.iter().zip(known) {
                    let Some((placement, mirrored)) = placement.and_then(mirrored_of) else {
                        notes.extend(name.placement().map(|name| (name, None)));
                        continue;
                    };
                    let free = by_email.get_mut(&mirrored.taken.email.0);
                    let to = free.and_then(|free| {
                        let own = free.iter().position(|index| {
                            fresh.get(*index).is_some_and(|it| it.folder == name.local)
                        });
                        let at = own.or_else(|| free.len().checked_sub(1))?;
                        Some(free.swap_remove(at))
                    });
                    let Some(to) = to.and_then(|index| Some((index, fresh.get(index)?))) else {
                        if name.validity != WAITING {
                            self.changed.entry(name.local).or_default().gone.push(*name);
                        }
                        continue;
                    };
                    taken.insert(to.0);
                    let note = self.note_moved(*name, placement, mirrored, to.1);
                    notes.extend(note);
                }
                self.here.commit(notes).await?;
            }
        }
        let mut index = 0_usize;
        fresh.retain(|_| {
            let stays = !taken.contains(&index);
            index = index.saturating_add(1);
            stays
        });
        Ok(())
    }

    fn note_moved(
        &mut self,
        name: MessageName,
        placement: Placement,
        mirrored: Mirrored,
        to: &Fresh,
    ) -> Option<PlacementNote> {
        let mirrored = Mirrored { mailbox: to.folder, uid: Uid::new(to.uid)?, ..mirrored };
        if name.validity == WAITING {
            self.uploads.relocate(name, &mirrored);
        } else {
            let changed = self.changed.entry(name.local).or_default();
            changed.touched.push(name);
            if to.folder != name.local {
                changed.moved.push(name);
            }
        }
        let state = PlacementState::Mirrored(mirrored);
        Some((name.placement()?, Some(Placement { state, ..placement })))
    }

    /// A message that moved here in an earlier run may have moved there since without our knowing.
    async fn register_moved(
        &mut self,
        name: MessageName,
        folder: MailboxId,
        uid: u32,
        email: u64,
    ) -> Result<(), MirrorFault> {
        let part = self.here.local.part(email, 0).await.map_err(Here::<L>::fault)?;
        if let Some(part) = part {
            self.uploads.add(Upload::of_part(Some(name), folder, (uid, email), &part));
        }
        Ok(())
    }

    async fn register_waiting(
        &mut self,
        name: MessageName,
        mirrored: Mirrored,
    ) -> Result<(), MirrorFault> {
        let EmailId(email) = mirrored.taken.email;
        let part = self.here.local.part(email, 0).await.map_err(Here::<L>::fault)?;
        self.uploads.add(Upload::of_waiting(name, &mirrored, part.as_ref()));
        Ok(())
    }
}

/// What is mirrored, with all that is known of it.
pub(super) fn mirrored_of(placement: Placement) -> Option<(Placement, Mirrored)> {
    let PlacementState::Mirrored(mirrored) = &placement.state else { return None };
    let mirrored = mirrored.clone();
    Some((placement, mirrored))
}

impl<L: LocalFolders> Here<L> {
    /// Where the messages of a folder there are here, under whatever UIDVALIDITY: a run that was cut may have noted some under
    /// another than the folder's.
    async fn places(&mut self, folder: MailboxId) -> Result<Vec<Place>, MirrorFault> {
        let mut places = Vec::new();
        let waiting = MessageName { local: folder, validity: WAITING, uid: u32::MAX };
        let is_meant = |name: &MessageName| name.local == folder;
        self.each_while(waiting, is_meant, |name, placement| {
            if let PlacementState::Mirrored(mirrored) = placement.state {
                let (mailbox, uid) = (mirrored.mailbox, mirrored.uid.number());
                places.push(Place { mailbox, uid, name });
            }
        })
        .await?;
        Ok(places)
    }

    /// The messages of a folder here that were asked to be there, and may be; and those that are not to go up.
    pub(super) async fn waiting(
        &mut self,
        folder: MailboxId,
    ) -> Result<Vec<(MessageName, Placement)>, MirrorFault> {
        let mut waiting = Vec::new();
        let all = (1, u32::MAX);
        self.each_placement(folder, WAITING, all, |name, it| waiting.push((name, it))).await?;
        Ok(waiting)
    }
}
