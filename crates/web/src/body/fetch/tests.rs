//! Pictures from servers in memory.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sasl::Ready;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

use super::{Refused, fetch};
use crate::limits::{PICTURE_LONGEST, PICTURE_OCTETS_MAX};
use crate::outside::{NoAnswer, Outside, Stream};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and all the rest of the picture, more than the head";
const GLOBAL: &str = "8.8.8.8";

/// What a server says after the head of a request came.
#[derive(Clone)]
enum Says {
    At(Vec<u8>),
    /// An octet each second.
    Drips(Vec<u8>),
    /// This, and then the last of it without end.
    Endless(Vec<u8>),
    Nothing,
}

#[derive(Default)]
struct Internet {
    /// What names lead to, each time that they are asked for; the last from then on.
    names: HashMap<String, Vec<Vec<IpAddr>>>,
    servers: HashMap<IpAddr, Says>,
    asked: Mutex<Vec<String>>,
    connected: Mutex<Vec<SocketAddr>>,
    secured: Mutex<Vec<String>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Internet {
    fn with(mut self, name: &str, addresses: &[&[&str]]) -> Internet {
        let parsed =
            addresses.iter().map(|some| some.iter().map(|it| it.parse().unwrap()).collect());
        self.names.insert(name.to_owned(), parsed.collect());
        self
    }

    fn server(mut self, address: &str, says: Says) -> Internet {
        self.servers.insert(address.parse().unwrap(), says);
        self
    }
}

impl Outside for Internet {
    fn resolve<'a>(&'a self, host: &'a str) -> Ready<'a, io::Result<Vec<IpAddr>>> {
        let mut asked = self.asked.lock().unwrap();
        let before = asked.iter().filter(|it| *it == host).count();
        asked.push(host.to_owned());
        let found =
            self.names.get(host).and_then(|times| times.get(before).or(times.last()).cloned());
        Box::pin(async move { found.ok_or(io::ErrorKind::NotFound.into()) })
    }

    fn connect(&self, address: SocketAddr) -> Ready<'_, io::Result<Box<dyn Stream>>> {
        self.connected.lock().unwrap().push(address);
        let Some(says) = self.servers.get(&address.ip()).cloned() else {
            return Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) });
        };
        let (near, far) = duplex(64 << 10);
        tokio::spawn(serve(far, says, Arc::clone(&self.heard)));
        let stream: Box<dyn Stream> = Box::new(near);
        Box::pin(async { Ok(stream) })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
    ) -> Ready<'a, io::Result<Box<dyn Stream>>> {
        self.secured.lock().unwrap().push(host.to_owned());
        Box::pin(async { Ok(stream) })
    }
}

async fn serve(mut stream: DuplexStream, says: Says, heard: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(octet) = stream.read_u8().await else { return };
        head.push(octet);
    }
    heard.lock().unwrap().push(String::from_utf8(head).unwrap());
    match says {
        Says::At(octets) => drop(stream.write_all(&octets).await),
        Says::Drips(octets) => {
            for octet in octets {
                sleep(Duration::from_secs(1)).await;
                if stream.write_all(&[octet]).await.is_err() {
                    return;
                }
            }
        }
        Says::Endless(octets) => {
            let mut next = octets;
            while stream.write_all(&next).await.is_ok() {
                next = vec![b'x'; 32 << 10];
            }
        }
        Says::Nothing => sleep(Duration::from_secs(3_600)).await,
    }
}

fn answer(fields: &str, body: &[u8]) -> Says {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{fields}\r\n", body.len());
    Says::At([head.as_bytes(), body].concat())
}

fn leads_to(location: &str) -> Says {
    let head = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    Says::At(head.into_bytes())
}

/// Fetches the whole.
async fn all(internet: &Internet, url: &str) -> Result<(&'static str, Vec<u8>), Refused> {
    let mut fetched = fetch(internet, url).await?;
    let mut octets = Vec::new();
    while let Some(piece) = fetched.next().await? {
        octets.extend_from_slice(&piece);
    }
    Ok((fetched.kind, octets))
}

