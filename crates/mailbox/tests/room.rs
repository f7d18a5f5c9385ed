//! Room is bounded: what is retained, how many messages there are, how long changes are remembered. And it is there when it
//! is needed to delete.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests may be blunt"
)]

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot};
use mailbox::memory::MemoryEngine;
use mailbox::operations::{Append, Store};
use mailbox::{
    Account, AccountId, Accounts, BodyHash, Door, Error, Fault, FlagMode, FlagNames, Flags,
    MailboxId, MailboxName, ModSeq, Policy, QuotaResource, Refused, SetClock, Timestamp, Uid,
    UidSet, Who,
};

const BEGINNING: i64 = 1_700_000_000;

struct World {
    accounts: Accounts,
    clock: Arc<SetClock>,
}

fn world_on(engine: Arc<dyn Engine>, policy: Policy) -> World {
    let clock = Arc::new(SetClock::at(Timestamp(BEGINNING)));
    let accounts = Accounts::new(engine, Arc::<SetClock>::clone(&clock), policy);
    World { accounts, clock }
}

fn world(policy: Policy) -> World {
    world_on(Arc::new(MemoryEngine::new()), policy)
}

impl World {
    async fn account(&self, number: u32) -> Account {
        self.accounts.create(AccountId(number), &Who::at(Door::Imap)).await.unwrap()
    }

    fn after(&self, seconds: i64) {
        self.clock.set(Timestamp(BEGINNING + seconds));
    }

    async fn append(&self, account: &Account, subject: &str, octets: usize) -> Result<(), Error> {
        let mut incoming = self.accounts.receive();
        let text = format!("Subject: {subject}\r\n\r\n");
        incoming.write(text.as_bytes()).await.unwrap();
        incoming.write(&vec![b'x'; octets - text.len()]).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let flags = FlagNames { system: Flags::DELETED, keywords: vec![] };
        let append = Append { received, flags, internal_date: None, uidl: None };
        account.append(inbox(account), vec![append]).await.map(|_| ())
    }
}

fn inbox(account: &Account) -> MailboxId {
    account.find(&MailboxName::inbox()).unwrap().unwrap().id
}

