//! A scripted life of a store on a simulated disk: every call failing, the power going at every write, and many
//! random lives. Nothing acknowledged may be lost, nothing may come twice, and the order holds.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, CommitError, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::sim::{Dice, SimulatedDisk, Trouble, sweep};
use store::{Checkpoints, Compacting, Disk, Options, Rewriting, Store};

/// What must be there: the keys, what may have come in besides, and the octets of bodies. What was answered with a
/// fault must not be there, unless the fault says that nobody knows.
#[derive(Clone, Debug, Default)]
struct Memory {
    keys: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Batches of which nobody knows, in their order: a beginning of them may be durable.
    doubtful: Vec<Batch>,
    /// A large batch of which nobody knows. Small ones came before it or after it, and it may be durable
    /// with any of them; it changes no key that they change.
    doubtful_large: Option<Batch>,
    bodies: BTreeMap<[u8; 32], Vec<u8>>,
    emails: u64,
}

impl Memory {
    fn apply(keys: &mut BTreeMap<Vec<u8>, Vec<u8>>, batch: &Batch) {
        for (key, value) in &batch.puts {
            keys.insert(key.clone(), value.to_vec());
        }
        for key in &batch.deletes {
            keys.remove(key);
        }
    }

    fn answered(&mut self, batch: Batch, answer: &Result<(), CommitError>) -> Going {
        match answer {
            Ok(()) => {
                // What was in doubt before has been taken back, or this could not be.
                self.forget_doubtful();
                Memory::apply(&mut self.keys, &batch);
                Going::On
            }
            Err(CommitError::NoSpace) => Going::On,
            Err(CommitError::Conflict) => panic!("a conflict without checks"),
            Err(CommitError::Fault(fault)) => {
                if fault.is_of_unknown_outcome() {
                    self.doubtful.push(batch);
                }
                Going::IfItWorksAgain
            }
        }
    }

    fn forget_doubtful(&mut self) {
        self.doubtful.clear();
        self.doubtful_large = None;
    }

