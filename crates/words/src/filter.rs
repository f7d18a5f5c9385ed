//! Which blocks need not be looked through: of any three octets in a row, a filter says whether some word of its block may have
//! them. Words of a language share most of theirs; keys and signatures in headers, which are most of the words of many a
//! mailbox, have nearly all there are, but not all those of one word.

use std::ops::Range;

use crate::bare::bare;
use crate::block::Parts;
use crate::{Damaged, Pattern, Term, digits};

/// The largest filter, in bits: that of a block full of what looks random is half full.
const BITS_MAX: usize = 1 << 16;
const OCTETS_MIN: usize = 8;

/// Where three octets in a row stand in the largest filter. In a smaller one the lower bits count.
fn place(three: &[u8]) -> u32 {
    let number = three.iter().fold(0_u32, |number, octet| (number << 8) | u32::from(*octet));
    number.wrapping_mul(0x9e37_79b1) >> 16
}

/// The places of a pattern, each of which has to be set.
pub(crate) fn places(octets: &[u8]) -> Vec<u32> {
    octets.windows(3).map(place).collect()
}

/// Appends the filter of a block.
pub fn put_filter(block: &[u8], filters: &mut Vec<u8>) -> Result<(), Damaged> {
    let parts = Parts::of(block)?;
    let mut bits = vec![0_u8; BITS_MAX / 8];
    set_all(&mut bits, &parts.words);
    // Terms are looked for without diacritics.
    for word in parts.words.split(|octet| *octet == b'\n').filter(|word| !word.is_ascii()) {
        if let Ok(word) = std::str::from_utf8(word) {
            set_all(&mut bits, format!("\n{}\n", bare(word)).as_bytes());
        }
    }
    let count = bits.iter().map(|octet| octet.count_ones()).fold(0, u32::saturating_add);
    let wanted = usize::try_from(count).unwrap_or(BITS_MAX).saturating_mul(5) / 16;
    let octets = wanted.next_power_of_two().clamp(OCTETS_MIN, BITS_MAX / 8);
    let mut filter = vec![0_u8; octets];
    for part in bits.chunks(octets) {
        filter.iter_mut().zip(part).for_each(|(into, more)| *into |= more);
    }
    digits::put(filters, u32::try_from(octets).unwrap_or(u32::MAX));
    filters.extend_from_slice(&filter);
    Ok(())
}

/// Sets the places of words. The end of one and the beginning of the next are no part of a word.
fn set_all(bits: &mut [u8], words: &[u8]) {
    for three in words.windows(3).filter(|three| three.get(1) != Some(&b'\n')) {
        set(bits, place(three));
    }
}

fn set(bits: &mut [u8], place: u32) {
    let octet = usize::try_from(place / 8).unwrap_or(usize::MAX);
    if let Some(octet) = bits.get_mut(octet) {
        *octet |= 1_u8.checked_shl(place % 8).unwrap_or(0);
    }
}

/// Where each of several filters lies.
pub fn filters(octets: &[u8]) -> Result<Vec<Range<usize>>, Damaged> {
    let mut rest = octets;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let length = digits::take_length(&mut rest)?;
        let begin = octets.len().saturating_sub(rest.len());
        if !length.is_power_of_two() || length > BITS_MAX / 8 {
            return Err(Damaged);
        }
        rest = rest.get(length..).ok_or(Damaged)?;
        found.push(begin..begin.saturating_add(length));
    }
    Ok(found)
}

impl Pattern {
    /// Whether a word with this pattern may be in the block of a filter.
    pub fn may_be_in(&self, filter: &[u8]) -> bool {
        self.places().iter().all(|place| is_set(filter, *place))
    }
}

impl Term {
    /// Whether a word that is meant may be in the block of a filter.
    pub fn may_be_in(&self, filter: &[u8]) -> bool {
        let all = |octets: &[u8]| octets.windows(3).all(|three| is_set(filter, place(three)));
        let begin = self.begin();
        let (Some(first), Some(second)) = (begin.first(), begin.get(1)) else { return true };
        let before = match self.is_bounded() {
            true => b"\n.@-_+'".as_slice(),
            false => return all(begin),
        };
        all(begin) && before.iter().any(|octet| all(&[*octet, *first, *second]))
    }
}

fn is_set(filter: &[u8], place: u32) -> bool {
    let last = filter.len().saturating_mul(8).saturating_sub(1);
    let place = usize::try_from(place).unwrap_or(0) & last;
    let octet = filter.get(place / 8).copied().unwrap_or(u8::MAX);
    octet.checked_shr(u32::try_from(place % 8).unwrap_or(0)).is_none_or(|bits| bits & 1 == 1)
}
