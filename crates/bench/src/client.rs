//! The client that puts on the load: lean, so that what is measured is the server.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// How to connect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    Plain,
    Tls,
}

/// A connection that sends lines and reads lines.
pub(crate) struct Client {
    stream: Pin<Box<dyn Stream>>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    pace: Option<Pace>,
}

/// How quickly a client reads at most.
struct Pace {
    octets_per_second: f64,
    since: Instant,
    octets: f64,
}

/// What an answer amounted to.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Answer {
    /// Untagged lines.
    pub(crate) lines: u64,
    /// Octets in all.
    pub(crate) octets: u64,
}

impl Client {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr, security: Security) -> Result<Client> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let stream: Pin<Box<dyn Stream>> = match security {
            Security::Plain => Box::pin(tcp),
            Security::Tls => {
                let name = ServerName::try_from("localhost")?;
                Box::pin(tokio_rustls::TlsConnector::from(tls()).connect(name, tcp).await?)
            }
        };
        Ok(Client { stream, buffer: vec![0; 16 << 10], start: 0, end: 0, pace: None })
    }

    /// Connects to IMAP, reads the greeting and logs in.
    pub(crate) async fn imap(
        address: SocketAddr,
        security: Security,
        user: &str,
    ) -> Result<Client> {
        let mut client = Client::connect(address, security).await?;
        client.line().await?;
        client.command(&format!("LOGIN {user} {}", crate::server::PASSWORD)).await?;
        Ok(client)
    }

    /// Makes the buffer large, for bulk transfers.
    pub(crate) fn widen(&mut self) {
        self.buffer.resize(256 << 10, 0);
    }

    /// Reads no quicker than this from now on.
    pub(crate) fn slow_down(&mut self, octets_per_second: u32) {
        self.pace = Some(Pace {
            octets_per_second: f64::from(octets_per_second),
            since: Instant::now(),
            octets: 0.0,
        });
    }

    /// Sends octets.
    pub(crate) async fn send(&mut self, octets: &[u8]) -> Result<()> {
        self.stream.write_all(octets).await?;
        Ok(self.stream.flush().await?)
    }

    async fn fill(&mut self) -> Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let count = self.stream.read(&mut self.buffer[self.end..]).await?;
        if count == 0 {
            bail!("the server closed the connection");
        }
        self.end += count;
        if let Some(pace) = &mut self.pace {
            pace.octets += count as f64;
            let due = Duration::from_secs_f64(pace.octets / pace.octets_per_second);
            tokio::time::sleep(due.saturating_sub(pace.since.elapsed())).await;
        }
        Ok(())
    }

    /// Reads a line, without its end; gives its place in the buffer.
    async fn line_at(&mut self) -> Result<(usize, usize)> {
        let mut searched = 0;
        loop {
            let there = &self.buffer[self.start + searched..self.end];
            if let Some(at) = memchr::memchr(b'\n', there) {
                let from = self.start;
                let length = searched + at;
                self.start += length + 1;
                let line = &self.buffer[from..from + length];
                return Ok((from, from + line.strip_suffix(b"\r").unwrap_or(line).len()));
            }
            searched += there.len();
            self.fill().await?;
        }
    }

    /// Reads a line.
    pub(crate) async fn line(&mut self) -> Result<String> {
        let (from, to) = self.line_at().await?;
        Ok(String::from_utf8_lossy(&self.buffer[from..to]).into_owned())
    }

    /// Passes over octets.
    async fn skip(&mut self, mut octets: usize) -> Result<()> {
        loop {
            let here = octets.min(self.end - self.start);
            self.start += here;
            octets -= here;
            if octets == 0 {
                return Ok(());
            }
            self.start = 0;
            self.end = 0;
            self.fill().await?;
        }
    }

    /// Sends an IMAP command and reads its answer; anything but OK is an error.
    pub(crate) async fn command(&mut self, command: &str) -> Result<Answer> {
        self.send(format!("a {command}\r\n").as_bytes()).await?;
        self.answer().await.with_context(|| command.chars().take(60).collect::<String>())
    }

    /// Reads up to the tagged line of tag `a`.
    pub(crate) async fn answer(&mut self) -> Result<Answer> {
        let mut answer = Answer::default();
        loop {
            let (from, to) = self.line_at().await?;
            answer.octets += (to - from + 2) as u64;
            let line = &self.buffer[from..to];
            if line.starts_with(b"a ") {
                if !line.starts_with(b"a OK") {
                    bail!("{}", String::from_utf8_lossy(line));
                }
                return Ok(answer);
            }
            answer.lines += 1;
            if let Some(octets) = literal(line) {
                answer.octets += octets as u64;
                self.skip(octets).await?;
            }
        }
    }

    /// Sends an SMTP or LMTP line and reads its reply, of one or more lines; anything but 2xx and 3xx is an error.
    pub(crate) async fn smtp(&mut self, line: &str) -> Result<()> {
        self.send(format!("{line}\r\n").as_bytes()).await?;
        self.reply().await
    }

    /// Reads a reply.
    pub(crate) async fn reply(&mut self) -> Result<()> {
        loop {
            let (from, to) = self.line_at().await?;
            let line = &self.buffer[from..to];
            if !matches!(line.first(), Some(b'2' | b'3')) {
                bail!("{}", String::from_utf8_lossy(line));
            }
            if line.get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }

    /// Passes over lines up to the one that is only a dot. Looks for that one alone, so that the client, which has its
    /// part of the same two cores, costs as little as it can.
    pub(crate) async fn past_dot(&mut self) -> Result<()> {
        const END: &[u8] = b"\r\n.\r\n";
        let end = memchr::memmem::Finder::new(END);
        while self.end - self.start < 3 {
            self.fill().await?;
        }
        if self.buffer[self.start..].starts_with(&END[2..]) {
            self.start += 3;
            return Ok(());
        }
        loop {
            if let Some(at) = end.find(&self.buffer[self.start..self.end]) {
                self.start += at + END.len();
                return Ok(());
            }
            // The end may have come in part.
            self.start = self.start.max(self.end.saturating_sub(END.len() - 1));
            self.fill().await?;
        }
    }

    /// Reads to the end of the connection.
    pub(crate) async fn end(&mut self) -> Result<()> {
        while self.stream.read(&mut self.buffer).await.unwrap_or(0) > 0 {}
        Ok(())
    }
}

/// The literal that a line announces at its end.
fn literal(line: &[u8]) -> Option<usize> {
    let inside = line.strip_suffix(b"}")?;
    let at = memchr::memrchr(b'{', inside)?;
    std::str::from_utf8(inside.get(at + 1..)?).ok()?.parse().ok()
}

/// TLS that trusts anybody: the peer is a server that this program started on loopback.
fn tls() -> Arc<rustls::ClientConfig> {
    static CONFIG: std::sync::OnceLock<Arc<rustls::ClientConfig>> = std::sync::OnceLock::new();
    Arc::clone(CONFIG.get_or_init(|| {
        let mut config = rustls::ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_no_client_auth();
        // Each login is a full handshake, on both servers.
        config.resumption = rustls::client::Resumption::disabled();
        Arc::new(config)
    }))
}

#[derive(Debug)]
struct Anybody;

impl rustls::client::danger::ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
