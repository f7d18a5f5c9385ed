//! What a store promises its callers, on a real directory: durable, atomic, shared bodies, large bodies, reopening.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may be blunt"
)]

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, CommitError, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::sim::SimulatedDisk;
use store::{OpenError, Options, RealDisk, Store};

fn open(directory: &tempfile::TempDir, options: Options) -> Store {
    Store::open(Arc::new(RealDisk::new(directory.path()).unwrap()), options).unwrap()
}

fn body(octets: &[u8]) -> StagedBody {
    StagedBody {
        hash: BodyHash(*blake3::hash(octets).as_bytes()),
        octets: octets.len() as u64,
        source: BodySource::Memory(Bytes::copy_from_slice(octets)),
    }
}

fn reference(body: &StagedBody, email: u64) -> Vec<u8> {
    keys::body_reference(&body.hash, AccountId(1), EmailId(email))
}

fn delivery(octets: &[u8], email: u64) -> Batch {
    let body = body(octets);
    Batch {
        puts: vec![
            (reference(&body, email), Bytes::new()),
            (format!("Aemail{email}").into_bytes(), Bytes::copy_from_slice(&body.hash.0)),
        ],
        bodies: vec![body],
        ..Batch::default()
    }
}

fn put(key: &str, value: &str) -> Batch {
    Batch {
        puts: vec![(key.as_bytes().to_vec(), Bytes::copy_from_slice(value.as_bytes()))],
        ..Batch::default()
    }
}

fn keys_of(store: &Store) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let snapshot = store.snapshot().unwrap();
    snapshot
        .range(&[][..]..&[0xff][..], &mut |key, value| {
            found.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    for options in [Options::default(), Options::tiny()] {
        let before = {
            let store = open(&directory, options.clone());
            for email in 0..40 {
                let octets = vec![email as u8; 1_000];
                store.commit(delivery(&octets, email)).await.unwrap();
            }
            store.commit(put("Aa", "1")).await.unwrap();
            store.commit(put("Aa", "2")).await.unwrap();
            keys_of(&store)
        };
        let store = open(&directory, options.clone());
        assert_eq!(keys_of(&store), before);
        assert!(store.counters().records_replayed > 0);
        store.close().unwrap();
        drop(store);
        let store = open(&directory, options);
        assert_eq!(store.counters().records_replayed, 0);
        assert_eq!(keys_of(&store), before);
        for email in 0..40_u8 {
            let octets = vec![email; 1_000];
            assert_eq!(store.body(&body(&octets).hash, 0..2_000).unwrap(), octets);
            assert_eq!(store.body(&body(&octets).hash, 10..20).unwrap(), octets[10..20]);
        }
    }
}

#[tokio::test]
async fn a_batch_whose_check_fails_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, Options::tiny());
    store.commit(put("Aa", "1")).await.unwrap();
    let mut batch = put("Ab", "2");
    batch.checks = vec![(b"Aa".to_vec(), Some(Bytes::from_static(b"0")))];
    assert!(matches!(store.commit(batch.clone()).await, Err(CommitError::Conflict)));
    batch.checks = vec![(b"Aa".to_vec(), None)];
    assert!(matches!(store.commit(batch.clone()).await, Err(CommitError::Conflict)));
    assert_eq!(keys_of(&store).len(), 1);
    batch.checks = vec![(b"Aa".to_vec(), Some(Bytes::from_static(b"1"))), (b"Ab".to_vec(), None)];
    store.commit(batch).await.unwrap();
    assert_eq!(keys_of(&store).len(), 2);
}

#[tokio::test]
async fn a_snapshot_does_not_move() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, Options::tiny());
    store.commit(put("Aa", "1")).await.unwrap();
    let snapshot = store.snapshot().unwrap();
    store.commit(put("Aa", "2")).await.unwrap();
    store.commit(put("Ab", "3")).await.unwrap();
    store.checkpoint().unwrap();
    assert_eq!(snapshot.get(b"Aa").unwrap().unwrap(), "1");
    assert!(snapshot.last(b"A".as_slice()..b"B".as_slice()).unwrap().unwrap().0 == "Aa");
    let (key, value) =
        store.snapshot().unwrap().last(b"A".as_slice()..b"B".as_slice()).unwrap().unwrap();
    assert_eq!((&key[..], &value[..]), (&b"Ab"[..], &b"3"[..]));
}

#[tokio::test]
async fn a_body_is_written_once_and_lives_as_long_as_a_reference() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, Options::tiny());
    let octets = vec![7; 5_000];
    store.commit(delivery(&octets, 1)).await.unwrap();
    let written = store.counters().octets_written;
    store.commit(delivery(&octets, 2)).await.unwrap();
    assert!(store.counters().octets_written - written < 500);
    let hash = body(&octets).hash;
    let mut batch = Batch { deletes: vec![reference(&body(&octets), 1)], ..Batch::default() };
    store.commit(batch.clone()).await.unwrap();
    assert_eq!(store.body(&hash, 0..5_000).unwrap(), octets);
    batch.deletes = vec![reference(&body(&octets), 2)];
    store.commit(batch).await.unwrap();
    assert!(store.body(&hash, 0..5_000).is_err());
    store.commit(delivery(&octets, 3)).await.unwrap();
    assert_eq!(store.body(&hash, 0..5_000).unwrap(), octets);
}

