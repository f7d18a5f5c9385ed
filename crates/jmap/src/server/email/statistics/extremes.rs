//! The few emails that have most of something.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use mailbox::EmailId;

/// So many emails at most, those that have most.
pub(super) struct Extremes {
    most: usize,
    /// The least of them on top.
    heap: BinaryHeap<Reverse<(u64, Reverse<EmailId>)>>,
}

impl Extremes {
    pub(super) fn most(most: usize) -> Extremes {
        Extremes { most, heap: BinaryHeap::new() }
    }

    pub(super) fn offer(&mut self, weight: u64, email: EmailId) {
        if self.most == 0 {
            return;
        }
        self.heap.push(Reverse((weight, Reverse(email))));
        if self.heap.len() > self.most {
            self.heap.pop();
        }
    }

    /// Those that have most first; of equal ones the first.
    pub(super) fn into_list(self) -> Vec<EmailId> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|Reverse((_, Reverse(email)))| email).collect()
    }
}

#[cfg(test)]
mod tests {
    use mailbox::EmailId;

    use super::Extremes;

    #[test]
    fn the_largest_are_kept() {
        let mut extremes = Extremes::most(3);
        for (weight, email) in [(5, 1), (9, 2), (1, 3), (9, 4), (6, 5)] {
            extremes.offer(weight, EmailId(email));
        }
        assert_eq!(extremes.into_list(), [2, 4, 5].map(EmailId));
        let mut none = Extremes::most(0);
        none.offer(1, EmailId(1));
        assert!(none.into_list().is_empty());
    }
}
