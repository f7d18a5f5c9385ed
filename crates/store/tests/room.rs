//! Room comes back: of what was deleted, wherever it lies, and of the index.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may be blunt"
)]

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, CommitError, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::sim::{Dice, SimulatedDisk};
use store::{Compacting, Options, Rewriting, Store};

fn open(disk: &SimulatedDisk, options: &Options) -> Store {
    Store::open(Arc::new(disk.clone()), options.clone()).unwrap()
}

fn delivery(email: u64, octets: usize) -> Batch {
    let octets = Bytes::from(vec![u8::try_from(email % 251).unwrap(); octets + email as usize]);
    let hash = BodyHash(*blake3::hash(&octets).as_bytes());
    let length = octets.len() as u64;
    let body = StagedBody { hash, octets: length, source: BodySource::Memory(octets) };
    let reference = keys::body_reference(&hash, AccountId(1), EmailId(email));
    Batch { puts: vec![(reference, Bytes::new())], bodies: vec![body], ..Batch::default() }
}

fn deletion(delivery: &Batch) -> Batch {
    let deletes = delivery.puts.iter().map(|(key, _)| key.clone()).collect();
    Batch { deletes, ..Batch::default() }
}

fn journal_octets(disk: &SimulatedDisk) -> u64 {
    let files = disk.files();
    files.iter().filter(|(name, _)| name.ends_with(".seg")).map(|(_, octets)| *octets).sum()
}

fn index_octets(disk: &SimulatedDisk) -> u64 {
    disk.files().iter().find(|(name, _)| name == "index.redb").map_or(0, |(_, octets)| *octets)
}

fn give_back(store: &Store) {
    while store.rewrite_step().unwrap() != Rewriting::Nothing {}
}

fn compact(store: &Store) {
    while store.compact_step().unwrap() != Compacting::Nothing {}
}

#[tokio::test]
async fn what_was_deleted_gives_room_back_though_all_of_it_lies_in_the_open_segment() {
    let disk = SimulatedDisk::new(1);
    let options = Options { segment_octets: 1 << 20, ..Options::tiny() };
    let store = open(&disk, &options);
    let stays = delivery(1, 2_000);
    store.commit(stays.clone()).await.unwrap();
    for email in 2..50 {
        let batch = delivery(email, 4_000);
        store.commit(batch.clone()).await.unwrap();
        store.commit(deletion(&batch)).await.unwrap();
    }
    assert!(journal_octets(&disk) > 200_000);
    give_back(&store);
    assert!(journal_octets(&disk) < 20_000, "{}", journal_octets(&disk));
    drop(store);
    let store = open(&disk, &options);
    let hash = stays.bodies.first().unwrap().hash;
    assert_eq!(store.body(&hash, 0..9).unwrap().len(), 9);
}

#[tokio::test]
async fn a_full_disk_gives_its_room_back_when_mail_is_deleted() {
    let disk = SimulatedDisk::new(2);
    let options = Options { free_octets_floor: 40_000, reserve_octets: 3 << 20, ..Options::tiny() };
    let store = open(&disk, &options);
    store.commit(delivery(1, 2_000)).await.unwrap();
    store.checkpoint().unwrap();
    disk.set_capacity(Some(disk.used_octets() + 400_000));
    let mut kept = Vec::new();
    let full = loop {
        let batch = delivery(2 + kept.len() as u64, 3_000);
        match store.commit(batch.clone()).await {
            Ok(()) => kept.push(batch),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, CommitError::NoSpace), "{full:?}");
    for batch in &kept {
        store.commit(deletion(batch)).await.unwrap();
    }
    give_back(&store);
    for email in 1_000..1_050 {
        store.commit(delivery(email, 3_000)).await.unwrap();
    }
}

/// Deletes are kept because of older segments. They must not come to fill the disk.
#[tokio::test]
async fn deletes_do_not_pile_up_while_an_old_segment_lives() {
    let disk = SimulatedDisk::new(3);
    let options = Options::tiny();
    let store = open(&disk, &options);
    // A segment that stays full.
    for email in 0..5 {
        store.commit(delivery(email, 3_000)).await.unwrap();
    }
    let value = Bytes::from_static(&[7; 40]);
    let key = |round: u64, number: u64| format!("Aline{round:08}{number:08}").into_bytes();
    let mut most = 0;
    for round in 0..400 {
        let puts = (0..15).map(|number| (key(round, number), value.clone())).collect();
        store.commit(Batch { puts, ..Batch::default() }).await.unwrap();
        let deletes = (0..15).map(|number| key(round, number)).collect();
        store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
        if round % 10 == 0 {
            give_back(&store);
            most = most.max(journal_octets(&disk));
        }
    }
    assert!(most < 150_000, "{most} octets");
}

