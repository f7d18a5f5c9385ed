//! The text of a part as a value (RFC 8621, 4.1.4: EmailBodyValue).

use message::{Part, Reading};
use serde_json::{Value, json};

use crate::limits::BODY_VALUE_OCTETS_MAX;

/// How many octets a value may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueLimit(usize);

impl ValueLimit {
    /// What the client says; 0: it says nothing (RFC 8621, 4.2).
    pub fn of(octets_max: u64) -> ValueLimit {
        let wanted = usize::try_from(octets_max).unwrap_or(usize::MAX);
        let wanted = if wanted == 0 { usize::MAX } else { wanted };
        ValueLimit(wanted.min(BODY_VALUE_OCTETS_MAX))
    }

    /// How many octets of a part have to be read for it, in their transfer encoding.
    pub(crate) fn octets_read(self) -> u64 {
        // Quoted-printable takes three for one, and line ends are put in.
        u64::try_from(self.0.saturating_mul(4)).unwrap_or(u64::MAX).saturating_add(4096)
    }
}

/// The text of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyValue {
    /// The text, with LF at the end of lines.
    pub text: String,
    /// How well it could be read.
    pub reading: Reading,
    /// Whether something behind it is left out.
    pub is_truncated: bool,
}

impl BodyValue {
    /// The text of a part, of the first of its octets, in its transfer encoding.
    pub fn of(part: &Part<'_>, octets: &[u8], limit: ValueLimit) -> BodyValue {
        let (text, reading) =
            message::octets_text(part.encoding, part.parameters.find("charset"), octets);
        let read = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        let is_short = read < part.octets();
        // What was cut in the middle of a character is not the sender's fault.
        let reading = if is_short { Reading::Whole } else { reading };
        let text = text.replace("\r\n", "\n");
        let kept = if text.len() <= limit.0 {
            text.len()
        } else if part.is("text", "html") {
            outside_of_tags(&text, limit.0)
        } else {
            text.floor_char_boundary(limit.0)
        };
        let is_truncated = is_short || kept < text.len();
        BodyValue { text: text.get(..kept).unwrap_or_default().to_owned(), reading, is_truncated }
    }

    /// As JMAP writes it.
    pub fn value(&self) -> Value {
        json!({
            "value": self.text,
            "isEncodingProblem": self.reading == Reading::Doubtful,
            "isTruncated": self.is_truncated,
        })
    }
}

/// Where HTML may end: not inside a tag (RFC 8621, 4.2).
fn outside_of_tags(html: &str, octets_max: usize) -> usize {
    let kept = html.floor_char_boundary(octets_max);
    let before = html.get(..kept).unwrap_or_default();
    match (before.rfind('<'), before.rfind('>')) {
        (Some(open), close) if close.is_none_or(|close| close < open) => open,
        (Some(_) | None, _) => kept,
    }
}

#[cfg(test)]
mod tests {
    use message::{Outline, Reading};

    use super::{BodyValue, ValueLimit};

    fn value(message: &str, octets_max: u64) -> BodyValue {
        let outline = Outline::of(message.as_bytes());
        let part = outline.root().unwrap();
        let start = usize::try_from(part.body.start).unwrap();
        BodyValue::of(&part, &message.as_bytes()[start..], ValueLimit::of(octets_max))
    }

    #[test]
    fn a_value_is_cut_between_characters_and_outside_of_tags() {
        let cut = |message: &str, most: u64| {
            let value = value(message, most);
            (value.text, value.is_truncated)
        };
        let plain = "Content-Type: text/plain; charset=utf-8\r\n\r\na\r\n\u{e9}<b>";
        assert_eq!(cut(plain, 0), ("a\n\u{e9}<b>".to_owned(), false));
        assert_eq!(cut(plain, 3), ("a\n".to_owned(), true));
        assert_eq!(cut(plain, 5), ("a\n\u{e9}<".to_owned(), true));
        let html = "Content-Type: text/html\r\n\r\n<p>one <a href='x'>two";
        assert_eq!(cut(html, 12), ("<p>one ".to_owned(), true));
        assert_eq!(cut(html, 19), ("<p>one <a href='x'>".to_owned(), true));
        assert!(!cut(html, 100).1);
    }

    #[test]
    fn what_could_not_be_read_is_said() {
        let doubtful = value("Content-Type: text/plain; charset=klingon\r\n\r\nx", 0);
        assert_eq!((doubtful.text.as_str(), doubtful.reading), ("x", Reading::Doubtful));
        let unknown = value("Content-Transfer-Encoding: x-zip\r\n\r\nx", 0);
        assert_eq!(unknown.reading, Reading::Doubtful);
    }
}
