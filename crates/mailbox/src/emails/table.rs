//! A table by ascending number of which changed copies share all that stays: what an account knows of its emails and threads.

use std::collections::BTreeMap;
use std::sync::Arc;

/// How many numbers fall into one chunk, as a power of two.
const CHUNK_BITS: u32 = 9;

/// Values by number. Cloning is cheap, and a change copies the chunks that it is about.
#[derive(Clone, Debug)]
pub(super) struct Table<V> {
    chunks: BTreeMap<u64, Arc<Vec<(u64, V)>>>,
    len: usize,
}

impl<V> Default for Table<V> {
    fn default() -> Table<V> {
        Table { chunks: BTreeMap::new(), len: 0 }
    }
}

impl<V: Clone> Table<V> {
    pub(super) fn get(&self, number: u64) -> Option<&V> {
        let chunk = self.chunks.get(&chunk_of(number))?;
        let at = chunk.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        chunk.get(at).map(|(_, value)| value)
    }

    pub(super) fn set(&mut self, number: u64, value: V) {
        let chunk = Arc::make_mut(self.chunks.entry(chunk_of(number)).or_default());
        // Most are behind all that are there.
        if chunk.last().is_none_or(|(last, _)| *last < number) {
            chunk.push((number, value));
            self.len = self.len.saturating_add(1);
            return;
        }
        match chunk.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => {
                if let Some(place) = chunk.get_mut(at) {
                    place.1 = value;
                }
            }
            Err(at) => {
                chunk.insert(at, (number, value));
                self.len = self.len.saturating_add(1);
            }
        }
    }

    pub(super) fn remove(&mut self, number: u64) {
        let key = chunk_of(number);
        let Some(chunk) = self.chunks.get_mut(&key) else { return };
        let Ok(at) = chunk.binary_search_by_key(&number, |(number, _)| *number) else { return };
        let chunk = Arc::make_mut(chunk);
        chunk.remove(at);
        self.len = self.len.saturating_sub(1);
        if chunk.is_empty() {
            self.chunks.remove(&key);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// All, ascending.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &V)> {
        self.chunks.values().flat_map(|chunk| chunk.iter().map(|(number, value)| (*number, value)))
    }

    /// About how much memory it takes, in octets, shared or not.
    pub(super) fn octets(&self) -> usize {
        self.len.saturating_mul(size_of::<(u64, V)>()).saturating_add(self.chunks.len() << 6)
    }
}

fn chunk_of(number: u64) -> u64 {
    number >> CHUNK_BITS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Table;

    proptest! {
        #[test]
        fn a_table_holds_what_a_map_holds_and_its_copies_stay(
            steps in prop::collection::vec((0u64..2_000, prop::option::of(any::<u32>())), 0..200),
        ) {
            let (mut table, mut map) = (Table::default(), BTreeMap::new());
            let mut copies = Vec::new();
            for (number, value) in steps {
                copies.push((table.clone(), map.clone()));
                match value {
                    Some(value) => {
                        table.set(number, value);
                        map.insert(number, value);
                    }
                    None => {
                        table.remove(number);
                        map.remove(&number);
                    }
                }
                prop_assert_eq!(table.get(number), map.get(&number));
            }
            copies.push((table, map));
            for (table, map) in copies {
                prop_assert_eq!(table.len(), map.len());
                let listed: Vec<_> = table.iter().map(|(number, value)| (number, *value)).collect();
                prop_assert_eq!(listed, map.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
