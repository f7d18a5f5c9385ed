//! Mail of three people in memory, for tests of doors.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Door, FlagNames, MailboxId, Policy, SetClock, Uid, UidSet, Who,
};

use crate::fallible::FallibleEngine;
use crate::{BEGINNING, id_of};

/// The accounts 1, 2 and 3 on an engine that can be told to fail. The first one is Ana's.
pub struct MemoryMail {
    /// All of them.
    pub accounts: Accounts,
    /// What keeps them.
    pub engine: Arc<FallibleEngine>,
    /// What time it is for them.
    pub clock: Arc<SetClock>,
    /// Ana's account, as another door sees it than the one under test.
    pub ana: Account,
}

impl MemoryMail {
    /// New accounts; `other` is the door by which Ana's mail changes meanwhile.
    pub async fn new(policy: Policy, other: Door) -> MemoryMail {
        let engine = Arc::new(FallibleEngine::new());
        let clock = Arc::new(SetClock::at(BEGINNING));
        let kept_by: Arc<dyn Engine> = Arc::<FallibleEngine>::clone(&engine);
        let told_by: Arc<SetClock> = Arc::clone(&clock);
        let accounts = Accounts::new(kept_by, told_by, policy);
        for id in 1..=3 {
            accounts.create(AccountId(id), &Who::at(Door::Admin)).await.unwrap();
        }
        let ana = accounts.open(AccountId(1), Who::at(other)).unwrap();
        MemoryMail { accounts, engine, clock, ana }
    }

    /// A mailbox of Ana's.
    pub fn mailbox(&self, name: &str) -> MailboxId {
        id_of(&self.ana, name)
    }

    /// Ana's Inbox.
    pub fn inbox(&self) -> MailboxId {
        self.mailbox("INBOX")
    }

    /// Puts a message into Ana's Inbox.
    pub async fn mail(&self, text: &[u8]) {
        let mut incoming = self.accounts.receive();
        incoming.write(text).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let append =
            Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
        self.ana.append(self.inbox(), vec![append]).await.unwrap();
    }

    /// Damages the body of a message in the Inbox: `UID`, or `UID after OCTETS`.
    pub fn damage(&self, what: &str) {
        let (uid, from) = what.split_once(" after ").unwrap_or((what, "0"));
        let from = from.parse().unwrap();
        let uid = Uid::new(uid.parse().unwrap()).unwrap();
        let state = self.ana.state(self.inbox()).unwrap();
        let entry = state.entries.iter().find(|entry| entry.uid == uid).unwrap();
        let email = self.ana.reader().unwrap().email(entry.email).unwrap().unwrap();
        self.engine.damaged.lock().unwrap().insert(email.hash, from);
    }

    /// The UIDs of a mailbox, as the engine has them.
    pub fn uids(&self, name: &str) -> UidSet {
        let state = self.ana.state(self.mailbox(name)).unwrap();
        state.entries.iter().map(|entry| entry.uid).collect()
    }
}

/// Reads `1,3:4`; nothing is the empty set.
pub fn uid_set(text: &str) -> UidSet {
    let uid = |text: &str| Uid::new(text.parse().unwrap()).unwrap();
    let ranges = text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        (uid(first), uid(last))
    });
    UidSet::from_ranges(ranges.collect::<Vec<_>>())
}
