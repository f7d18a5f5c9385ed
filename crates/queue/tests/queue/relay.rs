//! The relay transport against scripted hosts.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use queue::{
    Connection, Connector, Notifies, Outcome, Parcel, Relay, RelaySecurity, RelayTransport, Route,
    Stream, Transport,
};
use sasl::{Credentials, Nonce, Peer, Ready, Secret, Security};
use smtp::client::Whole;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};

use crate::world::{clock, submission};

/// Connects to a host that plays a script: `S: ` says, `C: ` hears a line that begins so, `TLS` lets TLS begin.
struct Scripted {
    script: &'static str,
    security: Security,
    heard: Arc<Mutex<Vec<String>>>,
}

async fn play(stream: DuplexStream, script: &'static str, heard: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    for step in script.lines() {
        if let Some(said) = step.strip_prefix("S: ") {
            stream.write_all(format!("{said}\r\n").as_bytes()).await.unwrap();
        } else if let Some(want) = step.strip_prefix("C: ") {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            heard.lock().unwrap().push(line.trim_end().to_owned());
            assert!(line.starts_with(want), "heard {line:?}, want {want:?}");
        }
    }
}

impl Connector for Scripted {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Ready<'a, io::Result<Connection>> {
        assert_eq!((host, port), ("relay.example", 587));
        if self.script.is_empty() {
            return Box::pin(async { Err(io::Error::other("refused")) });
        }
        let (near, far) = tokio::io::duplex(10_000);
        tokio::spawn(play(far, self.script, self.heard.clone()));
        let peer = Peer::new(None, self.security);
        Box::pin(async move { Ok(Connection { stream: Box::new(near), peer }) })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
    ) -> Ready<'a, io::Result<Connection>> {
        assert_eq!(host, "relay.example");
        let peer = Peer::new(None, Security::Tls);
        Box::pin(async move { Ok(Connection { stream, peer }) })
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_random([1; 18])
    }
}

struct Tried {
    outcomes: Vec<Outcome>,
    heard: Vec<String>,
}

async fn send(script: &'static str, relay_security: RelaySecurity, security: Security) -> Tried {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let connector = Arc::new(Scripted { script, security, heard: heard.clone() });
    let relay = Relay {
        host: "relay.example".to_owned(),
        port: 587,
        security: relay_security,
        credentials: Some(Credentials::password("ana", Secret::new("pw"))),
        hostname: "mail.example.org".to_owned(),
    };
    let transport = RelayTransport::new(relay, connector, clock());
    let submission = submission(&["a@x.example", "b@x.example"]);
    let parcel = Parcel {
        name: "m1",
        route: Route::Relay,
        mail: submission.mail,
        recipients: submission.recipients,
        body: Box::new(Whole::new(Bytes::from_static(b"Subject: a\r\n\r\n.\r\n"))),
    };
    let outcomes = transport.send(parcel).await;
    let heard = heard.lock().unwrap().clone();
    Tried { outcomes, heard }
}

