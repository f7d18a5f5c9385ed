//! How texts are compared and put in order (RFC 4790). Each collation turns a text into a key; two texts compare as the octets
//! of their keys do, and one holds another where its key holds the other's.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizer;

/// How texts are compared. Only those that compare, order and find substrings are here, since SEARCH and SORT ask for all
/// three (RFC 5255, 4.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collation {
    /// i;unicode-casemap (RFC 5051): in any case, however characters are composed.
    #[default]
    UnicodeCasemap,
    /// i;ascii-casemap (RFC 4790, 9.2): as they are, but for the case of ASCII letters.
    AsciiCasemap,
    /// i;octet (RFC 4790, 9.3): as they are, in UTF-8.
    Octet,
}

impl Collation {
    /// All, the most widely useful first.
    pub const ALL: [Collation; 3] =
        [Collation::UnicodeCasemap, Collation::AsciiCasemap, Collation::Octet];

    /// Its name in the registry of collations.
    pub fn name(self) -> &'static str {
        match self {
            Collation::UnicodeCasemap => "i;unicode-casemap",
            Collation::AsciiCasemap => "i;ascii-casemap",
            Collation::Octet => "i;octet",
        }
    }

    /// The key by which a text is put in order.
    pub fn key(self, text: &str) -> Vec<u8> {
        match self {
            Collation::UnicodeCasemap => casemap(text).into_owned().into_bytes(),
            Collation::AsciiCasemap => text.to_ascii_uppercase().into_bytes(),
            Collation::Octet => text.as_bytes().to_vec(),
        }
    }

    /// The key by which a text is looked for.
    pub(crate) fn fold(self, text: &str) -> Cow<'_, str> {
        match self {
            Collation::UnicodeCasemap => lowered(text),
            Collation::AsciiCasemap => ascii_lowered(text),
            Collation::Octet => Cow::Borrowed(text),
        }
    }
}

