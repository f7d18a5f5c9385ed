//! A disk that fails for a while: nothing is answered that is not so, reading goes on, and the store goes back to work by
//! itself.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, CommitError, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, FaultKind, keys};
use store::sim::{Dice, SimulatedDisk, Trouble};
use store::{Checkpoints, Compacting, Options, Store};

fn put(key: &str, value: &str) -> Batch {
    let puts = vec![(key.as_bytes().to_vec(), Bytes::copy_from_slice(value.as_bytes()))];
    Batch { puts, ..Batch::default() }
}

fn delivery(octets: &[u8], source: BodySource, email: u32) -> Batch {
    let hash = BodyHash(*blake3::hash(octets).as_bytes());
    let reference = keys::body_reference(&hash, AccountId(1), EmailId(email.into()));
    Batch {
        puts: vec![(reference, Bytes::new())],
        bodies: vec![StagedBody { hash, octets: octets.len() as u64, source }],
        ..Batch::default()
    }
}

fn open(disk: &SimulatedDisk, checkpoints: Checkpoints) -> Store {
    Store::open(Arc::new(disk.clone()), Options { checkpoints, ..Options::tiny() }).unwrap()
}

fn value(store: &Store, key: &str) -> Option<Bytes> {
    store.snapshot().unwrap().get(key.as_bytes()).unwrap()
}

#[tokio::test]
async fn one_failed_call_is_not_felt() {
    for call in 1.. {
        let disk = SimulatedDisk::new(call);
        let store = open(&disk, Checkpoints::Between);
        store.commit(put("Aa", "1")).await.unwrap();
        disk.trouble_at(call, Trouble::Error);
        store.commit(put("Ab", "2")).await.unwrap();
        let happened = disk.has_happened();
        disk.calm();
        store.commit(put("Ac", "3")).await.unwrap();
        assert!(store.failure().is_none());
        assert_eq!(store.counters().recoveries, u64::from(happened));
        // What was acknowledged was durable then.
        let store = open(&disk.restart(call), Checkpoints::Between);
        for (key, wanted) in [("Aa", "1"), ("Ab", "2"), ("Ac", "3")] {
            assert_eq!(value(&store, key).unwrap(), wanted, "call {call}");
        }
        if !happened {
            assert!(call > 2, "a commit makes calls");
            return;
        }
    }
}

#[tokio::test]
async fn a_batch_in_doubt_is_not_refused_and_does_not_come_back() {
    let disk = SimulatedDisk::new(1);
    let store = open(&disk, Checkpoints::Between);
    store.commit(put("Aa", "1")).await.unwrap();
    // The room is there: the first call writes, the second syncs, and what would take it back fails as well.
    store.commit(put("Ab", "2")).await.unwrap();
    disk.trouble_for(2, u64::MAX, Trouble::Error);
    let Err(CommitError::Fault(fault)) = store.commit(put("Ac", "3")).await else {
        panic!("nothing can be durable now");
    };
    assert_eq!(fault.kind(), FaultKind::Unknown);
    // Reading goes on; what is asked for after that is surely not done, and says so.
    assert_eq!(value(&store, "Ab").unwrap(), "2");
    assert_eq!(value(&store, "Ac"), None);
    let Err(CommitError::Fault(fault)) = store.commit(put("Ad", "4")).await else {
        panic!("nothing can be durable now");
    };
    assert_eq!(fault.kind(), FaultKind::Failing);
    assert!(store.write_body().is_err());
    assert!(store.failure().is_some() && store.counters().failed == 1);
    assert!(store.retry().is_err());
    // It goes back to work by itself.
    disk.calm();
    while store.failure().is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.counters().failed, 0);
    store.commit(put("Ae", "5")).await.unwrap();
    let look =
        |store: &Store| (value(store, "Ac"), value(store, "Ad"), value(store, "Ae").unwrap());
    assert_eq!(look(&store), (None, None, "5".into()));
    assert_eq!(look(&open(&disk.restart(3), Checkpoints::Between)), (None, None, "5".into()));
}

#[tokio::test]
async fn what_was_staged_before_a_failure_is_refused_or_whole() {
    for call in 1..40 {
        let disk = SimulatedDisk::new(call);
        let store = open(&disk, Checkpoints::Between);
        let octets: Vec<u8> = (0..6_000_u32).map(|number| (number % 251) as u8).collect();
        disk.trouble_at(call, Trouble::Error);
        let mut writer = store.write_body().unwrap();
        let mut staged = Ok(());
        for piece in octets.chunks(1_000) {
            staged = writer.write(Bytes::copy_from_slice(piece)).await;
            if staged.is_err() {
                break;
            }
        }
        let note = match staged {
            Ok(()) => writer.finish().await,
            Err(fault) => Err(fault),
        };
        // Somebody else's commit between: if the disk fails there, what is not durable is taken back.
        store.commit(put("Aa", "1")).await.unwrap();
        let committed = match note {
            Ok(note) => store.commit(delivery(&octets, BodySource::Engine(note), 1)).await.is_ok(),
            Err(_) => false,
        };
        let hash = BodyHash(*blake3::hash(&octets).as_bytes());
        let is_there = |store: &Store| {
            let body = store.body(&hash, 0..u64::MAX);
            body.is_ok_and(|body| body == octets)
        };
        assert_eq!(is_there(&store), committed, "call {call}");
        let store = open(&disk.restart(call), Checkpoints::Between);
        assert_eq!(is_there(&store), committed, "call {call}, after a power cut");
    }
}

