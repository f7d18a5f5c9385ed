//! Texts in values of properties: escapes and lists (RFC 6350, 3.4).

/// A text without its escapes.
pub(super) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut letters = raw.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => out.push('\n'),
            // Apple writes `\:` in addresses of pages.
            Some(escaped @ (',' | ';' | '\\' | ':')) => out.push(escaped),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// A text with escapes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => out.push_str("\\n"),
            ',' | ';' | '\\' => out.extend(['\\', letter]),
            '\t' => out.push('\t'),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

/// The parts between separators that are not escaped, with their escapes.
pub(super) fn split(raw: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_escaped) = (0, false);
    for (at, letter) in raw.char_indices() {
        if letter == separator && !is_escaped {
            parts.push(raw.get(start..at).unwrap_or_default());
            start = at.saturating_add(letter.len_utf8());
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    parts.push(raw.get(start..).unwrap_or_default());
    parts
}

/// The texts of a list, those that are empty left out.
pub(super) fn list(raw: &str) -> Vec<String> {
    let texts = split(raw, ',').into_iter().map(|part| unescape(part).trim().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}

/// The components of a value, each a list.
pub(super) fn components(raw: &str) -> Vec<Vec<String>> {
    split(raw, ';').into_iter().map(list).collect()
}

/// A value of components, each a list.
pub(super) fn structured(components: &[Vec<String>]) -> String {
    let list =
        |texts: &Vec<String>| texts.iter().map(|text| escape(text)).collect::<Vec<_>>().join(",");
    components.iter().map(list).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::{components, escape, list, split, unescape};

    #[test]
    fn escapes_are_taken_off_and_put_on() {
        for (raw, want) in [
            (r"a\, b\; c\\ d\ne\NF", "a, b; c\\ d\ne\nF"),
            (r"http\://x", "http://x"),
            (r"a\qb\", r"a\qb\"),
            ("", ""),
        ] {
            assert_eq!(unescape(raw), want);
            assert_eq!(unescape(&escape(want)), want);
        }
        assert_eq!(escape("a\r\nb\u{0};"), r"a\nb\;");
    }

    #[test]
    fn lists_are_split_where_nothing_is_escaped() {
        assert_eq!(split(r"a\;b;c\\;;", ';'), [r"a\;b", r"c\\", "", ""]);
        assert_eq!(list(r"a\,b, ,c"), ["a,b", "c"]);
        assert_eq!(components("a,b;;c"), [vec!["a", "b"], vec![], vec!["c"]]);
    }
}
