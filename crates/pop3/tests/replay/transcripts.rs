//! Plays every transcript: whole, octet by octet, and cut behind each octet of what the client says.

use std::path::{Path, PathBuf};

use tokio::runtime::Builder;

use crate::transcript::{Cut, play};

/// What comes along with STLS is refused, what comes after it is the TLS handshake: here a cut makes the difference.
const CUT_DECIDES: &str = "stls_injection";

fn all() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

/// Time stands still except while everybody waits, so that timeouts are exact and cost nothing.
fn played(name: &str, text: &str, cut: Cut) -> usize {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(play(text, cut))
    }));
    result.unwrap_or_else(|_| {
        let how = match cut {
            Cut::Whole => "whole".to_owned(),
            Cut::At(octet) => format!("cut behind octet {octet}"),
            Cut::Octets => "octet by octet".to_owned(),
        };
        panic!("transcript {name}, {how}");
    })
}

#[test]
fn every_transcript_holds() {
    let fails = |(name, text): &(String, String)| {
        std::panic::catch_unwind(|| played(name, text, Cut::Whole)).is_err()
    };
    let failed: Vec<String> = all().into_iter().filter(fails).map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn every_transcript_holds_octet_by_octet() {
    for (name, text) in all().into_iter().filter(|(name, _)| name != CUT_DECIDES) {
        played(&name, &text, Cut::Octets);
    }
}

#[test]
fn every_transcript_holds_cut_behind_each_octet() {
    for (name, text) in all().into_iter().filter(|(name, _)| name != CUT_DECIDES) {
        let octets = played(&name, &text, Cut::Whole);
        for octet in 1..octets {
            played(&name, &text, Cut::At(octet));
        }
    }
}
