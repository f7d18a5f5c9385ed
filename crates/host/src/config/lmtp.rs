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

    /// Names the listeners that others can reach although nobody but this machine may use them. They were valid before
    /// there was a list, so they still are.
    pub fn warnings(&self, listeners: &[Listen]) -> Vec<String> {
        let open = |listen: &&Listen| listen.is_open_lmtp() && self.allow.is_empty();
        let words = |listen: &Listen| {
            format!(
                "{}={} answers only this machine: LMTP asks for no password, and lmtp.allow names nobody; name those \
                 that may connect, such as lmtp.allow = [\"192.0.2.7\"], or listen on loopback or a Unix socket",
                listen.protocol, listen.address
            )
        };
        listeners.iter().filter(open).map(words).collect()
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
    fn a_listener_for_all_the_world_without_a_list_is_warned_of() {
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
            let without = LmtpSection::default().warnings(&listen);
            assert_eq!(without.is_empty(), fits_without, "{listen:?}");
            assert!(listed.warnings(&listen).is_empty(), "{listen:?}");
        }
    }
}
