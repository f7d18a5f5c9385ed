//! The port to the network: connections, TLS, names, and the one page that a domain has about its mail.

use sasl::Ready;
use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of any kind.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection that was just made.
pub struct Connection {
    /// The stream.
    pub stream: Box<dyn Stream>,
    /// Whether it does not leave this machine.
    pub is_loopback: bool,
}

/// Which certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those that the usual authorities vouch for.
    #[default]
    Usual,
    /// Those that the authorities in this PEM text vouch for, or the usual ones.
    Authority(String),
    /// The one with this SHA-256 and no other, whatever its name and date.
    Pin([u8; 32]),
}

/// A certificate that was not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// What is wrong with it.
    pub why: Untrusted,
}

/// Why a certificate is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// No authority that is known here vouches for it.
    UnknownIssuer,
    /// It was valid once.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for another name.
    OtherName,
    /// Its authority has taken it back.
    Revoked,
    /// It is another one than the one that is pinned.
    NotPinned,
    /// Something else, in the library's words.
    Otherwise(String),
}

/// Why the network gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkFault {
    /// There is no such name.
    #[error("there is no such name")]
    NoSuchName,
    /// Nobody answers there.
    #[error("{0}")]
    Unreachable(String),
    /// It took too long.
    #[error("it took too long")]
    TimedOut,
    /// The certificate is not trusted.
    #[error("the certificate is not trusted")]
    Certificate(Certificate),
    /// TLS failed otherwise: most likely there is something else behind that port.
    #[error("TLS failed: {0}")]
    Tls(String),
}

/// A server of a service, as the domain's names tell it (RFC 6186, RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// The lower, the earlier.
    pub priority: u16,
    /// The name, without the dot at its end; empty: the service is not offered (RFC 2782).
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Opens connections and looks up names.
pub trait Network: Send + Sync {
    /// Connects.
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Ready<'a, Result<Connection, NetworkFault>>;

    /// Goes over to TLS with a server of this name.
    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
        trust: &'a Trust,
    ) -> Ready<'a, Result<Box<dyn Stream>, NetworkFault>>;

    /// The servers of a service, such as `_pop3s._tcp.example.org`; none: nothing is said of it.
    fn servers<'a>(&'a self, name: &'a str) -> Ready<'a, Result<Vec<Server>, NetworkFault>>;

    /// The page of a host over HTTPS, of at most `AUTOCONFIG_OCTETS_MAX` octets; none: there is none.
    fn page<'a>(
        &'a self,
        host: &'a str,
        path: &'a str,
    ) -> Ready<'a, Result<Option<Vec<u8>>, NetworkFault>>;

    /// Randomness for a login.
    fn nonce(&self) -> sasl::Nonce;
}
