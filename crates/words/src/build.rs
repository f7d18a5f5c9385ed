//! Takes texts, and gives their words in blocks.

use std::collections::HashMap;

use crate::block::Filling;
use crate::numbers::Listed;
use crate::runs::each_word;

/// A block as it is kept.
pub type Block = Vec<u8>;

/// What a word takes beside its octets, about.
const WORD_OCTETS: usize = 96;

/// The words of some texts.
#[derive(Default)]
pub struct Builder {
    words: HashMap<Box<str>, Listed>,
    held_octets: usize,
}

impl Builder {
    /// Takes a text, or one more of the same number. Numbers ascend; the text is folded already.
    pub fn add(&mut self, number: u32, text: &str) {
        each_word(text, |word| {
            if let Some(listed) = self.words.get_mut(word) {
                let before = listed.held_octets();
                listed.push(number);
                let more = listed.held_octets().saturating_sub(before);
                self.held_octets = self.held_octets.saturating_add(more);
            } else {
                let mut listed = Listed::default();
                listed.push(number);
                self.held_octets =
                    self.held_octets.saturating_add(word.len()).saturating_add(WORD_OCTETS);
                self.words.insert(word.into(), listed);
            }
        });
    }

    /// About how many octets of memory it takes.
    pub fn held_octets(&self) -> usize {
        self.held_octets
    }

    /// The blocks, in order.
    pub fn finish(self) -> Vec<Block> {
        let mut words: Vec<(Box<str>, Listed)> = self.words.into_iter().collect();
        words.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut blocks = Vec::new();
        let mut filling = Filling::default();
        for (word, listed) in words {
            filling.push(word.as_bytes(), &listed.finish());
            if filling.is_full() {
                blocks.push(filling.take());
            }
        }
        if !filling.is_empty() {
            blocks.push(filling.take());
        }
        blocks
    }
}
