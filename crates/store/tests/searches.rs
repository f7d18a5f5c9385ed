//! Searches find what looking through every message finds, while mail is delivered, moved and expunged, the indexer is killed
//! and the power goes: random programs over mail in eight charsets, compared with an oracle that has no index.
//!
//! A few seconds' sample; `SEARCH_PROGRAMS=3000 SEARCH_MESSAGES=20000 SEARCH_CUTS=60` (and `SEARCH_SEED`) make it whole, and
//! `SEARCH_MAIL=FOLDER` mixes in the messages of a folder.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "tests may be blunt"
)]

#[path = "searches/mail.rs"]
mod mail;
#[path = "searches/oracle.rs"]
mod oracle;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;

use mailbox::operations::Append;
use mailbox::search::Query;
use mailbox::{
    Account, AccountId, Accounts, Door, EmailId, FlagNames, Indexed, MailboxId, MailboxName,
    Policy, SetClock, Timestamp, UidSet, Who,
};
use oracle::Texts;
use store::sim::{Dice, SimulatedDisk, Trouble};
use store::{Checkpoints, Disk, Options, Store};

const ID: AccountId = AccountId(1);

/// How much is tried.
struct Scale {
    seed: u64,
    messages: u64,
    programs: u64,
    power_cuts: u64,
}

/// A running store with its account.
struct Running {
    disk: SimulatedDisk,
    store: Store,
    accounts: Accounts,
    account: Account,
    boxes: [MailboxId; 2],
}

/// A life of the mail.
struct Life {
    runtime: tokio::runtime::Runtime,
    dice: Dice,
    running: Option<Running>,
    texts: HashMap<EmailId, Texts>,
    delivered: u64,
    kept: Vec<Vec<u8>>,
    hits: u64,
    kills: u64,
    cuts: u64,
}

fn open(disk: SimulatedDisk, runtime: &tokio::runtime::Runtime) -> Running {
    let options = Options { checkpoints: Checkpoints::Between, ..Options::default() };
    let store = Store::open(Arc::new(disk.clone()) as Arc<dyn Disk>, options).unwrap();
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let policy = Policy { indexed_emails_least: 0, ..Policy::default() };
    let accounts = Accounts::new(Arc::new(store.clone()), clock, policy);
    let who = Who::at(Door::Imap);
    let account = match accounts.open(ID, who.clone()) {
        Ok(account) => account,
        Err(_) => runtime.block_on(accounts.create(ID, &who)).unwrap(),
    };
    let archive = MailboxName::new("Archive").unwrap();
    let boxes =
        [MailboxName::inbox(), archive].map(|name| account.find(&name).unwrap().unwrap().id);
    Running { disk, store, accounts, account, boxes }
}

