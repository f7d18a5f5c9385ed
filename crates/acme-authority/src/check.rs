//! Whether a name leads to whoever ordered a certificate for it: HTTP-01 (RFC 8555, 8.3) and TLS-ALPN-01 (RFC 8737, 3).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use x509_cert::Certificate;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::Authority;

/// RFC 8737, 6.1.
const ACME_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.31");

/// The kind of a problem and what is wrong.
type Wrong = (String, String);

fn wrong(kind: &str, what: impl ToString) -> Wrong {
    (kind.to_owned(), what.to_string())
}

impl Authority {
    pub(crate) async fn over_http(
        &self,
        name: &str,
        token: &str,
        answer: &str,
    ) -> Result<(), Wrong> {
        let connected = self.reach.connect(name.to_owned(), 80).await;
        let mut stream = connected.map_err(|error| wrong("connection", error))?;
        let question = format!(
            "GET /.well-known/acme-challenge/{token} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
        );
        let asked = stream.write_all(question.as_bytes()).await;
        asked.map_err(|error| wrong("connection", error))?;
        let mut whole = String::new();
        stream.read_to_string(&mut whole).await.map_err(|error| wrong("connection", error))?;
        let (head, body) = whole.split_once("\r\n\r\n").unwrap_or_default();
        if !head.starts_with("HTTP/1.1 200") || body.trim_end() != answer {
            return Err(wrong("unauthorized", format!("{name} says {body:?}")));
        }
        Ok(())
    }

    pub(crate) async fn over_tls(&self, name: &str, answer: &str) -> Result<(), Wrong> {
        let connected = self.reach.connect(name.to_owned(), 443).await;
        let stream = connected.map_err(|error| wrong("connection", error))?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anything))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"acme-tls/1".to_vec()];
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let server = ServerName::try_from(name.to_owned()).unwrap();
        let stream =
            connector.connect(server, stream).await.map_err(|error| wrong("tls", error))?;
        let (_, tls) = stream.get_ref();
        if tls.alpn_protocol() != Some(b"acme-tls/1") {
            return Err(wrong("unauthorized", "another protocol was chosen"));
        }
        let shown = tls.peer_certificates().and_then(|all| all.first()).unwrap();
        let shown = Certificate::from_der(shown).map_err(|error| wrong("tls", error))?;
        let names = shown.tbs_certificate.get::<SubjectAltName>().ok().flatten();
        let is_ours = names.is_some_and(|(_, SubjectAltName(names))| {
            matches!(names.as_slice(), [GeneralName::DnsName(one)] if one.as_str() == name)
        });
        if !is_ours {
            return Err(wrong("unauthorized", "the certificate is for other names"));
        }
        let want = [&[4, 32], digest(&SHA256, answer.as_bytes()).as_ref()].concat();
        let extensions = shown.tbs_certificate.extensions.unwrap_or_default();
        let has_digest = extensions.iter().any(|extension| {
            extension.extn_id == ACME_IDENTIFIER
                && extension.critical
                && extension.extn_value.as_bytes() == want
        });
        if has_digest { Ok(()) } else { Err(wrong("unauthorized", "the digest is another")) }
    }
}

/// Takes any certificate: what stands in it is looked at afterwards.
#[derive(Debug)]
struct Anything;

impl ServerCertVerifier for Anything {
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
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only TLS 1.3 is spoken".to_owned()))
    }

    /// By the key alone: its certificate has a critical extension that a library of the web refuses.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let certificate = Certificate::from_der(certificate).unwrap();
        let key = certificate.tbs_certificate.subject_public_key_info.to_der().unwrap();
        let key = SubjectPublicKeyInfoDer::from(key);
        let known = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature_with_raw_key(message, &key, signed, &known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
