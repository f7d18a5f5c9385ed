//! Makes one run of blocks of several, word by word, with no more than a block of each in memory.

use crate::block::{Filling, Parts};
use crate::numbers::{self, Listed};
use crate::{Block, Damaged};

/// A run of blocks that goes into another.
pub struct Run {
    /// What is added to its numbers.
    pub shift: u32,
    words: Vec<(Vec<u8>, Vec<u8>)>,
    next: usize,
    is_over: bool,
}

impl Run {
    /// A run whose first block was not yet taken.
    pub fn new(shift: u32) -> Run {
        Run { shift, words: Vec::new(), next: 0, is_over: false }
    }

    /// Whether it waits for its next block.
    pub fn is_empty(&self) -> bool {
        !self.is_over && self.next >= self.words.len()
    }

    /// Takes its next block.
    pub fn take(&mut self, block: &[u8]) -> Result<(), Damaged> {
        let parts = Parts::of(block)?;
        self.words.clear();
        self.next = 0;
        parts.each(|word, numbers| {
            let word = parts.words.get(word).unwrap_or_default();
            self.words.push((word.to_vec(), numbers.to_vec()));
        })
    }

    /// There are no more blocks.
    pub fn end(&mut self) {
        self.is_over = true;
    }

    fn word(&self) -> Option<&[u8]> {
        self.words.get(self.next).map(|(word, _)| word.as_slice())
    }
}

/// Several runs on their way into one. The numbers of each, shifted, lie above those of the run before it.
pub struct Merge {
    runs: Vec<Run>,
    filling: Filling,
}

impl Merge {
    /// Of these runs.
    pub fn new(runs: Vec<Run>) -> Merge {
        Merge { runs, filling: Filling::default() }
    }

    /// The runs that wait for their next block.
    pub fn waiting(&mut self) -> impl Iterator<Item = (usize, &mut Run)> {
        self.runs.iter_mut().enumerate().filter(|(_, run)| run.is_empty())
    }

    /// Goes on until a run waits, or a block is full, which is given; the last one at the end. `keeps` says which numbers
    /// stay. None and no run waiting: all is done.
    pub fn step(&mut self, keeps: impl Fn(u32) -> bool) -> Result<Option<Block>, Damaged> {
        while !self.runs.iter().any(Run::is_empty) {
            let Some(word) = self.runs.iter().filter_map(Run::word).min().map(<[u8]>::to_vec)
            else {
                return Ok((!self.filling.is_empty()).then(|| self.filling.take()));
            };
            let mut listed = Listed::default();
            for run in &mut self.runs {
                if run.word() != Some(word.as_slice()) {
                    continue;
                }
                if let Some((_, octets)) = run.words.get(run.next) {
                    numbers::each(octets, |number| {
                        let number = number.saturating_add(run.shift);
                        if keeps(number) {
                            listed.push(number);
                        }
                    })?;
                }
                run.next = run.next.saturating_add(1);
            }
            if !listed.is_empty() {
                self.filling.push(&word, &listed.finish());
            }
            if self.filling.is_full() {
                return Ok(Some(self.filling.take()));
            }
        }
        Ok(None)
    }
}
