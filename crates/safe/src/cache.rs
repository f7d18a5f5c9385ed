//! Keeps bodies that were made safe, the last used ones, up to a bound in octets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Body;

/// Bodies by what they were made of.
pub struct Cache {
    octets_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    bodies: HashMap<String, (Arc<Body>, u64)>,
    octets: usize,
    /// Counts uses.
    now: u64,
}

/// What a body costs besides itself.
const BESIDE_OCTETS: usize = 200;

fn cost(name: &str, body: &Body) -> usize {
    body.octets().saturating_add(name.len()).saturating_add(BESIDE_OCTETS)
}

impl Cache {
    /// One that holds so many octets at most.
    pub fn new(octets_max: usize) -> Cache {
        Cache { octets_max, kept: Mutex::default() }
    }

    /// A body that is kept.
    pub fn get(&self, name: &str) -> Option<Arc<Body>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now = kept.now.saturating_add(1);
        let now = kept.now;
        let (body, used) = kept.bodies.get_mut(name)?;
        *used = now;
        Some(Arc::clone(body))
    }

    /// Keeps a body; those go that were not used for the longest time. One of more than a quarter of the room is not kept.
    pub fn put(&self, name: String, body: &Arc<Body>) {
        let cost_of = cost(&name, body);
        if cost_of > self.octets_max / 4 {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.now = kept.now.saturating_add(1);
        let now = kept.now;
        if let Some((before, _)) = kept.bodies.remove(&name) {
            kept.octets = kept.octets.saturating_sub(cost(&name, &before));
        }
        while kept.octets.saturating_add(cost_of) > self.octets_max {
            let oldest = kept.bodies.iter().min_by_key(|(_, (_, used))| *used);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { break };
            if let Some((body, _)) = kept.bodies.remove(&oldest) {
                kept.octets = kept.octets.saturating_sub(cost(&oldest, &body));
            }
        }
        kept.octets = kept.octets.saturating_add(cost_of);
        kept.bodies.insert(name, (Arc::clone(body), now));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Cache;
    use crate::{Flow, of_plain};

    #[test]
    fn what_was_not_used_for_long_goes_and_octets_are_bounded() {
        let cache = Cache::new(10_000);
        let body = Arc::new(of_plain(&"x".repeat(1_000), Flow::Fixed));
        for name in 0..100 {
            cache.put(name.to_string(), &body);
            assert!(cache.get("0").is_some(), "{name}");
            assert!(cache.kept.lock().unwrap().octets <= 10_000);
        }
        assert!(cache.get("99").is_some() && cache.get("50").is_none());
        cache.put("99".to_owned(), &body);
        let bodies = cache.kept.lock().unwrap().bodies.len();
        assert!((5..10).contains(&bodies), "{bodies}");
        let large = Arc::new(of_plain(&"x".repeat(9_000), Flow::Fixed));
        cache.put("large".to_owned(), &large);
        assert!(cache.get("large").is_none() && cache.get("0").is_some());
    }
}
