//! Certificates: the authority's own, and those that it signs.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateSigningRequestDer, PrivateKeyDer};
use time::OffsetDateTime;

use crate::{Authority, Ways};

pub(crate) fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "An authority for tests");
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(2100, 1, 1);
    params
}

/// The TLS of the directory itself.
pub(crate) fn tls(name: &str, issuer: &Issuer<'static, KeyPair>) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let mut params = crate::params(&[name.to_owned()]);
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(2100, 1, 1);
    let certificate = params.signed_by(&key, issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        );
    Arc::new(config.unwrap())
}

impl Authority {
    /// Signs what is asked for; none if the request is for other names than the order (RFC 8555, 7.4).
    pub(crate) fn sign(&self, request: &[u8], names: &[String]) -> Option<String> {
        let request = CertificateSigningRequestDer::from(request.to_vec());
        let mut request = CertificateSigningRequestParams::from_der(&request).ok()?;
        let mut asked: Vec<String> = request
            .params
            .subject_alt_names
            .iter()
            .map(|name| match name {
                rcgen::SanType::DnsName(name) => name.to_string(),
                other => format!("{other:?}"),
            })
            .collect();
        asked.sort();
        if asked != names {
            return None;
        }
        let (ways, life_s) = {
            let state = self.state();
            (state.ways.clone(), state.life_s)
        };
        let mut now_s = self.reach.now_s();
        let mut params = request.params.clone();
        match ways {
            Ways::WrongName => params = crate::params(&["other.example.org".to_owned()]),
            Ways::Ended => now_s -= 2 * life_s,
            _ => {}
        }
        params.use_authority_key_identifier_extension = true;
        params.not_before = OffsetDateTime::from_unix_timestamp(now_s).unwrap();
        params.not_after = OffsetDateTime::from_unix_timestamp(now_s + life_s).unwrap();
        request.params = params.clone();
        let certificate = match ways {
            Ways::WrongKey => params.signed_by(&KeyPair::generate().unwrap(), &self.issuer),
            _ => request.signed_by(&self.issuer),
        };
        Some(format!("{}{}", certificate.unwrap().pem(), self.root_pem))
    }
}

/// A moment as RFC 3339 has it.
pub(crate) fn moment(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    let (date, clock) = (moment.date(), moment.time());
    let (hour, minute, second) = (clock.hour(), clock.minute(), clock.second());
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}
