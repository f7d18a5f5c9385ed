//! Binds listeners: those that were asked for, or the usual ports where they may be bound. To bind may need rights that are
//! given up afterwards; to listen needs none, and waits until the host can answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};
use tokio::net::{TcpListener, UnixListener};

use super::holder::{self, Holder};
use super::{BindAddress, Listen, Protocol};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;
/// A connection on which nothing has come for so long is asked whether it is still there. Not more often: a question
/// wakes the radio of a phone. Not less often: routers forget a silent connection after about five minutes.
const ASK_AFTER: Duration = Duration::from_secs(240);
/// How long the peer's machine has to answer before it is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(20);
/// How often it is asked.
const ASKED_TIMES: u32 = 3;
/// When nothing that we sent has been taken for so long, or no question answered, the connection is gone.
const GONE_AFTER_MS: u32 = 300_000;
/// How often a port is looked for that is free in both families.
const PORT_TRIES_MAX: u32 = 32;

/// An address that is ours, on which nobody can connect yet.
#[derive(Debug)]
pub struct Reserved {
    protocol: Protocol,
    address: BindAddress,
    socket: OwnedFd,
}

/// A listener on which connections wait.
#[derive(Debug)]
pub struct Bound {
    /// The protocol.
    pub protocol: Protocol,
    /// Where it really is: the port is known now.
    pub address: BindAddress,
    /// The socket.
    pub socket: Socket,
}

/// A listening socket.
#[derive(Debug)]
pub enum Socket {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket; its file is removed when it is dropped.
    Unix(UnixListener),
}

/// A listener could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("{protocol} cannot listen on {address}: {}", self.why())]
pub struct BindFault {
    protocol: Protocol,
    address: BindAddress,
    cause: io::Error,
    /// Who has the port, or the socket.
    holder: Option<Holder>,
}

impl BindFault {
    fn new(protocol: Protocol, address: &BindAddress, cause: io::Error) -> BindFault {
        BindFault { protocol, address: address.clone(), cause, holder: None }
    }

    /// Looks up who has what could not be had, while that is so.
    fn with_holder(self) -> BindFault {
        let holder = match (self.cause.kind(), &self.address) {
            (io::ErrorKind::AddrInUse, BindAddress::Tcp(address)) => holder::of_port(*address),
            (io::ErrorKind::AddrInUse, BindAddress::Unix(path)) => holder::of_socket(path),
            (_, BindAddress::Tcp(_) | BindAddress::Every(_) | BindAddress::Unix(_)) => None,
        };
        BindFault { holder, ..self }
    }

    /// What is wrong, and what to do about it.
    fn why(&self) -> String {
        let BindFault { protocol, address, cause, holder } = self;
        let (_, unprivileged) = protocol.usual_ports();
        let other = format!("--listen {protocol}=127.0.0.1:{unprivileged}");
        let port = match address {
            BindAddress::Tcp(address) => Some(address.port()),
            BindAddress::Every(port) => Some(*port),
            BindAddress::Unix(_) => None,
        };
        match (cause.kind(), port, holder) {
            (io::ErrorKind::AddrInUse, Some(port), Some(holder)) => format!(
                "{holder} has port {port}; stop that program, or choose where to listen, with `listen` in the \
                 configuration or {other} (once for each protocol that is wanted)"
            ),
            (io::ErrorKind::AddrInUse, Some(port), None) => format!(
                "another program has port {port} (`ss -ltnp sport = :{port}`, as root, shows which); stop that program, \
                 or choose where to listen, with `listen` in the configuration or {other} (once for each protocol that \
                 is wanted)"
            ),
            (io::ErrorKind::AddrInUse, None, Some(holder)) => format!("{holder} listens there"),
            (io::ErrorKind::PermissionDenied, ..) => format!(
                "{cause}; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE: start correio by its \
                 service, or choose another port, such as {other}"
            ),
            _ => cause.to_string(),
        }
    }
}

