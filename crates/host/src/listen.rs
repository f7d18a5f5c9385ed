//! Listeners: which protocols, on which addresses.

pub mod bind;
pub mod connections;
mod holder;
pub mod inherit;
pub mod networks;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// A protocol that the host can listen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// IMAP, with STARTTLS.
    Imap,
    /// IMAP over TLS.
    Imaps,
    /// POP3, with STLS.
    Pop3,
    /// POP3 over TLS.
    Pop3s,
    /// SMTP between hosts.
    Smtp,
    /// Submission, with STARTTLS.
    Submission,
    /// Submission over TLS.
    Submissions,
    /// LMTP.
    Lmtp,
    /// HTTP: JMAP on this machine and behind proxies, metrics and health.
    Http,
    /// HTTP over TLS: JMAP.
    Https,
}

impl Protocol {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Protocol; 10] = [
        Protocol::Imap,
        Protocol::Imaps,
        Protocol::Pop3,
        Protocol::Pop3s,
        Protocol::Smtp,
        Protocol::Submission,
        Protocol::Submissions,
        Protocol::Lmtp,
        Protocol::Http,
        Protocol::Https,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Imap => "imap",
            Protocol::Imaps => "imaps",
            Protocol::Pop3 => "pop3",
            Protocol::Pop3s => "pop3s",
            Protocol::Smtp => "smtp",
            Protocol::Submission => "submission",
            Protocol::Submissions => "submissions",
            Protocol::Lmtp => "lmtp",
            Protocol::Http => "http",
            Protocol::Https => "https",
        }
    }

    /// Its port when nothing is said: the standard one, and the one for those who may not bind that.
    pub const fn usual_ports(self) -> (u16, u16) {
        match self {
            Protocol::Imap => (143, 1143),
            Protocol::Imaps => (993, 1993),
            Protocol::Pop3 => (110, 1110),
            Protocol::Pop3s => (995, 1995),
            Protocol::Smtp => (25, 1025),
            Protocol::Submission => (587, 1587),
            Protocol::Submissions => (465, 1465),
            Protocol::Lmtp => (24, 2424),
            Protocol::Http => (8080, 8080),
            Protocol::Https => (443, 8443),
        }
    }

    /// Whether TLS begins with the first octet.
    pub const fn is_tls(self) -> bool {
        match self {
            Protocol::Imaps | Protocol::Pop3s | Protocol::Submissions | Protocol::Https => true,
            Protocol::Imap
            | Protocol::Pop3
            | Protocol::Smtp
            | Protocol::Submission
            | Protocol::Lmtp
            | Protocol::Http => false,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a listener is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindAddress {
    /// An address and a port; port 0 takes any that is free.
    Tcp(SocketAddr),
    /// A port of all addresses, IPv4 and IPv6 (as far as the machine has it); port 0 takes one that is free in both.
    Every(u16),
    /// A Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for BindAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindAddress::Tcp(address) => address.fmt(f),
            BindAddress::Every(port) => write!(f, "*:{port}"),
            BindAddress::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// One listener: `PROTO=ADDR:PORT` or `lmtp=unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The protocol.
    pub protocol: Protocol,
    /// What it is bound to.
    pub address: BindAddress,
}

impl Listen {
    /// Whether others than this machine reach it, and it asks nobody for a password: LMTP over TCP beyond loopback.
    pub fn is_open_lmtp(&self) -> bool {
        let reached = match &self.address {
            BindAddress::Tcp(address) => !address.ip().to_canonical().is_loopback(),
            BindAddress::Every(_) => true,
            BindAddress::Unix(_) => false,
        };
        reached && self.protocol == Protocol::Lmtp
    }
}

/// Why a text is no listener.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenFault {
    /// Not of that shape.
    #[error(
        "expected PROTO=ADDR:PORT, such as imap=127.0.0.1:1143, imaps=[::]:993, or imaps=*:993 for all addresses"
    )]
    Shape,
    /// The protocol is not known.
    #[error(
        "{0} is no protocol; there are imap, imaps, pop3, pop3s, smtp, submission, submissions, lmtp, http and https"
    )]
    Unknown(String),
    /// The protocol comes with a later version.
    #[error("{0} is not in this version")]
    NotYet(String),
    /// Only LMTP goes over a Unix socket.
    #[error("only lmtp can listen on a Unix socket")]
    Unix,
}

impl FromStr for Listen {
    type Err = ListenFault;

    fn from_str(text: &str) -> Result<Listen, ListenFault> {
        let (name, address) = text.split_once('=').ok_or(ListenFault::Shape)?;
        if name == "managesieve" {
            return Err(ListenFault::NotYet(name.to_owned()));
        }
        let protocol = Protocol::ALL
            .into_iter()
            .find(|protocol| protocol.name() == name)
            .ok_or_else(|| ListenFault::Unknown(name.to_owned()))?;
        let address = match address.strip_prefix("unix:") {
            Some("") => return Err(ListenFault::Shape),
            Some(_) if protocol != Protocol::Lmtp => return Err(ListenFault::Unix),
            Some(path) => BindAddress::Unix(path.into()),
            None => match address.strip_prefix("*:") {
                Some(port) => BindAddress::Every(port.parse().map_err(|_| ListenFault::Shape)?),
                None => {
                    // `localhost` is what people write; no name is looked up.
                    let address = address.replace("localhost:", "127.0.0.1:");
                    BindAddress::Tcp(address.parse().map_err(|_| ListenFault::Shape)?)
                }
            },
        };
        Ok(Listen { protocol, address })
    }
}

#[cfg(test)]
mod tests {
    use super::{Listen, ListenFault};

    #[test]
    fn listeners_are_read_as_documented() {
        for text in [
            "imap=127.0.0.1:0",
            "imaps=[::]:993",
            "imaps=*:993",
            "lmtp=unix:/run/lmtp",
            "http=0.0.0.0:80",
            "https=*:443",
        ] {
            let listen: Listen = text.parse().unwrap();
            assert_eq!(format!("{}={}", listen.protocol, listen.address), text);
        }
        assert!("imap=localhost:143".parse::<Listen>().is_ok());
        for (text, want) in [
            ("imap", ListenFault::Shape),
            ("imap=143", ListenFault::Shape),
            ("imap=127.0.0.1", ListenFault::Shape),
            ("imap=*:", ListenFault::Shape),
            ("imap=*:70000", ListenFault::Shape),
            ("imap=mail.example.org:143", ListenFault::Shape),
            ("lmtp=unix:", ListenFault::Shape),
            ("imap=unix:/x", ListenFault::Unix),
            ("gopher=127.0.0.1:70", ListenFault::Unknown("gopher".to_owned())),
            ("managesieve=127.0.0.1:4190", ListenFault::NotYet("managesieve".to_owned())),
        ] {
            assert_eq!(text.parse::<Listen>(), Err(want), "{text}");
        }
    }
}
