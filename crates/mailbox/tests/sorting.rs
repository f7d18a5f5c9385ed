//! Sorting and threading through an account: what is sorted by is kept, made where it is missing, and goes with the email.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use mailbox::engine::{Batch, Engine};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Direction, Door, Error, FlagNames, MailboxId, MailboxName,
    Policy, Refused, SetClock, SortField, SortKey, ThreadAlgorithm, Timestamp, Uid, UidSet, Who,
};

const ACCOUNT: AccountId = AccountId(1);

fn policy(hot_octets_max: usize) -> Policy {
    Policy { message_octets_max: 1 << 20, retention_s: 3600, hot_octets_max, ..Policy::default() }
}

struct World {
    engine: Arc<MemoryEngine>,
    clock: Arc<SetClock>,
    accounts: Accounts,
}

impl World {
    async fn new() -> World {
        let (engine, clock) =
            (Arc::new(MemoryEngine::new()), Arc::new(SetClock::at(Timestamp(1_700_000_000))));
        let accounts = Accounts::new(engine.clone(), clock.clone(), policy(64 << 20));
        accounts.create(ACCOUNT, &Who::at(Door::Imap)).await.unwrap();
        World { engine, clock, accounts }
    }

    /// As after a restart.
    fn opened_anew(&mut self, hot_octets_max: usize) -> (Account, MailboxId) {
        let (engine, clock) = (self.engine.clone(), self.clock.clone());
        self.accounts = Accounts::new(engine, clock, policy(hot_octets_max));
        self.account()
    }

    fn account(&self) -> (Account, MailboxId) {
        let account = self.accounts.open(ACCOUNT, Who::at(Door::Imap)).unwrap();
        let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
        (account, inbox)
    }

    async fn mail(&self, headers: impl IntoIterator<Item = String>) {
        let (account, inbox) = self.account();
        let mut messages = Vec::new();
        for header in headers {
            let mut incoming = self.accounts.receive();
            incoming.write(header.as_bytes()).await.unwrap();
            incoming.write(b"\r\n\r\ntext\r\n").await.unwrap();
            let received = incoming.finish().await.unwrap();
            let flags = FlagNames::default();
            messages.push(Append { received, flags, internal_date: None, uidl: None });
        }
        account.append(inbox, messages).await.unwrap();
    }

