//! Replays a transcript against the server.
//!
//! `@smtp`, `@submission`, `@lmtp` choose the flavour; after it `tls`, `loopback`, `clear` (the peer), `starttls` (offered),
//! `relay` (configured), `limit=N` (octets of a message). `C: x` sends a line; `C! x` sends octets, with the escapes of
//! Rust strings; `C* N x` sends x N times; `S: x` expects a line, `...` stands for any rest; `S!` expects that the server
//! hangs up; `T: N` lets N seconds pass; `T! stop` ends the host; `D: from to text` expects a stored message (at the
//! end, in order; text without trace fields, escaped; `...` at its end for any rest).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mailbox::{SetClock, Timestamp};
use sasl::{Peer, Security};
use smtp::Flavour;
use smtp::delivery::Target;
use smtp::server::{End, Phase, Service, Start, Tls, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::memory::{Memory, People, Stored};

/// One step.
#[derive(Debug)]
enum Step {
    Send(Vec<u8>),
    Expect(String),
    ExpectEnd,
    Pass(u64),
    Stop,
}

struct Transcript {
    flavour: Flavour,
    security: Security,
    tls: Tls,
    relay: Option<()>,
    message_octets_max: u64,
    steps: Vec<Step>,
    stored: Vec<String>,
}

/// Replays whole, octet by octet, and cut in two at every octet.
pub(crate) fn replay(name: &str, text: &str) {
    let transcript = parse(name, text);
    let octets: usize = transcript
        .steps
        .iter()
        .map(|step| if let Step::Send(octets) = step { octets.len() } else { 0 })
        .sum();
    run(name, &transcript, Cut::None);
    run(name, &transcript, Cut::EachOctet);
    let stride = octets.div_ceil(1_000).max(1);
    for at in (0..octets).step_by(stride) {
        run(name, &transcript, Cut::At(at));
    }
}

/// Where what the client sends is cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    None,
    EachOctet,
    At(usize),
}

fn run(name: &str, transcript: &Transcript, cut: Cut) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let memory = Memory { relay: transcript.relay, ..Memory::default() };
        let stored = memory.stored.clone();
        let (phase_setter, phase) = watch::channel(Phase::Serving);
        let service = Arc::new(Service {
            flavour: transcript.flavour,
            hostname: "mail.example.org".to_owned(),
            message_octets_max: transcript.message_octets_max,
            tls: transcript.tls,
            directory: Arc::new(People),
            delivery: Arc::new(memory),
            clock: Arc::new(SetClock::at(Timestamp(1_700_000_000))),
            phase,
        });
        let (near, far) = tokio::io::duplex(65_536);
        let peer = Peer::new(Some([192, 0, 2, 1].into()), transcript.security);
        let server = tokio::spawn(serve_through_tls(far, peer, service));
        let client = Client { name, cut, near, sent: 0, seen: Vec::new() };
        client.play(&transcript.steps, &phase_setter).await;
        server.await.unwrap();
        compare(name, cut, &stored, &transcript.stored);
    });
}

/// Serves; when TLS begins, goes on with the same pipe as if it were TLS.
async fn serve_through_tls(stream: DuplexStream, peer: Peer, service: Arc<Service>) {
    let mut end = serve(stream, peer.clone(), service.clone(), Start::Greeting).await;
    while let End::StartTls(stream) = end {
        let peer = Peer::new(peer.address, Security::Tls);
        end = serve(stream, peer, service.clone(), Start::AfterStartTls).await;
    }
}

struct Client<'a> {
    name: &'a str,
    cut: Cut,
    near: DuplexStream,
    sent: usize,
    seen: Vec<u8>,
}

impl Client<'_> {
    async fn play(mut self, steps: &[Step], phase: &watch::Sender<Phase>) {
        let mut unsent = Vec::new();
        for step in steps {
            if let Step::Send(octets) = step {
                unsent.extend_from_slice(octets);
                continue;
            }
            self.send(&std::mem::take(&mut unsent)).await;
            match step {
                Step::Send(_) => {}
                Step::Expect(want) => {
                    let got = self.line().await;
                    let fits = match want.strip_suffix("...") {
                        Some(start) => got.starts_with(start),
                        None => got == *want,
                    };
                    assert!(fits, "{} {:?}\n got {got:?}\nwant {want:?}", self.name, self.cut);
                }
                Step::ExpectEnd => {
                    let rest = self.read_more().await;
                    assert_eq!(rest, 0, "{} {:?}: {:?}", self.name, self.cut, self.seen);
                }
                Step::Pass(seconds) => tokio::time::sleep(Duration::from_secs(*seconds)).await,
                Step::Stop => phase.send_replace(Phase::Stopping).clone_into(&mut Phase::Serving),
            }
        }
        self.send(&unsent).await;
        self.near.shutdown().await.unwrap();
        while self.read_more().await > 0 {}
        let seen = String::from_utf8_lossy(&self.seen);
        assert!(seen.is_empty(), "{} {:?}: more than expected: {seen}", self.name, self.cut);
    }

    /// Writes octets in pieces. The server may have hung up already.
    async fn send(&mut self, octets: &[u8]) {
        match self.cut {
            Cut::None => drop(self.near.write_all(octets).await),
            Cut::EachOctet => {
                for octet in octets {
                    drop(self.near.write_all(&[*octet]).await);
                    tokio::task::yield_now().await;
                }
            }
            Cut::At(at) => {
                let here = at.saturating_sub(self.sent).min(octets.len());
                let (head, tail) = octets.split_at(here);
                drop(self.near.write_all(head).await);
                if !head.is_empty() && !tail.is_empty() {
                    for _ in 0..4 {
                        tokio::task::yield_now().await;
                    }
                }
                drop(self.near.write_all(tail).await);
            }
        }
        self.sent += octets.len();
    }

    async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.seen.windows(2).position(|pair| pair == b"\r\n") {
                let rest = self.seen.split_off(end + 2);
                let line = std::mem::replace(&mut self.seen, rest);
                return String::from_utf8(line[..end].to_vec()).unwrap();
            }
            if self.read_more().await == 0 {
                return format!("(end) {}", String::from_utf8_lossy(&self.seen));
            }
        }
    }

    async fn read_more(&mut self) -> usize {
        let mut space = [0; 4096];
        let read = timeout(Duration::from_secs(100_000), self.near.read(&mut space)).await;
        let octets = read.expect("the server answers").unwrap_or(0);
        self.seen.extend_from_slice(&space[..octets]);
        octets
    }
}

