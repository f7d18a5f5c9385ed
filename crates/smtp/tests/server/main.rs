//! The server over in-memory pipes: transcripts, and what transcripts cannot say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

mod any_octets;
mod corpus;
mod memory;
mod replay;
mod smuggling;
mod whole;

use std::path::Path;

#[test]
fn transcripts_hold_whole_and_cut_at_every_octet() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40, "the transcripts are there");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        replay::replay(&file.file_name().unwrap().to_string_lossy(), &text);
    }
}
