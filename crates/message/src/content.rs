//! What a part's header says of its content (RFC 2045 to 2183), read once and written in stored form.

use crate::envelope::EnvelopeFields;
use crate::header::{Field, fields};
use crate::lexer::{Lexer, ends_token};
use crate::limits::{DELIMITER_OCTETS_MAX, LANGUAGES_MAX};
use crate::octets::{head, trim_end};
use crate::pack::put_octets;
use crate::parameter::{self, Parameters};
use crate::preview::Sample;

/// What a part without a Content-Type is (RFC 2046, 5.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// `text/plain; charset=us-ascii`.
    Text,
    /// `message/rfc822`, inside a digest.
    Message,
}

/// How a part must be read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text; the lines are counted.
    Text,
    /// A multipart, with its boundary if it has one that can be used.
    Multipart { boundary: Option<Vec<u8>>, children: Absent },
    /// A message inside the message, in an encoding that can be looked into.
    Message,
    /// Anything else.
    Basic,
}

/// Whether a text is one that a preview may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readable {
    Plain,
    Html,
    No,
}

/// The fields of a part's header that describe its content.
#[derive(Debug, Default)]
pub(crate) struct ContentFields<'a> {
    media: Option<&'a [u8]>,
    encoding: Option<&'a [u8]>,
    disposition: Option<&'a [u8]>,
    languages: Option<&'a [u8]>,
    texts: [Option<Field<'a>>; 4],
}

/// The text fields in the order in which they are stored.
const TEXTS: [&str; 4] = ["Content-ID", "Content-Description", "Content-MD5", "Content-Location"];

impl<'a> ContentFields<'a> {
    /// Reads a header; the first field of a name counts. The fields of the envelope go where `envelope` says.
    pub(crate) fn read(
        header: &'a [u8],
        mut envelope: Option<&mut EnvelopeFields<'a>>,
    ) -> ContentFields<'a> {
        let mut found = ContentFields::default();
        for field in fields(header) {
            if field.name.len() < 8 || !head(field.name, 8).eq_ignore_ascii_case(b"Content-") {
                if let Some(envelope) = envelope.as_deref_mut() {
                    envelope.take(field);
                }
                continue;
            }
            let slot = if field.is("Content-Type") {
                &mut found.media
            } else if field.is("Content-Transfer-Encoding") {
                &mut found.encoding
            } else if field.is("Content-Disposition") {
                &mut found.disposition
            } else if field.is("Content-Language") {
                &mut found.languages
            } else {
                for (slot, _) in found.texts.iter_mut().zip(TEXTS).filter(|(_, n)| field.is(n)) {
                    slot.get_or_insert(field);
                }
                continue;
            };
            slot.get_or_insert(field.value);
        }
        found
    }

    /// Reads the values and writes them in stored form.
    pub(crate) fn pack(&self, absent: Absent, out: &mut Vec<u8>) -> Content {
        let mut media = Media::read(self.media, absent);
        let encoding = self.encoding.map(encoding_token).filter(|token| !token.is_empty());
        let identity = encoding.is_none_or(is_identity);
        let shape = media.shape(identity);
        if shape == Shape::Basic && is_message(&media.kind, &media.subtype) {
            media.make_opaque();
        }
        let readable = match (&shape, self.disposition) {
            (Shape::Text, shown) if !shown.is_some_and(is_attachment) => {
                if media.subtype.eq_ignore_ascii_case(b"html") {
                    Readable::Html
                } else {
                    Readable::Plain
                }
            }
            _ => Readable::No,
        };
        let packed_from = out.len();
        media.pack(out);
        put_octets(out, encoding.unwrap_or(b"7BIT"));
        self.pack_optional(out);
        Content { shape, readable, packed_from }
    }

    /// Writes the content as that of a part that is not looked into, whatever its type.
    pub(crate) fn pack_opaque(&self, absent: Absent, out: &mut Vec<u8>) {
        let mut media = Media::read(self.media, absent);
        media.make_opaque();
        media.pack(out);
        put_octets(out, self.encoding.map(encoding_token).unwrap_or(b"7BIT"));
        self.pack_optional(out);
    }

    /// An empty sample of this text, with what is needed to decode it.
    pub(crate) fn sample(&self) -> Sample {
        let media = Media::read(self.media, Absent::Text);
        let charset = Parameters(&media.parameters).find("charset").map(<[u8]>::to_vec);
        let encoding = self.encoding.map(encoding_token).map(<[u8]>::to_vec);
        Sample { encoding: encoding.unwrap_or_default(), charset, octets: Vec::new() }
    }

    fn pack_optional(&self, out: &mut Vec<u8>) {
        let languages = self.languages.map(language_tags).filter(|tags| !tags.is_empty());
        let present = self.texts.iter().map(Option::is_some);
        let present = present.chain([self.disposition.is_some(), languages.is_some()]);
        let mask =
            present.zip(0_u32..).filter(|(is, _)| *is).fold(0_u8, |m, (_, bit)| m | (1 << bit));
        out.push(mask);
        for text in self.texts.iter().flatten() {
            put_octets(out, &text.unfolded());
        }
        if let Some(value) = self.disposition {
            let mut lexer = Lexer::new(value);
            lexer.skip_space_and_comments();
            put_octets(out, lexer.until(ends_token));
            let mut parameters = Vec::new();
            parameter::pack(&mut lexer, &mut parameters);
            put_octets(out, &parameters);
        }
        if let Some(languages) = languages {
            put_octets(out, &languages);
        }
    }
}

