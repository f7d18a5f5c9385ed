//! Which words a text asks for.

use memchr::memmem::Finder;

use crate::filter;
use crate::runs::{DENSE_PIECE_CHARACTERS, Kind, Run, WHOLE_OCTETS_MAX, runs};

/// More words than this narrow nothing any more.
const PATTERNS_MAX: usize = 8;

/// What to look for among words: a part of a word, its beginning, its end, or all of it.
#[derive(Clone, Debug)]
pub struct Pattern {
    finder: Finder<'static>,
    /// Where its octets stand in filters.
    places: Vec<u32>,
}

impl Pattern {
    /// A word with a line break where it begins and ends; without, there may be more of it.
    fn new(octets: &[u8]) -> Pattern {
        Pattern { finder: Finder::new(octets).into_owned(), places: filter::places(octets) }
    }

    pub(crate) fn places(&self) -> &[u32] {
        &self.places
    }

    pub(crate) fn finder(&self) -> &Finder<'static> {
        &self.finder
    }
}

/// A text that is looked for, as words.
#[derive(Clone, Debug)]
pub struct Needle {
    /// The texts with a word of this pattern hold it.
    pub sure: Option<Pattern>,
    /// No text holds it in which one of these is missing.
    pub needed: Vec<Pattern>,
}

impl Needle {
    /// What a text asks for. None: words say nothing about it, as it has none.
    pub fn new(text: &str) -> Option<Needle> {
        let found: Vec<Run<'_>> = runs(text).collect();
        let first = found.first()?;
        if first.text.len() == text.len() {
            return Some(Needle::of_run(first));
        }
        let mut needed: Vec<Vec<u8>> = Vec::new();
        for run in &found {
            let end = run.at.saturating_add(run.text.len());
            let before = text.get(..run.at).unwrap_or_default();
            let behind = text.get(end..).unwrap_or_default();
            let begins = is_boundary(before.chars().rev());
            let ends = is_boundary(behind.chars());
            if run.is_dense {
                needed.extend(dense_pieces(run.text));
            } else {
                needed.push(bounded(run.text, begins, ends));
            }
        }
        // The longest are the rarest, as a rule.
        needed.sort_by_key(|octets| std::cmp::Reverse(octets.len()));
        needed.dedup();
        needed.truncate(PATTERNS_MAX);
        let needed = needed.iter().map(|octets| Pattern::new(octets)).collect();
        Some(Needle { sure: None, needed })
    }

    /// All of the text is one run: it lies in one word of whatever text holds it.
    fn of_run(run: &Run<'_>) -> Needle {
        let whole = Pattern::new(run.text.as_bytes());
        if run.is_dense {
            let pieces = dense_pieces(run.text);
            let is_whole = run.text.chars().count() <= DENSE_PIECE_CHARACTERS;
            let needed = pieces.iter().map(|octets| Pattern::new(octets)).collect();
            return Needle { sure: is_whole.then_some(whole), needed };
        }
        let needed = if run.text.len() <= WHOLE_OCTETS_MAX {
            whole.clone()
        } else {
            Pattern::new(head(run.text).as_bytes())
        };
        Needle { sure: Some(whole), needed: vec![needed] }
    }
}

/// Whether what comes next to a run of letters ends the word, wherever the text stands.
fn is_boundary(mut next: impl Iterator<Item = char>) -> bool {
    match next.next().map(Kind::of) {
        None => false,
        // One joiner may join; two do not.
        Some(Kind::Joiner) => next.next().is_some(),
        Some(Kind::Letter | Kind::Dense | Kind::Separator) => true,
    }
}

/// The first octets of a word, which lie in one piece of it.
fn head(word: &str) -> &str {
    word.get(..word.floor_char_boundary(WHOLE_OCTETS_MAX)).unwrap_or(word)
}

fn bounded(word: &str, begins: bool, ends: bool) -> Vec<u8> {
    let whole = head(word);
    let mut octets = Vec::with_capacity(whole.len().saturating_add(2));
    if begins {
        octets.push(b'\n');
    }
    octets.extend_from_slice(whole.as_bytes());
    if ends && whole.len() == word.len() {
        octets.push(b'\n');
    }
    octets
}

fn dense_pieces(run: &str) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    crate::runs::each_word(run, |piece| pieces.push(piece.as_bytes().to_vec()));
    pieces.sort();
    pieces.dedup();
    pieces.truncate(PATTERNS_MAX);
    pieces
}
