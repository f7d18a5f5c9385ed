//! Measures the host while one user copies one tiny message onto itself until there are very many, and deletes them all:
//! `cargo build --release -p correio && cargo run --release -p interop --bin room-memory -- --doublings 21 --raised`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program for developers"
)]

use std::process::ExitCode;

use interop::room_memory::{Elsewhere, Plan, run};

/// The limits of the original case: out of the way, and little memory for what is in use.
const RAISED: &str = "[limits]\nmessages_per_mailbox_max = 3000000\nmessages_per_user_max = 9000000\nhot_memory = \"16M\"\n";
const PERCENT_MAX: u64 = 130;

fn main() -> ExitCode {
    let mut plan = Plan { config: String::new(), doublings: 21, more: 0, elsewhere: Elsewhere::No };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || words.next().unwrap_or_default().parse::<u64>().expect("a number");
        match word.as_str() {
            "--doublings" => plan.doublings = u32::try_from(number()).expect("a small number"),
            "--more" => plan.more = number(),
            "--raised" => RAISED.clone_into(&mut plan.config),
            "--elsewhere" => plan.elsewhere = Elsewhere::Yes,
            _ => {
                println!("usage: room-memory [--doublings N] [--more N] [--raised] [--elsewhere]");
                return ExitCode::from(2);
            }
        }
    }
    let report = run(&plan);
    println!("{report}");
    if report.percent() > PERCENT_MAX {
        println!("that is more than {PERCENT_MAX} %");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
