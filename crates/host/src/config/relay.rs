//! The address of a relay: `smtps://user@host:port`. The password stands in a file of its own.

use std::str::FromStr;

/// Where mail for the rest of the world is handed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAddress {
    /// How the connection is protected.
    pub security: RelaySecurity,
    /// Who we are there; without it nobody logs in.
    pub user: Option<String>,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// How the connection to a relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelaySecurity {
    /// `smtps`: TLS from the start.
    Tls,
    /// `smtp+starttls`: STARTTLS, or nothing is sent.
    StartTls,
    /// `smtp`: clear. For a relay on the same machine or network.
    Clear,
}

/// Why a text is no relay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a relay such as smtps://user@host, smtp+starttls://user@host:587 or smtp://host:25 ({0})"
)]
pub struct RelayFault(&'static str);

impl FromStr for RelayAddress {
    type Err = RelayFault;

    fn from_str(text: &str) -> Result<RelayAddress, RelayFault> {
        let (scheme, rest) = text.split_once("://").ok_or(RelayFault("no scheme"))?;
        let (security, usual_port) = match scheme {
            "smtps" => (RelaySecurity::Tls, 465),
            "smtp+starttls" => (RelaySecurity::StartTls, 587),
            "smtp" => (RelaySecurity::Clear, 25),
            _ => return Err(RelayFault("unknown scheme")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // The user is an address as a rule, so the last @ divides.
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(RelayFault("the password belongs into relay_password_file"));
        }
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or(RelayFault("no ]"))?;
                (host, after.strip_prefix(':'))
            }
            None => match place.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let port = port_or(port, usual_port)?;
        if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c == '/') {
            return Err(RelayFault("no host"));
        }
        Ok(RelayAddress { security, user: user.map(str::to_owned), host: host.to_owned(), port })
    }
}

fn port_or(text: Option<&str>, usual: u16) -> Result<u16, RelayFault> {
    text.map_or(Ok(usual), |text| text.parse().map_err(|_| RelayFault("the port is no number")))
}

#[cfg(test)]
mod tests {
    use super::{RelayAddress, RelaySecurity};

    #[test]
    fn relays_are_read_as_people_write_them() {
        let relay: RelayAddress = "smtps://ana@example.org@relay.example".parse().unwrap();
        assert_eq!(relay.user.as_deref(), Some("ana@example.org"));
        assert_eq!((relay.host.as_str(), relay.port), ("relay.example", 465));
        let relay: RelayAddress = "smtp://[::1]:2525".parse().unwrap();
        assert_eq!((relay.host.as_str(), relay.port), ("::1", 2525));
        assert_eq!(relay.security, RelaySecurity::Clear);
        for bad in ["relay", "http://x", "smtps://", "smtps://a:b@c", "smtps://c:x", "smtps://[::1"]
        {
            assert!(bad.parse::<RelayAddress>().is_err(), "{bad}");
        }
    }
}
