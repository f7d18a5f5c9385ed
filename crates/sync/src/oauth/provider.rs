//! What is known of providers' servers of OAuth: what stands in the file of the accounts, and what everybody can know.
//!
//! The identifier of a client is whoever registered it: this program has none of its own at any provider, and uses nobody
//! else's. Hosts of ours register it by themselves (RFC 7591).

use serde::{Deserialize, Serialize};

use super::{OAuthFault, WebAddress};
use crate::companion::Hidden;

/// A server of OAuth as it stands in `companion.toml`, in `[oauth.NAME]`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderSettings {
    /// The name of the server; what is not said beside it stands in what it says of itself (RFC 8414).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<WebAddress>,
    /// Where a browser asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<WebAddress>,
    /// Where tokens are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<WebAddress>,
    /// Where a program without a browser asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<WebAddress>,
    /// Where tokens are given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<WebAddress>,
    /// As whom the program is registered there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What came with that. In a program on a person's computer it keeps nothing secret (RFC 8252, 8.5); Google wants it all the
    /// same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Hidden>,
    /// What is asked for: the words of the provider, with spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where the browser brings its answer on this machine, such as `http://localhost`, with a port only where the provider wants
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// More that the browser says, such as `prompt=consent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

impl ProviderSettings {
    /// What is said here, and else what is said there.
    pub(super) fn or(self, other: ProviderSettings) -> ProviderSettings {
        ProviderSettings {
            issuer: self.issuer.or(other.issuer),
            authorization_endpoint: self.authorization_endpoint.or(other.authorization_endpoint),
            token_endpoint: self.token_endpoint.or(other.token_endpoint),
            device_authorization_endpoint: self
                .device_authorization_endpoint
                .or(other.device_authorization_endpoint),
            revocation_endpoint: self.revocation_endpoint.or(other.revocation_endpoint),
            client_id: self.client_id.or(other.client_id),
            client_secret: self.client_secret.or(other.client_secret),
            scope: self.scope.or(other.scope),
            redirect: self.redirect.or(other.redirect),
            more: self.more.or(other.more),
        }
    }
}

/// Where a provider keeps the mail of everybody, as URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mailboxes {
    /// Over IMAP.
    pub imap: &'static str,
    /// Over POP3.
    pub pop3: &'static str,
    /// Where mail is sent.
    pub submission: &'static str,
}

/// What everybody can know of a large provider: its addresses, its words, and where the mail is.
pub fn known(name: &str) -> Option<(ProviderSettings, Mailboxes)> {
    let address = |text: &str| text.parse::<WebAddress>().ok();
    match name {
        // Its way without a browser is not for mail: https://developers.google.com/identity/protocols/oauth2/limited-input-device
        "google" => Some((
            ProviderSettings {
                authorization_endpoint: address("https://accounts.google.com/o/oauth2/v2/auth"),
                token_endpoint: address("https://oauth2.googleapis.com/token"),
                revocation_endpoint: address("https://oauth2.googleapis.com/revoke"),
                scope: Some("https://mail.google.com/".to_owned()),
                // Without these two it gives no refresh token, or only the first time.
                more: Some("access_type=offline&prompt=consent".to_owned()),
                ..ProviderSettings::default()
            },
            Mailboxes {
                imap: "imaps://imap.gmail.com",
                pop3: "pop3s://pop.gmail.com",
                submission: "submissions://smtp.gmail.com",
            },
        )),
        "microsoft" => Some((
            ProviderSettings {
                authorization_endpoint: address(
                    "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
                ),
                token_endpoint: address(
                    "https://login.microsoftonline.com/common/oauth2/v2.0/token",
                ),
                device_authorization_endpoint: address(
                    "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
                ),
                scope: Some(MICROSOFT_SCOPE.to_owned()),
                // Its registrations take any port with this name alone.
                redirect: "http://localhost".parse().ok(),
                ..ProviderSettings::default()
            },
            Mailboxes {
                imap: "imaps://outlook.office365.com",
                pop3: "pop3s://outlook.office365.com",
                submission: "submission://smtp.office365.com",
            },
        )),
        _ => None,
    }
}

const MICROSOFT_SCOPE: &str = "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/POP.AccessAsUser.All \
     https://outlook.office.com/SMTP.Send offline_access";

/// A server of OAuth, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthServer {
    /// Its name, if it has said one.
    pub issuer: Option<String>,
    /// Where a browser asks.
    pub authorization: Option<WebAddress>,
    /// Where tokens are.
    pub token: WebAddress,
    /// Where a program without a browser asks.
    pub device: Option<WebAddress>,
    /// Where programs register.
    pub registration: Option<WebAddress>,
    /// Where tokens are given back.
    pub revocation: Option<WebAddress>,
    /// What is asked for.
    pub scope: Option<String>,
    /// Where the browser brings its answer.
    pub redirect: Redirect,
    /// More that the browser says.
    pub more: Option<String>,
    /// Whether its answers through the browser say whose they are (RFC 9207).
    pub says_its_name: bool,
}

