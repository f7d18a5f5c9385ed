//! Text in XML and HTML.

use std::borrow::Cow;

/// Text as it stands in XML, in elements and between quotation marks. What XML has no letter for is left out.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| !"&<>\"'".contains(letter) && !letter.is_control();
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn text_stays_text() {
        assert_eq!(text("<a b=\"c\">&'\u{0}\n"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
        assert_eq!(text("jos\u{e9}@example.org"), "jos\u{e9}@example.org");
    }
}
