//! Where an attempt to log in comes from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who is taken for one when attempts are counted and take turns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// An address, or several that belong together.
    Prefix(Prefix),
    /// Everybody who tries this name.
    Name(Box<str>),
}

impl Source {
    /// The source of an attempt: its address, or the name where all come from the same.
    pub(crate) fn of(address: Option<IpAddr>, name: &str) -> Source {
        match address.filter(tells_apart) {
            Some(address) => Source::Prefix(Prefix::narrow(address)),
            None => Source::Name(name.into()),
        }
    }
}

/// Whether an address says who it is. Loopback does not: proxies, webmails and tests come from there, all with one
/// address.
pub(super) fn tells_apart(address: &IpAddr) -> bool {
    !address.to_canonical().is_loopback()
}

/// The first bits of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    network: IpAddr,
    bits: u8,
}

impl Prefix {
    /// One customer, as a rule: an IPv4 address or an IPv6 /64.
    pub fn narrow(address: IpAddr) -> Prefix {
        Prefix::of(address, 32, 64)
    }

    /// One site of IPv6 (a /48), which has as many narrow prefixes as it likes. None for IPv4.
    pub fn site(address: IpAddr) -> Option<Prefix> {
        address.to_canonical().is_ipv6().then(|| Prefix::middle(address))
    }

    /// A part of a network: IPv4 /26, IPv6 /48.
    pub(super) fn middle(address: IpAddr) -> Prefix {
        Prefix::of(address, 26, 48)
    }

    /// A provider's customers in one region: IPv4 /21, IPv6 /32. A phone stays in it, as a rule.
    pub fn wide(address: IpAddr) -> Prefix {
        Prefix::of(address, 21, 32)
    }

    fn of(address: IpAddr, v4_bits: u8, v6_bits: u8) -> Prefix {
        // An IPv4 address may come in through an IPv6 socket.
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.unbounded_shl(32u32.saturating_sub(v4_bits.into()));
                let network = Ipv4Addr::from_bits(v4.to_bits() & mask).into();
                Prefix { network, bits: v4_bits }
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.unbounded_shl(128u32.saturating_sub(v6_bits.into()));
                let network = Ipv6Addr::from_bits(v6.to_bits() & mask).into();
                Prefix { network, bits: v6_bits }
            }
        }
    }
}
