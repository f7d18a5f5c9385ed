//! What came to a folder there: carried over where it is here already, else fetched.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use imap::client::{Fault, FetchEvent, Ticket};
use imap::commands::{Fetch, Vanished};
use imap::fetch::items::BodySection;
use imap::fetch::{Fetched, Item, Octets, Section, See};
use imap::wire::{By, SequenceSet};
use mailbox::{Placement, PlacementNote, PlacementState, Timestamp};
use tokio::time::Instant;

use super::changes::{flags_item, marks_of, seen_of};
use super::here::Here;
use super::notes::MessageName;
use super::{Mirror, MirrorFault, Work};
use crate::archive::body_of;
use crate::folders::{CarriedRow, Edit, Edited, LocalFolders, Marks};
use crate::identity::{Fields, Head, Told, UNKNOWN, header_of, items, items_alone};
use crate::limits::{MESSAGE_OCTETS_BELIEVED_MAX, MESSAGES_AT_ONCE, QUESTIONS_AT_ONCE, SETTLE_MS};
use crate::local::{Arrived, Target};

/// One of the same folder, or else another.
fn nearest(names: &mut Vec<MessageName>, work: &Work) -> Option<MessageName> {
    let own = names.iter().position(|name| name.local == work.local);
    let index = own.or_else(|| names.len().checked_sub(1))?;
    Some(names.swap_remove(index))
}

impl<L: LocalFolders> Mirror<'_, '_, L> {
    /// Takes what came to a folder.
    pub(super) async fn take(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        work.new.sort_unstable();
        work.new.dedup();
        if work.new.is_empty() {
            return Ok(());
        }
        let validity = work.next.validity;
        let is_open = self.selected.as_ref() == Some(&(work.there.name.clone(), validity));
        if !is_open {
            let figures = self.open(&work.there.name).await?;
            if figures.and_then(|figures| figures.validity) != Some(validity) {
                work.whole = false;
                return Ok(());
            }
        }
        if self.wanted.direction.is_up() {
            self.register_fresh(work).await?;
        }
        let went = !self.candidates.is_empty() || !self.nameless.is_empty();
        if went || self.uploads.may_be_in(work.local) {
            self.carry_known(work).await?;
        }
        if !self.wanted.direction.is_down() {
            return Ok(());
        }
        if self.here.is_dry() {
            let new = u64::try_from(work.new.len()).unwrap_or(u64::MAX);
            self.here.done.new = self.here.done.new.saturating_add(new);
            return Ok(());
        }
        self.fetch(work).await
    }

    /// Carries over what went elsewhere and came here.
    async fn carry_known(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        let may_be_sent = self.uploads.may_be_in(work.local);
        let fields = if may_be_sent { Fields::Always } else { Fields::Needed };
        let mut items = items_alone(self.can, fields);
        items.push(flags_item());
        let all = std::mem::take(&mut work.new);
        for some in all.chunks(MESSAGES_AT_ONCE) {
            let Some(set) = SequenceSet::from_numbers(some.iter().copied()) else { continue };
            let fetched = self.client.fetch_all(set, &items).await?;
            let mut carried = Vec::new();
            let mut known_again = HashSet::new();
            for fetched in &fetched {
                let (Some(seen), told) = (seen_of(fetched), Told::of(fetched)) else { continue };
                if !some.contains(&seen.0) {
                    continue;
                }
                let identity = told.identity(header_of(fetched));
                let before = match self.candidate(work, &identity) {
                    None if identity == UNKNOWN => self.nameless(work, seen.0).await?,
                    before => before,
                };
                if let Some(before) = before {
                    carried.push((before, seen));
                } else if may_be_sent
                    && self.known_again(work, &seen, &told, header_of(fetched)).await?
                {
                    known_again.insert(seen.0);
                }
            }
            let done = self.carry(work, &carried).await?;
            let is_done = |uid: &u32| done.contains(uid) || known_again.contains(uid);
            let left = some.iter().copied().filter(|uid| !is_done(uid));
            work.new.extend(left);
        }
        Ok(())
    }

    /// A message that went and is known by this; one of the same folder first.
    fn candidate(&mut self, work: &Work, identity: &[u8; 32]) -> Option<MessageName> {
        nearest(self.candidates.get_mut(identity)?, work)
    }

    /// The same for one that has nothing to be known by but all its octets.
    async fn nameless(
        &mut self,
        work: &Work,
        uid: u32,
    ) -> Result<Option<MessageName>, MirrorFault> {
        if self.nameless.is_empty() {
            return Ok(None);
        }
        let hash = self.hash_of(uid).await?;
        let names = hash.and_then(|hash| self.nameless.get_mut(&hash));
        Ok(names.and_then(|names| nearest(names, work)))
    }

