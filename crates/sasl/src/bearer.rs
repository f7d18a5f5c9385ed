//! OAUTHBEARER (RFC 7628) and XOAUTH2, its forerunner that Google and Microsoft defined: an access token instead of
//! a password. Both send everything in one message; a refusal comes as JSON, and the client answers it before the end.

use serde::{Deserialize, Serialize};

use crate::limits::{LOGIN_OCTETS_MAX, TOKEN_OCTETS_MAX};
use crate::scram::message;
use crate::{Denied, Mechanism, Secret, Syntax};

/// The separator of the parts, `kvsep` of RFC 7628, 3.1.
const SEPARATOR: char = '\x01';

/// What a client said. Borrowed from its message.
#[derive(PartialEq, Eq)]
pub(crate) struct Said<'a> {
    /// Who it is, if it says so.
    pub(crate) login: Option<String>,
    /// Its token; none: it only wants to know where to get one.
    pub(crate) token: Option<&'a str>,
}

/// Parses the client's message.
pub(crate) fn parse(mechanism: Mechanism, octets: &[u8]) -> Result<Said<'_>, Syntax> {
    let text = str::from_utf8(octets).map_err(|_| Syntax("UTF-8"))?;
    let (head, pairs) = text.split_once(SEPARATOR).ok_or(Syntax("parts that end with %x01"))?;
    // The last pair ends with a separator, and one more ends the message; only without pairs it is the only one.
    let pairs = match pairs.strip_suffix(SEPARATOR) {
        Some(pairs) => pairs.strip_suffix(SEPARATOR).or(pairs.is_empty().then_some("")),
        None => None,
    };
    let login = match mechanism {
        Mechanism::Xoauth2 => Some(user(head)?),
        Mechanism::OauthBearer
        | Mechanism::ScramSha256Plus
        | Mechanism::ScramSha256
        | Mechanism::Plain
        | Mechanism::Login => header(head)?,
    };
    let token = authorization(pairs.ok_or(Syntax("two %x01 at the end"))?)?;
    Ok(Said { login, token })
}

/// Reads `user=` of XOAUTH2.
fn user(head: &str) -> Result<String, Syntax> {
    let name = head.strip_prefix("user=").ok_or(Syntax("user=, the name"))?;
    if name.is_empty() || name.len() > LOGIN_OCTETS_MAX || name.contains('\0') {
        return Err(Syntax("a name of 1 to 1,024 octets"));
    }
    Ok(name.to_owned())
}

/// Reads the gs2-header (RFC 5801, 4): whether the client binds to the channel, and the name.
fn header(head: &str) -> Result<Option<String>, Syntax> {
    let mut parts = head.split(',');
    let (Some(flag), Some(name), Some(""), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Syntax("a header such as n,a=name,"));
    };
    if !matches!(flag, "n" | "y") {
        return Err(Syntax("n or y: a token is not bound to the channel"));
    }
    match name.strip_prefix("a=") {
        Some(name) => message::name(name).map(Some),
        None if name.is_empty() => Ok(None),
        None => Err(Syntax("a= or nothing")),
    }
}

/// Finds the token among the pairs. `host`, `port` and unknown ones are passed over (RFC 7628, 3.1).
fn authorization(pairs: &str) -> Result<Option<&str>, Syntax> {
    let mut found = None;
    for pair in pairs.split(SEPARATOR).filter(|_| !pairs.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or(Syntax("a key, = and a value"))?;
        if key.is_empty() || !key.bytes().all(|octet| octet.is_ascii_alphabetic()) {
            return Err(Syntax("a key of letters"));
        }
        if key == "auth" && found.replace(value).is_some() {
            return Err(Syntax("auth= only once"));
        }
    }
    match found {
        None | Some("") => Ok(None),
        Some(value) => token(value).map(Some),
    }
}

/// Reads `Bearer` and the token (RFC 6750, 2.1). The scheme's case does not matter (RFC 9110, 11.1).
fn token(value: &str) -> Result<&str, Syntax> {
    let (scheme, token) = value.split_once(' ').ok_or(Syntax("Bearer and a token"))?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Syntax("a token of the type Bearer"));
    }
    let token = token.trim_start_matches(' ');
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/=".contains(&octet);
    if token.is_empty() || token.len() > TOKEN_OCTETS_MAX || !token.bytes().all(fits) {
        return Err(Syntax("a token of 1 to 8,192 letters, digits and -._~+/="));
    }
    Ok(token)
}

