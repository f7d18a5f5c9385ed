//! Many sessions on one mailbox: `cargo run -p interop --bin imap-stress -- [--seconds 20] [--sessions 10] [--seed N]`.
//! Ends with failure when one was refused what it had a right to, or was told what does not fit.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program for developers"
)]

use std::process::ExitCode;
use std::time::Duration;

use interop::imap_stress::{Length, run};

fn main() -> ExitCode {
    let (mut seconds, mut sessions, mut seed) = (20, 10, 1);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word.as_str() {
            "--seconds" => seconds = value.parse().expect("a number behind --seconds"),
            "--sessions" => sessions = value.parse().expect("a number behind --sessions"),
            "--seed" => seed = value.parse().expect("a number behind --seed"),
            _ => {
                println!("usage: imap-stress [--seconds N] [--sessions N] [--seed N]");
                return ExitCode::from(2);
            }
        }
    }
    let report = run(sessions, Length::Time(Duration::from_secs(seconds)), seed);
    println!("{report}");
    if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