    fn reference_keys(&self) -> Vec<Vec<u8>> {
        self.keys.keys().filter(|key| key[0] == keys::BODY_REFERENCE).cloned().collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Going {
    On,
    /// Something failed.
    IfItWorksAgain,
}

/// A life in the making.
struct Life {
    store: Store,
    memory: Memory,
    dice: Dice,
    runtime: tokio::runtime::Runtime,
}

impl Life {
    fn octets(&mut self, most: u64) -> Vec<u8> {
        // Few different beginnings, so that some bodies come more than once.
        let (kind, length) = (self.dice.below(6), self.dice.below(most));
        let length = if self.dice.chance(30) { 700 } else { length };
        (0..length).map(|octet| (octet * (kind + 3) % 251) as u8).collect()
    }

    fn delivery(&mut self, octets: &[u8], source: Option<BodySource>) -> Batch {
        let hash = BodyHash(*blake3::hash(octets).as_bytes());
        self.memory.bodies.insert(hash.0, octets.to_vec());
        self.memory.emails += 1;
        let email = self.memory.emails;
        let source = source.unwrap_or_else(|| BodySource::Memory(Bytes::copy_from_slice(octets)));
        let body = StagedBody { hash, octets: octets.len() as u64, source };
        let mut puts = vec![
            (keys::body_reference(&hash, AccountId(1), EmailId(email)), Bytes::new()),
            (b"Acount".to_vec(), Bytes::copy_from_slice(&email.to_be_bytes())),
        ];
        for number in 0..self.dice.below(4) {
            puts.push((format!("Aemail{email}.{number}").into_bytes(), Bytes::from(vec![7; 40])));
        }
        Batch { puts, bodies: vec![body], ..Batch::default() }
    }

    fn removal(&mut self) -> Batch {
        let references = self.memory.reference_keys();
        let mut deletes = vec![b"Anothing".to_vec()];
        for _ in 0..1 + self.dice.below(3) {
            if let Some(key) = self.dice.one_of(&references)
                && !deletes.contains(key)
            {
                deletes.push(key.clone());
            }
        }
        let keys: Vec<Vec<u8>> =
            self.memory.keys.keys().filter(|key| key.starts_with(b"Aemail")).cloned().collect();
        deletes.extend(self.dice.one_of(&keys).cloned());
        Batch { deletes, ..Batch::default() }
    }

    /// Another email with a body that is there already, as when a message is copied to somebody else.
    fn copy(&mut self) -> Batch {
        let references = self.memory.reference_keys();
        let Some(key) = self.dice.one_of(&references) else { return Batch::default() };
        let hash = keys::referenced_body(key).unwrap();
        self.memory.emails += 1;
        let key = keys::body_reference(&hash, AccountId(2), EmailId(self.memory.emails));
        Batch { puts: vec![(key, Bytes::new())], ..Batch::default() }
    }

    fn commit(&mut self, batch: Batch) -> Going {
        let answer = self.runtime.block_on(self.store.commit(batch.clone()));
        self.memory.answered(batch, &answer)
    }

    fn deliver_staged(&mut self) -> Going {
        let octets = self.octets(5_000);
        let staged = self.runtime.block_on(async {
            let mut writer = self.store.write_body().ok()?;
            for piece in octets.chunks(900) {
                writer.write(Bytes::copy_from_slice(piece)).await.ok()?;
            }
            writer.finish().await.ok()
        });
        let dropped = self.dice.chance(20);
        match staged {
            Some(note) if !dropped => {
                let batch = self.delivery(&octets, Some(BodySource::Engine(note)));
                self.commit(batch)
            }
            _ => Going::IfItWorksAgain,
        }
    }

    /// Many puts, and deletes of keys that small batches leave alone; some of them take a body's last reference.
    fn large(&mut self) -> Batch {
        self.memory.emails += 1;
        let number = self.memory.emails;
        let mut batch = Batch::default();
        if self.dice.chance(30) {
            let octets = self.octets(3_000);
            batch = self.delivery(&octets, None);
            batch.puts.retain(|(key, _)| key != b"Acount");
        }
        for part in 0..21 + self.dice.below(60) {
            let value = Bytes::from(vec![8; 30]);
            batch.puts.push((format!("Alarge{number}.{part}").into_bytes(), value));
        }
        let percent = self.dice.below(50);
        let there: Vec<Vec<u8>> = self.memory.keys.keys().cloned().collect();
        for key in there {
            let may_go = key[0] == keys::BODY_REFERENCE || key.starts_with(b"Alarge");
            if may_go && self.dice.chance(percent) {
                batch.deletes.push(key);
            }
        }
        batch
    }

    /// A large batch, with small ones on their way meanwhile.
    fn large_among_small(&mut self) -> Going {
        let large = self.large();
        let mut batches = Vec::new();
        for _ in 0..self.dice.below(5) {
            let octets = self.octets(900);
            batches.push(self.delivery(&octets, None));
        }
        let store = self.store.clone();
        let (answer, answers) = self.runtime.block_on(async {
            let small = async {
                let mut answers = Vec::new();
                for batch in &batches {
                    answers.push(store.commit(batch.clone()).await);
                }
                answers
            };
            tokio::join!(store.commit(large.clone()), small)
        });
        let mut going = Going::On;
        match &answer {
            Ok(()) => Memory::apply(&mut self.memory.keys, &large),
            Err(CommitError::NoSpace) => {}
            Err(CommitError::Conflict) => panic!("a conflict without checks"),
            Err(CommitError::Fault(_)) => going = Going::IfItWorksAgain,
        }
        for (batch, answer) in batches.into_iter().zip(answers) {
            if self.memory.answered(batch, &answer) == Going::IfItWorksAgain {
                going = Going::IfItWorksAgain;
            }
        }
        // Some of the small ones may have been committed before it.
        if let Err(CommitError::Fault(fault)) = answer
            && fault.is_of_unknown_outcome()
        {
            self.memory.doubtful_large = Some(large);
        }
        going
    }

    /// Some batches that wait at the same time and share a sync.
    fn several(&mut self) -> Going {
        let Ok(hold) = self.store.hold() else { return Going::IfItWorksAgain };
        let mut batches = Vec::new();
        for _ in 0..2 + self.dice.below(4) {
            let octets = self.octets(900);
            batches.push(self.delivery(&octets, None));
        }
        let answers = self.runtime.block_on(async {
            let mut tasks = Vec::new();
            for batch in &batches {
                let mut task = self.store.commit(batch.clone());
                // The first look puts it into the queue, in this order.
                let looked = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(task.as_mut().poll(context))
                });
                tasks.push((looked.await, task));
            }
            drop(hold);
            let mut answers = Vec::new();
            for (looked, task) in tasks {
                answers.push(match looked {
                    std::task::Poll::Ready(answer) => answer,
                    std::task::Poll::Pending => task.await,
                });
            }
            answers
        });
        let mut going = Going::On;
        for (batch, answer) in batches.into_iter().zip(answers) {
            if self.memory.answered(batch, &answer) == Going::IfItWorksAgain {
                going = Going::IfItWorksAgain;
            }
        }
        going
    }

    /// Whether the disk works, after something failed; then nothing is in doubt any more.
    fn works_again(&mut self) -> bool {
        let works = self.store.retry().is_ok();
        if works {
            self.memory.forget_doubtful();
        }
        works
    }

