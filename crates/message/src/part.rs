//! One part of a message, read from a stored outline without copying.

use std::ops::Range;

use crate::encoded_word;
use crate::envelope::Envelope;
use crate::octets::wide;
use crate::pack::{Unpack, put_number};
use crate::parameter::Parameters;

/// What kind of part it is: which items its BODYSTRUCTURE has (RFC 9051, 9: body).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text: has a line count.
    Text,
    /// A multipart: has one child or more.
    Multipart,
    /// A message in the message: has an envelope, a line count and exactly one child, the root of that message.
    Message,
    /// Anything else, opaque.
    Basic,
}

/// Content-Disposition (RFC 2183).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disposition<'a> {
    /// `attachment`, `inline` or whatever was sent. May be empty.
    pub kind: &'a [u8],
    /// Its parameters as sent.
    pub parameters: Parameters<'a>,
}

/// The tags of Content-Language, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Languages<'a>(&'a [u8]);

impl<'a> Languages<'a> {
    /// Walks the tags.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut unpack = Unpack(self.0);
        std::iter::from_fn(move || unpack.octets())
    }
}

/// One part. Strings are as sent, without CR, LF and NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its place in pre-order; the root is 0.
    pub index: usize,
    /// The multipart or message it lies in; `None` for the root.
    pub parent: Option<usize>,
    /// What kind of part it is.
    pub kind: Kind,
    /// Where its header lies in the message, the blank line included. For the root, and for the child of a message,
    /// this is the message's header.
    pub header: Range<u64>,
    /// Where its body lies, without the line end that belongs to the delimiter behind it (RFC 2046, 5.1.1).
    pub body: Range<u64>,
    /// Line ends in the body, for `Text` and `Message`; 0 for others.
    pub lines: u64,
    /// The media type, such as `text`.
    pub media_type: &'a [u8],
    /// The media subtype, such as `plain`.
    pub subtype: &'a [u8],
    /// The parameters of Content-Type as sent.
    pub parameters: Parameters<'a>,
    /// Content-Transfer-Encoding; `7BIT` where there was none.
    pub encoding: &'a [u8],
    /// Content-ID.
    pub id: Option<&'a [u8]>,
    /// Content-Description.
    pub description: Option<&'a [u8]>,
    /// Content-MD5.
    pub md5: Option<&'a [u8]>,
    /// Content-Location.
    pub location: Option<&'a [u8]>,
    /// Content-Disposition.
    pub disposition: Option<Disposition<'a>>,
    /// Content-Language; at least one tag.
    pub languages: Option<Languages<'a>>,
    /// For a `Message`: its envelope.
    pub envelope: Option<Envelope<'a>>,
}

impl<'a> Part<'a> {
    /// Octets of the body, in its transfer encoding.
    pub fn octets(&self) -> u64 {
        self.body.end.saturating_sub(self.body.start)
    }

    /// Compares the media type and subtype, in any case.
    pub fn is(&self, media_type: &str, subtype: &str) -> bool {
        self.media_type.eq_ignore_ascii_case(media_type.as_bytes())
            && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }

    /// Whether the sender wants it saved rather than shown (RFC 2183, 2.2).
    pub fn is_attachment(&self) -> bool {
        self.disposition.is_some_and(|shown| shown.kind.eq_ignore_ascii_case(b"attachment"))
    }

    /// The file name for people: decoded, from the disposition or else from the type's `name`. It is only a
    /// suggestion of the sender's and may hold path separators.
    pub fn file_name(&self) -> Option<String> {
        let named = self.disposition.and_then(|shown| shown.parameters.decoded("filename"));
        let name = named.or_else(|| self.parameters.decoded("name"))?;
        // RFC 2047, 5 forbids encoded words here, and Outlook and many others send them all the same.
        Some(if name.contains("=?") { encoded_word::decode(name.as_bytes()) } else { name })
    }

    /// Reads the next part of a stored outline.
    pub(crate) fn unpack(unpack: &mut Unpack<'a>, index: usize) -> Option<Part<'a>> {
        let kind = Kind::of_code(unpack.octet()?)?;
        let up = usize::try_from(unpack.number()?).ok()?;
        let parent = if up == 0 { None } else { Some(index.checked_sub(up)?) };
        let header_start = unpack.number()?;
        let body_start = header_start.checked_add(unpack.number()?)?;
        let body_end = body_start.checked_add(unpack.number()?)?;
        let counted = matches!(kind, Kind::Text | Kind::Message);
        let lines = if counted { unpack.number()? } else { 0 };
        let media_type = unpack.octets()?;
        let subtype = unpack.octets()?;
        let parameters = Parameters::check(unpack.octets()?)?;
        let encoding = unpack.octets()?;
        let mask = unpack.octet()?;
        let mut present =
            |bit: u8| if mask & bit == 0 { Some(None) } else { unpack.octets().map(Some) };
        let [id, description, md5, location] = [present(1)?, present(2)?, present(4)?, present(8)?];
        let disposition = match present(16)? {
            None => None,
            Some(kind) => {
                Some(Disposition { kind, parameters: Parameters::check(unpack.octets()?)? })
            }
        };
        let languages = if mask & 32 == 0 { None } else { Some(languages(unpack.octets()?)?) };
        let envelope =
            if kind == Kind::Message { Some(Envelope::unpack(unpack.octets()?)?) } else { None };
        (mask < 64).then_some(Part {
            index,
            parent,
            kind,
            header: header_start..body_start,
            body: body_start..body_end,
            lines,
            media_type,
            subtype,
            parameters,
            encoding,
            id,
            description,
            md5,
            location,
            disposition,
            languages,
            envelope,
        })
    }
}

fn languages(octets: &[u8]) -> Option<Languages<'_>> {
    let mut unpack = Unpack(octets);
    while !unpack.is_empty() {
        unpack.octets()?;
    }
    (!octets.is_empty()).then_some(Languages(octets))
}

impl Kind {
    fn of_code(code: u8) -> Option<Kind> {
        Some(match code {
            0 => Kind::Basic,
            1 => Kind::Text,
            2 => Kind::Multipart,
            3 => Kind::Message,
            _ => return None,
        })
    }

    fn code(self) -> u8 {
        match self {
            Kind::Basic => 0,
            Kind::Text => 1,
            Kind::Multipart => 2,
            Kind::Message => 3,
        }
    }
}

/// Where a part lies and how it hangs together with the others.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) parent: Option<usize>,
    pub(crate) header_start: u64,
    pub(crate) body_start: u64,
    pub(crate) body_end: u64,
    pub(crate) lines: u64,
}

/// Writes the beginning of a part; its content follows and, for a message, its envelope.
pub(crate) fn put_frame(out: &mut Vec<u8>, index: usize, frame: &Frame) {
    out.push(frame.kind.code());
    put_number(out, frame.parent.map_or(0, |parent| wide(index.saturating_sub(parent))));
    put_number(out, frame.header_start);
    put_number(out, frame.body_start.saturating_sub(frame.header_start));
    put_number(out, frame.body_end.saturating_sub(frame.body_start));
    if matches!(frame.kind, Kind::Text | Kind::Message) {
        put_number(out, frame.lines);
    }
}
