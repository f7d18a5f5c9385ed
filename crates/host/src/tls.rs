//! TLS: the certificate, made here when none is configured, and read anew when told to.

mod seen;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use admin::keep::Folder;
use machine::files;
use mailbox::Timestamp;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider, sign::any_supported_type};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ProtocolVersion, ServerConfig, ServerConnection};
use sasl::ChannelBinding;

use crate::listen::Protocol;

pub use seen::{Life, identifier, is_self_signed, life};

/// The TLS of all listeners.
#[derive(Clone)]
pub struct Tls {
    certificate: Arc<Certificate>,
    imap: Arc<ServerConfig>,
    pop3: Arc<ServerConfig>,
    smtp: Arc<ServerConfig>,
    https: Arc<ServerConfig>,
}

/// The certificate in use.
#[derive(Debug)]
struct Certificate(RwLock<Held>);

/// A certificate, and where it was read.
#[derive(Clone, Debug)]
pub struct Held {
    /// The file with the chain.
    pub chain_path: PathBuf,
    /// The file with the key; it may be the same.
    pub key_path: PathBuf,
    /// Both of them.
    pub certified: Arc<CertifiedKey>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// A file cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file is no PEM with what is needed.
    #[error("{path}: no {what} in PEM ({cause})")]
    Pem {
        /// The file.
        path: PathBuf,
        /// A certificate or a key.
        what: &'static str,
        /// What is wrong.
        cause: rustls::pki_types::pem::Error,
    },
    /// The key is of an unknown kind, or does not belong to the certificate.
    #[error("{path}: the key cannot be used with the certificate: {cause}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: rustls::Error,
    },
    /// No certificate could be made.
    #[error("no certificate could be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The library refuses its configuration.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

impl TlsFault {
    /// The file that it is about.
    pub fn path(&self) -> Option<&Path> {
        match self {
            TlsFault::File { path, .. }
            | TlsFault::Pem { path, .. }
            | TlsFault::Key { path, .. } => Some(path),
            TlsFault::Make(_) | TlsFault::Setup(_) => None,
        }
    }
}

impl Tls {
    /// Reads certificate and key.
    pub fn read(chain_path: &Path, key_path: &Path) -> Result<Tls, TlsFault> {
        let certificate = Arc::new(Certificate(RwLock::new(Held::read(chain_path, key_path)?)));
        let tickets = Ticketer::new()?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Certificate>::clone(&certificate);
        // A peer that speaks another protocol says so here, and is refused before it can be misunderstood (ALPACA).
        let config = |protocols: &[&[u8]]| -> Result<Arc<ServerConfig>, TlsFault> {
            let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_cert_resolver(Arc::clone(&resolver));
            config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            config.ticketer = Arc::clone(&tickets);
            config.send_tls13_tickets = 1;
            Ok(Arc::new(config))
        };
        let (imap, pop3, smtp) = (config(&[b"imap"])?, config(&[b"pop3"])?, config(&[b"smtp"])?);
        let https = config(&[b"h2", b"http/1.1"])?;
        Ok(Tls { certificate, imap, pop3, smtp, https })
    }

    /// Reads the certificate of a data folder, and makes one when there is none.
    pub fn of_folder(folder: &Folder, names: &[String]) -> Result<Tls, TlsFault> {
        let (chain, key) = (folder.certificate(), folder.key());
        if !chain.exists() || !key.exists() {
            make(&chain, &key, names)?;
        }
        Tls::read(&chain, &key)
    }

    /// Reads the certificate anew. What is wrong with it leaves the old one in use.
    pub fn reload(&self) -> Result<(), TlsFault> {
        let Held { chain_path, key_path, .. } = self.held();
        self.take(Held::read(&chain_path, &key_path)?);
        Ok(())
    }

    /// Takes another certificate for all that is begun from now on; sessions that are open keep theirs.
    pub fn take(&self, held: Held) {
        *self.certificate.0.write().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// The certificate in use.
    pub fn held(&self) -> Held {
        self.certificate.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The file in which the certificate is.
    pub fn file(&self) -> PathBuf {
        self.held().chain_path
    }

    /// Until when the certificate in use is valid, as far as that can be read.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.held().life().map(|life| life.until)
    }

    /// The configuration for a protocol.
    pub fn config(&self, protocol: Protocol) -> Arc<ServerConfig> {
        let config = match protocol {
            Protocol::Imap | Protocol::Imaps => &self.imap,
            Protocol::Pop3 | Protocol::Pop3s => &self.pop3,
            Protocol::Smtp | Protocol::Submission | Protocol::Submissions | Protocol::Lmtp => {
                &self.smtp
            }
            Protocol::Http | Protocol::Https => &self.https,
        };
        Arc::clone(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&held.certified))
    }
}

