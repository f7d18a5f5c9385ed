//! Any octets as SMTP commands, replies, text and whole sessions.
#![no_main]

#[path = "../../crates/smtp/tests/server/any_octets.rs"]
mod any_octets;
#[path = "../../crates/smtp/tests/server/memory.rs"]
mod memory;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| any_octets::check(octets));
