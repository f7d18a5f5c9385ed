//! Takes what is in memory into the tables of the index.
//!
//! Keys that follow one another, as those of new mail do, go in together: then redb fills its pages. One by one it divides a full
//! page into halves, of which the first gets nothing more and stays half empty.

use std::iter::Peekable;
use std::ops::Bound;

use mailbox::Fault;
use redb::{CursorError, Table};

use crate::encoding::octets_of;
use crate::entry::Entry;
use crate::fault::Doing;
use crate::index::{Octets, WRITING};
use crate::location::Location;
use crate::mark::Live;
use crate::memtable::{Memtable, Slot, Versions};

/// What a put takes in the journal besides key and value.
const PUT_OVERHEAD: u64 = 4;

fn put_octets(key: &[u8], value_octets: usize) -> u64 {
    octets_of(key)
        .saturating_add(u64::try_from(value_octets).unwrap_or(u64::MAX))
        .saturating_add(PUT_OVERHEAD)
}

/// Puts entries as they are kept behind all that are there.
pub(crate) fn append<'a>(
    table: &mut Table<'_, Octets, Octets>,
    entries: impl Iterator<Item = &'a (Vec<u8>, Vec<u8>)>,
) -> Result<(), Fault> {
    let mut cursor = table.upper_bound_mut(Bound::<&[u8]>::Unbounded).doing(WRITING)?;
    for (key, octets) in entries {
        match cursor.insert_before(key.as_slice(), octets.as_slice()) {
            Ok(()) => {}
            Err(CursorError::UnorderedKey) => {
                return Err(Fault::damaged("keys of the index are out of order"));
            }
            Err(error) => return Err(error).doing(WRITING),
        }
    }
    cursor.close().doing(WRITING)
}

/// Takes in the keys that are wanted, and counts what lives.
pub(crate) fn take_keys(
    table: &mut Table<'_, Octets, Octets>,
    memory: &Memtable,
    live: &mut Live,
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Result<(), Fault> {
    let keys = memory.keys();
    let wanted = keys.iter().map(|(key, versions)| (&**key, versions));
    let mut rest = wanted.filter(|(key, _)| is_wanted(key)).peekable();
    while let Some((key, versions)) = rest.next() {
        let before = match versions.last() {
            Some(slot) => {
                live.add(slot.segment, put_octets(key, slot.value.len()));
                let octets = Entry::print(key, &slot.value, slot.segment);
                table.insert(key, octets.as_slice()).doing(WRITING)?
            }
            None => table.remove(key).doing(WRITING)?,
        };
        let before = before.and_then(|before| Entry::origin(before.value()));
        if let Some((segment, octets)) = before {
            live.subtract(segment, put_octets(key, octets));
        } else if versions.last().is_some() && run_goes_on(key, rest.peek()).is_some() {
            take_run(table, key, &mut rest, live)?;
        }
    }
    Ok(())
}

/// Puts the keys that come right after a new one, as long as they are new and close to one another.
fn take_run<'k>(
    table: &mut Table<'_, Octets, Octets>,
    first: &'k [u8],
    rest: &mut Peekable<impl Iterator<Item = (&'k [u8], &'k Versions<Slot>)>>,
    live: &mut Live,
) -> Result<(), Fault> {
    let mut cursor = table.upper_bound_mut(Bound::Included(first)).doing(WRITING)?;
    let mut last = first;
    while let Some((key, slot)) = run_goes_on(last, rest.peek()) {
        let octets = Entry::print(key, &slot.value, slot.segment);
        match cursor.insert_before(key, octets.as_slice()) {
            Ok(()) => {}
            // It is there already, or another lies between.
            Err(CursorError::UnorderedKey) => break,
            Err(error) => return Err(error).doing(WRITING),
        }
        live.add(slot.segment, put_octets(key, slot.value.len()));
        last = key;
        rest.next();
    }
    cursor.close().doing(WRITING)
}

/// The next key with its value, if it is put and so close to the last that there is hardly another between: they have more than half in
/// common, as numbers have that follow one another, and hashes do not.
fn run_goes_on<'k>(
    last: &[u8],
    next: Option<&(&'k [u8], &'k Versions<Slot>)>,
) -> Option<(&'k [u8], &'k Slot)> {
    let (key, versions) = next?;
    let common = last.iter().zip(*key).take_while(|(a, b)| a == b).count();
    let slot = versions.last()?;
    (common > key.len() / 2).then_some((*key, slot))
}