impl Reserved {
    /// A socket that is bound already, by whoever started the program.
    pub(super) fn given(
        protocol: Protocol,
        address: BindAddress,
        socket: OwnedFd,
    ) -> io::Result<Reserved> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        if matches!(address, BindAddress::Tcp(_)) {
            notice_the_dead(&socket)?;
            sockopt::set_tcp_nodelay(&socket, true)?;
        }
        Ok(Reserved { protocol, address, socket })
    }

    /// Whether this is what somebody wants to listen on.
    pub fn is(&self, listen: &Listen) -> bool {
        let same = match (&self.address, &listen.address) {
            // Whoever gave one family may have given both; the port is served in any case.
            (BindAddress::Tcp(ours), BindAddress::Every(port)) => ours.port() == *port,
            (ours, wanted) => ours == wanted,
        };
        self.protocol == listen.protocol && same
    }

    /// The file of a Unix socket.
    pub fn unix_path(&self) -> Option<&Path> {
        match &self.address {
            BindAddress::Unix(path) => Some(path),
            BindAddress::Tcp(_) | BindAddress::Every(_) => None,
        }
    }

    /// Lets connections wait from here on. Within the runtime.
    pub fn listen(self) -> Result<Bound, BindFault> {
        let Reserved { protocol, address, socket } = self;
        let listening = || {
            rustix::net::listen(&socket, BACKLOG)?;
            Ok(match &address {
                BindAddress::Tcp(_) | BindAddress::Every(_) => {
                    Socket::Tcp(TcpListener::from_std(socket.try_clone()?.into())?)
                }
                BindAddress::Unix(_) => {
                    Socket::Unix(UnixListener::from_std(socket.try_clone()?.into())?)
                }
            })
        };
        match listening() {
            Ok(socket) => Ok(Bound { protocol, address, socket }),
            Err(cause) => Err(BindFault::new(protocol, &address, cause)),
        }
    }
}

/// Binds what was asked for.
pub fn all(listeners: &[Listen]) -> Result<Vec<Reserved>, BindFault> {
    let mut bound = Vec::new();
    for listen in listeners {
        match listen.address {
            BindAddress::Every(port) => {
                bound.extend(every(listen.protocol, port).map_err(BindFault::with_holder)?);
            }
            BindAddress::Tcp(_) | BindAddress::Unix(_) => {
                let fault = |cause| BindFault::new(listen.protocol, &listen.address, cause);
                bound.push(one(listen).map_err(fault).map_err(BindFault::with_holder)?);
            }
        }
    }
    Ok(bound)
}

/// Binds a port of all addresses of both families.
fn every(protocol: Protocol, port: u16) -> Result<Vec<Reserved>, BindFault> {
    let at = |ip: IpAddr, port| {
        let address = BindAddress::Tcp(SocketAddr::new(ip, port));
        let listen = Listen { protocol, address };
        one(&listen).map_err(|cause| BindFault::new(protocol, &listen.address, cause))
    };
    let mut tries = 0;
    loop {
        let first = at(Ipv4Addr::UNSPECIFIED.into(), port)?;
        let BindAddress::Tcp(address) = first.address else { return Ok(vec![first]) };
        match at(Ipv6Addr::UNSPECIFIED.into(), address.port()) {
            Ok(second) => return Ok(vec![first, second]),
            Err(fault) if has_no_such_family(&fault.cause) => return Ok(vec![first]),
            // The system chose a port that is free in one family only.
            Err(fault) if port == 0 && is_taken(&fault.cause) && tries < PORT_TRIES_MAX => {
                tries = tries.saturating_add(1);
            }
            Err(fault) => return Err(fault),
        }
    }
}

fn is_taken(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::AddrInUse
}

/// Binds the usual ports of both families: the standard ones, or where those may not be bound, the ones above 1024. A
/// port that another program has is an error: whoever moved away from it in silence would be found by nobody. Only the
/// port of HTTPS may be a web server's, which goes on to have it. LMTP and HTTP only on loopback, for they ask for no
/// password.
///
/// For this machine alone only what mail is read by, on loopback: nothing comes in or goes out.
pub fn usual(reach: Reach) -> Result<Vec<Reserved>, BindFault> {
    usual_by(reach, one).map_err(BindFault::with_holder)
}

