//! What is new here goes up. Before a message is appended it is noted that it waits (`notes::WAITING`), in one commit for many;
//! its UID there, told by APPENDUID (RFC 4315, 3), takes the place of that note. Where that answer is not heard, the message
//! is known again by `uploads`.

use std::collections::{HashMap, VecDeque};

use imap::client::{AppendedUids, Fault, Ticket};
use imap::commands::{AppendForm, AppendMessage};
use imap::wire::{DateTime, FlagList, SequenceSet};
use mailbox::{
    EmailId, MailboxId, Mirrored, Placement, PlacementName, PlacementNote, PlacementState, Taken,
    There, Timestamp, Uid,
};
use tokio::io::AsyncWriteExt as _;

use super::here::Here;
use super::marking::{Permanent, flags_of};
use super::notes::{MessageName, WAITING};
use super::{Mirror, MirrorFault, Why, Work};
use crate::folders::{LocalEntry, LocalFolders, LocalPart, Marks, Runs, Which};
use crate::identity::{Identity, Told, items, print_of};
use crate::limits::{
    HEADER_LOOKED_AT_OCTETS_MAX, MESSAGES_AT_ONCE, SENT_AT_ONCE_OCTETS_MAX, SENT_WHOLE_OCTETS_MAX,
};

/// A message that goes up.
struct Sending {
    entry: LocalEntry,
    marks: Marks,
    /// Its first octets, which are all of a small one.
    first: LocalPart,
    has_nul: bool,
    /// Under which name it waits.
    waiting: PlacementName,
}

impl Sending {
    fn flags(&self) -> FlagList {
        flags_of(&self.marks)
    }

    fn date(&self) -> DateTime {
        DateTime { timestamp: self.first.date.time, zone_minutes: self.first.date.zone_minutes }
    }

    fn is_small(&self) -> bool {
        self.first.octets <= SENT_WHOLE_OCTETS_MAX
    }

    fn head(&self) -> &[u8] {
        let end = HEADER_LOOKED_AT_OCTETS_MAX.min(self.first.part.len());
        self.first.part.get(..end).unwrap_or_default()
    }

    fn placement(&self, folder: MailboxId, header: Identity, now: Timestamp) -> Option<Placement> {
        let (email, hash) = (EmailId(self.entry.email), self.first.hash);
        let mirrored = Mirrored {
            taken: Taken { email, hash, header, there: There::Stays },
            mailbox: folder,
            uid: Uid::new(self.entry.uid)?,
            flags: self.marks.names(),
        };
        let (listed_octets, state) = (Some(self.first.octets), PlacementState::Mirrored(mirrored));
        Some(Placement { since: now, listed_octets, missing_since: None, state })
    }
}

/// What became of an APPEND.
enum Sent {
    /// It has this UID.
    As(u32),
    /// It is there, and the server does not say where.
    Somewhere,
    /// It is not there.
    Not(String),
}

