//! Texts as they are looked for: in any case, and without accents, so that `jose` finds José.

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizer;
use icu_normalizer::properties::CanonicalCombiningClassMap;

/// A text as it is looked for.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let classes = CanonicalCombiningClassMap::new();
    let plain = DecomposingNormalizer::new_nfkd().normalize(text).into_owned();
    let bare: String = plain.chars().filter(|c| classes.get_u8(*c) == 0).collect();
    CaseMapper::new().fold_string(&bare).into_owned()
}

/// A text in any case, but with its accents: canonically equal texts become equal (as in RFC 5051, 2).
pub fn fold_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let folded = CaseMapper::new().fold_string(text).into_owned();
    DecomposingNormalizer::new_nfd().normalize(&folded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{fold, fold_case};

    #[test]
    fn accents_may_make_a_difference() {
        assert_eq!(fold_case("JOS\u{c9}"), fold_case("jose\u{301}"));
        assert_ne!(fold_case("jos\u{e9}"), fold_case("jose"));
        assert_eq!(fold_case("Ana"), "ana");
    }

    #[test]
    fn case_and_accents_make_no_difference() {
        for (text, want) in [
            ("Ana", "ana"),
            ("JOSÉ Conceição", "jose conceicao"),
            ("Jose\u{301}", "jose"),
            ("Straße", "strasse"),
            ("ﬁn", "fin"),
            ("Ωμέγα", "ωμεγα"),
            ("李", "李"),
        ] {
            assert_eq!(fold(text), want, "{text}");
        }
    }
}
