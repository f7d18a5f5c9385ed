//! Plays every transcript: whole, in small pieces, and cut behind each octet of what the client says.

use std::path::Path;

use transcript::{Transcript, cut_behind_each_octet, in_pieces, read_all, whole};

use crate::acts::Host;

fn all() -> Vec<Transcript> {
    read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts"))
}

#[test]
fn every_transcript_holds() {
    whole::<Host>(&all());
}

#[test]
fn every_transcript_holds_in_pieces() {
    in_pieces::<Host>(&all(), &[1]);
}

#[test]
fn every_transcript_holds_cut_behind_each_octet() {
    cut_behind_each_octet::<Host>(&all(), 1_000);
}
