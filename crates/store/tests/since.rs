//! Whether a store was changed since a moment is told by what came to the journal after it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::sim::SimulatedDisk;
use store::{Disk, JournalPlace, Options, Since, Store};

fn port(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

fn open(disk: &SimulatedDisk) -> Store {
    Store::open(port(disk), Options::tiny()).unwrap()
}

fn put(key: &str, value: &str) -> Batch {
    let value = Bytes::copy_from_slice(value.as_bytes());
    Batch { puts: vec![(key.as_bytes().to_vec(), value)], ..Batch::default() }
}

fn delivery(octets: &[u8], email: u64) -> Batch {
    let hash = BodyHash(*blake3::hash(octets).as_bytes());
    let source = BodySource::Memory(Bytes::copy_from_slice(octets));
    let octets = u64::try_from(octets.len()).unwrap();
    Batch {
        puts: vec![(keys::body_reference(&hash, AccountId(1), EmailId(email)), Bytes::new())],
        bodies: vec![StagedBody { hash, octets, source }],
        ..Batch::default()
    }
}

async fn fill(store: &Store, messages: u64) {
    for email in 0..messages {
        let text = format!("message {email} {}", "words ".repeat(100));
        store.commit(delivery(text.as_bytes(), email)).await.unwrap();
    }
}

/// Where a copy of the store stands.
fn place(store: &Store, seed: u64) -> JournalPlace {
    store.snapshot_to(&port(&SimulatedDisk::new(seed))).unwrap().place.unwrap()
}

fn since(store: &Store, place: &JournalPlace) -> Since {
    store.since(place, &|key| key.starts_with(b"Snote")).unwrap()
}

#[tokio::test]
async fn only_keys_apart_leave_a_store_unchanged() {
    let disk = SimulatedDisk::new(1);
    let store = open(&disk);
    fill(&store, 10).await;
    let begin = place(&store, 2);
    assert_eq!(since(&store, &begin), Since::Unchanged);
    // Over several segments.
    for number in 0..40 {
        store.commit(put("Snote", &"n".repeat(1_000 + number))).await.unwrap();
    }
    assert!(store.counters().segments > 2);
    assert_eq!(since(&store, &begin), Since::Unchanged);
    drop(store);
    let store = open(&disk);
    assert_eq!(since(&store, &begin.to_string().parse().unwrap()), Since::Unchanged);
    let later = place(&store, 3);
    store.commit(put("Aother", "x")).await.unwrap();
    assert_eq!([begin, later].map(|place| since(&store, &place)), [Since::Changed; 2]);
    let later = place(&store, 4);
    store.commit(delivery(b"one more", 99)).await.unwrap();
    assert_eq!(since(&store, &later), Since::Changed);
    let later = place(&store, 5);
    let deletes = vec![b"Aother".to_vec()];
    store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
    assert_eq!(since(&store, &later), Since::Changed);
}

#[tokio::test]
async fn the_place_of_another_store_is_none_of_this_one() {
    let (disk, other) = (SimulatedDisk::new(1), SimulatedDisk::new(2));
    let (store, other) = (open(&disk), open(&other));
    fill(&store, 3).await;
    fill(&other, 3).await;
    assert_eq!(since(&store, &place(&other, 3)), Since::Changed);
}

#[tokio::test]
async fn what_is_asked_of_the_disk_does_not_grow_with_the_mail() {
    let mut calls = Vec::new();
    for messages in [100, 1_000] {
        let disk = SimulatedDisk::new(messages);
        let store = open(&disk);
        fill(&store, messages).await;
        let place = place(&store, messages + 1);
        store.commit(put("Snote", "noted")).await.unwrap();
        let before = disk.calls();
        assert_eq!(since(&store, &place), Since::Unchanged);
        calls.push(disk.calls() - before);
    }
    assert!(calls.iter().all(|calls| *calls < 20), "{calls:?}");
}
