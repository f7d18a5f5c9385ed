//! `[acme]`: certificates from an authority that browsers trust, fetched and renewed by the host itself (RFC 8555).

use std::path::PathBuf;

use directory::Domain;
use serde::{Deserialize, Serialize};

use crate::listen::{Listen, Protocol};

/// More names than this no authority puts into a certificate.
const NAMES_MAX: usize = 100;

/// Certificates by ACME; without a directory there are none.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeSection {
    /// Where the authority says what can be asked of it.
    pub directory: Option<String>,
    /// That the authority's terms of service are agreed to; nobody else may say so (RFC 8555, 7.3.3).
    pub terms_agreed: Option<bool>,
    /// To whom the authority writes.
    pub contacts: Vec<String>,
    /// The names in the certificate; without any, the name of the host.
    pub names: Vec<String>,
    /// How it is shown that they lead here; the first that the authority offers is taken.
    pub challenges: Vec<ChallengeKind>,
    /// The account at an authority that wants to know its customers (RFC 8555, 7.3.4).
    pub external_account_id: Option<String>,
    /// The file with its key, base64url.
    pub external_account_key_file: Option<PathBuf>,
    /// The certificate authority of the directory itself, PEM, where it is not one of the usual ones.
    pub authority_file: Option<PathBuf>,
}

/// How it is shown that a name leads to this host.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub enum ChallengeKind {
    /// By a certificate on port 443 (RFC 8737).
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn01,
    /// By a file on port 80 (RFC 8555, 8.3).
    #[serde(rename = "http-01")]
    Http01,
}

impl ChallengeKind {
    /// Its name in the registry of IANA.
    pub fn name(self) -> &'static str {
        match self {
            ChallengeKind::TlsAlpn01 => "tls-alpn-01",
            ChallengeKind::Http01 => "http-01",
        }
    }

    /// The port at which the authority asks.
    pub fn port(self) -> u16 {
        match self {
            ChallengeKind::TlsAlpn01 => 443,
            ChallengeKind::Http01 => 80,
        }
    }
}

impl Default for AcmeSection {
    fn default() -> AcmeSection {
        AcmeSection {
            directory: None,
            terms_agreed: None,
            contacts: Vec::new(),
            names: Vec::new(),
            challenges: vec![ChallengeKind::TlsAlpn01, ChallengeKind::Http01],
            external_account_id: None,
            external_account_key_file: None,
            authority_file: None,
        }
    }
}

impl AcmeSection {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(directory) = &self.directory {
            let is_address = directory.strip_prefix("https://").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|octet| octet.is_ascii_graphic())
            });
            if !is_address {
                let why = format!("{directory:?} is no address that begins with https://");
                return Err(("acme.directory", why));
            }
            if self.terms_agreed != Some(true) {
                let why = "the authority wants its terms of service to be agreed to; read them, and say \
                           acme.terms_agreed = true";
                return Err(("acme.directory", why.to_owned()));
            }
        }
        for contact in &self.contacts {
            let is_address = contact.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && domain.parse::<Domain>().is_ok()
            });
            if !is_address || contact.contains([',', '?', ' ']) {
                let why = format!("{contact:?} is no mail address such as postmaster@example.org");
                return Err(("acme.contacts", why));
            }
        }
        if self.names.len() > NAMES_MAX {
            return Err(("acme.names", format!("expected at most {NAMES_MAX} names")));
        }
        for name in &self.names {
            why_not(name).map_or(Ok(()), |why| Err(("acme.names", why)))?;
        }
        if self.challenges.is_empty() {
            let why = "expected \"tls-alpn-01\", \"http-01\" or both".to_owned();
            return Err(("acme.challenges", why));
        }
        if self.external_account_id.is_some() != self.external_account_key_file.is_some() {
            let why = "acme.external_account_id and acme.external_account_key_file belong together";
            return Err(("acme.external_account_id", why.to_owned()));
        }
        Ok(())
    }
}

