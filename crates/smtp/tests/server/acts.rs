//! What the acts of SMTP transcripts do (the format is that of the crate `transcript`):
//!
//! `serve smtp`, `serve submission`, `serve lmtp`: the flavour; after it `tls`, `loopback`, `clear` (the peer), `starttls`
//! (offered), `relay` (configured), `limit=N` (octets of a message). `stop`: the host ends. `stored FROM TO TEXT`: a
//! message that must have been stored at the end, in this order; its text is without trace fields, escaped as Rust does,
//! and may end in `...` for any rest. `traced TEXT`, `traced not TEXT`: what the trace of one of them must say, or none may.

use std::sync::Arc;
use std::time::Duration;

use mailbox::{SetClock, Timestamp};
use sasl::{Peer, Security};
use smtp::Flavour;
use smtp::delivery::Target;
use smtp::server::{self, End, Phase, Service, Tls, serve};
use tokio::io::DuplexStream;
use tokio::sync::watch;
use transcript::{Served, Start};

use crate::memory::{Memory, People, Stored};

/// A host for one transcript.
pub(crate) struct Host {
    flavour: Flavour,
    security: Security,
    tls: Tls,
    message_octets_max: u64,
    memory: Arc<Memory>,
    phase: watch::Sender<Phase>,
    /// What must have been stored at the end.
    wanted: Vec<String>,
    /// What must, or with `not` before it must not, stand in the trace of some message.
    traced: Vec<String>,
}

impl transcript::World for Host {
    /// Some transcripts wait until the server loses patience.
    const SILENCE_MAX: Duration = Duration::from_secs(100_000);

    async fn begin() -> Host {
        Host {
            flavour: Flavour::Smtp,
            security: Security::Clear,
            tls: Tls::NotOffered,
            message_octets_max: 100_000,
            memory: Arc::default(),
            phase: watch::Sender::new(Phase::Serving),
            wanted: Vec::new(),
            traced: Vec::new(),
        }
    }

    fn serve(
        &self,
        stream: DuplexStream,
        start: Start,
    ) -> impl Future<Output = Served> + Send + 'static {
        let service = Arc::new(Service {
            flavour: self.flavour,
            hostname: "mail.example.org".to_owned(),
            message_octets_max: self.message_octets_max,
            tls: self.tls,
            directory: Arc::new(People),
            delivery: Arc::clone(&self.memory) as _,
            clock: Arc::new(SetClock::at(Timestamp(1_700_000_000))),
            phase: self.phase.subscribe(),
        });
        let (security, start) = match start {
            Start::Greeting => (self.security, server::Start::Greeting),
            Start::AfterTls => (Security::Tls, server::Start::AfterStartTls),
        };
        let peer = Peer::new(Some([192, 0, 2, 1].into()), security);
        async move {
            match serve(stream, peer, service, start).await {
                End::Closed | End::Broken(_) => Served::Closed,
                End::StartTls(stream) => Served::WantsTls(stream),
            }
        }
    }

    async fn act(&mut self, verb: &str, rest: &str) -> Vec<String> {
        match verb {
            "serve" => rest.split(' ').for_each(|word| self.set_up(word)),
            "stop" => drop(self.phase.send_replace(Phase::Stopping)),
            "stored" => self.wanted.push(rest.to_owned()),
            "traced" => self.traced.push(rest.to_owned()),
            _ => panic!("no such act: {verb} {rest}"),
        }
        Vec::new()
    }

    fn end(&self) {
        let got: Vec<String> = self.memory.stored.lock().unwrap().iter().map(show).collect();
        let fits = got.len() == self.wanted.len()
            && got.iter().zip(&self.wanted).all(|(got, want)| match want.strip_suffix("...") {
                Some(start) => got.starts_with(start),
                None => got == want,
            });
        assert!(fits, "stored {got:#?}\nwanted {:#?}", self.wanted);
        let traces: Vec<String> = self.memory.stored.lock().unwrap().iter().map(trace).collect();
        for want in &self.traced {
            let untraced = want.strip_prefix("not ");
            let found = traces.iter().any(|trace| trace.contains(untraced.unwrap_or(want)));
            assert_eq!(found, untraced.is_none(), "{want} in {traces:#?}");
        }
    }
}

impl Host {
    fn set_up(&mut self, word: &str) {
        match word {
            "smtp" => self.flavour = Flavour::Smtp,
            "submission" => self.flavour = Flavour::Submission,
            "lmtp" => self.flavour = Flavour::Lmtp,
            "tls" => self.security = Security::Tls,
            "loopback" => self.security = Security::Loopback,
            "clear" => self.security = Security::Clear,
            "starttls" => self.tls = Tls::Offered,
            "refuse-local-senders" => {
                self.memory = Arc::new(Memory { refuses_claims: Some(()), ..Memory::default() });
            }
            "relay" => self.memory = Arc::new(Memory { relay: Some(()), ..Memory::default() }),
            _ => match word.strip_prefix("limit=") {
                Some(limit) => self.message_octets_max = limit.parse().unwrap(),
                None => panic!("nothing to serve: {word}"),
            },
        }
    }
}

/// Shows a stored message as `stored` does.
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

/// The trace fields of a stored message, unfolded.
fn trace(stored: &Stored) -> String {
    let text = without_trace(&stored.octets);
    let trace = &stored.octets[..stored.octets.len() - text.len()];
    String::from_utf8_lossy(trace).replace("\r\n\t", " ")
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
