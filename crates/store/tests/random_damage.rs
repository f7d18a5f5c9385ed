//! Random damage to journal and index: octets flipped, zeroed and cut. What was not hit is served after repair, all else
//! is named.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::too_many_lines,
    unreachable_pub,
    reason = "tests may be blunt"
)]

mod damaged;

use std::collections::BTreeMap;
use std::ops::Range;

use damaged::{Filling, Places, Written, hits, keys_of, port, readable, segments};
use mailbox::BodyHash;
use store::sim::{Dice, SimulatedDisk};
use store::{Finding, Options, Store};

/// What one damage came to.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    runs: u64,
    found: u64,
    /// Stores that opened without repair.
    opened: u64,
    bodies: u64,
    bodies_hit: u64,
    bodies_lost: u64,
    bodies_named: u64,
    changes: u64,
    changes_lost: u64,
    restored: u64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.runs += other.runs;
        self.found += other.found;
        self.opened += other.opened;
        self.bodies += other.bodies;
        self.bodies_hit += other.bodies_hit;
        self.bodies_lost += other.bodies_lost;
        self.bodies_named += other.bodies_named;
        self.changes += other.changes;
        self.changes_lost += other.changes_lost;
        self.restored += other.restored;
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Flipped,
    Zeroed,
    Cut,
}

/// Damages one file, and says which octets are hit.
fn damage(disk: &SimulatedDisk, name: &str, kind: Kind, dice: &mut Dice) -> Range<u64> {
    let octets = disk.files().into_iter().find(|it| it.0 == name).unwrap().1;
    let at = dice.below(octets);
    match kind {
        Kind::Flipped => {
            disk.flip_bit(name, at * 8 + dice.below(8));
            at..at + 1
        }
        Kind::Zeroed => {
            let end = (at + 1 + dice.below(3_000)).min(octets);
            disk.overwrite(name, at, &vec![0; (end - at) as usize]);
            at..end
        }
        Kind::Cut => {
            disk.cut(name, at);
            at..octets
        }
    }
}

fn one(seed: u64) -> (String, Tally) {
    let mut dice = Dice::new(seed);
    let disk = SimulatedDisk::new(seed);
    let mut filling = Filling::new(&disk, Options::tiny(), seed);
    filling.live(25);
    let is_closed = dice.chance(50);
    if is_closed {
        filling.store.close().unwrap();
    }
    let Filling { written, store, .. } = filling;
    drop(store);
    let places = Places::of(&written, &disk);
    let journal: Vec<(u32, String)> =
        segments(&disk).into_iter().map(|(segment, name, _)| (segment, name)).collect();
    let in_index = dice.chance(35);
    let (segment, name) = dice.one_of(&journal).cloned().unwrap();
    let (segment, name) = if in_index { (0, "index.redb".to_owned()) } else { (segment, name) };
    let kind = *dice.one_of(&[Kind::Flipped, Kind::Zeroed, Kind::Cut]).unwrap();
    let hit = damage(&disk, &name, kind, &mut dice);
    let what = format!("seed {seed}, closed: {is_closed}, {kind:?} {hit:?} of {name}");
    // Sometimes both witnesses are hit.
    let in_both = !in_index && dice.chance(25);
    if in_both {
        let kind = *dice.one_of(&[Kind::Flipped, Kind::Zeroed, Kind::Cut]).unwrap();
        damage(&disk, "index.redb", kind, &mut dice);
    }
    let is_known = is_closed && !in_both;
    let place = match (in_index, in_both) {
        (true, _) => "index",
        (_, true) => "both",
        _ => "journal",
    };
    let closed = if is_closed { "closed" } else { "killed" };
    let tally = look(&disk, &written, &places, segment, &hit, (is_known, kind), &what);
    (format!("{place:7} {closed} {kind:?}"), tally)
}

