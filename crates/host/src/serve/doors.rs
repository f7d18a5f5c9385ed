//! From an accepted connection to a session: TLS, the right door, STARTTLS, and the good-bye.

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use directory::Logins;
use mailbox::Accounts;
use sasl::{Peer, Security};
use smtp::Flavour;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Phase;
use super::ending::Ending;
use super::guarded::Guarded;
use super::listening::Listening;
use super::live::{End, Live};
use crate::acme::{Pending, Told};
use crate::config::{Allowed, Config};
use crate::delivery::{Courier, Deliveries};
use crate::listen::Protocol;
use crate::listen::connections::{Connections, TooMany};
use crate::metrics::Metrics;
use crate::tls::{Tls, bindings};
use crate::varying::Varying;

/// How long a TLS handshake may take.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(30);
/// How long the good-bye may take.
const GOOD_BYE: Duration = Duration::from_secs(1);

/// What all connections share.
pub(super) struct Doors {
    pub(super) accounts: Accounts,
    pub(super) logins: Arc<Logins>,
    pub(super) connections: Arc<Connections>,
    pub(super) live: Arc<Live>,
    pub(super) deliveries: Arc<Deliveries>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) settings: Varying<DoorSettings>,
    pub(super) tls: Tls,
    /// Where the session object of JMAP is, once HTTPS is offered.
    pub(super) jmap_url: OnceLock<Arc<str>>,
    /// What authorities are answered that check our names.
    pub(super) pending: Arc<Pending>,
    /// How things stand with the certificate that the host fetches.
    pub(super) acme: Arc<Told>,
    pub(super) hostname: Arc<str>,
    pub(super) version: Arc<str>,
    pub(super) phase: watch::Receiver<Phase>,
}

/// What the configuration says of the doors, and what can change while they are open.
#[derive(Debug)]
pub(super) struct DoorSettings {
    lmtp_allowed: Allowed,
    binding_on_submission: bool,
    language: pop3::server::Language,
    /// What is told of the host over IMAP.
    metadata: imap::server::ServerMetadata,
}

impl DoorSettings {
    /// What a configuration says.
    pub(super) fn of(config: &Config) -> DoorSettings {
        DoorSettings {
            lmtp_allowed: config.lmtp.allowed(),
            binding_on_submission: config.submission.scram_plus,
            language: config.pop3.language(),
            metadata: config.imap.metadata(),
        }
    }
}

/// Where in a connection a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Greeting,
    AfterStartTls,
}

/// How a session ended.
enum Over {
    Closed,
    StartTls,
}

