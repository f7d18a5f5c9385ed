//! From a section such as `BODY[1.2.MIME]` to the octets it names (RFC 9051, 6.4.5.1).

use std::ops::Range;

use crate::outline::{Outline, Parts};
use crate::part::{Kind, Part};

/// What of a part is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The body of a part; without part numbers, the whole message.
    Whole,
    /// HEADER, and with it HEADER.FIELDS (see `select`): the header of a message.
    Header,
    /// TEXT: the body of a message.
    Text,
    /// MIME: the header of a part.
    Mime,
}

impl Outline<'_> {
    /// The octets that a section names, to be cut out of the stored message. `None` where there is no such part, or
    /// where HEADER or TEXT is asked of a part that is no message.
    pub fn section(&self, numbers: &[u32], section: Section) -> Option<Range<u64>> {
        if numbers.is_empty() {
            let root = self.root()?;
            return match section {
                Section::Whole => Some(0..root.body.end),
                Section::Header => Some(root.header),
                Section::Text => Some(root.body),
                Section::Mime => None,
            };
        }
        let (part, mut after) = self.locate(numbers)?;
        match section {
            Section::Whole => Some(part.body),
            Section::Mime => Some(part.header),
            Section::Header | Section::Text if part.kind != Kind::Message => None,
            Section::Header => after.next().map(|root| root.header),
            Section::Text => after.next().map(|root| root.body),
        }
    }

    /// The part with these numbers, for BINARY (RFC 9051, 6.4.5). Without numbers: the root, whose body is the
    /// message's.
    pub fn part(&self, numbers: &[u32]) -> Option<Part<'_>> {
        if numbers.is_empty() {
            return self.root();
        }
        self.locate(numbers).map(|(part, _)| part)
    }

    /// Finds a part by its numbers, and the parts behind it. The parts are walked once, however many numbers.
    fn locate(&self, numbers: &[u32]) -> Option<(Part<'_>, Parts<'_>)> {
        let mut parts = self.parts();
        let mut part = parts.next()?;
        for (index, number) in numbers.iter().enumerate() {
            if index > 0 {
                match part.kind {
                    Kind::Multipart => {}
                    // A message stands for its root: the numbers behind it are those of the root's parts.
                    Kind::Message => part = parts.next()?,
                    Kind::Text | Kind::Basic => return None,
                }
            }
            if part.kind == Kind::Multipart {
                let mut children = parts.by_ref().filter(|child| child.parent == Some(part.index));
                part = children.nth(usize::try_from(number.checked_sub(1)?).ok()?)?;
            } else if *number != 1 {
                // What is no multipart has one part, number 1: its own body.
                return None;
            }
        }
        Some((part, parts))
    }
}
