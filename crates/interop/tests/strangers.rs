//! Peers that have not logged in take little memory, however many they are (the program `strangers` measures more).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "tests may be blunt"
)]

use interop::strangers::{From, KEPT_MAX, KINDS, measure};

const STRANGERS: usize = 300;
/// What one may take before the text of a message, in KiB.
const EACH_KIB_MAX: u64 = 64;
/// What the messages of all of them may take while they come in, in KiB: `limits.strangers_memory`.
const MESSAGES_KIB_MAX: u64 = 64 << 10;

#[test]
fn three_hundred_strangers_take_a_bounded_part_of_memory() {
    for (kind, messages_kib_max) in [
        ("smtp: 1,000 RCPT and 1 MB of header", MESSAGES_KIB_MAX),
        ("smtp: 1 RCPT and 1 MB of header", MESSAGES_KIB_MAX),
        ("smtp: 1,000 RCPT", 0),
        ("imaps: idle", 0),
        ("imaps: a handshake that does not end", 0),
        ("imap: a command that does not end", 0),
        ("pop3: AUTH that does not end", 0),
        ("submission: AUTH that does not end", 0),
    ] {
        let kind = KINDS.into_iter().find(|known| known.name == kind).unwrap();
        let row = measure(kind, STRANGERS, From::Loopback);
        println!("{row}");
        let kib_max = messages_kib_max + STRANGERS as u64 * EACH_KIB_MAX;
        assert!(row.kib_of_all() <= kib_max, "{row}");
        // The others take so little that it says nothing.
        assert!(messages_kib_max == 0 || row.kept() <= KEPT_MAX, "{row}");
    }
}
