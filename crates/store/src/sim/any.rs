//! Any octets as a journal: opening it must not panic, whatever it holds, and what opens must work.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "a tool of tests: a panic here is a failed test"
)]

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, Engine};
use mailbox::keys;

use super::SimulatedDisk;
use crate::disk::Disk;
use crate::finding::Finding;
use crate::options::Options;
use crate::record::{Encoding, Kind, Position, Run};
use crate::scan::open_payload;
use crate::store::Store;

/// Tries octets as a segment in three ways, chosen by the first of them: as they are; as the payloads of records
/// with right checksums, since octets that happen to have those are never found; and as such records with one octet
/// changed afterwards.
///
/// # Panics
/// If the store panics, or works otherwise than it should.
pub fn try_as_journal(octets: &[u8]) {
    let Some((way, rest)) = octets.split_first() else { return };
    let segment = match way % 3 {
        0 => rest.to_vec(),
        1 => framed(rest),
        _ => {
            let mut segment = framed(rest);
            let place = rest
                .iter()
                .fold(0_usize, |sum, octet| sum.wrapping_mul(31).wrapping_add(usize::from(*octet)));
            if let Some(place) = place.checked_rem(segment.len()) {
                segment[place] ^= way;
            }
            segment
        }
    };
    let simulated = SimulatedDisk::new(1);
    let disk: Arc<dyn Disk> = Arc::new(simulated.clone());
    place_segment(&*disk, &segment);
    if let Ok(store) = Store::open(disk.clone(), Options::tiny()) {
        use_all(&store);
        drop(store);
        let store = Store::open(disk.clone(), Options::tiny()).expect("it opened before");
        use_all(&store);
    }
    let _ = crate::check::check(&disk, &Options::tiny(), &mut |_| {});
    if let Ok(repaired) = crate::repair::repair(&disk, &Options::tiny(), &mut |_| {})
        && let Err(error) = Store::open(disk, Options::tiny())
    {
        panic!("repaired, and does not open: {error}, {repaired:?}");
    }
}

/// Records with right checksums: for each, one octet for its kind and encoding, two for the length of its payload.
fn framed(mut rest: &[u8]) -> Vec<u8> {
    let mut run = Run::new(Position { segment: 1, offset: 0 }, 0, 1, 77, 0);
    run.push(Kind::Open, &open_payload(1));
    while let Some(([kind, low, high], after)) = rest.split_first_chunk::<3>() {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(after.len());
        let (payload, after) = after.split_at(length);
        let encoding = if kind & 0x80 == 0 { Encoding::Plain } else { Encoding::Sealed };
        let kind = match kind % 16 {
            0 => Kind::Chunk,
            1 => Kind::Seal,
            2 => Kind::Gap,
            3 => Kind::Open,
            4 | 5 => Kind::Part,
            6 => Kind::Whole,
            _ => Kind::Batch,
        };
        run.push_encoded(kind, encoding, payload);
        rest = after;
    }
    run.octets
}

fn place_segment(disk: &dyn Disk, octets: &[u8]) {
    let write = |name: &str, octets: &[u8]| {
        disk.create(name)?.write_at(0, octets)?;
        disk.create_directory("journal")
    };
    write("format", b"correio store 1\n").expect("the simulated disk works");
    write("journal/00000001.seg", octets).expect("the simulated disk works");
}

/// Reads all there is, and writes something.
fn use_all(store: &Store) {
    let snapshot = store.snapshot().expect("the index works");
    let mut bodies = Vec::new();
    let visited = snapshot.range(&[][..]..&[0xff; 64][..], &mut |key, _| {
        bodies.extend(keys::referenced_body(key));
        ControlFlow::Continue(())
    });
    visited.expect("the index works");
    let checked = store.check(&mut |_| {}).expect("the index works");
    for hash in bodies {
        // A journal that somebody made up may call a body by the name of another; reading it trusts that, and a check does not.
        if let Ok(octets) = store.body(&hash, 0..1 << 20)
            && octets.len() < 1 << 20
            && *blake3::hash(&octets).as_bytes() != hash.0
        {
            let is_found =
                |it: &Finding| matches!(it, Finding::Body { hash: found, .. } if *found == hash);
            assert!(checked.findings.iter().any(is_found), "octets of something else");
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let puts = vec![(b"Aused".to_vec(), Bytes::from_static(b"1"))];
    let batch = Batch { puts, ..Batch::default() };
    runtime.block_on(store.commit(batch)).expect("it takes more");
    for _ in 0..4 {
        let _ = store.rewrite_step();
        let _ = store.compact_step();
    }
}
