//! Where a server of OAuth is asked: `https://`, or `http://` within this machine, for what is said there must stay secret
//! (RFC 6749, 3.2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::OAuthFault;
use crate::limits::WEB_ADDRESS_OCTETS_MAX;
use crate::trouble::shown;

/// An address of a server of OAuth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAddress {
    url: Url,
    /// As it was written: names of servers are compared letter by letter (RFC 8414, 3.3).
    text: String,
}

impl WebAddress {
    /// The host, an IPv6 address without brackets.
    pub fn host(&self) -> String {
        match self.url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// Whether it is asked under TLS; else it has to be on this machine.
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host, and the port where it is not the usual one, as the field Host has it.
    pub fn authority(&self) -> &str {
        self.url.authority()
    }

    /// Path and query, as a request has it.
    pub fn path_and_query(&self) -> String {
        let path = self.url.path();
        self.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where a server of this name says what it can do: the word stands between host and path (RFC 8414, 3.1; RFC 9728, 3.1).
    pub(super) fn well_known(&self, word: &str) -> Result<WebAddress, OAuthFault> {
        let mut url = self.url.clone();
        url.set_query(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("/.well-known/{word}{path}"));
        url.as_str().parse()
    }

    /// The address with more in its query, to be opened by a browser.
    pub(super) fn with(&self, pairs: &[(&str, &str)]) -> String {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        url.into()
    }
}

impl FromStr for WebAddress {
    type Err = OAuthFault;

    fn from_str(text: &str) -> Result<WebAddress, OAuthFault> {
        let insecure = || OAuthFault::Insecure { address: shown(text) };
        if text.len() > WEB_ADDRESS_OCTETS_MAX {
            return Err(OAuthFault::Answer("an address of a usual length"));
        }
        let url = Url::parse(text).map_err(|_| insecure())?;
        let is_here = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return Err(insecure()),
        };
        let is_clean =
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        match url.scheme() {
            "https" if is_clean => {}
            "http" if is_here && is_clean => {}
            _ => return Err(insecure()),
        }
        Ok(WebAddress { url, text: text.to_owned() })
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<WebAddress> for String {
    fn from(address: WebAddress) -> String {
        address.text
    }
}

impl TryFrom<String> for WebAddress {
    type Error = String;

    fn try_from(text: String) -> Result<WebAddress, String> {
        text.parse().map_err(|_| "expected https://HOST, or http:// to this machine".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{OAuthFault, WebAddress};

    #[test]
    fn addresses_are_secure_or_on_this_machine() {
        for good in [
            "https://id.example.org",
            "https://id.example.org:8443/a/b?c=d",
            "http://127.0.0.1:8080/auth/token",
            "http://[::1]:8080/",
            "http://localhost/",
        ] {
            assert_eq!(good.parse::<WebAddress>().map(|it| it.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "http://id.example.org/token",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "ftp://id.example.org/",
            "https://user@id.example.org/",
            "https://id.example.org/#x",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "id.example.org",
            "",
        ] {
            let read = bad.parse::<WebAddress>();
            assert!(matches!(read, Err(OAuthFault::Insecure { .. })), "{bad}");
        }
        assert!(format!("https://a.example/{}", "x".repeat(9_000)).parse::<WebAddress>().is_err());
    }

    #[test]
    fn an_address_has_the_parts_of_a_request() {
        let address: WebAddress = "https://[2001:db8::7]:8443/a?b=c".parse().unwrap();
        assert_eq!((address.host().as_str(), address.port()), ("2001:db8::7", 8443));
        assert_eq!(address.authority(), "[2001:db8::7]:8443");
        assert_eq!(address.path_and_query(), "/a?b=c");
        let bare: WebAddress = "https://id.example.org".parse().unwrap();
        assert_eq!((bare.path_and_query().as_str(), bare.port()), ("/", 443));
        let word = "oauth-authorization-server";
        let at = |text: &str| text.parse::<WebAddress>().unwrap().well_known(word).unwrap();
        let plain = "https://id.example.org/.well-known/oauth-authorization-server";
        assert_eq!(at("https://id.example.org").as_str(), plain);
        assert_eq!(at("https://id.example.org/").as_str(), plain);
        assert_eq!(at("https://id.example.org/mail/").as_str(), format!("{plain}/mail"));
    }
}