/// As whom the program is registered at a server.
#[derive(Clone, Serialize, Deserialize)]
pub struct OAuthClient {
    /// The identifier.
    #[serde(rename = "client_id")]
    pub id: String,
    /// What came with it.
    #[serde(default, rename = "client_secret", skip_serializing_if = "Option::is_none")]
    pub secret: Option<Hidden>,
}

/// Where a browser brings its answer on this machine (RFC 8252, 7.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Redirect {
    host: Here,
    /// The port; none: any that is free.
    port: Option<u16>,
    path: String,
}

/// What this machine is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Here {
    Address,
    Name,
    Address6,
}

impl Here {
    const ALL: [Here; 3] = [Here::Address, Here::Name, Here::Address6];

    fn name(self) -> &'static str {
        match self {
            Here::Address => "127.0.0.1",
            Here::Name => "localhost",
            Here::Address6 => "[::1]",
        }
    }
}

impl Default for Redirect {
    /// The address of this machine itself: names may lead elsewhere (RFC 8252, 8.3).
    fn default() -> Redirect {
        Redirect { host: Here::Address, port: None, path: "/".to_owned() }
    }
}

impl Redirect {
    /// Where to listen: an address, and a port or 0.
    pub fn listened_at(&self) -> (&'static str, u16) {
        let address = if self.host == Here::Address6 { "::1" } else { "127.0.0.1" };
        (address, self.port.unwrap_or(0))
    }

    /// The address with the port at which somebody listens.
    pub fn at(&self, port: u16) -> String {
        format!("http://{}:{port}{}", self.host.name(), self.path)
    }

    /// The path that is asked for.
    pub(super) fn path(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }
}

impl std::fmt::Display for Redirect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(port) => f.write_str(&self.at(port)),
            None => write!(f, "http://{}{}", self.host.name(), self.path),
        }
    }
}

impl std::str::FromStr for Redirect {
    type Err = OAuthFault;

    fn from_str(text: &str) -> Result<Redirect, OAuthFault> {
        let wrong = || OAuthFault::Answer("http://127.0.0.1, http://localhost or http://[::1]");
        let rest = text.strip_prefix("http://").ok_or_else(wrong)?;
        let cut = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(cut).ok_or_else(wrong)?;
        let host = Here::ALL.into_iter().find(|host| authority.starts_with(host.name()));
        let host = host.ok_or_else(wrong)?;
        let port = match authority.strip_prefix(host.name()) {
            Some("") => None,
            Some(rest) => {
                let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
                Some(port.filter(|port| *port != 0).ok_or_else(wrong)?)
            }
            None => return Err(wrong()),
        };
        let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"/-._~".contains(&octet);
        if !path.bytes().all(is_plain) || path.len() > 200 {
            return Err(wrong());
        }
        Ok(Redirect { host, port, path: path.to_owned() })
    }
}

impl From<Redirect> for String {
    fn from(redirect: Redirect) -> String {
        redirect.to_string()
    }
}

impl TryFrom<String> for Redirect {
    type Error = String;

    fn try_from(text: String) -> Result<Redirect, String> {
        let wrong = "expected http://127.0.0.1, http://localhost or http://[::1], with or without a port and a path";
        text.parse().map_err(|_| wrong.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Redirect, known};

    #[test]
    fn a_browser_comes_back_to_this_machine_alone() {
        for (text, at) in [
            ("http://127.0.0.1/", "http://127.0.0.1:77/"),
            ("http://localhost", "http://localhost:77"),
            ("http://[::1]/back", "http://[::1]:77/back"),
        ] {
            let redirect: Redirect = text.parse().unwrap();
            assert_eq!((redirect.to_string().as_str(), redirect.at(77).as_str()), (text, at));
        }
        let fixed: Redirect = "http://localhost:8400/x".parse().unwrap();
        assert_eq!((fixed.listened_at(), fixed.path()), (("127.0.0.1", 8400), "/x"));
        for bad in [
            "https://localhost",
            "http://localhost.evil.example/",
            "http://127.0.0.11/",
            "http://localhost:0/",
            "http://localhost:x/",
            "http://localhost@evil.example/",
            "http://evil.example/",
            "http://localhost/a b",
            "http://localhost/?x",
        ] {
            assert!(bad.parse::<Redirect>().is_err(), "{bad}");
        }
    }

    #[test]
    fn of_large_providers_all_is_known_but_who_registered() {
        for name in ["google", "microsoft"] {
            let (settings, mailboxes) = known(name).unwrap();
            assert!(settings.token_endpoint.is_some() && settings.authorization_endpoint.is_some());
            assert!(settings.client_id.is_none() && settings.client_secret.is_none());
            assert!(settings.scope.is_some());
            for place in [mailboxes.imap, mailboxes.pop3, mailboxes.submission] {
                assert!(place.parse::<crate::Endpoint>().is_ok(), "{place}");
            }
        }
        assert!(known("example").is_none());
    }
}
