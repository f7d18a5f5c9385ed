//! Any octets as the body of a message: made safe, it is what the tests of `safe` want of it, and stays as it is.
#![no_main]

#[path = "../../crates/safe/tests/hostile/any_octets.rs"]
mod any_octets;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| any_octets::check(octets));
