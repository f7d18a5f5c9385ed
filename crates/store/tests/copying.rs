//! Copies of a store, which are backups and what is restored from them: with the power cut, or a call failing, at every call
//! that copying makes. Half a copy is never opened as if it were whole; copying again to the same place works.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    unreachable_pub,
    dead_code,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use store::sim::{SimulatedDisk, Trouble};
use store::{Disk, OpenError, Options, Store, clear_unfinished_copy};

mod damaged;

use damaged::{Filling, Written, keys_of, port, readable};

/// A store at work.
fn working(seed: u64) -> (SimulatedDisk, Filling) {
    let disk = SimulatedDisk::new(seed);
    let mut filling = Filling::new(&disk, Options::tiny(), seed);
    filling.live(14);
    (disk, filling)
}

fn assert_whole(disk: &SimulatedDisk, written: &Written, what: &str) {
    let store = Store::open(port(disk), Options::tiny()).unwrap();
    assert_eq!(keys_of(&store), written.keys(), "{what}");
    assert_eq!(readable(&store, written, what).len(), written.bodies.len(), "{what}");
}

/// The same after copying has ended well or stopped, and whatever the power cut has left.
fn assert_whole_or_none(disk: &SimulatedDisk, written: &Written, done: bool, what: &str) {
    let is_empty = disk.files().is_empty();
    match Store::open(port(disk), Options::tiny()) {
        Ok(store) if is_empty => {
            assert!(!done, "{what}: nothing is there");
            drop(store);
        }
        Ok(store) => {
            drop(store);
            assert_whole(disk, written, what);
        }
        Err(OpenError::NotAStore { what: words }) => {
            assert!(!done, "{what}: {words}");
            assert!(words.contains("not finished"), "{what}: {words}");
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

fn copy(filling: &Filling, to: &SimulatedDisk) -> bool {
    filling.store.snapshot_to(&port(to)).is_ok()
}

/// The trouble is with the disk that is copied to.
fn sweep_target(trouble: Trouble, step: usize) -> u64 {
    let (_disk, filling) = working(11);
    let mut tried = 0;
    for call in (1..).step_by(step) {
        let what = format!("{trouble:?} at call {call}");
        let target = SimulatedDisk::new(call);
        target.trouble_at(call, trouble);
        let done = copy(&filling, &target);
        let happened = target.has_happened();
        target.calm();
        let left = if trouble == Trouble::PowerCut || call % 2 == 0 {
            target.restart(call)
        } else {
            target.copy()
        };
        assert_whole_or_none(&left.copy(), &filling.written, done, &what);
        let again = left.copy();
        retry(&filling, &again, call, &what);
        if !happened {
            return tried;
        }
        tried += 1;
    }
    tried
}

/// Copies again to the same place, where clearing it is interrupted, too.
fn retry(filling: &Filling, to: &SimulatedDisk, seed: u64, what: &str) {
    let clear = |disk: &SimulatedDisk| clear_unfinished_copy(&port(disk), || Ok(()));
    let cut = to.copy();
    cut.trouble_at(1 + seed % 20, Trouble::PowerCut);
    drop(clear(&cut));
    cut.calm();
    let cut = cut.restart(seed);
    assert_whole_or_none(&cut.copy(), &filling.written, false, &format!("{what}, clearing"));
    for disk in [to.clone(), cut] {
        if clear(&disk).unwrap() || disk.files().is_empty() {
            assert!(copy(filling, &disk), "{what}, again");
        }
        assert_whole(&disk.restart(seed), &filling.written, &format!("{what}, again"));
    }
}

/// The trouble is with the disk that is copied from: once it works again, so does copying.
fn sweep_source(trouble: Trouble, step: usize) -> u64 {
    let mut tried = 0;
    for call in (1..).step_by(step) {
        let what = format!("{trouble:?} at call {call} of the source");
        let (disk, filling) = working(12);
        let target = SimulatedDisk::new(call);
        disk.trouble_at(call, trouble);
        let done = copy(&filling, &target);
        let happened = disk.has_happened();
        disk.calm();
        assert_whole_or_none(&target.restart(call), &filling.written, done, &what);
        // A checkpoint that failed is made again after a pause; here the store is opened anew instead.
        let Filling { written, store, .. } = filling;
        drop(store);
        let store = Store::open(port(&disk), Options::tiny()).unwrap();
        let target = SimulatedDisk::new(call);
        if let Err(fault) = store.snapshot_to(&port(&target)) {
            panic!("{what}, again: {fault:?}");
        }
        assert_whole(&target.restart(call), &written, &what);
        if !happened {
            return tried;
        }
        tried += 1;
    }
    tried
}

fn steps(usually: usize) -> usize {
    // `cargo xtask long` tries each call.
    if std::env::var("STORE_EACH_CALL").is_ok() { 1 } else { usually }
}

#[test]
fn the_power_may_go_at_every_call_of_copying() {
    let tried = sweep_target(Trouble::PowerCut, steps(3));
    println!("PowerCut: {tried} calls of copying tried");
    assert!(tried > 20, "{tried}");
}

#[test]
fn every_call_of_copying_may_fail() {
    for trouble in [Trouble::Error, Trouble::Full, Trouble::ShortWrite, Trouble::ReadError] {
        let tried = sweep_target(trouble, steps(5));
        println!("{trouble:?}: {tried} calls of copying tried");
    }
}

#[test]
fn every_call_on_what_is_copied_may_fail() {
    for trouble in [Trouble::Error, Trouble::ReadError] {
        let tried = sweep_source(trouble, steps(7));
        println!("{trouble:?}: {tried} calls on the source tried");
        assert!(tried > 0);
    }
}

#[test]
fn two_who_copy_to_one_place_do_not_take_each_other_s_files() {
    let (_disk, filling) = working(13);
    let target = SimulatedDisk::new(1);
    let inside = filling.store.snapshot_with(&port(&target), || {
        assert!(filling.store.snapshot_to(&port(&target)).is_err());
        let place: Arc<dyn Disk> = port(&target);
        assert!(clear_unfinished_copy(&place, || Ok(())).is_err());
        Ok(())
    });
    inside.unwrap();
    assert_whole(&target, &filling.written, "after both");
}
