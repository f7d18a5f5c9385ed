//! Large batches: whole or not at all, in parts in the journal, while others commit.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, CommitError, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::sim::SimulatedDisk;
use store::{Disk, Finding, OpenError, Options, Store};

fn port(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

fn open(disk: &SimulatedDisk) -> Store {
    Store::open(port(disk), Options::tiny()).unwrap()
}

fn put(key: &str, value: &'static str) -> Batch {
    let puts = vec![(key.as_bytes().to_vec(), Bytes::from_static(value.as_bytes()))];
    Batch { puts, ..Batch::default() }
}

/// Many puts of one value.
fn large(count: u32, value: &'static str) -> Batch {
    let key = |number| format!("Alarge{number:06}").into_bytes();
    let puts = (0..count).map(|number| (key(number), Bytes::from_static(value.as_bytes())));
    Batch { puts: puts.collect(), ..Batch::default() }
}

fn delivery(octets: &[u8], email: u64) -> Batch {
    let hash = BodyHash(*blake3::hash(octets).as_bytes());
    let source = BodySource::Memory(Bytes::copy_from_slice(octets));
    Batch {
        puts: vec![(keys::body_reference(&hash, AccountId(1), EmailId(email)), Bytes::new())],
        bodies: vec![StagedBody { hash, octets: octets.len() as u64, source }],
        ..Batch::default()
    }
}

/// The values of all keys of large batches.
fn values(store: &Store) -> Vec<Bytes> {
    let mut found = Vec::new();
    let snapshot = store.snapshot().unwrap();
    snapshot
        .range(b"Alarge".as_slice()..b"Alargf".as_slice(), &mut |_, value| {
            found.push(Bytes::copy_from_slice(value));
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

fn assert_right(disk: &SimulatedDisk) {
    let checked = store::check(&port(disk), &Options::tiny(), &mut |_| {}).unwrap();
    assert_eq!(checked.findings, []);
}

/// Begins to commit a batch; it goes on by itself.
async fn begin<F: Future + Unpin>(commit: &mut F) {
    std::future::poll_fn(|context| {
        assert!(std::pin::Pin::new(&mut *commit).poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn small_batches_are_answered_while_a_large_one_is_on_its_way() {
    let disk = SimulatedDisk::new(1);
    let store = open(&disk);
    store.commit(large(20_000, "before")).await.unwrap();
    let before = store.snapshot().unwrap();
    let mut commit = store.commit(large(20_000, "after"));
    begin(&mut commit).await;
    let mut others = 0;
    let mut is_over = false;
    while !is_over {
        store.commit(put("Asmall", "x")).await.unwrap();
        let snapshot = store.snapshot().unwrap();
        let [first, last] =
            [b"Alarge000000", b"Alarge019999"].map(|key| snapshot.get(key).unwrap());
        assert_eq!(first, last, "half of it can be seen");
        is_over = first.unwrap() == "after";
        others += 1;
    }
    commit.await.unwrap();
    assert!(others > 10, "{others} in the time of more than a thousand parts");
    assert_eq!(before.get(b"Alarge000007").unwrap().unwrap(), "before");
    assert_eq!(store.snapshot().unwrap().get(b"Alarge000007").unwrap().unwrap(), "after");
    drop(store);
    let store = open(&disk);
    assert_eq!(values(&store), vec!["after"; 20_000]);
    drop(store);
    assert_right(&disk);
}

#[tokio::test]
async fn the_checks_of_a_large_batch_are_looked_at_when_it_takes_place() {
    let disk = SimulatedDisk::new(2);
    let store = open(&disk);
    store.commit(put("Acheck", "1")).await.unwrap();
    let mut batch = large(3_000, "value");
    batch.checks = vec![(b"Acheck".to_vec(), Some(Bytes::from_static(b"1")))];
    let mut commit = store.commit(batch.clone());
    begin(&mut commit).await;
    store.commit(put("Acheck", "2")).await.unwrap();
    assert!(matches!(commit.await, Err(CommitError::Conflict)));
    assert!(values(&store).is_empty());
    batch.checks[0].1 = Some(Bytes::from_static(b"2"));
    store.commit(batch).await.unwrap();
    assert_eq!(values(&store).len(), 3_000);
    drop(store);
    assert_right(&disk);
}

#[tokio::test]
async fn a_body_that_is_referred_to_anew_outlives_a_large_deletion() {
    let disk = SimulatedDisk::new(3);
    let store = open(&disk);
    let (kept, gone, brought) = (vec![1; 500], vec![2; 500], vec![3; 500]);
    store.commit(delivery(&kept, 1)).await.unwrap();
    store.commit(delivery(&gone, 1)).await.unwrap();
    store.commit(delivery(&gone, 2)).await.unwrap();
    store.commit(delivery(&brought, 1)).await.unwrap();
    let [kept_hash, gone_hash, brought_hash] =
        [&kept, &gone, &brought].map(|it| BodyHash(*blake3::hash(it).as_bytes()));
    let reference = |hash, email| keys::body_reference(&hash, AccountId(1), EmailId(email));
    let mut batch = large(3_000, "value");
    batch.deletes = [kept_hash, gone_hash, brought_hash].map(|hash| reference(hash, 1)).into();
    // One body comes with the batch, which drops its old reference.
    batch.puts.extend(delivery(&brought, 3).puts);
    batch.bodies = delivery(&brought, 3).bodies;
    let mut commit = store.commit(batch);
    begin(&mut commit).await;
    // One body gets another reference, which brings no octets; another loses the one that would have kept it.
    store.commit(delivery(&kept, 2)).await.unwrap();
    store.commit(delivery(&brought, 2)).await.unwrap();
    let deletes = vec![reference(gone_hash, 2)];
    store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
    commit.await.unwrap();
    assert_eq!(store.body(&kept_hash, 0..500).unwrap(), kept);
    assert!(store.body(&gone_hash, 0..500).is_err());
    drop(store);
    let store = open(&disk);
    assert_eq!(store.body(&kept_hash, 0..500).unwrap(), kept);
    assert!(store.body(&gone_hash, 0..500).is_err());
    assert_eq!(store.body(&brought_hash, 0..500).unwrap(), brought);
    drop(store);
    assert_right(&disk);
}

#[tokio::test]
async fn a_large_batch_brings_bodies() {
    let disk = SimulatedDisk::new(4);
    let store = open(&disk);
    let mut batch = large(100, "value");
    let bodies: Vec<Vec<u8>> = (1..9_u8).map(|octet| vec![octet; 2_000]).collect();
    for body in &bodies {
        let delivery = delivery(body, 1);
        batch.puts.extend(delivery.puts);
        batch.bodies.extend(delivery.bodies);
    }
    store.commit(batch).await.unwrap();
    drop(store);
    let store = open(&disk);
    for body in &bodies {
        let hash = BodyHash(*blake3::hash(body).as_bytes());
        assert_eq!(store.body(&hash, 0..2_000).unwrap(), body);
    }
    drop(store);
    assert_right(&disk);
}

#[tokio::test]
async fn on_a_full_disk_a_large_deletion_works() {
    let disk = SimulatedDisk::new(5);
    let store = open(&disk);
    store.commit(large(500, "value")).await.unwrap();
    store.checkpoint().unwrap();
    disk.set_capacity(Some(disk.used_octets()));
    let mut email = 1;
    while store.commit(delivery(&vec![7; 3_000], email)).await.is_ok() {
        email += 1;
    }
    let mut brings = large(100, "more");
    brings.bodies = delivery(&[9; 3_000], 900).bodies;
    brings.puts.extend(delivery(&[9; 3_000], 900).puts);
    assert!(matches!(store.commit(brings).await, Err(CommitError::NoSpace)));
    let deletes = large(500, "").puts.into_iter().map(|(key, _)| key).collect();
    store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
    assert!(values(&store).is_empty());
    assert!(store.failure().is_none());
}

#[tokio::test]
async fn repair_keeps_the_parts_of_a_large_batch_that_can_be_read() {
    let disk = SimulatedDisk::new(6);
    let options = Options { segment_octets: 1 << 20, ..Options::tiny() };
    let store = Store::open(port(&disk), options.clone()).unwrap();
    store.commit(large(1_000, "a value of some length")).await.unwrap();
    store.close().unwrap();
    drop(store);
    // In the middle of the parts: a flipped bit in one, and another in the one after it.
    disk.flip_bit("journal/00000001.seg", 8 * 10_000);
    disk.flip_bit("journal/00000001.seg", 8 * 10_600);
    disk.remove("index.redb").unwrap();
    let refused = Store::open(port(&disk), options.clone()).unwrap_err();
    assert!(matches!(refused, OpenError::JournalDamaged { .. }), "{refused}");
    let repaired = store::repair(&port(&disk), &options, &mut |_| {}).unwrap();
    assert!(repaired.findings.iter().all(|it| matches!(it, Finding::Journal { .. })));
    assert_eq!(repaired.checked.findings, []);
    let store = Store::open(port(&disk), options).unwrap();
    let there = values(&store).len();
    assert!((950..1_000).contains(&there), "{there} of 1000 are there");
}
