//! The cookies of pages (RFC 6265). Under TLS their names begin with `__Host-`: a browser then takes them from this host alone, for all
//! its paths, and sends them under TLS only. On plain HTTP, which is loopback, they have other names.

use axum::http::{HeaderMap, HeaderValue, header};
use sasl::{Secret, Security};

use crate::limits::{COOKIE_OCTETS_MAX, COOKIE_S};
use crate::page_logins::Stay;

/// What a cookie stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A session.
    Session,
    /// A browser in which nobody is logged in, so that a form comes from the page that we gave it.
    Form,
}

impl Kind {
    fn name(self, security: Security) -> &'static str {
        match (self, security) {
            (Kind::Session, Security::Tls) => "__Host-correio",
            (Kind::Session, Security::Loopback | Security::Clear) => "correio",
            (Kind::Form, Security::Tls) => "__Host-correio-form",
            (Kind::Form, Security::Loopback | Security::Clear) => "correio-form",
        }
    }
}

/// What a cookie holds, if a browser sent it. What is none that we gave is none.
pub(crate) fn read(headers: &HeaderMap, kind: Kind, security: Security) -> Option<Secret> {
    let name = kind.name(security);
    let fields = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = fields.flat_map(|field| field.as_bytes().split(|octet| *octet == b';'));
    let value = pairs.find_map(|pair| {
        let value = pair.trim_ascii().strip_prefix(name.as_bytes())?;
        value.strip_prefix(b"=")
    })?;
    let is_ours = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_".contains(octet);
    let fits = (1..=COOKIE_OCTETS_MAX).contains(&value.len()) && value.iter().all(is_ours);
    fits.then(|| Secret::new(value))
}

/// Has a browser keep the cookie of a session: as long as that is good, or, on a computer of others, until the browser is closed.
pub(crate) fn set_session(stay: Stay, security: Security, secret: &Secret) -> Option<HeaderValue> {
    let lasts = match stay {
        Stay::Long => format!("; Max-Age={COOKIE_S}"),
        Stay::Brief => String::new(),
    };
    let value = str::from_utf8(secret.expose()).ok()?;
    field(Kind::Session, security, value, &lasts)
}

/// Has a browser keep that of a form until it is closed.
pub(crate) fn set_form(security: Security, secret: &Secret) -> Option<HeaderValue> {
    let value = str::from_utf8(secret.expose()).ok()?;
    field(Kind::Form, security, value, "")
}

/// Has a browser forget a cookie.
pub(crate) fn clear(kind: Kind, security: Security) -> Option<HeaderValue> {
    field(kind, security, "", "; Max-Age=0")
}

fn field(kind: Kind, security: Security, value: &str, lasts: &str) -> Option<HeaderValue> {
    let (name, secure) = (kind.name(security), secure(security));
    let text = format!("{name}={value}; Path=/{lasts}; HttpOnly{secure}; SameSite=Strict");
    let mut field = HeaderValue::from_str(&text).ok()?;
    field.set_sensitive(true);
    Some(field)
}

fn secure(security: Security) -> &'static str {
    match security {
        Security::Tls => "; Secure",
        Security::Loopback | Security::Clear => "",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use sasl::{Secret, Security};

    use super::{Kind, clear, read, set_form, set_session};
    use crate::page_logins::Stay::{Brief, Long};

    fn found(fields: &[&str], security: Security) -> Option<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::COOKIE, HeaderValue::from_str(field).unwrap());
        }
        let secret = read(&headers, Kind::Session, security)?;
        Some(String::from_utf8(secret.expose().to_vec()).unwrap())
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name_and_has_only_what_we_put_there() {
        for (fields, want) in [
            (&["__Host-correio=abc-_9"][..], Some("abc-_9")),
            (&["a=b; __Host-correio=abc;c=d"], Some("abc")),
            // HTTP/2 may send each in a field of its own (RFC 9113, 8.2.3).
            (&["a=b", "__Host-correio=abc"], Some("abc")),
            (&["x__Host-correio=abc"], None),
            (&["__Host-correiox=abc"], None),
            (&["__Host-correio-form=abc"], None),
            (&["__Secure-correio=abc", "correio=abc", "__HOST-CORREIO=abc"], None),
            (&["__Host-correio"], None),
            (&["__Host-correio="], None),
            (&["__Host-correio=\"abc\""], None),
            (&["__Host-correio=a b"], None),
            (&["__Host-correio=a\u{e9}"], None),
            (&[&format!("__Host-correio={}", "a".repeat(200))], None),
        ] {
            assert_eq!(found(fields, Security::Tls).as_deref(), want, "{fields:?}");
        }
        assert_eq!(found(&["correio=abc"], Security::Loopback).as_deref(), Some("abc"));
        assert_eq!(found(&["__Host-correio=abc"], Security::Loopback), None);
    }

    #[test]
    fn a_cookie_is_for_this_host_alone() {
        let secret = Secret::new("abc");
        for (field, want) in [
            (
                set_session(Long, Security::Tls, &secret),
                "__Host-correio=abc; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Strict",
            ),
            (
                set_form(Security::Tls, &secret),
                "__Host-correio-form=abc; Path=/; HttpOnly; Secure; SameSite=Strict",
            ),
            (
                set_session(Brief, Security::Tls, &secret),
                "__Host-correio=abc; Path=/; HttpOnly; Secure; SameSite=Strict",
            ),
            (
                set_session(Long, Security::Loopback, &secret),
                "correio=abc; Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict",
            ),
            (
                clear(Kind::Session, Security::Tls),
                "__Host-correio=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
            ),
        ] {
            assert_eq!(field.unwrap().to_str().unwrap(), want);
        }
        let split = Secret::new("a\r\nSet-Cookie: b=c");
        assert!(set_session(Long, Security::Tls, &split).is_none());
    }
}
