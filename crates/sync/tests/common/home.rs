//! This end: an account in a store on a simulated disk.

use std::sync::Arc;

use mailbox::{Account, AccountId, Accounts, Door, Policy, SetClock, Timestamp, Who};
use store::sim::SimulatedDisk;
use store::{Options, Store};
use sync::{AccountMail, remote_id};

const ACCOUNT: AccountId = AccountId(7);

pub(crate) struct Home {
    pub(crate) disk: SimulatedDisk,
    pub(crate) accounts: Accounts,
    pub(crate) account: Account,
    pub(crate) now: Timestamp,
}

fn open(disk: &SimulatedDisk, now: Timestamp) -> Option<Accounts> {
    let store = Store::open(Arc::new(disk.clone()), Options::tiny()).ok()?;
    let policy = Policy { message_octets_max: 100_000, ..Policy::default() };
    Some(Accounts::new(Arc::new(store), Arc::new(SetClock::at(now)), policy))
}

impl Home {
    pub(crate) async fn new() -> Home {
        let (disk, now) = (SimulatedDisk::new(1), Timestamp(1_800_000_000));
        let accounts = open(&disk, now).unwrap();
        let account = accounts.create(ACCOUNT, &Who::at(Door::Sync)).await.unwrap();
        Home { disk, accounts, account, now }
    }

    /// As after the power went: what was not synced may be gone.
    pub(crate) fn restart(&mut self, seed: u64) {
        self.disk = self.disk.restart(seed);
        self.accounts = open(&self.disk, self.now).unwrap();
        self.account = self.accounts.open(ACCOUNT, Who::at(Door::Sync)).unwrap();
    }

    /// The account, for mail from there.
    pub(crate) fn local(&self, endpoint: &str) -> Option<AccountMail> {
        let remote = remote_id(&endpoint.parse().unwrap(), "ana");
        AccountMail::new(self.accounts.clone(), self.account.clone(), remote).ok()
    }

    /// The account's keys fit together, placements among them.
    pub(crate) fn is_sound(&self) {
        assert_eq!(self.account.check().unwrap().wrong, []);
        assert_eq!(self.accounts.check_references().unwrap(), Vec::<String>::new());
    }
}