    fn step(&mut self) -> Going {
        match self.dice.below(100) {
            0..35 => {
                let octets = self.octets(2_000);
                let batch = self.delivery(&octets, None);
                self.commit(batch)
            }
            35..45 => self.deliver_staged(),
            45..65 => {
                let batch = self.removal();
                self.commit(batch)
            }
            65..68 => self.large_among_small(),
            68..72 => {
                let batch = self.copy();
                self.commit(batch)
            }
            72..82 => self.several(),
            82..90 => {
                let value = Bytes::copy_from_slice(&self.dice.next().to_be_bytes());
                let puts = vec![(format!("Aset{}", self.dice.below(5)).into_bytes(), value)];
                self.commit(Batch { puts, ..Batch::default() })
            }
            90..94 => match self.store.checkpoint() {
                Ok(()) => Going::On,
                Err(_) => Going::IfItWorksAgain,
            },
            94..97 => {
                for _ in 0..12 {
                    match self.store.rewrite_step() {
                        Ok(Rewriting::Nothing) => break,
                        Ok(_) => {}
                        Err(_) => return Going::IfItWorksAgain,
                    }
                }
                for _ in 0..12 {
                    match self.store.compact_step() {
                        Ok(Compacting::Nothing) => break,
                        Ok(_) => {}
                        Err(_) => return Going::IfItWorksAgain,
                    }
                }
                Going::On
            }
            _ => {
                // What one reads is right or an error, whatever happened.
                let references = self.memory.reference_keys();
                if let Some(key) = self.dice.one_of(&references) {
                    let hash = keys::referenced_body(key).unwrap();
                    if let Ok(octets) = self.store.body(&hash, 0..u64::MAX) {
                        assert_eq!(octets, self.memory.bodies[&hash.0]);
                    }
                }
                Going::On
            }
        }
    }
}

/// Lives on a disk for some steps, or until the store fails.
fn live(disk: &Arc<dyn Disk>, memory: Memory, seed: u64, steps: u64) -> Memory {
    // Most lives are the same each time; some have checkpoints beside them, as a host has.
    let checkpoints =
        if seed.is_multiple_of(8) { Checkpoints::Beside } else { Checkpoints::Between };
    let options = Options { checkpoints, ..Options::tiny() };
    let Ok(store) = Store::open(disk.clone(), options) else { return memory };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut life = Life { store, memory, dice: Dice::new(seed), runtime };
    for _ in 0..steps {
        if life.step() == Going::IfItWorksAgain && !life.works_again() {
            return life.memory;
        }
    }
    if life.dice.chance(50) {
        drop(life.store.close());
    }
    life.memory
}

