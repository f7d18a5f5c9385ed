//! Where an attempt to log in comes from, and the one line of the log that each attempt leaves.
//!
//! What the other end has written comes last in the line, so that a program that reads the log (fail2ban) meets what we
//! wrote first.

use std::net::IpAddr;

use sasl::{Login, Peer};
use tracing::field::{DisplayValue, display};

/// Where an attempt to log in comes from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) peer: &'a Peer,
    /// `imap`, `pop3` or `submission`.
    pub(super) door: &'static str,
}

/// What is logged of a name that may be anything.
const NAME_CHARACTERS_MAX: usize = 100;

impl<'a> Origin<'a> {
    pub(super) fn new(peer: &'a Peer, door: &'static str) -> Origin<'a> {
        Origin { peer, door }
    }

    fn address(&self) -> Option<DisplayValue<IpAddr>> {
        self.peer.address.map(|address| display(address.to_canonical()))
    }

    /// Somebody is in.
    pub(super) fn log_right(&self, login: &Login) {
        let (door, address, device) = (self.door, self.address(), login.device.as_deref());
        tracing::info!(door, address, outcome = "ok", user = login.address, device, "login");
    }

    /// A name or a password is wrong.
    pub(super) fn log_failed(&self, user: Option<&str>, reason: &'static str) {
        let (door, address, user) = (self.door, self.address(), user.map(shortened));
        tracing::info!(door, address, outcome = "failed", reason, user, "login");
    }

    /// It was not looked at, or could not be.
    pub(super) fn log_refused(&self, user: Option<&str>, reason: &str) {
        let (door, address, user) = (self.door, self.address(), user.map(shortened));
        tracing::info!(door, address, outcome = "refused", reason, user, "login");
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME_CHARACTERS_MAX).collect()
}
