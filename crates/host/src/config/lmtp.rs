//! `[lmtp]`: who may hand mail in without a password, over TCP and through a Unix socket.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::listen::networks::Network;
use crate::listen::{BindAddress, Listen};

/// LMTP.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LmtpSection {
    /// The addresses and networks that may connect over TCP, besides this machine.
    pub allow: Vec<String>,
    /// Who owns the Unix socket.
    pub socket_owner: Option<String>,
    /// The group of the Unix socket.
    pub socket_group: Option<String>,
    /// The mode of the Unix socket, in octal digits: `0660`.
    pub socket_mode: Option<String>,
}

/// Whose a Unix socket is, and who may connect to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketAccess {
    /// The owner; without one, the user as whom the host works.
    pub owner: Option<String>,
    /// The group; without one, that user's.
    pub group: Option<String>,
    /// The mode; without one, what the umask leaves.
    pub mode: Option<u32>,
}

/// The mode where somebody was named: those who are named may connect, nobody else.
const SOCKET_MODE: u32 = 0o660;

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
        match self.socket_mode.as_deref().map(mode) {
            Some(Err(why)) => Err(("lmtp.socket_mode", why)),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Who may connect to the Unix socket. Checked already when the file was read.
    pub fn socket_access(&self) -> SocketAccess {
        let named = self.socket_owner.is_some() || self.socket_group.is_some();
        let mode = self.socket_mode.as_deref().and_then(|text| mode(text).ok());
        SocketAccess {
            owner: self.socket_owner.clone(),
            group: self.socket_group.clone(),
            mode: mode.or(named.then_some(SOCKET_MODE)),
        }
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
        let mut warnings: Vec<String> = listeners.iter().filter(open).map(words).collect();
        let is_unix = |listen: &Listen| matches!(listen.address, BindAddress::Unix(_));
        let access = self.socket_access();
        if access != SocketAccess::default() && !listeners.iter().any(is_unix) {
            warnings.push(
                "lmtp.socket_owner, socket_group and socket_mode say whose the Unix socket is, and `listen` has none \
                 (lmtp=unix:PATH); one that systemd makes has these in its socket unit"
                    .to_owned(),
            );
        }
        warnings
    }

    /// Who may connect. Checked already when the file was read.
    pub fn allowed(&self) -> Allowed {
        Allowed(self.allow.iter().filter_map(|network| network.parse().ok()).collect())
    }
}

fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 && text.chars().all(|digit| digit.is_digit(8)) => Ok(mode),
        Ok(_) | Err(_) => Err(format!("{text} is no mode; expected octal digits such as 0660")),
    }
}

#[cfg(test)]
mod tests {
    use super::{LmtpSection, SocketAccess};

    #[test]
    fn who_is_named_may_connect_to_the_unix_socket_and_nobody_else() {
        assert_eq!(LmtpSection::default().socket_access(), SocketAccess::default());
        let group = Some("postfix".to_owned());
        let section = LmtpSection { socket_group: group.clone(), ..LmtpSection::default() };
        let want = SocketAccess { owner: None, group, mode: Some(0o660) };
        assert_eq!(section.socket_access(), want);
        let open = LmtpSection { socket_mode: Some("0666".to_owned()), ..section };
        assert_eq!(open.socket_access(), SocketAccess { mode: Some(0o666), ..want });
        for bad in ["", "rw", "0888", "7777", "+660", "-1"] {
            let section =
                LmtpSection { socket_mode: Some(bad.to_owned()), ..LmtpSection::default() };
            assert!(section.check().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_who_is_listed_hands_mail_in_from_elsewhere() {
        let section =
            LmtpSection { allow: vec!["192.0.2.0/28".to_owned()], ..LmtpSection::default() };
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
    fn who_is_named_for_a_socket_that_is_not_there_is_warned_of() {
        let group = Some("postfix".to_owned());
        let section = LmtpSection { socket_group: group, ..LmtpSection::default() };
        assert!(section.warnings(&["lmtp=unix:/run/lmtp".parse().unwrap()]).is_empty());
        assert_eq!(section.warnings(&["lmtp=127.0.0.1:24".parse().unwrap()]).len(), 1);
    }

    #[test]
    fn a_listener_for_all_the_world_without_a_list_is_warned_of() {
        let listed = LmtpSection { allow: vec!["192.0.2.7".to_owned()], ..LmtpSection::default() };
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
