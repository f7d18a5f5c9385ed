//! Charsets: from any octets to text. Never fails: what cannot be read becomes U+FFFD.

mod utf7;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, WINDOWS_1252};

use crate::octets::{head, trim};

#[derive(Clone, Copy)]
enum Charset {
    Known(&'static Encoding),
    /// Not a charset of the web, which knows why, but one of old mail.
    Utf7,
}

/// Whether the label stands for a charset that we can read.
pub(crate) fn is_known(label: &[u8]) -> bool {
    of_label(label).is_some()
}

fn of_label(label: &[u8]) -> Option<Charset> {
    let label = trim(label);
    let names = [&b"utf-7"[..], b"unicode-1-1-utf-7", b"csunicode11utf7", b"csutf7"];
    if names.iter().any(|name| label.eq_ignore_ascii_case(name)) {
        return Some(Charset::Utf7);
    }
    let known = Encoding::for_label(label).filter(|encoding| *encoding != REPLACEMENT);
    known.map(Charset::Known)
}

/// Decodes octets. Where the label is missing, unknown or a lie of ASCII, UTF-8 counts if the octets are that, else
/// Windows-1252, which is what most mail without a word about it is written in. At most three octets come out for
/// each that goes in.
pub(crate) fn decode(label: Option<&[u8]>, octets: &[u8]) -> String {
    decode_noting(label, octets).0
}

/// Decodes octets like `decode`, and says how well that went.
pub(crate) fn decode_noting(label: Option<&[u8]>, octets: &[u8]) -> (String, Reading) {
    let encoding = match label.and_then(of_label) {
        Some(Charset::Utf7) => return (utf7::decode(octets), Reading::Whole),
        Some(Charset::Known(encoding)) => encoding,
        None => WINDOWS_1252,
    };
    let is_told = label.is_none_or(is_known);
    let told = |is_whole: bool| if is_whole { Reading::Whole } else { Reading::Doubtful };
    if encoding == WINDOWS_1252 || encoding == UTF_8 {
        match std::str::from_utf8(octets) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
                return (text, told(is_told));
            }
            // Cut off inside a character, but there were whole ones before.
            Err(fault)
                if fault.error_len().is_none() && !head(octets, fault.valid_up_to()).is_ascii() =>
            {
                let text = UTF_8.decode_with_bom_removal(octets).0.into_owned();
                return (text, Reading::Doubtful);
            }
            Err(_) => {}
        }
    }
    // Some multi-octet encodings look for a byte order mark first; that may not change what the label says.
    let (text, has_faults) = encoding.decode_with_bom_removal(octets);
    (text.into_owned(), told(label.is_some() && is_told && !has_faults))
}

/// How well octets could be read as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As they say.
    Whole,
    /// Some of them are not what they say they are, or nobody knows what that would be.
    Doubtful,
}