    /// The keys of what is sorted by.
    fn sort_keys(&self) -> Vec<Vec<u8>> {
        let mut keys = Vec::new();
        let (start, end) = (b"A\0\0\0\x01s\0".as_slice(), b"A\0\0\0\x01t".as_slice());
        self.engine
            .snapshot()
            .unwrap()
            .range(start..end, &mut |key, _| {
                keys.push(key.to_vec());
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        keys
    }

    /// Takes away what is sorted by, as a store has it that is older than that.
    async fn forget(&self, mut keys: Vec<Vec<u8>>) {
        // How far upkeep has got goes, too.
        keys.push(b"A\0\0\0\x01s".to_vec());
        self.forget_records(keys).await;
    }

    async fn forget_records(&self, keys: Vec<Vec<u8>>) {
        let batch = Batch { deletes: keys, ..Batch::default() };
        self.engine.commit(batch).await.unwrap();
    }
}

fn key(field: SortField) -> SortKey {
    SortKey { field, direction: Direction::Ascending }
}

async fn sorted(account: &Account, mailbox: MailboxId, field: SortField) -> Vec<u32> {
    let state = account.state(mailbox).unwrap();
    let all: Vec<u32> = (0..state.entries.len() as u32).collect();
    account.sort(&state, &all, &[key(field)]).await.unwrap()
}

fn uids(numbers: impl IntoIterator<Item = u32>) -> UidSet {
    numbers.into_iter().filter_map(Uid::new).collect()
}

#[tokio::test]
async fn what_is_missing_is_made_and_kept() {
    let mut world = World::new().await;
    let header = |n: u32| {
        format!(
            "Subject: Re: {}\r\nMessage-ID: <{n}@x>\r\nReferences: <{}@x>\r\nFrom: z{}@x",
            (n * 7) % 600,
            n / 2,
            n % 5
        )
    };
    world.mail((1..600).map(header)).await;
    let (account, inbox) = world.account();
    let by_subject = sorted(&account, inbox, SortField::Subject).await;
    let state = account.state(inbox).unwrap();
    let all: Vec<u32> = (0..599).collect();
    let threads = account.thread(&state, &all, ThreadAlgorithm::References).await.unwrap();
    assert!(threads.iter().any(|place| place.depth == 9), "the whole tree by references");
    let keys = world.sort_keys();
    assert_eq!(keys.len(), 599);
    for forgotten in [keys.clone(), keys.iter().step_by(3).cloned().collect(), keys[..1].to_vec()] {
        world.forget(forgotten).await;
        let (account, inbox) = world.opened_anew(64 << 20);
        assert_eq!(sorted(&account, inbox, SortField::Subject).await, by_subject);
        assert_eq!(world.sort_keys(), keys);
        let state = account.state(inbox).unwrap();
        let again = account.thread(&state, &all, ThreadAlgorithm::References).await.unwrap();
        assert_eq!(again, threads);
        assert_eq!(account.check().unwrap().wrong, []);
    }
    // The same for a few among many.
    world.forget(keys[5..9].to_vec()).await;
    let (account, inbox) = world.opened_anew(64 << 20);
    let state = account.state(inbox).unwrap();
    let few = account.sort(&state, &[3, 6, 7, 20], &[key(SortField::Subject)]).await.unwrap();
    let want: Vec<u32> =
        by_subject.iter().copied().filter(|index| [3, 6, 7, 20].contains(index)).collect();
    assert_eq!(few, want);
    assert_eq!(world.sort_keys().len(), 597, "what nobody asked for is not made");
}

#[tokio::test]
async fn it_goes_with_the_email_and_what_came_later_is_sorted_all_the_same() {
    let world = World::new().await;
    world.mail((0..50).map(|n| format!("Subject: {}", 90 - n))).await;
    let (account, inbox) = world.account();
    assert_eq!(sorted(&account, inbox, SortField::Subject).await[..2], [49, 48]);
    account.remove(inbox, &uids(11..=50)).await.unwrap();
    account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
    assert_eq!(world.sort_keys().len(), 10);
    world.mail((0..3).map(|n| format!("Subject: {}", 85 + n))).await;
    let order = sorted(&account, inbox, SortField::Subject).await;
    assert_eq!(order, [9, 8, 7, 6, 5, 10, 4, 11, 3, 12, 2, 1, 0]);
    assert_eq!(account.check().unwrap().wrong, []);
}

#[tokio::test]
async fn a_record_that_is_damaged_or_of_no_email_is_found_and_put_right() {
    let mut world = World::new().await;
    world.mail((0..5).map(|n| format!("Subject: {}", 5 - n))).await;
    let keys = world.sort_keys();
    let stray = b"A\0\0\0\x01s\0\0\0\0\0\0\0\x63".to_vec();
    let value = world.engine.snapshot().unwrap().get(&keys[0]).unwrap().unwrap();
    let puts = vec![(stray, value.clone()), (keys[2].clone(), value.slice(..9))];
    world.engine.commit(Batch { puts, ..Batch::default() }).await.unwrap();
    let wrong = world.accounts.check(ACCOUNT).unwrap().wrong;
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    let (account, inbox) = world.opened_anew(64 << 20);
    assert_eq!(sorted(&account, inbox, SortField::Subject).await, [4, 3, 2, 1, 0]);
    world.accounts.mend(ACCOUNT).await.unwrap();
    assert_eq!(world.accounts.check(ACCOUNT).unwrap().wrong, []);
    assert_eq!(world.sort_keys(), keys);
}

#[tokio::test]
async fn long_subjects_that_begin_alike_are_told_apart_by_their_ends() {
    let world = World::new().await;
    let long = "the same again and again ".repeat(80);
    let header = |n: u32| format!("Subject: {long}{}", (n * 37) % 101);
    world.mail((0..101).map(header)).await;
    let (account, inbox) = world.account();
    let order = sorted(&account, inbox, SortField::Subject).await;
    let mut want: Vec<(String, u32)> =
        (0..101).map(|n| (((n * 37) % 101).to_string(), n)).collect();
    want.sort();
    assert_eq!(order, want.into_iter().map(|(_, index)| index).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_it_takes_of_the_memory_is_bounded_and_given_back() {
    let mut world = World::new().await;
    world.mail((0..3_000).map(|n| format!("Subject: {}{n}", "x".repeat(100)))).await;
    let (account, inbox) = world.opened_anew(680 << 10);
    let state = account.state(inbox).unwrap();
    let all: Vec<u32> = (0..3_000).collect();
    let refused = account.sort(&state, &all, &[key(SortField::Subject)]).await;
    assert!(matches!(refused, Err(Error::Refused(Refused::NoMemory))));
    let by_size = account.sort(&state, &all, &[key(SortField::Size)]).await.unwrap();
    assert_eq!(by_size.len(), 3_000, "which needs none of it");
    let (account, inbox) = world.opened_anew(1 << 20);
    assert_eq!(sorted(&account, inbox, SortField::Date).await, all);
    assert_eq!(account.check().unwrap().wrong, []);
}

#[tokio::test]
async fn upkeep_makes_what_is_missing_before_anybody_sorts() {
    let mut world = World::new().await;
    world.mail((1..400).map(|n| format!("Subject: {}\r\nMessage-ID: <{n}@x>", n % 17))).await;
    let all = world.sort_keys();
    assert_eq!(all.len(), 399);
    for missing in [all.clone(), all[..100].to_vec(), all[50..60].to_vec(), all[398..].to_vec()] {
        let count = missing.len() as u64;
        world.forget(missing).await;
        let (account, inbox) = world.opened_anew(64 << 20);
        assert_eq!(world.accounts.upkeep(ACCOUNT).await.unwrap().sort_records, count);
        assert_eq!(world.sort_keys(), all);
        assert_eq!(world.accounts.check(ACCOUNT).unwrap().wrong, []);
        // Once it has been through it does not look again.
        world.forget_records(all[..1].to_vec()).await;
        assert_eq!(world.accounts.upkeep(ACCOUNT).await.unwrap().sort_records, 0);
        assert_eq!(sorted(&account, inbox, SortField::Subject).await.len(), 399);
        assert_eq!(world.sort_keys(), all);
    }
}
