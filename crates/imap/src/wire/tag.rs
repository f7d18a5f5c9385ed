//! The tag that ties an answer to its command (RFC 9051, 2.2.1).

use std::fmt;

use super::args::{Class, of_class};
use crate::limits::TAG_OCTETS_MAX;

/// A tag: 1 to 255 ASTRING-CHARs without `+`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tag(Box<str>);

impl Tag {
    /// Takes a tag; none if it is not one.
    pub fn new(octets: &[u8]) -> Option<Tag> {
        let tag_char = |octet: &u8| of_class(*octet, Class::Tag);
        if octets.is_empty() || octets.len() > TAG_OCTETS_MAX || !octets.iter().all(tag_char) {
            return None;
        }
        std::str::from_utf8(octets).ok().map(|text| Tag(text.into()))
    }

    /// Reads the tag at the beginning of a command that may be broken or cut short after it.
    pub fn at_start(octets: &[u8]) -> Option<Tag> {
        octets.iter().position(|octet| *octet == b' ').and_then(|end| Tag::new(octets.get(..end)?))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.0)
    }
}
