//! Finds the texts that hold a text, without reading them: the words of many texts, sorted, each with the numbers of the texts it
//! stands in. A substring of a text lies in one word, or it has the end of one word, whole words, and the beginning of
//! another; so looking through the words finds all texts that may hold it, and where it lies in one word exactly those.
//!
//! `Builder` takes texts and gives blocks of words; `Merge` makes blocks of several runs of blocks, leaving out texts that are gone;
//! `Needle` says which words a text asks for, and `look` asks a block for them. Texts are folded by whoever brings them:
//! here octets are compared.
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests may be blunt")
)]

mod block;
mod build;
mod digits;
mod merge;
mod needle;
mod numbers;
mod runs;

pub use block::{Damaged, look, words_in};
pub use build::{Block, Builder};
pub use merge::{Merge, Run};
pub use needle::{Needle, Pattern};
pub use numbers::Numbers;

/// A block has about so many octets of words, before they are packed.
pub const BLOCK_WORDS_OCTETS: usize = 32 << 10;
/// And about so many octets of numbers.
pub const BLOCK_NUMBERS_OCTETS: usize = 64 << 10;
