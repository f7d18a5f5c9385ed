//! The words and phrases of a text that is looked for (RFC 8621, 4.4.1).

/// The parts of a text, all of which have to be there: words, and what stands between two quotation marks of one kind. Within these a
/// backslash takes the next character as it is. A mark that is not matched is a character like others.
pub(super) fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let phrase = match first {
            '"' | '\'' => phrase(rest, first),
            _ => None,
        };
        let (part, after) = phrase.unwrap_or_else(|| {
            let (word, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
            (word.to_owned(), after)
        });
        if !part.is_empty() {
            parts.push(part);
        }
        rest = after.trim_start();
    }
    parts
}

/// What stands between the mark at the beginning and the next of its kind, and what comes behind.
fn phrase(text: &str, mark: char) -> Option<(String, &str)> {
    let mut phrase = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => phrase.extend(characters.next().map(|(_, c)| c)),
            c if c == mark => {
                return Some((phrase, text.get(at.saturating_add(1)..).unwrap_or_default()));
            }
            c => phrase.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn words_are_taken_apart_and_phrases_kept() {
        for (text, want) in [
            ("", &[][..]),
            ("  one \t two ", &["one", "two"]),
            ("\"one two\" three", &["one two", "three"]),
            ("'it\\'s \\\\ \"so\"' x", &["it's \\ \"so\"", "x"]),
            ("don't stop", &["don't", "stop"]),
            ("\"one two", &["\"one", "two"]),
            ("''", &[]),
            ("a\"b c\"", &["a\"b", "c\""]),
        ] {
            assert_eq!(parts(text), want, "{text}");
        }
    }
}
