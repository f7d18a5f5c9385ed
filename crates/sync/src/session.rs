//! Getting in: connects, goes over to TLS, logs in.

use std::time::Duration;

use sasl::{Binding, Credentials, Secret, Security};
use tokio::time::timeout;

use crate::limits::CONNECT_TIMEOUT_S;
use crate::network::{Network, NetworkFault, Stream, Trust};
use crate::trouble::Trouble;
use crate::{Endpoint, Transport};

/// Who logs in, and where.
pub struct Login<'l> {
    /// The server.
    pub endpoint: &'l Endpoint,
    /// The certificates that are trusted.
    pub trust: &'l Trust,
    /// The name there.
    pub user: &'l str,
    /// The password.
    pub password: &'l Secret,
}

/// A POP3 session that has logged in.
pub type Pop3 = pop3::client::Client<Box<dyn Stream>>;

/// An IMAP session that has logged in.
pub type Imap = imap::Client<Box<dyn Stream>>;

/// Connects and logs in over POP3.
pub async fn open(network: &dyn Network, login: &Login<'_>) -> Result<Pop3, Trouble> {
    let mut client: Pop3 = greeted(network, login).await?;
    let fault = |fault| Trouble::of_login(fault, login.endpoint, login.user);
    let utf8 = client.capabilities().await.map_err(fault)?.utf8;
    if utf8.is_some() {
        // Messages come as they are then, not as somebody's ASCII of them (RFC 6856, 2).
        client.enter_utf8().await.map_err(fault)?;
    }
    client.login(login.credentials(), network.nonce(), Binding::Unable).await.map_err(fault)?;
    Ok(client)
}

/// Connects and logs in over IMAP.
pub async fn open_imap(network: &dyn Network, login: &Login<'_>) -> Result<Imap, Trouble> {
    let mut client: Imap = greeted(network, login).await?;
    let fault = |fault| Trouble::of_imap_login(fault, login.endpoint, login.user);
    client.log_in(login.credentials(), network.nonce(), Binding::Unable).await.map_err(fault)?;
    Ok(client)
}

/// How many messages are in the Inbox.
pub async fn inbox(client: &mut Imap) -> Result<u64, imap::client::Fault> {
    client.capabilities().await?;
    let item = imap::commands::StatusItem::MESSAGES;
    Ok(client.status("INBOX", &[item]).await?.number(item).unwrap_or(0))
}

impl Login<'_> {
    fn credentials(&self) -> Credentials {
        Credentials::password(self.user, self.password.clone())
    }
}

/// The beginning of a session, which is the same for all protocols.
trait Begins: Sized {
    /// Takes the greeting.
    async fn begins(
        stream: Box<dyn Stream>,
        security: Security,
        endpoint: &Endpoint,
    ) -> Result<Self, Trouble>;

    /// Asks for TLS, and gives the stream back for it.
    async fn asks_for_tls(self, endpoint: &Endpoint) -> Result<Box<dyn Stream>, Trouble>;

    /// Goes on under TLS.
    fn goes_on(stream: Box<dyn Stream>) -> Self;
}

impl Begins for Pop3 {
    async fn begins(
        stream: Box<dyn Stream>,
        security: Security,
        endpoint: &Endpoint,
    ) -> Result<Self, Trouble> {
        let begun = pop3::client::Client::begin(stream, security).await;
        begun.map_err(|fault| Trouble::of_session(fault, endpoint))
    }

    async fn asks_for_tls(self, endpoint: &Endpoint) -> Result<Box<dyn Stream>, Trouble> {
        self.start_tls().await.map_err(|fault| {
            if let pop3::client::Fault::Refused(refusal) = &fault {
                return Trouble::no_tls(endpoint, &refusal.text);
            }
            Trouble::of_session(fault, endpoint)
        })
    }

    fn goes_on(stream: Box<dyn Stream>) -> Self {
        pop3::client::Client::after_tls(stream, Security::Tls)
    }
}

impl Begins for Imap {
    async fn begins(
        stream: Box<dyn Stream>,
        security: Security,
        endpoint: &Endpoint,
    ) -> Result<Self, Trouble> {
        let begun = imap::Client::begin(stream, security).await;
        begun.map_err(|fault| Trouble::of_imap_session(fault, endpoint))
    }

    async fn asks_for_tls(self, endpoint: &Endpoint) -> Result<Box<dyn Stream>, Trouble> {
        self.start_tls().await.map_err(|fault| {
            if let imap::client::Fault::Refused(status) = &fault {
                return Trouble::no_tls(endpoint, &status.text);
            }
            Trouble::of_imap_session(fault, endpoint)
        })
    }

    fn goes_on(stream: Box<dyn Stream>) -> Self {
        imap::Client::after_tls(stream, Security::Tls)
    }
}

/// Connects, and goes over to TLS where that is to be.
async fn greeted<C: Begins>(network: &dyn Network, login: &Login<'_>) -> Result<C, Trouble> {
    let Login { endpoint, trust, .. } = login;
    let host = endpoint.host.as_str();
    let unreached = |fault| Trouble::of_network(fault, endpoint);
    let patience = Duration::from_secs(CONNECT_TIMEOUT_S);
    let connecting = timeout(patience, network.connect(host, endpoint.port)).await;
    let connection = connecting.unwrap_or(Err(NetworkFault::TimedOut)).map_err(unreached)?;
    let tls = async |stream| {
        let done = timeout(patience, network.begin_tls(stream, host, trust)).await;
        done.unwrap_or(Err(NetworkFault::TimedOut)).map_err(unreached)
    };
    let stream = connection.stream;
    match endpoint.transport {
        Transport::Tls => C::begins(tls(stream).await?, Security::Tls, endpoint).await,
        Transport::StartTls => {
            let client = C::begins(stream, Security::Clear, endpoint).await?;
            Ok(C::goes_on(tls(client.asks_for_tls(endpoint).await?).await?))
        }
        Transport::Clear if connection.is_loopback => {
            C::begins(stream, Security::Loopback, endpoint).await
        }
        Transport::Clear => Err(Trouble::ClearNetwork { host: host.to_owned() }),
    }
}
