//! What a run is told: the server, the person, and what it may do.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tls {
    /// Not at all; passwords cross the network readable.
    None,
    /// STLS behind the greeting.
    Stls,
    /// From the first octet.
    Implicit,
}

/// Whom to believe that they are the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Certificates signed by a public authority.
    Public,
    /// Certificates signed by one of these (PEM).
    Ca(PathBuf),
    /// Anybody.
    Anybody,
}

/// How letters get into the maildrop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Not at all: what is there is used.
    None,
    /// IMAP APPEND into INBOX, at host and port.
    Imap(String, u16),
    /// The same under TLS from the first octet.
    Imaps(String, u16),
    /// LMTP.
    Lmtp(String, u16),
    /// SMTP, without login.
    Smtp(String, u16),
}

impl FromStr for Fill {
    type Err = String;

    fn from_str(text: &str) -> Result<Fill, String> {
        if text == "none" {
            return Ok(Fill::None);
        }
        let wrong = || format!("{text:?} is not none or imap|imaps|lmtp|smtp=HOST:PORT");
        let (way, address) = text.split_once('=').ok_or_else(wrong)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = port.parse().map_err(|_| wrong())?;
        match way {
            "imap" => Ok(Fill::Imap(host, port)),
            "imaps" => Ok(Fill::Imaps(host, port)),
            "lmtp" => Ok(Fill::Lmtp(host, port)),
            "smtp" => Ok(Fill::Smtp(host, port)),
            _ => Err(wrong()),
        }
    }
}

/// Everything a run is told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The login name.
    pub user: String,
    /// The password.
    pub password: String,
    /// How the connection is protected.
    pub tls: Tls,
    /// Whom to believe.
    pub trust: Trust,
    /// How letters get in.
    pub fill: Fill,
    /// Whom LMTP and SMTP deliver to; the login name when not given.
    pub recipient: Option<String>,
    /// Whether messages may be deleted.
    pub deleting: Deleting,
    /// Whether the checks that take ten minutes run.
    pub pace: Pace,
    /// Only checks of this document (`1939`) or section (`1939-5`), or with ids that begin like this.
    pub only: Option<String>,
    /// How long an answer may take.
    pub patience: Duration,
    /// How many lines the large letter has, of 68 octets each.
    pub large_lines: usize,
    /// How long to listen where nothing should come.
    pub moment: Duration,
}

/// Whether messages may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleting {
    /// Nothing is deleted.
    Never,
    /// `--may-delete`.
    Allowed,
}

/// How much time may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// What is quick.
    Quick,
    /// `--slow`: also the inactivity timers.
    Slow,
}

impl Options {
    /// A run in the clear against a port of this machine, with these credentials, that may delete.
    pub fn local(port: u16, user: &str, password: &str) -> Options {
        Options {
            host: "127.0.0.1".to_owned(),
            port,
            user: user.to_owned(),
            password: password.to_owned(),
            tls: Tls::None,
            trust: Trust::Anybody,
            fill: Fill::None,
            recipient: None,
            deleting: Deleting::Allowed,
            pace: Pace::Quick,
            only: None,
            patience: Duration::from_secs(20),
            large_lines: 24_000,
            moment: Duration::from_millis(400),
        }
    }
}
