//! What is here and is not known to be there, so that it is known again where it is: after an APPEND or a move whose answer
//! was not heard, and where both ends had the same message before they were mirrored. It is known by header fields and
//! size; one without a Message-ID by all its octets.

use std::collections::HashMap;

use imap::client::FetchEvent;
use imap::fetch::Octets;
use imap::fetch::items::BodySection;
use imap::fetch::{Answer, Section, See};
use imap::wire::SequenceSet;
use mailbox::{
    BodyHash, EmailId, MailboxId, Mirrored, Placement, PlacementState, Taken, There, Uid,
};

use super::changes::Seen;
use super::here::Here;
use super::notes::{MessageName, WAITING};
use super::survey::mirrored_of;
use super::{Mirror, MirrorFault, Work};
use crate::folders::{CarriedRow, Edit, Edited, LocalFolders, LocalPart, Marks, Which};
use crate::identity::{Identity, Told, has_message_id, print_of};

/// A message here that may be there already.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    /// Under which name that is noted; none: it is not.
    name: Option<MessageName>,
    /// The folder here that mirrors where it may be.
    folder: MailboxId,
    uid: u32,
    email: u64,
    hash: BodyHash,
    /// The sizes that a server may give it: some count the ends of lines as two octets each.
    octets: [u64; 2],
    print: Identity,
}

impl Upload {
    /// Of a message here, by its first octets.
    pub(super) fn of_part(
        name: Option<MessageName>,
        folder: MailboxId,
        (uid, email): (u32, u64),
        part: &LocalPart,
    ) -> Upload {
        let octets = [part.octets, part.octets_in_lines];
        Upload { name, folder, uid, email, hash: part.hash, octets, print: print_of(&part.part) }
    }

    /// Of one that was asked to be there; it may be gone here.
    pub(super) fn of_waiting(
        name: MessageName,
        mirrored: &Mirrored,
        part: Option<&LocalPart>,
    ) -> Upload {
        let Taken { email, hash, header, .. } = mirrored.taken;
        Upload {
            name: Some(name),
            folder: name.local,
            uid: mirrored.uid.number(),
            email: email.0,
            hash,
            octets: part.map_or([u64::MAX; 2], |part| [part.octets, part.octets_in_lines]),
            print: header,
        }
    }

    /// Whether a server that gives it this size may mean it.
    fn has(&self, octets: Option<u64>) -> bool {
        // What is gone here has no size any more.
        self.octets == [u64::MAX; 2] || octets.is_some_and(|octets| self.octets.contains(&octets))
    }
}

/// All such messages, by their prints.
#[derive(Debug, Default)]
pub(super) struct Uploads(HashMap<Identity, Vec<Upload>>);

impl Uploads {
    pub(super) fn add(&mut self, upload: Upload) {
        self.0.entry(upload.print).or_default().push(upload);
    }

    /// One is known otherwise.
    pub(super) fn forget(&mut self, name: MessageName) {
        for uploads in self.0.values_mut() {
            uploads.retain(|upload| upload.name != Some(name));
        }
    }

    /// One moved here.
    pub(super) fn relocate(&mut self, name: MessageName, to: &Mirrored) {
        for upload in self.0.values_mut().flatten() {
            if upload.name == Some(name) {
                upload.uid = to.uid.number();
            }
        }
    }

    /// Whether one of them may be in this folder.
    pub(super) fn may_be_in(&self, folder: MailboxId) -> bool {
        let may = |upload: &Upload| {
            upload.folder == folder || upload.name.is_some_and(|name| name.validity == WAITING)
        };
        self.0.values().flatten().any(may)
    }

    /// Those that a message in a folder may be: of this folder first, and of others only what was asked to be there.
    fn like(&self, print: &Identity, folder: MailboxId, octets: Option<u64>) -> Vec<Upload> {
        let all = self.0.get(print).map(Vec::as_slice).unwrap_or_default();
        let fits = |upload: &&Upload| upload.has(octets);
        let own = all.iter().filter(|upload| upload.folder == folder).filter(fits);
        let asked = |upload: &&Upload| {
            upload.folder != folder && upload.name.is_some_and(|name| name.validity == WAITING)
        };
        own.chain(all.iter().filter(asked).filter(fits)).cloned().collect()
    }

