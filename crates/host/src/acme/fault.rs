//! Why there is no new certificate, in words that say what to do.

use std::net::IpAddr;

use instant_acme::{Error, Problem};

use super::limits::TEXT_CHARACTERS_MAX;
use crate::config::ChallengeKind;
use crate::tls::TlsFault;

/// Why there is no new certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum AcmeFault {
    /// The authority refuses, or cannot be understood.
    #[error("{}", explained(.0))]
    Authority(#[from] Error),
    /// The authority does not find this host under a name.
    #[error("{}", unproved(.0))]
    Unproved(Box<Unproved>),
    /// None of the challenges that are configured is offered.
    #[error(
        "{name}: the authority offers {offered}, and acme.challenges has none of these; the host cannot do others"
    )]
    NoChallenge {
        /// For which name.
        name: String,
        /// What is offered.
        offered: String,
    },
    /// A token that could lead elsewhere (RFC 8555, 8.3).
    #[error("the authority gave a token that is none; nothing was answered for it")]
    Token,
    /// It takes too long.
    #[error("the authority did not {0} in time")]
    Slow(&'static str),
    /// What came is not what was ordered.
    #[error("the authority gave a certificate that was not ordered and is not used: {0}")]
    Wrong(String),
    /// An order that ended without a reason.
    #[error("the authority gave up on the order and does not say why")]
    Silent,
    /// A file in the data folder.
    #[error("{0}")]
    File(#[from] mailbox::Fault),
    /// A certificate that is of no use.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// No key, or no request.
    #[error("no request for a certificate can be made: {0}")]
    Request(#[from] rcgen::Error),
    /// The library refuses.
    #[error("TLS: {0}")]
    Library(#[from] rustls::Error),
}

/// A name under which the authority does not find this host.
#[derive(Debug)]
pub(super) struct Unproved {
    /// The name.
    pub(super) name: String,
    /// How it asked.
    pub(super) kind: ChallengeKind,
    /// What it says.
    pub(super) problem: Option<Problem>,
    /// Where the name leads, as this machine sees it; none: nowhere.
    pub(super) addresses: Vec<IpAddr>,
}

impl AcmeFault {
    /// The kind of the problem that the authority names (RFC 8555, 6.7), such as `rateLimited`.
    pub(super) fn kind(&self) -> Option<&str> {
        match self {
            AcmeFault::Authority(Error::Api(problem)) => kind(problem),
            AcmeFault::Unproved(unproved) => unproved.problem.as_ref().and_then(kind),
            AcmeFault::Authority(_)
            | AcmeFault::NoChallenge { .. }
            | AcmeFault::Token
            | AcmeFault::Slow(_)
            | AcmeFault::Wrong(_)
            | AcmeFault::Silent
            | AcmeFault::File(_)
            | AcmeFault::Tls(_)
            | AcmeFault::Request(_)
            | AcmeFault::Library(_) => None,
        }
    }
}

fn kind(problem: &Problem) -> Option<&str> {
    problem.r#type.as_deref()?.strip_prefix("urn:ietf:params:acme:error:")
}

/// Text of an authority as it may stand in a log: printable, in one line, and not without end.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(TEXT_CHARACTERS_MAX)
        .collect();
    if text.chars().count() > TEXT_CHARACTERS_MAX {
        shown.push_str("...");
    }
    shown
}

fn said(problem: &Problem) -> String {
    let about = |sub: &instant_acme::Subproblem| {
        let name = sub.identifier.as_ref().map(|name| name.authorized(false).to_string());
        let detail = sub.detail.as_deref().unwrap_or_default();
        format!("; {}: {detail}", name.unwrap_or_default())
    };
    let detail = problem.detail.as_deref().or(problem.r#type.as_deref()).unwrap_or("no reason");
    shown(&problem.subproblems.iter().map(about).fold(detail.to_owned(), |all, one| all + &one))
}

fn explained(error: &Error) -> String {
    if let Error::Json(cause) = error {
        return format!(
            "the authority's answer is not understood, is acme.directory right? ({cause})"
        );
    }
    let Error::Api(problem) = error else { return shown(&error.to_string()) };
    let said = said(problem);
    let advice = match kind(problem) {
        Some("rateLimited") => {
            "the authority has had too many orders of late, and is left alone for a while"
        }
        Some("externalAccountRequired") => {
            "the authority wants to know its customers: set acme.external_account_id and its key"
        }
        Some("unsupportedContact" | "invalidContact") => {
            "the authority does not like acme.contacts"
        }
        Some("caa") => "a CAA record in DNS forbids this authority to give a certificate",
        Some("rejectedIdentifier") => {
            "the authority gives no certificate for such a name; see acme.names"
        }
        Some("userActionRequired") => "the authority wants you to do something first",
        Some("unauthorized" | "accountDoesNotExist") => {
            "the authority does not let our account do this; a new one is made where it is unknown"
        }
        Some("serverInternal") => "the authority has a fault of its own",
        Some(_) | None => "the authority refuses",
    };
    format!("{advice}: {said}")
}

fn unproved(unproved: &Unproved) -> String {
    let Unproved { name, kind: asked, problem, addresses } = unproved;
    let (port, way) = (asked.port(), asked.name());
    let listener = match asked {
        ChallengeKind::TlsAlpn01 => "https",
        ChallengeKind::Http01 => "http",
    };
    let leads = match addresses.as_slice() {
        [] => format!("as this machine sees it, {name} has no address in DNS"),
        addresses => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!("as this machine sees it, {name} leads to {}", addresses.join(", "))
        }
    };
    let advice = match problem.as_ref().and_then(kind) {
        Some("dns") => format!(
            "the authority finds no address of {name} in DNS: give it an A or AAAA record that leads to this host"
        ),
        Some("connection") => format!(
            "the authority cannot reach {name} on port {port}: let its address in DNS be that of this host, and the port be \
             open in every firewall and led to the {listener} listener"
        ),
        Some("unauthorized" | "incorrectResponse") => format!(
            "somebody else answers for {name} on port {port}: its address in DNS leads to another host, or a proxy stands \
             before this one"
        ),
        Some("tls") => format!(
            "what answers for {name} on port {port} does not speak TLS as the {listener} listener does"
        ),
        Some("caa") => format!("a CAA record of {name} in DNS forbids this authority"),
        Some(_) | None => format!("the authority could not check {name}"),
    };
    let said = problem.as_ref().map(|problem| format!("; it says: {}", said(problem)));
    format!("{advice} ({way}; {leads}{})", said.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use instant_acme::{Error, Problem};

    use super::{AcmeFault, Unproved, shown};
    use crate::config::ChallengeKind;

    fn problem(kind: &str, detail: &str) -> Problem {
        let text = serde_json::json!({
            "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_explained() {
        let told = |kind: &str, addresses: &[&str]| {
            AcmeFault::Unproved(Box::new(Unproved {
                name: "mail.example.org".to_owned(),
                kind: ChallengeKind::Http01,
                problem: Some(problem(kind, "what it\nsaw")),
                addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            }))
            .to_string()
        };
        let dns = told("dns", &[]);
        assert!(dns.contains("give it an A or AAAA record"), "{dns}");
        assert!(dns.contains("mail.example.org has no address in DNS"), "{dns}");
        assert!(dns.ends_with("it says: what it saw)"), "{dns}");
        let connection = told("connection", &["192.0.2.7", "2001:db8::7"]);
        assert!(connection.contains("port 80"), "{connection}");
        assert!(connection.contains("leads to 192.0.2.7, 2001:db8::7"), "{connection}");
        assert!(told("unauthorized", &["192.0.2.7"]).contains("leads to another host"));
        let limited = AcmeFault::Authority(Error::Api(problem("rateLimited", "50 a week")));
        assert_eq!(limited.kind(), Some("rateLimited"));
        assert!(limited.to_string().ends_with("for a while: 50 a week"), "{limited}");
    }

    #[test]
    fn what_an_authority_says_is_one_short_line() {
        assert_eq!(shown("a\r\nb\u{1b}[2J"), "a  b [2J");
        assert_eq!(shown(&"é".repeat(5_000)).chars().count(), 503);
    }
}