    /// Carries messages over, and their flags. Gives the UIDs there of those that are done.
    async fn carry(
        &mut self,
        work: &mut Work,
        pairs: &[(MessageName, (u32, Marks))],
    ) -> Result<HashSet<u32>, MirrorFault> {
        let validity = work.next.validity;
        let mut rows = Vec::new();
        for (before, (uid, _)) in pairs {
            let name = MessageName { local: work.local, validity, uid: *uid };
            if let (Some(before), Some(name)) = (before.placement(), name.placement()) {
                let (before, name) = (before.octets().to_vec(), name.octets().to_vec());
                rows.push(CarriedRow { before, name, to: work.local.0 });
            }
        }
        if rows.is_empty() {
            return Ok(HashSet::new());
        }
        let Edited::Carried(carried) = self.here.edit(Edit::Carry { carried: rows }).await? else {
            return Ok(HashSet::new());
        };
        let mut done = HashSet::new();
        let mut seen = Vec::new();
        for ((before, (uid, marks)), carried) in pairs.iter().zip(carried) {
            if carried {
                let name = MessageName { local: work.local, validity, uid: *uid };
                self.carried.insert(*before, name);
                done.insert(*uid);
                seen.push((*uid, marks.clone()));
                // What moved here first only has another name there.
                let is_moved = |changed: &super::survey::Changed| changed.moved.contains(before);
                let is_moved_here = self.changed.get(&before.local).is_some_and(is_moved);
                let moved = u64::from(before.local != work.local && !is_moved_here);
                self.here.done.moved = self.here.done.moved.saturating_add(moved);
            }
        }
        if !self.here.is_dry() {
            self.here.take_over(work, validity, seen).await?;
        }
        Ok(done)
    }

    /// Fetches messages, the next questions asked before the answers to the last have come.
    async fn fetch(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        let mut items = items(self.can);
        items.push(flags_item());
        let whole = BodySection { see: See::Peek, section: Section::default(), partial: None };
        items.push(whole.into());
        let all = std::mem::take(&mut work.new);
        let mut left = all.chunks(MESSAGES_AT_ONCE);
        let mut asked: VecDeque<(Ticket, &[u32])> = VecDeque::new();
        let mut batch = Batch::new();
        loop {
            while asked.len() < QUESTIONS_AT_ONCE && !self.here.done.stopped {
                let Some(some) = left.next() else { break };
                asked.push_back((self.ask(some, &items).await?, some));
            }
            let Some((ticket, some)) = asked.pop_front() else { break };
            self.hear(work, &mut batch, ticket, some).await?;
            self.stops();
        }
        self.here.settle(&mut batch).await
    }

    async fn ask(&mut self, uids: &[u32], items: &[Item]) -> Result<Ticket, MirrorFault> {
        let set = SequenceSet::from_numbers(uids.iter().copied()).unwrap_or_else(SequenceSet::all);
        let fetch = Fetch {
            by: By::Uid,
            messages: set.into(),
            items: items.to_vec(),
            changed_since: None,
            vanished: Vanished::Untold,
            partial: None,
        };
        Ok(self.client.send(fetch).await?)
    }

    /// Takes the messages of one answer.
    async fn hear(
        &mut self,
        work: &mut Work,
        batch: &mut Batch,
        ticket: Ticket,
        asked: &[u32],
    ) -> Result<(), MirrorFault> {
        let mut missing: HashSet<u32> = asked.iter().copied().collect();
        let mut coming = Coming::default();
        let mut fetching = self.client.fetching(ticket);
        let here = &mut self.here;
        loop {
            let event = match fetching.next().await {
                Ok(Some(event)) => event,
                Ok(None) => break,
                // What it has given counts; what it has not is asked for again another time.
                Err(Fault::Refused(_)) => break,
                Err(fault) => {
                    here.drop_open(&mut coming).await?;
                    here.settle(batch).await?;
                    return Err(fault.into());
                }
            };
            match event {
                FetchEvent::Section(_, octets) => {
                    if octets > MESSAGE_OCTETS_BELIEVED_MAX {
                        here.drop_open(&mut coming).await?;
                        here.settle(batch).await?;
                        let (what, max) = ("octets in one message", MESSAGE_OCTETS_BELIEVED_MAX);
                        return Err(Fault::TooMuch { what, max }.into());
                    }
                    here.begin(&mut coming, octets).await?;
                }
                FetchEvent::Chunk(octets) => here.write(&mut coming, &octets).await?,
                FetchEvent::Message(fetched) => {
                    let uid = here.end(work, batch, &mut coming, &fetched, &missing).await?;
                    uid.map(|uid| missing.remove(&uid));
                    if batch.is_due() {
                        here.settle(batch).await?;
                    }
                }
                FetchEvent::News(_) => {}
            }
        }
        here.drop_open(&mut coming).await?;
        if !missing.is_empty() {
            let count = u64::try_from(missing.len()).unwrap_or(u64::MAX);
            here.done.not_given = here.done.not_given.saturating_add(count);
            work.whole = false;
        }
        Ok(())
    }
}