/// What is kept of a message that does not go up any more.
pub(super) fn passed(now: Timestamp) -> Placement {
    let state = PlacementState::Passed { octets_min: None, date: None };
    Placement { since: now, listed_octets: None, missing_since: None, state }
}

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Sends what is new here.
    pub(super) async fn send(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        let fresh = self.changed.get_mut(&work.local).map(|it| std::mem::take(&mut it.fresh));
        let mut uids: Vec<u32> = fresh.unwrap_or_default().iter().map(|it| it.0).collect();
        uids.retain(|uid| !self.here.bound.contains(&(work.local, *uid)));
        uids.sort_unstable();
        uids.dedup();
        if uids.is_empty() {
            return Ok(());
        }
        if self.here.is_dry() {
            let count = u64::try_from(uids.len()).unwrap_or(u64::MAX);
            self.here.done.there.sent = self.here.done.there.sent.saturating_add(count);
            return Ok(());
        }
        let Some(permanent) = self.open_to_change(work).await? else {
            self.failed_to_send = true;
            return Ok(());
        };
        for some in uids.chunks(MESSAGES_AT_ONCE) {
            let which = Which::These(Runs(some.iter().map(|uid| (*uid, *uid)).collect()));
            let entries = self.here.local.entries(work.local, which).await;
            let (mut batch, mut octets) = (Vec::new(), 0_u64);
            for entry in entries.map_err(Here::<L>::fault)? {
                let Some(sending) = self.here.sending_of(work.local, entry, &permanent).await?
                else {
                    self.here.done.there.damaged = self.here.done.there.damaged.saturating_add(1);
                    self.failed_to_send = true;
                    continue;
                };
                octets = octets.saturating_add(u64::from(sending.entry.octets));
                batch.push(sending);
                if octets >= SENT_AT_ONCE_OCTETS_MAX {
                    self.send_batch(work, std::mem::take(&mut batch)).await?;
                    octets = 0;
                    if self.stops() {
                        work.is_held_up = true;
                        return Ok(());
                    }
                }
            }
            self.send_batch(work, batch).await?;
            if self.stops() {
                work.is_held_up = true;
                return Ok(());
            }
        }
        Ok(())
    }

    async fn send_batch(
        &mut self,
        work: &mut Work,
        batch: Vec<Sending>,
    ) -> Result<(), MirrorFault> {
        let (folder, now) = (work.local, self.here.now);
        let waits =
            |one: &Sending| (one.waiting.clone(), one.placement(folder, print_of(one.head()), now));
        self.here.commit(batch.iter().map(waits).collect()).await?;
        let sent = self.append_all(work, &batch).await?;
        let mut identities = self.identities(work, &batch, &sent).await?;
        let mut notes: Vec<PlacementNote> = Vec::new();
        for (one, sent) in batch.iter().zip(sent) {
            match sent {
                Sent::As(uid) => {
                    let identity = identities.remove(&uid);
                    notes.extend(self.note_sent(work, one, uid, identity).await?);
                }
                Sent::Somewhere => {
                    let mut placement = one.placement(folder, print_of(one.head()), now);
                    if let Some(placement) = &mut placement {
                        placement.missing_since = Some(now);
                    }
                    notes.push((one.waiting.clone(), placement));
                    self.again = true;
                    work.is_held_up = true;
                }
                Sent::Not(said) => {
                    notes.push((one.waiting.clone(), None));
                    self.here.done.refuse(&work.there.name, Why::Server(crate::shown(&said)));
                    self.failed_to_send = true;
                    work.is_held_up = true;
                    continue;
                }
            }
            let there = &mut self.here.done.there;
            there.sent = there.sent.saturating_add(1);
            there.sent_octets = there.sent_octets.saturating_add(one.first.octets);
        }
        self.here.commit(notes).await
    }

    /// What is noted of a message that was sent. A server may say that it is one that it has already (Gmail does); then it does
    /// not go up again.
    async fn note_sent(
        &mut self,
        work: &Work,
        one: &Sending,
        uid: u32,
        identity: Option<Identity>,
    ) -> Result<Vec<PlacementNote>, MirrorFault> {
        let name = MessageName { local: work.local, validity: work.note.validity, uid };
        if self.here.known_one(name).await?.is_some() {
            return Ok(vec![(one.waiting.clone(), Some(passed(self.here.now)))]);
        }
        let told = Told::of_sent(one.first.octets, one.date());
        let identity = identity.unwrap_or_else(|| told.identity(one.head()));
        let placement = one.placement(work.local, identity, self.here.now);
        let sent = name.placement().map(|key| (key, placement));
        Ok(sent.into_iter().chain([(one.waiting.clone(), None)]).collect())
    }

    /// By what the server will know the messages, where only it can tell.
    async fn identities(
        &mut self,
        work: &Work,
        batch: &[Sending],
        sent: &[Sent],
    ) -> Result<HashMap<u32, Identity>, MirrorFault> {
        let mut found = HashMap::new();
        let name = (work.there.name.clone(), work.note.validity);
        if !self.can.object_id || self.selected.as_ref() != Some(&name) {
            return Ok(found);
        }
        let uid_of = |sent: &Sent| match sent {
            Sent::As(uid) => Some(*uid),
            Sent::Somewhere | Sent::Not(_) => None,
        };
        let by_uid: HashMap<u32, &Sending> =
            sent.iter().zip(batch).filter_map(|(sent, one)| Some((uid_of(sent)?, one))).collect();
        let Some(set) = SequenceSet::from_numbers(by_uid.keys().copied()) else {
            return Ok(found);
        };
        for fetched in self.client.fetch_all(set, &items(self.can)).await? {
            let Some(one) = fetched.uid().and_then(|uid| by_uid.get(&uid)) else { continue };
            let identity = Told::of(&fetched).identity(one.head());
            found.extend(fetched.uid().map(|uid| (uid, identity)));
        }
        Ok(found)
    }

    /// Appends messages, many at once where the server takes them so (LITERAL+, RFC 7888).
    async fn append_all(
        &mut self,
        work: &Work,
        batch: &[Sending],
    ) -> Result<Vec<Sent>, MirrorFault> {
        let name = work.there.name.as_str();
        let mut sent = Vec::with_capacity(batch.len());
        let mut asked: VecDeque<Ticket> = VecDeque::new();
        for one in batch {
            let mut queued = Err(Fault::Busy);
            if one.is_small() {
                let (flags, date) = (one.flags(), Some(one.date()));
                queued = self.client.send_append(name, &flags, date, &one.first.part).await;
                if matches!(queued, Err(Fault::Busy)) {
                    self.hear_all(&mut asked, work, &mut sent).await?;
                    queued = self.client.send_append(name, &flags, date, &one.first.part).await;
                }
            }
            match queued {
                Ok(ticket) => asked.push_back(ticket),
                Err(Fault::Busy) => {
                    self.hear_all(&mut asked, work, &mut sent).await?;
                    let appended = self.append_large(name, one).await;
                    sent.push(sent_as(appended, work)?);
                }
                Err(fault) => {
                    self.hear_all(&mut asked, work, &mut sent).await?;
                    sent.push(sent_as(Err(fault), work)?);
                }
            }
        }
        self.hear_all(&mut asked, work, &mut sent).await?;
        Ok(sent)
    }

    async fn hear_all(
        &mut self,
        asked: &mut VecDeque<Ticket>,
        work: &Work,
        sent: &mut Vec<Sent>,
    ) -> Result<(), MirrorFault> {
        while let Some(ticket) = asked.pop_front() {
            let done = self.client.finish(ticket).await;
            let appended = done.map(|done| self.client.appended(done));
            sent.push(sent_as(appended, work)?);
        }
        Ok(())
    }

    /// Appends a large message as it is read.
    async fn append_large(
        &mut self,
        name: &str,
        one: &Sending,
    ) -> Result<Option<AppendedUids>, Fault> {
        let form = if one.has_nul { AppendForm::Literal8 } else { AppendForm::Literal };
        let head = AppendMessage {
            flags: one.flags(),
            date: Some(one.date()),
            form,
            octets: one.first.octets,
        };
        let (mut writer, reader) = tokio::io::duplex(PIPE_OCTETS);
        let local = &mut self.here.local;
        let reading = async move {
            let mut from = 0_u64;
            // Where it cannot be read, or nobody takes it, the other half says so.
            while let Ok(Some(part)) = local.part(one.entry.email, from).await {
                if part.part.is_empty() || writer.write_all(&part.part).await.is_err() {
                    break;
                }
                from = from.saturating_add(u64::try_from(part.part.len()).unwrap_or(u64::MAX));
            }
        };
        let (appended, ()) = tokio::join!(self.client.append_from(name, head, reader), reading);
        appended
    }
}

