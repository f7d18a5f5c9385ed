//! Healing: who brings a sound body gets a sound one, whatever became of the octets that were there; and with it everybody
//! who has the same.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::sim::SimulatedDisk;
use store::{Disk, Options, Store};

/// How a body comes in.
#[derive(Clone, Copy, Debug)]
enum Comes {
    InMemory,
    Staged,
}

/// Where the octets of a body are hit.
#[derive(Clone, Copy, Debug)]
enum Hit {
    AtStart,
    AtEnd,
}

struct World {
    disk: SimulatedDisk,
    store: Store,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> World {
        let disk = SimulatedDisk::new(1);
        let store = Store::open(Arc::new(disk.clone()), Options::tiny()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        World { disk, store, runtime }
    }

    fn bring(&self, account: u32, email: u64, octets: &[u8], comes: Comes) {
        let hash = hash(octets);
        let source = match comes {
            Comes::InMemory => BodySource::Memory(Bytes::copy_from_slice(octets)),
            Comes::Staged => BodySource::Engine(self.runtime.block_on(async {
                let mut writer = self.store.write_body().unwrap();
                for piece in octets.chunks(700) {
                    writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
                }
                writer.finish().await.unwrap()
            })),
        };
        let key = keys::body_reference(&hash, AccountId(account), EmailId(email));
        let body = StagedBody { hash, octets: octets.len() as u64, source };
        let batch =
            Batch { puts: vec![(key, Bytes::new())], bodies: vec![body], ..Batch::default() };
        self.runtime.block_on(self.store.commit(batch)).unwrap();
    }

    fn read(&self, octets: &[u8]) -> Option<Bytes> {
        match self.store.body(&hash(octets), 0..u64::MAX) {
            Ok(octets) => Some(octets),
            Err(fault) => {
                assert!(fault.is_damaged(), "{fault}");
                None
            }
        }
    }

    /// Flips a bit of the body in every place where it is.
    fn damage(&self, octets: &[u8], hit: Hit) {
        let (from, piece) = match hit {
            Hit::AtStart => (0, &octets[..16]),
            Hit::AtEnd => (15, &octets[octets.len() - 16..]),
        };
        for (name, length) in self.disk.files() {
            if !name.ends_with(".seg") {
                continue;
            }
            let mut held = vec![0; length as usize];
            self.disk.open(&name).unwrap().unwrap().read_at(0, &mut held).unwrap();
            for (at, some) in held.windows(16).enumerate() {
                if some == piece {
                    self.disk.flip_bit(&name, (at as u64 + from) * 8);
                }
            }
        }
    }
}

fn hash(octets: &[u8]) -> BodyHash {
    BodyHash(*blake3::hash(octets).as_bytes())
}

/// Octets that are nowhere twice.
fn text(seed: u32, octets: usize) -> Vec<u8> {
    (0..).flat_map(|number: u32| format!("{seed} {number}\n").into_bytes()).take(octets).collect()
}

#[test]
fn a_sound_copy_takes_the_place_of_a_damaged_one() {
    for octets in [text(7, 900), text(8, 150_000)] {
        for comes in [Comes::InMemory, Comes::Staged] {
            for account in [1, 2] {
                for hit in [Hit::AtStart, Hit::AtEnd] {
                    let what = format!("{} octets, {comes:?}, {account}, {hit:?}", octets.len());
                    let world = World::new();
                    world.bring(1, 1, &text(1, 500), Comes::InMemory);
                    world.bring(1, 2, &octets, comes);
                    world.bring(1, 3, &text(2, 500), Comes::InMemory);
                    assert!(world.read(&octets).is_some(), "{what}");
                    world.damage(&octets, hit);
                    assert_eq!(world.read(&octets), None, "{what}");
                    world.bring(account, 4, &octets, comes);
                    assert_eq!(world.read(&octets).as_deref(), Some(&octets[..]), "{what}");
                    comes_to_the_same_later(world, &octets, &what);
                }
            }
        }
    }
}

/// Opens, checks and repairs the store: the sound body is the one that counts.
fn comes_to_the_same_later(world: World, octets: &[u8], what: &str) {
    world.store.close().unwrap();
    let World { disk, store, runtime } = world;
    drop(store);
    let port: Arc<dyn Disk> = Arc::new(disk.clone());
    let checked = store::check(&port, &Options::tiny(), &mut |_| {}).unwrap();
    let bodies = checked.findings.iter().filter(|finding| finding.body().is_some()).count();
    assert_eq!(bodies, 0, "{what}: {:?}", checked.findings);
    for mends in [false, true] {
        if mends {
            store::repair(&port, &Options::tiny(), &mut |_| {}).unwrap();
            let checked = store::check(&port, &Options::tiny(), &mut |_| {}).unwrap();
            assert_eq!(checked.findings, [], "{what}");
        }
        let store = Store::open(port.clone(), Options::tiny()).unwrap();
        let again = World {
            disk: disk.clone(),
            store,
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        };
        assert_eq!(again.read(octets).as_deref(), Some(octets), "{what}");
        again.store.close().unwrap();
    }
    drop(runtime);
}

#[test]
fn copies_of_one_delivery_and_of_one_account_share_a_sound_body() {
    for comes in [Comes::InMemory, Comes::Staged] {
        let world = World::new();
        let octets = text(3, 900);
        world.bring(1, 1, &octets, comes);
        let before = world.store.counters().octets_shared;
        world.bring(1, 2, &octets, comes);
        assert_eq!(world.store.counters().octets_shared - before, 900, "{comes:?}");
    }
}