/// Polls up to so often; then whatever is not done is dropped, as when the program is killed.
async fn killed_after<T>(polls: u64, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    let mut left = polls;
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

impl Life {
    fn new(scale: &Scale) -> Life {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let running = Some(open(SimulatedDisk::new(scale.seed), &runtime));
        Life {
            runtime,
            dice: Dice::new(scale.seed),
            running,
            texts: HashMap::new(),
            delivered: 0,
            kept: std::env::var("SEARCH_MAIL")
                .map_or_else(|_| Vec::new(), |it| folder(Path::new(&it))),
            hits: 0,
            kills: 0,
            cuts: 0,
        }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    fn deliver(&mut self, count: u64) {
        let mut texts = Vec::new();
        for _ in 0..count {
            self.delivered += 1;
            texts.push(match self.dice.one_of(&self.kept) {
                Some(kept) if self.delivered.is_multiple_of(2) => kept.clone(),
                _ => mail::message(&mut self.dice, self.delivered as u32),
            });
        }
        let running = self.running.as_ref().unwrap();
        let inbox = running.boxes[0];
        let before = running.account.state(inbox).unwrap().uid_next;
        self.runtime.block_on(async {
            let mut messages = Vec::new();
            for text in &texts {
                let mut incoming = running.accounts.receive();
                incoming.write(text).await.unwrap();
                let received = incoming.finish().await.unwrap();
                let flags = FlagNames::default();
                messages.push(Append { received, flags, internal_date: None, uidl: None });
            }
            running.account.append(inbox, messages).await.unwrap();
        });
        let state = running.account.state(inbox).unwrap();
        let new = state.entries.iter_from(state.entries.lower_bound(before));
        for ((_, entry), text) in new.zip(&texts) {
            self.texts.insert(entry.email, Texts::of(text));
        }
    }

    fn some_uids(&mut self, mailbox: MailboxId) -> UidSet {
        let state = self.running().account.state(mailbox).unwrap();
        let count = state.entries.len() as u64;
        let wanted = 1 + self.dice.below(5);
        let entries =
            (0..wanted).filter_map(|_| state.entries.get(self.dice.below(count) as usize));
        entries.map(|entry| entry.uid).collect()
    }

    fn act(&mut self, scale: &Scale) {
        let (from, to) = (self.dice.below(2) as usize, self.dice.below(2) as usize);
        let boxes = self.running().boxes;
        match self.dice.below(100) {
            0..30 if self.delivered < scale.messages => {
                let count = 1 + self.dice.below((scale.messages / 200).max(5));
                self.deliver(count.min(scale.messages - self.delivered));
            }
            30..50 if from != to => {
                let uids = self.some_uids(boxes[from]);
                let account = &self.running().account;
                drop(self.runtime.block_on(account.r#move(boxes[from], &uids, boxes[to])));
            }
            50..65 => {
                let uids = self.some_uids(boxes[from]);
                self.runtime.block_on(self.running().account.remove(boxes[from], &uids)).unwrap();
            }
            65..68 => {
                let dropping = self.running().account.drop_retained(Timestamp(i64::MAX));
                self.runtime.block_on(dropping).unwrap();
            }
            _ => self.index(),
        }
    }

    /// Brings the index on, a few steps, the last of which may be cut off.
    fn index(&mut self) {
        for _ in 0..self.dice.below(4) {
            let polls = if self.dice.chance(40) { self.dice.below(6) } else { u64::MAX };
            let done = killed_after(polls, self.running().accounts.index(ID));
            if self.runtime.block_on(done).is_none() {
                self.kills += 1;
                return;
            }
        }
    }

    /// The power goes at some call while the index is brought on.
    fn lose_power(&mut self) {
        let call = 1 + self.dice.below(12);
        self.running().disk.trouble_at(call, Trouble::PowerCut);
        loop {
            match self.runtime.block_on(self.running().accounts.index(ID)) {
                Ok(Indexed::Idle) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let Running { disk, store, accounts, account, .. } = self.running.take().unwrap();
        disk.cut_power();
        drop((account, accounts, store));
        self.cuts += 1;
        self.running = Some(open(disk.restart(self.dice.next()), &self.runtime));
    }

    fn ask(&mut self) {
        let at = self.dice.below(2) as usize;
        let mailbox = self.running().boxes[at];
        let state = self.running().account.state(mailbox).unwrap();
        let emails: Vec<EmailId> = state.entries.iter().map(|entry| entry.email).collect();
        let query = program(&mut self.dice, &|dice| self.texts.get(dice.one_of(&emails)?), 3);
        let cost = *self.dice.one_of(&[1, 20_000, u64::MAX]).unwrap();
        let mut search = self.running().account.search(&state, query.clone()).unwrap();
        let mut found = Vec::new();
        while let Some(some) = search.step(cost).unwrap() {
            found.extend(some.iter().map(|(_, entry)| entry.uid));
        }
        let folded = oracle::folded(&query);
        let matches = |entry: &&mailbox::Entry| self.texts[&entry.email].match_of(entry, &folded);
        let entries: Vec<mailbox::Entry> = state.entries.iter().copied().collect();
        let want: Vec<mailbox::Uid> =
            entries.iter().filter(matches).map(|entry| entry.uid).collect();
        assert_eq!(found, want, "{query:?}");
        self.hits += want.len() as u64;
    }
}

/// The messages of a folder, at most so large that they are not many more octets than words.
fn folder(path: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut all: Vec<_> =
        std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path()).collect();
    all.sort();
    for path in all {
        if path.is_dir() {
            found.extend(folder(&path));
        } else {
            found.extend(std::fs::read(path).ok().filter(|octets| octets.len() < 20_000));
        }
    }
    found
}

type Example<'a> = dyn Fn(&mut Dice) -> Option<&'a Texts> + 'a;

/// A random program. What it looks for stands in some message, mostly.
fn program(dice: &mut Dice, example: &Example<'_>, depth: u32) -> Query {
    let several = |dice: &mut Dice| {
        (0..1 + dice.below(3)).map(|_| program(dice, example, depth - 1)).collect::<Vec<_>>()
    };
    match dice.below(10) {
        0..2 if depth > 0 => Query::And(several(dice)),
        2..4 if depth > 0 => Query::Or(several(dice)),
        4 if depth > 0 => Query::Not(Box::new(program(dice, example, depth - 1))),
        _ => {
            let texts = example(dice);
            key(dice, texts)
        }
    }
}

fn key(dice: &mut Dice, example: Option<&Texts>) -> Query {
    let known =
        ["meeting", "reunião", "会議", "привет", "n7", "example", "e", "zz", "ã", ". ", "-"];
    let word = (*dice.one_of(&known).unwrap()).to_owned();
    let kind = dice.below(10);
    let source = example.filter(|_| dice.chance(70)).and_then(|texts| match kind {
        0 | 1 => Some(&texts.from),
        2 => texts.subject.as_ref(),
        3 | 4 => Some(&texts.header),
        _ => dice.one_of(&texts.bodies),
    });
    let text = source.map_or(word, |source| {
        let from = source.floor_char_boundary(dice.below(source.len() as u64 + 1) as usize);
        let to = source.ceil_char_boundary((from + 1 + dice.below(28) as usize).min(source.len()));
        if dice.chance(30) { source[from..to].to_lowercase() } else { source[from..to].to_owned() }
    });
    match kind {
        0 => Query::From(text),
        1 if dice.chance(50) => Query::To(text),
        1 => Query::Cc(text),
        2 => Query::Subject(text),
        3 => Query::Header(
            (*dice.one_of(&["received", "x-folded", "message-id"]).unwrap()).to_owned(),
            text,
        ),
        4 | 5 => Query::Text(text),
        6 if dice.chance(30) => Query::Larger(dice.below(2_000)),
        _ => Query::Body(text),
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn searches_find_what_looking_through_every_message_finds() {
    let scale = Scale {
        seed: number("SEARCH_SEED", 1),
        messages: number("SEARCH_MESSAGES", 3_000),
        programs: number("SEARCH_PROGRAMS", 300),
        power_cuts: number("SEARCH_CUTS", 5),
    };
    let mut life = Life::new(&scale);
    while life.delivered < scale.messages / 2 {
        life.deliver(200.min(scale.messages / 2 - life.delivered));
        life.index();
    }
    for program in 0..scale.programs {
        for _ in 0..life.dice.below(3) {
            life.act(&scale);
        }
        if (program * scale.power_cuts) % scale.programs < scale.power_cuts {
            life.lose_power();
        }
        life.ask();
    }
    assert_eq!(life.running().accounts.check(ID).unwrap().wrong, []);
    println!(
        "seed {}: {} programs over {} messages ({} of a folder to choose from), {} hits; the indexer was killed {} times, \
         the power went {} times: no difference",
        scale.seed,
        scale.programs,
        life.delivered,
        life.kept.len(),
        life.hits,
        life.kills,
        life.cuts
    );
}
