//! Where a service of a provider is, as people write it: `pop3s://pop.example.org`, `submission://mail.example.org:587`.

use std::fmt;
use std::str::FromStr;

/// A protocol by which mail is reached or sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// POP3.
    Pop3,
    /// IMAP.
    Imap,
    /// Submission: SMTP for who logs in (RFC 6409).
    Submission,
}

impl Service {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Service::Pop3 => "POP3",
            Service::Imap => "IMAP",
            Service::Submission => "SMTP",
        }
    }

    /// The option that names its server on the command line, without its dashes.
    pub fn option(self) -> &'static str {
        match self {
            Service::Pop3 => "pop3",
            Service::Imap => "imap",
            Service::Submission => "submission",
        }
    }

    /// The scheme of its servers that have TLS from the first octet.
    pub fn scheme(self) -> &'static str {
        match self {
            Service::Pop3 => "pop3s",
            Service::Imap => "imaps",
            Service::Submission => "submissions",
        }
    }
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS from the first octet (RFC 8314, 3).
    Tls,
    /// TLS after STLS or STARTTLS; without it nothing is said.
    StartTls,
    /// In the clear: only within this machine.
    Clear,
}

/// Where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What is spoken.
    pub service: Service,
    /// How it is protected.
    pub transport: Transport,
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Why a text says no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointFault {
    /// It does not begin with a scheme that is known.
    #[error(
        "expected imaps://HOST, imap://HOST, pop3s://HOST, pop3://HOST, submissions://HOST or submission://HOST, with or without :PORT"
    )]
    Scheme,
    /// There is no host that can be one.
    #[error("there is no host in it that can be one")]
    Host,
    /// The port is none.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// It has more than that.
    #[error("a path, a user or a password has no place in it; say --user for the name")]
    More,
    /// In the clear over a network.
    #[error(
        "without TLS passwords and mail could be read on the way: +insecure is only for 127.0.0.1, ::1 and localhost"
    )]
    Clear,
}

const SCHEMES: [(&str, Service, Transport, u16); 9] = [
    ("pop3s", Service::Pop3, Transport::Tls, 995),
    ("pop3", Service::Pop3, Transport::StartTls, 110),
    ("pop3+insecure", Service::Pop3, Transport::Clear, 110),
    ("imaps", Service::Imap, Transport::Tls, 993),
    ("imap", Service::Imap, Transport::StartTls, 143),
    ("imap+insecure", Service::Imap, Transport::Clear, 143),
    // RFC 8314, 3.3 and 7.3.
    ("submissions", Service::Submission, Transport::Tls, 465),
    ("submission", Service::Submission, Transport::StartTls, 587),
    ("submission+insecure", Service::Submission, Transport::Clear, 587),
];

impl Endpoint {
    /// A place with the usual port.
    pub fn usual(service: Service, transport: Transport, host: &str) -> Endpoint {
        let known = SCHEMES.iter().find(|row| row.1 == service && row.2 == transport);
        let port = known.map_or(0, |row| row.3);
        Endpoint { service, transport, host: host.to_ascii_lowercase(), port }
    }

    /// Whether the host is this machine, by its name.
    pub fn is_loopback(&self) -> bool {
        let address = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || address.is_ok_and(|it| it.to_canonical().is_loopback())
    }

    fn scheme(&self) -> (&'static str, u16) {
        let known = SCHEMES.iter().find(|row| row.1 == self.service && row.2 == self.transport);
        known.map_or(("pop3s", 995), |row| (row.0, row.3))
    }
}

impl FromStr for Endpoint {
    type Err = EndpointFault;

    fn from_str(text: &str) -> Result<Endpoint, EndpointFault> {
        let (scheme, rest) = text.split_once("://").ok_or(EndpointFault::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        let known = SCHEMES.iter().find(|row| row.0 == scheme).ok_or(EndpointFault::Scheme)?;
        let (_, service, transport, usual) = *known;
        let place = rest.strip_suffix('/').unwrap_or(rest);
        if place.contains(['/', '@', '?', '#']) {
            return Err(EndpointFault::More);
        }
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(EndpointFault::Host)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| EndpointFault::Host)?;
                match port.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if port.is_empty() => (host, None),
                    None => return Err(EndpointFault::Host),
                }
            }
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
        if host.is_empty() || host.len() > 253 || !host.chars().all(plain) {
            return Err(EndpointFault::Host);
        }
        let digits = |port: &str| port.bytes().all(|octet| octet.is_ascii_digit());
        let port = match port {
            None => usual,
            Some(port) if digits(port) => port.parse().map_err(|_| EndpointFault::Port)?,
            Some(_) => return Err(EndpointFault::Port),
        };
        if port == 0 {
            return Err(EndpointFault::Port);
        }
        let endpoint = Endpoint { service, transport, host: host.to_ascii_lowercase(), port };
        if transport == Transport::Clear && !endpoint.is_loopback() {
            return Err(EndpointFault::Clear);
        }
        Ok(endpoint)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = self.scheme();
        let host = &self.host;
        match host.contains(':') {
            true => write!(f, "{scheme}://[{host}]")?,
            false => write!(f, "{scheme}://{host}")?,
        }
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_and_shown_as_people_write_it() {
        for (text, want) in [
            ("pop3s://pop.example.org", "pop3s://pop.example.org"),
            ("POP3S://Pop.Example.org:995/", "pop3s://pop.example.org"),
            ("pop3://mail.example.org:1110", "pop3://mail.example.org:1110"),
            ("pop3s://[2001:db8::7]:1995", "pop3s://[2001:db8::7]:1995"),
            ("pop3+insecure://127.0.0.1:1110", "pop3+insecure://127.0.0.1:1110"),
            ("pop3+insecure://localhost", "pop3+insecure://localhost"),
            ("pop3+insecure://[::1]", "pop3+insecure://[::1]"),
            ("IMAPS://imap.example.org:993", "imaps://imap.example.org"),
            ("imap://imap.example.org", "imap://imap.example.org"),
            ("imap+insecure://localhost:1143", "imap+insecure://localhost:1143"),
            ("submissions://smtp.example.org:465", "submissions://smtp.example.org"),
            ("Submission://smtp.example.org", "submission://smtp.example.org"),
            ("submission+insecure://127.0.0.1:1587", "submission+insecure://127.0.0.1:1587"),
        ] {
            assert_eq!(text.parse::<Endpoint>().map(|it| it.to_string()), Ok(want.to_owned()));
        }
        for (text, want) in [
            ("pop.example.org", EndpointFault::Scheme),
            ("http://example.org", EndpointFault::Scheme),
            ("pop3s://", EndpointFault::Host),
            ("pop3s://a b", EndpointFault::Host),
            ("pop3s://[::1", EndpointFault::Host),
            ("pop3s://a\r\nQUIT", EndpointFault::Host),
            ("pop3s://a:0", EndpointFault::Port),
            ("pop3s://a:70000", EndpointFault::Port),
            ("pop3s://a:+5", EndpointFault::Port),
            ("pop3s://ana:secret@a", EndpointFault::More),
            ("pop3s://a/INBOX", EndpointFault::More),
            ("pop3+insecure://pop.example.org", EndpointFault::Clear),
            ("pop3+insecure://192.0.2.1", EndpointFault::Clear),
            ("submission+insecure://smtp.example.org", EndpointFault::Clear),
            ("smtp://smtp.example.org", EndpointFault::Scheme),
        ] {
            assert_eq!(text.parse::<Endpoint>(), Err(want), "{text}");
        }
    }
}
