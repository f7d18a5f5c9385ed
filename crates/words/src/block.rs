//! A block of words as it is kept: how many octets the words have, the packed words with a line break before and behind each,
//! then for each word how many octets its numbers have, then the numbers.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use crate::{Alike, BLOCK_NUMBERS_OCTETS, Numbers, Pattern, Term, digits, numbers};

/// What is kept cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a block of words is damaged")]
pub struct Damaged;

/// The format of a block, its first octet.
const FORMAT: u8 = 1;
/// No block has more octets of words, before they are packed.
const WORDS_OCTETS_MAX: usize = 1 << 20;

/// A block that is being made.
#[derive(Default)]
pub(crate) struct Filling {
    words: Vec<u8>,
    lengths: Vec<u8>,
    numbers: Vec<u8>,
}

impl Filling {
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.words.len() >= crate::BLOCK_WORDS_OCTETS || self.numbers.len() >= BLOCK_NUMBERS_OCTETS
    }

    /// Adds a word that comes behind all that were added before.
    pub(crate) fn push(&mut self, word: &[u8], numbers: &[u8]) {
        if self.words.is_empty() {
            self.words.push(b'\n');
        }
        self.words.extend_from_slice(word);
        self.words.push(b'\n');
        digits::put(&mut self.lengths, u32::try_from(numbers.len()).unwrap_or(u32::MAX));
        self.numbers.extend_from_slice(numbers);
    }

    /// The block as it is kept; a new one begins.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let packed = lz4_flex::block::compress(&self.words);
        let mut octets = Vec::with_capacity(
            packed
                .len()
                .saturating_add(self.lengths.len())
                .saturating_add(self.numbers.len())
                .saturating_add(16),
        );
        octets.push(FORMAT);
        for length in [self.words.len(), packed.len(), self.lengths.len()] {
            digits::put(&mut octets, u32::try_from(length).unwrap_or(u32::MAX));
        }
        for part in [&packed, &self.lengths, &self.numbers] {
            octets.extend_from_slice(part);
        }
        *self = Filling::default();
        octets
    }
}

/// A block taken apart.
pub(crate) struct Parts<'b> {
    pub(crate) words: Vec<u8>,
    lengths: &'b [u8],
    numbers: &'b [u8],
}

impl<'b> Parts<'b> {
    pub(crate) fn of(block: &'b [u8]) -> Result<Parts<'b>, Damaged> {
        let (format, mut rest) = block.split_first().ok_or(Damaged)?;
        if *format != FORMAT {
            return Err(Damaged);
        }
        let words = digits::take_length(&mut rest)?;
        let packed = digits::take_length(&mut rest)?;
        let lengths = digits::take_length(&mut rest)?;
        let (packed, rest) = rest.split_at_checked(packed).ok_or(Damaged)?;
        let (lengths, numbers) = rest.split_at_checked(lengths).ok_or(Damaged)?;
        if words > WORDS_OCTETS_MAX {
            return Err(Damaged);
        }
        let words = lz4_flex::block::decompress(packed, words).map_err(|_| Damaged)?;
        let is_framed = words.first() == Some(&b'\n') && words.last() == Some(&b'\n');
        if is_framed { Ok(Parts { words, lengths, numbers }) } else { Err(Damaged) }
    }

    /// The words with their numbers, in order.
    pub(crate) fn each(&self, mut take: impl FnMut(Range<usize>, &'b [u8])) -> Result<(), Damaged> {
        let mut ends = memchr_iter(b'\n', &self.words);
        let mut begin = ends.next().ok_or(Damaged)?.saturating_add(1);
        let mut places = Places { lengths: self.lengths, numbers: self.numbers };
        for end in ends {
            take(begin..end, places.next()?);
            begin = end.saturating_add(1);
        }
        Ok(())
    }
}

/// Goes through the numbers of the words.
struct Places<'b> {
    lengths: &'b [u8],
    numbers: &'b [u8],
}

impl<'b> Places<'b> {
    fn next(&mut self) -> Result<&'b [u8], Damaged> {
        let length = digits::take_length(&mut self.lengths)?;
        let (numbers, rest) = self.numbers.split_at_checked(length).ok_or(Damaged)?;
        self.numbers = rest;
        Ok(numbers)
    }
}

/// Adds to what is found of each pattern the numbers of the texts that have such a word in this block.
pub fn look(block: &[u8], patterns: &[&Pattern], found: &mut [Numbers]) -> Result<(), Damaged> {
    let parts = Parts::of(block)?;
    for (pattern, found) in patterns.iter().zip(found) {
        let mut places = Places { lengths: parts.lengths, numbers: parts.numbers };
        let finder = pattern.finder();
        // The place from which words are still to be counted, and the next word whose numbers are still to come.
        let (mut at, mut next, mut word) = (0_usize, 0_usize, 0_usize);
        while let Some(hit) = parts.words.get(at..).and_then(|rest| finder.find(rest)) {
            let hit = at.saturating_add(hit);
            let passed = parts.words.get(at..=hit).unwrap_or_default();
            word = word.saturating_add(memchr_iter(b'\n', passed).count());
            while next < word {
                let numbers = places.next()?;
                next = next.saturating_add(1);
                if next == word {
                    numbers::each(numbers, |number| found.insert(number))?;
                }
            }
            // On with the next word: one hit is enough.
            let behind = hit.saturating_add(1);
            let rest = parts.words.get(behind..).unwrap_or_default();
            let Some(end) = memchr(b'\n', rest) else { break };
            at = behind.saturating_add(end);
        }
    }
    Ok(())
}

/// Adds to what is found of each term the numbers of the texts that have such a word in this block.
pub fn look_for_terms(block: &[u8], terms: &[&Term], found: &mut [Alike]) -> Result<(), Damaged> {
    let parts = Parts::of(block)?;
    let mut sound = Ok(());
    parts.each(|word, numbers| {
        let octets = parts.words.get(word).unwrap_or_default();
        for (term, found) in terms.iter().zip(found.iter_mut()) {
            if !term.may_meet(octets) {
                continue;
            }
            let close = std::str::from_utf8(octets).ok().and_then(|word| term.meets(word));
            if let Some(close) = close {
                let into = found.of(close);
                if let Err(damaged) = numbers::each(numbers, |number| into.insert(number)) {
                    sound = Err(damaged);
                }
            }
        }
    })?;
    sound
}

/// The first and the last word of a block. Reads all of it.
pub fn words_in(block: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Damaged> {
    let parts = Parts::of(block)?;
    let (mut first, mut last) = (None, 0..0);
    let mut sound = Ok(());
    parts.each(|word, numbers| {
        if let Err(damaged) = numbers::each(numbers, |_| {}) {
            sound = Err(damaged);
        }
        first.get_or_insert(word.clone());
        last = word;
    })?;
    sound?;
    let octets = |range: Range<usize>| parts.words.get(range).unwrap_or_default().to_vec();
    Ok((octets(first.ok_or(Damaged)?), octets(last)))
}
