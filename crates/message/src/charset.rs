//! Charsets: from any octets to text. Never fails: what cannot be read becomes U+FFFD.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, WINDOWS_1252};

use crate::octets::{head, trim};

/// The encoding that a label stands for, if it is one we can read.
pub(crate) fn of_label(label: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label(trim(label)).filter(|encoding| *encoding != REPLACEMENT)
}

/// Decodes octets. Where the label is missing, unknown or a lie of ASCII, UTF-8 counts if the octets are that, else
/// Windows-1252, which is what most mail without a word about it is written in. At most three octets come out for
/// each that goes in.
pub(crate) fn decode(label: Option<&[u8]>, octets: &[u8]) -> String {
    let encoding = label.and_then(of_label).unwrap_or(WINDOWS_1252);
    if encoding == WINDOWS_1252 || encoding == UTF_8 {
        match std::str::from_utf8(octets) {
            Ok(text) => return text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
            // Cut off inside a character, but there were whole ones before.
            Err(fault)
                if fault.error_len().is_none() && !head(octets, fault.valid_up_to()).is_ascii() =>
            {
                return UTF_8.decode_with_bom_removal(octets).0.into_owned();
            }
            Err(_) => {}
        }
    }
    // Some multi-octet encodings look for a byte order mark first; that may not change what the label says.
    encoding.decode_with_bom_removal(octets).0.into_owned()
}