/// How much of a large message is under way.
const PIPE_OCTETS: usize = 64 << 10;

fn sent_as(
    appended: Result<Option<AppendedUids>, Fault>,
    work: &Work,
) -> Result<Sent, MirrorFault> {
    match appended {
        Ok(Some(appended)) if appended.uid_validity == work.note.validity => {
            let uid = appended.uids.numbers().next();
            Ok(uid.map_or(Sent::Somewhere, Sent::As))
        }
        Ok(_) => Ok(Sent::Somewhere),
        Err(Fault::Refused(status)) => Ok(Sent::Not(status.text)),
        Err(fault) => Err(fault.into()),
    }
}

impl<L: LocalFolders> Here<L> {
    /// A message that is to go up. None: it cannot be read.
    async fn sending_of(
        &mut self,
        folder: MailboxId,
        entry: LocalEntry,
        permanent: &Permanent,
    ) -> Result<Option<Sending>, MirrorFault> {
        let name = MessageName { local: folder, validity: WAITING, uid: entry.uid };
        let first = self.local.part(entry.email, 0).await.map_err(Self::fault)?;
        let (Some(waiting), Some(first)) = (name.placement(), first) else { return Ok(None) };
        let mut has_nul = first.part.contains(&0);
        let mut read = u64::try_from(first.part.len()).unwrap_or(u64::MAX);
        // A large one is read to its end first, so that it is not begun in vain.
        while read < first.octets {
            let part = self.local.part(entry.email, read).await.map_err(Self::fault)?;
            let Some(part) = part.filter(|part| !part.part.is_empty()) else { return Ok(None) };
            has_nul |= part.part.contains(&0);
            read = read.saturating_add(u64::try_from(part.part.len()).unwrap_or(u64::MAX));
        }
        let marks = permanent.fitting(&entry.flags);
        Ok(Some(Sending { entry, marks, first, has_nul, waiting }))
    }
}