/// Shows outcomes in a word and a status each.
fn show(outcomes: &[Outcome]) -> Vec<String> {
    outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Sent { said, notifies } => {
                let dsn = if *notifies == Notifies::Yes { " dsn" } else { "" };
                format!("sent {}{dsn}", said.status)
            }
            Outcome::Refused { said } => format!("refused {}", said.status),
            Outcome::Deferred { said } => format!("deferred {}", said.status),
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_relay_takes_mail_over_tls() {
    let script = "\
S: 220 relay
C: EHLO mail.example.org
S: 250-relay
S: 250-PIPELINING
S: 250-DSN
S: 250 AUTH PLAIN
C: AUTH PLAIN AGFuYQBwdw==
S: 235 2.7.0 in
C: MAIL FROM:<ana@example.org>
C: RCPT TO:<a@x.example>
C: RCPT TO:<b@x.example>
S: 250 2.1.0 ok
S: 250 2.1.5 ok
S: 550-5.1.1 no
S: 550 5.1.1 such user
C: DATA
S: 354 go
C: Subject: a
C: 
C: ..
C: .
S: 250 2.0.0 taken
C: QUIT
S: 221 bye";
    let tried = send(script, RelaySecurity::Tls, Security::Clear).await;
    assert_eq!(show(&tried.outcomes), ["sent 2.0.0 dsn", "refused 5.1.1"]);
    assert_eq!(tried.heard.last().unwrap(), "QUIT");
}

#[tokio::test(start_paused = true)]
async fn starttls_comes_before_the_password() {
    let script = "\
S: 220 relay
C: EHLO mail.example.org
S: 250-relay
S: 250-AUTH PLAIN
S: 250 STARTTLS
C: STARTTLS
S: 220 go
C: EHLO mail.example.org
S: 250-relay
S: 250-CHUNKING
S: 250 AUTH LOGIN
C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: YW5h
S: 334 UGFzc3dvcmQ6
C: cHc=
S: 235 in
C: MAIL FROM:<ana@example.org>
S: 250 ok
C: RCPT TO:<a@x.example>
S: 250 ok
C: RCPT TO:<b@x.example>
S: 250 ok
C: BDAT 17 LAST
C: Subject: a
C: 
C: .
S: 451 4.7.1 greylisted
C: QUIT";
    let tried = send(script, RelaySecurity::StartTls, Security::Loopback).await;
    assert_eq!(show(&tried.outcomes), ["deferred 4.7.1", "deferred 4.7.1"]);
}

#[tokio::test(start_paused = true)]
async fn without_starttls_nothing_is_sent_except_on_this_machine() {
    const SCRIPT: &str = "\
S: 220 relay
C: EHLO mail.example.org
S: 250-relay
S: 250 AUTH PLAIN
C: AUTH
S: 535 5.7.8 wrong";
    for (relay_security, security, want, lines) in [
        (RelaySecurity::StartTls, Security::Clear, "deferred 4.7.10", 1),
        (RelaySecurity::StartTls, Security::Loopback, "deferred 4.7.10", 1),
        (RelaySecurity::StartTlsUnlessLoopback, Security::Clear, "deferred 4.7.10", 1),
        (RelaySecurity::StartTlsUnlessLoopback, Security::Loopback, "deferred 4.7.0", 2),
    ] {
        let tried =
            tokio::task::LocalSet::new().run_until(send(SCRIPT, relay_security, security)).await;
        assert_eq!(show(&tried.outcomes), [want, want], "{relay_security:?} {security:?}");
        assert!(tried.heard.iter().filter(|line| !line.is_empty()).count() <= lines);
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_relay_does_the_mail_waits() {
    for (script, want) in [
        ("", "deferred 4.4.1"),
        ("S: 554 go away", "deferred 4.7.0"),
        ("S: hello", "deferred 4.5.0"),
        ("S: 220 relay\nC: EHLO\nS: 421 4.3.2 closing", "deferred 4.7.0"),
        ("S: 220 relay\nC: EHLO", "deferred 4.4.2"),
        ("S: 220 relay\nC: EHLO\nS: 250 relay", "deferred 4.7.0"),
        ("S: 220 relay\nC: EHLO\nS: 250-relay\nS: 250 AUTH PLAIN\nC: AUTH", "deferred 4.4.2"),
        (
            "S: 220 relay\nC: EHLO\nS: 250-relay\nS: 250 AUTH PLAIN\nC: AUTH\nS: 235 in\nC: MAIL\nS: 530 5.7.0 log in\nC: QUIT",
            "deferred 5.7.0",
        ),
        (
            "S: 220 relay\nC: EHLO\nS: 250-relay\nS: 250 AUTH PLAIN\nC: AUTH\nS: 235 in\nC: MAIL\nS: 250 ok\nC: RCPT\nS: 250 ok\nC: RCPT\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject",
            "deferred 4.4.2",
        ),
    ] {
        let tried = send(script, RelaySecurity::Tls, Security::Clear).await;
        assert_eq!(show(&tried.outcomes), [want, want], "{script}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_sender_is_refused_for_all() {
    let script = "S: 220 relay\nC: EHLO\nS: 250-relay\nS: 250 AUTH PLAIN\nC: AUTH\nS: 235 in\nC: MAIL\nS: 553 5.7.1 not yours\nC: QUIT";
    let tried = send(script, RelaySecurity::Tls, Security::Clear).await;
    assert_eq!(show(&tried.outcomes), ["refused 5.7.1", "refused 5.7.1"]);
}
