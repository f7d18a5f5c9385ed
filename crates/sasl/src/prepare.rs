//! SASLprep (RFC 4013): one form for names and passwords, however a keyboard composes them.

/// Prepares a name or a password. What SASLprep refuses is taken as it is: its tables end with Unicode 3.2, and
/// a password with a newer character in it must still work (PostgreSQL does the same).
pub fn prepare(text: &str) -> String {
    match stringprep::saslprep(text) {
        Ok(prepared) => prepared.into_owned(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::prepare;

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
