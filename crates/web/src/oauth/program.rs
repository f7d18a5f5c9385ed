//! The programs that ask to be let in: public clients (RFC 6749, 2.1), which hold no secret. What one registered is in its
//! identifier, under a seal of this host, so that nothing has to be kept for it (RFC 7591, A.5.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::limits::{
    PROGRAM_NAME_OCTETS_MAX, PROGRAM_OCTETS_MAX, REDIRECT_OCTETS_MAX, REDIRECTS_MAX,
};

/// What the seal is for.
const PURPOSE: &str = "correio 2026-11 registered programs";
const SEAL_OCTETS: usize = 16;

/// What a program registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program {
    #[serde(rename = "n")]
    pub(super) name: String,
    /// To where codes may be sent.
    #[serde(rename = "r")]
    pub(super) redirects: Vec<String>,
}

/// What is wrong with a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("client_name needs 1 to {PROGRAM_NAME_OCTETS_MAX} octets and no control characters")]
    Name,
    #[error("redirect_uris has more than {REDIRECTS_MAX} addresses")]
    TooMany,
    #[error(
        "a redirection address has to be https, http to this machine (127.0.0.1, [::1] or localhost), or of a scheme with \
         a point in it such as org.example.app:/path; without a fragment or a password, of at most {REDIRECT_OCTETS_MAX} octets"
    )]
    Redirect,
}

impl Program {
    /// A program by its name and the addresses to which codes may be sent.
    pub(super) fn new(name: &str, redirects: Vec<String>) -> Result<Program, Unfit> {
        let name = name.trim();
        let fits = (1..=PROGRAM_NAME_OCTETS_MAX).contains(&name.len());
        if !fits || name.chars().any(is_hidden) {
            return Err(Unfit::Name);
        }
        if redirects.len() > REDIRECTS_MAX {
            return Err(Unfit::TooMany);
        }
        if !redirects.iter().all(|redirect| is_fit(redirect)) {
            return Err(Unfit::Redirect);
        }
        Ok(Program { name: name.to_owned(), redirects })
    }

    /// Its identifier.
    pub(super) fn id(&self, key: &[u8; 32]) -> Option<String> {
        let octets = serde_json::to_vec(self).ok()?;
        let seal = seal(key, &octets);
        Some(URL_SAFE_NO_PAD.encode([&seal[..], &octets].concat()))
    }

    /// The program of an identifier, if the seal is ours.
    pub(super) fn of(id: &str, key: &[u8; 32]) -> Option<Program> {
        if id.len() > PROGRAM_OCTETS_MAX {
            return None;
        }
        let octets = URL_SAFE_NO_PAD.decode(id).ok()?;
        let (shown, octets) = octets.split_first_chunk::<SEAL_OCTETS>()?;
        if !sasl::Secret::new(seal(key, octets)).equals(shown) {
            return None;
        }
        serde_json::from_slice(octets).ok()
    }

    /// Where a code is sent: the address that was asked for, if it is registered, or the only one there is (RFC 6749, 3.1.2.3).
    pub(super) fn redirect(&self, asked: Option<&str>) -> Option<Url> {
        match (asked, self.redirects.as_slice()) {
            (None, [only]) => Url::parse(only).ok(),
            (None, _) => None,
            (Some(asked), there) => {
                let fits = asked.len() <= REDIRECT_OCTETS_MAX
                    && is_fit(asked)
                    && there.iter().any(|it| is_same(it, asked));
                fits.then(|| Url::parse(asked).ok()).flatten()
            }
        }
    }
}