/// What was written of a part's content and what it means for the scanner.
pub(crate) struct Content {
    pub(crate) shape: Shape,
    pub(crate) readable: Readable,
    /// Where in the output it begins.
    pub(crate) packed_from: usize,
}

struct Media {
    kind: Vec<u8>,
    subtype: Vec<u8>,
    parameters: Vec<u8>,
}

impl Media {
    fn read(value: Option<&[u8]>, absent: Absent) -> Media {
        let Some(value) = value else {
            return Media::of_absent(absent);
        };
        let mut lexer = Lexer::new(value);
        lexer.skip_space_and_comments();
        let kind = lexer.until(ends_token);
        lexer.skip_space_and_comments();
        let slash = lexer.eat(b'/');
        lexer.skip_space_and_comments();
        let subtype = if slash.is_some() { lexer.until(ends_token) } else { &[] };
        // `Content-Type: text` was all that some old programs sent; any other broken value stands for plain text too
        // (RFC 2045, 5.2), but then its parameters mean nothing.
        let bare_text = subtype.is_empty() && kind.eq_ignore_ascii_case(b"text");
        if (kind.is_empty() || subtype.is_empty()) && !bare_text {
            return Media::of_absent(Absent::Text);
        }
        let subtype = if bare_text { b"plain" } else { subtype };
        let mut parameters = Vec::new();
        parameter::pack(&mut lexer, &mut parameters);
        Media { kind: kind.to_vec(), subtype: subtype.to_vec(), parameters }
    }

    fn of_absent(absent: Absent) -> Media {
        match absent {
            Absent::Text => {
                let mut parameters = Vec::new();
                put_octets(&mut parameters, b"CHARSET");
                put_octets(&mut parameters, b"US-ASCII");
                Media { kind: b"TEXT".to_vec(), subtype: b"PLAIN".to_vec(), parameters }
            }
            Absent::Message => Media {
                kind: b"MESSAGE".to_vec(),
                subtype: b"RFC822".to_vec(),
                parameters: Vec::new(),
            },
        }
    }

    fn shape(&self, identity: bool) -> Shape {
        if self.kind.eq_ignore_ascii_case(b"text") {
            return Shape::Text;
        }
        if self.kind.eq_ignore_ascii_case(b"multipart") {
            let digest = self.subtype.eq_ignore_ascii_case(b"digest");
            let children = if digest { Absent::Message } else { Absent::Text };
            return Shape::Multipart { boundary: self.boundary(), children };
        }
        // An encoded message is not looked into: RFC 2046, 5.2.1 forbids it, and a section of it would be no slice.
        if identity && is_message(&self.kind, &self.subtype) {
            return Shape::Message;
        }
        Shape::Basic
    }

    fn boundary(&self) -> Option<Vec<u8>> {
        let parameters = Parameters(&self.parameters);
        let plain = parameters.find("boundary").map(<[u8]>::to_vec);
        let boundary = plain.or_else(|| parameters.decoded("boundary").map(String::into_bytes))?;
        let length = trim_end(&boundary).len();
        // Two hyphens before and behind and a line end must fit into the longest delimiter line as well.
        let usable = length > 0 && length.saturating_add(8) < DELIMITER_OCTETS_MAX;
        usable.then(|| head(&boundary, length).to_vec())
    }

    /// Calls a part that is not looked into what a program can save but not open. A parser of BODYSTRUCTURE takes
    /// MESSAGE/RFC822 and MULTIPART as a promise that the inner structure follows (RFC 9051, 9: body-type-basic).
    fn make_opaque(&mut self) {
        let container =
            self.kind.eq_ignore_ascii_case(b"multipart") || is_message(&self.kind, &self.subtype);
        if container {
            self.kind = b"APPLICATION".to_vec();
            self.subtype = b"OCTET-STREAM".to_vec();
        }
    }

    fn pack(&self, out: &mut Vec<u8>) {
        put_octets(out, &self.kind);
        put_octets(out, &self.subtype);
        put_octets(out, &self.parameters);
    }
}

fn is_message(kind: &[u8], subtype: &[u8]) -> bool {
    kind.eq_ignore_ascii_case(b"message")
        && (subtype.eq_ignore_ascii_case(b"rfc822") || subtype.eq_ignore_ascii_case(b"global"))
}

fn is_attachment(disposition: &[u8]) -> bool {
    let mut lexer = Lexer::new(disposition);
    lexer.skip_space_and_comments();
    lexer.until(ends_token).eq_ignore_ascii_case(b"attachment")
}

/// Whether the encoding is none at all (RFC 2045, 6.2).
pub(crate) fn is_identity(encoding: &[u8]) -> bool {
    [&b"7bit"[..], b"8bit", b"binary"].iter().any(|name| encoding.eq_ignore_ascii_case(name))
}

fn encoding_token(value: &[u8]) -> &[u8] {
    let mut lexer = Lexer::new(value);
    lexer.skip_space_and_comments();
    lexer.until(ends_token)
}

/// The tags of a Content-Language field (RFC 3282), packed.
fn language_tags(value: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut lexer = Lexer::new(value);
    let mut left = LANGUAGES_MAX;
    while left > 0 {
        lexer.skip_space_and_comments();
        if lexer.eat(b',').is_some() {
            continue;
        }
        let tag =
            lexer.until(|octet| octet == b',' || octet == b'(' || crate::octets::is_space(octet));
        if tag.is_empty() {
            break;
        }
        put_octets(&mut packed, tag);
        left = left.saturating_sub(1);
    }
    packed
}