/// What is whole and not durable yet.
pub(super) struct Batch {
    notes: Vec<PlacementNote>,
    messages: usize,
    since: Option<Instant>,
}

impl Batch {
    fn new() -> Batch {
        Batch { notes: Vec::new(), messages: 0, since: None }
    }

    /// Whether it should become durable now.
    fn is_due(&self) -> bool {
        let is_old = |since: Instant| since.elapsed() >= Duration::from_millis(SETTLE_MS);
        self.messages >= MESSAGES_AT_ONCE || self.since.is_some_and(is_old)
    }

    fn add(&mut self) {
        self.messages = self.messages.saturating_add(1);
        self.since.get_or_insert_with(Instant::now);
    }
}

/// A message that is coming.
#[derive(Default)]
struct Coming {
    state: State,
    head: Head,
    octets: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing has come.
    #[default]
    Before,
    /// It is being written here.
    Open,
    /// It is passed over: it is too large, or came in a way that no message does.
    Passed,
}

impl<L: LocalFolders> Here<L> {
    /// A large message begins, of as many octets as the server says.
    async fn begin(&mut self, coming: &mut Coming, octets: u64) -> Result<(), MirrorFault> {
        if coming.state != State::Before || octets > self.local.message_octets_max() {
            self.drop_open(coming).await?;
            coming.octets = octets;
            coming.state = State::Passed;
            return Ok(());
        }
        self.local.begin().await.map_err(Self::fault)?;
        coming.state = State::Open;
        Ok(())
    }

    async fn write(&mut self, coming: &mut Coming, octets: &[u8]) -> Result<(), MirrorFault> {
        if coming.state != State::Open {
            return Ok(());
        }
        coming.head.take(octets);
        let count = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        coming.octets = coming.octets.saturating_add(count);
        self.local.write(octets).await.map_err(Self::fault)
    }

    /// What was begun does not become whole.
    async fn drop_open(&mut self, coming: &mut Coming) -> Result<(), MirrorFault> {
        let coming = std::mem::take(coming);
        if coming.state == State::Open {
            self.local.abandon().await.map_err(Self::fault)?;
        }
        Ok(())
    }

    /// All has come of a message. Gives its UID, if it is one that is waited for and is dealt with.
    async fn end(
        &mut self,
        work: &mut Work,
        batch: &mut Batch,
        coming: &mut Coming,
        fetched: &Fetched,
        waited_for: &HashSet<u32>,
    ) -> Result<Option<u32>, MirrorFault> {
        let uid = fetched.uid().filter(|uid| waited_for.contains(uid));
        let octets = body_of(fetched);
        let (Some(uid), Some(octets)) = (uid, octets) else {
            self.drop_open(coming).await?;
            return Ok(None);
        };
        if let Octets::Here(octets) = octets
            && coming.state == State::Before
        {
            self.begin(coming, u64::try_from(octets.len()).unwrap_or(u64::MAX)).await?;
            self.write(coming, octets).await?;
        }
        let Coming { state, head, octets } = std::mem::take(coming);
        let (told, name) = (
            Told::of(fetched),
            MessageName { local: work.local, validity: work.next.validity, uid },
        );
        let Some(name) = name.placement() else { return Ok(None) };
        if state != State::Open {
            self.done.too_large = self.done.too_large.saturating_add(1);
            batch.notes.push((name, Some(self.too_large(octets, &told))));
            batch.add();
            return Ok(Some(uid));
        }
        let marks = fetched.flags().map(marks_of).unwrap_or_default();
        let target = Target {
            folder: work.local,
            flags: work.fitting(&marks).names(),
            zone_minutes: told.date.map_or(0, |date| date.zone_minutes),
        };
        let header = told.identity(head.octets());
        let date = told.date.map(|date| date.timestamp);
        let listed_octets = told.octets;
        let arrived = Arrived { name, listed_octets, header, date, target: Some(target) };
        self.local.end(arrived).await.map_err(Self::fault)?;
        self.done.new_octets = self.done.new_octets.saturating_add(octets);
        batch.add();
        Ok(Some(uid))
    }

    fn too_large(&self, octets: u64, told: &Told) -> Placement {
        let date: Option<Timestamp> = told.date.map(|date| date.timestamp);
        let state = PlacementState::Passed { octets_min: Some(octets), date };
        let listed_octets = told.octets;
        Placement { since: self.now, listed_octets, missing_since: None, state }
    }

    /// Makes durable what is whole.
    async fn settle(&mut self, batch: &mut Batch) -> Result<(), MirrorFault> {
        let Batch { notes, since, .. } = std::mem::replace(batch, Batch::new());
        if since.is_some() {
            self.commit(notes).await?;
        }
        Ok(())
    }
}
