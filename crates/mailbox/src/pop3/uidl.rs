//! Unique ids of POP3: those we make, and those that mail brought along from another host.

use std::fmt;

use crate::{AccountId, EmailId, Entry, MailboxId, Timestamp, Uid};

/// A unique id from elsewhere: 1 to 70 octets from 0x21 to 0x7e (RFC 1939, 7).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uidl(Box<str>);

impl Uidl {
    /// Takes a unique id, if it is one.
    pub fn new(octets: &[u8]) -> Option<Uidl> {
        let fits = (1..=70).contains(&octets.len());
        let text = std::str::from_utf8(octets).ok()?;
        (fits && octets.iter().all(u8::is_ascii_graphic)).then(|| Uidl(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The email whose own id in this account, made at this time, this is or may be one day.
    pub(crate) fn own(&self, account: AccountId, created: Timestamp) -> Option<EmailId> {
        let mut own = OwnUidl::new(account, created);
        let rest = self.0.strip_prefix(own.start())?;
        let number = rest.split('.').next()?;
        let email = EmailId(u64::from_str_radix(number, 16).ok()?);
        // As we write it: no other writing of the number is ever ours.
        let written = own.of(email, None);
        (self.0.get(..written.len()) == Some(written)).then_some(email)
    }
}

impl fmt::Display for Uidl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes the ids that we make, into one buffer.
///
/// An id is made of the email, not of the UID: mail that is moved away and back, or expunged and brought back, keeps
/// its id and is not downloaded again. An entry that began as a copy has where it was made in it, so that it never
/// has the id of the entry it is a copy of. An account that was removed and made again has other ids, and so has one
/// that was made in the same second.
pub(crate) struct OwnUidl {
    text: String,
    start: usize,
}

impl OwnUidl {
    pub(crate) fn new(account: AccountId, created: Timestamp) -> OwnUidl {
        let text = format!("{:x}-{:x}.", created.0, account.0);
        let start = text.len();
        OwnUidl { text, start }
    }

    /// What all of them begin with.
    fn start(&self) -> &str {
        &self.text
    }

    /// The id of an email, or of a copy of it by where that was made.
    pub(crate) fn of(&mut self, email: EmailId, copy: Option<(MailboxId, Uid)>) -> &str {
        self.text.truncate(self.start);
        hexadecimal(&mut self.text, email.0);
        if let Some((mailbox, uid)) = copy {
            self.text.push('.');
            hexadecimal(&mut self.text, mailbox.0.into());
            self.text.push('.');
            hexadecimal(&mut self.text, uid.number().into());
        }
        &self.text
    }

    /// The id of an entry.
    pub(crate) fn of_entry(&mut self, entry: &Entry, copy: Option<(MailboxId, Uid)>) -> &str {
        self.of(entry.email, copy)
    }
}

/// Writes a number as `{:x}` does. A listing of 100,000 messages spends most of its time here.
fn hexadecimal(text: &mut String, number: u64) {
    let digits = number.checked_ilog2().unwrap_or(0) / 4;
    for digit in (0..=digits).rev() {
        let nibble = number >> digit.saturating_mul(4) & 0xf;
        let nibble = u32::try_from(nibble).unwrap_or(0);
        text.push(char::from_digit(nibble, 16).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_always() {
        for number in [0, 1, 0xf, 0x10, 0xff, 0x100, 1 << 31, 1 << 63, u64::MAX] {
            let mut text = String::new();
            hexadecimal(&mut text, number);
            assert_eq!(text, format!("{number:x}"));
        }
    }

    #[test]
    fn ids_from_elsewhere_have_bounds() {
        assert_eq!(Uidl::new(b"0000a1b2").unwrap().as_str(), "0000a1b2");
        assert!(Uidl::new(&[b'x'; 70]).is_some());
        for wrong in [&b""[..], b"a b", b"a\x7f", "é".as_bytes(), &[b'x'; 71]] {
            assert!(Uidl::new(wrong).is_none());
        }
    }

    #[test]
    fn ids_that_look_like_ours_are_known() {
        let created = Timestamp(0x6553_f100);
        let own = |text: &str| {
            Uidl::new(text.as_bytes()).unwrap().own(AccountId(17), created).map(|e| e.0)
        };
        assert_eq!(own("6553f100-11.2a"), Some(42));
        assert_eq!(own("6553f100-11.2a.1.9"), Some(42));
        assert_eq!(own("6553f100-11.0"), Some(0));
        for other in [
            "6553f100-11.2A",
            "6553f100-11.02a",
            "6553f100-11.",
            "6553f101-11.2a",
            "6553f100-12.2a",
            "6553f100.2a",
            "2a",
            "6553f100-11.+1",
        ] {
            assert_eq!(own(other), None, "{other}");
        }
    }
}
