//! What people are told of: the first ones, and how many there are.

use std::fmt;

use crate::limits::NOTES_MAX;

/// Texts for people, of which only the first are kept.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    first: Vec<String>,
    count: u64,
}

impl Noted {
    pub(crate) fn push(&mut self, what: impl fmt::Display) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < NOTES_MAX {
            self.first.push(what.to_string());
        }
    }

    /// There are more, which are not named.
    pub(crate) fn more(&mut self, count: u64) {
        self.count = self.count.saturating_add(count);
    }

    pub(crate) fn add(&mut self, other: Noted) {
        self.count = self.count.saturating_add(other.count);
        let room = NOTES_MAX.saturating_sub(self.first.len());
        self.first.extend(other.first.into_iter().take(room));
    }

    /// The first ones.
    pub fn first(&self) -> &[String] {
        &self.first
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
