//! `[lmtp]`: who may hand mail in without a password.

use std::net::IpAddr;

use serde::Deserialize;

use crate::listen::Listen;
use crate::listen::networks::Network;

/// LMTP.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LmtpSection {
    /// The addresses and networks that may connect over TCP, besides this machine.
    pub allow: Vec<String>,
}

/// A listener for LMTP that anybody could hand mail to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} can be reached from other machines, and LMTP asks for no password: name those that may connect in \
     lmtp.allow, such as [\"192.0.2.7\"], or listen on loopback or a Unix socket"
)]
pub struct OpenLmtp(String);

/// Who may connect, besides this machine.
#[derive(Clone, Debug, Default)]
pub struct Allowed(Vec<Network>);

impl Allowed {
    /// Whether an address may connect; none is a Unix socket, whose file says who may.
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        address.is_none_or(|address| {
            address.to_canonical().is_loopback()
                || self.0.iter().any(|network| network.contains(address))
        })
    }
}

impl LmtpSection {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        for network in &self.allow {
            network.parse::<Network>().map_err(|fault| ("lmtp.allow", fault.to_string()))?;
        }
        Ok(())
    }

    /// Refuses listeners that are open to all the world.
    pub fn check_listeners(&self, listeners: &[Listen]) -> Result<(), OpenLmtp> {
        match listeners.iter().find(|listen| listen.is_open_lmtp() && self.allow.is_empty()) {
            Some(open) => Err(OpenLmtp(format!("{}={}", open.protocol, open.address))),
            None => Ok(()),
        }
    }

    /// Who may connect. Checked already when the file was read.
    pub fn allowed(&self) -> Allowed {
        Allowed(self.allow.iter().filter_map(|network| network.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::LmtpSection;

    #[test]
    fn only_who_is_listed_hands_mail_in_from_elsewhere() {
        let section = LmtpSection { allow: vec!["192.0.2.0/28".to_owned()] };
        let allowed = section.allowed();
        for (address, want) in [
            ("192.0.2.7", true),
            ("::ffff:192.0.2.7", true),
            ("192.0.2.77", false),
            ("127.0.0.1", true),
            ("::1", true),
            ("2001:db8::1", false),
        ] {
            assert_eq!(allowed.admits(Some(address.parse().unwrap())), want, "{address}");
        }
        assert!(allowed.admits(None));
    }

    #[test]
    fn a_listener_for_all_the_world_needs_a_list() {
        let listed = LmtpSection { allow: vec!["192.0.2.7".to_owned()] };
        for (listen, fits_without) in [
            ("lmtp=127.0.0.1:24", true),
            ("lmtp=[::1]:24", true),
            ("lmtp=unix:/run/lmtp", true),
            ("smtp=0.0.0.0:25", true),
            ("lmtp=0.0.0.0:24", false),
            ("lmtp=[::]:24", false),
            ("lmtp=192.0.2.1:24", false),
        ] {
            let listen = [listen.parse().unwrap()];
            let without = LmtpSection::default().check_listeners(&listen);
            assert_eq!(without.is_ok(), fits_without, "{listen:?}");
            assert!(listed.check_listeners(&listen).is_ok(), "{listen:?}");
        }
    }
}