/// Repairs, and compares what is there afterwards with what may be missing.
fn look(
    disk: &SimulatedDisk,
    written: &Written,
    places: &Places,
    segment: u32,
    hit: &Range<u64>,
    (is_known, kind): (bool, Kind),
    what: &str,
) -> Tally {
    let options = Options::tiny();
    let checked = store::check(&port(&disk.copy()), &options, &mut |_| {}).unwrap();
    let served = match Store::open(port(&disk.copy()), options.clone()) {
        Ok(store) => Some(readable(&store, written, what)),
        Err(_) => None,
    };
    let repaired = store::repair(&port(disk), &options, &mut |_| {})
        .unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let store = Store::open(port(disk), options.clone()).unwrap_or_else(|error| {
        panic!("{what}: {error:?}, {repaired:?}");
    });
    let bodies_hit = places.bodies_hit(segment, hit);
    let there = readable(&store, written, what);
    // What could be read before can be read now.
    for hash in served.iter().flatten() {
        assert!(there.contains(hash), "{what}: {} was served before", BodyHash(*hash));
    }
    let named: Vec<[u8; 32]> =
        repaired.checked.findings.iter().filter_map(|it| Some(it.body()?.0)).collect();
    let lost: Vec<[u8; 32]> =
        written.bodies.keys().filter(|hash| !there.contains(hash)).copied().collect();
    let keys = keys_of(&store);
    // After a kill, or where it is damaged, the index does not know the last records. A large batch is lost with its last record, and so is one
    // that is cut, which cannot be told from one whose writing was interrupted.
    let batches = places.batches_lost(written, segment, hit, kind == Kind::Cut);
    let is_hit = |place: &damaged::Place, batch: u64| {
        !is_known && (hits(place, segment, hit) || batches.contains(&batch))
    };
    let mut changes_lost = 0;
    for key in written.changes.keys() {
        let value = keys.get(key);
        let newest = written.changes[key].last().unwrap().1.as_ref();
        let may_be = places.may_be(written, key, value, &is_hit);
        assert!(may_be, "{what}: key {key:02x?} is {value:02x?}, was {newest:02x?}: {repaired:?}");
        changes_lost += u64::from(value != newest);
    }
    assert!(keys.keys().all(|key| written.changes.contains_key(key)), "{what}: a key of nothing");
    let referenced = |hash: &[u8; 32]| {
        keys.keys().any(|key| mailbox::keys::referenced_body(key) == Some(BodyHash(*hash)))
    };
    for hash in &lost {
        assert!(bodies_hit.contains(hash) || !referenced(hash), "{what}: {}", BodyHash(*hash));
        assert!(named.contains(hash) || !referenced(hash), "{what}: {} unnamed", BodyHash(*hash));
    }
    assert!(changes_lost == 0 || !repaired.findings.is_empty(), "{what}: {repaired:?}");
    let is_of_a_body = |finding: &Finding| finding.body().is_some();
    assert!(repaired.checked.findings.iter().all(is_of_a_body), "{what}: {repaired:?}");
    drop(store);
    let again = store::check(&port(disk), &options, &mut |_| {}).unwrap();
    assert_eq!(again.findings, repaired.checked.findings, "{what}");
    Tally {
        runs: 1,
        found: u64::from(checked.count > 0),
        opened: u64::from(served.is_some()),
        bodies: written.bodies.len() as u64,
        bodies_hit: bodies_hit.len() as u64,
        bodies_lost: lost.len() as u64,
        bodies_named: named.len() as u64,
        changes: written.changes.len() as u64,
        changes_lost,
        restored: repaired.restored,
    }
}

fn run(seeds: Range<u64>) {
    let mut table: BTreeMap<String, Tally> = BTreeMap::new();
    for seed in seeds {
        let (kind, tally) = one(seed);
        table.entry(kind.clone()).or_default().add(tally);
        table.entry("in all".to_owned()).or_default().add(tally);
    }
    let names = ["runs", "found", "opened", "bodies", "hit", "served", "lost", "named"];
    let names = names.into_iter().chain(["keys", "lost", "restored"]);
    let line = |kind: &str, columns: Vec<String>| {
        let columns: String = columns.iter().map(|column| format!("{column:>9}")).collect();
        println!("{kind:22}{columns}");
    };
    line("damage", names.map(str::to_owned).collect());
    for (kind, it) in &table {
        let served = it.bodies - it.bodies_lost;
        let bodies = [it.bodies, it.bodies_hit, served, it.bodies_lost, it.bodies_named];
        let counts = [it.runs, it.found, it.opened].into_iter().chain(bodies);
        let counts = counts.chain([it.changes, it.changes_lost, it.restored]);
        line(kind, counts.map(|count| count.to_string()).collect());
    }
}

/// `cargo xtask long` has more of them.
#[test]
fn only_what_was_hit_is_lost_and_it_is_named() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let first = number("STORE_SEED").unwrap_or(0);
    let damages: u64 = number("STORE_DAMAGES").unwrap_or(100);
    run(first..first + damages);
}
