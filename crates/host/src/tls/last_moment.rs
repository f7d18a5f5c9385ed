//! When a certificate ends: the one field of it that is read here (RFC 5280, 4.1).

use mailbox::Timestamp;

/// Tags of X.690 and RFC 5280.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The last moment at which a certificate, in DER, is valid; none if it cannot be read.
pub(super) fn last_moment(certificate: &[u8]) -> Option<Timestamp> {
    let mut fields = within(within(certificate)?)?;
    // Version (which may be left out), serial number, signature, issuer; then validity, which is from and until.
    if take(&mut fields)?.0 == VERSION {
        take(&mut fields)?;
    }
    take(&mut fields)?;
    take(&mut fields)?;
    let (_, mut validity) = take(&mut fields)?;
    take(&mut validity)?;
    let (tag, until) = take(&mut validity)?;
    let text = std::str::from_utf8(until).ok().filter(|text| text.is_ascii())?;
    let (year, rest) = match tag {
        // RFC 5280, 4.1.2.5.1: years from 50 on are of the last century.
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let century = if year < "50" { "20" } else { "19" };
            (format!("{century}{year}"), rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    let part = |from: usize| rest.get(from..from.saturating_add(2));
    let (month, day) = (part(0)?, part(2)?);
    let (hour, minute, second) = (part(4)?, part(6)?, part(8)?);
    machine::time_of(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

/// What the sequence holds that stands at the beginning.
fn within(mut octets: &[u8]) -> Option<&[u8]> {
    take(&mut octets).filter(|(tag, _)| *tag == SEQUENCE).map(|(_, inside)| inside)
}

/// Takes an element: its tag and what it holds (X.690, 8.1).
fn take<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&[tag, first], after) = rest.split_first_chunk::<2>()?;
    let (length, after) = match first {
        0..0x80 => (usize::from(first), after),
        // The number of digits; a certificate is shorter than what five of them could say.
        0x81..=0x84 => {
            let (digits, after) = after.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().fold(0_usize, |sum, digit| {
                sum.saturating_mul(256).saturating_add(usize::from(*digit))
            });
            (length, after)
        }
        0x80 | 0x85.. => return None,
    };
    let (inside, after) = after.split_at_checked(length)?;
    *rest = after;
    Some((tag, inside))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::last_moment;

    #[test]
    fn the_last_moment_is_found_before_and_after_2050() {
        for (year, want) in [(2046, "2046-03-01T00:00:00Z"), (2051, "2051-03-01T00:00:00Z")] {
            let mut params = CertificateParams::new(["mail.example.org".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 3, 1);
            let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            assert_eq!(last_moment(certificate.der()), machine::time_of(want));
            for end in 0..certificate.der().len() {
                // What is cut is never read beyond its end.
                last_moment(&certificate.der()[..end]);
            }
        }
        assert_eq!(last_moment(b"no certificate"), None);
    }
}
