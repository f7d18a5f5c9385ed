//! What the host holds for peers that have not logged in: idle, in the middle of a command, and in the middle of a
//! message. Measured on the real program, before, while they are there, and after they went.

mod stream;

use std::fmt;
use std::time::{Duration, Instant};

use crate::host::{Host, Listener, address};
use stream::Stranger;

/// A kind of stranger.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What it does.
    pub name: &'static str,
    /// Where it connects to.
    pub door: Door,
    /// What it sends, and then falls silent.
    pub sends: Sends,
}

/// Where strangers connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A listener, in the clear.
    Clear(Listener),
    /// A listener with TLS from the start.
    Tls(Listener),
    /// The administrator's socket.
    Admin,
}

/// What a stranger sends.
#[derive(Clone, Copy, Debug)]
pub enum Sends {
    /// These octets, so many times.
    Octets(&'static [u8], usize),
    /// First these, then those, so many times.
    Then(&'static [u8], &'static [u8], usize),
    /// A message over SMTP: that many recipients, and that much of a header that does not end.
    Message {
        /// How many times RCPT.
        recipients: usize,
        /// How much of the header; none: no DATA.
        header_octets: usize,
    },
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Row {
    name: &'static str,
    strangers: usize,
    before_kib: u64,
    held_kib: u64,
    peak_kib: u64,
    after_kib: u64,
    after: Duration,
}

impl Row {
    /// How much the peak lies above the start, for each stranger.
    pub fn kib_each(&self) -> f64 {
        self.peak_kib.saturating_sub(self.before_kib) as f64 / self.strangers.max(1) as f64
    }

    /// How much the peak lies above the start.
    pub fn kib_of_all(&self) -> u64 {
        self.peak_kib.saturating_sub(self.before_kib)
    }

    /// How much the program holds after they went, as a part of what it held before.
    pub fn kept(&self) -> f64 {
        self.after_kib as f64 / self.before_kib as f64
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        write!(
            f,
            "| {} | {} | {:.1} | {:.1} | {:.1} | {:.1} KB | {:.1} | {:.2} after {:.0} s |",
            self.name,
            self.strangers,
            mib(self.before_kib),
            mib(self.held_kib),
            mib(self.peak_kib),
            self.kib_each(),
            mib(self.after_kib),
            self.kept(),
            self.after.as_secs_f64()
        )
    }
}

/// The head of the table.
pub const HEAD: &str = "| strangers | how many | before, MB | with them, MB | at most, MB | each | after, MB | of the start |\n\
                        |---|--:|--:|--:|--:|--:|--:|--:|";

const HEADER_OCTETS: usize = 1 << 20;
const LITERAL: &[u8] = b"a LOGIN {4000+}\r\n";

/// All kinds that are measured.
pub const KINDS: [Kind; 19] = [
    message("smtp: 1,000 RCPT and 1 MB of header", 1_000, HEADER_OCTETS),
    message("smtp: 1,000 RCPT", 1_000, 0),
    message("smtp: 1 RCPT and 1 MB of header", 1, HEADER_OCTETS),
    silent("imap: idle", Door::Clear(Listener::Imap)),
    silent("imaps: idle", Door::Tls(Listener::Imaps)),
    silent("pop3: idle", Door::Clear(Listener::Pop3)),
    silent("pop3s: idle", Door::Tls(Listener::Pop3s)),
    silent("smtp: idle", Door::Clear(Listener::Smtp)),
    silent("submission: idle", Door::Clear(Listener::Submission)),
    silent("submissions: idle", Door::Tls(Listener::Submissions)),
    silent("http: idle", Door::Clear(Listener::Http)),
    silent("administrator's socket: idle", Door::Admin),
    unfinished("imap: a command that does not end", Listener::Imap, b"a LOGIN ", 60_000),
    Kind {
        name: "imap: literals that do not end",
        door: Door::Clear(Listener::Imap),
        sends: Sends::Then(LITERAL, b"x", 3_999),
    },
    unfinished("pop3: a command that does not end", Listener::Pop3, b"USER ", 60_000),
    Kind {
        name: "pop3: AUTH that does not end",
        door: Door::Clear(Listener::Pop3),
        sends: Sends::Then(b"AUTH PLAIN\r\n", b"A", 12_000),
    },
    Kind {
        name: "submission: AUTH that does not end",
        door: Door::Clear(Listener::Submission),
        sends: Sends::Then(b"EHLO x\r\nAUTH PLAIN\r\n", b"A", 12_000),
    },
    unfinished(
        "http: a request that does not end",
        Listener::Http,
        b"GET /health HTTP/1.1\r\nX: ",
        60_000,
    ),
    // A client hello of 16,000 octets, of which the last never comes.
    unfinished(
        "imaps: a handshake that does not end",
        Listener::Imaps,
        b"\x16\x03\x01\x3e\x80\x01\x00\x3e\x7c",
        15_000,
    ),
];

const fn message(name: &'static str, recipients: usize, header_octets: usize) -> Kind {
    let sends = Sends::Message { recipients, header_octets };
    Kind { name, door: Door::Clear(Listener::Smtp), sends }
}

const fn silent(name: &'static str, door: Door) -> Kind {
    Kind { name, door, sends: Sends::Octets(b"", 0) }
}

const fn unfinished(
    name: &'static str,
    listener: Listener,
    begins: &'static [u8],
    octets: usize,
) -> Kind {
    Kind { name, door: Door::Clear(listener), sends: Sends::Then(begins, b"x", octets) }
}

/// How long one has for what it sends before it stays where it is.
const SENDS_WITHIN: Duration = Duration::from_secs(25);
/// How long the host has to give memory back.
const GIVES_BACK_WITHIN: Duration = Duration::from_secs(30);
/// The most of the start that it may hold then.
pub const KEPT_MAX: f64 = 1.3;

/// Starts a host and measures so many strangers of a kind. They come from 127.0.0.1, or each from another address.
pub fn measure(kind: Kind, strangers: usize, from: stream::From) -> Row {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let host =
        Host::start_configured("[limits]\nnew_connections_per_minute_max = 100000\n", &["ana"]);
    let to = stream::To { host: &host, kind, recipient: address("ana") };
    // Once, so that what the host sets up for itself is not counted.
    drop(runtime.block_on(stream::come(&to, 8, from, Duration::from_secs(5))));
    std::thread::sleep(Duration::from_secs(12));
    host.forget_peak_kib();
    let before_kib = host.memory_kib("VmRSS");
    let there: Vec<Stranger> = runtime.block_on(stream::come(&to, strangers, from, SENDS_WITHIN));
    let (held_kib, peak_kib) = (host.memory_kib("VmRSS"), host.memory_kib("VmHWM"));
    drop(there);
    let gone = Instant::now();
    let enough_kib = (before_kib as f64 * KEPT_MAX) as u64;
    let mut after_kib = host.memory_kib("VmRSS");
    while after_kib > enough_kib && gone.elapsed() < GIVES_BACK_WITHIN {
        std::thread::sleep(Duration::from_millis(200));
        after_kib = host.memory_kib("VmRSS");
    }
    let after = gone.elapsed();
    Row { name: kind.name, strangers, before_kib, held_kib, peak_kib, after_kib, after }
}

pub use stream::From;
