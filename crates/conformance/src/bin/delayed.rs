//! Runs the whole suite on an engine whose every read waits, and says how many reads each part makes:
//! `cargo run -p conformance --bin delayed -- --delay-ms 20 --lives 50`. It waits far more than it works, so the parts
//! and the lives run side by side, each on a runtime of its own.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use conformance::{DelayedEngine, Lives, ReadCounts};
use mailbox::engine::Engine;
use mailbox::memory::MemoryEngine;

/// How many steps each life has, as in `conformance::run`.
const LIFE_STEPS: usize = 100;

#[derive(Clone, Copy)]
enum Part {
    Engines,
    Accounts,
    Pop3,
    Life(u64),
}

fn main() -> ExitCode {
    let Some((delay, lives)) = arguments() else {
        eprintln!("usage: delayed [--delay-ms MILLISECONDS] [--lives COUNT]");
        return ExitCode::from(2);
    };
    let mut parts = vec![Part::Engines, Part::Accounts, Part::Pop3];
    parts.extend((1..=lives).map(Part::Life));
    let started = Instant::now();
    let running: Vec<_> = parts
        .into_iter()
        .map(|part| {
            let reads = Arc::new(ReadCounts::default());
            let counted = Arc::clone(&reads);
            (part, reads, thread::spawn(move || run(part, delay, &counted)))
        })
        .collect();
    let (mut failed, mut of_lives) = (false, 0);
    for (part, reads, thread) in running {
        let passed = thread.join().unwrap_or(false);
        failed |= !passed;
        let name = match part {
            Part::Engines => "engines",
            Part::Accounts => "accounts",
            Part::Pop3 => "pop3",
            Part::Life(seed) => {
                of_lives = reads.total().saturating_add(of_lives);
                if !passed {
                    println!("life of seed {seed}: failed");
                }
                continue;
            }
        };
        let verdict = if passed { "passed" } else { "failed" };
        println!(
            "{name}: {} reads, at most {} at once, {verdict}",
            reads.total(),
            reads.at_once_max()
        );
    }
    println!("lives: {of_lives} reads in {lives}");
    println!("{:.1} s with {delay:?} a read", started.elapsed().as_secs_f64());
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The delay and the number of lives.
fn arguments() -> Option<(Duration, u64)> {
    let (mut delay, mut lives) = (Duration::from_millis(1), 50);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next()?.parse().ok()?;
        match &*word {
            "--delay-ms" => delay = Duration::from_millis(value),
            "--lives" => lives = value,
            _ => return None,
        }
    }
    Some((delay, lives))
}

/// Runs one part. A failure has been printed by its panic.
fn run(part: Part, delay: Duration, reads: &Arc<ReadCounts>) -> bool {
    let make = || -> Arc<dyn Engine> {
        let inner = Arc::new(MemoryEngine::new());
        Arc::new(DelayedEngine::counted_in(inner, delay, Arc::clone(reads)))
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = runtime else { return false };
    runtime.block_on(async {
        match part {
            Part::Engines => conformance::engines(make).await,
            Part::Accounts => conformance::accounts(make).await,
            Part::Pop3 => conformance::pop3(make).await,
            Part::Life(seed) => {
                conformance::lives(make, Lives { seed, count: 1, steps: LIFE_STEPS }).await;
            }
        }
    });
    true
}
