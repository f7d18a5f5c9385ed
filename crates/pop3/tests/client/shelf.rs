//! A keeper in memory that can die: what it had not made durable is gone then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mailbox::Timestamp;
use pop3::client::Durable;
use pop3::client::pull::{
    Again, Arrival, Extent, HeaderHeld, Held, Here, Identity, Keeper, KeeperFault, Known, Passed,
    Print, Whole,
};

/// What is kept of a message.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) since: Timestamp,
    listed_octets: Option<u64>,
    header: Print,
    pub(crate) here: Here,
    body: Vec<u8>,
}

/// What a disk would hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelves {
    /// The mail, whatever becomes of it on the server.
    pub(crate) mail: Vec<Vec<u8>>,
    pub(crate) headers: Vec<Vec<u8>>,
    pub(crate) placed: BTreeMap<Identity, Placed>,
    pub(crate) passed: BTreeMap<Identity, Passed>,
    pub(crate) wanted: BTreeSet<Identity>,
    pub(crate) leaving: BTreeSet<Identity>,
}

pub(crate) struct Shelf {
    pub(crate) now: Timestamp,
    /// What it believes.
    pub(crate) working: Shelves,
    /// What is left when it dies.
    pub(crate) durable: Shelves,
    /// Once set, it answers nothing any more.
    pub(crate) dead: Arc<AtomicBool>,
    /// How many messages it takes before its disk is full.
    pub(crate) space: usize,
    /// What it took and cannot read any more.
    pub(crate) unreadable: BTreeSet<Identity>,
}

pub(crate) struct Incoming {
    extent: Extent,
    octets: Vec<u8>,
}

impl Shelf {
    pub(crate) fn new() -> Shelf {
        Shelf {
            now: Timestamp(1_700_000_000),
            working: Shelves::default(),
            durable: Shelves::default(),
            dead: Arc::new(AtomicBool::new(false)),
            space: usize::MAX,
            unreadable: BTreeSet::new(),
        }
    }

    /// Dies and is started again.
    pub(crate) fn crash(&mut self) {
        self.working = self.durable.clone();
        self.dead.store(false, Ordering::SeqCst);
    }

    /// The person deletes a message here.
    pub(crate) fn delete_here(&mut self, body: &[u8]) {
        for placed in self.working.placed.values_mut().filter(|placed| placed.body == body) {
            placed.here = Here::Deleted;
        }
        self.durable = self.working.clone();
    }

    fn alive(&self) -> Result<(), KeeperFault> {
        if self.dead.load(Ordering::SeqCst) { Err("the power is off".into()) } else { Ok(()) }
    }
}

impl Keeper for Shelf {
    type Incoming = Incoming;

    async fn known(&mut self, identities: &[Identity]) -> Result<Vec<Known>, KeeperFault> {
        self.alive()?;
        let known = |identity: &Identity| match self.working.placed.get(identity) {
            Some(placed) => Known::Held(Held {
                since: placed.since,
                listed_octets: placed.listed_octets,
                header: placed.header,
                here: placed.here,
                durable: Durable::vouched(),
            }),
            None if self.working.wanted.contains(identity) => Known::Wanted,
            None => match self.working.passed.get(identity) {
                Some(passed) => Known::Passed(*passed),
                None => Known::New,
            },
        };
        Ok(identities.iter().map(known).collect())
    }

    async fn asked_about_all(&mut self) -> Result<(), KeeperFault> {
        self.alive()
    }

    async fn begin(&mut self, arrival: &Arrival) -> Result<Incoming, KeeperFault> {
        self.alive()?;
        Ok(Incoming { extent: arrival.extent, octets: Vec::new() })
    }

    async fn write(&mut self, incoming: &mut Incoming, octets: &[u8]) -> Result<(), KeeperFault> {
        self.alive()?;
        incoming.octets.extend_from_slice(octets);
        Ok(())
    }

    async fn finish(
        &mut self,
        incoming: Incoming,
        identity: &Identity,
        whole: Whole,
    ) -> Result<(), KeeperFault> {
        self.alive()?;
        assert_eq!(whole.octets, incoming.octets.len() as u64);
        assert_eq!(whole.extent, incoming.extent);
        if whole.extent == Extent::Header {
            self.working.headers.push(incoming.octets);
            let passed = self.working.passed.entry(identity.clone()).or_default();
            passed.header = HeaderHeld::Yes;
            return Ok(());
        }
        let held = self.working.placed.get(identity);
        assert_eq!(held.is_some(), whole.again == Again::Yes, "fetched again without need");
        if held.is_none_or(|held| held.body != incoming.octets) {
            if self.working.mail.len() >= self.space {
                return Err("the disk is full".into());
            }
            self.working.mail.push(incoming.octets.clone());
        }
        let placed = Placed {
            since: self.now,
            listed_octets: whole.listed_octets,
            header: whole.header,
            here: Here::Kept,
            body: incoming.octets,
        };
        self.working.placed.insert(identity.clone(), placed);
        Ok(())
    }

    async fn settle(&mut self) -> Result<Durable, KeeperFault> {
        self.alive()?;
        self.durable = self.working.clone();
        Ok(Durable::vouched())
    }

    async fn pass(&mut self, identity: &Identity, passed: Passed) -> Result<(), KeeperFault> {
        self.alive()?;
        self.working.passed.insert(identity.clone(), passed);
        Ok(())
    }

    async fn resized(&mut self, identity: &Identity, octets: u64) -> Result<(), KeeperFault> {
        self.alive()?;
        self.working.placed.get_mut(identity).unwrap().listed_octets = Some(octets);
        Ok(())
    }

    async fn leaving(
        &mut self,
        identities: &[Identity],
    ) -> Result<Vec<Option<Durable>>, KeeperFault> {
        self.alive()?;
        for identity in identities {
            assert!(self.durable.placed.contains_key(identity), "removed before it is durable");
        }
        let word = |identity: &Identity| match self.unreadable.contains(identity) {
            true => None,
            false => Some(Durable::vouched()),
        };
        let words: Vec<_> = identities.iter().map(word).collect();
        let safe = identities.iter().zip(&words).filter(|(_, word)| word.is_some());
        self.working.leaving.extend(safe.map(|(identity, _)| identity.clone()));
        self.durable = self.working.clone();
        Ok(words)
    }

    async fn gone(&mut self, identities: &[Identity]) -> Result<(), KeeperFault> {
        self.alive()?;
        for identity in identities {
            assert!(self.working.leaving.remove(identity), "gone without having been told to");
            self.working.placed.remove(identity);
        }
        self.durable = self.working.clone();
        Ok(())
    }
}
