//! However many segments there are, only some of them are open. The only test of this file, since it counts the open files
//! of the process.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::{Options, RealDisk, Store};

fn open_segments(directory: &Path) -> usize {
    let files = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(directory.join("journal"))).count()
}

fn octets(email: u64) -> Vec<u8> {
    let mut octets = email.to_be_bytes().to_vec();
    octets.resize(3_000, 7);
    octets
}

fn delivery(email: u64) -> Batch {
    let octets = octets(email);
    let hash = BodyHash(*blake3::hash(&octets).as_bytes());
    let reference = keys::body_reference(&hash, AccountId(1), EmailId(email));
    let source = BodySource::Memory(Bytes::from(octets));
    let body = StagedBody { hash, octets: 3_000, source };
    Batch { puts: vec![(reference, Bytes::new())], bodies: vec![body], ..Batch::default() }
}

#[tokio::test]
async fn two_thousand_segments_are_read_through_few_open_files() {
    // In memory, where there is such a place: thousands of syncs are not what is tested.
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let options = Options {
        segment_octets: 6_000,
        checkpoint_octets: 1 << 20,
        open_segments_max: 8,
        ..Options::tiny()
    };
    let open = || {
        let disk = Arc::new(RealDisk::new(directory.path()).unwrap());
        Store::open(disk, options.clone()).unwrap()
    };
    let store = open();
    for email in 0..4_000 {
        store.commit(delivery(email)).await.unwrap();
    }
    assert!(store.counters().segments >= 2_000);
    assert!(open_segments(directory.path()) <= 9, "the present one, and eight");
    drop(store);
    let store = open();
    for email in 0..4_000 {
        let octets = octets(email);
        let hash = BodyHash(*blake3::hash(&octets).as_bytes());
        assert_eq!(store.body(&hash, 0..3_000).unwrap(), octets);
        assert!(open_segments(directory.path()) <= 9);
    }
}
