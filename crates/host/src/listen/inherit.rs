//! Listeners that come from whoever started the program, such as systemd for a socket unit (sd_listen_fds(3)). Which protocol
//! a socket is for is said by its name (`FileDescriptorName=imaps`), else by its port, if that is one of the usual ones.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use listenfd::ListenFd;

use super::bind::Reserved;
use super::{BindAddress, Protocol};

/// Why a socket that was given cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InheritFault {
    /// Nobody said what it is for.
    #[error(
        "the socket {address} was given to correio, and it is not clear for which protocol: name it in its socket unit, \
         such as FileDescriptorName=imaps (one unit for each such protocol)"
    )]
    WhatFor {
        /// Where it is.
        address: String,
    },
    /// Only LMTP is spoken over Unix sockets.
    #[error(
        "the Unix socket {address} was given to correio for {protocol}; only LMTP goes over Unix sockets"
    )]
    Unix {
        /// Where it is.
        address: String,
        /// What it should be for.
        protocol: Protocol,
    },
    /// The system refuses.
    #[error("the socket number {number} that was given to correio cannot be used: {cause}")]
    System {
        /// Counted from 1.
        number: usize,
        /// Why.
        cause: io::Error,
    },
}

/// Takes the sockets that the environment names. For a program with one thread, once.
#[expect(clippy::disallowed_methods, reason = "the environment says what was given")]
pub fn inherited() -> Result<Vec<Reserved>, InheritFault> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let names: Vec<&str> = names.split(':').collect();
    let mut given = ListenFd::from_env();
    let mut reserved = Vec::new();
    for index in 0..given.len() {
        let failed = |cause| InheritFault::System { number: index.saturating_add(1), cause };
        let (address, socket) = take(&mut given, index).map_err(failed)?;
        let protocol = protocol(names.get(index).copied().unwrap_or(""), &address)?;
        reserved.push(Reserved::given(protocol, address, socket).map_err(failed)?);
    }
    Ok(reserved)
}

fn take(given: &mut ListenFd, index: usize) -> io::Result<(BindAddress, OwnedFd)> {
    if let Ok(Some(listener)) = given.take_tcp_listener(index) {
        return Ok((BindAddress::Tcp(listener.local_addr()?), listener.into()));
    }
    let taken = given.take_unix_listener(index)?;
    let listener = taken.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let address = listener.local_addr()?;
    let path = address.as_pathname().unwrap_or_else(|| std::path::Path::new("(no path)"));
    Ok((BindAddress::Unix(path.to_owned()), listener.into()))
}

/// What a socket is for.
fn protocol(name: &str, address: &BindAddress) -> Result<Protocol, InheritFault> {
    let named = Protocol::ALL.into_iter().find(|protocol| protocol.name() == name);
    let by_port = |address: &SocketAddr| {
        let usual = |protocol: &Protocol| {
            let (standard, unprivileged) = protocol.usual_ports();
            [standard, unprivileged].contains(&address.port())
        };
        Protocol::ALL.into_iter().find(usual)
    };
    let what_for = || InheritFault::WhatFor { address: address.to_string() };
    match address {
        BindAddress::Tcp(tcp) => named.or_else(|| by_port(tcp)).ok_or_else(what_for),
        // No socket has such an address: the other family has one of its own.
        BindAddress::Every(_) => named.ok_or_else(what_for),
        BindAddress::Unix(_) => match named {
            None | Some(Protocol::Lmtp) => Ok(Protocol::Lmtp),
            Some(protocol) => Err(InheritFault::Unix { address: address.to_string(), protocol }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BindAddress, Protocol};
    use super::protocol;

    #[test]
    fn a_socket_is_for_what_its_name_says_or_its_port() {
        for (name, address, want) in [
            ("imaps", "0.0.0.0:4711", Some(Protocol::Imaps)),
            ("imaps", "[::]:143", Some(Protocol::Imaps)),
            ("correio.socket", "0.0.0.0:465", Some(Protocol::Submissions)),
            ("", "[::]:1110", Some(Protocol::Pop3)),
            ("correio.socket", "0.0.0.0:4711", None),
        ] {
            let address = BindAddress::Tcp(address.parse().unwrap());
            assert_eq!(protocol(name, &address).ok(), want, "{name} {address}");
        }
        let unix = BindAddress::Unix("/run/lmtp".into());
        for (name, want) in [
            ("correio.socket", Some(Protocol::Lmtp)),
            ("lmtp", Some(Protocol::Lmtp)),
            ("imap", None),
        ] {
            assert_eq!(protocol(name, &unix).ok(), want, "{name}");
        }
    }
}
