//! RETR needs little memory, however large the message is (the program `pop3-memory` measures more).
#![allow(clippy::print_stdout, reason = "tests may be blunt")]

const KIB_MAX: u64 = 256;

#[test]
fn a_session_in_the_middle_of_a_large_message_costs_little_memory() {
    let report = interop::pop3_memory::run(50, 8 << 20);
    println!("{report}");
    assert!(report.kib_per_session() < KIB_MAX, "{report}");
}
