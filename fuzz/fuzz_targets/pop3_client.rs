//! Any octets as what a POP3 server says to a client that pulls.
#![no_main]
#![allow(dead_code, reason = "the keeper is shared with the tests, which use more of it")]

#[path = "../../crates/pop3/tests/client/any_server.rs"]
mod any_server;
#[path = "../../crates/pop3/tests/client/shelf.rs"]
mod shelf;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| any_server::check(octets));
