//! This end: an account in a store on a simulated disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use mailbox::{Account, AccountId, Accounts, Door, MailboxName, Policy, SetClock, Timestamp, Who};
use pop3::client::Client;
use pop3::client::pull::{Go, Progress, WithoutIds};
use sasl::{Binding, Credentials, Nonce, Secret, Security};
use store::sim::SimulatedDisk;
use store::{Options, Store};
use sync::companion::AtProvider;
use sync::{AccountMail, PullDone, Stream, Wanted, pulled, remote_id};

use crate::maildrop::{Cut, Shared};

const ACCOUNT: AccountId = AccountId(7);

pub(crate) struct Home {
    pub(crate) disk: SimulatedDisk,
    pub(crate) accounts: Accounts,
    pub(crate) account: Account,
    pub(crate) now: Timestamp,
}

pub(crate) fn wanted(at_provider: AtProvider) -> Wanted {
    Wanted { at_provider, octets_max: None, without_ids: WithoutIds::Remove }
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

    /// Pulls; none: it did not come to the login.
    pub(crate) async fn pull(&self, drop: &Shared, wanted: &Wanted, cut: Cut) -> Option<PullDone> {
        let stream: Box<dyn Stream> = Box::new(drop.connect(cut));
        let mut client = Client::begin(stream, Security::Tls).await.ok()?;
        let credentials = Credentials::password("ana", Secret::new("secret"));
        client.login(credentials, Nonce::from_random([5; 18]), Binding::Unable).await.ok()?;
        let remote = remote_id(&"pop3s://pop.example.org".parse().unwrap(), "ana");
        let local = AccountMail::new(self.accounts.clone(), self.account.clone(), remote).ok()?;
        let mut watch = |_: Progress| Go::On;
        Some(pulled(client, local, wanted, self.now, &mut watch).await.1)
    }

    /// The messages that are here, each with how often.
    pub(crate) fn mail(&self) -> BTreeMap<Vec<u8>, usize> {
        let mut mail = BTreeMap::new();
        let reader = self.account.reader().unwrap();
        for entry in self.state().entries.iter() {
            let email = reader.email(entry.email).unwrap().unwrap();
            let octets = self.account.body(&email, 0..u64::MAX).unwrap().to_vec();
            *mail.entry(octets).or_default() += 1;
        }
        mail
    }

    pub(crate) fn state(&self) -> Arc<mailbox::MailboxState> {
        let inbox = self.account.find(&MailboxName::inbox()).unwrap().unwrap().id;
        self.account.state(inbox).unwrap()
    }

    /// The account's keys fit together, placements among them.
    pub(crate) fn is_sound(&self) {
        assert_eq!(self.account.check().unwrap().wrong, []);
        assert_eq!(self.accounts.check_references().unwrap(), Vec::<String>::new());
    }
}
