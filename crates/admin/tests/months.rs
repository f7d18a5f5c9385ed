//! Months of mail that comes, is marked and deleted: journal, index and memory are bounded once the retention time and the
//! time for which changes are remembered have passed. A short sample by default; `cargo xtask long` runs it whole
//! (`ROOM_MONTHS=24`, `ROOM_SEED`), and prints a table.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::Path;
use std::sync::Arc;

use admin::room::{Margins, RoomKeeper, Step};
use mailbox::operations::{Append, Store as Mark};
use mailbox::{
    Account, AccountId, Accounts, Door, FlagMode, FlagNames, Flags, MailboxName, Policy, SetClock,
    Timestamp, Uid, UidSet, Who,
};
use store::sim::Dice;
use store::{Options, RealDisk, Store};

const BEGINNING: i64 = 1_700_000_000;
const DAY_S: i64 = 86_400;
const DAYS: i64 = 30;
const ACCOUNT: AccountId = AccountId(1);

struct Plan {
    months: i64,
    mails_per_day: usize,
    marks_per_day: usize,
    /// So many messages stay; of more, the oldest are expunged each day.
    messages: usize,
    retention_days: i64,
    changes_days: i64,
}

/// What there was at the end of a month.
struct Month {
    journal_octets: u64,
    live_octets: u64,
    index_octets: u64,
    resident_kib: u64,
    messages: usize,
    retained: u64,
    changes: usize,
}

struct Life {
    store: Store,
    accounts: Accounts,
    account: Account,
    keeper: RoomKeeper,
    clock: Arc<SetClock>,
    dice: Dice,
    plan: Plan,
}

impl Life {
    async fn begin(folder: &Path, plan: Plan, seed: u64) -> Life {
        let options = Options {
            segment_octets: 4 << 20,
            allocation_step_octets: 256 << 10,
            rewrite_open_octets: 256 << 10,
            index_slack_octets: 1 << 20,
            checkpoint_interval: None,
            reserve_octets: 0,
            ..Options::default()
        };
        let store = Store::open(Arc::new(RealDisk::new(folder).unwrap()), options).unwrap();
        let clock = Arc::new(SetClock::at(Timestamp(BEGINNING)));
        let policy = Policy {
            retention_s: plan.retention_days * DAY_S,
            changes_s: plan.changes_days * DAY_S,
            ..Policy::default()
        };
        let engine = Arc::new(store.clone());
        let accounts = Accounts::new(engine, Arc::<SetClock>::clone(&clock), policy);
        let account = accounts.create(ACCOUNT, &Who::at(Door::Imap)).await.unwrap();
        let keeper = RoomKeeper::new(store.clone(), accounts.clone(), Margins::default());
        Life { store, accounts, account, keeper, clock, dice: Dice::new(seed), plan }
    }

    fn below(&mut self, most: usize) -> usize {
        (self.dice.next() % most.max(1) as u64) as usize
    }

    fn inbox(&self) -> mailbox::MailboxId {
        self.account.find(&MailboxName::inbox()).unwrap().unwrap().id
    }

    fn uids(&self) -> Vec<Uid> {
        let state = self.account.state(self.inbox()).unwrap();
        state.entries.iter().map(|entry| entry.uid).collect()
    }

    async fn day(&mut self, day: i64) {
        for number in 0..self.plan.mails_per_day {
            let text = format!("Subject: {day}/{number}\r\n\r\n");
            let mut incoming = self.accounts.receive();
            incoming.write(text.as_bytes()).await.unwrap();
            let octets = 500 + self.below(5_000);
            incoming.write(&vec![b'a' + (number % 26) as u8; octets]).await.unwrap();
            let received = incoming.finish().await.unwrap();
            let flags = FlagNames::default();
            let append = Append { received, flags, internal_date: None, uidl: None };
            self.account.append(self.inbox(), vec![append]).await.unwrap();
        }
        let uids = self.uids();
        for number in 0..self.plan.marks_per_day {
            let uid = uids[self.below(uids.len())];
            let mode = if number % 2 == 0 { FlagMode::Add } else { FlagMode::Remove };
            self.mark(UidSet::from_iter([uid]), mode, Flags::SEEN).await;
        }
        let old = uids.len().saturating_sub(self.plan.messages);
        if old > 0 {
            self.mark(uids[..old].iter().copied().collect(), FlagMode::Add, Flags::DELETED).await;
            self.account.expunge(self.inbox(), None).await.unwrap();
        }
        self.clock.set(Timestamp(BEGINNING + (day + 1) * DAY_S));
        self.accounts.upkeep(ACCOUNT).await.unwrap();
        while self.keeper.step().await.unwrap() == Step::More {}
    }

