//! `[http]`: JMAP and pages over HTTP, and the proxies in front of them.

use std::net::IpAddr;

use jmap::server::{BodySettings, RemotePictures};
use serde::{Deserialize, Serialize};

use crate::listen::networks::Network;

/// HTTP.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSection {
    /// Whether `/metrics` answers to others than loopback.
    pub metrics_for_all: bool,
    /// The addresses and networks of proxies whose word on the client counts.
    pub proxies: Vec<String>,
    /// What stands before all paths, such as `/mail`.
    pub base_path: String,
    /// Whether the host fetches pictures from elsewhere for those who want to see them, and not their browsers; and leaves mailing
    /// lists for those who want that.
    pub picture_proxy: bool,
}

/// The proxies that are named.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<Network>);

impl Proxies {
    /// Whether an address is that of one.
    pub fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl HttpSection {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        for network in &self.proxies {
            network.parse::<Network>().map_err(|fault| ("http.proxies", fault.to_string()))?;
        }
        let segment = |segment: &str| {
            let is_right = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.~".contains(&octet);
            !segment.is_empty() && segment.bytes().all(is_right) && !matches!(segment, "." | "..")
        };
        let segments = self.base_path.strip_prefix('/').map(|path| path.split('/').all(segment));
        if self.base_path.is_empty() || segments == Some(true) {
            return Ok(());
        }
        let why =
            format!("{:?} is no path; expected such as \"/mail\", or nothing", self.base_path);
        Err(("http.base_path", why))
    }

    /// What is decided of bodies.
    pub(crate) fn bodies(&self) -> BodySettings {
        let remote = match self.picture_proxy {
            true => RemotePictures::ByHost,
            false => RemotePictures::ByBrowser,
        };
        BodySettings { base_path: self.base_path.clone(), remote }
    }

    /// The proxies that are named. Checked already when the file was read.
    pub fn proxies(&self) -> Proxies {
        Proxies(self.proxies.iter().filter_map(|network| network.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::HttpSection;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let section = |proxies: &[&str], base_path: &str| HttpSection {
            proxies: proxies.iter().map(|it| (*it).to_owned()).collect(),
            base_path: base_path.to_owned(),
            ..HttpSection::default()
        };
        for base_path in ["", "/mail", "/a/b-c", "/~ana"] {
            assert_eq!(section(&["10.0.0.0/8"], base_path).check(), Ok(()), "{base_path}");
        }
        for base_path in ["/", "mail", "/mail/", "//", "/a b", "/a{b}", "/..", "/a?b"] {
            assert!(section(&[], base_path).check().is_err(), "{base_path}");
        }
        assert!(section(&["proxy.example.org"], "").check().is_err());
    }

    #[test]
    fn only_who_is_named_is_a_proxy() {
        let section =
            HttpSection { proxies: vec!["10.0.0.0/8".to_owned()], ..HttpSection::default() };
        let proxies = section.proxies();
        assert!(proxies.has("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!proxies.has("127.0.0.1".parse().unwrap()));
    }
}
