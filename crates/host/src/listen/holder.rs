//! Which program has a port or a Unix socket, as far as `/proc` tells: all of it to root, to others their own programs.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use machine::files::read_text;

/// A program that has what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    name: String,
    process: u32,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.process)
    }
}

/// The program that listens on a port, on this address or on one that takes it in.
pub(super) fn of_port(address: SocketAddr) -> Option<Holder> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| read_text(Path::new(table)));
    let mut lines = tables.iter().flatten().flat_map(|table| table.lines());
    of_inode(lines.find_map(|line| listening(line).filter(|one| one.is_in_the_way(address)))?.inode)
}

/// The program that listens on a Unix socket.
pub(super) fn of_socket(path: &Path) -> Option<Holder> {
    let table = read_text(Path::new("/proc/net/unix")).ok()?;
    of_inode(table.lines().find_map(|line| {
        // Num RefCount Protocol Flags Type St Inode Path
        let mut fields = line.splitn(8, ' ').skip(6);
        let (inode, name) = (fields.next()?, fields.next()?);
        (Path::new(name) == path).then(|| inode.parse().ok())?
    })?)
}

/// A socket that listens.
#[derive(Debug, PartialEq, Eq)]
struct Listening {
    address: SocketAddr,
    inode: u64,
}

impl Listening {
    fn is_in_the_way(&self, wanted: SocketAddr) -> bool {
        let (ours, theirs) = (wanted.ip().to_canonical(), self.address.ip().to_canonical());
        let all = |ip: IpAddr| ip.is_unspecified();
        let same_family = ours.is_ipv4() == theirs.is_ipv4();
        // An IPv6 socket on all addresses may take IPv4 in.
        let meets = same_family && (ours == theirs || all(ours) || all(theirs))
            || !same_family && all(theirs) && theirs.is_ipv6();
        self.address.port() == wanted.port() && meets
    }
}

/// Reads a line of `/proc/net/tcp` or `tcp6`; none when it is of no socket that listens.
fn listening(line: &str) -> Option<Listening> {
    const LISTEN: &str = "0A";
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
    let mut fields = line.split_whitespace().skip(1);
    let address = socket_address(fields.next()?)?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    Some(Listening { address, inode: fields.nth(5)?.parse().ok()? })
}

/// Reads `0100007F:1F90`: the address in groups of four octets as the machine orders them, then the port.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut octets = Vec::new();
    for start in (0..address.len()).step_by(8) {
        let group = address.get(start..start.checked_add(8)?)?;
        octets.extend(u32::from_str_radix(group, 16).ok()?.to_ne_bytes());
    }
    let ip: IpAddr = match octets.len() {
        4 => Ipv4Addr::from(*octets.first_chunk::<4>()?).into(),
        16 => Ipv6Addr::from(*octets.first_chunk::<16>()?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// The program that has a socket open: the one with the lowest number, as it most likely started the others.
fn of_inode(inode: u64) -> Option<Holder> {
    let socket = format!("socket:[{inode}]");
    let all = std::fs::read_dir("/proc").ok()?;
    let mut processes: Vec<u32> =
        all.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    processes.sort_unstable();
    let process = processes.into_iter().find(|process| {
        let open = std::fs::read_dir(format!("/proc/{process}/fd"));
        open.is_ok_and(|mut open| {
            open.any(|one| {
                let to = one.and_then(|one| std::fs::read_link(one.path()));
                to.is_ok_and(|to| to.as_os_str() == socket.as_str())
            })
        })
    })?;
    let name = read_text(Path::new(&format!("/proc/{process}/comm"))).ok()?;
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let name = name.trim_end().chars().map(plain).collect();
    Some(Holder { name, process })
}

#[cfg(test)]
mod tests {
    use super::{Listening, listening};

    #[test]
    fn a_socket_that_listens_is_read_from_its_line() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100";
        let found = listening(line).unwrap();
        assert_eq!(found, Listening { address: "127.0.0.1:8080".parse().unwrap(), inode: 4711 });
        let connected = line.replace(" 0A ", " 01 ");
        assert_eq!(listening(&connected), None);
        assert_eq!(listening("  sl  local_address rem_address   st tx_queue"), None);
        let six = line.replace("0100007F:1F90", "00000000000000000000000001000000:0019");
        assert_eq!(listening(&six).unwrap().address, "[::1]:25".parse().unwrap());
    }

    #[test]
    fn what_is_in_the_way_takes_the_same_connections() {
        for (theirs, wanted, want) in [
            ("127.0.0.1:25", "127.0.0.1:25", true),
            ("127.0.0.1:25", "0.0.0.0:25", true),
            ("0.0.0.0:25", "127.0.0.1:25", true),
            ("[::]:25", "0.0.0.0:25", true),
            ("[::1]:25", "0.0.0.0:25", false),
            ("127.0.0.1:25", "[::]:25", false),
            ("127.0.0.1:25", "127.0.0.2:25", false),
            ("127.0.0.1:25", "127.0.0.1:26", false),
        ] {
            let one = Listening { address: theirs.parse().unwrap(), inode: 1 };
            assert_eq!(one.is_in_the_way(wanted.parse().unwrap()), want, "{theirs} {wanted}");
        }
    }
}
