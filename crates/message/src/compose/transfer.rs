//! Chooses and applies a transfer encoding (RFC 2045, 6).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A line of base64 or quoted-printable may be 76 characters long (RFC 2045, 6.7 and 6.8).
const BASE64_LINE_OCTETS: usize = 57;
const QUOTED_LINE: usize = 75;

/// RFC 5322, 2.1.1.
const LINE_OCTETS_MAX: usize = 998;

pub(super) struct Encoded<'o> {
    pub(super) name: &'static str,
    pub(super) octets: Cow<'o, [u8]>,
}

/// Texts and messages stay legible: as they are if they can, texts else as quoted-printable. Messages may not be
/// encoded (RFC 2046, 5.2.1). All else is base64.
pub(super) fn encode<'o>(content_type: &str, octets: &'o [u8]) -> Encoded<'o> {
    let starts =
        |kind: &str| content_type.get(..kind.len()).is_some_and(|c| c.eq_ignore_ascii_case(kind));
    let is_message = starts("message/");
    if !is_message && !starts("text/") {
        return Encoded { name: "base64", octets: Cow::Owned(base64_lines(octets)) };
    }
    let text = with_crlf(octets);
    let fits = text.split(|octet| *octet == b'\n').all(|line| line.len() <= LINE_OCTETS_MAX);
    let plain = text.is_ascii() && fits && !text.contains(&0);
    match (plain, is_message) {
        (true, _) => Encoded { name: "7bit", octets: Cow::Owned(text) },
        (false, true) => Encoded { name: "8bit", octets: Cow::Owned(text) },
        (false, false) => {
            Encoded { name: "quoted-printable", octets: Cow::Owned(quoted_printable(&text)) }
        }
    }
}

/// Every line end as CRLF, a bare CR included.
fn with_crlf(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut before = 0;
    for octet in octets {
        match (octet, before) {
            (b'\n', b'\r') => {}
            (b'\n' | b'\r', _) => out.extend_from_slice(b"\r\n"),
            _ => out.push(*octet),
        }
        before = *octet;
    }
    out
}

fn base64_lines(octets: &[u8]) -> Vec<u8> {
    let lines = octets.chunks(BASE64_LINE_OCTETS).map(|line| STANDARD.encode(line));
    lines.flat_map(|line| [line.into_bytes(), b"\r\n".to_vec()]).flatten().collect()
}

fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut column = 0_usize;
    let mut rest = text;
    while let Some((octet, after)) = rest.split_first() {
        if rest.starts_with(b"\r\n") {
            out.extend_from_slice(b"\r\n");
            column = 0;
            rest = after.get(1..).unwrap_or_default();
            continue;
        }
        let ends_line = after.is_empty() || after.starts_with(b"\r\n");
        // A dot or `From ` at the beginning of a line is changed by some programs on the way (RFC 2049, 3).
        let fragile = column == 0 && (*octet == b'.' || rest.starts_with(b"From "));
        let safe = match octet {
            b'=' => false,
            b' ' | b'\t' => !ends_line,
            _ => octet.is_ascii_graphic() && !fragile,
        };
        let length = if safe { 1 } else { 3 };
        if column.saturating_add(length) > QUOTED_LINE {
            out.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if safe {
            out.push(*octet);
        } else {
            out.extend_from_slice(format!("={octet:02X}").as_bytes());
        }
        column = column.saturating_add(length);
        rest = after;
    }
    out
}
