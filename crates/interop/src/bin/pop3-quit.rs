//! Interrupts QUIT at random moments: `cargo run -p interop --bin pop3-quit -- --rounds 60 [--messages 300] [--seed N]`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program for developers"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut rounds, mut messages, mut seed) = (60, 300, 1);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word.as_str() {
            "--rounds" => rounds = value.parse().expect("a number behind --rounds"),
            "--messages" => messages = value.parse().expect("a number behind --messages"),
            "--seed" => seed = value.parse().expect("a number behind --seed"),
            _ => {
                println!("usage: pop3-quit [--rounds N] [--messages N] [--seed N]");
                return ExitCode::from(2);
            }
        }
    }
    let folder = tempfile::tempdir().expect("a folder for the data");
    let report = interop::pop3_quit::run(&folder.path().join("data"), rounds, messages, seed);
    println!("{report}");
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
