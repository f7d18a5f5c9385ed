//! Any octets as a POP3 client's, as a POP3 server's, and as a message sent over POP3.
#![no_main]
#![allow(dead_code, reason = "the world is shared with the tests, which use more of it")]

#[path = "../../crates/pop3/tests/replay/any_octets.rs"]
mod any_octets;
#[path = "../../crates/pop3/tests/replay/people.rs"]
mod people;
#[path = "../../crates/pop3/tests/replay/world.rs"]
mod world;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| any_octets::check(octets));