/// Prints the client's message.
pub(crate) fn print(mechanism: Mechanism, login: &str, token: &Secret) -> Vec<u8> {
    let head = match mechanism {
        Mechanism::Xoauth2 => format!("user={login}"),
        Mechanism::OauthBearer
        | Mechanism::ScramSha256Plus
        | Mechanism::ScramSha256
        | Mechanism::Plain
        | Mechanism::Login => format!("n,a={},", message::escaped(login)),
    };
    [head.as_bytes(), b"\x01auth=Bearer ", token.expose(), b"\x01\x01"].concat()
}

/// Why a token was refused, as the client hears it (RFC 7628, 3.2.2).
#[derive(Serialize)]
struct Refused<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schemes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(rename = "openid-configuration", skip_serializing_if = "Option::is_none")]
    configuration: Option<&'a str>,
}

/// Prints a refusal.
pub(crate) fn refusal(
    mechanism: Mechanism,
    denied: Denied,
    scope: Option<&str>,
    configuration: Option<&str>,
) -> Vec<u8> {
    // Codes of the OAuth registry; invalid_token makes a client fetch a new token, the others do not.
    let code = match denied {
        Denied::Wrong => "invalid_token",
        Denied::NotForThisDoor => "insufficient_scope",
        Denied::Disabled => "access_denied",
        Denied::Unavailable | Denied::TooMany { .. } => "temporarily_unavailable",
    };
    // Google's clients know numbers of HTTP here.
    let (status, schemes) = match (mechanism, denied) {
        (Mechanism::Xoauth2, Denied::Unavailable | Denied::TooMany { .. }) => ("503", None),
        (Mechanism::Xoauth2, Denied::NotForThisDoor | Denied::Disabled) => ("403", None),
        (Mechanism::Xoauth2, Denied::Wrong) => ("401", Some("bearer")),
        _ => (code, None),
    };
    serde_json::to_vec(&Refused { status, schemes, scope, configuration }).unwrap_or_default()
}

/// What a server says when it refuses a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRefusal {
    /// Why: `invalid_token`, or a number of HTTP such as 401.
    pub status: String,
    /// What the token should be good for.
    pub scope: Option<String>,
    /// Where to find out how to get one.
    pub configuration: Option<String>,
}

impl std::fmt::Display for TokenRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server refuses the token: {}", self.status)?;
        if let Some(scope) = &self.scope {
            write!(f, "; it wants one for {scope}")?;
        }
        if let Some(configuration) = &self.configuration {
            write!(f, "; how to get one: {configuration}")?;
        }
        Ok(())
    }
}

/// Reads a refusal; none: it is not one.
pub(crate) fn read_refusal(challenge: &[u8]) -> Option<TokenRefusal> {
    #[derive(Deserialize)]
    struct Heard {
        status: serde_json::Value,
        #[serde(default)]
        scope: Option<String>,
        #[serde(default, rename = "openid-configuration")]
        configuration: Option<String>,
    }
    let heard: Heard = serde_json::from_slice(challenge).ok()?;
    // Some servers write a number.
    let status = heard.status.as_str().map_or_else(|| heard.status.to_string(), str::to_owned);
    Some(TokenRefusal {
        status: showable(&status),
        scope: heard.scope.as_deref().map(showable),
        configuration: heard.configuration.as_deref().map(showable),
    })
}

