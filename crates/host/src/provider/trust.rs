//! Which certificates are trusted, and which one was not.

use std::sync::{Arc, Mutex, PoisonError};

use mailbox::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use sync::{Certificate, Trust, Untrusted};

use crate::outbound::{usual_authorities, verified_by};

/// Trusts as a person wants it, and remembers what it did not trust.
pub(super) struct Trusting {
    config: Arc<ClientConfig>,
    refused: Arc<Mutex<Option<Certificate>>>,
    trusted: Arc<Mutex<Option<CertificateSeen>>>,
}

/// A certificate that was trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSeen {
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// Until when it is valid; none: that cannot be read.
    pub until: Option<Timestamp>,
}

impl Trusting {
    pub(super) fn new(trust: &Trust) -> Result<Trusting, Error> {
        let refused = Arc::<Mutex<Option<Certificate>>>::default();
        let pin = match trust {
            Trust::Pin(pin) => Some(*pin),
            Trust::Usual | Trust::Authority(_) => None,
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots(trust)?), provider);
        let usual = usual.build().map_err(|error| Error::General(error.to_string()))?;
        let trusted = Arc::<Mutex<Option<CertificateSeen>>>::default();
        let (refuses, trusts) = (Arc::clone(&refused), Arc::clone(&trusted));
        let verifier = Verifier { usual, pin, refused: refuses, trusted: trusts };
        Ok(Trusting { config: verified_by(Arc::new(verifier))?, refused, trusted })
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// The certificate that was not trusted.
    pub(super) fn refused(&self) -> Option<Certificate> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Trusting {
    /// The certificate that was trusted.
    pub(super) fn trusted(&self) -> Option<CertificateSeen> {
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn roots(trust: &Trust) -> Result<RootCertStore, Error> {
    let mut roots = usual_authorities();
    if let Trust::Authority(text) = trust {
        let mut read = 0_u32;
        for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
            let certificate = certificate.map_err(|error| Error::General(error.to_string()))?;
            roots.add(certificate)?;
            read = read.saturating_add(1);
        }
        if read == 0 {
            return Err(Error::General("there is no certificate in the file of --ca".to_owned()));
        }
    }
    Ok(roots)
}

/// Verifies as usual, or by one hash.
#[derive(Debug)]
struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    pin: Option<[u8; 32]>,
    refused: Arc<Mutex<Option<Certificate>>>,
    trusted: Arc<Mutex<Option<CertificateSeen>>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let sha256 = sha256(end_entity);
        let verified = match self.pin {
            Some(pin) if pin == sha256 => Ok(ServerCertVerified::assertion()),
            Some(_) => Err((
                Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure),
                Untrusted::NotPinned,
            )),
            None => self
                .usual
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map_err(|error| {
                    let why = why(&error);
                    (error, why)
                }),
        };
        if verified.is_ok() {
            let until = crate::tls::life(end_entity).map(|life| life.until);
            *self.trusted.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(CertificateSeen { sha256, until });
        }
        verified.map_err(|(error, why)| {
            let certificate = Certificate { sha256, why };
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
            error
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

fn sha256(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
    digest.as_ref().try_into().unwrap_or_default()
}

/// What is wrong with a certificate.
fn why(error: &Error) -> Untrusted {
    let Error::InvalidCertificate(wrong) = error else {
        return Untrusted::Otherwise(error.to_string());
    };
    use CertificateError as Wrong;
    if matches!(wrong, Wrong::UnknownIssuer) {
        Untrusted::UnknownIssuer
    } else if matches!(wrong, Wrong::Expired | Wrong::ExpiredContext { .. }) {
        Untrusted::Expired
    } else if matches!(wrong, Wrong::NotValidYet | Wrong::NotValidYetContext { .. }) {
        Untrusted::NotYetValid
    } else if matches!(wrong, Wrong::NotValidForName | Wrong::NotValidForNameContext { .. }) {
        Untrusted::OtherName
    } else if matches!(wrong, Wrong::Revoked) {
        Untrusted::Revoked
    } else {
        Untrusted::Otherwise(wrong.to_string())
    }
}
