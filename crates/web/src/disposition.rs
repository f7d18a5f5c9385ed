//! How a download is called and shown (RFC 6266, RFC 8187). Names and types come from strangers.

use axum::http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What an `ext-value` has as it is besides letters and digits (RFC 8187, 3.2.1).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The longest name that is given, in characters.
const NAME_CHARACTERS_MAX: usize = 200;

/// What a browser may show in a window: pictures and plain text, which run nothing, and PDF, in a sandbox.
const SHOWN: [&str; 7] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "application/pdf",
    "text/plain",
];

const OCTETS: &str = "application/octet-stream";

/// `Content-Disposition`: the name in ASCII for old programs, and as it is.
pub(crate) fn disposition(name: &str, media_type: &MediaType) -> HeaderValue {
    let name: String = name.chars().map(harmless).take(NAME_CHARACTERS_MAX).collect();
    let ascii =
        |letter: char| if letter.is_ascii() && !"\"\\%".contains(letter) { letter } else { '_' };
    let plain: String = name.chars().map(ascii).collect();
    let how = if SHOWN.contains(&media_type.essence()) { "inline" } else { "attachment" };
    let encoded = utf8_percent_encode(&name, ENCODED);
    let text = format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

/// No letter that ends a line, leads to another folder or turns what follows around.
fn harmless(letter: char) -> char {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if letter.is_control() || turns || "/\\".contains(letter) { '_' } else { letter }
}

/// A media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaType(String);

impl MediaType {
    /// What a client says, if it is one; else octets. Parameters stay if they are plain.
    pub(crate) fn of(text: &str) -> MediaType {
        let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let is_type = essence
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype));
        if !is_type || essence.len() > 127 {
            return MediaType(OCTETS.to_owned());
        }
        let charset = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches('"');
            (name.trim().eq_ignore_ascii_case("charset") && is_token(value)).then_some(value)
        });
        MediaType(essence).with_charset(charset)
    }

    /// The same with a charset, where it is a text that has none.
    pub(crate) fn with_charset(self, charset: Option<&str>) -> MediaType {
        match charset {
            Some(charset)
                if is_token(charset) && !self.0.contains(';') && self.0.starts_with("text/") =>
            {
                MediaType(format!("{}; charset={charset}", self.0))
            }
            Some(_) | None => self,
        }
    }

    fn essence(&self) -> &str {
        self.0.split(';').next().unwrap_or(&self.0)
    }

    /// For `Content-Type`.
    pub(crate) fn field(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static(OCTETS))
    }

    /// As the client said it, or octets.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    let is_right = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
    (1..=100).contains(&text.len()) && text.bytes().all(is_right)
}

#[cfg(test)]
mod tests {
    use super::{MediaType, disposition};

    #[test]
    fn a_name_is_never_more_than_a_name() {
        for (name, want) in [
            ("a.txt", "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt"),
            (
                "rel\u{f3}rio 1.txt",
                "attachment; filename=\"rel_rio 1.txt\"; filename*=UTF-8''rel%C3%B3rio%201.txt",
            ),
            (
                "a\r\nSet-Cookie: x",
                "attachment; filename=\"a__Set-Cookie: x\"; filename*=UTF-8''a__Set-Cookie%3A%20x",
            ),
            ("a\";x=\"b", "attachment; filename=\"a_;x=_b\"; filename*=UTF-8''a%22%3Bx%3D%22b"),
            ("../a\\b", "attachment; filename=\".._a_b\"; filename*=UTF-8''.._a_b"),
            ("a\u{202e}fdp.exe", "attachment; filename=\"a_fdp.exe\"; filename*=UTF-8''a_fdp.exe"),
            ("a%41", "attachment; filename=\"a_41\"; filename*=UTF-8''a%2541"),
        ] {
            assert_eq!(disposition(name, &MediaType::of("text/html")), want, "{name:?}");
        }
    }

    #[test]
    fn only_what_runs_nothing_is_shown() {
        let shown =
            |kind: &str| disposition("x", &MediaType::of(kind)).as_bytes().starts_with(b"inline");
        for kind in [
            "image/png",
            "IMAGE/JPEG",
            "image/gif; x=y",
            "application/pdf",
            "text/plain; charset=utf-8",
        ] {
            assert!(shown(kind), "{kind}");
        }
        for kind in [
            "text/html",
            "image/svg+xml",
            "text/css",
            "text/plain, text/html",
            "",
            "image/png, text/html",
            "application/xhtml+xml",
        ] {
            assert!(!shown(kind), "{kind}");
        }
    }

    #[test]
    fn what_is_no_type_is_octets() {
        for (text, want) in [
            ("Text/Plain; charset=\"UTF-8\"", "text/plain; charset=UTF-8"),
            ("text/plain; charset=a b", "text/plain"),
            ("image/png; charset=x", "image/png"),
            ("a/b\r\nX: y", "application/octet-stream"),
            ("text", "application/octet-stream"),
            ("", "application/octet-stream"),
            ("text/html/x", "application/octet-stream"),
        ] {
            assert_eq!(MediaType::of(text).as_str(), want, "{text:?}");
        }
        let text = MediaType::of("text/plain").with_charset(Some("iso-8859-1"));
        assert_eq!(text.as_str(), "text/plain; charset=iso-8859-1");
    }
}
