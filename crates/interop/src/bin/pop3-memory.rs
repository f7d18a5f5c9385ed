//! Measures the host while many sessions RETR a large message at once:
//! `cargo build --release -p correio && cargo run --release -p interop --bin pop3-memory -- --sessions 1000 --octets 26214400`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program for developers"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut sessions, mut octets) = (1_000, 26_214_400);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        match word.as_str() {
            "--sessions" => sessions = value.parse().expect("a number behind --sessions"),
            "--octets" => octets = value.parse().expect("a number behind --octets"),
            _ => {
                println!("usage: pop3-memory [--sessions N] [--octets N]");
                return ExitCode::from(2);
            }
        }
    }
    println!("{}", interop::pop3_memory::run(sessions, octets));
    ExitCode::SUCCESS
}