    fn take(&mut self, taken: &Upload) {
        if let Some(uploads) = self.0.get_mut(&taken.print) {
            uploads
                .retain(|it| (it.name, it.folder, it.uid) != (taken.name, taken.folder, taken.uid));
        }
    }
}

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// What is here and not there may be there under a number that is new to us.
    pub(super) async fn register_fresh(&mut self, work: &Work) -> Result<(), MirrorFault> {
        let fresh = self.changed.get(&work.local).map(|changed| changed.fresh.clone());
        for (uid, email) in fresh.unwrap_or_default() {
            let part = self.here.local.part(email, 0).await.map_err(Here::<L>::fault)?;
            if let Some(part) = part {
                self.uploads.add(Upload::of_part(None, work.local, (uid, email), &part));
            }
        }
        Ok(())
    }

    /// Knows a message there again as one that is here. Whether it is.
    pub(super) async fn known_again(
        &mut self,
        work: &mut Work,
        seen: &Seen,
        told: &Told,
        header: &[u8],
    ) -> Result<bool, MirrorFault> {
        let alike = self.uploads.like(&print_of(header), work.local, told.octets);
        let mut hash = None;
        for upload in alike {
            if !has_message_id(header) {
                if hash.is_none() {
                    hash = Some(self.hash_of(seen.0).await?);
                }
                if hash.flatten() != Some(upload.hash) {
                    continue;
                }
            }
            if self.bind(work, &upload, seen, told.identity(header)).await? {
                self.uploads.take(&upload);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The hash of a message of the open folder; none: it was not given.
    pub(super) async fn hash_of(&mut self, uid: u32) -> Result<Option<BodyHash>, MirrorFault> {
        let Some(set) = SequenceSet::from_numbers([uid]) else { return Ok(None) };
        let whole = BodySection { see: See::Peek, section: Section::default(), partial: None };
        let mut fetching = self.client.fetch(set, &[whole.into()]).await?;
        let (mut hasher, mut is_whole) = (blake3::Hasher::new(), false);
        while let Some(event) = fetching.next().await? {
            match event {
                FetchEvent::Chunk(octets) => {
                    hasher.update(&octets);
                }
                FetchEvent::Message(fetched) if fetched.uid() == Some(uid) => {
                    is_whole = true;
                    for answer in &fetched.answers {
                        if let Answer::Section { octets: Some(Octets::Here(octets)), .. } = answer {
                            hasher.update(octets);
                        }
                    }
                }
                FetchEvent::Message(_) | FetchEvent::Section(..) | FetchEvent::News(_) => {}
            }
        }
        Ok(is_whole.then(|| BodyHash(*hasher.finalize().as_bytes())))
    }

    async fn bind(
        &mut self,
        work: &mut Work,
        upload: &Upload,
        (uid, marks): &Seen,
        identity: Identity,
    ) -> Result<bool, MirrorFault> {
        let name = MessageName { local: work.local, validity: work.next.validity, uid: *uid };
        let Some(key) = name.placement() else { return Ok(false) };
        let noted = match upload.name {
            Some(before) if upload.folder != work.local => {
                return self.carry_waiting(before, name, work).await;
            }
            Some(before) => self.here.known_one(before).await?,
            None => None,
        };
        let mirrored = match noted {
            Some((_, mirrored)) => {
                let taken = Taken { header: identity, ..mirrored.taken };
                Mirrored { taken, ..mirrored }
            }
            None => {
                let Some(uid) = Uid::new(upload.uid) else { return Ok(false) };
                let here = self.here.flags_of(upload.folder, uid).await?;
                // The flags that both have are agreed on, so that each gets those of the other.
                let there = work.fitting(marks);
                let (email, hash) = (EmailId(upload.email), upload.hash);
                Mirrored {
                    taken: Taken { email, hash, header: identity, there: There::Stays },
                    mailbox: upload.folder,
                    uid,
                    flags: here.without(&here.without(&there)).names(),
                }
            }
        };
        let entry = (mirrored.mailbox, mirrored.uid.number());
        let placement = Placement {
            since: self.here.now,
            listed_octets: None,
            missing_since: None,
            state: PlacementState::Mirrored(mirrored),
        };
        let mut notes = vec![(key, Some(placement))];
        let changed = self.changed.entry(work.local).or_default();
        changed.touched.push(name);
        self.here.bound.insert(entry);
        if let Some(before) = upload.name {
            if before.validity == WAITING {
                notes.extend(before.placement().map(|before| (before, None)));
                changed.waiting.retain(|waiting| *waiting != before);
                changed.check.push(name);
            } else {
                // It was copied there, and is still where it was before.
                self.changed.entry(before.local).or_default().spare.push(before);
            }
        }
        self.here.commit(notes).await?;
        if !self.here.is_dry() && self.wanted.direction.is_down() {
            self.here.take_over(work, name.validity, vec![(*uid, marks.clone())]).await?;
        }
        Ok(true)
    }

    /// It was put there, and went to another folder there since: it goes there here as well.
    async fn carry_waiting(
        &mut self,
        before: MessageName,
        name: MessageName,
        work: &Work,
    ) -> Result<bool, MirrorFault> {
        let (Some(from), Some(to)) = (before.placement(), name.placement()) else {
            return Ok(false);
        };
        if !self.wanted.direction.is_down() {
            return Ok(false);
        }
        let (before_octets, name) = (from.octets().to_vec(), to.octets().to_vec());
        let row = CarriedRow { before: before_octets, name, to: work.local.0 };
        let carried = self.here.edit(Edit::Carry { carried: vec![row] }).await?;
        let done = carried == Edited::Carried(vec![true]);
        if done && let Some(changed) = self.changed.get_mut(&before.local) {
            changed.waiting.retain(|waiting| *waiting != before);
        }
        Ok(done)
    }
}

impl<L: LocalFolders> Here<L> {
    /// What is known of one message.
    pub(super) async fn known_one(
        &mut self,
        name: MessageName,
    ) -> Result<Option<(Placement, Mirrored)>, MirrorFault> {
        let MessageName { local, validity, uid } = name;
        let known = self.known(local, validity, std::iter::once(uid)).await?;
        Ok(known.into_iter().flatten().find_map(mirrored_of))
    }

    /// The flags of a message here; none where it is gone.
    async fn flags_of(&mut self, folder: MailboxId, uid: Uid) -> Result<Marks, MirrorFault> {
        let which = Which::These(crate::folders::Runs(vec![(uid.number(), uid.number())]));
        let entries = self.local.entries(folder, which).await.map_err(Self::fault)?;
        Ok(entries.into_iter().next().map(|entry| entry.flags).unwrap_or_default())
    }
}
