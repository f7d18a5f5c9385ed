//! The port to servers elsewhere, from which pictures are fetched and to which pushes go, and which of them we speak to.

mod exchange;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use sasl::Ready;
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use self::exchange::{NoAnswer, Schemes, exchange, port};

/// Octets both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Speaks to servers elsewhere. It is told an address that was looked at, and connects to that and to no other.
pub trait Outside: Send + Sync + 'static {
    /// The addresses of a name.
    fn resolve<'a>(&'a self, host: &'a str) -> Ready<'a, io::Result<Vec<IpAddr>>>;

    /// Connects.
    fn connect(&self, address: SocketAddr) -> Ready<'_, io::Result<Box<dyn Stream>>>;

    /// Begins TLS with who is called so.
    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
    ) -> Ready<'a, io::Result<Box<dyn Stream>>>;
}

/// Whether an address is one of the whole network: none of this machine, of the networks around it, or of those that lead there.
fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_global_v4(address),
        IpAddr::V6(address) => is_global_v6(address),
    }
}

/// All of IPv4 but what RFC 6890 and its registry name as special.
fn is_global_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match (a, b, c) {
        // This network, private, loopback.
        (0 | 10 | 127, _, _)
        // Behind carriers (RFC 6598), link-local, private.
        | (100, 64..=127, _)
        | (169, 254, _)
        | (172, 16..=31, _)
        | (192, 168, _)
        // Protocols, documentation, 6to4 relays, AMT, direct delegation.
        | (192, 0, 0 | 2)
        | (192, 88, 99)
        | (192, 52, 193)
        | (192, 175, 48)
        | (192, 31, 196)
        // Benchmarks, documentation.
        | (198, 18 | 19, _)
        | (198, 51, 100)
        | (203, 0, 113)
        // Multicast, reserved, broadcast.
        | (224..=255, _, _) => true,
        _ => false,
    };
    !is_special
}

/// Of IPv6 only global unicast, without what stands for IPv4 in one way or another, tunnels and documentation.
fn is_global_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Protocols, Teredo, benchmarks, ORCHID.
        [0x2001, b, ..] if b < 0x0200 => false,
        // Documentation, 6to4, documentation again.
        [0x2001, 0x0db8, ..] | [0x2002, ..] => false,
        [0x3fff, b, ..] if b < 0x1000 => false,
        [a, ..] => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::is_global;

    #[test]
    fn only_addresses_of_the_whole_network_are_spoken_to() {
        for address in [
            "8.8.8.8",
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "192.0.1.1",
            "2606:4700::1",
            "2a00::1",
        ] {
            assert!(is_global(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_global(address.parse().unwrap()), "{address}");
        }
    }
}
