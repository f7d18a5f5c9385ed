//! Any octets as a segment of the store's journal: opened, checked and repaired.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| store::sim::try_as_journal(octets));
