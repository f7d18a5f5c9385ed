//! What is to be known of a certificate: from when until when it is valid, and how its authority finds it again.

use instant_acme::CertificateIdentifier;
use mailbox::Timestamp;
use rustls::pki_types::Der;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::time::Time;

/// From when until when a certificate is valid (RFC 5280, 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The first moment.
    pub from: Timestamp,
    /// The last moment.
    pub until: Timestamp,
}

/// The life of a certificate, in DER; none if it cannot be read.
pub fn life(certificate: &[u8]) -> Option<Life> {
    let validity = Certificate::from_der(certificate).ok()?.tbs_certificate.validity;
    let moment = |time: Time| i64::try_from(time.to_unix_duration().as_secs()).ok().map(Timestamp);
    Some(Life { from: moment(validity.not_before)?, until: moment(validity.not_after)? })
}

/// Whether whoever made a certificate, in DER, vouches for it alone.
pub fn is_self_signed(certificate: &[u8]) -> bool {
    Certificate::from_der(certificate)
        .is_ok_and(|read| read.tbs_certificate.issuer == read.tbs_certificate.subject)
}

/// By what an authority finds a certificate again (RFC 9773, 4.1); none if it says nothing of its authority's key.
pub fn identifier(certificate: &[u8]) -> Option<CertificateIdentifier<'static>> {
    let read = Certificate::from_der(certificate).ok()?.tbs_certificate;
    let (_, authority) = read.get::<AuthorityKeyIdentifier>().ok()??;
    let key = authority.key_identifier?;
    let serial = read.serial_number;
    let identifier = CertificateIdentifier::new(
        Der::from_slice(key.as_bytes()),
        Der::from_slice(serial.as_bytes()),
    );
    Some(identifier.into_owned())
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, IsCa, Issuer, KeyPair, SerialNumber,
    };

    use super::{identifier, is_self_signed, life};

    #[test]
    fn its_life_is_found_before_and_after_2050() {
        for (year, want) in [(2046, "2046-03-01T00:00:00Z"), (2051, "2051-03-01T00:00:00Z")] {
            let mut params = CertificateParams::new(["mail.example.org".to_owned()]).unwrap();
            params.not_before = rcgen::date_time_ymd(2026, 3, 1);
            params.not_after = rcgen::date_time_ymd(year, 3, 1);
            let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            let found = life(certificate.der()).unwrap();
            assert_eq!(Some(found.from), machine::time_of("2026-03-01T00:00:00Z"));
            assert_eq!(Some(found.until), machine::time_of(want));
            assert!(is_self_signed(certificate.der()));
            for end in 0..certificate.der().len() {
                assert_eq!(life(&certificate.der()[..end]), None);
            }
        }
        assert_eq!(life(b"no certificate"), None);
    }

    /// The example of RFC 9773, 4.1.
    #[test]
    fn its_authority_finds_it_by_key_and_serial_number() {
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = Issuer::new(ca, KeyPair::generate().unwrap());
        let mut params = CertificateParams::new(["mail.example.org".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from_slice(&[0x87, 0x65, 0x43, 0x21]));
        let key = [
            0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40, 0x41, 0xe1, 0xb3, 0x7b, 0x84, 0x7b, 0xa0,
            0xae, 0x2c, 0xde, 0x01, 0xc8, 0xd4,
        ];
        let authority = [&[0x30, 0x16, 0x80, 0x14][..], &key].concat();
        let authority = CustomExtension::from_oid_content(&[2, 5, 29, 35], authority);
        params.custom_extensions.push(authority);
        let certificate = params.signed_by(&KeyPair::generate().unwrap(), &ca).unwrap();
        let found = identifier(certificate.der()).unwrap();
        assert_eq!(found.to_string(), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
        let plain = CertificateParams::new(["a.example".to_owned()]).unwrap();
        let plain = plain.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(identifier(plain.der()), None);
    }
}