impl AcmeSection {
    /// What is valid, and yet most likely not what was meant, for a host with these listeners.
    pub fn warnings(&self, listeners: &[Listen]) -> Vec<String> {
        let is_answered = |kind: &ChallengeKind| {
            let answering = match kind {
                ChallengeKind::TlsAlpn01 => Protocol::Https,
                ChallengeKind::Http01 => Protocol::Http,
            };
            listeners.iter().any(|listen| listen.protocol == answering)
        };
        // Without any the usual ones are there.
        if self.directory.is_none()
            || listeners.is_empty()
            || self.challenges.iter().any(is_answered)
        {
            return Vec::new();
        }
        let kinds: Vec<&str> = self.challenges.iter().map(|kind| kind.name()).collect();
        vec![format!(
            "acme.challenges: no listener answers {}: tls-alpn-01 needs https, http-01 needs http",
            kinds.join(" or ")
        )]
    }
}

/// Why no authority would give a certificate for a name by one of our challenges; none if one may.
pub fn why_not(name: &str) -> Option<String> {
    if name.starts_with("*.") {
        let why = "a wildcard can be had by DNS alone, which the host does not do; name each host";
        return Some(format!("{name}: {why}"));
    }
    if name.parse::<std::net::IpAddr>().is_ok() {
        return Some(format!("{name} is an address; expected a name such as mail.example.org"));
    }
    if !name.is_ascii() {
        return Some(format!("{name}: expected the name as DNS has it (xn--...)"));
    }
    match name.parse::<Domain>() {
        Ok(_) if name.contains('.') => None,
        Ok(_) => Some(format!("{name} is known on this machine or network only")),
        Err(fault) => Some(format!("{name}: {fault}")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;

    #[test]
    fn what_makes_no_sense_is_refused_with_the_setting() {
        let start = "[acme]\ndirectory = \"https://ca.example/dir\"\nterms_agreed = true\n";
        let parse = |text: &str| Config::parse(text, Path::new("c.toml"));
        assert!(parse(start).is_ok());
        for (text, want) in [
            ("[acme]\ndirectory = \"https://ca.example/dir\"", "acme.terms_agreed = true"),
            ("[acme]\ndirectory = \"http://ca.example/\"\nterms_agreed = true", "https://"),
            (&format!("{start}contacts = [\"ana\"]"), "acme.contacts: \"ana\""),
            (&format!("{start}contacts = [\"a@b.example,c@d.example\"]"), "acme.contacts"),
            (&format!("{start}names = [\"*.example.org\"]"), "wildcard"),
            (&format!("{start}names = [\"localhost\"]"), "this machine or network only"),
            (&format!("{start}names = [\"192.0.2.1\"]"), "is an address"),
            (&format!("{start}names = [\"café.example\"]"), "xn--"),
            (&format!("{start}challenges = []"), "acme.challenges"),
            (&format!("{start}challenges = [\"dns-01\"]"), "line 4"),
            (&format!("{start}external_account_id = \"k\""), "belong together"),
        ] {
            let fault = parse(text).unwrap_err().to_string();
            assert!(fault.contains(want), "{text}: {fault}");
        }
    }

    #[test]
    fn a_host_that_cannot_answer_is_warned_of() {
        let start = "[acme]\ndirectory = \"https://ca.example/dir\"\nterms_agreed = true\n";
        let warned = |listen: &str, more: &str| {
            let text = format!("listen = [{listen}]\n{start}{more}");
            Config::parse(&text, Path::new("c.toml")).unwrap().warnings().len()
        };
        assert_eq!(warned("\"imaps=*:993\"", ""), 1);
        assert_eq!(warned("\"imaps=*:993\", \"https=*:8443\"", ""), 0);
        assert_eq!(warned("\"https=*:443\"", "challenges = [\"http-01\"]"), 1);
        assert_eq!(warned("", ""), 0);
    }
}
