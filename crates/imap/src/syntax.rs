//! The peer's octets are wrong: what was expected, and where.

use crate::wire::Tag;

/// What was expected at which octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at octet {}", .index.saturating_add(1))]
pub struct Syntax {
    /// What should have stood there.
    pub expected: &'static str,
    /// The index of the first octet that did not fit, in the command or response with its literals.
    pub index: usize,
}

/// A command that could not be read. The tag is kept whenever it could, so that the answer reaches its command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{syntax}")]
pub struct Bad {
    /// The tag; without it the answer is untagged.
    pub tag: Option<Tag>,
    /// What was wrong.
    pub syntax: Syntax,
}
