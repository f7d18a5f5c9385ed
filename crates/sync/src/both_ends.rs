//! How much is here and how much is there, counted from what is known of each message.

use std::collections::HashMap;
use std::sync::Arc;

use mailbox::{
    Account, Error, MailboxId, MailboxState, Place, Placement, PlacementName, PlacementState,
    Refused, RemoteId, There,
};
use serde::{Deserialize, Serialize};

use crate::mirror::{UNSURE, noted_messages};

/// What an account here and the one elsewhere have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BothEnds {
    /// Messages here.
    pub here_messages: u64,
    /// Their octets.
    pub here_octets: u64,
    /// Messages that are here and there.
    pub both_messages: u64,
    /// Their octets.
    pub both_octets: u64,
    /// Messages there; none: not known.
    pub there_messages: Option<u64>,
    /// Their octets; none: not known.
    pub there_octets: Option<u64>,
}

/// Counts. Takes as long as there are messages: about a second for a million.
pub fn both_ends(account: &Account, remote: RemoteId) -> Result<BothEnds, Error> {
    let mut counting = Counting { account, states: HashMap::new(), known: Known::default() };
    let quota = account.quota()?;
    let mut after: Option<PlacementName> = None;
    loop {
        let some = account.placements_after(remote, after.as_ref())?;
        let Some((last, _)) = some.last() else { break };
        after = Some(last.clone());
        counting.take(remote, &some)?;
    }
    let known = counting.known;
    let there = match known.noted {
        // A maildrop has no notes: what is known of it is all there is.
        None => Some(known.there_messages),
        Some(noted) => noted,
    };
    Ok(BothEnds {
        here_messages: quota.messages,
        here_octets: quota.octets.0,
        both_messages: known.both_messages,
        both_octets: known.both_octets,
        there_messages: there,
        there_octets: known
            .there_octets
            .filter(|_| there.is_some_and(|there| there <= known.there_messages)),
    })
}

struct Counting<'a> {
    account: &'a Account,
    states: HashMap<MailboxId, Option<Arc<MailboxState>>>,
    known: Known,
}

struct Known {
    both_messages: u64,
    both_octets: u64,
    there_messages: u64,
    there_octets: Option<u64>,
    /// What the folders there had when all of each was here; none within: not all of them was.
    noted: Option<Option<u64>>,
}

impl Default for Known {
    fn default() -> Known {
        Known {
            both_messages: 0,
            both_octets: 0,
            there_messages: 0,
            there_octets: Some(0),
            noted: None,
        }
    }
}

impl Counting<'_> {
    fn take(&mut self, remote: RemoteId, some: &[(PlacementName, Placement)]) -> Result<(), Error> {
        let mut taken: Vec<PlacementName> = Vec::new();
        for (name, placement) in some {
            match &placement.state {
                PlacementState::Noted(_) => self.note(placement),
                PlacementState::Mirrored(mirrored) => {
                    let entry = match self.state(mirrored.mailbox)? {
                        Some(state) => state.entries.find(mirrored.uid),
                        None => None,
                    };
                    let listed = placement.listed_octets;
                    let octets = entry.map(|entry| u64::from(entry.octets));
                    self.known.there(listed.or(octets));
                    if let Some(octets) = octets {
                        self.known.both(octets);
                    }
                }
                PlacementState::Taken(it) if it.there == There::Gone => {}
                PlacementState::Taken(_) if placement.missing_since.is_none() => {
                    taken.push(name.clone());
                }
                PlacementState::Passed { octets_min, .. } if placement.missing_since.is_none() => {
                    self.known.there(placement.listed_octets.or(*octets_min));
                }
                PlacementState::Taken(_) | PlacementState::Passed { .. } => {}
            }
        }
        for placed in self.account.placements(remote, &taken)?.into_iter().flatten() {
            let octets = placed.placement.listed_octets;
            self.known.there(octets);
            if placed.place == Place::Here {
                self.known.both(octets.unwrap_or(0));
            }
        }
        Ok(())
    }

    fn note(&mut self, placement: &Placement) {
        let Some(messages) = noted_messages(placement) else { return };
        let known = (messages != UNSURE).then_some(u64::from(messages));
        let before = self.known.noted.unwrap_or(Some(0));
        self.known.noted =
            Some(before.zip(known).map(|(before, more)| before.saturating_add(more)));
    }

    /// The messages of a folder; none: there is no such folder.
    fn state(&mut self, folder: MailboxId) -> Result<Option<Arc<MailboxState>>, Error> {
        if let Some(state) = self.states.get(&folder) {
            return Ok(state.clone());
        }
        let state = match self.account.state(folder) {
            Ok(state) => Some(state),
            Err(Error::Refused(Refused::NoSuchMailbox | Refused::NotSelectable)) => None,
            Err(error) => return Err(error),
        };
        self.states.insert(folder, state.clone());
        Ok(state)
    }
}

impl Known {
    fn there(&mut self, octets: Option<u64>) {
        self.there_messages = self.there_messages.saturating_add(1);
        self.there_octets =
            self.there_octets.zip(octets).map(|(sum, more)| sum.saturating_add(more));
    }

    fn both(&mut self, octets: u64) {
        self.both_messages = self.both_messages.saturating_add(1);
        self.both_octets = self.both_octets.saturating_add(octets);
    }
}
