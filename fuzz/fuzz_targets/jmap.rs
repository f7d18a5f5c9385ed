//! Any octets as a JMAP request.
#![no_main]

#[path = "../../crates/jmap/tests/requests/any_octets.rs"]
mod any_octets;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| any_octets::check(octets));
