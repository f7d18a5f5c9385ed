//! Raw octets to and from a server, in the clear or under TLS, with a time limit on everything.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, StreamOwned};

use super::options::Trust;

/// The longest line taken in; what is longer is cut and tells of a server gone astray.
const LINE_OCTETS_MAX: usize = 1 << 20;

/// What the system says when the time is over.
const SILENT: [ErrorKind; 2] = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
/// What it says when the other side has gone.
const CLOSED: [ErrorKind; 4] = [
    ErrorKind::UnexpectedEof,
    ErrorKind::ConnectionReset,
    ErrorKind::BrokenPipe,
    ErrorKind::ConnectionAborted,
];

/// Why nothing came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing within the time limit; what had come of a line.
    Silent(Vec<u8>),
    /// The connection is closed; what had come of a line.
    Closed(Vec<u8>),
    /// Something else.
    Broken(String),
}

impl Trouble {
    pub(crate) fn text(&self) -> String {
        let part = |octets: &[u8]| match octets {
            [] => String::new(),
            octets => format!(" (after {:?})", String::from_utf8_lossy(octets)),
        };
        match self {
            Trouble::Silent(octets) => format!("no answer in time{}", part(octets)),
            Trouble::Closed(octets) => format!("the connection was closed{}", part(octets)),
            Trouble::Broken(why) => why.clone(),
        }
    }
}

enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// TCP was closed (in the clear), or TLS with its alert.
    Proper,
    /// TCP was closed under TLS without the alert.
    WithoutAlert,
    /// It is still open.
    Open,
}

/// A connection.
pub(crate) struct Wire {
    stream: Stream,
    held: Vec<u8>,
    at: usize,
    end: End,
}

impl Wire {
    pub(crate) fn connect(host: &str, port: u16, patience: Duration) -> Result<Wire, String> {
        let wrong = |e: std::io::Error| format!("{host}:{port}: {e}");
        let mut last = format!("{host}:{port}: no address");
        for address in (host, port).to_socket_addrs().map_err(wrong)? {
            match TcpStream::connect_timeout(&address, patience) {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(wrong)?;
                    stream.set_write_timeout(Some(patience)).map_err(wrong)?;
                    let stream = Stream::Clear(stream);
                    return Ok(Wire { stream, held: Vec::new(), at: 0, end: End::Open });
                }
                Err(error) => last = wrong(error),
            }
        }
        Err(last)
    }

    /// Goes on under TLS. What has come and was not read yet must be nothing.
    pub(crate) fn under_tls(self, host: &str, trust: &Trust) -> Result<Wire, String> {
        if self.at < self.held.len() {
            return Err("the server spoke on in the clear where TLS begins".to_owned());
        }
        let Stream::Clear(socket) = self.stream else {
            return Err("TLS is on already".to_owned());
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|e| e.to_string())?;
        let connection =
            ClientConnection::new(client_config(trust)?, name).map_err(|e| e.to_string())?;
        socket.set_read_timeout(Some(Duration::from_secs(20))).map_err(|e| e.to_string())?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).map_err(|e| format!("TLS: {e}"))?;
        }
        let stream = Stream::Tls(Box::new(stream));
        Ok(Wire { stream, held: Vec::new(), at: 0, end: End::Open })
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    pub(crate) fn send(&mut self, octets: &[u8]) -> Result<(), Trouble> {
        let sent = match &mut self.stream {
            Stream::Clear(stream) => stream.write_all(octets).and_then(|()| stream.flush()),
            Stream::Tls(stream) => stream.write_all(octets).and_then(|()| stream.flush()),
        };
        sent.map_err(|e| {
            let closed = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&e.kind());
            if closed { Trouble::Closed(Vec::new()) } else { Trouble::Broken(e.to_string()) }
        })
    }

    /// Reads a line with its line end, whatever that is; the octets up to LF.
    pub(crate) fn line(&mut self, patience: Duration) -> Result<Vec<u8>, Trouble> {
        let start = Instant::now();
        let mut searched = 0;
        loop {
            let fresh = &self.held[self.at + searched..];
            if let Some(index) = fresh.iter().position(|octet| *octet == b'\n') {
                let line = self.held[self.at..=self.at + searched + index].to_vec();
                self.at += line.len();
                return Ok(line);
            }
            searched += fresh.len();
            if searched > LINE_OCTETS_MAX {
                return Err(Trouble::Broken("a line of more than 1 MiB".to_owned()));
            }
            let left = patience.saturating_sub(start.elapsed());
            if let Err(why) = self.read(left) {
                let part = self.held[self.at..].to_vec();
                return Err(match why {
                    Trouble::Silent(_) => Trouble::Silent(part),
                    Trouble::Closed(_) => Trouble::Closed(part),
                    Trouble::Broken(why) => Trouble::Broken(why),
                });
            }
        }
    }

    /// Reads what comes within this time.
    pub(crate) fn whatever(&mut self, patience: Duration) -> Vec<u8> {
        let start = Instant::now();
        while self.read(patience.saturating_sub(start.elapsed())).is_ok() {}
        let octets = self.held[self.at..].to_vec();
        self.at = self.held.len();
        octets
    }

    /// Waits for the other side to close.
    pub(crate) fn end(&mut self, patience: Duration) -> End {
        self.whatever(patience);
        self.end
    }

    fn read(&mut self, patience: Duration) -> Result<(), Trouble> {
        if self.at == self.held.len() {
            self.held.clear();
            self.at = 0;
        } else if self.at > 1 << 16 {
            self.held.drain(..self.at);
            self.at = 0;
        }
        if patience.is_zero() {
            return Err(Trouble::Silent(Vec::new()));
        }
        let mut octets = [0; 1 << 14];
        let broken = |e: std::io::Error| Trouble::Broken(e.to_string());
        let count = match &mut self.stream {
            Stream::Clear(stream) => {
                stream.set_read_timeout(Some(patience)).map_err(broken)?;
                stream.read(&mut octets)
            }
            Stream::Tls(stream) => {
                stream.sock.set_read_timeout(Some(patience)).map_err(broken)?;
                stream.read(&mut octets)
            }
        };
        match count {
            Ok(0) => {
                self.end = End::Proper;
                Err(Trouble::Closed(Vec::new()))
            }
            Ok(count) => {
                self.held.extend_from_slice(&octets[..count]);
                Ok(())
            }
            Err(e) if SILENT.contains(&e.kind()) => Err(Trouble::Silent(Vec::new())),
            Err(e) if CLOSED.contains(&e.kind()) => {
                self.end = if self.is_tls() { End::WithoutAlert } else { End::Proper };
                Err(Trouble::Closed(Vec::new()))
            }
            Err(e) => Err(Trouble::Broken(e.to_string())),
        }
    }
}

fn client_config(trust: &Trust) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    let config = match trust {
        Trust::Public => {
            let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<RootCertStore>();
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::Ca(path) => {
            let mut roots = RootCertStore::empty();
            let wrong = |e: String| format!("{}: {e}", path.display());
            let found = CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))?;
            for certificate in found {
                let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
                roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

/// Believes every certificate: what is tested is POP3, often with a certificate made for the day.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