/// The key of i;unicode-casemap: each character in title case, then decomposed (RFC 5051, 2). Diacritics out of order are put
/// in order, which the standard leaves open (4, 2).
fn casemap(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|octet| octet.is_ascii_lowercase()) {
            Cow::Owned(text.to_ascii_uppercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let mapper = CaseMapper::new();
    let titled: String = text.chars().map(|character| mapper.simple_titlecase(character)).collect();
    Cow::Owned(DecomposingNormalizer::new_nfkd().normalize(&titled).into_owned())
}

fn ascii_lowered(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|octet| octet.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The key of i;unicode-casemap, its characters one by one put for others, so that it finds the same: what has a lower case
/// is in lower case, which is how words are kept and read best.
fn lowered(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return ascii_lowered(text);
    }
    Cow::Owned(lowered_western(text).unwrap_or_else(|| lowered_any(text)))
}

fn lowered_any(text: &str) -> String {
    let mapper = CaseMapper::new();
    let lower = |character: char| {
        let lower = mapper.simple_lowercase(character);
        if mapper.simple_titlecase(character) != character {
            set_apart(character)
        } else if mapper.simple_titlecase(lower) == character {
            lower
        } else {
            character
        }
    };
    casemap(text).chars().map(lower).collect()
}

/// What stands for the characters from U+0080 and from U+2000 on.
static LATIN: LazyLock<Vec<String>> = LazyLock::new(|| each_lowered('\u{80}'..='\u{ff}'));
static PUNCTUATION: LazyLock<Vec<String>> = LazyLock::new(|| each_lowered('\u{2000}'..='\u{203f}'));

fn each_lowered(characters: RangeInclusive<char>) -> Vec<String> {
    characters.map(|character| lowered_any(character.encode_utf8(&mut [0; 4]))).collect()
}

/// As `lowered_any`, for a text of nothing but ASCII, Latin-1 and the usual punctuation: most mail is that, and searches read much
/// of it. What stands for each of these does not depend on what stands beside it. None: there is something else in it.
fn lowered_western(text: &str) -> Option<String> {
    let mut lower = String::with_capacity(text.len().saturating_add(text.len() / 16));
    let mut rest = text;
    loop {
        let ascii = rest.bytes().position(|octet| !octet.is_ascii()).unwrap_or(rest.len());
        let (front, other) = rest.split_at_checked(ascii)?;
        let from = lower.len();
        lower.push_str(front);
        lower.get_mut(from..)?.make_ascii_lowercase();
        let Some(first) = other.chars().next() else { return Some(lower) };
        let (table, begin) = match first {
            '\u{80}'..='\u{ff}' => (&LATIN, 0x80),
            '\u{2000}'..='\u{203f}' => (&PUNCTUATION, 0x2000),
            _ => return None,
        };
        let at = usize::try_from(u32::from(first).saturating_sub(begin)).ok()?;
        lower.push_str(table.get(at)?);
        rest = other.get(first.len_utf8()..)?;
    }
}

/// A small letter in a key has come from a character that is compared as it is, such as `º` or a ligature, and is not the
/// letter. What stands for it is of the plane for private use.
fn set_apart(character: char) -> char {
    char::from_u32(u32::from(character).saturating_add(0xf_0000)).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            assert_eq!(casemap(text), key, "{text}");
        }
    }

    #[test]
    fn each_collation_finds_what_it_should() {
        use Collation::{AsciiCasemap, Octet, UnicodeCasemap};
        for (collation, needle, text, want) in [
            (UnicodeCasemap, "LUNCH", "to lunch", true),
            (UnicodeCasemap, "caf\u{c9}", "cafe\u{301}", true),
            // The mark is a character of its own.
            (UnicodeCasemap, "cafe", "caf\u{e9}", true),
            (UnicodeCasemap, "cao", "c\u{e3}o", false),
            // No capital of one character.
            (UnicodeCasemap, "stra\u{df}e", "STRASSE", false),
            (UnicodeCasemap, "\u{ff21}bc", "abc", true),
            (UnicodeCasemap, "n\u{ba}", "N\u{ba} 1", true),
            (UnicodeCasemap, "no", "n\u{ba} 1", false),
            (AsciiCasemap, "LUNCH", "to lunch", true),
            (AsciiCasemap, "CAF\u{c9}", "caf\u{e9}", false),
            (AsciiCasemap, "CAF\u{e9}", "caf\u{e9}", true),
            (Octet, "LUNCH", "to lunch", false),
            (Octet, "lunch", "to lunch", true),
        ] {
            let found = collation.fold(text).contains(&*collation.fold(needle));
            assert_eq!(found, want, "{needle} in {text} by {}", collation.name());
        }
    }

    proptest! {
        #[test]
        fn western_texts_are_lowered_as_all_others(
            text in "[a-cA-C .\u{80}-\u{ff}\u{2000}-\u{203f}]{0,12}",
            other in "[\u{100}-\u{17f}\u{300}-\u{330}\u{2040}-\u{2060}]{0,1}",
        ) {
            prop_assert_eq!(lowered_western(&text), Some(lowered_any(&text)));
            let mixed = format!("{text}{other}");
            prop_assert_eq!(&*lowered(&mixed), &*lowered_any(&mixed));
        }

        #[test]
        fn what_is_in_lower_case_finds_what_the_key_finds(
            text in "[a-zA-Z\u{c0}-\u{24f}\u{1e00}-\u{1eff}\u{2070}-\u{20a0}\u{fb00}-\u{fb06}\u{370}-\u{3ff}\u{300}-\u{304}\u{ff21}-\u{ff5a}\u{10a0}-\u{10ff}\u{1d400}-\u{1d480}]{0,8}",
            needle in "[a-cA-C\u{e0}-\u{e5}\u{301}\u{fb01}\u{aa}]{0,2}",
        ) {
            for needle in [needle.as_str(), text.get(1..).unwrap_or("")] {
                let by_key = casemap(&text).contains(&*casemap(needle));
                prop_assert_eq!(lowered(&text).contains(&*lowered(needle)), by_key);
            }
            for other in [needle.as_str(), text.get(1..).unwrap_or("")] {
                prop_assert_eq!(lowered(&text) == lowered(other), casemap(&text) == casemap(other));
            }
        }
    }
}
