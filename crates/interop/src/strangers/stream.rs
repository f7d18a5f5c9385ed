//! Connections of strangers, held until they are dropped.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Door, Kind, Sends};
use crate::host::Host;

/// Where strangers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// From this machine.
    Loopback,
    /// Each from an address of its own in 10.0.0.0/8, which must lead here.
    Everywhere,
}

impl From {
    async fn connect(self, number: usize, port: u16) -> std::io::Result<TcpStream> {
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let socket = TcpSocket::new_v4()?;
        if self == From::Everywhere {
            let number = u32::try_from(number).unwrap();
            // Each in a network of its own (a /21), as those of a botnet are.
            let address = Ipv4Addr::from_bits(0x0a00_0001 + number * 2_048);
            socket.bind(SocketAddr::from((address, 0)))?;
        }
        socket.connect(to).await
    }
}

/// Whom strangers come to, and what for.
pub(super) struct To<'a> {
    pub(super) host: &'a Host,
    pub(super) kind: Kind,
    pub(super) recipient: String,
}

/// One that is connected.
pub(super) type Stranger = Box<dyn Stream>;

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// So many come at once, and each sends what it has to; those that are still there are given.
pub(super) async fn come(
    to: &To<'_>,
    strangers: usize,
    from: From,
    within: Duration,
) -> Vec<Stranger> {
    let mut coming = JoinSet::new();
    let script: Arc<[u8]> = script(to.kind.sends, &to.recipient).into();
    for number in 0..strangers {
        let script = Arc::clone(&script);
        let path = to.host.data().join("admin.sock");
        let (door, port) = match to.kind.door {
            Door::Clear(listener) | Door::Tls(listener) => (to.kind.door, to.host.port(listener)),
            Door::Admin => (to.kind.door, 0),
        };
        coming.spawn(async move {
            let connected: Option<Stranger> = match door {
                Door::Admin => UnixStream::connect(path).await.ok().map(|s| Box::new(s) as _),
                Door::Clear(_) => from.connect(number, port).await.ok().map(|s| Box::new(s) as _),
                Door::Tls(_) => {
                    let stream = from.connect(number, port).await.ok()?;
                    let name = ServerName::try_from("example.org").unwrap();
                    let tls = TlsConnector::from(Arc::new(tls()));
                    tls.connect(name, stream).await.ok().map(|s| Box::new(s) as _)
                }
            };
            let mut stream = connected?;
            // What cannot be sent in time is not wanted yet; the host holds what it took.
            drop(timeout(within, say(&mut stream, &script)).await);
            Some(stream)
        });
    }
    let mut there = Vec::new();
    while let Some(one) = coming.join_next().await {
        there.extend(one.unwrap());
    }
    there
}

/// Sends all of it, and reads the answers meanwhile, or the host would stop to listen. Ends when the host has been silent
/// for a second.
async fn say(stream: &mut Stranger, script: &[u8]) -> std::io::Result<()> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let read = async {
        let mut answers = [0; 4_096];
        let silence = Duration::from_secs(1);
        // The first may take long: many come at once.
        let mut patience = Duration::from_secs(20);
        while let Ok(Ok(1..)) = timeout(patience, reader.read(&mut answers)).await {
            patience = silence;
        }
    };
    let write = async {
        writer.write_all(script).await?;
        writer.flush().await
    };
    let (written, ()) = tokio::join!(write, read);
    written
}

fn script(sends: Sends, recipient: &str) -> Vec<u8> {
    match sends {
        Sends::Octets(octets, times) => octets.repeat(times),
        Sends::Then(first, again, times) => [first, &again.repeat(times)].concat(),
        Sends::Message { recipients, header_octets } => {
            let (local, domain) = recipient.split_once('@').unwrap();
            let mut script = "EHLO x.example\r\nMAIL FROM:<x@example.net>\r\n".to_owned();
            for number in 0..recipients {
                script.push_str(&format!("RCPT TO:<{local}+number{number}@{domain}>\r\n"));
            }
            if header_octets > 0 {
                script.push_str("DATA\r\n");
                let line = format!("X-Filler: {}\r\n", "x".repeat(900));
                script.push_str(&line.repeat(header_octets / line.len() + 1));
            }
            script.into_bytes()
        }
    }
}

/// The certificate of a test host is its own; any will do.
fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let any = Arc::new(Any(Arc::clone(&provider)));
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(any)
        .with_no_client_auth()
}

#[derive(Debug)]
struct Any(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
