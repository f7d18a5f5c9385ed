//! What an authority may see while it checks that names lead to this host: a certificate on the https listener (RFC 8737), a
//! text on the http listener (RFC 8555, 8.3). Nothing is answered that is not waited for.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rcgen::{CertificateParams, CustomExtension, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{default_provider, sign::any_supported_type};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{Acceptor, ClientHello};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::fault::AcmeFault;
use super::limits::TOKEN_OCTETS_MAX;

/// The protocol of TLS-ALPN-01 (RFC 8737, 6.2).
const ACME_TLS: &[u8] = b"acme-tls/1";

/// The challenges that are waited for.
#[derive(Default)]
pub struct Pending(RwLock<Offers>);

#[derive(Default)]
struct Offers {
    /// What is answered over HTTP, by the token.
    texts: HashMap<String, String>,
    /// What is answered over TLS, by the name.
    configs: HashMap<String, Arc<ServerConfig>>,
}

/// Withdraws all challenges when it is dropped, however an order ends.
pub(super) struct Withdraw(pub(super) Arc<Pending>);

impl Drop for Withdraw {
    fn drop(&mut self) {
        *self.0.0.write().unwrap_or_else(PoisonError::into_inner) = Offers::default();
    }
}

impl Pending {
    /// Answers a token over HTTP.
    pub(super) fn offer_text(&self, token: &str, text: &str) -> Result<(), AcmeFault> {
        if !is_token(token) {
            return Err(AcmeFault::Token);
        }
        let mut offers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        offers.texts.insert(token.to_owned(), text.to_owned());
        Ok(())
    }

    /// Answers for a name over TLS, with a certificate that has the digest in it (RFC 8737, 3).
    pub(super) fn offer_certificate(&self, name: &str, digest: &[u8]) -> Result<(), AcmeFault> {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.self_signed(&key)?;
        let chain = vec![certificate.der().clone()];
        let key = any_supported_type(&PrivateKeyDer::Pkcs8(key.serialize_der().into()))?;
        // Nobody need understand it: the extension is critical, so that it is good for nothing else.
        let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = vec![ACME_TLS.to_vec()];
        config.send_tls13_tickets = 0;
        let mut offers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        offers.configs.insert(name.to_ascii_lowercase(), Arc::new(config));
        Ok(())
    }

    /// Begins TLS; none where an authority only looked whether a name leads here (RFC 8737, 3).
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        config: Arc<ServerConfig>,
    ) -> io::Result<Option<TlsStream<S>>> {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        if let Some(config) = self.answer(&hello.client_hello()) {
            hello.into_stream(config).await?.shutdown().await?;
            return Ok(None);
        }
        hello.into_stream(config).await.map(Some)
    }

    /// How an authority is answered that checks a name; none where somebody else says hello, or nothing is waited for.
    fn answer(&self, hello: &ClientHello<'_>) -> Option<Arc<ServerConfig>> {
        // RFC 8737, 3: the client offers this protocol alone.
        let protocols: Vec<&[u8]> = hello.alpn()?.collect();
        if protocols != [ACME_TLS] {
            return None;
        }
        let name = hello.server_name()?.to_ascii_lowercase();
        self.0.read().unwrap_or_else(PoisonError::into_inner).configs.get(&name).cloned()
    }

    /// Where texts are asked for.
    pub fn router(self: &Arc<Self>) -> Router {
        let router = Router::new().route("/.well-known/acme-challenge/{token}", get(text));
        router.with_state(Arc::clone(self))
    }

    fn text(&self, token: &str) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).texts.get(token).cloned()
    }
}

async fn text(State(pending): State<Arc<Pending>>, Path(token): Path<String>) -> Response {
    match pending.text(&token) {
        Some(text) => ([(header::CONTENT_TYPE, "application/octet-stream")], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// RFC 8555, 8.3: a token has only characters of base64url, so that it leads nowhere else.
fn is_token(token: &str) -> bool {
    let is_right = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    (1..=TOKEN_OCTETS_MAX).contains(&token.len()) && token.bytes().all(is_right)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::limits::TOKEN_OCTETS_MAX;
    use super::{Pending, Withdraw};

    #[test]
    fn only_tokens_that_are_waited_for_are_answered() {
        let pending = Arc::new(Pending::default());
        let withdraw = Withdraw(Arc::clone(&pending));
        pending.offer_text("a-B_9", "a-B_9.thumb").unwrap();
        assert_eq!(pending.text("a-B_9").as_deref(), Some("a-B_9.thumb"));
        assert_eq!(pending.text("other"), None);
        drop(withdraw);
        assert_eq!(pending.text("a-B_9"), None);
        let long = "a".repeat(TOKEN_OCTETS_MAX + 1);
        for token in ["", "a/b", "..", "a%2f", "a b", "a\r\nb", "é", long.as_str()] {
            assert!(pending.offer_text(token, "text").is_err(), "{token}");
        }
        assert!(pending.offer_text(&long[1..], "text").is_ok());
    }
}
