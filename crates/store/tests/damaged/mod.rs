//! A store that is damaged: what was written to it, where each change and body of it lies, and what may be missing after
//! damage to some octets.

use std::collections::{BTreeMap, HashMap};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::sim::{Dice, SimulatedDisk};
use store::{Disk, Options, Store};

pub type Keys = BTreeMap<Vec<u8>, Vec<u8>>;
/// What a batch of this number made of a key; none: it was deleted.
pub type Said = (u64, Option<Vec<u8>>);
/// Octets of a segment.
pub type Place = (u32, Range<u64>);

pub fn port(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

/// What was committed, in its order.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The values of each key; none: it was deleted. With the number of the batch.
    pub changes: BTreeMap<Vec<u8>, Vec<Said>>,
    pub bodies: BTreeMap<[u8; 32], Vec<u8>>,
    batches: u64,
    emails: u64,
}

impl Written {
    pub fn keys(&self) -> Keys {
        let newest = |(key, changes): (&Vec<u8>, &Vec<Said>)| {
            Some((key.clone(), changes.last()?.1.clone()?))
        };
        self.changes.iter().filter_map(newest).collect()
    }

    fn note(&mut self, batch: &Batch) {
        self.batches += 1;
        for (key, value) in &batch.puts {
            let change = (self.batches, Some(value.to_vec()));
            self.changes.entry(key.clone()).or_default().push(change);
        }
        for key in &batch.deletes {
            self.changes.entry(key.clone()).or_default().push((self.batches, None));
        }
    }
}

/// Fills a store as a host does: mail, some of it large, changed and deleted keys, and large batches.
pub struct Filling {
    pub written: Written,
    pub store: Store,
    dice: Dice,
    runtime: tokio::runtime::Runtime,
}

impl Filling {
    pub fn new(disk: &SimulatedDisk, options: Options, seed: u64) -> Filling {
        let store = Store::open(port(disk), options).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Filling { written: Written::default(), store, dice: Dice::new(seed), runtime }
    }

    fn octets(&mut self, most: u64) -> Vec<u8> {
        (0..8 + self.dice.below(most)).map(|_| self.dice.below(256) as u8).collect()
    }

    fn commit(&mut self, batch: Batch) {
        self.runtime.block_on(self.store.commit(batch.clone())).unwrap();
        self.written.note(&batch);
    }

    /// One message, and what is noted about it.
    fn message(&mut self, batch: &mut Batch, octets: Vec<u8>, source: Option<BodySource>) {
        let hash = BodyHash(*blake3::hash(&octets).as_bytes());
        self.written.emails += 1;
        let email = self.written.emails;
        let source = source.unwrap_or_else(|| BodySource::Memory(Bytes::from(octets.clone())));
        batch.puts.push((keys::body_reference(&hash, AccountId(1), EmailId(email)), Bytes::new()));
        for kind in ["state", "email"] {
            let value = self.octets(60);
            batch.puts.push((format!("A{kind}{email:06}").into_bytes(), Bytes::from(value)));
        }
        batch.bodies.push(StagedBody { hash, octets: octets.len() as u64, source });
        self.written.bodies.insert(hash.0, octets);
    }

    /// Brings messages in with one batch, as an import does.
    pub fn import(&mut self, messages: u64, octets_max: u64) {
        let mut batch = Batch::default();
        for _ in 0..messages {
            let octets = self.octets(octets_max);
            self.message(&mut batch, octets, None);
        }
        self.commit(batch);
    }

    fn deliver_large(&mut self) {
        let octets = self.octets(4_000);
        let note = self.runtime.block_on(async {
            let mut writer = self.store.write_body().unwrap();
            for piece in octets.chunks(900) {
                writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
            }
            writer.finish().await.unwrap()
        });
        let mut batch = Batch::default();
        self.message(&mut batch, octets, Some(BodySource::Engine(note)));
        self.commit(batch);
    }