/// A stream of a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Doors {
    /// Serves a connection from its first octet to its last.
    pub(super) async fn connect<S: Stream>(
        self: Arc<Self>,
        protocol: Protocol,
        mut stream: S,
        address: Option<IpAddr>,
    ) {
        let _connected = self.live.connect(protocol);
        if protocol == Protocol::Lmtp && !self.settings.get().lmtp_allowed.admits(address) {
            let address = address.map(tracing::field::display);
            tracing::info!(
                door = "lmtp",
                address,
                outcome = "refused",
                reason = "not listed in lmtp.allow",
                "connection"
            );
            let words = b"554 5.7.1 Your address may not use LMTP here\r\n";
            drop(timeout(GOOD_BYE, stream.write_all(words)).await);
            drop(timeout(GOOD_BYE, stream.shutdown()).await);
            return;
        }
        if protocol.is_tls() {
            return self.secured(protocol, stream, address, Start::Greeting).await;
        }
        let security = match address {
            Some(ip) if !ip.to_canonical().is_loopback() => Security::Clear,
            Some(_) | None => Security::Loopback,
        };
        let peer = Peer::new(address, security);
        match self.session(protocol, &mut stream, peer, Start::Greeting).await {
            Over::Closed => self.good_bye(protocol, stream).await,
            // Boxed, so that connections which never come here do not pay for its size.
            Over::StartTls => {
                Box::pin(self.secured(protocol, stream, address, Start::AfterStartTls)).await;
            }
        }
    }

    async fn secured<S: Stream>(
        &self,
        protocol: Protocol,
        stream: S,
        address: Option<IpAddr>,
        start: Start,
    ) {
        let acceptor = TlsAcceptor::from(self.tls.config(protocol));
        let mut stream: TlsStream<S> = match timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                let address = address.map(tracing::field::display);
                tracing::debug!(%protocol, address, %error, "no TLS");
                return;
            }
            Err(_) => return,
        };
        let mut peer = Peer::new(address, Security::Tls);
        if self.binds(protocol) {
            peer.bindings = bindings(stream.get_ref().1);
        }
        match self.session(protocol, &mut stream, peer, start).await {
            Over::Closed => self.good_bye(protocol, stream).await,
            // Under TLS no door offers it again.
            Over::StartTls => {}
        }
    }

    /// Whether logins can be bound to the TLS connection (SCRAM-SHA-256-PLUS). Not on submission unless so set: programs
    /// with Cyrus SASL take the name for one that they know, and then fail.
    fn binds(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Submission | Protocol::Submissions => {
                self.settings.get().binding_on_submission
            }
            Protocol::Imap
            | Protocol::Imaps
            | Protocol::Pop3
            | Protocol::Pop3s
            | Protocol::Smtp
            | Protocol::Lmtp
            | Protocol::Http
            | Protocol::Https => true,
        }
    }

    async fn session<S: Stream>(
        &self,
        protocol: Protocol,
        stream: &mut S,
        peer: Peer,
        start: Start,
    ) -> Over {
        let directory = Guarded::new(
            Arc::clone(&self.logins),
            Arc::clone(&self.connections),
            Arc::clone(&self.live),
            (protocol, Arc::clone(self.accounts.clock())),
        );
        let (end, directory) = (directory.end(), Arc::new(directory));
        match protocol {
            Protocol::Pop3 | Protocol::Pop3s => {
                let stls = pop3::server::Stls::Offered;
                let accounts = self.accounts.clone();
                let service = pop3::server::Service {
                    language: self.settings.get().language,
                    tally: Arc::clone(&self.metrics.pop3),
                    ..pop3::server::Service::new(accounts, directory, stls)
                };
                let first = match start {
                    Start::Greeting => pop3::server::First::Greeting,
                    Start::AfterStartTls => pop3::server::First::AfterStls,
                };
                let stream = Ending::new(stream, self.phase.clone(), end);
                match pop3::server::serve(stream, Arc::new(service), peer, first).await {
                    pop3::server::End::Closed => Over::Closed,
                    pop3::server::End::StartTls(_) => Over::StartTls,
                }
            }
            Protocol::Smtp => self.mail(Flavour::Smtp, directory, stream, peer, start).await,
            Protocol::Submission | Protocol::Submissions => {
                self.mail(Flavour::Submission, directory, stream, peer, start).await
            }
            Protocol::Lmtp => self.mail(Flavour::Lmtp, directory, stream, peer, start).await,
            Protocol::Imap | Protocol::Imaps => {
                let service = imap::server::Service {
                    accounts: self.accounts.clone(),
                    directory,
                    host_name: Arc::clone(&self.hostname),
                    version: Arc::clone(&self.version),
                    start_tls: imap::server::StartTls::Offered,
                    patience: imap::server::Patience::default(),
                    stopping: self.imap_stopping(),
                    introduced: introduced(&end),
                    jmap_url: self.jmap_url.get().cloned(),
                    metadata: self.settings.get().metadata.clone(),
                };
                let first = match start {
                    Start::Greeting => imap::server::First::Greeting,
                    Start::AfterStartTls => imap::server::First::AfterTls,
                };
                let stream = Ending::new(stream, self.phase.clone(), end);
                match imap::server::serve(stream, Arc::new(service), peer, first).await {
                    imap::server::End::Closed => Over::Closed,
                    imap::server::End::StartTls(_) => Over::StartTls,
                }
            }
            // These are served by `http`.
            Protocol::Http | Protocol::Https => Over::Closed,
        }
    }

    async fn mail<S: Stream>(
        &self,
        flavour: Flavour,
        directory: Arc<Guarded>,
        stream: &mut S,
        peer: Peer,
        start: Start,
    ) -> Over {
        let (courier, end) = (self.deliveries.courier(), directory.end());
        let service = smtp::server::Service {
            flavour,
            hostname: self.hostname.to_string(),
            message_octets_max: self.accounts.policy().message_octets_max,
            tls: smtp::server::Tls::Offered,
            directory,
            delivery: Arc::<Courier>::clone(&courier),
            clock: Arc::clone(self.accounts.clock()),
            phase: self.phase.clone(),
        };
        let start = match start {
            Start::Greeting => smtp::server::Start::Greeting,
            Start::AfterStartTls => smtp::server::Start::AfterStartTls,
        };
        let stream = Ending::when_called_off(stream, end);
        let stream = Listening::new(stream, courier.heard());
        let end = smtp::server::serve(stream, peer, Arc::new(service), start).await;
        courier.ended();
        match end {
            smtp::server::End::Closed | smtp::server::End::Broken(_) => Over::Closed,
            smtp::server::End::StartTls(_) => Over::StartTls,
        }
    }

    /// What an IMAP session asks before it says BYE.
    fn imap_stopping(&self) -> imap::server::Stopping {
        let phase = self.phase.clone();
        imap::server::Stopping::when(move || *phase.borrow() == Phase::Stopping)
    }

    /// Says good-bye when it is us who end. That the peer is gone already does no harm.
    async fn good_bye<S: Stream>(&self, protocol: Protocol, mut stream: S) {
        if *self.phase.borrow() == Phase::Stopping {
            let words = match protocol {
                Protocol::Pop3 | Protocol::Pop3s => {
                    "-ERR [SYS/TEMP] the server is stopping; come back soon\r\n"
                }
                // These say so themselves.
                Protocol::Imap
                | Protocol::Imaps
                | Protocol::Smtp
                | Protocol::Submission
                | Protocol::Submissions
                | Protocol::Lmtp
                | Protocol::Http
                | Protocol::Https => "",
            };
            drop(timeout(GOOD_BYE, stream.write_all(words.as_bytes())).await);
        }
        drop(timeout(GOOD_BYE, stream.shutdown()).await);
    }
}

/// Takes what a mail program calls itself.
fn introduced(end: &Arc<End>) -> imap::server::Introduced {
    let end = Arc::clone(end);
    imap::server::Introduced::to(move |program| end.introduce(program))
}

/// What a connection hears that is one too many.
pub(super) fn refusal(protocol: Protocol, why: TooMany) -> String {
    match protocol {
        Protocol::Imap => format!("* BYE {why}\r\n"),
        Protocol::Pop3 => format!("-ERR [SYS/TEMP] {why}\r\n"),
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => format!("421 4.7.0 {why}\r\n"),
        // Nothing can be said before the handshake.
        Protocol::Imaps
        | Protocol::Pop3s
        | Protocol::Submissions
        | Protocol::Http
        | Protocol::Https => String::new(),
    }
}
