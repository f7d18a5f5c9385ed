//! Finds the texts that hold a text, without reading them: the words of many texts, sorted, each with the numbers of the texts it
//! stands in. A substring of a text lies in one word, or it has the end of one word, whole words, and the beginning of
//! another; so looking through the words finds all texts that may hold it, and where it lies in one word exactly those.
//!
//! `Builder` takes texts and gives blocks of words; `Merge` makes blocks of several runs of blocks, leaving out texts that are gone;
//! `Needle` says which words a text asks for, and `look` asks a block for them. Texts are folded by whoever brings them:
//! here octets are compared. `Term` is a word that people mean, in whatever form it stands, and `look_for_terms` asks a block for those.
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests may be blunt")
)]

mod bare;
mod block;
mod build;
mod digits;
mod filter;
mod merge;
mod needle;
mod numbers;
mod runs;
mod term;

pub use block::{Damaged, look, look_for_terms, words_in};
pub use build::{Block, Builder};
pub use filter::{filters, put_filter};
pub use merge::{Merge, Run};
pub use needle::{Needle, Pattern};
pub use numbers::Numbers;
pub use runs::each_word;
pub use term::{Alike, Close, Term};

/// A block has about so many octets of words, before they are packed.
pub const BLOCK_WORDS_OCTETS: usize = 32 << 10;
/// And about so many octets of numbers.
pub const BLOCK_NUMBERS_OCTETS: usize = 64 << 10;