    fn change_some(&mut self, most: u64, percent_deleted: u64) {
        let there: Vec<Vec<u8>> =
            self.written.keys().into_keys().filter(|key| key[0] == b'A').collect();
        let mut batch = Batch::default();
        for _ in 0..most {
            let Some(key) = self.dice.one_of(&there).cloned() else { return };
            let known = batch.puts.iter().any(|it| it.0 == key) || batch.deletes.contains(&key);
            if known {
                continue;
            }
            if self.dice.chance(percent_deleted) {
                batch.deletes.push(key);
            } else {
                let value = self.octets(60);
                batch.puts.push((key, Bytes::from(value)));
            }
        }
        self.commit(batch);
    }

    pub fn live(&mut self, steps: u64) {
        for _ in 0..steps {
            match self.dice.below(100) {
                0..45 => self.import(1, 1_500),
                45..60 => {
                    let messages = 2 + self.dice.below(8);
                    self.import(messages, 300);
                }
                60..70 => self.deliver_large(),
                70..90 => self.change_some(3, 30),
                _ => self.change_some(30, 20),
            }
        }
    }
}

/// Where everything lies in the segments of a store.
pub struct Places {
    /// Of each key's changes, in their order.
    changes: BTreeMap<Vec<u8>, Vec<Place>>,
    bodies: BTreeMap<[u8; 32], Vec<Place>>,
}

/// A change is hit when something is wrong this near before its key (its head), or this near behind its value (its seal).
const HEAD_OCTETS: u64 = 12;
const SEAL_OCTETS: u64 = 8;
/// Large bodies lie in pieces of this size.
const CHUNK_OCTETS: usize = 1 << 10;

/// The pieces in which a body may lie, each long enough to be found.
fn pieces(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    octets.chunks(CHUNK_OCTETS).filter(|piece| piece.len() >= 8)
}

pub fn segments(disk: &SimulatedDisk) -> Vec<(u32, String, Vec<u8>)> {
    let mut found = Vec::new();
    for (name, octets) in disk.files() {
        let number = name.strip_prefix("journal/").and_then(|it| it.strip_suffix(".seg"));
        let Some(number) = number else { continue };
        let mut held = vec![0; octets as usize];
        disk.open(&name).unwrap().unwrap().read_at(0, &mut held).unwrap();
        found.push((number.parse().unwrap(), name, held));
    }
    found.sort();
    found
}

/// Where octets are found in the segments, ascending. Each must be at least 8 octets long.
fn find_all<'n>(
    segments: &[(u32, String, Vec<u8>)],
    needles: impl Iterator<Item = &'n [u8]>,
) -> BTreeMap<&'n [u8], Vec<(u32, u64)>> {
    let mut by_end: HashMap<[u8; 8], Vec<&[u8]>> = HashMap::new();
    let mut found = BTreeMap::new();
    for needle in needles {
        by_end.entry(*needle.last_chunk().unwrap()).or_default().push(needle);
        found.insert(needle, Vec::new());
    }
    for (segment, _, octets) in segments {
        for end in 8..=octets.len() {
            let here: [u8; 8] = octets[end - 8..end].try_into().unwrap();
            for needle in by_end.get(&here).into_iter().flatten() {
                if octets[..end].ends_with(needle) {
                    let at = (end - needle.len()) as u64;
                    found.get_mut(needle).unwrap().push((*segment, at));
                }
            }
        }
    }
    found
}

impl Places {
    pub fn of(written: &Written, disk: &SimulatedDisk) -> Places {
        let segments = segments(disk);
        let octets = written.bodies.values().flat_map(|octets| pieces(octets));
        let hashes = written.bodies.keys().map(|hash| hash.as_slice());
        let keys = written.changes.keys().map(Vec::as_slice);
        let found = find_all(&segments, octets.chain(hashes).chain(keys));
        let mut places = Places { changes: BTreeMap::new(), bodies: BTreeMap::new() };
        for (key, changes) in &written.changes {
            let here = &found[key.as_slice()];
            assert_eq!(here.len(), changes.len(), "{key:02x?}");
            let ranges = here.iter().zip(changes).map(|((segment, at), (_, value))| {
                let octets = key.len() + value.as_ref().map_or(0, Vec::len);
                let end = at + octets as u64 + SEAL_OCTETS;
                (*segment, at.saturating_sub(HEAD_OCTETS)..end)
            });
            places.changes.insert(key.clone(), ranges.collect());
        }
        for (hash, octets) in &written.bodies {
            let first = |piece: &[u8]| {
                let (segment, at) = *found[piece].first().unwrap();
                (segment, at..at + piece.len() as u64)
            };
            let mut ranges: Vec<_> = pieces(octets).map(first).collect();
            // The way to it, in its change: hash, length, checksums, seal.
            for (segment, at) in &found[hash.as_slice()] {
                ranges.push((*segment, at.saturating_sub(1)..at + 80));
            }
            places.bodies.insert(*hash, ranges);
        }
        places
    }