/// Takes in the bodies that are wanted, and counts what lives.
pub(crate) fn take_bodies(
    table: &mut Table<'_, Octets, Octets>,
    memory: &Memtable,
    live: &mut Live,
    is_wanted: impl Fn(&[u8]) -> bool,
) -> Result<(), Fault> {
    for (hash, versions) in memory.bodies().iter().filter(|(hash, _)| is_wanted(&hash.0)) {
        let hash = hash.0.as_slice();
        let before = match versions.last() {
            Some(location) => {
                for (segment, octets) in location.octets_by_segment() {
                    live.add(segment, octets);
                }
                let octets = location.print();
                table.insert(hash, octets.as_slice()).doing(WRITING)?
            }
            None => table.remove(hash).doing(WRITING)?,
        };
        let before = before.and_then(|before| Location::parse(before.value()));
        for (segment, octets) in before.iter().flat_map(Location::octets_by_segment) {
            live.subtract(segment, octets);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use bytes::Bytes;
    use proptest::prelude::*;
    use redb::{ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _};

    use super::*;

    const TABLE: redb::TableDefinition<'static, Octets, Octets> =
        redb::TableDefinition::new("keys");

    fn database() -> redb::Database {
        let backend = redb::backends::InMemoryBackend::new();
        redb::Database::builder().create_with_backend(backend).unwrap()
    }

    fn take(
        database: &redb::Database,
        changes: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
        live: &mut Live,
    ) {
        let slot = |value: &Vec<u8>| Slot { segment: 3, value: Bytes::copy_from_slice(value) };
        let keys = changes
            .iter()
            .map(|(key, value)| (Bytes::copy_from_slice(key), value.as_ref().map(slot)));
        let memory = Arc::new(Memtable::with_keys(keys));
        let transaction = database.begin_write().unwrap();
        let mut table = transaction.open_table(TABLE).unwrap();
        take_keys(&mut table, &memory, live, |_| true).unwrap();
        drop(table);
        transaction.commit().unwrap();
    }

    fn number_key(number: u64) -> Vec<u8> {
        [b"A0000E".as_slice(), &number.to_be_bytes()].concat()
    }

    proptest! {
        #[test]
        fn what_was_taken_in_is_what_a_plain_map_has(
            groups in prop::collection::vec(
                prop::collection::btree_map(0u64..3_000, prop::option::weighted(0.8, 0usize..700), 0..400),
                1..8,
            )
        ) {
            let database = database();
            let mut plain = BTreeMap::new();
            let mut live = Live::default();
            for group in groups {
                // Some close together, some far apart.
                let changes: BTreeMap<_, _> = group.into_iter().map(|(number, octets)| {
                    let far = if number % 3 == 0 { number << 40 } else { number };
                    (number_key(far), octets.map(|octets| vec![7; octets]))
                }).collect();
                take(&database, &changes, &mut live);
                for (key, value) in changes {
                    match value {
                        Some(value) => plain.insert(key, value),
                        None => plain.remove(&key),
                    };
                }
                let transaction = database.begin_read().unwrap();
                let table = transaction.open_table(TABLE).unwrap();
                let mut sum = 0;
                prop_assert_eq!(table.len().unwrap(), plain.len() as u64);
                for (found, (key, value)) in table.iter().unwrap().zip(&plain) {
                    let (found, octets) = found.unwrap();
                    prop_assert_eq!(found.value(), key.as_slice());
                    let entry = Entry::parse(key, octets.value()).unwrap();
                    prop_assert_eq!(entry.value, value.as_slice());
                    sum += put_octets(key, value.len());
                }
                prop_assert_eq!(live.of(3), sum);
            }
        }
    }

    #[test]
    fn new_mail_of_one_of_several_accounts_fills_its_pages() {
        let database = database();
        let mut live = Live::default();
        let last = b"A9999E-of-another-account".to_vec();
        take(&database, &BTreeMap::from([(last, Some(vec![1; 600]))]), &mut live);
        for group in 0..10 {
            let numbers = group * 1_000..(group + 1) * 1_000;
            let changes = numbers.map(|number| (number_key(number), Some(vec![1; 600])));
            take(&database, &changes.collect(), &mut live);
        }
        let transaction = database.begin_read().unwrap();
        let table = transaction.open_table(TABLE).unwrap();
        let stats = table.stats().unwrap();
        // Six of 630 octets fit into a page.
        assert!((1_667..1_720).contains(&stats.leaf_pages()), "{} pages", stats.leaf_pages());
    }
}
