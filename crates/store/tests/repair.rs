//! Repair keeps all that is whole, from the journal and from the index, wherever it is interrupted.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    unreachable_pub,
    dead_code,
    reason = "tests may be blunt"
)]

mod damaged;

use bytes::Bytes;
use damaged::{Filling, Keys, Places, Written, keys_of, port, readable, segments};
use mailbox::engine::{Batch, CommitError, Engine};
use store::sim::{Dice, SimulatedDisk, Trouble};
use store::{Disk, Finding, OpenError, Options, Part, Store, Taking};

/// One segment holds it all, as in a store of ordinary size.
fn roomy() -> Options {
    Options { segment_octets: 64 << 20, large_batch_octets: 16 << 20, ..Options::tiny() }
}

/// 161 messages that one batch brought.
fn imported() -> (SimulatedDisk, Written) {
    let disk = SimulatedDisk::new(1);
    let options = Options { large_batch_changes: 2_000, group_changes_max: 4_000, ..roomy() };
    let mut filling = Filling::new(&disk, options, 1);
    filling.import(161, 2_200);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    (disk, written)
}

fn names_of_bodies(findings: &[Finding]) -> Vec<[u8; 32]> {
    let mut hashes: Vec<_> = findings.iter().map(|it| it.body().unwrap().0).collect();
    hashes.sort_unstable();
    hashes
}

#[test]
fn octets_overwritten_in_an_import_cost_the_messages_that_they_hit() {
    let (disk, written) = imported();
    let places = Places::of(&written, &disk);
    let hit = (60_000..).map(|at| at..at + 3_000).find(|hit| places.bodies_hit(1, hit).len() == 4);
    let hit = hit.unwrap();
    disk.overwrite("journal/00000001.seg", hit.start, &[0xa5; 3_000]);
    let without_index = disk.copy();
    let mut expected = places.bodies_hit(1, &hit);
    expected.sort_unstable();
    assert_eq!(expected.len(), 4);
    let before = Store::open(port(&disk), roomy()).unwrap();
    let served = readable(&before, &written, "before");
    assert_eq!(served.len(), 157);
    drop(before);
    let repaired = store::repair(&port(&disk), &roomy(), &mut |_| {}).unwrap();
    let after = Store::open(port(&disk), roomy()).unwrap();
    assert_eq!(readable(&after, &written, "after"), served);
    // All that was said about them is there.
    assert_eq!(keys_of(&after), written.keys());
    assert_eq!(names_of_bodies(&repaired.checked.findings), expected);
    drop(after);
    let checked = store::check(&port(&disk), &roomy(), &mut |_| {}).unwrap();
    assert_eq!(names_of_bodies(&checked.findings), expected);
    // From the journal alone: what was hit is lost, and nothing else.
    without_index.remove("index.redb").unwrap();
    store::repair(&port(&without_index), &roomy(), &mut |_| {}).unwrap();
    let after = Store::open(port(&without_index), roomy()).unwrap();
    assert!(readable(&after, &written, "after") == served);
    let keys = keys_of(&after);
    for key in written.changes.keys() {
        let is_hit = |place: &damaged::Place, _| damaged::hits(place, 1, &hit);
        assert!(places.may_be(&written, key, keys.get(key), &is_hit), "{key:02x?}");
    }
}

#[test]
fn one_flipped_octet_costs_at_most_the_body_that_it_hits() {
    let disk = SimulatedDisk::new(2);
    let mut filling = Filling::new(&disk, roomy(), 2);
    filling.live(30);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    let places = Places::of(&written, &disk);
    let (segment, name, octets) = segments(&disk).remove(0);
    let end = octets.iter().rposition(|octet| *octet != 0).unwrap() as u64;
    let mut dice = Dice::new(3);
    for round in 0..120 {
        let copy = disk.copy();
        let at = dice.below(end);
        copy.overwrite(&name, at, &[octets[at as usize] ^ 0x10]);
        let what = format!("round {round}, octet {at}");
        let repaired = store::repair(&port(&copy), &roomy(), &mut |_| {}).unwrap();
        let store = Store::open(port(&copy), roomy()).unwrap();
        assert_eq!(keys_of(&store), written.keys(), "{what}");
        let there = readable(&store, &written, &what);
        let hit = places.bodies_hit(segment, &(at..at + 1));
        assert!(written.bodies.len() - there.len() <= hit.len().min(1), "{what}");
        assert!(repaired.checked.findings.iter().all(|it| it.body().is_some()), "{what}");
        assert_eq!(repaired.checked.count, (written.bodies.len() - there.len()) as u64, "{what}");
    }
}

