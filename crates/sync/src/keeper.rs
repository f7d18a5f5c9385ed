//! Takes what a POP3 server has into the account here, and remembers where it was.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use mailbox::{Place, Placed, PlacementName, PlacementNote, PlacementState, There, Timestamp};
use mailbox::{Placement, Taken};
use pop3::client::Durable;
use pop3::client::pull::{
    Arrival, Extent, HeaderHeld, Held, Here, Identity, Keeper, KeeperFault, Known, Passed, Print,
    Whole,
};
use tokio::time::Instant;

use crate::limits::{MISSING_S, SETTLE_MS};
use crate::local::{Arrived, LocalMail};

/// Takes what a POP3 server has into the account here.
pub struct MailKeeper<L> {
    local: L,
    now: Timestamp,
    /// Whether a message was begun and neither ended nor abandoned.
    is_open: bool,
    notes: Vec<PlacementNote>,
    /// Since when something waits to be made durable.
    waits_since: Option<Instant>,
    /// What was asked about, and how it is known again.
    asked: HashSet<u64>,
    hashing: RandomState,
    appended: u64,
}

/// A message on its way in. Only one is at a time.
pub struct OnItsWay(());

impl<L: LocalMail> MailKeeper<L> {
    /// Keeps mail in an account; `now` is the time.
    pub fn new(local: L, now: Timestamp) -> MailKeeper<L> {
        MailKeeper {
            local,
            now,
            is_open: false,
            notes: Vec::new(),
            waits_since: None,
            asked: HashSet::new(),
            hashing: RandomState::new(),
            appended: 0,
        }
    }

    /// Gives the account back, and how many messages are new in it.
    pub fn into_local(self) -> (L, u64) {
        (self.local, self.appended)
    }

    fn note(&mut self, name: PlacementName, placement: Placement) {
        self.notes.push((name, Some(placement)));
        self.waits_since.get_or_insert_with(Instant::now);
    }

    async fn close(&mut self) -> Result<(), KeeperFault> {
        if std::mem::take(&mut self.is_open) {
            self.local.abandon().await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), KeeperFault> {
        if self.waits_since.take().is_some() {
            let notes = std::mem::take(&mut self.notes);
            let appended = self.local.commit(notes).await?;
            self.appended = self.appended.saturating_add(appended);
        }
        Ok(())
    }

    async fn placed(
        &mut self,
        identities: &[Identity],
    ) -> Result<Vec<(PlacementName, Option<Placed>)>, KeeperFault> {
        let names = identities.iter().map(name_of).collect::<Result<Vec<_>, _>>()?;
        let placed = self.local.placements(&names).await?;
        if placed.len() != names.len() {
            return Err("the account answered for other messages than asked".into());
        }
        Ok(names.into_iter().zip(placed).collect())
    }

    /// Notes of messages that were taken what is being done with them there.
    async fn are(&mut self, names: &[PlacementName], there: There) -> Result<(), KeeperFault> {
        let placed = self.local.placements(names).await?;
        for (name, placed) in names.iter().zip(placed) {
            let Some(Placed { mut placement, .. }) = placed else { continue };
            if let PlacementState::Taken(taken) = &mut placement.state {
                taken.there = there;
                placement.missing_since = (there == There::Gone).then_some(self.now);
                self.note(name.clone(), placement);
            }
        }
        self.commit().await
    }
}

impl<L: LocalMail> Keeper for MailKeeper<L> {
    type Incoming = OnItsWay;

    async fn known(&mut self, identities: &[Identity]) -> Result<Vec<Known>, KeeperFault> {
        let mut known = Vec::with_capacity(identities.len());
        for (name, placed) in self.placed(identities).await? {
            self.asked.insert(self.hashing.hash_one(&name));
            let Some(placed) = placed else {
                known.push(Known::New);
                continue;
            };
            let is_gone = is_gone(&placed.placement);
            known.push(known_of(&placed));
            if !is_gone && placed.placement.missing_since.is_some() {
                self.note(name, Placement { missing_since: None, ..placed.placement });
            }
        }
        Ok(known)
    }

    async fn asked_about_all(&mut self) -> Result<(), KeeperFault> {
        let mut after = None;
        loop {
            let some = self.local.placements_after(after.as_ref()).await?;
            let Some((last, _)) = some.last() else { break };
            after = Some(last.clone());
            for (name, placement) in some {
                if self.asked.contains(&self.hashing.hash_one(&name)) {
                    continue;
                }
                match placement.missing_since {
                    None => {
                        let missing_since = Some(self.now);
                        self.note(name, Placement { missing_since, ..placement });
                    }
                    Some(since) if self.now.0.saturating_sub(since.0) > MISSING_S => {
                        self.notes.push((name, None));
                        self.waits_since.get_or_insert_with(Instant::now);
                    }
                    Some(_) => {}
                }
            }
            self.commit().await?;
        }
        Ok(())
    }

