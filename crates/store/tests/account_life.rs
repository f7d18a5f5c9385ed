//! The life of an account on a simulated disk: every call failing, the power going at every write, and many random
//! lives. Nothing acknowledged is lost, nothing comes twice, a move is whole, no UID is given again.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use mailbox::operations::{Append, Store as Flagging};
use mailbox::{
    Account, AccountId, Accounts, Door, EmailId, Error, FlagMode, FlagNames, Flags, MailboxId,
    MailboxName, Policy, SetClock, Timestamp, Uid, UidSet, Who,
};
use store::sim::{Dice, SimulatedDisk, Trouble, sweep};
use store::{Disk, Options, Store};

const ACCOUNT: AccountId = AccountId(7);
const BOXES: [&str; 4] = ["INBOX", "Archive", "Trash", "Loose"];

/// One message as the plain model has it: which it is, and its system flags.
type Mail = (u64, u64);

/// The plain model of a mailbox.
#[derive(Clone, Debug, Default, PartialEq)]
struct Plain {
    next: u32,
    mail: BTreeMap<u32, Mail>,
}

impl Plain {
    fn add(&mut self, mail: Mail) {
        self.next = self.next.max(1);
        self.mail.insert(self.next, mail);
        self.next += 1;
    }
}

/// The plain model of an account.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    boxes: BTreeMap<&'static str, Plain>,
    /// Groups that can be brought back, the newest last.
    retained: Vec<(&'static str, Vec<Mail>)>,
}