impl Held {
    /// Reads both, which may stand in one file.
    pub fn read(chain_path: &Path, key_path: &Path) -> Result<Held, TlsFault> {
        let read = |path: &Path| {
            files::read_text(path).map_err(|cause| TlsFault::File { path: path.to_owned(), cause })
        };
        Held::of((&read(chain_path)?, chain_path), (&read(key_path)?, key_path))
    }

    /// Takes both from text that is to stand in a file.
    pub fn parse(pem: &str, path: &Path) -> Result<Held, TlsFault> {
        Held::of((pem, path), (pem, path))
    }

    fn of(
        (chain, chain_path): (&str, &Path),
        (key, key_path): (&str, &Path),
    ) -> Result<Held, TlsFault> {
        let pem = |path: &Path, what, cause| TlsFault::Pem { path: path.to_owned(), what, cause };
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|cause| pem(chain_path, "certificate", cause))?;
        if chain.is_empty() {
            let cause = rustls::pki_types::pem::Error::NoItemsFound;
            return Err(pem(chain_path, "certificate", cause));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|cause| pem(key_path, "private key", cause))?;
        let wrong_key = |cause| TlsFault::Key { path: key_path.to_owned(), cause };
        let certified = CertifiedKey::new(chain, any_supported_type(&key).map_err(wrong_key)?);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(cause) => return Err(wrong_key(cause)),
        }
        Ok(Held {
            chain_path: chain_path.to_owned(),
            key_path: key_path.to_owned(),
            certified: Arc::new(certified),
        })
    }

    /// From when until when it is valid, as far as that can be read.
    pub fn life(&self) -> Option<Life> {
        self.certified.cert.first().and_then(|certificate| life(certificate))
    }

    /// Whether it is for a name.
    pub fn covers(&self, name: &str) -> bool {
        let parsed = self.certified.cert.first().map(ParsedCertificate::try_from);
        let name = ServerName::try_from(name);
        matches!((parsed, name), (Some(Ok(parsed)), Ok(name)) if verify_server_name(&parsed, &name).is_ok())
    }
}

/// What SCRAM can be bound to (RFC 9266). Only with TLS 1.3: before it, exporters are unique only where both ends
/// use the extended master secret.
pub fn bindings(connection: &ServerConnection) -> Vec<ChannelBinding> {
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return Vec::new();
    }
    let label = b"EXPORTER-Channel-Binding";
    match connection.export_keying_material([0; 32], label, Some(b"")) {
        Ok(octets) => vec![ChannelBinding { name: "tls-exporter", octets: octets.to_vec() }],
        Err(_) => Vec::new(),
    }
}

/// Makes a self-signed certificate: enough to keep listeners out, and for people who trust it once.
fn make(chain_path: &Path, key_path: &Path, names: &[String]) -> Result<(), TlsFault> {
    let mut names = names.to_vec();
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    names.sort();
    names.dedup();
    let common_name = names.iter().find(|name| name.contains('.') && !name.starts_with("127."));
    let mut params = CertificateParams::new(names.clone())?;
    params
        .distinguished_name
        .push(DnType::CommonName, common_name.cloned().unwrap_or_else(|| "localhost".to_owned()));
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2046, 1, 1);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = params.self_signed(&key)?;
    // The key first: a certificate without its key would look complete.
    for (path, text) in [(key_path, key.serialize_pem()), (chain_path, certificate.pem())] {
        files::write_secret(path, text.as_bytes())
            .map_err(|cause| TlsFault::File { path: path.to_owned(), cause })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use admin::keep::Folder;
    use machine::files;

    use super::{Tls, TlsFault, make};

    #[test]
    fn a_certificate_is_made_once_and_only_its_owner_reads_it() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder(temporary.path().to_owned());
        Tls::of_folder(&folder, &["mail.example.org".to_owned()]).unwrap();
        let first = files::read_text(&folder.certificate()).unwrap();
        let tls = Tls::of_folder(&folder, &[]).unwrap();
        assert_eq!(files::read_text(&folder.certificate()).unwrap(), first);
        let mode = folder.key().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(tls.valid_until(), machine::time_of("2046-01-01T00:00:00Z"));
        tls.reload().unwrap();
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder(temporary.path().to_owned());
        let tls = Tls::of_folder(&folder, &[]).unwrap();
        let other = temporary.path().join("other.pem");
        make(&temporary.path().join("c.pem"), &other, &[]).unwrap();
        let mixed = Tls::read(&folder.certificate(), &other);
        assert!(matches!(mixed, Err(TlsFault::Key { .. })));
        files::write_secret(&folder.certificate(), b"nothing").unwrap();
        assert!(matches!(tls.reload(), Err(TlsFault::Pem { what: "certificate", .. })));
        assert!(Tls::read(&temporary.path().join("absent"), &other).is_err());
    }
}
