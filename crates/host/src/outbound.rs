//! The way out: sockets and TLS for the queue, and the postmaster who tells senders what became of their mail.

mod network;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use directory::{Address, People};
use machine::random;
use mailbox::engine::StagedBody;
use mailbox::operations::Append;
use mailbox::{Door, Fault, FlagNames, MailboxName, Who};
use queue::{Connection, Connector, Notification, OutboundQueue, Postmaster, Relay, Submission};
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use sasl::{Credentials, Nonce, Peer, Ready, Secret, Security};
use smtp::command::{Mail, Rcpt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::{Config, RelayAddress, RelaySecurity};
use crate::tls::TlsFault;

pub use network::Network;

/// Why there is no way out.
#[derive(Debug, thiserror::Error)]
pub enum OutboundFault {
    /// The password of the relay cannot be read.
    #[error("relay_password_file: {path}: {cause}")]
    Password {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A relay with a user needs a password.
    #[error("the relay names a user, so relay_password_file is needed")]
    NoPassword,
    /// The certificate authority cannot be read.
    #[error("relay_authority_file: {0}")]
    Authority(#[from] TlsFault),
}

/// The relay of a configuration, if there is one, to whom the host gives this name.
pub fn relay(config: &Config, hostname: &str) -> Result<Option<Relay>, OutboundFault> {
    let Some(RelayAddress { security, user, host, port }) = config.relay_address() else {
        return Ok(None);
    };
    let credentials = match (user, &config.relay_password_file) {
        (None, _) => None,
        (Some(_), None) => return Err(OutboundFault::NoPassword),
        (Some(login), Some(path)) => {
            let password = |cause| OutboundFault::Password { path: path.clone(), cause };
            let text = machine::files::read_text(path).map_err(password)?;
            let line = text.lines().next().unwrap_or_default();
            Some(Credentials::password(login, Secret::new(line)))
        }
    };
    let security = match security {
        RelaySecurity::Tls => queue::RelaySecurity::Tls,
        RelaySecurity::StartTls => queue::RelaySecurity::StartTls,
        RelaySecurity::Clear => queue::RelaySecurity::StartTlsUnlessLoopback,
    };
    Ok(Some(Relay { host, port, security, credentials, hostname: hostname.to_owned() }))
}

/// Opens connections to the relay.
pub struct Sockets {
    tls: Arc<ClientConfig>,
}

impl Sockets {
    /// Trusts the usual authorities, and one more when it is configured.
    pub fn new(authority: Option<&Path>) -> Result<Sockets, OutboundFault> {
        Ok(Sockets { tls: client_config(authority)? })
    }
}

/// The authorities that everybody trusts.
pub(crate) fn usual_authorities() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// How TLS is spoken with servers whose certificates somebody else looks at.
pub(crate) fn verified_by(
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let builder = beginning()?.dangerous().with_custom_certificate_verifier(verifier);
    Ok(Arc::new(builder.with_no_client_auth()))
}

fn beginning() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

/// Trusts the usual authorities, and those of a file, PEM.
fn client_config(authority: Option<&Path>) -> Result<Arc<ClientConfig>, TlsFault> {
    let mut roots = usual_authorities();
    if let Some(path) = authority {
        let file = |cause| TlsFault::File { path: path.to_owned(), cause };
        let text = machine::files::read_text(path).map_err(file)?;
        let pem = |cause| TlsFault::Pem { path: path.to_owned(), what: "certificate", cause };
        for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
            roots.add(certificate.map_err(pem)?)?;
        }
    }
    Ok(Arc::new(beginning()?.with_root_certificates(roots).with_no_client_auth()))
}

impl Connector for Sockets {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Ready<'a, io::Result<Connection>> {
        Box::pin(async move {
            let stream = TcpStream::connect((host, port)).await?;
            stream.set_nodelay(true)?;
            let address = stream.peer_addr()?.ip();
            let security = if address.to_canonical().is_loopback() {
                Security::Loopback
            } else {
                Security::Clear
            };
            let peer = Peer::new(Some(address), security);
            Ok(Connection { stream: Box::new(stream), peer })
        })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn queue::Stream>,
        host: &'a str,
    ) -> Ready<'a, io::Result<Connection>> {
        Box::pin(async move {
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            let connector = TlsConnector::from(Arc::clone(&self.tls));
            let stream = connector.connect(name, stream).await?;
            let peer = Peer::new(None, Security::Tls);
            Ok(Connection { stream: Box::new(stream), peer })
        })
    }

    fn nonce(&self) -> Nonce {
        // Without randomness the login fails, and the mail waits.
        Nonce::from_random(random().unwrap_or_default())
    }
}

/// Tells senders.
pub struct Notices {
    /// To whom.
    pub people: Arc<People>,
    /// What we call ourselves.
    pub hostname: String,
    /// For senders who are elsewhere.
    pub queue: Arc<OutboundQueue>,
}

impl Postmaster for Notices {
    fn hostname(&self) -> String {
        self.hostname.clone()
    }

    fn notify(&self, notification: Notification) -> Ready<'_, Result<(), Fault>> {
        Box::pin(self.tell(notification))
    }
}

impl Notices {
    async fn tell(&self, notification: Notification) -> Result<(), Fault> {
        let Notification { to, octets } = notification;
        let mut incoming = self.people.accounts().receive();
        let received = match incoming.write(&octets).await {
            Ok(()) => incoming.finish().await,
            Err(error) => Err(error),
        };
        let received = received.map_err(faulty)?;
        let local: Option<Address> = to.to_string().parse().ok();
        let local = match local {
            Some(address) if self.people.is_local(address.domain())? => Some(address),
            Some(_) | None => None,
        };
        let Some(address) = local else { return self.queue_notice(to, received.body).await };
        let leads = self.people.leads(&address)?;
        for outside in leads.elsewhere {
            // An alias of this host is told where it leads.
            let Ok(to) = outside.parse() else { continue };
            self.queue_notice(to, received.body.clone()).await?;
        }
        for recipient in leads.people {
            let account = self.people.accounts().open(recipient.account, Who::at(Door::System));
            let account = account.map_err(faulty)?;
            let Some(inbox) = account.find(&MailboxName::inbox())? else { continue };
            let received = received.clone();
            let append =
                Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
            match account.append(inbox.id, vec![append]).await {
                Ok(_) => {}
                // A full mailbox gets no notice: to try for ever would help nobody.
                Err(mailbox::Error::Refused(refused)) => {
                    tracing::warn!(recipient = recipient.address, %refused, "a notice was lost");
                }
                Err(mailbox::Error::Fault(fault)) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Has the queue take a notification to a sender elsewhere. It has no sender itself (RFC 5321, 6.1).
    async fn queue_notice(&self, to: smtp::Address, body: StagedBody) -> Result<(), Fault> {
        let submission = Submission {
            name: format!("notice-{}", body.hash),
            mail: Mail {
                from: None,
                parameters: smtp::MailParameters::default(),
                brackets: smtp::Brackets::There,
            },
            sent_as: None,
            recipients: vec![Rcpt {
                to,
                parameters: smtp::RecipientParameters::default(),
                brackets: smtp::Brackets::There,
            }],
            skipped_octets: 0,
            login: None,
            held_until: None,
        };
        let queued = self.queue.add(&submission, body).await;
        queued.map(drop).map_err(|error| Fault::caused("a notification could not be queued", error))
    }
}

fn faulty(error: mailbox::Error) -> Fault {
    match error {
        mailbox::Error::Fault(fault) => fault,
        mailbox::Error::Refused(refused) => Fault::caused("a notification was refused", refused),
    }
}