/// Letters that are not seen, or turn others around, and so could make a name look like another one.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether codes may be sent there (RFC 8252, 7).
fn is_fit(redirect: &str) -> bool {
    let Ok(url) = Url::parse(redirect) else { return false };
    let is_clean = redirect.len() <= REDIRECT_OCTETS_MAX
        && redirect.bytes().all(|octet| octet.is_ascii_graphic())
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_clean
        && match url.scheme() {
            "https" => url.host().is_some(),
            "http" => is_loopback(&url),
            // What browsers run or show themselves has no point in its name.
            other => other.contains('.'),
        }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Equal to the letter; on this machine with any port, as programs take one that is free (RFC 8252, 7.3).
fn is_same(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    let (Ok(mut one), Ok(mut other)) = (Url::parse(registered), Url::parse(asked)) else {
        return false;
    };
    let both = one.scheme() == "http" && other.scheme() == "http";
    both && is_loopback(&one)
        && is_loopback(&other)
        && one.set_port(None).is_ok()
        && other.set_port(None).is_ok()
        && one == other
}

fn seal(key: &[u8; 32], octets: &[u8]) -> [u8; SEAL_OCTETS] {
    let whole = blake3::keyed_hash(&blake3::derive_key(PURPOSE, key), octets);
    let mut seal = [0; SEAL_OCTETS];
    seal.iter_mut().zip(whole.as_bytes()).for_each(|(to, from)| *to = *from);
    seal
}

#[cfg(test)]
mod tests {
    use super::{Program, Unfit};
    use crate::limits::{PROGRAM_OCTETS_MAX, REDIRECT_OCTETS_MAX, REDIRECTS_MAX};

    const KEY: [u8; 32] = [7; 32];

    fn program(redirects: &[&str]) -> Result<Program, Unfit> {
        Program::new("A program", redirects.iter().map(|it| (*it).to_owned()).collect())
    }

    #[test]
    fn an_identifier_holds_what_was_registered_under_a_seal() {
        let there = program(&["https://app.example/back", "org.example.app:/back"]).unwrap();
        let id = there.id(&KEY).unwrap();
        assert_eq!(Program::of(&id, &KEY), Some(there));
        assert_eq!(Program::of(&id, &[8; 32]), None);
        for at in 0..id.len() {
            let mut changed = id.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(Program::of(&changed, &KEY), None, "{at}");
        }
        for cut in 0..id.len() {
            assert_eq!(Program::of(&id[..cut], &KEY), None);
        }
    }

    #[test]
    fn the_longest_registration_fits_an_identifier() {
        let long = format!("https://app.example/{}", "x".repeat(REDIRECT_OCTETS_MAX - 20));
        let all = [long.as_str(); REDIRECTS_MAX];
        let id = Program { name: "\"".repeat(64), ..program(&all).unwrap() }.id(&KEY).unwrap();
        assert!(id.len() <= PROGRAM_OCTETS_MAX, "{}", id.len());
        assert!(Program::of(&id, &KEY).is_some());
        assert_eq!(program(&["https://a.example/"; REDIRECTS_MAX + 1]), Err(Unfit::TooMany));
    }

    #[test]
    fn names_show_what_they_are() {
        for bad in ["", "  ", "a\nb", "a\u{202e}b", "a\u{200b}b", &"x".repeat(65)] {
            assert_eq!(Program::new(bad, Vec::new()), Err(Unfit::Name), "{bad:?}");
        }
        assert_eq!(Program::new(" Correio da Ana ", Vec::new()).unwrap().name, "Correio da Ana");
    }

    #[test]
    fn codes_are_sent_to_programs_alone() {
        for good in [
            "https://app.example/back?x=1",
            "http://127.0.0.1/",
            "http://127.0.0.1:4711/back",
            "http://[::1]:4711/",
            "http://localhost:3000/",
            "org.example.app:/back",
            "org.example.app://back",
        ] {
            assert!(program(&[good]).is_ok(), "{good}");
        }
        for bad in [
            "http://app.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "app:/back",
            "https://app.example/#x",
            "https://user@app.example/",
            "https://app.example/a b",
            "https://app.example/\r\nX: y",
            "//app.example/",
            "",
        ] {
            assert_eq!(program(&[bad]), Err(Unfit::Redirect), "{bad}");
        }
    }

    #[test]
    fn an_address_is_the_registered_one_or_none() {
        let there = program(&["http://127.0.0.1/back", "https://app.example/back"]).unwrap();
        for (asked, is_good) in [
            (Some("http://127.0.0.1:50123/back"), true),
            (Some("https://app.example/back"), true),
            (Some("https://app.example:8443/back"), false),
            (Some("https://app.example/back/"), false),
            (Some("https://app.example/back?x"), false),
            (Some("http://127.0.0.1:50123/other"), false),
            (Some("http://localhost:50123/back"), false),
            (None, false),
        ] {
            assert_eq!(there.redirect(asked).is_some(), is_good, "{asked:?}");
        }
        assert!(program(&["https://app.example/back"]).unwrap().redirect(None).is_some());
        assert!(program(&[]).unwrap().redirect(None).is_none());
    }
}
