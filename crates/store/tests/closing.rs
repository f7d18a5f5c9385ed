//! A closed store leaves its files alone, whoever still looks at it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may be blunt")]

use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, Engine, Snapshot};
use store::sim::SimulatedDisk;
use store::{Disk, Options, Store};

fn open(disk: &SimulatedDisk) -> Store {
    Store::open(Arc::new(disk.clone()), Options::tiny()).unwrap()
}

fn puts(count: u32, value: &'static str) -> Batch {
    let put = |number| (format!("Akey{number:05}").into_bytes(), Bytes::from(value));
    Batch { puts: (0..count).map(put).collect(), ..Batch::default() }
}

/// The octets of the index.
fn index(disk: &SimulatedDisk) -> Vec<u8> {
    let file = disk.open("index.redb").unwrap().unwrap();
    let mut octets = vec![0; usize::try_from(file.octets().unwrap()).unwrap()];
    file.read_at(0, &mut octets).unwrap();
    octets
}

#[tokio::test]
async fn who_still_reads_a_closed_store_does_not_change_its_files() {
    let disk = SimulatedDisk::new(1);
    let store = open(&disk);
    store.commit(puts(2_000, "before")).await.unwrap();
    store.checkpoint().unwrap();
    let before = store.snapshot().unwrap();
    store.commit(puts(1_000, "after")).await.unwrap();
    drop(store);
    let left = index(&disk);
    let heard = before.get(b"Akey01500");
    assert!(heard.is_err() || heard.is_ok_and(|value| value.unwrap() == "before"));
    drop(before);
    assert!(index(&disk) == left, "the index was changed after the store was closed");
}

#[tokio::test]
async fn a_store_that_is_kept_after_it_was_closed_does_not_write_over_the_next_one() {
    let disk = SimulatedDisk::new(2);
    let first = open(&disk);
    first.commit(puts(2_000, "first")).await.unwrap();
    first.close().unwrap();
    let second = open(&disk);
    second.commit(puts(2_000, "second")).await.unwrap();
    second.checkpoint().unwrap();
    drop(first);
    let third_of = |snapshot: Arc<dyn Snapshot>| snapshot.get(b"Akey00003").unwrap().unwrap();
    assert_eq!(third_of(second.snapshot().unwrap()), "second");
    drop(second);
    assert_eq!(third_of(open(&disk).snapshot().unwrap()), "second");
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let checked = store::check(&disk, &Options::tiny(), &mut |_| {}).unwrap();
    assert_eq!(checked.findings, []);
}