#[tokio::test]
async fn whoever_reads_while_the_index_is_made_anew_reads_on() {
    let disk = SimulatedDisk::new(1);
    let options =
        Options { index_slack_octets: 200_000, index_cache_octets: 64 << 10, ..Options::tiny() };
    let store = open(&disk, &options);
    let key = |number: u32| format!("Akey{number:08}").into_bytes();
    for chunk in 0..200 {
        let numbers = chunk * 100..(chunk + 1) * 100;
        let puts = numbers.map(|number| (key(number), Bytes::from(vec![7; 80]))).collect();
        store.commit(Batch { puts, ..Batch::default() }).await.unwrap();
    }
    store.checkpoint().unwrap();
    let earlier = store.snapshot().unwrap();
    for chunk in 0..195 {
        let deletes = (chunk * 100..(chunk + 1) * 100).map(key).collect();
        store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
    }
    store.checkpoint().unwrap();
    let before = index_octets(&disk);
    compact(&store);
    assert!(index_octets(&disk) < before / 3);
    let mut keys = 0;
    earlier
        .range(&b"A"[..]..&b"B"[..], &mut |_, _| {
            keys += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(keys, 20_000);
}

#[tokio::test]
async fn the_index_gives_room_back_while_others_write() {
    for seed in 0..5 {
        let disk = SimulatedDisk::new(seed);
        let options = Options { index_slack_octets: 200_000, ..Options::tiny() };
        let store = open(&disk, &options);
        let mut dice = Dice::new(seed);
        let key = |number: u64| format!("Akey{number:08}").into_bytes();
        let value = |number: u64| Bytes::from(number.to_be_bytes().repeat(10));
        for chunk in 0..200 {
            let numbers = chunk * 100..(chunk + 1) * 100;
            let puts = numbers.map(|number| (key(number), value(number))).collect();
            store.commit(Batch { puts, ..Batch::default() }).await.unwrap();
        }
        for chunk in 0..195 {
            let deletes = (chunk * 100..(chunk + 1) * 100).map(key).collect();
            store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
        }
        store.checkpoint().unwrap();
        let before = index_octets(&disk);
        let (mut steps, mut done) = (0, false);
        let mut expected: std::collections::BTreeMap<Vec<u8>, Bytes> =
            (19_500..20_000).map(|number| (key(number), value(number))).collect();
        loop {
            match store.compact_step().unwrap() {
                Compacting::Nothing => break,
                Compacting::Working => steps += 1,
                Compacting::Done { .. } => done = true,
            }
            // Before, in and behind what is copied already.
            for _ in 0..10 {
                let number = dice.below(30_000);
                let (key, value) = (key(number), value(dice.next()));
                let batch = if dice.chance(30) {
                    expected.remove(&key);
                    Batch { deletes: vec![key], ..Batch::default() }
                } else {
                    expected.insert(key.clone(), value.clone());
                    Batch { puts: vec![(key, value)], ..Batch::default() }
                };
                store.commit(batch).await.unwrap();
            }
            if dice.chance(50) {
                store.checkpoint().unwrap();
            }
        }
        assert!(done && steps > 1, "seed {seed}: {steps} steps");
        let after = index_octets(&disk);
        assert!(after < before / 3, "seed {seed}: {before} octets became {after}");
        store.close().unwrap();
        drop(store);
        let store = open(&disk, &options);
        assert_eq!(store.counters().records_replayed, 0);
        let snapshot = store.snapshot().unwrap();
        let mut found = std::collections::BTreeMap::new();
        snapshot
            .range(b"Akey".as_slice()..b"Akez".as_slice(), &mut |key, value| {
                found.insert(key.to_vec(), Bytes::copy_from_slice(value));
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(found, expected, "seed {seed}");
        compact(&store);
        let checked = store.check(&mut |_| {}).unwrap();
        assert_eq!(checked.count, 0, "seed {seed}: {:?}", checked.findings);
    }
}
