//! Base64 as the mail protocols frame it: one line, strict, bounded (RFC 4422, 4; RFC 4954, 4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Syntax;
use crate::limits::RESPONSE_OCTETS_MAX;

/// Decodes one line (without its line end).
pub fn decode(line: &[u8]) -> Result<Vec<u8>, Syntax> {
    if line.len() > RESPONSE_OCTETS_MAX {
        return Err(Syntax("a response of at most 12,288 octets"));
    }
    STANDARD.decode(line).map_err(|_| Syntax("base64"))
}

/// Decodes the response that stands in the command itself: `=` is an empty one (RFC 4954, 4; RFC 4959, 3).
pub fn initial_response(word: &[u8]) -> Result<Vec<u8>, Syntax> {
    if word == b"=" { Ok(Vec::new()) } else { decode(word) }
}

/// Encodes a message as one line (without its line end).
pub fn encode(message: &[u8]) -> String {
    STANDARD.encode(message)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, initial_response};
    use crate::limits::RESPONSE_OCTETS_MAX;

    #[test]
    fn only_strict_base64_of_bounded_length_passes() {
        assert_eq!(decode(b"aGk=").unwrap(), b"hi");
        assert_eq!(decode(b"").unwrap(), b"");
        for bad in [&b"aGk"[..], b"a Gk=", b"aGk=\n", b"*", b"=", b"aGk==", b"\xff\xff\xff\xff"] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
        assert!(decode(&vec![b'A'; RESPONSE_OCTETS_MAX]).is_ok());
        assert!(decode(&vec![b'A'; RESPONSE_OCTETS_MAX + 4]).is_err());
    }

    #[test]
    fn an_equals_sign_is_an_empty_initial_response() {
        assert_eq!(initial_response(b"=").unwrap(), b"");
        assert_eq!(initial_response(b"aGk=").unwrap(), b"hi");
        assert_eq!(encode(b""), "");
    }
}
