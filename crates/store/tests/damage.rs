//! Damage: flipped bits are never served as mail, check finds them, and repair keeps what can be read.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::sim::{Dice, SimulatedDisk};
use store::{Disk, Finding, OpenError, Options, Part, Store, Taking};

type Bodies = BTreeMap<[u8; 32], Vec<u8>>;

fn delivery(email: u64, octets: Vec<u8>, bodies: &mut Bodies) -> Batch {
    let hash = BodyHash(*blake3::hash(&octets).as_bytes());
    bodies.insert(hash.0, octets.clone());
    let key = format!("Aemail{email:04}").into_bytes();
    Batch {
        puts: vec![
            (keys::body_reference(&hash, AccountId(1), EmailId(email)), Bytes::new()),
            (key, Bytes::copy_from_slice(&hash.0)),
        ],
        bodies: vec![StagedBody {
            hash,
            octets: octets.len() as u64,
            source: BodySource::Memory(Bytes::from(octets)),
        }],
        ..Batch::default()
    }
}

/// A store with some segments of mail, closed.
fn filled(seed: u64, emails: u64) -> (SimulatedDisk, Bodies) {
    let disk = SimulatedDisk::new(seed);
    let mut bodies = Bodies::new();
    let mut dice = Dice::new(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = Store::open(Arc::new(disk.clone()), Options::tiny()).unwrap();
    for email in 0..emails {
        let octets = (0..dice.below(1_500) + 1).map(|_| dice.below(256) as u8).collect();
        runtime.block_on(store.commit(delivery(email, octets, &mut bodies))).unwrap();
    }
    store.close().unwrap();
    (disk, bodies)
}

fn port(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

/// What can be read: whatever is given out must be right. Gives back how many bodies are there.
fn read_all(store: &Store, bodies: &Bodies, what: &str) -> usize {
    let mut there = 0;
    let snapshot = store.snapshot().unwrap();
    let mut hashes = Vec::new();
    // An error is an honest answer, too.
    let _ = snapshot.range(b"A".as_slice()..b"B".as_slice(), &mut |_, value| {
        hashes
            .push(<[u8; 32]>::try_from(value).unwrap_or_else(|_| panic!("{what}: a wrong value")));
        ControlFlow::Continue(())
    });
    for hash in hashes {
        let right = bodies.get(&hash).unwrap_or_else(|| panic!("{what}: a wrong value"));
        let Ok(octets) = store.body(&BodyHash(hash), 0..u64::MAX) else { continue };
        assert_eq!(octets, right, "{what}: wrong octets");
        there += 1;
    }
    there
}

#[test]
fn a_flipped_bit_is_never_served_and_always_found() {
    let (disk, bodies) = filled(1, 60);
    let segments: Vec<(String, u64)> =
        disk.files().into_iter().filter(|(name, _)| name.ends_with(".seg")).collect();
    assert!(segments.len() > 2);
    let mut dice = Dice::new(7);
    let mut served = 0;
    for _ in 0..400 {
        let copy = disk.restart(0);
        let (name, octets) = dice.one_of(&segments).unwrap();
        let bit = dice.below(octets * 8);
        copy.flip_bit(name, bit);
        let what = format!("bit {bit} of {name}");
        let checked = store::check(&port(&copy), &Options::tiny(), &mut |_| {}).unwrap();
        assert!(checked.count > 0, "{what} was not found");
        if let Ok(store) = Store::open(port(&copy), Options::tiny()) {
            served += read_all(&store, &bodies, &what);
        }
    }
    assert!(served > 10_000);
}

#[test]
fn a_flipped_bit_of_the_index_is_never_served() {
    let (disk, bodies) = filled(2, 60);
    let octets = disk.files().into_iter().find(|(name, _)| name == "index.redb").unwrap().1;
    let mut dice = Dice::new(8);
    let mut found = 0;
    for _ in 0..400 {
        let copy = disk.restart(0);
        let bit = dice.below(octets * 8);
        copy.flip_bit("index.redb", bit);
        let what = format!("bit {bit} of the index");
        let checked = store::check(&port(&copy), &Options::tiny(), &mut |_| {}).unwrap();
        // Most of the file is not in use.
        found += u64::from(checked.count > 0);
        let opened = std::panic::catch_unwind(|| Store::open(port(&copy), Options::tiny()).ok());
        if let Ok(Some(store)) = opened {
            let there = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                read_all(&store, &bodies, &what)
            }));
            let all = there.is_ok_and(|there| there == bodies.len());
            assert!(all || checked.count > 0, "{what} was not found");
        }
    }
    println!("{found} of 400 found");
}

