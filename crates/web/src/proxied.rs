//! The PROXY protocol, versions 1 and 2: what a proxy that passes octets on says of its client before the first of them. To be read only
//! from proxies that the administrator named. One that says nothing is heard as it is.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::rewound::{Rewound, read_signature};

const FIRST_VERSION: &[u8] = b"PROXY ";
const SECOND_VERSION: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest line of the first version, with its end.
const LINE_OCTETS_MAX: usize = 107;
/// How many octets behind the addresses of the second version are passed over.
const SECOND_OCTETS_MAX: u16 = 4_096;

/// Reads what a proxy says of its client; none where it says nothing, or speaks for itself.
pub async fn read_client<S>(mut stream: S) -> io::Result<(Rewound<S>, Option<IpAddr>)>
where
    S: AsyncRead + Unpin,
{
    let signatures = [FIRST_VERSION, SECOND_VERSION];
    let (read, signature) = read_signature(&mut stream, &signatures).await?;
    match signature {
        None => Ok((Rewound::after(stream, read), None)),
        Some(FIRST_VERSION) => {
            let client = first_version(&mut stream, read).await?;
            Ok((Rewound::fresh(stream), client))
        }
        Some(_) => {
            let client = second_version(&mut stream).await?;
            Ok((Rewound::fresh(stream), client))
        }
    }
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// A line of words: `PROXY TCP4 192.0.2.7 198.51.100.1 56324 443`.
async fn first_version<S>(stream: &mut S, mut line: Vec<u8>) -> io::Result<Option<IpAddr>>
where
    S: AsyncRead + Unpin,
{
    while !line.ends_with(b"\r\n") {
        if line.len() >= LINE_OCTETS_MAX {
            return Err(wrong("the line of the PROXY protocol is too long"));
        }
        line.push(stream.read_u8().await?);
    }
    let line =
        str::from_utf8(&line).map_err(|_| wrong("the line of the PROXY protocol is no ASCII"))?;
    let mut words = line.trim_end().split(' ').skip(1);
    let (family, client) = (words.next(), words.next().map(str::parse::<IpAddr>));
    match (family, client) {
        (Some("UNKNOWN"), _) => Ok(None),
        (Some("TCP4"), Some(Ok(client @ IpAddr::V4(_)))) => Ok(Some(client)),
        (Some("TCP6"), Some(Ok(client @ IpAddr::V6(_)))) => Ok(Some(client)),
        _ => Err(wrong("the line of the PROXY protocol has no address")),
    }
}

/// Four octets (version and command, family, length), addresses, and whatever else.
async fn second_version<S>(stream: &mut S) -> io::Result<Option<IpAddr>>
where
    S: AsyncRead + Unpin,
{
    let (command, family) = (stream.read_u8().await?, stream.read_u8().await?);
    let octets = stream.read_u16().await?;
    if octets > SECOND_OCTETS_MAX {
        return Err(wrong("the header of the PROXY protocol is too long"));
    }
    let mut rest = vec![0; usize::from(octets)];
    stream.read_exact(&mut rest).await?;
    match command {
        // The proxy itself, such as when it looks whether we are well.
        0x20 => Ok(None),
        0x21 => {
            let too_short = || wrong("the header of the PROXY protocol has no address");
            match family >> 4 {
                1 => {
                    let octets = rest.first_chunk::<4>().ok_or_else(too_short)?;
                    Ok(Some(Ipv4Addr::from(*octets).into()))
                }
                2 => {
                    let octets = rest.first_chunk::<16>().ok_or_else(too_short)?;
                    Ok(Some(Ipv6Addr::from(*octets).into()))
                }
                // None, or a Unix socket.
                _ => Ok(None),
            }
        }
        _ => Err(wrong("a command of the PROXY protocol that is not known")),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use tokio::io::AsyncReadExt as _;

    use super::{SECOND_VERSION, read_client};

    /// The client, and what is read behind it.
    async fn read(octets: &[u8]) -> Option<(Option<String>, Vec<u8>)> {
        let (mut stream, client) = read_client(octets).await.ok()?;
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        Some((client.map(|client: IpAddr| client.to_string()), rest))
    }

    fn second(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [SECOND_VERSION, &[command, family], &length, body, b"GET"].concat()
    }

    #[tokio::test]
    async fn both_versions_name_the_client() {
        let v6 = [[0x20, 1, 0xd, 0xb8].as_slice(), &[0; 11], &[7], &[0; 20]].concat();
        for (octets, want) in [
            (b"PROXY TCP4 192.0.2.7 198.51.100.1 5 443\r\nGET".to_vec(), Some("192.0.2.7")),
            (b"PROXY TCP6 2001:db8::7 ::1 5 443\r\nGET".to_vec(), Some("2001:db8::7")),
            (b"PROXY UNKNOWN\r\nGET".to_vec(), None),
            (
                second(0x21, 0x11, &[192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 9]),
                Some("192.0.2.7"),
            ),
            (second(0x21, 0x21, &v6), Some("2001:db8::7")),
            (second(0x20, 0x00, &[]), None),
            (second(0x21, 0x00, &[1, 2]), None),
            (b"GET".to_vec(), None),
        ] {
            let want = (want.map(str::to_owned), b"GET".to_vec());
            assert_eq!(read(&octets).await, Some(want), "{octets:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_header_comes_as_it_was() {
        for octets in [
            "PROPFIND / HTTP/1.1",
            "PRI * HTTP/2.0",
            "POST",
            "\r\n\r\n\0x",
            "P",
            "",
            "\x16\x03\x01",
        ] {
            let want = (None, octets.as_bytes().to_vec());
            assert_eq!(read(octets.as_bytes()).await, Some(want), "{octets:?}");
        }
    }

    #[tokio::test]
    async fn a_header_that_is_wrong_ends_the_connection() {
        let long = format!("PROXY TCP4 {}", "1".repeat(200));
        for octets in [
            long.as_bytes(),
            b"PROXY TCP4 2001:db8::7 ::1 5 443\r\n",
            b"PROXY TCP4\r\n",
            b"PROXY TCP4 192.0.2.7",
            &second(0x21, 0x11, &[192, 0]),
            &second(0x31, 0x11, &[192, 0, 2, 7]),
            &[SECOND_VERSION, &[0x21, 0x11, 0xff, 0xff]].concat(),
        ] {
            assert_eq!(read(octets).await, None, "{octets:?}");
        }
    }
}
