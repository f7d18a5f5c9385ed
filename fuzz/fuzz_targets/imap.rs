//! Any octets as IMAP commands and responses, as an IMAP client's and as an IMAP server's.
#![no_main]

#[path = "../../crates/imap/tests/replay/any_octets.rs"]
mod any_octets;
#[path = "../../crates/imap/tests/server/people.rs"]
mod people;
#[path = "../../crates/imap/tests/server/world.rs"]
#[allow(dead_code, reason = "the server's own tests use the rest")]
mod world;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| any_octets::check(octets));
