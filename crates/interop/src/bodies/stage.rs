//! The stage: a server of pages with frames, and the tracker beside it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::http::ask;

/// What is shown in a frame.
#[derive(Clone, Debug)]
pub enum Frame {
    /// A body as the host shows it, by its path, in a frame with the flags that `docs/jmap/body.md` asks for.
    Host(String),
    /// HTML as it is, under the policy that the host gives to bodies, in a frame without any flags.
    UnderPolicy(String),
    /// HTML as it is, under no policy: to see that what is hostile is seen.
    Open(String),
}

/// What a page told.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The scripts that ran, by the names that they gave.
    pub ran: Vec<String>,
    /// How many frames told their size.
    pub measured: usize,
    /// The bodies of the host that told none, by their places.
    pub unmeasured: Vec<usize>,
    /// The requests that the tracker had, by their first lines.
    pub tracked: Vec<String>,
    /// How many connections it had.
    pub connections: usize,
}

/// What the tracker had.
#[derive(Default)]
struct Tracked {
    lines: Vec<String>,
    connections: usize,
}

/// A stage.
pub struct Stage {
    /// The address of its page.
    pub address: String,
    reports: Receiver<String>,
    tracked: Arc<Mutex<Tracked>>,
}

/// How long a page may take.
const LONGEST: Duration = Duration::from_secs(300);

/// A tracker; gives its port and what it has.
struct Tracker {
    port: u16,
    tracked: Arc<Mutex<Tracked>>,
}

impl Tracker {
    fn start() -> Tracker {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let tracked = Arc::new(Mutex::new(Tracked::default()));
        let shared = Arc::clone(&tracked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                shared.lock().unwrap().connections += 1;
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || {
                    drop(stream.set_read_timeout(Some(Duration::from_secs(5))));
                    let mut line = String::new();
                    drop(BufReader::new(&stream).read_line(&mut line));
                    if !line.is_empty() {
                        shared.lock().unwrap().lines.push(line.trim().to_owned());
                        drop((&stream).write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                    }
                });
            }
        });
        Tracker { port, tracked }
    }
}

impl Stage {
    /// Sets up a stage. `frames` is given the address of the tracker.
    pub fn start(host: u16, policy: &str, frames: impl FnOnce(&str) -> Vec<Frame>) -> Stage {
        let tracker = Tracker::start();
        let frames = frames(&format!("http://127.0.0.1:{}", tracker.port));
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, reports) = channel();
        let mut pages = BTreeMap::from([("/".to_owned(), page(&frames))]);
        for (number, frame) in frames.iter().enumerate() {
            let (html, policy) = match frame {
                Frame::Host(_) => continue,
                Frame::UnderPolicy(html) => (html, policy),
                Frame::Open(html) => (html, ""),
            };
            pages.insert(format!("/frame/{number}"), (html.clone(), policy.to_owned()));
        }
        let pages = Arc::new(pages);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pages, sender) = (Arc::clone(&pages), sender.clone());
                std::thread::spawn(move || drop(serve(&stream, host, &pages, &sender)));
            }
        });
        Stage { address: format!("http://127.0.0.1:{port}/"), reports, tracked: tracker.tracked }
    }

    /// Waits until the page has told all.
    pub fn report(&self) -> Report {
        let said = self.reports.recv_timeout(LONGEST).expect("the browser told nothing");
        let mut report = Report::default();
        for line in said.lines() {
            match line.split_once(' ') {
                Some(("ran", name)) => report.ran.push(name.to_owned()),
                Some(("unmeasured", number)) => report.unmeasured.push(number.parse().unwrap()),
                Some(("measured", number)) => report.measured = number.parse().unwrap(),
                _ => panic!("the page said {line}"),
            }
        }
        let tracked = self.tracked.lock().unwrap();
        report.tracked.clone_from(&tracked.lines);
        report.connections = tracked.connections;
        report
    }
}

/// The page of a webmail: frames lead nowhere but to its own origin.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'";

/// The page around the frames, with its policy.
fn page(frames: &[Frame]) -> (String, String) {
    let mut list = String::new();
    for (number, frame) in frames.iter().enumerate() {
        let (address, flags) = match frame {
            Frame::Host(path) => {
                (path.clone(), "allow-scripts allow-popups allow-popups-to-escape-sandbox")
            }
            Frame::UnderPolicy(_) => (format!("/frame/{number}"), ""),
            Frame::Open(_) => (format!("/frame/{number}"), "allow-scripts"),
        };
        list.push_str(&format!("[{address:?},{flags:?}],"));
    }
    let html = include_str!("page.html").replace("FRAMES", &format!("[{list}]"));
    (html, POLICY.to_owned())
}

fn serve(
    stream: &TcpStream,
    host: u16,
    pages: &BTreeMap<String, (String, String)>,
    reports: &Sender<String>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (method, path) =
        line.trim().rsplit_once(' ').and_then(|(line, _)| line.split_once(' ')).unwrap_or_default();
    let mut length = 0;
    loop {
        let mut field = String::new();
        reader.read_line(&mut field)?;
        if let Some((name, value)) = field.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        if field.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut stream = stream;
    if (method, path) == ("POST", "/report") {
        drop(reports.send(String::from_utf8_lossy(&body).into_owned()));
        return stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    }
    if path.starts_with("/body/") {
        let answer = ask(host, &format!("GET {path}"), "", b"");
        stream.write_all(format!("{}\r\n\r\n", answer.head).as_bytes())?;
        return stream.write_all(&answer.body);
    }
    let Some((html, policy)) = pages.get(path) else {
        return stream.write_all(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    };
    let policy = if policy.is_empty() {
        String::new()
    } else {
        format!("Content-Security-Policy: {policy}\r\n")
    };
    let length = html.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n{policy}\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(html.as_bytes())
}
