//! UTF-7 (RFC 2152): ASCII, with all else as UTF-16 in base64 between `+` and `-`.

use crate::octets::split_where;
use crate::transfer::Decoder;

/// Decodes octets. What breaks the rules becomes U+FFFD.
pub(super) fn decode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut rest = octets;
    loop {
        let (plain, from_plus) = split_where(rest, |octet| octet == b'+');
        text.extend(plain.iter().map(|octet| {
            if octet.is_ascii() { char::from(*octet) } else { char::REPLACEMENT_CHARACTER }
        }));
        let Some((_, after)) = from_plus.split_first() else { return text };
        let (encoded, behind) = split_where(after, |octet| {
            !(octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/'))
        });
        let minus = behind.first() == Some(&b'-');
        if encoded.is_empty() && minus {
            text.push('+');
        } else if encoded.is_empty() {
            // A plus sign of somebody who thought it ASCII.
            text.push('+');
        } else {
            push_shifted(encoded, &mut text);
        }
        // The hyphen that ends the base64 is not text; any other octet is.
        rest = if minus { behind.get(1..).unwrap_or_default() } else { behind };
    }
}

fn push_shifted(encoded: &[u8], text: &mut String) {
    let octets = Decoder::base64().decode(encoded);
    let (pairs, _) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_examples_of_the_standard_are_read() {
        for (octets, text) in [
            ("A+ImIDkQ.", "A\u{2262}\u{391}."),
            ("Hi Mom -+Jjo--!", "Hi Mom -\u{263a}-!"),
            ("+ZeVnLIqe-", "\u{65e5}\u{672c}\u{8a9e}"),
            ("Item 3 is +AKM-1.", "Item 3 is \u{a3}1."),
            ("1 +- 1 = 2", "1 + 1 = 2"),
            ("+2D3eAA-", "\u{1f600}"),
        ] {
            assert_eq!(decode(octets.as_bytes()), text);
        }
    }

    #[test]
    fn what_breaks_the_rules_is_shown_as_such_and_costs_nothing_else() {
        assert_eq!(decode(b"caf\xe9 +"), "caf\u{fffd} +");
        assert_eq!(decode(b"1 + 1"), "1 + 1");
        assert_eq!(decode(b"+2D0-x"), "\u{fffd}x");
        assert_eq!(decode(b"+AOk"), "\u{e9}");
        assert_eq!(decode(b"+A-b"), "b");
    }
}