#[test]
fn a_segment_that_is_gone_costs_what_lay_in_it() {
    let disk = SimulatedDisk::new(4);
    let mut filling = Filling::new(&disk, Options::tiny(), 4);
    filling.live(40);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    let places = Places::of(&written, &disk);
    for (segment, name, _) in segments(&disk) {
        let copy = disk.copy();
        copy.remove(&name).unwrap();
        let refused = Store::open(port(&copy), Options::tiny());
        assert!(refused.is_err() || places.bodies_hit(segment, &(0..u64::MAX)).is_empty());
        let repaired = store::repair(&port(&copy), &Options::tiny(), &mut |_| {}).unwrap();
        let store = Store::open(port(&copy), Options::tiny()).unwrap();
        assert_eq!(keys_of(&store), written.keys(), "{name}");
        let there = readable(&store, &written, &name);
        let hit = places.bodies_hit(segment, &(0..u64::MAX));
        let lost = written.bodies.keys().filter(|hash| !there.contains(hash));
        assert!(lost.clone().all(|hash| hit.contains(hash)), "{name}");
        let named = names_of_bodies(&repaired.checked.findings);
        assert_eq!(named, lost.copied().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn sectors_that_cannot_be_read_cost_what_lies_in_them() {
    for with_links in [true, false] {
        let disk = SimulatedDisk::new(12);
        let mut filling = Filling::new(&disk, Options::tiny(), 12);
        filling.live(40);
        filling.store.close().unwrap();
        let Filling { written, store, .. } = filling;
        drop(store);
        let places = Places::of(&written, &disk);
        if !with_links {
            disk.forbid_links();
        }
        let (segment, name, _) = segments(&disk).remove(1);
        let hit = 4_096..12_288;
        disk.make_unreadable(&name, hit.clone());
        let repaired = store::repair(&port(&disk), &Options::tiny(), &mut |_| {}).unwrap();
        let store = Store::open(port(&disk), Options::tiny()).unwrap();
        assert_eq!(keys_of(&store), written.keys());
        let there = readable(&store, &written, "unreadable sectors");
        let bodies_hit = places.bodies_hit(segment, &hit);
        let lost: Vec<_> = written.bodies.keys().filter(|it| !there.contains(it)).collect();
        assert!(!lost.is_empty() && lost.iter().all(|hash| bodies_hit.contains(*hash)));
        assert_eq!(names_of_bodies(&repaired.checked.findings).len(), lost.len());
    }
}

#[test]
fn a_damaged_index_is_made_anew_at_start_without_being_asked() {
    let disk = SimulatedDisk::new(5);
    let mut filling = Filling::new(&disk, Options::tiny(), 5);
    filling.live(30);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    let octets = disk.files().into_iter().find(|it| it.0 == "index.redb").unwrap().1;
    let mut dice = Dice::new(6);
    let mut made_anew = 0;
    for round in 0..100 {
        let copy = disk.copy();
        match round % 3 {
            0 => copy.flip_bit("index.redb", dice.below(octets * 8)),
            1 => copy.overwrite("index.redb", dice.below(octets), &[0; 2_000]),
            _ => copy.cut("index.redb", dice.below(octets)),
        }
        let store = Store::open(port(&copy), Options::tiny()).unwrap();
        if store.started().index_made_anew.is_some() {
            made_anew += 1;
            assert!(copy.files().iter().any(|it| it.0 == "aside/index.redb.1"), "round {round}");
        }
        assert_eq!(keys_of(&store), written.keys(), "round {round}");
        let there = readable(&store, &written, &format!("round {round}"));
        assert_eq!(there.len(), written.bodies.len(), "round {round}");
        drop(store);
        let checked = store::check(&port(&copy), &Options::tiny(), &mut |_| {}).unwrap();
        assert_eq!(checked.findings, [], "round {round}");
    }
    assert!(made_anew > 40, "{made_anew} of 100");
}

/// Where some octets lie in a file.
fn place_of(disk: &SimulatedDisk, name: &str, octets: &[u8]) -> u64 {
    let file = disk.open(name).unwrap().unwrap();
    let mut held = vec![0; file.octets().unwrap() as usize];
    file.read_at(0, &mut held).unwrap();
    held.windows(octets.len()).position(|window| window == octets).unwrap() as u64
}

#[tokio::test]
async fn a_value_of_the_index_that_is_damaged_at_work_costs_what_it_is_about() {
    let disk = SimulatedDisk::new(10);
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    let key = |number: u32| format!("Akey{number:04}").into_bytes();
    let value = |number: u32| Bytes::from(format!("the value of number {number:04}"));
    let puts = (0..15).map(|number| (key(number), value(number))).collect();
    store.commit(Batch { puts, ..Batch::default() }).await.unwrap();
    store.close().unwrap();
    drop(store);
    let at = place_of(&disk, "index.redb", &value(7));
    disk.overwrite("index.redb", at, b"T");
    // As a large index is opened, or one that is hit while the store is at work.
    let options = Options { index_proof_octets_max: 0, ..Options::tiny() };
    let store = Store::open(port(&disk), options).unwrap();
    assert_eq!(store.started().index_made_anew, None);
    let snapshot = store.snapshot().unwrap();
    assert!(snapshot.get(&key(7)).unwrap_err().is_damaged());
    assert_eq!(snapshot.get(&key(8)).unwrap(), Some(value(8)));
    assert_eq!(keys_of(&store).len(), 14);
    let mut batch = Batch { puts: vec![(key(20), value(20))], ..Batch::default() };
    batch.checks = vec![(key(7), Some(value(7)))];
    let refused = store.commit(batch.clone()).await.unwrap_err();
    assert!(matches!(refused, CommitError::Fault(fault) if fault.is_damaged()));
    batch.checks = vec![(key(8), Some(value(8)))];
    store.commit(batch).await.unwrap();
    drop((snapshot, store));
    // The next start knows of it.
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    assert!(store.started().index_made_anew.is_some());
    assert_eq!(keys_of(&store).len(), 16);
    drop(store);
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    assert_eq!(store.started().index_made_anew, None);
}

/// A copy is made with trouble at every call: it is whole, or no store at all, and the store that is copied is as it was.
#[test]
fn a_copy_is_whole_or_no_store() {
    let disk = SimulatedDisk::new(11);
    let mut filling = Filling::new(&disk, Options::tiny(), 11);
    filling.live(20);
    let Filling { written, store, .. } = filling;
    let mut tried = 0;
    for trouble in Trouble::ALL {
        for call in 1_u64.. {
            let mut target = SimulatedDisk::new(call);
            target.trouble_at(call, trouble);
            let copied = store.snapshot_to(&port(&target));
            let happened = target.has_happened();
            target.calm();
            if trouble == Trouble::PowerCut || call % 2 == 0 {
                target = target.restart(call);
            }
            let what = format!("{trouble:?} at call {call}");
            let has = |name: &str| target.files().iter().any(|it| it.0 == name);
            let is_store = has("format") && !has("copy.unfinished");
            assert!(is_store || copied.is_err(), "{what}");
            if is_store {
                let copy = Store::open(port(&target), Options::tiny()).unwrap();
                assert_eq!(copy.started().index_made_anew, None, "{what}");
                assert_eq!(keys_of(&copy), written.keys(), "{what}");
                assert_eq!(readable(&copy, &written, &what).len(), written.bodies.len(), "{what}");
            }
            if !happened {
                break;
            }
            tried += 1;
        }
    }
    println!("{tried} calls of a copy tried");
    assert_eq!(keys_of(&store), written.keys());
    assert!(tried > 100, "{tried}");
}

#[test]
fn a_damaged_index_is_not_copied() {
    let disk = SimulatedDisk::new(13);
    let mut filling = Filling::new(&disk, Options::tiny(), 13);
    filling.live(40);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    let keys = written.keys();
    let (_, value) = keys.iter().find(|it| it.0.starts_with(b"Aemail")).unwrap();
    disk.overwrite("index.redb", place_of(&disk, "index.redb", value), &[!value[0]]);
    let options = Options { index_proof_octets_max: 0, ..Options::tiny() };
    let store = Store::open(port(&disk), options).unwrap();
    let target = SimulatedDisk::new(1);
    assert_eq!(store.snapshot_to(&port(&target)).unwrap().entries, 0);
    let streamed = SimulatedDisk::new(2);
    let mut taking = Taking::begin(port(&streamed)).unwrap();
    let given = store.give_out(&mut |part| match part {
        Part::Begin { .. } => Ok(()),
        Part::Segment(segment) => taking.segment(segment),
        Part::Index => taking.index(),
        Part::Octets(octets) => taking.octets(octets),
    });
    given.unwrap();
    assert_eq!(taking.finish().unwrap().entries, 0);
    for copy in [target, streamed] {
        let copy = Store::open(port(&copy), Options::tiny()).unwrap();
        assert_eq!(keys_of(&copy), keys);
        assert_eq!(readable(&copy, &written, "the copy").len(), written.bodies.len());
    }
}

#[test]
fn a_scrub_finds_segments_that_are_cut_or_gone() {
    let disk = SimulatedDisk::new(14);
    let mut filling = Filling::new(&disk, Options::tiny(), 14);
    filling.live(40);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    let places = Places::of(&written, &disk);
    let store = Store::open(port(&disk), Options::tiny()).unwrap();
    let all = segments(&disk);
    disk.remove(&all[0].1).unwrap();
    disk.cut(&all[1].1, all[1].2.len() as u64 - 48);
    let mut place = Some(store::ScrubPlace::start());
    let mut findings = Vec::new();
    while let Some(now) = place {
        let scrubbed = store.scrub_step(&now).unwrap();
        findings.extend(scrubbed.findings);
        place = scrubbed.next;
    }
    let in_journal = |number: u32| {
        let it =
            |it: &&Finding| matches!(it, Finding::Journal { segment, .. } if *segment == number);
        findings.iter().filter(it).count()
    };
    assert_eq!((in_journal(all[0].0), in_journal(all[1].0)), (1, 1), "{findings:?}");
    let bodies: Vec<_> = findings.iter().filter_map(|it| it.body()).collect();
    assert!(!bodies.is_empty());
    let in_first = places.bodies_hit(all[0].0, &(0..u64::MAX));
    assert!(bodies.iter().all(|hash| in_first.contains(&hash.0)), "{findings:?}");
}

/// What a store has: its keys, and the bodies that can be read.
fn state(disk: &SimulatedDisk, options: &Options, written: &Written) -> (Keys, Vec<[u8; 32]>) {
    let store = Store::open(port(disk), options.clone()).unwrap();
    (keys_of(&store), readable(&store, written, "a repaired store"))
}

/// Repairs with trouble at every call, or at every `step`-th, and again without.
fn sweep(damaged: &SimulatedDisk, written: &Written, trouble: Trouble, step: usize) -> u64 {
    let undisturbed = damaged.copy();
    store::repair(&port(&undisturbed), &Options::tiny(), &mut |_| {}).unwrap();
    let expected = state(&undisturbed, &Options::tiny(), written);
    let mut tried = 0;
    for call in (1_u64..).step_by(step) {
        let mut disk = damaged.copy();
        disk.trouble_at(call, trouble);
        let repaired = store::repair(&port(&disk), &Options::tiny(), &mut |_| {});
        let happened = disk.has_happened();
        disk.calm();
        if trouble == Trouble::PowerCut || call % 2 == 0 {
            disk = disk.restart(call);
        }
        if repaired.is_err() {
            // Whoever starts it meanwhile is told, or all of it is there.
            match Store::open(port(&disk), Options::tiny()) {
                Ok(store) => assert_eq!(keys_of(&store), expected.0, "{trouble:?} at {call}"),
                Err(OpenError::RepairUnfinished | OpenError::JournalDamaged { .. }) => {}
                Err(error) => panic!("{trouble:?} at {call}: {error:?}"),
            }
            store::repair(&port(&disk), &Options::tiny(), &mut |_| {})
                .unwrap_or_else(|error| panic!("{trouble:?} at {call}: {error:?}"));
        }
        let found = state(&disk, &Options::tiny(), written);
        assert_eq!(found, expected, "{trouble:?} at call {call}");
        if !happened {
            return tried;
        }
        tried += 1;
    }
    tried
}

fn sweep_all(trouble: Trouble, step: usize) {
    // `cargo xtask long` tries each call.
    let each = std::env::var("STORE_EACH_CALL").is_ok();
    let step = if each { 1 } else { step };
    let disk = SimulatedDisk::new(7);
    let mut filling = Filling::new(&disk, Options::tiny(), 7);
    filling.live(22);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    let names: Vec<String> = segments(&disk).into_iter().map(|it| it.1).collect();
    let in_the_middle = disk.copy();
    in_the_middle.overwrite(&names[0], 3_000, &[0xa5; 900]);
    let last = names.last().unwrap();
    let gone = disk.copy();
    gone.remove(&names[1]).unwrap();
    gone.overwrite(last, 70, &[0xa5; 200]);
    let mut tried = 0;
    for damaged in [in_the_middle, gone] {
        tried += sweep(&damaged, &written, trouble, step);
        // Where a file cannot have two names.
        damaged.forbid_links();
        tried += sweep(&damaged, &written, trouble, step * 3);
    }
    println!("{trouble:?}: {tried} calls of repair tried");
    assert!(tried > 50, "{tried}");
}

#[test]
fn the_power_may_go_at_every_call_of_repair() {
    sweep_all(Trouble::PowerCut, 3);
}

#[test]
fn every_call_of_repair_may_fail() {
    sweep_all(Trouble::Error, 5);
}

#[test]
fn the_disk_may_be_full_at_every_call_of_repair() {
    sweep_all(Trouble::Full, 5);
}

#[test]
fn every_write_of_repair_may_end_half_way() {
    sweep_all(Trouble::ShortWrite, 7);
}

#[test]
fn every_read_of_repair_may_fail() {
    sweep_all(Trouble::ReadError, 5);
}

#[test]
fn what_was_mended_is_rewritten_and_removed_without_loss() {
    let disk = SimulatedDisk::new(8);
    let mut filling = Filling::new(&disk, Options::tiny(), 8);
    filling.live(40);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    for (_, name, octets) in segments(&disk) {
        disk.overwrite(&name, octets.len() as u64 / 2, &[0xa5; 300]);
    }
    // All that is left comes from the gaps.
    disk.remove("index.redb").unwrap();
    store::repair(&port(&disk), &Options::tiny(), &mut |_| {}).unwrap();
    let before = state(&disk, &Options::tiny(), &written);
    let options = Options { rewrite_below_percent: 101, ..Options::tiny() };
    let store = Store::open(port(&disk), options).unwrap();
    let mut removed = 0;
    for _ in 0..2_000 {
        match store.rewrite_step() {
            Ok(store::Rewriting::Nothing) => break,
            Ok(store::Rewriting::Removed { .. }) => removed += 1,
            // Damaged bodies stay where they are.
            Ok(store::Rewriting::Working { .. }) | Err(_) => {}
        }
    }
    drop(store);
    println!("{removed} segments removed");
    assert_eq!(state(&disk, &Options::tiny(), &written), before);
}

#[test]
fn a_scrub_finds_what_is_damaged_and_goes_on_where_it_was() {
    let disk = SimulatedDisk::new(9);
    let mut filling = Filling::new(&disk, Options::tiny(), 9);
    filling.live(40);
    filling.store.close().unwrap();
    let Filling { written, store, .. } = filling;
    drop(store);
    let scrub = |disk: &SimulatedDisk| {
        let mut place = store::ScrubPlace::start();
        let mut findings = Vec::new();
        let mut steps = 0;
        loop {
            // As after a restart, each time.
            let store = Store::open(port(disk), Options::tiny()).unwrap();
            let scrubbed = store.scrub_step(&place).unwrap();
            findings.extend(scrubbed.findings);
            steps += 1;
            match scrubbed.next {
                Some(next) => place = next.to_string().parse().unwrap(),
                None => return (findings, steps),
            }
        }
    };
    let (findings, steps) = scrub(&disk);
    assert_eq!(findings, []);
    assert!(steps > 5);
    let places = Places::of(&written, &disk);
    let (segment, name, _) = segments(&disk).remove(1);
    disk.overwrite(&name, 5_000, &[0xa5; 300]);
    let mut hit = places.bodies_hit(segment, &(5_000..5_300));
    let (findings, _) = scrub(&disk);
    assert!(findings.iter().any(|it| matches!(it, Finding::Journal { .. })), "{findings:?}");
    hit.sort_unstable();
    let bodies: Vec<_> = findings.iter().filter_map(|it| Some(it.body()?.0)).collect();
    assert!(bodies.iter().all(|hash| hit.contains(hash)), "{findings:?}");
}
