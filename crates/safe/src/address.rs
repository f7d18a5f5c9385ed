//! Where links lead and where pictures are: what is let through, in the one way in which it is written.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::limits::{ATTRIBUTE_OCTETS_MAX, DATA_OCTETS_MAX};
use crate::name::prefixed;
use crate::piece::Picture;

/// What stands in a cid: address as it is.
const CID: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'@').remove(b'$').remove(b'+');

/// The types of pictures that may stand in a body itself: none in which anything runs.
pub(crate) const RASTER: [&str; 6] =
    ["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/avif"];

/// Where a link leads to. None: it leads nowhere.
pub(crate) fn link(value: &str) -> Option<String> {
    let value = value.trim();
    if let Some(name) = value.strip_prefix('#') {
        return (!name.is_empty()).then(|| format!("#{}", prefixed(name)));
    }
    let mut url = parse(value)?;
    match url.scheme() {
        "http" | "https" => {
            // `https://bank.example@evil.example/` looks like what it is not.
            url.set_username("").ok()?;
            url.set_password(None).ok()?;
            url.host_str().filter(|host| !host.is_empty())?;
        }
        "mailto" | "tel" => {}
        _ => return None,
    }
    Some(printed(url))
}

/// A picture that is in the body itself, in the form in which it is written there, or one that is elsewhere.
pub(crate) enum Found {
    Here(String),
    Elsewhere(Picture),
}

/// A picture. None: it is none, or of no kind that is shown.
pub(crate) fn picture(value: &str) -> Option<Found> {
    let value = value.trim();
    let scheme = value.split(':').next().unwrap_or_default();
    if scheme.eq_ignore_ascii_case("cid") {
        let id = value.get(4..)?;
        let id = percent_decode_str(id).decode_utf8().ok()?.trim_matches(['<', '>']).to_owned();
        return (!id.is_empty() && id.len() <= 1_000)
            .then_some(Found::Elsewhere(Picture::Part(id)));
    }
    if scheme.eq_ignore_ascii_case("data") {
        return data(value).map(Found::Here);
    }
    let whole;
    let value = match value.strip_prefix("//") {
        Some(rest) => {
            whole = format!("https://{rest}");
            whole.as_str()
        }
        None => value,
    };
    let mut url = parse(value)?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_fragment(None);
    url.host_str().filter(|host| !host.is_empty())?;
    Some(Found::Elsewhere(Picture::Remote(printed(url))))
}

/// A data: address of a picture, if it is in base64 and of a kind in which nothing runs.
fn data(value: &str) -> Option<String> {
    let (head, octets) = value.get(5..)?.split_once(',')?;
    let mut head = head.split(';').map(|word| word.trim().to_ascii_lowercase());
    let kind = head.next().filter(|kind| RASTER.contains(&kind.as_str()))?;
    let is_base64 = head.next_back().is_some_and(|word| word == "base64");
    let is_right = |octet: u8| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet);
    let octets: String = octets.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let fits = octets.len() <= DATA_OCTETS_MAX && octets.bytes().all(is_right);
    (is_base64 && fits).then(|| format!("data:{kind};base64,{octets}"))
}

/// How a part of the message is written as an address (RFC 2392).
pub(crate) fn of_part(id: &str) -> String {
    format!("cid:{}", utf8_percent_encode(id, CID))
}

fn parse(value: &str) -> Option<Url> {
    if value.len() > ATTRIBUTE_OCTETS_MAX {
        return None;
    }
    Url::parse(value).ok()
}

/// An address without what could end an attribute, a string of a style, or its url().
fn printed(url: Url) -> String {
    let mut printed = String::with_capacity(url.as_str().len());
    for c in url.as_str().chars() {
        match c {
            '"' | '\'' | '<' | '>' | '\\' | '(' | ')' | '`' | ' ' => {
                printed.push_str(&format!("%{:02X}", u32::from(c)));
            }
            c => printed.push(c),
        }
    }
    printed
}

#[cfg(test)]
mod tests {
    use super::{Found, link, picture};
    use crate::piece::Picture;

    #[test]
    fn links_lead_to_pages_mail_and_telephones() {
        for (value, want) in [
            (" HTTPS://Example.org/a b?q=<x>#f ", Some("https://example.org/a%20b?q=%3Cx%3E#f")),
            ("http://u:p@example.org/", Some("http://example.org/")),
            ("mailto:ana@example.org?subject=a%20b", Some("mailto:ana@example.org?subject=a%20b")),
            ("tel:+351-1", Some("tel:+351-1")),
            ("#top", Some("#m-top")),
            ("https://example.org/('x')", Some("https://example.org/%28%27x%27%29")),
            ("#", None),
            ("javascript:alert(1)", None),
            ("java\nscript:alert(1)", None),
            ("\u{1}javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("vbscript:x", None),
            ("file:///etc/passwd", None),
            ("blob:https://x/y", None),
            ("//example.org/", None),
            ("/x", None),
            ("cid:x", None),
            ("https://", None),
        ] {
            assert_eq!(link(value).as_deref(), want, "{value:?}");
            if let Some(want) = want {
                assert_eq!(link(want).as_deref(), Some(want));
            }
        }
    }

    #[test]
    fn pictures_are_parts_data_or_elsewhere() {
        let shown = |value: &str| match picture(value)? {
            Found::Here(address) => Some(address),
            Found::Elsewhere(Picture::Part(id)) => Some(format!("part {id}")),
            Found::Elsewhere(Picture::Remote(url)) => Some(format!("remote {url}")),
        };
        for (value, want) in [
            ("cid:a%40b", Some("part a@b")),
            ("CID:<x>", Some("part x")),
            ("https://u@Example.org/a.png#x", Some("remote https://example.org/a.png")),
            ("//example.org/a", Some("remote https://example.org/a")),
            ("data:image/PNG;base64,AA ==", Some("data:image/png;base64,AA==")),
            ("data:image/svg+xml;base64,AA==", None),
            ("data:image/png,x", None),
            ("data:text/html;base64,AA==", None),
            ("data:image/png;base64,AA\"", None),
            ("javascript:x", None),
            ("a.png", None),
            ("/a.png", None),
            ("cid:", None),
            ("", None),
        ] {
            assert_eq!(shown(value).as_deref(), want, "{value:?}");
        }
    }
}