    /// The bodies of which something lies in these octets of a segment.
    pub fn bodies_hit(&self, segment: u32, hit: &Range<u64>) -> Vec<[u8; 32]> {
        let is_hit = |places: &Vec<Place>| places.iter().any(|it| hits(it, segment, hit));
        self.bodies.iter().filter(|(_, places)| is_hit(places)).map(|(hash, _)| *hash).collect()
    }

    /// The batches that may be lost as a whole: large ones of which the last record is hit, the very last one if its
    /// beginning is hit, and those that are cut.
    pub fn batches_lost(
        &self,
        written: &Written,
        segment: u32,
        hit: &Range<u64>,
        is_cut: bool,
    ) -> Vec<u64> {
        let mut spans: BTreeMap<u64, (u32, Range<u64>, usize)> = BTreeMap::new();
        for (key, places) in &self.changes {
            for (place, (batch, _)) in places.iter().zip(&written.changes[key]) {
                let span = spans.entry(*batch).or_insert((place.0, place.1.clone(), 0));
                span.1 = span.1.start.min(place.1.start)..span.1.end.max(place.1.end);
                span.2 += 1;
            }
        }
        let last = spans.keys().max().copied();
        let is_lost = |(batch, (of, span, changes)): &(&u64, &(u32, Range<u64>, usize))| {
            let whole = span.end..span.end + 300;
            let begin = span.start.saturating_sub(1_700)..span.end;
            is_cut && hits(&(*of, begin.clone()), segment, hit)
                || *changes > 20 && hits(&(*of, whole), segment, hit)
                || Some(**batch) == last && hits(&(*of, begin), segment, hit)
        };
        spans.iter().filter(is_lost).map(|(batch, _)| *batch).collect()
    }

    /// Says whether a key may have this value after damage: that of its last change which was not hit, or of one after
    /// that.
    pub fn may_be(
        &self,
        written: &Written,
        key: &[u8],
        value: Option<&Vec<u8>>,
        is_hit: &dyn Fn(&Place, u64) -> bool,
    ) -> bool {
        let changes = written.changes[key].iter().zip(&self.changes[key]);
        for ((batch, said), place) in changes.rev() {
            if said.as_ref() == value {
                return true;
            }
            if !is_hit(place, *batch) {
                return false;
            }
        }
        value.is_none()
    }
}

pub fn hits(place: &Place, segment: u32, hit: &Range<u64>) -> bool {
    place.0 == segment && place.1.start < hit.end && place.1.end > hit.start
}

pub fn keys_of(store: &Store) -> Keys {
    let mut found = Keys::new();
    let snapshot = store.snapshot().unwrap();
    snapshot
        .range(&[][..]..&[0xff][..], &mut |key, value| {
            assert!(found.insert(key.to_vec(), value.to_vec()).is_none());
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

/// The bodies that can be read. What cannot be read is damaged, and says so.
pub fn readable(store: &Store, written: &Written, what: &str) -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    for (hash, right) in &written.bodies {
        match store.body(&BodyHash(*hash), 0..u64::MAX) {
            Ok(octets) => {
                assert_eq!(octets, right, "{what}: wrong octets");
                found.push(*hash);
            }
            Err(fault) => {
                let is_unknown = fault.to_string().starts_with("there is no body");
                assert!(fault.is_damaged() || is_unknown, "{what}: {fault}");
            }
        }
    }
    found
}