#[tokio::test]
async fn a_checkpoint_that_fails_is_made_again_and_reading_goes_on() {
    for checkpoints in [Checkpoints::Between, Checkpoints::Beside] {
        for call in 1.. {
            let disk = SimulatedDisk::new(call);
            let store = open(&disk, checkpoints);
            for number in 0..20 {
                store.commit(put(&format!("A{number:02}"), "1")).await.unwrap();
            }
            disk.trouble_at(call, Trouble::Error);
            drop(store.checkpoint());
            let happened = disk.has_happened();
            // What is in memory and what the index holds can both be read, at once.
            store.commit(put("Ab", "2")).await.unwrap();
            for number in 0..20 {
                assert!(value(&store, &format!("A{number:02}")).is_some(), "call {call}");
            }
            // The next one may still have to wait for its time.
            while store.checkpoint().is_err() {
                tokio::task::yield_now().await;
            }
            assert!(store.failure().is_none());
            assert!(store.counters().checkpoints > 0);
            let store = open(&disk.restart(call), Checkpoints::Between);
            assert_eq!(value(&store, "Ab").unwrap(), "2", "call {call}");
            assert_eq!(value(&store, "A00").unwrap(), "1", "call {call}");
            if !happened {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_failure_while_the_index_is_made_anew_does_not_stop_the_store_for_good() {
    let mut done = false;
    for call in 1..400 {
        let disk = SimulatedDisk::new(call);
        let options = Options { index_slack_octets: 0, ..Options::tiny() };
        let store = Store::open(Arc::new(disk.clone()), options).unwrap();
        for round in 0..2 {
            for number in 0..40 {
                let key = format!("Along{round}{number}").repeat(20);
                let puts = (0..20).map(|part| (format!("{key}{part}").into_bytes(), Bytes::new()));
                let batch = Batch { puts: puts.collect(), ..Batch::default() };
                store.commit(batch.clone()).await.unwrap();
                let deletes = batch.puts.into_iter().map(|(key, _)| key).collect();
                store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
            }
        }
        store.checkpoint().unwrap();
        disk.trouble_at(call, Trouble::Error);
        while let Ok(step) = store.compact_step() {
            done |= matches!(step, Compacting::Done { .. });
            if step == Compacting::Nothing {
                break;
            }
        }
        let happened = disk.has_happened();
        disk.calm();
        store.retry().unwrap();
        assert!(store.failure().is_none(), "call {call}");
        store.commit(put("Aa", "1")).await.unwrap();
        store.checkpoint().unwrap();
        let store = open(&disk.restart(call), Checkpoints::Between);
        assert_eq!(value(&store, "Aa").unwrap(), "1", "call {call}");
        if !happened {
            break;
        }
    }
    assert!(done, "the index was never made anew");
}

/// Lives in which the disk fails again and again, for some calls each time.
#[test]
fn a_disk_that_fails_now_and_then_loses_nothing_and_brings_nothing_back() {
    for seed in 0..60 {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(fail_now_and_then(seed));
    }
}

async fn fail_now_and_then(seed: u64) {
    let mut dice = Dice::new(seed);
    let disk = SimulatedDisk::new(seed);
    let checkpoints =
        if seed.is_multiple_of(2) { Checkpoints::Between } else { Checkpoints::Beside };
    let store = open(&disk, checkpoints);
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    let mut doubtful: Vec<(String, String)> = Vec::new();
    let mut refused = 0;
    for number in 0..120_u64 {
        if dice.chance(20) {
            let trouble = if dice.chance(30) { Trouble::Full } else { Trouble::Error };
            disk.trouble_for(1 + dice.below(12), 1 + dice.below(9), trouble);
        }
        let (key, value) = (format!("A{:02}", dice.below(40)), format!("{number}"));
        match store.commit(put(&key, &value)).await {
            Ok(()) => {
                // Had one of those taken place, this could not be: they were taken back.
                doubtful.clear();
                wanted.insert(key, value);
            }
            Err(CommitError::Fault(fault)) if fault.is_of_unknown_outcome() => {
                doubtful.push((key, value));
            }
            Err(CommitError::Fault(_) | CommitError::NoSpace) => refused += 1,
            Err(CommitError::Conflict) => panic!("a conflict without checks"),
        }
        if dice.chance(30) {
            disk.calm();
            if store.retry().is_ok() {
                doubtful.clear();
            }
        }
    }
    // The power goes as it stands.
    let left = open(&disk.restart(seed), Checkpoints::Between);
    let mut found = BTreeMap::new();
    for number in 0..40 {
        let key = format!("A{number:02}");
        if let Some(value) = value(&left, &key) {
            found.insert(key, String::from_utf8(value.to_vec()).unwrap());
        }
    }
    let mut beginning = wanted.clone();
    let mut matches = found == beginning;
    for (key, value) in doubtful {
        beginning.insert(key, value);
        matches |= found == beginning;
    }
    assert!(matches, "seed {seed}: {found:?} instead of {wanted:?}");
    assert!(refused < 120, "seed {seed}: nothing was ever accepted");
}
