//! The bodies that were written last, so that the other copies of one delivery are known for what they are.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::limits::{RECENT_BODIES_MAX, RECENT_BODIES_OCTETS_MAX};

/// The last bodies that came in memory. Their octets are held, so that nothing else can lie in their place.
#[derive(Debug, Default)]
pub(crate) struct RecentBodies {
    bodies: VecDeque<Bytes>,
    octets: usize,
}

impl RecentBodies {
    /// Takes note of a body that was written.
    pub(crate) fn note(&mut self, body: &Bytes) {
        self.octets = self.octets.saturating_add(body.len());
        self.bodies.push_back(body.clone());
        while self.bodies.len() > RECENT_BODIES_MAX || self.octets > RECENT_BODIES_OCTETS_MAX {
            let Some(oldest) = self.bodies.pop_front() else { break };
            self.octets = self.octets.saturating_sub(oldest.len());
        }
    }

    /// Whether this very body was written a moment ago: not one that is equal, but the same octets in the same place
    /// of memory, which only the copies of one delivery share.
    pub(crate) fn holds(&self, body: &Bytes) -> bool {
        let same = |known: &Bytes| known.as_ptr() == body.as_ptr() && known.len() == body.len();
        self.bodies.iter().rev().any(same)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::RecentBodies;
    use crate::limits::{RECENT_BODIES_MAX, RECENT_BODIES_OCTETS_MAX};

    #[test]
    fn a_copy_is_known_and_an_equal_one_is_not() {
        let mut recent = RecentBodies::default();
        let body = Bytes::from(vec![7; 100]);
        recent.note(&body);
        assert!(recent.holds(&body.clone()));
        assert!(!recent.holds(&Bytes::from(vec![7; 100])));
        assert!(!recent.holds(&body.slice(..99)));
    }

    #[test]
    fn only_the_last_are_held() {
        let mut recent = RecentBodies::default();
        let first = Bytes::from(vec![1; 10]);
        recent.note(&first);
        (0..RECENT_BODIES_MAX).for_each(|n| recent.note(&Bytes::from(vec![n as u8; 10])));
        assert!(!recent.holds(&first));
        let large = Bytes::from(vec![1; RECENT_BODIES_OCTETS_MAX]);
        recent.note(&large);
        assert_eq!((recent.bodies.len(), recent.holds(&large)), (1, true));
    }
}
