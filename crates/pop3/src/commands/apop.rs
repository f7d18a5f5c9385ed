//! APOP: logs in with a digest of the greeting's timestamp and the password (RFC 1939, 7). The directory checks it.

use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};

pub(crate) const ROW: Row =
    Row { name: "APOP", usage: "APOP name digest", stage: Stage::Authorization, parse };

/// APOP.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Apop<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The MD5 of the timestamp, angle brackets included, followed by the password.
    pub digest: [u8; 16],
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let name = args.word()?;
    let digest = read_digest(args.word()?).ok_or(Wrong)?;
    args.end().map(|()| Command::Apop(Apop { name, digest }))
}

/// Reads 32 hexadecimal digits. They are lower case by the book; upper case is forgiven.
fn read_digest(digits: &[u8]) -> Option<[u8; 16]> {
    let digits: &[u8; 32] = digits.try_into().ok()?;
    let mut digest = [0; 16];
    for (octet, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        let is_hexadecimal = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        *octet = u8::from_str_radix(pair, 16).ok().filter(|_| is_hexadecimal)?;
    }
    Some(digest)
}

impl Apop<'_> {
    pub(crate) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"APOP ");
        out.extend_from_slice(self.name);
        out.push(b' ');
        out.extend(self.digest.iter().flat_map(|octet| format!("{octet:02x}").into_bytes()));
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::read_digest;

    #[test]
    fn a_digest_is_32_hexadecimal_digits() {
        let digest = read_digest(b"c4c9334bac560ecc979e58001B3E22FB").unwrap();
        assert_eq!((digest[0], digest[15]), (0xc4, 0xfb));
        for bad in [&b""[..], b"c4", b"+4c9334bac560ecc979e58001b3e22fb", &[b'g'; 32], &[b'a'; 33]]
        {
            assert_eq!(read_digest(bad), None, "{bad:?}");
        }
    }
}