#[tokio::test]
async fn a_picture_is_fetched_and_nothing_said_of_the_reader() {
    let internet = Internet::default()
        .with("x.example", &[&[GLOBAL]])
        .server(GLOBAL, answer("Content-Type: text/html\r\nSet-Cookie: a=b\r\n", PNG));
    let found = all(&internet, "https://x.example/a%20b.png?c=d").await;
    assert_eq!(found, Ok(("image/png", PNG.to_vec())));
    assert_eq!(*internet.secured.lock().unwrap(), ["x.example"]);
    assert_eq!(*internet.connected.lock().unwrap(), ["8.8.8.8:443".parse().unwrap()]);
    let heard = internet.heard.lock().unwrap()[0].to_ascii_lowercase();
    assert!(
        heard.starts_with("get /a%20b.png?c=d http/1.1\r\n")
            && heard.contains("host: x.example\r\n"),
        "{heard}"
    );
    assert!(
        heard.contains("user-agent: correio") && heard.contains("accept-encoding: identity"),
        "{heard}"
    );
    for never in ["cookie", "referer", "origin", "authorization", "forwarded"] {
        assert!(!heard.contains(never), "{heard}");
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_the_second_time_is_asked_once() {
    let internet = Internet::default()
        .with("x.example", &[&[GLOBAL], &["127.0.0.1"]])
        .server(GLOBAL, answer("", PNG))
        .server("127.0.0.1", answer("", PNG));
    assert!(all(&internet, "http://x.example/").await.is_ok());
    assert_eq!(internet.asked.lock().unwrap().len(), 1);
    assert_eq!(*internet.connected.lock().unwrap(), ["8.8.8.8:80".parse().unwrap()]);
    // And the second time it is refused.
    assert_eq!(all(&internet, "http://x.example/").await, Err(Refused::NoAnswer(NoAnswer::Inward)));
    assert_eq!(internet.connected.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_is_spoken_to_who_is_not_on_the_network_for_all() {
    let internet = Internet::default()
        .with("inside.example", &[&["10.0.0.7"]])
        .with("both.example", &[&[GLOBAL, "::1"]])
        .with("none.example", &[&[]]);
    for (url, want) in [
        ("http://inside.example/", Refused::NoAnswer(NoAnswer::Inward)),
        ("http://both.example/", Refused::NoAnswer(NoAnswer::Inward)),
        ("http://127.0.0.1/", Refused::NoAnswer(NoAnswer::Inward)),
        ("http://0x7f.1/", Refused::NoAnswer(NoAnswer::Inward)),
        ("http://2130706433/", Refused::NoAnswer(NoAnswer::Inward)),
        ("http://[::1]/", Refused::NoAnswer(NoAnswer::Inward)),
        ("http://[::ffff:8.8.8.8]/", Refused::NoAnswer(NoAnswer::Inward)),
        ("http://169.254.169.254/latest/", Refused::NoAnswer(NoAnswer::Inward)),
        ("http://none.example/", Refused::NoAnswer(NoAnswer::Unreachable)),
        ("http://unknown.example/", Refused::NoAnswer(NoAnswer::Unreachable)),
        ("http://8.8.8.8:22/", Refused::NoAnswer(NoAnswer::Address)),
        ("https://8.8.8.8:80/", Refused::NoAnswer(NoAnswer::Address)),
        ("ftp://8.8.8.8/", Refused::NoAnswer(NoAnswer::Address)),
        ("file:///etc/passwd", Refused::NoAnswer(NoAnswer::Address)),
        ("x", Refused::NoAnswer(NoAnswer::Address)),
    ] {
        assert_eq!(all(&internet, url).await, Err(want), "{url}");
    }
    assert!(internet.connected.lock().unwrap().is_empty());
}

#[tokio::test]
async fn redirects_are_looked_at_like_the_first_address() {
    let world = |location: &str| {
        Internet::default()
            .with("x.example", &[&[GLOBAL]])
            .with("y.example", &[&["9.9.9.9"]])
            .with("inside.example", &[&["192.168.1.1"]])
            .server(GLOBAL, leads_to(location))
            .server("9.9.9.9", answer("", PNG))
            .server("192.168.1.1", answer("", PNG))
    };
    for (location, want) in [
        ("http://y.example/x.png", Ok(("image/png", PNG.to_vec()))),
        ("http://192.168.1.1/", Err(Refused::NoAnswer(NoAnswer::Inward))),
        ("//inside.example/", Err(Refused::NoAnswer(NoAnswer::Inward))),
        ("http://localhost/", Err(Refused::NoAnswer(NoAnswer::Unreachable))),
        ("http://y.example:8080/", Err(Refused::NoAnswer(NoAnswer::Address))),
        ("file:///etc/passwd", Err(Refused::NoAnswer(NoAnswer::Address))),
        ("/again", Err(Refused::Redirects)),
    ] {
        let internet = world(location);
        assert_eq!(all(&internet, "http://x.example/").await, want, "{location}");
        assert!(
            internet
                .connected
                .lock()
                .unwrap()
                .iter()
                .all(|it| it.ip().to_string() != "192.168.1.1")
        );
    }
}

#[tokio::test]
async fn only_pictures_are_taken() {
    for (says, want) in [
        (answer("Content-Type: image/png\r\n", b"<html><script>x</script>"), Refused::Kind),
        (answer("Content-Type: image/svg+xml\r\n", b"<svg onload='x'>"), Refused::Kind),
        (answer("Content-Encoding: gzip\r\n", PNG), Refused::Kind),
        (answer("Content-Encoding: br\r\n", PNG), Refused::Kind),
        (answer("", b""), Refused::Kind),
        (
            Says::At(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec()),
            Refused::Status(404),
        ),
        (
            Says::At(b"HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n".to_vec()),
            Refused::Status(206),
        ),
        (Says::At(b"not HTTP".to_vec()), Refused::NoAnswer(NoAnswer::Unreachable)),
        (
            Says::At(
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", PICTURE_OCTETS_MAX + 1)
                    .into_bytes(),
            ),
            Refused::TooLarge,
        ),
        (Says::Endless([b"HTTP/1.1 200 OK\r\n\r\n", PNG].concat()), Refused::TooLarge),
        (
            Says::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec()),
            Refused::NoAnswer(NoAnswer::Unreachable),
        ),
    ] {
        let internet = Internet::default().server(GLOBAL, says);
        assert_eq!(all(&internet, "http://8.8.8.8/").await, Err(want));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_is_not_waited_for() {
    let whole = [b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", PNG].concat();
    for says in [Says::Nothing, Says::Drips(whole.clone()), Says::Drips([&whole, PNG].concat())] {
        let internet = Internet::default().server(GLOBAL, says);
        let began = Instant::now();
        assert_eq!(all(&internet, "http://8.8.8.8/").await, Err(Refused::TooLong));
        assert_eq!(began.elapsed().as_secs(), PICTURE_LONGEST.as_secs());
    }
}