#[test]
fn a_damaged_body_says_that_it_is_damaged_and_one_that_is_gone_does_not() {
    let (disk, bodies) = filled(10, 3);
    disk.flip_bit("journal/00000001.seg", 8 * 200);
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    let faults: Vec<_> =
        bodies.keys().filter_map(|it| store.body(&BodyHash(*it), 0..u64::MAX).err()).collect();
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert!(fault.is_damaged(), "{fault}");
    let gone = store.body(&BodyHash([7; 32]), 0..10).unwrap_err();
    assert!(!gone.is_damaged(), "{gone}");
}

#[test]
fn repair_keeps_all_but_the_damaged_place() {
    let mut dice = Dice::new(9);
    for round in 0..150 {
        let (disk, bodies) = filled(round, 50);
        let segments: Vec<(String, u64)> =
            disk.files().into_iter().filter(|(name, _)| name.ends_with(".seg")).collect();
        let (name, octets) = dice.one_of(&segments).unwrap();
        let bit = dice.below(octets * 8);
        disk.flip_bit(name, bit);
        // The index is lost, too, so that all has to come from the segments.
        disk.remove("index.redb").unwrap();
        let what = format!("round {round}, bit {bit} of {name}");
        let repaired = store::repair(&port(&disk), &Options::tiny(), &mut |_| {})
            .unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let store = Store::open(port(&disk), Options::tiny())
            .unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let there = read_all(&store, &bodies, &what);
        let lost = bodies.len() - there;
        assert!(lost <= 1, "{what}: {lost} lost");
        assert!(lost == 0 || !repaired.findings.is_empty(), "{what}: {repaired:?}");
        // A bit of the name of a body, rather than of its octets, leaves the mail without it.
        let kept =
            |finding: &Finding| matches!(finding, Finding::Body { .. } | Finding::Lost { .. });
        assert!(repaired.checked.findings.iter().all(kept), "{what}: {repaired:?}");
        // And it takes new mail.
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut more = Bodies::new();
        runtime.block_on(store.commit(delivery(9_999, vec![1; 3_000], &mut more))).unwrap();
        drop(store);
        Store::open(port(&disk), Options::tiny()).unwrap();
    }
}

#[test]
fn a_damaged_place_that_was_synced_is_refused_loudly_and_nothing_is_changed() {
    let disk = SimulatedDisk::new(3);
    let mut bodies = Bodies::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let options =
        Options { checkpoint_octets: u64::MAX, segment_octets: 1 << 20, ..Options::tiny() };
    let store = Store::open(port(&disk), options.clone()).unwrap();
    for email in 0..20 {
        let batch = delivery(email, vec![email as u8; 500], &mut bodies);
        runtime.block_on(store.commit(batch)).unwrap();
    }
    // No checkpoint: as after a kill.
    drop(store);
    disk.flip_bit("journal/00000001.seg", 8 * 3_000);
    let journal =
        || disk.files().into_iter().filter(|it| it.0.starts_with("journal/")).collect::<Vec<_>>();
    let before = journal();
    let refused = Store::open(port(&disk), options.clone()).unwrap_err();
    assert!(matches!(refused, OpenError::JournalDamaged { segment: 1, .. }), "{refused}");
    assert!(refused.to_string().contains("correio repair"));
    assert_eq!(journal(), before);
    let repaired = store::repair(&port(&disk), &options, &mut |_| {}).unwrap();
    assert_eq!(repaired.segments, [1]);
    let store = Store::open(port(&disk), options).unwrap();
    assert_eq!(read_all(&store, &bodies, "after repair"), 19);
    assert!(disk.files().iter().any(|(name, _)| name.starts_with("aside/")));
}

