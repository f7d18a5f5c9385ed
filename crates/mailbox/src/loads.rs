//! Reads each thing in once: who wants what somebody else is reading already waits for that, and nobody else waits.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use crate::lock::lock;

/// A lock for each thing that is being read in, as long as somebody reads it or waits for it.
#[derive(Debug)]
pub(crate) struct Loads<K> {
    locks: Mutex<HashMap<K, Arc<Mutex<()>>>>,
}

impl<K> Default for Loads<K> {
    fn default() -> Loads<K> {
        Loads { locks: Mutex::default() }
    }
}

impl<K: Copy + Eq + Hash> Loads<K> {
    /// Runs `load` while nobody else does so for the same thing. It should look first whether somebody has read the thing
    /// meanwhile.
    pub(crate) fn one_at_a_time<T>(&self, key: K, load: impl FnOnce() -> T) -> T {
        let entry = Entry { loads: self, key, own: self.lock_of(key) };
        let _held = lock(&entry.own);
        load()
    }

    fn lock_of(&self, key: K) -> Arc<Mutex<()>> {
        Arc::clone(lock(&self.locks).entry(key).or_default())
    }
}

/// Takes the lock out when nobody else wants it, even if the load panicked.
struct Entry<'l, K: Copy + Eq + Hash> {
    loads: &'l Loads<K>,
    key: K,
    own: Arc<Mutex<()>>,
}

impl<K: Copy + Eq + Hash> Drop for Entry<'_, K> {
    fn drop(&mut self) {
        let mut locks = lock(&self.loads.locks);
        // The one here and the one in the table. More are handed out only under the lock of the table.
        if Arc::strong_count(&self.own) <= 2 {
            locks.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn other_things_are_read_meanwhile_and_nothing_stays_behind() {
        let loads = Loads::default();
        let sum = loads.one_at_a_time(1, || loads.one_at_a_time(2, || 3));
        assert_eq!(sum, 3);
        assert!(lock(&loads.locks).is_empty());
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            loads.one_at_a_time(1, || std::panic::resume_unwind(Box::new("lost")))
        }));
        assert!(failed.is_err());
        assert!(lock(&loads.locks).is_empty());
        assert_eq!(loads.one_at_a_time(1, || 4), 4);
    }

    #[test]
    fn the_same_thing_is_read_by_one_at_a_time() {
        let (loads, inside) = (Arc::new(Loads::default()), Arc::new(AtomicUsize::new(0)));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (loads, inside) = (Arc::clone(&loads), Arc::clone(&inside));
                std::thread::spawn(move || {
                    for _ in 0..1_000 {
                        loads.one_at_a_time(1, || {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            inside.fetch_sub(1, Ordering::SeqCst);
                        });
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(lock(&loads.locks).is_empty());
    }
}