/// For whom a host is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Whoever can reach this machine.
    Everybody,
    /// Programs on this machine.
    ThisMachine,
}

impl Reach {
    fn has(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Smtp | Protocol::Submission | Protocol::Submissions | Protocol::Lmtp => {
                self == Reach::Everybody
            }
            Protocol::Imap
            | Protocol::Imaps
            | Protocol::Pop3
            | Protocol::Pop3s
            | Protocol::Http
            | Protocol::Https => true,
        }
    }

    fn addresses(self, protocol: Protocol) -> [IpAddr; 2] {
        match self {
            Reach::Everybody => usual_addresses(protocol),
            Reach::ThisMachine => LOOPBACK,
        }
    }
}

const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

fn usual_by<T>(
    reach: Reach,
    mut bind: impl FnMut(&Listen) -> io::Result<T>,
) -> Result<Vec<T>, BindFault> {
    let mut bound = Vec::new();
    for protocol in Protocol::ALL.into_iter().filter(|protocol| reach.has(*protocol)) {
        let [first, second] = reach.addresses(protocol);
        let (standard, unprivileged) = protocol.usual_ports();
        let mut at = |ip, port| {
            let listen = Listen { protocol, address: BindAddress::Tcp(SocketAddr::new(ip, port)) };
            bind(&listen).map_err(|cause| BindFault::new(protocol, &listen.address, cause))
        };
        let had = match at(first, standard) {
            Ok(socket) => Ok((standard, socket)),
            Err(fault) if fault.cause.kind() == io::ErrorKind::PermissionDenied => {
                at(first, unprivileged).map(|socket| (unprivileged, socket))
            }
            Err(fault) => Err(fault),
        };
        let gives_way = |fault: &BindFault| protocol == Protocol::Https && is_taken(&fault.cause);
        let (port, socket) = match had {
            Ok(had) => had,
            Err(fault) if gives_way(&fault) => {
                tracing::warn!("{}", fault.with_holder());
                continue;
            }
            Err(fault) => return Err(fault),
        };
        bound.push(socket);
        match at(second, port) {
            Ok(socket) => bound.push(socket),
            Err(fault) if has_no_such_family(&fault.cause) => {}
            Err(fault) if gives_way(&fault) => tracing::warn!("{}", fault.with_holder()),
            Err(fault) => return Err(fault),
        }
    }
    Ok(bound)
}

/// An IPv4 and an IPv6 address.
fn usual_addresses(protocol: Protocol) -> [IpAddr; 2] {
    match protocol {
        Protocol::Lmtp | Protocol::Http => LOOPBACK,
        Protocol::Imap
        | Protocol::Imaps
        | Protocol::Pop3
        | Protocol::Pop3s
        | Protocol::Smtp
        | Protocol::Submission
        | Protocol::Submissions
        | Protocol::Https => [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
    }
}

/// Whether the machine has no IPv6, or none on loopback.
fn has_no_such_family(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::AddrNotAvailable
        || cause.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

fn one(listen: &Listen) -> io::Result<Reserved> {
    let at = |address| {
        let socket = tcp(address)?;
        let bound = SocketAddr::try_from(rustix::net::getsockname(&socket)?)?;
        Ok::<_, io::Error>((BindAddress::Tcp(bound), socket))
    };
    let (address, socket) = match &listen.address {
        BindAddress::Tcp(address) => at(*address)?,
        // `all` binds the other family, too.
        BindAddress::Every(port) => at(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), *port))?,
        BindAddress::Unix(path) => {
            // What lies there may be left over from a crash; a live server would answer.
            if std::os::unix::net::UnixStream::connect(path).is_ok() {
                return Err(io::Error::new(
                    io::ErrorKind::AddrInUse,
                    "another program listens there",
                ));
            }
            machine::files::remove_if_there(path)?;
            let socket = open(AddressFamily::UNIX)?;
            rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
            (BindAddress::Unix(path.clone()), socket)
        }
    };
    Ok(Reserved { protocol: listen.protocol, address, socket })
}

fn open(family: AddressFamily) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(family, SocketType::STREAM, flags, None)?)
}