/// Copies a store through a stream, as one that goes to another process does.
fn streamed(store: &Store, target: &SimulatedDisk) -> Result<store::Copied, mailbox::Fault> {
    let mut taking = Taking::begin(port(target))?;
    let (mut expected, mut came) = (0, 0);
    store.give_out(&mut |part| match part {
        Part::Begin { octets } => {
            expected = octets;
            Ok(())
        }
        Part::Segment(segment) => taking.segment(segment),
        Part::Index => {
            assert_eq!(came, expected);
            taking.index()
        }
        Part::Octets(octets) => {
            came += octets.len() as u64;
            taking.octets(octets)
        }
    })?;
    taking.finish()
}

#[test]
fn a_copy_through_a_stream_is_the_store_at_that_moment() {
    let (disk, bodies) = filled(4, 60);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    let target = SimulatedDisk::new(5);
    let copied = streamed(&store, &target).unwrap();
    assert!(copied.copied > 2 && copied.entries > 120);
    let mut later = Bodies::new();
    runtime.block_on(store.commit(delivery(100, vec![1; 700], &mut later))).unwrap();
    assert!(streamed(&store, &target).is_err(), "the place is taken");
    // The power goes: a copy that was finished is durable.
    let target = target.restart(1);
    let restored = Store::open(port(&target), Options::tiny()).unwrap();
    assert_eq!(restored.counters().records_replayed, 0);
    assert_eq!(read_all(&restored, &bodies, "the copy"), 60);
    runtime.block_on(restored.commit(delivery(200, vec![2; 700], &mut later))).unwrap();
    drop(restored);
    let checked = store::check(&port(&target), &Options::tiny(), &mut |_| {}).unwrap();
    assert_eq!(checked.findings, []);
}

#[test]
fn half_a_streamed_copy_is_no_store() {
    let (disk, _) = filled(4, 60);
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    let target = SimulatedDisk::new(5);
    let mut taking = Taking::begin(port(&target)).unwrap();
    assert!(taking.octets(b"x").is_err(), "no segment was begun");
    let mut segments = 0;
    let cut = store.give_out(&mut |part| match part {
        Part::Segment(_) if segments == 2 => Err(mailbox::Fault::new("the stream is cut")),
        Part::Segment(segment) => {
            segments += 1;
            taking.segment(segment)
        }
        Part::Begin { .. } | Part::Index => Ok(()),
        Part::Octets(octets) => taking.octets(octets),
    });
    assert!(cut.unwrap_err().to_string().contains("the stream is cut"));
    assert!(taking.finish().unwrap_err().to_string().contains("did not come"));
    assert!(target.files().iter().all(|(name, _)| name != "format"));
}

#[test]
fn a_copy_is_the_store_at_that_moment() {
    let (disk, bodies) = filled(4, 60);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    let target = SimulatedDisk::new(5);
    let copied = store.snapshot_to(&port(&target)).unwrap();
    assert!(copied.copied > 2 && copied.entries > 120);
    let mut later = Bodies::new();
    runtime.block_on(store.commit(delivery(100, vec![1; 700], &mut later))).unwrap();
    assert!(store.snapshot_to(&port(&target)).is_err(), "the place is taken");
    let target = target.restart(1);
    let restored = Store::open(port(&target), Options::tiny()).unwrap();
    assert_eq!(restored.counters().records_replayed, 0);
    assert_eq!(read_all(&restored, &bodies, "the copy"), 60);
    runtime.block_on(restored.commit(delivery(200, vec![2; 700], &mut later))).unwrap();
    drop(restored);
    let checked = store::check(&port(&target), &Options::tiny(), &mut |_| {}).unwrap();
    assert_eq!(checked.findings, []);
}

#[test]
fn a_store_at_work_is_checked_and_found_right() {
    let (disk, _) = filled(6, 60);
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    let checked = store.check(&mut |_| {}).unwrap();
    assert_eq!(checked.findings, []);
    assert_eq!(checked.bodies, 60);
}
