//! The words of a message: what SEARCH looks through (RFC 9051, 6.4.4).

use crate::charset::{self, Reading};
use crate::encoded_word;
use crate::header::fields;
use crate::html::html_to_text;
use crate::limits::SEARCHABLE_OCTETS_MAX;
use crate::octets::{head, slice};
use crate::outline::Outline;
use crate::part::{Kind, Part};
use crate::transfer::decode_transfer;

/// The text of a message's body: of all its text parts and of the headers of messages inside it, decoded, HTML
/// without its markup, in the order of the parts with a line end between them. At most `SEARCHABLE_OCTETS_MAX`.
pub fn searchable_text(outline: &Outline<'_>, message: &[u8]) -> String {
    let mut text = String::new();
    let mut above = None;
    for part in outline.parts() {
        if above == Some(Kind::Message) {
            add(&mut text, &header_text(slice(message, part.header.clone())));
        }
        if part.kind == Kind::Text {
            add(&mut text, &part_text(&part, message));
        }
        if text.len() >= SEARCHABLE_OCTETS_MAX {
            break;
        }
        above = Some(part.kind);
    }
    text
}

/// Adds text on a line of its own, as much as there is room for.
fn add(text: &mut String, addition: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let room = SEARCHABLE_OCTETS_MAX.saturating_sub(text.len());
    text.push_str(addition.get(..addition.floor_char_boundary(room)).unwrap_or_default());
}

/// The text of one text part, decoded; HTML without its markup.
pub fn part_text(part: &Part<'_>, message: &[u8]) -> String {
    // Nothing that is decoded grows to more than three times its octets, and base64 shrinks; what is cut off here
    // would not fit below.
    let octets = head(slice(message, part.body.clone()), SEARCHABLE_OCTETS_MAX.saturating_mul(2));
    let Some(decoded) = decode_transfer(part.encoding, octets) else { return String::new() };
    let text = charset::decode(part.parameters.find("charset"), &decoded);
    if part.is("text", "html") { html_to_text(&text) } else { text }
}

/// The text of octets in a transfer encoding and a charset, as it stands there, and how well it could be read. At most three octets
/// come out for each that goes in.
pub fn octets_text(encoding: &[u8], charset: Option<&[u8]>, octets: &[u8]) -> (String, Reading) {
    match decode_transfer(encoding, octets) {
        Some(decoded) => charset::decode_noting(charset, &decoded),
        // RFC 8621, 4.1.4: what is in an unknown encoding is taken as it is.
        None => (charset::decode(charset, octets), Reading::Doubtful),
    }
}

/// All fields of a header, one a line, names as sent and values decoded.
pub fn header_text(header: &[u8]) -> String {
    let mut text = String::new();
    for field in fields(head(header, SEARCHABLE_OCTETS_MAX)) {
        text.push_str(&String::from_utf8_lossy(field.name));
        text.push_str(": ");
        text.push_str(&encoded_word::decode(field.value));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Reading, octets_text};

    #[test]
    fn a_text_says_how_well_it_could_be_read() {
        for (encoding, charset, octets, text, reading) in [
            ("7bit", None, &b"plain"[..], "plain", Reading::Whole),
            ("8bit", Some("utf-8"), "\u{e9}".as_bytes(), "\u{e9}", Reading::Whole),
            ("8bit", None, "\u{e9}".as_bytes(), "\u{e9}", Reading::Whole),
            ("8bit", Some("iso-8859-1"), b"\xe9", "\u{e9}", Reading::Whole),
            ("8bit", None, b"\xe9", "\u{e9}", Reading::Doubtful),
            ("8bit", Some("utf-8"), b"\xe9x", "\u{fffd}x", Reading::Doubtful),
            ("8bit", Some("klingon"), b"x", "x", Reading::Doubtful),
            ("x-zip", None, b"eA==", "eA==", Reading::Doubtful),
            ("base64", None, b"eA==", "x", Reading::Whole),
        ] {
            let read = octets_text(encoding.as_bytes(), charset.map(str::as_bytes), octets);
            assert_eq!(read, (text.to_owned(), reading), "{encoding} {charset:?} {octets:?}");
        }
    }
}