fn trash(account: &Account) -> MailboxId {
    account.find(&MailboxName::new("Trash").unwrap()).unwrap().unwrap().id
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Refused {
    match result {
        Err(Error::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

fn sound(world: &World, account: &Account) {
    assert_eq!(account.check().unwrap().wrong, []);
    assert_eq!(world.accounts.check_references().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_appends_and_expunges_retain_is_bounded_by_the_quota() {
    let world = world(Policy::default());
    let account = world.account(1).await;
    account.set_quota(Some(1 << 20), None).await.unwrap();
    for number in 0..40 {
        world.append(&account, &format!("{number}"), 100 << 10).await.unwrap();
        account.expunge(inbox(&account), None).await.unwrap();
    }
    let groups = account.retained(100).unwrap();
    // 1 MB holds ten of them, and they are the last ten.
    assert_eq!(groups.len(), 10);
    assert_eq!(groups[0].entries[0].uid.number(), 40);
    assert_eq!(account.retained_use().unwrap().octets.0, 10 * (100 << 10));
    // Opened anew, the account goes on counting where it was.
    world.append(&account, "one more", 100 << 10).await.unwrap();
    let again = Accounts::new(
        Arc::clone(world.accounts.engine()),
        Arc::clone(world.accounts.clock()),
        Policy::default(),
    );
    let account = again.open(AccountId(1), Who::at(Door::Imap)).unwrap();
    account.expunge(inbox(&account), None).await.unwrap();
    assert_eq!(account.retained(100).unwrap().len(), 10);
    let back = account.retained(1).unwrap()[0].modseq;
    account.bring_back(back, None).await.unwrap();
    assert_eq!(account.retained_use().unwrap().messages, 9);
    sound(&world, &account);
}

#[tokio::test]
async fn a_part_of_what_one_expunge_took_goes_when_all_of_it_is_too_much() {
    let policy = Policy { retained_octets_max: Some(250_000), ..Policy::default() };
    let world = world(policy);
    let account = world.account(1).await;
    for number in 0..5 {
        world.append(&account, &format!("{number}"), 100_000).await.unwrap();
    }
    account.expunge(inbox(&account), None).await.unwrap();
    let groups = account.retained(9).unwrap();
    let left: Vec<u32> = groups[0].entries.iter().map(|entry| entry.uid.number()).collect();
    assert_eq!(left, [4, 5]);
    account.delete_mailbox(trash(&account)).await.unwrap();
    sound(&world, &account);
}

#[tokio::test]
async fn to_make_room_the_oldest_of_all_accounts_goes_first() {
    let world = world(Policy::default());
    let mut all = Vec::new();
    for number in 1..=3 {
        all.push(world.account(number).await);
    }
    const DAY: i64 = 86_400;
    for (day, index) in [(0, 1), (1, 0), (2, 2), (3, 1), (4, 0)] {
        world.after(day * DAY);
        world.append(&all[index], &format!("day {day}"), 10_000).await.unwrap();
        all[index].expunge(inbox(&all[index]), None).await.unwrap();
    }
    let left =
        || -> Vec<usize> { all.iter().map(|account| account.retained(9).unwrap().len()).collect() };
    assert_eq!(left(), [2, 2, 1]);
    for (octets, want) in [(1, [2, 1, 1]), (15_000, [1, 1, 0]), (u64::MAX, [0, 0, 0])] {
        world.accounts.drop_oldest_retained(octets).await.unwrap();
        assert_eq!(left(), want, "{octets}");
    }
    all.iter().for_each(|account| sound(&world, account));
}

#[tokio::test]
async fn upkeep_drops_what_is_due_and_opens_nothing_else() {
    let world = world(Policy { retention_s: 1_000, ..Policy::default() });
    let account = world.account(1).await;
    world.append(&account, "old", 1_000).await.unwrap();
    account.expunge(inbox(&account), None).await.unwrap();
    world.after(500);
    world.append(&account, "new", 1_000).await.unwrap();
    account.expunge(inbox(&account), None).await.unwrap();
    for (after, dropped, left) in [(1_000, 0, 2), (1_100, 1, 1), (1_200, 0, 1), (1_600, 1, 0)] {
        world.after(after);
        let upkept = world.accounts.upkeep(AccountId(1)).await.unwrap();
        assert_eq!(upkept.dropped.messages, dropped, "after {after} s");
        assert_eq!(account.retained(9).unwrap().len(), left, "after {after} s");
    }
}

/// Copies the mailbox onto itself until it is refused.
async fn double(account: &Account, id: MailboxId) -> Refused {
    for _ in 0..25 {
        let before = account.state(id).unwrap();
        match account.copy(id, &UidSet::all(), id).await {
            Ok(copied) => assert_eq!(copied.pairs.len(), before.entries.len()),
            Err(Error::Refused(refused)) => {
                let after = account.state(id).unwrap();
                assert_eq!(after.entries.len(), before.entries.len(), "nothing may change");
                assert_eq!(after.highest_modseq, before.highest_modseq);
                return refused;
            }
            Err(Error::Fault(fault)) => panic!("{fault}"),
        }
    }
    panic!("no limit was met")
}

#[tokio::test]
async fn a_message_copied_onto_itself_meets_the_limit_of_a_mailbox() {
    let world = world(Policy { messages_per_mailbox_max: 3_000, ..Policy::default() });
    let account = world.account(1).await;
    world.append(&account, "tiny", 100).await.unwrap();
    let limit = Refused::TooMany { what: "messages in a mailbox", max: 3_000 };
    assert_eq!(double(&account, inbox(&account)).await, limit);
    let (from, to) = (inbox(&account), trash(&account));
    account.copy(from, &UidSet::all(), to).await.unwrap();
    // Nor does moving fill a mailbox beyond it.
    assert_eq!(refused(account.r#move(from, &UidSet::all(), to).await), limit);
    sound(&world, &account);
}

/// 1 MiB of memory: half of it is what one account may have, which is some 13,000 entries.
#[tokio::test]
async fn what_needs_more_memory_than_there_is_is_refused_whole() {
    let world = world(Policy { hot_octets_max: 1 << 20, ..Policy::default() });
    let account = world.account(1).await;
    world.append(&account, "tiny", 100).await.unwrap();
    assert_eq!(double(&account, inbox(&account)).await, Refused::NoMemory);
    let there = account.state(inbox(&account)).unwrap().entries.len();
    assert_eq!(there, 8_192);
    // Others have theirs.
    let other = world.account(2).await;
    world.append(&other, "tiny", 100).await.unwrap();
    assert_eq!(double(&other, inbox(&other)).await, Refused::NoMemory);
    assert_eq!(other.state(inbox(&other)).unwrap().entries.len(), there);
    // One mailbox after another can be looked at, and deleted.
    for mailbox in [trash(&account), inbox(&account), inbox(&account)] {
        account.copy(inbox(&account), &UidSet::from_iter([Uid::MIN]), mailbox).await.unwrap();
    }
    account.expunge(inbox(&account), None).await.unwrap();
    assert!(account.state(inbox(&account)).unwrap().entries.is_empty());
    sound(&world, &account);
}

#[tokio::test]
async fn what_sessions_hold_of_earlier_states_counts_until_they_let_go_of_it() {
    let world = world(Policy { hot_octets_max: 1 << 20, ..Policy::default() });
    let account = world.account(1).await;
    world.append(&account, "tiny", 100).await.unwrap();
    for _ in 0..12 {
        account.copy(inbox(&account), &UidSet::all(), inbox(&account)).await.unwrap();
    }
    let pressed = account.pressed();
    let mark = async |mode| {
        let flags = FlagNames { system: Flags::SEEN, keywords: vec![] };
        let change = Store { uids: UidSet::all(), mode, flags, unchanged_since: None };
        account.store(inbox(&account), change).await
    };
    let mut held = vec![account.state(inbox(&account)).unwrap()];
    let refusal = loop {
        assert!(held.len() < 12, "12 states of 170 kB are more than 1 MiB");
        let mode = if held.len() % 2 == 1 { FlagMode::Add } else { FlagMode::Remove };
        let marked = mark(mode).await;
        match marked.and_then(|_| account.state(inbox(&account))) {
            Ok(state) => held.push(state),
            Err(error) => break refused::<()>(Err(error)),
        }
    };
    assert_eq!(refusal, Refused::NoMemory);
    assert!(pressed.has_changed().unwrap(), "sessions hear that they hold too much");
    assert!(!account.is_present(&held[0]));
    held.clear();
    mark(FlagMode::Replace).await.unwrap();
    assert!(account.is_present(&account.state(inbox(&account)).unwrap()));
    sound(&world, &account);
}

#[tokio::test]
async fn an_account_has_a_limit_of_its_own() {
    let world = world(Policy { messages_per_account_max: 1_000, ..Policy::default() });
    let account = world.account(1).await;
    world.append(&account, "tiny", 100).await.unwrap();
    let limit = Refused::TooMany { what: "messages in an account", max: 1_000 };
    assert_eq!(double(&account, inbox(&account)).await, limit);
}

#[tokio::test]
async fn a_full_account_is_emptied_by_copying_to_trash() {
    let world = world(Policy::default());
    let account = world.account(1).await;
    account.set_quota(Some(100_000), Some(10)).await.unwrap();
    for number in 0..10 {
        world.append(&account, &format!("{number}"), 10_000).await.unwrap();
    }
    let full = Refused::OverQuota(QuotaResource::Storage);
    let (from, to) = (inbox(&account), trash(&account));
    assert_eq!(refused(world.append(&account, "more", 100).await), full);
    assert_eq!(refused(account.copy(from, &UidSet::all(), from).await), full);
    assert_eq!(account.copy(from, &UidSet::all(), to).await.unwrap().pairs.len(), 10);
    // As much again as the quota, and no more.
    assert_eq!(refused(account.copy(from, &UidSet::all(), to).await), full);
    assert_eq!(refused(world.append(&account, "more", 100).await), full);
    account.expunge(from, None).await.unwrap();
    account.expunge(to, None).await.unwrap();
    world.append(&account, "more", 100).await.unwrap();
    sound(&world, &account);
}

#[tokio::test]
async fn changes_are_forgotten_by_number_and_by_age_and_old_clients_get_whole_listings() {
    let policy = Policy { changes_max: 50, changes_s: 10 * 86_400, ..Policy::default() };
    let world = world(policy);
    let account = world.account(1).await;
    let since = account.state(inbox(&account)).unwrap().highest_modseq;
    for number in 0..100 {
        world.append(&account, &format!("{number}"), 100).await.unwrap();
        account.expunge(inbox(&account), None).await.unwrap();
    }
    world.append(&account, "stays", 100).await.unwrap();
    world.accounts.upkeep(AccountId(1)).await.unwrap();
    let lines = account.changes_since(ModSeq(0), 1_000).unwrap();
    assert_eq!(lines.len(), 50);
    assert_eq!(account.log_floor().0, lines[0].modseq.0 - 1);
    // RFC 7162, 3.2.5.2: what is not remembered is told as if all had vanished that is not there.
    let vanished = account.vanished(&account.state(inbox(&account)).unwrap(), since, None).unwrap();
    assert_eq!(vanished.ranges().len(), 1);
    assert_eq!(vanished.len(), 100);
    world.after(12 * 86_400);
    world.accounts.upkeep(AccountId(1)).await.unwrap();
    assert!(account.changes_since(ModSeq(0), 1_000).unwrap().is_empty());
    assert_eq!(
        account.vanished(&account.state(inbox(&account)).unwrap(), since, None).unwrap().len(),
        100
    );
    sound(&world, &account);
}

/// An engine that has no room from the n-th commit on.
struct Full {
    engine: MemoryEngine,
    commits_left: AtomicU64,
}

impl Engine for Full {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.engine.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        let left = self.commits_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            // It happens once.
            Some(if left == 1 { u64::MAX } else { left - 1 })
        });
        if left == Ok(1) {
            return Box::pin(async { Err(CommitError::NoSpace) });
        }
        self.engine.commit(batch)
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.engine.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        self.engine.body(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        None
    }
}

#[tokio::test]
async fn very_many_messages_are_copied_moved_and_deleted_in_one_commit() {
    let full =
        Arc::new(Full { engine: MemoryEngine::new(), commits_left: AtomicU64::new(u64::MAX) });
    let world = world_on(Arc::<Full>::clone(&full), Policy::default());
    let account = world.account(1).await;
    let (from, to) = (inbox(&account), trash(&account));
    world.append(&account, "tiny", 100).await.unwrap();
    for _ in 0..15 {
        account.copy(from, &UidSet::all(), from).await.unwrap();
    }
    assert_eq!(account.state(from).unwrap().entries.len(), 32_768);
    full.commits_left.store(1, Ordering::SeqCst);
    assert_eq!(refused(account.copy(from, &UidSet::all(), to).await), Refused::NoSpace);
    assert!(account.state(to).unwrap().entries.is_empty());
    assert!(account.retained(1).unwrap().is_empty(), "they were never there");
    // Whoever dies in the middle must not leave half of a copy (RFC 9051, 6.4.7).
    full.commits_left.store(1_000, Ordering::SeqCst);
    let copied = account.copy(from, &UidSet::all(), to).await.unwrap();
    assert_eq!(copied.pairs.len(), 32_768);
    let moved = account.r#move(to, &UidSet::all(), to).await.unwrap();
    assert_eq!(moved.pairs.len(), 32_768);
    account.rename_mailbox(from, &MailboxName::new("Old").unwrap()).await.unwrap();
    assert!(account.state(from).unwrap().entries.is_empty());
    account.delete_mailbox(to).await.unwrap();
    assert_eq!(full.commits_left.load(Ordering::SeqCst), 1_000 - 4);
    assert_eq!(account.retained_use().unwrap().messages, 32_768);
    sound(&world, &account);
}

#[tokio::test]
async fn flags_may_be_changed_however_full_an_account_is() {
    let world = world(Policy::default());
    let account = world.account(1).await;
    world.append(&account, "one", 1_000).await.unwrap();
    account.set_quota(Some(10), Some(1)).await.unwrap();
    let flags = FlagNames { system: Flags::SEEN, keywords: vec![] };
    let change = Store { uids: UidSet::all(), mode: FlagMode::Add, flags, unchanged_since: None };
    account.store(inbox(&account), change).await.unwrap();
    account.r#move(inbox(&account), &UidSet::all(), trash(&account)).await.unwrap();
    account.expunge(trash(&account), None).await.unwrap();
    assert_eq!(account.quota().unwrap().messages, 0);
}
