//! SASLprep (RFC 4013): one form for names and passwords, however a keyboard composes them.

use stringprep::tables;

/// Prepares a name or a password. What SASLprep refuses is taken as it is: its tables end with Unicode 3.2, and
/// a password with a newer character in it must still work (PostgreSQL does the same).
pub fn prepare(text: &str) -> String {
    match stringprep::saslprep(text) {
        Ok(prepared) => prepared.into_owned(),
        Err(_) => text.to_owned(),
    }
}

/// Whether there is a character in a text that no name and no password may have (RFC 4013, 2.3): controls, private use,
/// and what only changes how text is shown. POP3 has to refuse them (RFC 6856, 2.2).
pub fn is_prohibited(text: &str) -> bool {
    let is_prohibited = |char: char| {
        !tables::commonly_mapped_to_nothing(char)
            && (tables::non_ascii_control_character(char)
                || tables::private_use(char)
                || tables::non_character_code_point(char)
                || tables::inappropriate_for_plain_text(char)
                || tables::inappropriate_for_canonical_representation(char)
                || tables::change_display_properties_or_deprecated(char)
                || tables::tagging_character(char))
    };
    // Nearly all names and passwords are ASCII.
    text.chars()
        .any(|char| if char.is_ascii() { char.is_ascii_control() } else { is_prohibited(char) })
}

#[cfg(test)]
mod tests {
    use super::{is_prohibited, prepare};

    #[test]
    fn some_characters_are_in_no_name() {
        for text in
            ["a\u{7}", "\u{85}", "\u{e000}", "\u{fffd}", "\u{2ff0}", "\u{202e}x", "\u{e0041}"]
        {
            assert!(is_prohibited(text), "{text:?}");
        }
        for text in [
            "",
            "a b",
            "jos\u{e9}",
            "\u{a0}",
            "I\u{ad}X",
            "\u{1F98A}",
            "\u{1F468}\u{200d}\u{1F469}",
        ] {
            assert!(!is_prohibited(text), "{text:?}");
        }
    }

    #[test]
    fn the_examples_of_rfc_4013_come_out() {
        for (input, want) in [
            ("I\u{AD}X", "IX"),
            ("user", "user"),
            ("USER", "USER"),
            ("\u{AA}", "a"),
            ("\u{2168}", "IX"),
        ] {
            assert_eq!(prepare(input), want, "{input:?}");
        }
    }

    #[test]
    fn composed_and_decomposed_are_one() {
        assert_eq!(prepare("a\u{301}rv\u{ed}z"), prepare("\u{e1}rvi\u{301}z"));
    }

    #[test]
    fn what_is_younger_than_the_tables_stays() {
        assert_eq!(prepare("pass\u{1F98A}word"), "pass\u{1F98A}word");
    }
}
