//! The numbers of texts: as bits while they are worked with, and as octets where they are kept.

use crate::{Damaged, digits};

/// Some of the numbers below a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    bits: Vec<u64>,
}

impl Numbers {
    /// None of those below a bound.
    pub fn none(bound: u32) -> Numbers {
        Numbers { bits: vec![0; place(bound.saturating_add(63)).0] }
    }

    /// Adds one. One beyond the bound is left out.
    pub fn insert(&mut self, number: u32) {
        let (word, bit) = place(number);
        if let Some(bits) = self.bits.get_mut(word) {
            *bits |= bit;
        }
    }

    /// Whether it is among them.
    pub fn contains(&self, number: u32) -> bool {
        let (word, bit) = place(number);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.bits.iter().zip((0_u32..).step_by(64)).flat_map(|(bits, base)| {
            let mut left = *bits;
            std::iter::from_fn(move || {
                let next = (left != 0).then(|| base.saturating_add(left.trailing_zeros()));
                left &= left.wrapping_sub(1);
                next
            })
        })
    }

    /// Keeps those that the others have as well.
    pub fn retain(&mut self, others: &Numbers) {
        for (at, bits) in self.bits.iter_mut().enumerate() {
            *bits &= others.bits.get(at).copied().unwrap_or(0);
        }
    }

    /// Removes those that the others have.
    pub fn remove(&mut self, others: &Numbers) {
        for (bits, gone) in self.bits.iter_mut().zip(&others.bits) {
            *bits &= !gone;
        }
    }

    /// Adds those that the others have.
    pub fn extend(&mut self, others: &Numbers) {
        for (bits, more) in self.bits.iter_mut().zip(&others.bits) {
            *bits |= more;
        }
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.bits.iter().map(|bits| u64::from(bits.count_ones())).fold(0, u64::saturating_add)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|bits| *bits == 0)
    }
}

fn place(number: u32) -> (usize, u64) {
    let word = usize::try_from(number / 64).unwrap_or(usize::MAX);
    (word, 1_u64.checked_shl(number % 64).unwrap_or(0))
}

/// Numbers as octets, ascending: the first plus one, then how much each lies above the one before it; or a zero, and bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed {
    octets: Vec<u8>,
    first: u32,
    last: u32,
    count: u32,
}

impl Listed {
    /// Adds a number; one that is not above the last is left out.
    pub(crate) fn push(&mut self, number: u32) {
        if self.count == 0 {
            self.first = number;
            digits::put(&mut self.octets, number.saturating_add(1));
        } else if number > self.last {
            digits::put(&mut self.octets, number.saturating_sub(self.last));
        } else {
            return;
        }
        self.last = number;
        self.count = self.count.saturating_add(1);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn held_octets(&self) -> usize {
        self.octets.capacity()
    }

    /// How they are kept.
    pub(crate) fn finish(self) -> Vec<u8> {
        let bits_octets = usize::try_from(self.last / 8).unwrap_or(usize::MAX).saturating_add(2);
        if self.octets.len() <= bits_octets {
            return self.octets;
        }
        let mut bits = vec![0; bits_octets];
        // What was written a moment ago can be read.
        let _ = each(&self.octets, |number| {
            let at = usize::try_from(number / 8).unwrap_or(usize::MAX).saturating_add(1);
            if let Some(octet) = bits.get_mut(at) {
                *octet |= 1_u8.checked_shl(number % 8).unwrap_or(0);
            }
        });
        bits
    }
}

/// Reads numbers that are kept, ascending.
pub(crate) fn each(mut octets: &[u8], mut take: impl FnMut(u32)) -> Result<(), Damaged> {
    if let Some((0, bits)) = octets.split_first() {
        for (at, octet) in bits.iter().enumerate() {
            let base = u32::try_from(at).map_err(|_| Damaged)?.checked_mul(8).ok_or(Damaged)?;
            let mut left = *octet;
            while left != 0 {
                take(base.saturating_add(left.trailing_zeros()));
                left &= left.wrapping_sub(1);
            }
        }
        return Ok(());
    }
    let mut number = digits::take(&mut octets)?.checked_sub(1).ok_or(Damaged)?;
    take(number);
    while !octets.is_empty() {
        number = number.checked_add(digits::take(&mut octets)?).ok_or(Damaged)?;
        take(number);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn numbers_are_read_as_written(numbers in prop::collection::btree_set(0_u32..3_000, 1..900), far in any::<u32>()) {
            let mut listed = Listed::default();
            let far = far / 2;
            numbers.iter().for_each(|number| listed.push(*number));
            listed.push(far);
            let octets = listed.finish();
            let mut read = Vec::new();
            each(&octets, |number| read.push(number)).unwrap();
            let above = far > *numbers.last().unwrap();
            let want: Vec<u32> = numbers.iter().copied().chain(above.then_some(far)).collect();
            prop_assert_eq!(read, want);
        }

        #[test]
        fn sets_go_together_as_sets_do(
            a in prop::collection::btree_set(0_u32..200, 0..50),
            b in prop::collection::btree_set(0_u32..200, 0..50),
        ) {
            let bits = |set: &BTreeSet<u32>| {
                let mut numbers = Numbers::none(200);
                set.iter().for_each(|number| numbers.insert(*number));
                numbers
            };
            let (mut both, mut either, mut one) = (bits(&a), bits(&a), bits(&a));
            both.retain(&bits(&b));
            either.extend(&bits(&b));
            one.remove(&bits(&b));
            prop_assert_eq!(one, bits(&a.difference(&b).copied().collect()));
            prop_assert_eq!(both, bits(&a.intersection(&b).copied().collect()));
            prop_assert_eq!(either.len(), a.union(&b).count() as u64);
            prop_assert!(either.iter().eq(a.union(&b).copied()));
            prop_assert!(a.iter().all(|number| either.contains(*number)));
        }

        #[test]
        fn damage_is_no_panic(octets in prop::collection::vec(any::<u8>(), 0..50)) {
            let _ = each(&octets, |_| {});
        }
    }
}
