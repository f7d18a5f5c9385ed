//! Runs POP3 programs through the cutting proxy: `cargo run -p interop --bin pop3-cuts -- --runs 200 [--seed N] [--program P]`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program for developers"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut runs, mut seed, mut program) = (60, 1, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word.as_str() {
            "--runs" => runs = value.parse().expect("a number behind --runs"),
            "--seed" => seed = value.parse().expect("a number behind --seed"),
            "--program" => program = Some(value),
            _ => {
                println!("usage: pop3-cuts [--runs N] [--seed N] [--program P]");
                return ExitCode::from(2);
            }
        }
    }
    let mut modes = interop::pop3_cuts::modes();
    modes.extend(interop::pop3_cuts::modes_with_choices());
    modes.retain(|mode| program.as_ref().is_none_or(|program| mode.runs(program)));
    let host = interop::Host::start(&[]);
    let report = interop::pop3_cuts::run(&host, &modes, runs, seed, |said| println!("{said}"));
    println!("{report}");
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
