//! The scrub: all that is kept is read through slowly while the host works, so that damage is found before its owner
//! finds it. Where it stands, and what the last rounds found, is kept in the store, so that a restart goes on from there.

use std::collections::BTreeSet;

use bytes::Bytes;
use directory::People;
use mailbox::engine::{Batch, CommitError, Engine};
use mailbox::{BodyHash, Fault, Timestamp, keys};
use serde::{Deserialize, Serialize};
use store::{ScrubPlace, Store};

use super::naming::Naming;
use crate::answer::{FindingRow, Round};

/// `S c`: where the scrub stands.
const KEY: [u8; 2] = [keys::SETTINGS, b'c'];
/// So many faults are named in the log in one round.
const NAMED_MAX: u64 = 100;

/// How the scrub stands. Made by reading it, kept by `save`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Scrub {
    /// Where the round under way goes on; none: no round is under way.
    place: Option<String>,
    /// What it found so far.
    now: Round,
    /// The bodies among that.
    damaged: BTreeSet<String>,
    /// The last whole round.
    last: Option<Round>,
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrubbed {
    /// So many octets were read, and there are more.
    Read(u64),
    /// The round is over.
    Round,
}

/// Whether a key is the note of the scrub.
pub(super) fn is_note(key: &[u8]) -> bool {
    key == KEY
}

impl Scrub {
    /// Reads how the scrub stands.
    pub fn read(engine: &dyn Engine) -> Result<Scrub, Fault> {
        let value = engine.snapshot()?.get(&KEY)?;
        // What a later version wrote otherwise begins anew.
        Ok(value.and_then(|value| serde_json::from_slice(&value).ok()).unwrap_or_default())
    }

    /// Keeps how it stands.
    pub async fn save(&self, engine: &dyn Engine) -> Result<(), Fault> {
        let value = serde_json::to_vec(self);
        let value = value.map_err(|error| Fault::caused("the scrub cannot be noted", error))?;
        let puts = vec![(KEY.to_vec(), Bytes::from(value))];
        match engine.commit(Batch { puts, ..Batch::default() }).await {
            Ok(()) => Ok(()),
            Err(CommitError::Fault(fault)) => Err(fault),
            Err(error @ (CommitError::Conflict | CommitError::NoSpace)) => {
                Err(Fault::caused("the scrub cannot be noted", error))
            }
        }
    }

    /// The last whole round.
    pub fn last(&self) -> Option<&Round> {
        self.last.as_ref()
    }

    /// The round under way.
    pub fn now(&self) -> Option<&Round> {
        self.place.as_ref().map(|_| &self.now)
    }

    /// The bodies that were found damaged, by this round or, before it begins, by the last.
    pub(super) fn damaged(&self) -> impl Iterator<Item = &String> {
        self.damaged.iter()
    }

    /// Whether a step is to be done now, when a round comes each so many seconds.
    pub fn is_due(&self, now: Timestamp, every_s: i64) -> bool {
        let last = self.last.as_ref();
        let waited = |last: &Round| now.0.saturating_sub(last.began_s) >= every_s;
        // A clock that was set back must not put it off for ever.
        self.place.is_some() || last.is_none_or(|last| waited(last) || last.began_s > now.0)
    }

    /// Reads a bounded piece; begins a round if none is under way. Names in the log what is wrong. Waits for the disk.
    pub fn step(&mut self, store: &Store, people: &People) -> Result<Scrubbed, Fault> {
        let now = people.accounts().clock().now();
        let place = match self.place.as_deref().map(str::parse) {
            Some(Ok(place)) => place,
            Some(Err(_)) | None => {
                self.now = Round { began_s: now.0, ..Round::default() };
                self.damaged.clear();
                ScrubPlace::start()
            }
        };
        let done = store.scrub_step(&place)?;
        self.now.octets = self.now.octets.saturating_add(done.octets);
        let mut found = BTreeSet::new();
        for finding in &done.findings {
            match finding.body() {
                Some(hash) => found.extend(self.damaged.insert(hash.to_string()).then_some(hash)),
                None => {
                    self.now.faults = self.now.faults.saturating_add(1);
                    if self.now.faults <= NAMED_MAX {
                        tracing::error!(%finding, "the scrub found damage");
                    }
                }
            }
        }
        self.now.damaged = u64::try_from(self.damaged.len()).unwrap_or(u64::MAX);
        if !found.is_empty() {
            tell(&found, people)?;
        }
        self.place = done.next.map(|place| place.to_string());
        if self.place.is_some() {
            return Ok(Scrubbed::Read(done.octets));
        }
        self.now.ended_s = people.accounts().clock().now().0;
        let Round { octets, damaged, faults, .. } = self.now;
        tracing::info!(octets, damaged, faults, "the scrub has read everything");
        self.last = Some(std::mem::take(&mut self.now));
        Ok(Scrubbed::Round)
    }
}

/// Names in the log the messages whose octets are damaged, and has the doors know them.
fn tell(found: &BTreeSet<BodyHash>, people: &People) -> Result<(), Fault> {
    people.accounts().note_damaged(found);
    for row in Naming::new(people).messages(found)? {
        let FindingRow { user, mailbox, uid, date, from, subject, .. } = row;
        tracing::error!(
            user,
            mailbox,
            uid,
            date,
            from,
            subject,
            "the scrub found a damaged message"
        );
    }
    Ok(())
}
