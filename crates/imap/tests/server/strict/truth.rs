//! What really was: an engine whose commits are seen some time before they are answered, as those of a disk are, and
//! which notes each state that a mailbox was ever in.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use conformance::Random;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot};
use mailbox::memory::MemoryEngine;
use mailbox::{
    AccountId, Accounts, BodyHash, Door, EmailId, Fault, Flags, Mailbox, MailboxId, MailboxState,
    Policy, SetClock, Timestamp, Who,
};

/// A mailbox at one moment.
pub(super) struct Version {
    pub(super) mailbox: Mailbox,
    pub(super) state: Arc<MailboxState>,
}

impl Version {
    /// Octets of what is marked `\Deleted`.
    pub(super) fn deleted_octets(&self) -> u64 {
        let deleted = self.state.entries.iter().filter(|e| e.flags.contains(Flags::DELETED));
        deleted.map(|entry| u64::from(entry.octets)).sum()
    }
}

/// A message between two of its changes.
pub(super) struct Message {
    pub(super) flags: BTreeSet<String>,
    pub(super) email: EmailId,
}

/// All that was so far.
#[derive(Default)]
pub(super) struct Past {
    /// By mailbox, oldest first.
    pub(super) versions: BTreeMap<MailboxId, Vec<Version>>,
    /// By mailbox and UID, then by mod-sequence.
    pub(super) messages: BTreeMap<(MailboxId, u32), BTreeMap<u64, Message>>,
    /// By mailbox, the latest version that some client was told of: nobody may be told an older one from then on.
    pub(super) told: BTreeMap<MailboxId, usize>,
}

impl Past {
    pub(super) fn last(&self, mailbox: MailboxId) -> &Version {
        self.versions[&mailbox].last().unwrap()
    }

    /// Takes note that a client was told a version.
    pub(super) fn tell(&mut self, mailbox: MailboxId, version: usize) {
        let told = self.told.entry(mailbox).or_default();
        *told = version.max(*told);
    }

    /// Takes note that a client was told a mod-sequence.
    pub(super) fn tell_modseq(&mut self, mailbox: MailboxId, modseq: u64) {
        let reaches = |version: &Version| version.state.highest_modseq.0 >= modseq;
        let version = self.versions[&mailbox].iter().position(reaches);
        self.tell(mailbox, version.expect("a mod-sequence that never was"));
    }
}

pub(super) fn names(state: &MailboxState, flags: Flags) -> BTreeSet<String> {
    let system = [
        (Flags::SEEN, "\\seen"),
        (Flags::ANSWERED, "\\answered"),
        (Flags::FLAGGED, "\\flagged"),
        (Flags::DELETED, "\\deleted"),
        (Flags::DRAFT, "\\draft"),
    ];
    let system = system.into_iter().filter(|(flag, _)| flags.contains(*flag));
    let keywords = state.keywords_of(flags).map(|keyword| keyword.as_str().to_lowercase());
    system.map(|(_, name)| name.to_owned()).chain(keywords).collect()
}

/// The engine.
pub(super) struct Staggered {
    kept: Arc<MemoryEngine>,
    random: Mutex<Random>,
    pub(super) past: Arc<Mutex<Past>>,
}

impl Staggered {
    pub(super) fn new(seed: u64) -> Staggered {
        let random = Mutex::new(Random::seeded(seed));
        Staggered { kept: Arc::new(MemoryEngine::new()), random, past: Arc::default() }
    }
}

/// Notes how the account is now, read anew from the engine.
fn note(kept: Arc<MemoryEngine>, past: &Mutex<Past>) {
    let clock = Arc::new(SetClock::at(Timestamp(0)));
    let accounts = Accounts::new(kept, clock, Policy::default());
    let Ok(account) = accounts.open(AccountId(1), Who::at(Door::Admin)) else { return };
    let mut past = past.lock().unwrap();
    for mailbox in account.mailboxes().unwrap().iter() {
        let state = account.state(mailbox.id).unwrap();
        let versions = past.versions.entry(mailbox.id).or_default();
        if versions.last().is_some_and(|last| last.mailbox == *mailbox) {
            continue;
        }
        versions.push(Version { mailbox: mailbox.clone(), state: Arc::clone(&state) });
        for entry in state.entries.iter() {
            let message = Message { flags: names(&state, entry.flags), email: entry.email };
            let changes = past.messages.entry((mailbox.id, entry.uid.number())).or_default();
            changes.entry(entry.modseq.0).or_insert(message);
        }
    }
}

async fn give_way(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

impl Engine for Staggered {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.kept.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        let (before, after) = {
            let mut random = self.random.lock().unwrap();
            (random.below(4), random.below(12))
        };
        let (kept, past) = (Arc::clone(&self.kept), Arc::clone(&self.past));
        Box::pin(async move {
            give_way(before).await;
            let done = kept.commit(batch).await;
            note(kept, &past);
            give_way(after).await;
            done
        })
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.kept.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        self.kept.body(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.kept.space_left_octets()
    }
}
