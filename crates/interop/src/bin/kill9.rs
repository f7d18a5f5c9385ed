//! Runs the kill -9 loop: `cargo run -p interop --bin kill9 -- --rounds 60 [--seed N] [--data DIR]`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program for developers"
)]

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut rounds, mut seed, mut data) = (12, 1, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word.as_str() {
            "--rounds" => rounds = value.parse().expect("a number behind --rounds"),
            "--seed" => seed = value.parse().expect("a number behind --seed"),
            "--data" => data = Some(PathBuf::from(value)),
            _ => {
                println!("usage: kill9 [--rounds N] [--seed N] [--data DIR]");
                return ExitCode::from(2);
            }
        }
    }
    let folder = tempfile::tempdir().expect("a folder for the data");
    let data = data.unwrap_or_else(|| folder.path().join("data"));
    let report = interop::kill9::run(&data, rounds, seed, interop::kill9::Sabotage::None);
    println!("{report}");
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
