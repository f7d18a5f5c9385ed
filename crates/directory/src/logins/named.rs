//! Login names: an address, or its part before the `@`, with or without the name of a device after a `+`:
//! `ana@example.org`, `ana`, `ana+office@example.org`, `ana+office`. No user has a `+` in the address, so that each
//! name can be read in one way only. A name without a domain is in the domain in which there is a user of that name, if
//! there is one such domain.

use sasl::Login;

use crate::address::{Address, Domain};
use crate::app_passwords::device_name;

/// Whom a login name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The address, without the device.
    pub(super) address: Address,
    /// The device, as it was written.
    device: Option<String>,
}

impl Named {
    /// Reads a login name; none when it can be nobody's.
    ///
    /// `domain_of` says the domain of a name without one.
    pub(super) fn read<E>(
        login: &str,
        domain_of: impl FnOnce(&str) -> Result<Domain, E>,
    ) -> Result<Option<Named>, E> {
        let (local, domain) = match login.trim().rsplit_once('@') {
            Some((local, domain)) => match domain.parse() {
                Ok(domain) => (local, Some(domain)),
                Err(_) => return Ok(None),
            },
            None => (login.trim(), None),
        };
        let (local, device) = match local.split_once('+') {
            Some((local, device)) => match device_name(device) {
                Some(device) => (local, Some(device)),
                None => return Ok(None),
            },
            None => (local, None),
        };
        let domain = match domain {
            Some(domain) => domain,
            None => domain_of(local)?,
        };
        let address = Address::new(local, domain).ok();
        Ok(address.map(|address| Named { address, device }))
    }

    /// Puts the device into a login that has none yet. An app password and a token have one of their own.
    pub(super) fn complete(self, login: Login) -> Login {
        Login { device: login.device.or(self.device), ..login }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::Named;

    fn read(login: &str) -> Option<(String, Option<String>)> {
        let home = |_: &str| Ok::<_, Infallible>("example.org".parse().unwrap());
        let Ok(named) = Named::read(login, home);
        let named = named?;
        Some((named.address.to_string(), named.device))
    }

    #[test]
    fn a_device_stands_after_a_plus() {
        for (login, address, device) in [
            ("ana", "ana@example.org", None),
            (" Ana@Example.ORG ", "ana@example.org", None),
            ("ana+office", "ana@example.org", Some("office")),
            ("ana+Office PC@example.net", "ana@example.net", Some("Office PC")),
            ("ana+a+b@example.org", "ana@example.org", Some("a+b")),
            ("ana+ x ", "ana@example.org", Some("x")),
            ("ana+a@b@example.org", "ana@example.org", Some("a@b")),
            ("ana+T\u{e9}l\u{e9}phone", "ana@example.org", Some("T\u{e9}l\u{e9}phone")),
        ] {
            let want = (address.to_owned(), device.map(str::to_owned));
            assert_eq!(read(login), Some(want), "{login:?}");
        }
    }

    #[test]
    fn what_names_no_device_is_nobody() {
        let long = format!("ana+{}", "x".repeat(65));
        for login in
            ["ana+", "ana+ @example.org", "+office", "ana+a\tb", "ana+\u{85}", "", "@", &long]
        {
            assert_eq!(read(login), None, "{login:?}");
        }
        assert!(read(&format!("ana+{}", "x".repeat(64))).is_some());
    }
}
