//! Any octets as commands, as replies, as text and as a whole session: no panic, and cut anywhere equals whole. The
//! fuzz target and the replay of its corpus share this.

use std::sync::Arc;

use mailbox::{SetClock, Timestamp};
use sasl::{Peer, Security};
use smtp::server::{End, Phase, Service, Start, Tls, serve};
use smtp::wire::{Dots, Stuffer, Text};
use smtp::{Command, Flavour, LineEnds, Reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use crate::memory::{Memory, People};

/// Checks all that must hold. The first octet chooses the flavour, the second where the session is cut.
pub(crate) fn check(octets: &[u8]) {
    let (Some(first), Some(second)) = (octets.first(), octets.get(1)) else { return };
    let input = &octets[2..];
    let flavour = match first % 3 {
        0 => Flavour::Smtp,
        1 => Flavour::Submission,
        _ => Flavour::Lmtp,
    };
    commands(input, flavour);
    replies(input);
    texts(input, usize::from(*second));
    let whole = session(input, input.len(), flavour);
    let cut = usize::from(*second) * input.len() / 256;
    assert_eq!(session(input, cut, flavour), whole, "cut at {cut}");
}

/// What is read is printed so that it is read as the same.
fn commands(input: &[u8], flavour: Flavour) {
    for line in input.split(|octet| *octet == b'\n') {
        if let Ok(command) = Command::parse(line, flavour) {
            let printed = command.print();
            if command != Command::Vrfy {
                assert_eq!(Command::parse(printed.as_bytes(), flavour), Ok(command), "{printed}");
            }
        }
    }
}

fn replies(input: &[u8]) {
    if let Ok(Some((reply, taken))) = Reply::parse(input) {
        assert!(taken <= input.len());
        let mut printed = Vec::new();
        reply.print(&mut printed);
        let (again, _) = Reply::parse(&printed).unwrap().unwrap();
        assert_eq!(again.code, reply.code);
    }
}

fn texts(input: &[u8], cut: usize) {
    let (head, tail) = input.split_at(cut.min(input.len()));
    for line_ends in [LineEnds::Strict, LineEnds::Mended] {
        for dots in [Dots::Stuffed, Dots::Plain] {
            let (mut whole, mut pieces) = (Vec::new(), Vec::new());
            let mut text = Text::new(dots, line_ends);
            let taken = text.take(input, &mut whole);
            let mut again = Text::new(dots, line_ends);
            let first = again.take(head, &mut pieces);
            let mut ended = first.ended;
            if !ended {
                ended = again.take(tail, &mut pieces).ended;
            }
            assert_eq!((&pieces, ended, again.flaw()), (&whole, taken.ended, text.flaw()));
        }
    }
    let mut stuffed = Vec::new();
    let mut stuffer = Stuffer::new();
    stuffer.take(head, &mut stuffed);
    stuffer.take(tail, &mut stuffed);
    stuffer.finish(&mut stuffed);
    let mut text = Text::new(Dots::Stuffed, LineEnds::Strict);
    let taken = text.take(&stuffed, &mut Vec::new());
    // One end, and it is the last thing.
    assert!(taken.ended && taken.octets == stuffed.len());
}

/// What a session answers, and what it stores.
fn session(input: &[u8], cut: usize, flavour: Flavour) -> (Vec<u8>, Vec<Vec<u8>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let memory = Memory { relay: Some(()), ..Memory::default() };
        let stored = memory.stored.clone();
        let (_phase_setter, phase) = watch::channel(Phase::Serving);
        let service = Arc::new(Service {
            flavour,
            hostname: "mail.example.org".to_owned(),
            message_octets_max: 1_000,
            // What comes in one piece with STARTTLS is hung up on, so a cut there does matter.
            tls: Tls::NotOffered,
            directory: Arc::new(People),
            delivery: Arc::new(memory),
            clock: Arc::new(SetClock::at(Timestamp(1_700_000_000))),
            phase,
        });
        let (near, far) = tokio::io::duplex(1 << 20);
        let (mut from_server, mut to_server) = tokio::io::split(near);
        let server = tokio::spawn(async move {
            let peer = Peer::new(None, Security::Loopback);
            assert!(!matches!(serve(far, peer, service, Start::Greeting).await, End::StartTls(_)));
        });
        let (head, tail) = input.split_at(cut);
        // The server may have hung up.
        let _ = to_server.write_all(head).await;
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        let _ = to_server.write_all(tail).await;
        let _ = to_server.shutdown().await;
        let mut answers = Vec::new();
        from_server.read_to_end(&mut answers).await.unwrap();
        server.await.unwrap();
        let stored = stored.lock().unwrap().iter().map(|stored| stored.octets.clone()).collect();
        (answers, stored)
    })
}
