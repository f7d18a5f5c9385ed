//! Whole messages on their way from one place to another, each held until it is there.

use mailbox::ZonedTime;
use sha2::{Digest as _, Sha256};

/// A message with all it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// The mailbox that it goes to, as it is called here.
    pub mailbox: String,
    /// What that is for, as IMAP writes it: `\\Sent` (RFC 6154, 2).
    pub special_use: Option<String>,
    /// UIDVALIDITY and UID where it comes from.
    pub uid: Option<(u32, u32)>,
    /// When it came there.
    pub date: Option<ZonedTime>,
    /// Its flags and keywords.
    pub flags: Vec<String>,
    /// Its octets.
    pub octets: Vec<u8>,
}

impl Letter {
    /// The SHA-256 of its octets, in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256(&self.octets)
    }
}

/// The SHA-256 of octets, in hexadecimal.
pub fn sha256(octets: &[u8]) -> String {
    let mut sum = Sum::default();
    sum.take(octets);
    sum.finish()
}

/// A SHA-256 of octets that come in pieces.
#[derive(Clone, Default)]
pub struct Sum(Sha256);

impl Sum {
    /// Takes octets.
    pub fn take(&mut self, octets: &[u8]) {
        self.0.update(octets);
    }

    /// Gives it in hexadecimal.
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|octet| format!("{octet:02x}")).collect()
    }
}
