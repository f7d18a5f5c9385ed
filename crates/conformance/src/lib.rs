//! What every engine must pass: the port by itself, the gate over it, and random lives of an account beside a plain
//! model. An engine's own tests call `run`; each part makes as many fresh engines as it needs. What fails panics.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a suite of tests; it runs in nobody's product"
)]

mod accounts;
mod delayed;
mod emails;
mod engines;
mod fallible;
mod lives;
mod memory_mail;
mod model;
mod pop3;
mod random;

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Door, FlagNames, MailboxId, MailboxName, Policy, Pop3Policy,
    SetClock, Timestamp, Uid, UidSet, Who,
};

pub use accounts::run as accounts;
pub use delayed::{DelayedEngine, ReadCounts};
pub use engines::run as engines;
pub use fallible::FallibleEngine;
pub use lives::{Lives, run as lives};
pub use memory_mail::{MemoryMail, uid_set};
pub use pop3::run as pop3;
pub use random::Random;

/// When the clock stands at the beginning of each test.
const BEGINNING: Timestamp = Timestamp(1_700_000_000);

/// Runs all of it, with as many random lives as fit a plain test run.
pub async fn run(make: impl Fn() -> Arc<dyn Engine>) {
    engines(&make).await;
    accounts(&make).await;
    pop3(&make).await;
    lives(&make, Lives { seed: 1, count: 50, steps: 100 }).await;
}

/// An engine with its accounts, for one test.
struct Bench {
    engine: Arc<dyn Engine>,
    clock: Arc<SetClock>,
    accounts: Accounts,
}

impl Bench {
    fn new(engine: Arc<dyn Engine>) -> Bench {
        let clock = Arc::new(SetClock::at(BEGINNING));
        let accounts = open(&engine, &clock);
        Bench { engine, clock, accounts }
    }

    /// As after a restart: nothing is left but what the engine keeps.
    fn restart(&mut self) {
        self.accounts = open(&self.engine, &self.clock);
    }

    /// The same accounts, as nobody has them in memory.
    fn beside(&self) -> Accounts {
        open(&self.engine, &self.clock)
    }

    async fn account(&self) -> Account {
        self.accounts.create(AccountId(7), &Who::at(Door::Imap)).await.unwrap()
    }

    async fn message(&self, text: &str) -> Append {
        let mut incoming = self.accounts.receive();
        for piece in text.as_bytes().chunks(1_000) {
            incoming.write(piece).await.unwrap();
        }
        let received = incoming.finish().await.unwrap();
        Append { received, flags: FlagNames::default(), internal_date: None, uidl: None }
    }
}

fn open(engine: &Arc<dyn Engine>, clock: &Arc<SetClock>) -> Accounts {
    let policy = Policy {
        message_octets_max: 10 << 20,
        retention_s: 3_600,
        hot_octets_max: 256 << 10,
        pop3: Pop3Policy::default(),
        ..Policy::default()
    };
    let clock: Arc<SetClock> = Arc::clone(clock);
    Accounts::new(Arc::clone(engine), clock, policy)
}

fn name(text: &str) -> MailboxName {
    MailboxName::new(text).unwrap()
}

fn id_of(account: &Account, text: &str) -> MailboxId {
    account.find(&name(text)).unwrap().unwrap().id
}

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn uids(numbers: impl IntoIterator<Item = u32>) -> UidSet {
    numbers.into_iter().map(uid).collect()
}

/// Nothing may be wrong with an account, nor with the references to bodies.
fn sound(accounts: &Accounts, account: &Account) {
    let checked = account.check().unwrap();
    assert_eq!(checked.wrong, []);
    assert_eq!(accounts.check_references().unwrap(), Vec::<String>::new());
}