    async fn mark(&self, uids: UidSet, mode: FlagMode, flags: Flags) {
        let flags = FlagNames { system: flags, keywords: vec![] };
        let mark = Mark { uids, mode, flags, unchanged_since: None };
        self.account.store(self.inbox(), mark).await.unwrap();
    }

    fn month(&self, folder: &Path) -> Month {
        let journal = std::fs::read_dir(folder.join("journal")).unwrap();
        let octets =
            |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().metadata().unwrap().len();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|text| text.split_whitespace().next()?.parse().ok());
        let changes = self.account.changes_since(mailbox::ModSeq(0), usize::MAX).unwrap();
        Month {
            journal_octets: journal.map(octets).sum(),
            live_octets: self.store.counters().live_octets,
            index_octets: self.store.index_octets().unwrap(),
            resident_kib: resident.unwrap_or(0),
            messages: self.uids().len(),
            retained: self.account.retained_use().unwrap().messages,
            changes: changes.len(),
        }
    }
}

/// How many months pass until all that is bounded by time has reached its bound.
fn settled(plan: &Plan) -> usize {
    let days = plan.retention_days.max(plan.changes_days);
    usize::try_from(days / DAYS + 2).unwrap()
}

async fn live(plan: Plan, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (months, settled) = (plan.months, settled(&plan));
    let mut life = Life::begin(folder.path(), plan, seed).await;
    let mut table: Vec<Month> = Vec::new();
    println!("seed {seed}");
    println!(
        "| month | messages | retained | changes | journal KB | of that live | index KB | memory MB |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for month in 0..months {
        for day in 0..DAYS {
            life.day(month * DAYS + day).await;
        }
        let row = life.month(folder.path());
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            month + 1,
            row.messages,
            row.retained,
            row.changes,
            row.journal_octets / 1000,
            row.live_octets / 1000,
            row.index_octets / 1000,
            row.resident_kib / 1024,
        );
        table.push(row);
    }
    assert_eq!(life.account.check().unwrap().wrong, []);
    let (early, late) = table.split_at(settled);
    let most = |rows: &[Month], of: fn(&Month) -> u64| rows.iter().map(of).max().unwrap();
    for (what, of) in [
        ("journal", (|row| row.journal_octets) as fn(&Month) -> u64),
        ("index", |row| row.index_octets),
        ("changes", |row| row.changes as u64),
    ] {
        let (before, after) = (most(early, of), most(late, of));
        assert!(
            after * 2 <= before * 3,
            "{what} goes on growing: {before}, then {after} (seed {seed})"
        );
    }
}

#[tokio::test]
async fn files_and_memory_are_bounded_however_long_mail_comes_and_goes() {
    let number = |name: &str| -> Option<u64> { std::env::var(name).ok()?.parse().ok() };
    let seed = number("ROOM_SEED").unwrap_or(24);
    let plan = match number("ROOM_MONTHS") {
        Some(months) => Plan {
            months: i64::try_from(months).unwrap(),
            mails_per_day: 20,
            marks_per_day: 100,
            messages: 1_000,
            retention_days: 14,
            changes_days: 90,
        },
        None => Plan {
            months: 5,
            mails_per_day: 4,
            marks_per_day: 6,
            messages: 60,
            retention_days: 7,
            changes_days: 30,
        },
    };
    live(plan, seed).await;
}