/// What another host wrote, fit for a line of a log.
fn showable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::{Said, parse, print, read_refusal, refusal};
    use crate::{Denied, Mechanism, Secret};

    fn said(login: Option<&str>, token: Option<&'static str>) -> Said<'static> {
        Said { login: login.map(str::to_owned), token }
    }

    #[test]
    fn the_examples_of_rfc_7628_are_read() {
        let message = b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
            auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01";
        let token = Some("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
        let read = parse(Mechanism::OauthBearer, message).unwrap();
        assert!(read == said(Some("user@example.com"), token));
        let read = parse(Mechanism::OauthBearer, b"n,,\x01auth=bearer  t\x01\x01").unwrap();
        assert!(read == said(None, Some("t")));
    }

    #[test]
    fn the_form_of_google_is_read() {
        let message = b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01";
        let read = parse(Mechanism::Xoauth2, message).unwrap();
        let token = Some("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        assert!(read == said(Some("someuser@example.com"), token));
    }

    #[test]
    fn who_has_no_token_can_ask_where_to_get_one() {
        for message in [&b"n,a=ana,\x01\x01"[..], b"n,a=ana,\x01auth=\x01\x01"] {
            assert!(parse(Mechanism::OauthBearer, message).unwrap() == said(Some("ana"), None));
        }
    }

    #[test]
    fn what_is_printed_is_read_back() {
        for mechanism in [Mechanism::OauthBearer, Mechanism::Xoauth2] {
            for name in ["ana@example.org", "a=b,c"] {
                let message = print(mechanism, name, &Secret::new("abc.def"));
                let read = parse(mechanism, &message).unwrap();
                assert!(read.login.as_deref() == Some(name) && read.token == Some("abc.def"));
            }
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            &b""[..],
            b"\x01",
            b"n,,",
            b"n,,\x01auth=Bearer t",
            b"n,,\x01auth=Bearer t\x01",
            b"n,\x01auth=Bearer t\x01\x01",
            b"p=tls-exporter,,\x01auth=Bearer t\x01\x01",
            b"n,x=ana,\x01auth=Bearer t\x01\x01",
            b"n,a=,\x01auth=Bearer t\x01\x01",
            b"n,a=a=b,\x01auth=Bearer t\x01\x01",
            b"n,,\x01auth=Basic t\x01\x01",
            b"n,,\x01auth=Bearer\x01\x01",
            b"n,,\x01auth=Bearer \x01\x01",
            b"n,,\x01auth=Bearer a b\x01\x01",
            b"n,,\x01auth=Bearer t\x01auth=Bearer u\x01\x01",
            b"n,,\x01noise\x01\x01",
            b"n,,\x01k2=v\x01\x01",
            b"n,,\x01auth=Bearer \xff\x01\x01",
        ] {
            assert!(parse(Mechanism::OauthBearer, bad).is_err(), "{bad:?}");
        }
        for bad in [&b"user=\x01auth=Bearer t\x01\x01"[..], b"n,,\x01auth=Bearer t\x01\x01"] {
            assert!(parse(Mechanism::Xoauth2, bad).is_err(), "{bad:?}");
        }
        let long = format!("n,,\x01auth=Bearer {}\x01\x01", "t".repeat(8_193));
        assert!(parse(Mechanism::OauthBearer, long.as_bytes()).is_err());
    }

    #[test]
    fn refusals_are_printed_and_read() {
        let url = Some("https://id.example/.well-known/openid-configuration");
        let printed = refusal(Mechanism::OauthBearer, Denied::Wrong, Some("mail"), url);
        assert_eq!(
            String::from_utf8(printed.clone()).unwrap(),
            "{\"status\":\"invalid_token\",\"scope\":\"mail\",\
             \"openid-configuration\":\"https://id.example/.well-known/openid-configuration\"}"
        );
        let read = read_refusal(&printed).unwrap();
        assert_eq!(
            read.to_string(),
            "the server refuses the token: invalid_token; it wants one for mail; \
             how to get one: https://id.example/.well-known/openid-configuration"
        );
        let printed = refusal(Mechanism::Xoauth2, Denied::Wrong, None, None);
        assert_eq!(printed, br#"{"status":"401","schemes":"bearer"}"#);
        let read = read_refusal(br#"{"status":400,"schemes":"Bearer","scope":"x\ny"}"#).unwrap();
        assert_eq!((read.status.as_str(), read.scope.as_deref()), ("400", Some("xy")));
        for odd in [&b""[..], b"{", b"[]", b"{}", b"\xff"] {
            assert!(read_refusal(odd).is_none());
        }
    }
}