fn tcp(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = open(family)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        // `[::]` means IPv6 only, so that `0.0.0.0` can be listed beside it.
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    notice_the_dead(&socket)?;
    // Answers are short and waited for. Accepted connections inherit this, too.
    sockopt::set_tcp_nodelay(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    Ok(socket)
}

/// Has the system find out within five minutes that a peer is gone without a word: a laptop that was closed, a router
/// that was switched off. Until then the session lives, and with it the POP3 lock of its device. Whoever is silent but
/// there answers the questions and stays for as long as its protocol lets it (POP3: ten minutes, RFC 1939, 3).
///
/// Accepted connections inherit it from the listener, so that none of them costs a call.
fn notice_the_dead(listener: impl std::os::fd::AsFd) -> io::Result<()> {
    sockopt::set_socket_keepalive(&listener, true)?;
    sockopt::set_tcp_keepidle(&listener, ASK_AFTER)?;
    sockopt::set_tcp_keepintvl(&listener, ASK_AGAIN)?;
    sockopt::set_tcp_keepcnt(&listener, ASKED_TIMES)?;
    Ok(sockopt::set_tcp_user_timeout(&listener, GONE_AFTER_MS)?)
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustix::net::sockopt;

    use super::{
        ASK_AFTER, BindAddress, BindFault, Bound, GONE_AFTER_MS, Listen, Reach, Socket, all,
        usual_by,
    };

    fn listening(listen: &Listen) -> Result<Bound, BindFault> {
        all(std::slice::from_ref(listen))?.remove(0).listen()
    }

    #[tokio::test]
    async fn a_connection_whose_peer_is_gone_is_found_out() {
        let bound = listening(&"pop3=127.0.0.1:0".parse().unwrap()).unwrap();
        let BindAddress::Tcp(address) = bound.address else { unreachable!() };
        let Socket::Tcp(listener) = &bound.socket else { unreachable!() };
        let _peer = std::net::TcpStream::connect(address).unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        assert!(sockopt::socket_keepalive(&accepted).unwrap());
        assert!(sockopt::tcp_nodelay(&accepted).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&accepted).unwrap(), ASK_AFTER);
        assert_eq!(sockopt::tcp_user_timeout(&accepted).unwrap(), GONE_AFTER_MS);
    }

    #[tokio::test]
    async fn port_zero_takes_a_free_port_and_says_which() {
        let bound = listening(&"imap=127.0.0.1:0".parse().unwrap()).unwrap();
        assert!(matches!(bound.address, BindAddress::Tcp(address) if address.port() > 0));
        let again = format!("pop3={}", bound.address).parse().unwrap();
        let fault = listening(&again).unwrap_err().to_string();
        assert!(fault.starts_with("pop3 cannot listen on 127.0.0.1:"), "{fault}");
        // It is this very program that has the port.
        let process = format!("(process {}) has port ", std::process::id());
        assert!(fault.contains(&process), "{fault}");
    }

    #[tokio::test]
    async fn a_star_is_both_families_and_one_port() {
        let bound = all(&["imap=*:0".parse().unwrap()]).unwrap();
        let ports: Vec<u16> = bound
            .iter()
            .map(|bound| match bound.address {
                BindAddress::Tcp(address) => address.port(),
                BindAddress::Every(_) | BindAddress::Unix(_) => unreachable!(),
            })
            .collect();
        assert!(ports[0] > 0 && ports.iter().all(|port| *port == ports[0]), "{ports:?}");
        assert_eq!(bound[0].address.to_string(), format!("0.0.0.0:{}", ports[0]));
        if let Some(second) = bound.get(1) {
            assert_eq!(second.address.to_string(), format!("[::]:{}", ports[0]));
        }
        let bound: Vec<Bound> = bound.into_iter().map(|one| one.listen().unwrap()).collect();
        let again = [format!("pop3=*:{}", ports[0]).parse().unwrap()];
        let fault = all(&again).unwrap_err().to_string();
        assert!(fault.contains(&format!("has port {}", ports[0])), "{fault}");
        drop(bound);
    }

    #[test]
    fn nobody_can_connect_before_the_host_listens() {
        let reserved = all(&["imap=127.0.0.1:0".parse().unwrap()]).unwrap();
        let BindAddress::Tcp(address) = reserved[0].address else { unreachable!() };
        let refused = std::net::TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    }

    /// What the usual listeners are where binding ends so.
    fn usual_where(
        mut refuse: impl FnMut(std::net::SocketAddr) -> Option<io::Error>,
    ) -> Result<Vec<String>, String> {
        let bound = usual_by(Reach::Everybody, |listen| {
            let BindAddress::Tcp(address) = listen.address else { unreachable!() };
            refuse(address).map_or_else(|| Ok(format!("{}={address}", listen.protocol)), Err)
        });
        bound.map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_companion_listens_on_its_own_machine_and_takes_no_mail_in_or_out() {
        let bound = usual_by(Reach::ThisMachine, |listen| {
            let BindAddress::Tcp(address) = listen.address else { unreachable!() };
            assert!(address.ip().is_loopback());
            Ok(listen.protocol)
        });
        let mut protocols: Vec<String> =
            bound.unwrap().iter().map(|protocol| protocol.to_string()).collect();
        protocols.dedup();
        assert_eq!(protocols, ["imap", "imaps", "pop3", "pop3s", "http", "https"]);
    }

    #[test]
    fn the_usual_listeners_are_of_both_families_and_ask_strangers_for_a_password() {
        let all = usual_where(|_| None).unwrap();
        assert_eq!(all.len(), 20);
        assert_eq!(all[..2], ["imap=0.0.0.0:143", "imap=[::]:143"]);
        assert_eq!(
            all[14..],
            [
                "lmtp=127.0.0.1:24",
                "lmtp=[::1]:24",
                "http=127.0.0.1:8080",
                "http=[::1]:8080",
                "https=0.0.0.0:443",
                "https=[::]:443"
            ]
        );
        let without = |address: std::net::SocketAddr| {
            address.is_ipv6().then(|| io::Error::from(rustix::io::Errno::AFNOSUPPORT))
        };
        assert_eq!(usual_where(without).unwrap().len(), 10);
    }

    #[test]
    fn who_may_not_bind_the_standard_ports_gets_those_above_1024() {
        let refuse = |address: std::net::SocketAddr| {
            (address.port() < 1024).then(|| io::Error::from(io::ErrorKind::PermissionDenied))
        };
        let all = usual_where(refuse).unwrap();
        assert_eq!(all[8..10], ["smtp=0.0.0.0:1025", "smtp=[::]:1025"]);
    }

    #[test]
    fn a_port_that_another_program_has_is_an_error_that_says_what_to_do() {
        for taken in ["0.0.0.0:25", "[::]:25"] {
            let refuse = |address: std::net::SocketAddr| {
                (address.to_string() == taken).then(|| io::Error::from(io::ErrorKind::AddrInUse))
            };
            let said = usual_where(refuse).unwrap_err();
            for words in [
                &format!("smtp cannot listen on {taken}: another program has port 25"),
                "`ss -ltnp sport = :25`, as root, shows which",
                "--listen smtp=127.0.0.1:1025",
            ] {
                assert!(said.contains(words), "{said}");
            }
        }
    }

    #[test]
    fn a_web_server_keeps_its_port() {
        for (taken, left) in [("0.0.0.0:443", 18), ("[::]:443", 19)] {
            let refuse = |address: std::net::SocketAddr| {
                (address.to_string() == taken).then(|| io::Error::from(io::ErrorKind::AddrInUse))
            };
            assert_eq!(usual_where(refuse).unwrap().len(), left);
        }
    }

    #[tokio::test]
    async fn a_unix_socket_left_over_is_replaced_but_a_live_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lmtp");
        let listen = format!("lmtp=unix:{}", path.display()).parse().unwrap();
        let first = listening(&listen).unwrap();
        let fault = listening(&listen).unwrap_err().to_string();
        let process = format!("(process {}) listens there", std::process::id());
        assert!(fault.contains(&process), "{fault}");
        drop(first);
        assert!(path.exists());
        listening(&listen).unwrap();
    }
}
