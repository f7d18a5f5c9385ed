//! `[imap]`: what all users see as annotations of the server (RFC 5464, 3.2.1.1).

use imap::server::ServerMetadata;
use serde::{Deserialize, Serialize};

/// How many octets each may have.
const OCTETS_MAX: usize = 1_000;

/// What those who run the host say of it to mail programs.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImapSection {
    /// How to reach them: a URI like `mailto:postmaster@example.org`.
    pub administrator: Option<String>,
    /// A comment.
    pub comment: Option<String>,
}

impl ImapSection {
    /// What sessions are given.
    pub fn metadata(&self) -> ServerMetadata {
        ServerMetadata {
            administrator: self.administrator.as_deref().map(Into::into),
            comment: self.comment.as_deref().map(Into::into),
        }
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(uri) = &self.administrator
            && !is_uri(uri)
        {
            let why =
                "expected a URI such as mailto:postmaster@example.org or tel:+351-21-000-0000";
            return Err(("imap.administrator", why.to_owned()));
        }
        if self.comment.as_ref().is_some_and(|text| text.len() > OCTETS_MAX) {
            return Err(("imap.comment", format!("expected at most {OCTETS_MAX} octets")));
        }
        Ok(())
    }
}

/// A scheme, a colon, and no spaces (RFC 3986, 3).
fn is_uri(text: &str) -> bool {
    let is_scheme = |scheme: &str| {
        let rest = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.');
        scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && scheme.bytes().all(rest)
    };
    let is_rest =
        |rest: &str| !rest.is_empty() && rest.bytes().all(|octet| octet.is_ascii_graphic());
    let is_short = text.len() <= OCTETS_MAX;
    is_short
        && text.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && is_rest(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_is_reached_by_a_uri() {
        for (text, is_so) in [
            ("mailto:postmaster@example.org", true),
            ("tel:+351-21-000-0000", true),
            ("https://example.org/help", true),
            ("postmaster@example.org", false),
            ("mailto:", false),
            ("mailto:two words", false),
            (":x", false),
            ("1a:x", false),
        ] {
            assert_eq!(is_uri(text), is_so, "{text}");
        }
    }
}
