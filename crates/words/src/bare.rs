//! Words without diacritics.

use std::borrow::Cow;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// A folded word without the marks above and below its letters: `ação` is `acao`.
pub(crate) fn bare(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return Cow::Borrowed(word);
    }
    let mut bare = String::with_capacity(word.len());
    for character in DecomposingNormalizerBorrowed::new_nfd().normalize(word).chars() {
        match character {
            '\u{300}'..='\u{36f}' => {}
            // Letters of their own to Unicode, which people write without the stroke where their keyboard has none.
            'ø' => bare.push('o'),
            'ł' => bare.push('l'),
            'đ' | 'ð' => bare.push('d'),
            'ħ' => bare.push('h'),
            'ı' => bare.push('i'),
            'æ' => bare.push_str("ae"),
            'œ' => bare.push_str("oe"),
            other => bare.push(other),
        }
    }
    // Marks that stand alone are all there is.
    if bare.is_empty() { Cow::Borrowed(word) } else { Cow::Owned(bare) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diacritics_are_left_out() {
        for (word, want) in [
            ("acao", "acao"),
            ("ação", "acao"),
            ("cafe\u{301}", "cafe"),
            ("smørbrød", "smorbrod"),
            ("łódź", "lodz"),
            ("йод", "иод"),
            ("会議", "会議"),
            ("\u{301}", "\u{301}"),
        ] {
            assert_eq!(bare(word), want);
        }
    }
}
