//! Measures what the host holds for peers that have not logged in:
//! `cargo build -p correio && cargo run -p interop --bin strangers -- [--everywhere] [--count N] [KIND...]`.
//!
//! With `--everywhere` each comes from an address of its own, which takes a network of its own:
//! `unshare -rn sh -c 'ip link set lo up; ip route add local 10.0.0.0/8 dev lo; exec target/debug/strangers --everywhere'`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "a program for developers"
)]

use interop::strangers::{From, HEAD, KINDS, measure};

fn main() {
    let (mut from, mut counts, mut wanted) = (From::Loopback, vec![300, 1_000], Vec::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--everywhere" => from = From::Everywhere,
            "--count" => {
                let count = words.next().and_then(|word| word.parse().ok());
                counts = vec![count.expect("a number behind --count")];
            }
            _ => wanted.push(word),
        }
    }
    println!("{HEAD}");
    for kind in KINDS {
        if wanted.is_empty() || wanted.iter().any(|wanted| kind.name.starts_with(wanted.as_str())) {
            for count in &counts {
                println!("{}", measure(kind, *count, from));
            }
        }
    }
}
