//! Surrogates of messages with UTF-8 in their headers, for clients that did not ask for UTF8 (RFC 6856, 2.1): the headers,
//! those of the parts too, are put into ASCII as RFC 6857, 3 does it; bodies and their transfer encodings stay as they are.
//!
//! Where the headers lie is known from the outline that was made when the message came in; so the message passes
//! through piece by piece, and no more than one field of it is held.

mod addresses;
mod field;
mod fold;
mod header;
mod lexer;
mod parameters;

use std::ops::Range;

use message::{Kind, Outline};

pub(crate) use header::Header;

/// Puts the headers of one message into ASCII, piece by piece. The pieces may be cut anywhere.
pub(crate) struct Downgrade {
    /// The headers still to come, the last one first.
    headers: Vec<HeaderSpan>,
    header: Header,
    /// How many octets were taken.
    taken: u64,
}

/// A header in the octets of its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderSpan {
    /// The octets of the message.
    pub(crate) range: Range<u64>,
    pub(crate) labels: Labels,
}

/// What the header calls the content below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Labels {
    /// `message/global`, which becomes `message/rfc822` along with the message in it (RFC 6532, 3.7).
    Global,
    /// Something that keeps its name.
    Other,
}

/// The headers of a message and its parts, in their order.
pub(crate) fn headers(outline: &Outline<'_>) -> Vec<HeaderSpan> {
    let span = |part: message::Part<'_>| {
        // One in base64 has to stay what it is: message/rfc822 may not be encoded (RFC 6532, 3.7; RFC 2046, 5.2.1).
        let in_the_open = ["7bit", "8bit", "binary"]
            .iter()
            .any(|open| part.encoding.eq_ignore_ascii_case(open.as_bytes()));
        let is_global = part.kind == Kind::Message && part.is("message", "global") && in_the_open;
        let labels = if is_global { Labels::Global } else { Labels::Other };
        HeaderSpan { range: part.header, labels }
    };
    let spans = outline.parts().map(span);
    spans.filter(|span| !span.range.is_empty()).collect()
}

impl Downgrade {
    /// Begins a message.
    pub(crate) fn of(outline: &Outline<'_>) -> Downgrade {
        let mut headers = headers(outline);
        headers.reverse();
        Downgrade { headers, header: Header::default(), taken: 0 }
    }

    /// Takes the next piece and appends what is to be sent.
    pub(crate) fn take(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while !piece.is_empty() {
            let Some(span) = self.headers.last() else {
                out.extend_from_slice(piece);
                return;
            };
            let before = span.range.start.saturating_sub(self.taken);
            let (labels, inside) = (span.labels, span.range.end.saturating_sub(self.taken));
            let (part, rest) = split(piece, if before > 0 { before } else { inside });
            if before > 0 {
                out.extend_from_slice(part);
            } else {
                self.header.take(part, labels, out);
            }
            self.taken = self.taken.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
            piece = rest;
            if before == 0 && u64::try_from(part.len()).is_ok_and(|len| len >= inside) {
                self.header.end(labels, out);
                self.headers.pop();
            }
        }
    }

    /// Ends the message.
    pub(crate) fn end(mut self, out: &mut Vec<u8>) {
        let labels = self.headers.last().map_or(Labels::Other, |span| span.labels);
        self.header.end(labels, out);
    }
}

fn split(piece: &[u8], at: u64) -> (&[u8], &[u8]) {
    let at = usize::try_from(at).unwrap_or(usize::MAX).min(piece.len());
    piece.split_at_checked(at).unwrap_or((piece, &[]))
}

/// How much larger or smaller a message is, in lines that end with CRLF, once its headers are in ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InLines {
    octets: u64,
    last: Option<u8>,
}

impl InLines {
    /// Counts a piece with CRLF for each line end.
    pub(crate) fn take(&mut self, piece: &[u8]) {
        let mut octets = piece.len();
        for at in memchr::memchr_iter(b'\n', piece) {
            let before = match at.checked_sub(1) {
                Some(before) => piece.get(before).copied(),
                None => self.last,
            };
            octets = octets.saturating_add(usize::from(before != Some(b'\r')));
        }
        self.octets = self.octets.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
        self.last = piece.last().copied().or(self.last);
    }

    /// The octets of a whole message, with the last line end.
    pub(crate) fn whole(self) -> u64 {
        self.octets.saturating_add(match self.last {
            None | Some(b'\n') => 0,
            Some(b'\r') => 1,
            Some(_) => 2,
        })
    }

    /// The octets so far.
    pub(crate) fn part(self) -> u64 {
        self.octets
    }
}

#[cfg(test)]
mod tests;
