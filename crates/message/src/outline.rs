//! The outline of a message: its envelope, its preview and the table of its parts, in the form in which it is stored.

use std::borrow::Cow;
use std::ops::Range;

use crate::envelope::Envelope;
use crate::octets::wide;
use crate::pack::{Unpack, put_number, put_octets};
use crate::part::{Kind, Part};
use crate::scanner::Scanner;

/// The form of the stored octets. Readers of a later form must still read this one.
const VERSION: u8 = 1;

/// What is known of a message's structure. Made once, when the message comes in, and stored; everything IMAP asks
/// for is then read from it without looking at the message again, and nothing is copied on the way.
#[derive(Clone, PartialEq, Eq)]
pub struct Outline<'a> {
    octets: Cow<'a, [u8]>,
}

impl Outline<'_> {
    /// Makes the outline of a whole message.
    pub fn of(message: &[u8]) -> Outline<'static> {
        let mut scanner = Scanner::new();
        scanner.push(message);
        scanner.finish()
    }

    /// The octets to store, for `decode`.
    pub fn encode(&self) -> Vec<u8> {
        self.octets.to_vec()
    }

    /// The stored octets, without copying those of a fresh outline.
    pub fn into_octets(self) -> Vec<u8> {
        self.octets.into_owned()
    }

    /// The message's envelope.
    pub fn envelope(&self) -> Envelope<'_> {
        decode_envelope(&self.octets).unwrap_or_default()
    }

    /// The first words of the message, for a list of mail (RFC 8970). Empty when it has no text.
    pub fn preview(&self) -> &str {
        decode_preview(&self.octets).unwrap_or_default()
    }

    /// Walks the parts in pre-order: the root, then its children, each followed by its own.
    pub fn parts(&self) -> Parts<'_> {
        Parts::start(&self.octets).unwrap_or(Parts { unpack: Unpack(&[]), index: 0, count: 0 })
    }

    /// The part that is the message itself.
    pub fn root(&self) -> Option<Part<'_>> {
        self.parts().next()
    }

    /// How many parts there are; at least one.
    pub fn part_count(&self) -> usize {
        self.parts().count
    }

    /// Octets of the whole message (RFC822.SIZE).
    pub fn octets(&self) -> u64 {
        self.root().map_or(0, |root| root.body.end)
    }

    /// Where the message's header lies.
    pub fn header(&self) -> Range<u64> {
        self.root().map_or(0..0, |root| root.header)
    }

    /// Walks the structure with a mark behind the children of each multipart and message, so that BODYSTRUCTURE can
    /// be printed without recursion.
    pub fn walk(&self) -> Walk<'_> {
        Walk { parts: self.parts().peekable(), open: Vec::new() }
    }
}

impl<'a> Outline<'a> {
    /// Reads a stored outline. `None` when the octets are damaged or of a form this version does not know.
    pub fn decode(octets: &'a [u8]) -> Option<Outline<'a>> {
        check(octets)?;
        Some(Outline { octets: Cow::Borrowed(octets) })
    }

    /// Puts an outline together from the packed envelope of the root, the preview and the packed parts.
    pub(crate) fn assemble(
        envelope: &[u8],
        preview: &str,
        count: usize,
        parts: &[u8],
    ) -> Outline<'static> {
        let room = [envelope.len(), preview.len(), parts.len(), 16].iter().sum();
        let mut octets = Vec::with_capacity(room);
        octets.push(VERSION);
        put_octets(&mut octets, envelope);
        put_octets(&mut octets, preview.as_bytes());
        put_number(&mut octets, wide(count));
        octets.extend_from_slice(parts);
        Outline { octets: Cow::Owned(octets) }
    }
}

impl std::fmt::Debug for Outline<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.parts()).finish()
    }
}

/// Reads nothing but the envelope of a stored outline: all that a list of mail needs.
pub fn decode_envelope(octets: &[u8]) -> Option<Envelope<'_>> {
    Envelope::unpack(start(octets)?.octets()?)
}

fn decode_preview(octets: &[u8]) -> Option<&str> {
    let mut unpack = start(octets)?;
    unpack.octets()?;
    std::str::from_utf8(unpack.octets()?).ok()
}

fn start(octets: &[u8]) -> Option<Unpack<'_>> {
    octets.strip_prefix(&[VERSION]).map(Unpack)
}

/// Whether the octets can have been written by `assemble`: all can be read, and every part lies inside its parent.
fn check(octets: &[u8]) -> Option<()> {
    decode_envelope(octets)?;
    decode_preview(octets)?;
    let mut parts = Parts::start(octets)?;
    let mut open: Vec<(usize, u64)> = Vec::new();
    let mut index = 0_usize;
    for part in parts.by_ref() {
        while open.last().is_some_and(|(above, _)| Some(*above) != part.parent) {
            open.pop();
        }
        let inside = match open.last() {
            None => part.parent.is_none() && part.index == 0,
            Some((_, end)) => part.body.end <= *end,
        };
        if !inside {
            return None;
        }
        if matches!(part.kind, Kind::Multipart | Kind::Message) {
            open.push((part.index, part.body.end));
        }
        index = index.checked_add(1)?;
    }
    (index > 0 && index == parts.count && parts.unpack.is_empty()).then_some(())
}

/// See `Outline::parts`.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    unpack: Unpack<'a>,
    index: usize,
    count: usize,
}

impl<'a> Parts<'a> {
    fn start(octets: &'a [u8]) -> Option<Parts<'a>> {
        let mut unpack = start(octets)?;
        unpack.octets()?;
        unpack.octets()?;
        let count = usize::try_from(unpack.number()?).ok()?;
        Some(Parts { unpack, index: 0, count })
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        if self.index >= self.count {
            return None;
        }
        let part = Part::unpack(&mut self.unpack, self.index)?;
        self.index = self.index.saturating_add(1);
        Some(part)
    }
}

/// A step of `Outline::walk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A part. Its children follow, if its kind has any.
    Enter(Part<'a>),
    /// The children of this multipart or message are complete.
    Leave(Part<'a>),
}

/// See `Outline::walk`.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    parts: std::iter::Peekable<Parts<'a>>,
    open: Vec<Part<'a>>,
}

impl<'a> Iterator for Walk<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        let above = self.parts.peek().and_then(|part| part.parent);
        if let Some(last) = self.open.last()
            && above != Some(last.index)
        {
            return self.open.pop().map(Step::Leave);
        }
        let part = self.parts.next()?;
        if matches!(part.kind, Kind::Multipart | Kind::Message) {
            self.open.push(part.clone());
        }
        Some(Step::Enter(part))
    }
}