/// What is done.
#[derive(Clone, Debug)]
enum Act {
    Append(&'static str, Vec<Mail>),
    Copy(&'static str, Vec<u32>, &'static str),
    Move(&'static str, Vec<u32>, &'static str),
    Flag(&'static str, Vec<u32>, FlagMode, u64),
    Expunge(&'static str),
    Remove(&'static str, Vec<u32>),
    Create,
    Delete,
    BringBack,
}

impl Model {
    fn present(&self, name: &str, uids: &[u32]) -> Vec<(u32, Mail)> {
        let mail = &self.boxes[name].mail;
        uids.iter().filter_map(|uid| Some((*uid, *mail.get(uid)?))).collect()
    }

    fn take(&mut self, name: &'static str, uids: &[u32]) -> Vec<Mail> {
        let plain = self.boxes.get_mut(name).unwrap();
        uids.iter().filter_map(|uid| plain.mail.remove(uid)).collect()
    }

    fn retain(&mut self, name: &'static str, mail: Vec<Mail>) {
        if !mail.is_empty() {
            self.retained.push((name, mail));
        }
    }

    /// What an act makes of it when it takes place.
    fn after(&self, act: &Act) -> Model {
        let mut next = self.clone();
        match act {
            Act::Append(to, mails) => {
                mails.iter().for_each(|mail| next.boxes.get_mut(to).unwrap().add(*mail));
            }
            Act::Copy(from, uids, to) => {
                for (_, mail) in self.present(from, uids) {
                    next.boxes.get_mut(to).unwrap().add(mail);
                }
            }
            Act::Move(from, uids, to) => {
                for mail in next.take(from, uids) {
                    next.boxes.get_mut(to).unwrap().add(mail);
                }
            }
            Act::Flag(name, uids, mode, flags) => {
                let plain = next.boxes.get_mut(name).unwrap();
                for (_, mail) in plain.mail.iter_mut().filter(|(uid, _)| uids.contains(uid)) {
                    mail.1 = match mode {
                        FlagMode::Replace => *flags,
                        FlagMode::Add => mail.1 | flags,
                        FlagMode::Remove => mail.1 & !flags,
                    };
                }
            }
            Act::Expunge(name) => {
                let deleted = |mail: &Mail| mail.1 & Flags::DELETED.0 != 0;
                let uids: Vec<u32> = self.boxes[name]
                    .mail
                    .iter()
                    .filter(|(_, m)| deleted(m))
                    .map(|(u, _)| *u)
                    .collect();
                let gone = next.take(name, &uids);
                next.retain(name, gone);
            }
            Act::Remove(name, uids) => {
                let gone = next.take(name, uids);
                next.retain(name, gone);
            }
            Act::Create => {
                next.boxes.insert("Loose", Plain { next: 1, mail: BTreeMap::new() });
            }
            Act::Delete => {
                let plain = next.boxes.remove("Loose").unwrap();
                next.retain("Loose", plain.mail.into_values().collect());
            }
            Act::BringBack => {
                let (name, mails) = next.retained.pop().unwrap();
                // A mailbox that is gone is made again; one that has its name by now takes the mail.
                let made = Plain { next: 1, mail: BTreeMap::new() };
                let plain = next.boxes.entry(name).or_insert(made);
                mails.iter().for_each(|mail| plain.add((mail.0, mail.1 & !Flags::DELETED.0)));
            }
        }
        next
    }
}

/// What is remembered of a life.
#[derive(Clone, Debug, Default)]
struct Memory {
    model: Option<Model>,
    /// The account as it would be if what failed had taken place.
    doubtful: Option<Model>,
    /// Which email a UID was given to, by UIDVALIDITY.
    given: BTreeMap<(u32, u32), EmailId>,
    messages: u64,
}

fn text(number: u64) -> Vec<u8> {
    let mut text = format!(
        "From: <a@example.org>\r\nMessage-ID: <{number}@example.org>\r\nSubject: {}\r\n\r\n",
        number % 5
    )
    .into_bytes();
    // Some are large enough to be staged.
    let lines = if number.is_multiple_of(17) { 4_000 } else { number as usize % 9 };
    text.extend(
        b"abcdefghijklmnopqrstuvwxyz, abcdefghijklmnopqrstuvwxyz, 0123456789\r\n".repeat(lines),
    );
    text
}

fn open(disk: &Arc<dyn Disk>) -> Option<(Store, Accounts)> {
    let store = Store::open(disk.clone(), Options::tiny()).ok()?;
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 1_000_000,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    let clock = Arc::new(SetClock::at(Timestamp(1_800_000_000)));
    Some((store.clone(), Accounts::new(Arc::new(store), clock, policy)))
}

fn id_of(account: &Account, name: &str) -> Result<MailboxId, Error> {
    let name = MailboxName::new(name).unwrap();
    Ok(account.find(&name)?.map(|mailbox| mailbox.id).unwrap_or_default())
}

fn set(uids: &[u32]) -> UidSet {
    uids.iter().filter_map(|uid| Uid::new(*uid)).collect()
}

async fn carry_out(accounts: &Accounts, account: &Account, act: &Act) -> Result<(), Error> {
    match act {
        Act::Append(to, mails) => {
            let mut messages = Vec::new();
            for (number, flags) in mails {
                let mut incoming = accounts.receive();
                for piece in text(*number).chunks(50_000) {
                    incoming.write(piece).await?;
                }
                messages.push(Append {
                    received: incoming.finish().await?,
                    flags: FlagNames { system: Flags(*flags), keywords: Vec::new() },
                    internal_date: None,
                    uidl: None,
                });
            }
            account.append(id_of(account, to)?, messages).await.map(|_| ())
        }
        Act::Copy(from, uids, to) => {
            let (from, to) = (id_of(account, from)?, id_of(account, to)?);
            account.copy(from, &set(uids), to).await.map(|_| ())
        }
        Act::Move(from, uids, to) => {
            let (from, to) = (id_of(account, from)?, id_of(account, to)?);
            account.r#move(from, &set(uids), to).await.map(|_| ())
        }
        Act::Flag(name, uids, mode, flags) => {
            let change = Flagging {
                uids: set(uids),
                mode: *mode,
                flags: FlagNames { system: Flags(*flags), keywords: Vec::new() },
                unchanged_since: None,
            };
            account.store(id_of(account, name)?, change).await.map(|_| ())
        }
        Act::Expunge(name) => account.expunge(id_of(account, name)?, None).await.map(|_| ()),
        Act::Remove(name, uids) => {
            account.remove(id_of(account, name)?, &set(uids)).await.map(|_| ())
        }
        Act::Create => {
            let name = MailboxName::new("Loose").unwrap();
            account.create_mailbox(&name, None).await.map(|_| ())
        }
        Act::Delete => account.delete_mailbox(id_of(account, "Loose")?).await,
        Act::BringBack => {
            let newest = account.retained(1)?;
            account.bring_back(newest[0].modseq, None).await.map(|_| ())
        }
    }
}

fn some_uids(dice: &mut Dice, plain: &Plain) -> Vec<u32> {
    // Also some that are gone, and one that never was.
    (1..=plain.next + 1).filter(|_| dice.chance(40)).collect()
}

fn think(dice: &mut Dice, model: &Model, messages: &mut u64) -> Act {
    let names: Vec<&'static str> =
        BOXES.into_iter().filter(|n| model.boxes.contains_key(n)).collect();
    let from = *dice.one_of(&names).unwrap();
    let to = *dice.one_of(&names).unwrap();
    let uids = some_uids(dice, &model.boxes[from]);
    let flags = dice.below(32);
    match dice.below(100) {
        0..35 => {
            let mails = (0..1 + dice.below(3)).map(|_| {
                *messages += 1;
                (*messages, flags)
            });
            Act::Append(to, mails.collect())
        }
        35..45 => Act::Copy(from, uids, to),
        45..60 if from != to => Act::Move(from, uids, to),
        60..75 => {
            let modes = [FlagMode::Add, FlagMode::Remove, FlagMode::Replace];
            Act::Flag(from, uids, *dice.one_of(&modes).unwrap(), flags)
        }
        75..82 => Act::Expunge(from),
        82..88 => Act::Remove(from, uids),
        88..94 if !model.retained.is_empty() => Act::BringBack,
        94.. if model.boxes.contains_key("Loose") => Act::Delete,
        94.. => Act::Create,
        _ => Act::Expunge(from),
    }
}

/// Lives for some steps, or until something fails that leaves a doubt.
fn live(disk: &Arc<dyn Disk>, mut memory: Memory, seed: u64, steps: u64) -> Memory {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let Some((store, accounts)) = open(disk) else { return memory };
    let who = Who::at(Door::Imap);
    let account = match memory.model {
        Some(_) => accounts.open(ACCOUNT, who),
        None => {
            let born = Model {
                boxes: BOXES[..3]
                    .iter()
                    .map(|n| (*n, Plain { next: 1, ..Plain::default() }))
                    .collect(),
                retained: Vec::new(),
            };
            let made = runtime.block_on(accounts.create(ACCOUNT, &who));
            match &made {
                Ok(_) => memory.model = Some(born),
                Err(_) => memory.doubtful = Some(born),
            }
            made
        }
    };
    let Ok(account) = account else { return memory };
    let mut dice = Dice::new(seed);
    for _ in 0..steps {
        let model = memory.model.clone().unwrap();
        let act = think(&mut dice, &model, &mut memory.messages);
        match runtime.block_on(carry_out(&accounts, &account, &act)) {
            Ok(()) => {
                memory.model = Some(model.after(&act));
                if note_given(&account, &mut memory).is_err() {
                    return memory;
                }
            }
            Err(Error::Refused(_)) => {}
            Err(Error::Fault(_)) => {
                memory.doubtful = Some(model.after(&act));
                return memory;
            }
        }
    }
    if dice.chance(50) {
        drop((account, accounts));
        drop(store.close());
    }
    memory
}

/// What an account has, in terms of the model; every body is read.
fn found(account: &Account) -> Result<BTreeMap<&'static str, Plain>, Error> {
    let mut boxes = BTreeMap::new();
    let reader = account.reader()?;
    for name in BOXES {
        let Some(mailbox) = account.find(&MailboxName::new(name).unwrap())? else { continue };
        let state = account.state(mailbox.id)?;
        let mut plain = Plain { next: state.uid_next.number(), mail: BTreeMap::new() };
        for entry in state.entries.iter() {
            let email = reader.email(entry.email)?.expect("an entry without its email");
            let octets = account.body(&email, 0..email.octets)?;
            let head = String::from_utf8_lossy(&octets[..octets.len().min(80)]).into_owned();
            let number = head.split("Message-ID: <").nth(1).unwrap().split('@').next().unwrap();
            let number: u64 = number.parse().unwrap();
            assert_eq!(octets, text(number), "message {number} is not what it was");
            let twice = plain.mail.insert(entry.uid.number(), (number, entry.flags.0));
            assert!(twice.is_none(), "UID {} twice", entry.uid);
        }
        boxes.insert(name, plain);
    }
    Ok(boxes)
}

/// No UID may name another email than it did before.
fn note_given(account: &Account, memory: &mut Memory) -> Result<(), Error> {
    for name in BOXES {
        let Some(mailbox) = account.find(&MailboxName::new(name).unwrap())? else { continue };
        let state = account.state(mailbox.id)?;
        for entry in state.entries.iter() {
            let place = (state.uid_validity.0, entry.uid.number());
            let before = memory.given.insert(place, entry.email);
            assert!(
                before.is_none_or(|b| b == entry.email),
                "{name}: UID {} given twice",
                entry.uid
            );
        }
    }
    Ok(())
}

/// Opens the account again and compares.
fn look(mut memory: Memory, disk: &Arc<dyn Disk>, what: &str) -> Memory {
    let (_store, accounts) = open(disk).unwrap_or_else(|| panic!("{what}: cannot open"));
    let account = match accounts.open(ACCOUNT, Who::at(Door::Imap)) {
        Ok(account) => account,
        Err(error) => {
            assert!(memory.model.is_none(), "{what}: the account is gone: {error}");
            memory.doubtful = None;
            return memory;
        }
    };
    let plain = found(&account).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let same = |model: &Option<Model>| model.as_ref().is_some_and(|m| m.boxes == plain);
    if !same(&memory.model) {
        assert!(
            same(&memory.doubtful),
            "{what}: found {plain:#?}\nwant {:#?}\nor {:#?}",
            memory.model,
            memory.doubtful
        );
        memory.model = memory.doubtful.clone();
    }
    memory.doubtful = None;
    note_given(&account, &mut memory).unwrap();
    // What is retained may be as before or after the doubtful act, which left no other trace.
    let retained = account.retained(usize::MAX).unwrap().len();
    let model = memory.model.as_mut().unwrap();
    assert!(retained.abs_diff(model.retained.len()) <= 1, "{what}: {retained} retained groups");
    if retained != model.retained.len() {
        model.retained.clear();
    }
    memory
}

fn sweep_all(trouble: Trouble, step: u64) {
    let tried = sweep(
        trouble,
        step,
        |disk| live(&disk, Memory::default(), 3, 40),
        |memory, disk, call| {
            let what = format!("{trouble:?} at call {call}");
            let memory = look(memory, &disk, &what);
            let memory = live(&disk, memory, call, 5);
            assert!(memory.doubtful.is_none(), "{what}: it fails again without trouble");
            look(memory, &disk, &format!("{what}, later"));
        },
    );
    println!("{trouble:?}: {tried} calls tried");
    assert!(tried > 20);
}

#[test]
fn every_call_may_fail() {
    sweep_all(Trouble::Error, 1);
}

#[test]
fn the_disk_may_be_full_at_every_call() {
    sweep_all(Trouble::Full, 1);
    sweep_all(Trouble::ShortWrite, 1);
}

#[test]
fn the_power_may_go_at_every_call() {
    sweep_all(Trouble::PowerCut, 1);
}

#[test]
fn every_read_may_fail() {
    sweep_all(Trouble::ReadError, 1);
}

/// Lives of three parts, each ended by some trouble or none. More of them: ACCOUNT_LIVES=100000 ACCOUNT_SEED=5000.
#[test]
fn random_lives_lose_nothing_and_give_no_uid_twice() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let lives: u64 = number("ACCOUNT_LIVES").unwrap_or(2_000);
    let first: u64 = number("ACCOUNT_SEED").unwrap_or(0);
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for seed in (first + thread..first + lives).step_by(threads as usize) {
                    random_life(seed);
                }
            });
        }
    });
    println!("{lives} lives from seed {first}");
}

fn random_life(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut disk = SimulatedDisk::new(dice.next());
    let mut memory = Memory::default();
    for part in 0..3 {
        let trouble = *dice.one_of(&Trouble::ALL).unwrap();
        disk.trouble_at(1 + dice.below(120), trouble);
        let port: Arc<dyn Disk> = Arc::new(disk.clone());
        memory = live(&port, memory, dice.next(), 4 + dice.below(14));
        disk.calm();
        let cut = trouble == Trouble::PowerCut || dice.chance(50);
        if cut {
            disk = disk.restart(dice.next());
        }
        let port: Arc<dyn Disk> = Arc::new(disk.clone());
        let what = format!("seed {seed}, part {part}, {trouble:?}, power cut: {cut}");
        memory = look(memory, &port, &what);
        if memory.model.is_none() {
            memory = Memory::default();
        }
    }
}