    async fn begin(&mut self, _: &Arrival) -> Result<OnItsWay, KeeperFault> {
        self.close().await?;
        self.local.begin().await?;
        self.is_open = true;
        Ok(OnItsWay(()))
    }

    async fn write(&mut self, _: &mut OnItsWay, octets: &[u8]) -> Result<(), KeeperFault> {
        Ok(self.local.write(octets).await?)
    }

    async fn finish(
        &mut self,
        _: OnItsWay,
        identity: &Identity,
        whole: Whole,
    ) -> Result<(), KeeperFault> {
        if whole.extent == Extent::Header {
            return Err("a header alone cannot be kept".into());
        }
        self.is_open = false;
        let Whole { listed_octets, header: Print(header), date, .. } = whole;
        let name = name_of(identity)?;
        let target = None;
        self.local.end(Arrived { name, listed_octets, header, date, target }).await?;
        let since = *self.waits_since.get_or_insert_with(Instant::now);
        // A slow line does not keep what has come from being safe.
        if since.elapsed() >= Duration::from_millis(SETTLE_MS) {
            self.commit().await?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<Durable, KeeperFault> {
        self.close().await?;
        self.commit().await?;
        Ok(Durable::vouched())
    }

    async fn pass(&mut self, identity: &Identity, passed: Passed) -> Result<(), KeeperFault> {
        let state = PlacementState::Passed { octets_min: passed.octets_min, date: passed.date };
        let placement =
            Placement { since: self.now, listed_octets: None, missing_since: None, state };
        self.note(name_of(identity)?, placement);
        Ok(())
    }

    async fn resized(&mut self, identity: &Identity, octets: u64) -> Result<(), KeeperFault> {
        let name = name_of(identity)?;
        let placed = self.local.placements(std::slice::from_ref(&name)).await?;
        let Some(Some(Placed { mut placement, .. })) = placed.into_iter().next() else {
            return Ok(());
        };
        placement.listed_octets = Some(octets);
        placement.missing_since = None;
        if let PlacementState::Taken(taken) = &mut placement.state {
            taken.there = There::Stays;
        }
        self.note(name, placement);
        Ok(())
    }

    async fn leaving(
        &mut self,
        identities: &[Identity],
    ) -> Result<Vec<Option<Durable>>, KeeperFault> {
        let names = identities.iter().map(name_of).collect::<Result<Vec<_>, _>>()?;
        let whole = self.local.whole(&names).await?;
        if whole.len() != names.len() {
            return Err("the account answered for other messages than asked".into());
        }
        let safe = names.iter().zip(&whole).filter(|(_, whole)| **whole);
        let safe: Vec<_> = safe.map(|(name, _)| name.clone()).collect();
        self.are(&safe, There::Leaving).await?;
        Ok(whole.into_iter().map(|whole| whole.then(Durable::vouched)).collect())
    }

    async fn gone(&mut self, identities: &[Identity]) -> Result<(), KeeperFault> {
        let names = identities.iter().map(name_of).collect::<Result<Vec<_>, _>>()?;
        self.are(&names, There::Gone).await
    }
}

fn name_of(identity: &Identity) -> Result<PlacementName, KeeperFault> {
    PlacementName::new(&identity.key()).ok_or_else(|| "the name of a message is too long".into())
}

fn is_gone(placement: &Placement) -> bool {
    matches!(placement.state, PlacementState::Taken(Taken { there: There::Gone, .. }))
}

fn known_of(placed: &Placed) -> Known {
    match &placed.placement.state {
        // No maildrop has such.
        PlacementState::Mirrored(_) | PlacementState::Noted(_) => Known::New,
        PlacementState::Passed { octets_min, date } => {
            let (octets_min, date) = (*octets_min, *date);
            Known::Passed(Passed { octets_min, date, header: HeaderHeld::No })
        }
        PlacementState::Taken(taken) => Known::Held(Held {
            since: placed.placement.since,
            // The server has said that this one is gone. If it is listed all the same, it may be another message under
            // the same id: no size is right, so its header is compared.
            listed_octets: match taken.there {
                There::Gone => Some(u64::MAX),
                There::Stays | There::Leaving => placed.placement.listed_octets,
            },
            header: Print(taken.header),
            here: match placed.place {
                Place::Here => Here::Kept,
                Place::Deleted => Here::Deleted,
            },
            durable: Durable::vouched(),
        }),
    }
}
