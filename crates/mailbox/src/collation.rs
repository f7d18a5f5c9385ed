//! i;unicode-casemap (RFC 5051): how texts are put in order. Two texts compare as the octets of their keys do.

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizer;

/// The key of a text: each character in title case, then decomposed (RFC 5051, 2). Diacritics out of order are put in order,
/// which the standard leaves open (4, 2).
pub(crate) fn casemap(text: &str) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_uppercase().into_bytes();
    }
    let mapper = CaseMapper::new();
    let titled: String = text.chars().map(|character| mapper.simple_titlecase(character)).collect();
    DecomposingNormalizer::new_nfkd().normalize(&titled).into_owned().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_titlecased_and_decomposed() {
        for (text, key) in [
            ("Hello, world 1", "HELLO, WORLD 1"),
            ("caf\u{e9}", "CAFE\u{301}"),
            ("cafe\u{301}", "CAFE\u{301}"),
            // The standard's own example.
            ("\u{1c4}", "Dz\u{30c}"),
            ("stra\u{df}e", "STRA\u{df}E"),
            ("\u{3c3}\u{3c2}", "\u{3a3}\u{3a3}"),
            ("\u{fb01}", "fi"),
            ("\u{ff21}", "A"),
        ] {
            assert_eq!(casemap(text), key.as_bytes(), "{text}");
        }
    }
}
