//! The transport that hands all mail to one relay host.

use std::io;
use std::sync::Arc;

use mailbox::{Clock, Timestamp};
use sasl::{Credentials, Nonce, Peer, Ready, Security};
use smtp::client::{Client, Fault};
use smtp::server::Start;
use smtp::{Address, Flavour, Reply};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::Said;
use crate::transport::{Notifies, Outcome, Parcel, Route, Transport};

/// The relay host.
#[derive(Clone)]
pub struct Relay {
    /// Its name, against which its certificate is checked.
    pub host: String,
    /// The port: 25, 587 or 465 as a rule.
    pub port: u16,
    /// How the connection is protected.
    pub security: RelaySecurity,
    /// Who we are there; none: nobody logs in.
    pub credentials: Option<Credentials>,
    /// What we call ourselves.
    pub hostname: String,
}

/// How the connection to the relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelaySecurity {
    /// TLS from the start.
    Tls,
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// STARTTLS, or nothing is sent, unless the relay is on this machine.
    StartTlsUnlessLoopback,
}

/// Opens connections: the port to sockets and TLS.
pub trait Connector: Send + Sync + 'static {
    /// Connects in the clear.
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Ready<'a, io::Result<Connection>>;

    /// Begins TLS on a connection and checks the certificate against the name.
    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
    ) -> Ready<'a, io::Result<Connection>>;

    /// A fresh random nonce for logging in.
    fn nonce(&self) -> Nonce;
}

/// A connection and what is known of its other end.
pub struct Connection {
    /// The connection, in the clear or under TLS.
    pub stream: Box<dyn Stream>,
    /// The other end; its security says whether it is on this machine.
    pub peer: Peer,
}

/// Any stream.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Hands all mail to one relay host.
pub struct RelayTransport {
    relay: Relay,
    connector: Arc<dyn Connector>,
    clock: Arc<dyn Clock>,
}

impl RelayTransport {
    /// Makes a transport that sends everything to one relay.
    pub fn new(
        relay: Relay,
        connector: Arc<dyn Connector>,
        clock: Arc<dyn Clock>,
    ) -> RelayTransport {
        RelayTransport { relay, connector, clock }
    }

    async fn open(&self) -> Result<Client<Box<dyn Stream>>, Trouble> {
        let relay = &self.relay;
        let unreachable = |error| Trouble::Unreachable(error);
        let mut connection =
            self.connector.connect(&relay.host, relay.port).await.map_err(unreachable)?;
        let mut start = Start::Greeting;
        let starts_tls = match relay.security {
            RelaySecurity::Tls => {
                connection = self
                    .connector
                    .begin_tls(connection.stream, &relay.host)
                    .await
                    .map_err(Trouble::Tls)?;
                false
            }
            RelaySecurity::StartTls => true,
            RelaySecurity::StartTlsUnlessLoopback => connection.peer.security != Security::Loopback,
        };
        if starts_tls {
            let client = self.greet(connection.stream, start).await?;
            let stream = client.start_tls().await.map_err(Trouble::Client)?;
            connection =
                self.connector.begin_tls(stream, &relay.host).await.map_err(Trouble::Tls)?;
            start = Start::AfterStartTls;
        }
        let mut client = self.greet(connection.stream, start).await?;
        if let Some(credentials) = &relay.credentials {
            client
                .log_in(credentials.clone(), self.connector.nonce(), &connection.peer)
                .await
                .map_err(Trouble::Client)?;
        }
        Ok(client)
    }

    async fn greet(
        &self,
        stream: Box<dyn Stream>,
        start: Start,
    ) -> Result<Client<Box<dyn Stream>>, Trouble> {
        let name = &self.relay.hostname;
        Client::greet(stream, Flavour::Submission, name, start).await.map_err(Trouble::Client)
    }

    async fn try_parcel(&self, mut parcel: Parcel<'_>) -> Result<Vec<Outcome>, Trouble> {
        let mut client = self.open().await?;
        let notifies = if client.capabilities().has("DSN") { Notifies::Yes } else { Notifies::No };
        let replies = client
            .send(&parcel.mail, &parcel.recipients, &mut *parcel.body)
            .await
            .map_err(Trouble::Client)?;
        client.quit().await;
        let (host, now) = (self.relay.host.as_str(), self.clock.now());
        Ok(replies.iter().map(|reply| outcome(reply, host, notifies, now)).collect())
    }
}

/// What a host's reply makes of a message, or of one recipient of it.
pub fn outcome(reply: &Reply, host: &str, notifies: Notifies, now: Timestamp) -> Outcome {
    let class = reply.code.checked_div(100).unwrap_or_default();
    let status = match reply.enhanced {
        Some(enhanced) => enhanced.to_string(),
        None => format!("{class}.0.0"),
    };
    let text = format!("{} {}", reply.code, reply.text.replace('\n', " "));
    let said = Said::new(Some(host), &status, &text, now);
    if reply.is_positive() {
        Outcome::Sent { said, notifies }
    } else if reply.is_permanent() && !is_about_us(reply) {
        Outcome::Refused { said }
    } else {
        Outcome::Deferred { said }
    }
}

/// Whether a refusal is about our login and not about the mail: then the mail waits until somebody mends the
/// configuration (RFC 4954, 6).
fn is_about_us(reply: &Reply) -> bool {
    matches!(reply.code, 530 | 534 | 535 | 538)
}

impl Transport for RelayTransport {
    fn route(&self, _: &Address) -> Route {
        Route::Relay
    }

    fn send<'a>(&'a self, parcel: Parcel<'a>) -> Ready<'a, Vec<Outcome>> {
        Box::pin(async move {
            let recipients = parcel.recipients.len();
            match self.try_parcel(parcel).await {
                Ok(outcomes) => outcomes,
                Err(trouble) => {
                    let said = Said::new(
                        None,
                        trouble.status(),
                        &format!("{}: {trouble}", self.relay.host),
                        self.clock.now(),
                    );
                    vec![Outcome::Deferred { said }; recipients]
                }
            }
        })
    }
}

/// Why a relay could not be used. The mail waits: none of this is about the mail.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("connection failed ({0})")]
    Unreachable(io::Error),
    #[error("TLS failed ({0})")]
    Tls(io::Error),
    #[error("{0}")]
    Client(Fault),
}

impl Trouble {
    /// RFC 3463, 3.5 and 3.8.
    fn status(&self) -> &'static str {
        match self {
            Trouble::Unreachable(_) => "4.4.1",
            Trouble::Tls(_) | Trouble::Client(Fault::Tls(_)) => "4.7.10",
            Trouble::Client(Fault::Login(_) | Fault::NoMechanism | Fault::Refused { .. }) => {
                "4.7.0"
            }
            Trouble::Client(Fault::Body(_)) => "4.3.0",
            Trouble::Client(Fault::Io(_) | Fault::Closed | Fault::TimedOut) => "4.4.2",
            Trouble::Client(Fault::Syntax(_)) => "4.5.0",
        }
    }
}
