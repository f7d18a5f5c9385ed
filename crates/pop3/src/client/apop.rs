//! APOP: a digest of the greeting's timestamp and the password instead of the password (RFC 1939, 7). MD5 is no
//! protection to speak of any more, so nothing chooses this by itself.

use md5::{Digest, Md5};
use sasl::Secret;

use super::{Client, Fault, Stream};
use crate::{Apop, Command};

impl<S: Stream> Client<S> {
    /// Logs in with APOP. For servers that have nothing better, over TLS. A server without a timestamp in its greeting
    /// has no APOP; after STLS there is no greeting, and the one before it is not to be believed.
    pub async fn apop(&mut self, login: &str, password: &Secret) -> Result<(), Fault> {
        let timestamp = self.timestamp.clone().ok_or(Fault::NoApop)?;
        self.capabilities().await?;
        self.fits_user(login.as_bytes())?;
        // RFC 6856, 2.2: both ends prepare what they hash.
        let login = sasl::prepare(login);
        let password = str::from_utf8(password.expose()).map_err(|_| Fault::NotAscii)?;
        let password = Secret::new(sasl::prepare(password).into_bytes());
        if login.contains(' ') {
            return Err(sasl::ClientFault::Server("it takes no spaces in names").into());
        }
        let digest = digest(&timestamp, password.expose());
        self.wire.queue(&Command::Apop(Apop { name: login.as_bytes(), digest: digest.as_bytes() }));
        self.refusable().await?.map_err(Fault::Refused)?;
        self.entered();
        Ok(())
    }
}

/// Finds the timestamp of a greeting: a message id in angle brackets.
pub(super) fn timestamp(greeting: &str) -> Option<String> {
    let from = greeting.find('<')?;
    let rest = greeting.get(from..)?;
    let stamp = rest.get(..=rest.find('>')?)?;
    // A server that hashes what it sent and one that hashes what it meant agree only on plain ASCII.
    let plain = stamp.bytes().all(|octet| octet.is_ascii_graphic());
    (plain && stamp.contains('@')).then(|| stamp.to_owned())
}

/// The digest as 32 hexadecimal digits.
fn digest(timestamp: &str, password: &[u8]) -> String {
    let digest = Md5::new().chain_update(timestamp).chain_update(password).finalize();
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{digest, timestamp};

    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let greeting = "POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
        let stamp = timestamp(greeting).unwrap();
        assert_eq!(digest(&stamp, b"tanstaaf"), "c4c9334bac560ecc979e58001b3e22fb");
    }

    #[test]
    fn not_everything_in_brackets_is_a_timestamp() {
        for greeting in ["ready", "<a@b", "ready <here>", "a> <b", "<é@x>", "<a b@c>"] {
            assert_eq!(timestamp(greeting), None, "{greeting}");
        }
    }
}
