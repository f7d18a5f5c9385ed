//! Getting in: connects, goes over to TLS, logs in.

use std::time::Duration;

use sasl::{Binding, Credentials, Pass, Peer, Security};
use smtp::Flavour;
use smtp::server::Start;
use tokio::time::timeout;

use crate::limits::CONNECT_TIMEOUT_S;
use crate::network::{Network, NetworkFault, Stream, Trust};
use crate::trouble::Trouble;
use crate::{Endpoint, Service, Transport};

/// Who logs in, and where.
pub struct Login<'l> {
    /// The server.
    pub endpoint: &'l Endpoint,
    /// The certificates that are trusted.
    pub trust: &'l Trust,
    /// The name there.
    pub user: &'l str,
    /// The password or token.
    pub pass: &'l Pass,
}

/// A POP3 session that has logged in.
pub type Pop3 = pop3::client::Client<Box<dyn Stream>>;

/// An IMAP session that has logged in.
pub type Imap = imap::Client<Box<dyn Stream>>;

/// A session for sending that has logged in.
pub type Submission = smtp::client::Client<Box<dyn Stream>>;

/// What we call ourselves: a computer at home has no name that others know, and its address there is nobody's business
/// (RFC 5321, 4.1.4; RFC 6409, 4.2).
const HELLO: &str = "[127.0.0.1]";

/// Connects and logs in over POP3.
pub async fn open(network: &dyn Network, login: &Login<'_>) -> Result<Pop3, Trouble> {
    let mut client: Pop3 = greeted(network, login).await?;
    let fault = |fault| login.trouble(Trouble::of_login(fault, login.endpoint, login.user));
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
    let fault = |fault| login.trouble(Trouble::of_imap_login(fault, login.endpoint, login.user));
    client.log_in(login.credentials(), network.nonce(), Binding::Unable).await.map_err(fault)?;
    Ok(client)
}

/// Connects and logs in to send.
pub async fn open_submission(
    network: &dyn Network,
    login: &Login<'_>,
) -> Result<Submission, Trouble> {
    let mut client: Submission = greeted(network, login).await?;
    let security = match login.endpoint.transport {
        Transport::Tls | Transport::StartTls => Security::Tls,
        Transport::Clear => Security::Loopback,
    };
    let peer = Peer::new(None, security);
    let logged_in = client.log_in(login.credentials(), network.nonce(), &peer).await;
    logged_in.map_err(|fault| {
        login.trouble(Trouble::of_submission_login(fault, login.endpoint, login.user))
    })?;
    Ok(client)
}

/// Connects, logs in and leaves again.
pub async fn tried(network: &dyn Network, login: &Login<'_>) -> Result<(), Trouble> {
    // It let the person in; how it says goodbye does not matter.
    match login.endpoint.service {
        Service::Pop3 => drop(open(network, login).await?.quit().await),
        Service::Imap => drop(open_imap(network, login).await?.log_out().await),
        Service::Submission => open_submission(network, login).await?.quit().await,
    }
    Ok(())
}

/// How many messages are in the Inbox.
pub async fn inbox(client: &mut Imap) -> Result<u64, imap::client::Fault> {
    client.capabilities().await?;
    let item = imap::commands::StatusItem::MESSAGES;
    Ok(client.status("INBOX", &[item]).await?.number(item).unwrap_or(0))
}

impl Login<'_> {
    fn credentials(&self) -> Credentials {
        Credentials { login: self.user.to_owned(), pass: self.pass.clone() }
    }

    fn trouble(&self, trouble: Trouble) -> Trouble {
        match self.pass {
            Pass::Password(_) => trouble,
            Pass::Token(_) => trouble.of_token(self.endpoint),
        }
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
    async fn goes_on(stream: Box<dyn Stream>, endpoint: &Endpoint) -> Result<Self, Trouble>;
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

    async fn goes_on(stream: Box<dyn Stream>, _: &Endpoint) -> Result<Self, Trouble> {
        Ok(pop3::client::Client::after_tls(stream, Security::Tls))
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

    async fn goes_on(stream: Box<dyn Stream>, _: &Endpoint) -> Result<Self, Trouble> {
        Ok(imap::Client::after_tls(stream, Security::Tls))
    }
}

impl Begins for Submission {
    async fn begins(
        stream: Box<dyn Stream>,
        _: Security,
        endpoint: &Endpoint,
    ) -> Result<Self, Trouble> {
        hailed(stream, Start::Greeting, endpoint).await
    }

    async fn asks_for_tls(self, endpoint: &Endpoint) -> Result<Box<dyn Stream>, Trouble> {
        self.start_tls().await.map_err(|fault| {
            if let smtp::client::Fault::Refused { reply, .. } = &fault {
                return Trouble::no_tls(endpoint, &reply.to_string());
            }
            if let smtp::client::Fault::Tls(_) = &fault {
                return Trouble::no_tls(endpoint, "");
            }
            Trouble::of_submission(fault, endpoint)
        })
    }

    async fn goes_on(stream: Box<dyn Stream>, endpoint: &Endpoint) -> Result<Self, Trouble> {
        hailed(stream, Start::AfterStartTls, endpoint).await
    }
}

async fn hailed(
    stream: Box<dyn Stream>,
    start: Start,
    endpoint: &Endpoint,
) -> Result<Submission, Trouble> {
    // It is whoever waits for the answer that knows how long: a server that greets a computer at home may look it up first.
    let greeted = Submission::greet(stream, Flavour::Submission, HELLO, start).await;
    greeted.map_err(|fault| Trouble::of_submission(fault, endpoint))
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
            C::goes_on(tls(client.asks_for_tls(endpoint).await?).await?, endpoint).await
        }
        Transport::Clear if connection.is_loopback => {
            C::begins(stream, Security::Loopback, endpoint).await
        }
        Transport::Clear => Err(Trouble::ClearNetwork { host: host.to_owned() }),
    }
}