#[tokio::test]
async fn a_large_body_is_staged_and_read_in_parts() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, Options::tiny());
    let octets: Vec<u8> = (0..300_000_u32).map(|number| (number % 253) as u8).collect();
    let mut writer = store.write_body().unwrap();
    for piece in octets.chunks(7_001) {
        writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    let note = writer.finish().await.unwrap();
    let mut batch = delivery(&octets, 1);
    batch.bodies[0].source = BodySource::Engine(note);
    let hash = batch.bodies[0].hash;
    store.commit(batch).await.unwrap();
    for (begin, end) in [(0, 300_000), (0, 1), (65_530, 65_540), (299_999, 400_000), (5, 5)] {
        let part = store.body(&hash, begin..end).unwrap();
        assert_eq!(part, octets[begin as usize..(end as usize).min(300_000)]);
    }
    drop(store);
    let store = open(&directory, Options::tiny());
    assert_eq!(store.body(&hash, 0..300_000).unwrap(), octets);
}

#[tokio::test]
async fn a_body_writer_that_is_dropped_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, Options::tiny());
    let mut writer = store.write_body().unwrap();
    writer.write(Bytes::from(vec![1; 100_000])).await.unwrap();
    drop(writer);
    store.commit(put("Aa", "1")).await.unwrap();
    assert!(store.counters().live_octets < 100);
}

#[tokio::test]
async fn a_second_opening_is_refused_while_the_first_lives() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, Options::tiny());
    let disk = Arc::new(RealDisk::new(directory.path()).unwrap());
    assert!(matches!(Store::open(disk.clone(), Options::tiny()), Err(OpenError::InUse)));
    drop(store);
    Store::open(disk, Options::tiny()).unwrap();
}

#[tokio::test]
async fn a_later_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(&directory, Options::tiny()));
    #[expect(clippy::disallowed_methods, reason = "a test of files")]
    std::fs::write(directory.path().join("format"), "correio store 4000000000\n").unwrap();
    let disk = Arc::new(RealDisk::new(directory.path()).unwrap());
    let refused = Store::open(disk, Options::tiny());
    assert!(matches!(refused, Err(OpenError::NewerFormat { found: 4_000_000_000, .. })));
}

/// What accounts bring in, one after another, and how many octets went to the journal each time.
async fn written(store: &Store, account: u32, email: u64, body: &StagedBody) -> u64 {
    let before = store.counters().octets_written;
    let reference = keys::body_reference(&body.hash, AccountId(account), EmailId(email));
    let batch = Batch {
        puts: vec![(reference, Bytes::new())],
        bodies: vec![body.clone()],
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    store.counters().octets_written - before
}

#[tokio::test]
async fn nobody_learns_from_the_work_that_somebody_else_has_a_body() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, Options::default());
    let octets = vec![7; 200_000];
    let first = body(&octets);
    let size = octets.len() as u64;
    assert!(written(&store, 1, 1, &first).await >= size);
    // The other copies of that delivery, and what an account has itself, cost nothing.
    assert!(written(&store, 2, 1, &first).await < 1_000);
    assert!(written(&store, 1, 2, &body(&octets)).await < 1_000);
    // Somebody else who brings the same octets pays as if they were new.
    let others = written(&store, 3, 1, &body(&octets)).await;
    let fresh = written(&store, 3, 2, &body(&vec![8; 200_000])).await;
    assert!(others.abs_diff(fresh) < 1_000, "{others} {fresh}");
    assert!(written(&store, 3, 3, &body(&octets)).await < 1_000);
    // It is kept once all the same, and all is well after opening again.
    store.checkpoint().unwrap();
    assert!(store.counters().live_octets < 2 * size + 100_000);
    drop(store);
    let store = open(&directory, Options::default());
    assert_eq!(store.body(&first.hash, 0..u64::MAX).unwrap().len(), octets.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_share_syncs_and_all_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, Options::default());
    let mut writers = Vec::new();
    for writer in 0..32_u64 {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            for number in 0..20_u64 {
                let email = writer * 100 + number;
                store.commit(delivery(&email.to_be_bytes(), email)).await.unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let counters = store.counters();
    assert_eq!(counters.commits, 640);
    assert!(counters.syncs < 640);
    drop(store);
    let store = open(&directory, Options::default());
    assert_eq!(keys_of(&store).len(), 1_280);
}

#[tokio::test]
async fn on_a_full_disk_mail_is_refused_deletions_work_and_service_returns() {
    let disk = SimulatedDisk::new(1);
    let store = Store::open(Arc::new(disk.clone()), Options::tiny()).unwrap();
    for email in 0..20 {
        store.commit(delivery(&[email as u8; 1_000], email)).await.unwrap();
    }
    store.checkpoint().unwrap();
    assert!(disk.files().iter().any(|(name, _)| name == "reserve"));
    disk.set_capacity(Some(disk.used_octets()));
    let mut email = 100;
    while store.commit(delivery(&[7; 3_000], email)).await.is_ok() {
        email += 1;
        assert!(email < 120, "the disk does not get full");
    }
    let refused = store.commit(delivery(&[9; 3_000], 200)).await;
    assert!(matches!(refused, Err(CommitError::NoSpace)), "{refused:?}");
    for email in 0..20_u64 {
        let deletes = vec![reference(&body(&[email as u8; 1_000]), email)];
        store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
    }
    assert!(store.failure().is_none());
    disk.set_capacity(None);
    store.commit(delivery(&[9; 3_000], 200)).await.unwrap();
    drop(store);
    let store = Store::open(Arc::new(disk), Options::tiny()).unwrap();
    assert_eq!(store.body(&body(&[9; 3_000]).hash, 0..3_000).unwrap(), vec![9; 3_000]);
}
