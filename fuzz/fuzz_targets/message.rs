//! Reads any octets as mail and checks what must hold of the result.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    if let Err(broken) = message::invariants::check(octets) {
        panic!("{broken}");
    }
});