fn keys_of(store: &Store) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut found = BTreeMap::new();
    let snapshot = store.snapshot().unwrap();
    snapshot
        .range(&[][..]..&[0xff][..], &mut |key, value| {
            assert!(found.insert(key.to_vec(), value.to_vec()).is_none());
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

/// Makes the index anew from the segments, and compares.
fn look_without_index(memory: &Memory, disk: &Arc<dyn Disk>, what: &str) {
    disk.remove("index.redb").unwrap();
    look(memory.clone(), disk, &format!("{what}, index made anew"));
}

/// Opens the store and compares: what was acknowledged is there, and of what was in doubt a beginning. Gives back
/// what is there for certain.
fn look(mut memory: Memory, disk: &Arc<dyn Disk>, what: &str) -> Memory {
    let store = match Store::open(disk.clone(), Options::tiny()) {
        Ok(store) => store,
        Err(error) => panic!("{what}: cannot open: {error} {error:?}"),
    };
    let found = keys_of(&store);
    let mut beginnings = vec![memory.keys.clone()];
    if let Some(large) = &memory.doubtful_large {
        let mut with = memory.keys.clone();
        Memory::apply(&mut with, large);
        beginnings.push(with);
    }
    let matches = beginnings.into_iter().any(|mut expected| {
        let mut later = memory.doubtful.iter();
        while found != expected {
            let Some(batch) = later.next() else { return false };
            Memory::apply(&mut expected, batch);
        }
        true
    });
    if !matches {
        let missing: Vec<_> =
            memory.keys.iter().filter(|(key, value)| found.get(*key) != Some(value)).collect();
        let extra: Vec<_> =
            found.iter().filter(|(key, value)| memory.keys.get(*key) != Some(value)).collect();
        panic!("{what}: missing {missing:?}, too much {extra:?}, doubtful {:?}", memory.doubtful);
    }
    for key in found.keys().filter(|key| key[0] == keys::BODY_REFERENCE) {
        let hash = keys::referenced_body(key).unwrap();
        let octets =
            store.body(&hash, 0..u64::MAX).unwrap_or_else(|error| panic!("{what}: {error:?}"));
        assert_eq!(octets, memory.bodies[&hash.0], "{what}");
    }
    memory.keys = found;
    memory.doubtful.clear();
    memory.doubtful_large = None;
    memory
}

/// Has the store proven right.
fn look_closely(disk: &Arc<dyn Disk>, what: &str) {
    let checked = store::check(disk, &Options::tiny(), &mut |_| {}).unwrap();
    // What was cut off while it was written is no fault; the next opening removes it.
    let checked = match checked.count {
        0 => checked,
        _ => store::check(disk, &Options::tiny(), &mut |_| {}).unwrap(),
    };
    assert_eq!(checked.findings, [], "{what}");
}

fn sweep_all(trouble: Trouble, step: u64) {
    let tried = sweep(
        trouble,
        step,
        |disk| live(&disk, Memory::default(), 1, 60),
        |memory, disk, call| {
            let what = format!("{trouble:?} at call {call}");
            let memory = look(memory, &disk, &what);
            // It goes on living after that, and opens again.
            let memory = live(&disk, memory, call, 6);
            assert!(memory.doubtful.is_empty(), "{what}: it fails again without trouble");
            let memory = look(memory, &disk, &format!("{what}, later"));
            if call % 3 == 0 {
                look_closely(&disk, &what);
                look_without_index(&memory, &disk, &what);
            }
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
}

#[test]
fn every_write_may_end_half_way() {
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

#[test]
fn rewriting_makes_room_and_loses_nothing() {
    for seed in 0..10 {
        let simulated = SimulatedDisk::new(seed);
        let disk: Arc<dyn Disk> = Arc::new(simulated.clone());
        let mut memory = live(&disk, Memory::default(), seed, 300);
        let store = Store::open(disk.clone(), Options::tiny()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut dice = Dice::new(seed);
        let deletes = memory.keys.keys().filter(|_| dice.chance(80)).cloned().collect();
        let batch = Batch { deletes, ..Batch::default() };
        runtime.block_on(store.commit(batch.clone())).unwrap();
        Memory::apply(&mut memory.keys, &batch);
        let before = store.counters().segments;
        let mut removed = 0;
        loop {
            match store.rewrite_step().unwrap() {
                Rewriting::Nothing => break,
                Rewriting::Working { .. } => {}
                Rewriting::Removed { .. } => removed += 1,
            }
        }
        let counters = store.counters();
        assert!(removed > 3, "seed {seed}: {removed} removed of {before}");
        let octets: u64 = simulated
            .files()
            .iter()
            .filter(|(name, _)| name.ends_with(".seg"))
            .map(|it| it.1)
            .sum();
        let most = counters.live_octets * 2 + 3 * Options::tiny().segment_octets;
        assert!(octets < most, "seed {seed}: {octets} octets, {} live", counters.live_octets);
        drop(store);
        let memory = look(memory, &disk, &format!("seed {seed}"));
        look_without_index(&memory, &disk, &format!("seed {seed}"));
    }
}

/// Lives of several parts, each ended by some trouble or none, with a power cut or a new process between.
#[test]
fn random_lives_lose_nothing() {
    let lives = std::env::var("STORE_LIVES").ok().and_then(|it| it.parse().ok()).unwrap_or(2_000);
    let first = std::env::var("STORE_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(0);
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
}

fn random_life(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut disk = SimulatedDisk::new(dice.next());
    let mut memory = Memory::default();
    for part in 0..3 {
        let trouble = *dice.one_of(&Trouble::ALL).unwrap();
        disk.trouble_at(1 + dice.below(150), trouble);
        let port: Arc<dyn Disk> = Arc::new(disk.clone());
        memory = live(&port, memory, dice.next(), 10 + dice.below(40));
        disk.calm();
        let cut = trouble == Trouble::PowerCut || dice.chance(50);
        if cut {
            disk = disk.restart(dice.next());
        }
        let port: Arc<dyn Disk> = Arc::new(disk.clone());
        memory = look(
            memory,
            &port,
            &format!("seed {seed}, part {part}, {trouble:?}, power cut: {cut}"),
        );
        if dice.chance(30) {
            disk = disk.restart(dice.next());
        }
        if dice.chance(20) {
            let port: Arc<dyn Disk> = Arc::new(disk.clone());
            look_closely(&port, &format!("seed {seed}, part {part}, {trouble:?}"));
        }
        if dice.chance(20) {
            let port: Arc<dyn Disk> = Arc::new(disk.clone());
            look_without_index(&memory, &port, &format!("seed {seed}, part {part}, {trouble:?}"));
        }
    }
}