fn compare(name: &str, cut: Cut, stored: &Mutex<Vec<Stored>>, wanted: &[String]) {
    let got: Vec<String> = stored.lock().unwrap().iter().map(show).collect();
    let fits = got.len() == wanted.len()
        && got.iter().zip(wanted).all(|(got, want)| match want.strip_suffix("...") {
            Some(start) => got.starts_with(start),
            None => got == want,
        });
    assert!(fits, "{name} {cut:?}\n got {got:#?}\nwant {wanted:#?}");
}

/// Shows a stored message as a `D:` line does.
fn show(stored: &Stored) -> String {
    let from = match &stored.envelope.from {
        Some(from) => from.to_string(),
        None => "<>".to_owned(),
    };
    let targets: Vec<String> = stored
        .targets
        .iter()
        .map(|target| match target {
            Target::Account { account, detail: None } => account.to_string(),
            Target::Account { account, detail: Some(detail) } => format!("{account}+{detail}"),
            Target::Elsewhere(address) => address.to_string(),
        })
        .collect();
    let text = String::from_utf8_lossy(without_trace(&stored.octets));
    format!("{from} {} {}", targets.join(","), text.escape_default())
}

/// The message behind Return-Path and our Received field.
pub(crate) fn without_trace(octets: &[u8]) -> &[u8] {
    assert!(octets.starts_with(b"Return-Path: <"));
    let received = octets.windows(9).position(|window| window == b"Received:").unwrap();
    let mut at = received;
    loop {
        at += octets[at..].iter().position(|octet| *octet == b'\n').unwrap() + 1;
        if octets.get(at) != Some(&b'\t') {
            return &octets[at..];
        }
    }
}

fn parse(name: &str, text: &str) -> Transcript {
    let mut transcript = Transcript {
        flavour: Flavour::Smtp,
        security: Security::Clear,
        tls: Tls::NotOffered,
        relay: None,
        message_octets_max: 100_000,
        steps: Vec::new(),
        stored: Vec::new(),
    };
    assert!(text.starts_with("# "), "{name} says what it shows");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (mark, rest) = line.split_at(2.min(line.len()));
        let argument = rest.strip_prefix(' ').unwrap_or(rest);
        match mark {
            "C:" => transcript.steps.push(Step::Send(format!("{argument}\r\n").into_bytes())),
            "C!" => transcript.steps.push(Step::Send(unescape(argument))),
            "C*" => {
                let (count, what) = argument.split_once(' ').unwrap();
                let octets = unescape(what).repeat(count.parse().unwrap());
                transcript.steps.push(Step::Send(octets));
            }
            "S:" => transcript.steps.push(Step::Expect(argument.to_owned())),
            "S!" => transcript.steps.push(Step::ExpectEnd),
            "T:" => transcript.steps.push(Step::Pass(argument.parse().unwrap())),
            "T!" => transcript.steps.push(Step::Stop),
            "D:" => transcript.stored.push(argument.to_owned()),
            _ if line.starts_with('@') => set_up(&mut transcript, name, &line[1..]),
            _ => panic!("{name}: {line:?}"),
        }
    }
    transcript
}

fn set_up(transcript: &mut Transcript, name: &str, line: &str) {
    for word in line.split(' ') {
        match word {
            "smtp" => transcript.flavour = Flavour::Smtp,
            "submission" => transcript.flavour = Flavour::Submission,
            "lmtp" => transcript.flavour = Flavour::Lmtp,
            "tls" => transcript.security = Security::Tls,
            "loopback" => transcript.security = Security::Loopback,
            "clear" => transcript.security = Security::Clear,
            "starttls" => transcript.tls = Tls::Offered,
            "relay" => transcript.relay = Some(()),
            _ => match word.strip_prefix("limit=") {
                Some(limit) => transcript.message_octets_max = limit.parse().unwrap(),
                None => panic!("{name}: {word}"),
            },
        }
    }
}

/// Undoes `\r`, `\n`, `\0`, `\\` and `\xNN`.
fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'\\' {
            octets.push(octet);
            continue;
        }
        octets.push(match rest.next().unwrap() {
            b'r' => b'\r',
            b'n' => b'\n',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => panic!("escape {other}"),
        });
    }
    octets
}
