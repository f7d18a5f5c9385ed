//! Runs the POP3 suite on correio, Dovecot, Cyrus and Courier, and prints the table of docs/guide/pop3-conformance.md:
//! `cargo run -p interop --bin pop3-peers -- [--only NAME] [--slow]`. What each needs stands in `peers/*.sh`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a program for developers"
)]

use std::process::ExitCode;

use clap::Parser;
use interop::pop3_peers::Peer;
use pop3_suite::{Column, Options, Pace, run, table};

/// Runs the POP3 suite on several servers side by side, and prints the table.
#[derive(Parser)]
struct Arguments {
    /// Only this one: correio, dovecot, cyrus or courier. Can be repeated.
    #[arg(long)]
    only: Vec<String>,
    /// Also the inactivity timers: ten minutes.
    #[arg(long)]
    slow: bool,
}

fn column(peer: Peer, pace: Pace) -> Result<Column, String> {
    let scratch =
        tempfile::Builder::new().prefix("pop3-peers-").tempdir().map_err(|e| e.to_string())?;
    // The servers run as other users, and must reach their folders.
    drop(std::process::Command::new("chmod").arg("755").arg(scratch.path()).status());
    let running = peer.start(scratch.path())?;
    let report = run(Options { pace, ..running.options.clone() })?;
    eprintln!("{}: {}", running.name, report.summary());
    Ok(Column { name: running.name.clone(), report })
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let pace = if arguments.slow { Pace::Slow } else { Pace::Quick };
    let wanted =
        |peer: &Peer| arguments.only.is_empty() || arguments.only.iter().any(|n| n == peer.name());
    let peers: Vec<Peer> = Peer::ALL.into_iter().filter(wanted).collect();
    let found: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> =
            peers.iter().map(|peer| scope.spawn(|| column(*peer, pace))).collect();
        running.into_iter().map(|thread| thread.join().expect("a run that ends")).collect()
    });
    let mut columns = Vec::new();
    for (peer, outcome) in peers.iter().zip(found) {
        match outcome {
            Ok(column) => columns.push(column),
            Err(why) => eprintln!("{}: {why}", peer.name()),
        }
    }
    println!("{}", table(&columns));
    if columns.len() == peers.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
