//! A folder of transcripts, and the ways in which all of them are played.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::player::{Cut, World, play};

/// The act of a transcript in which a cut makes a difference.
pub(crate) const WHOLE_ONLY: &str = "whole only";

/// A transcript.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// The file's name, or what else tells it from others.
    pub name: String,
    /// Its lines.
    pub text: String,
}

/// Reads all transcripts of a folder, by name.
pub fn read_all(folder: &Path) -> Vec<Transcript> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| Transcript {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    paths.into_iter().map(read).collect()
}

impl Transcript {
    fn may_be_cut(&self) -> bool {
        !self.text.lines().any(|line| line.strip_prefix("@ ") == Some(WHOLE_ONLY))
    }
}

/// Plays each as it is written.
pub fn whole<W: World>(all: &[Transcript]) {
    each(all, |transcript| {
        play::<W>(transcript, Cut::Whole);
    });
}

/// Plays each in pieces of one octet, of two, and so on as given.
pub fn in_pieces<W: World>(all: &[Transcript], octets: &[usize]) {
    each(all, |transcript| {
        for octets in octets.iter().filter(|_| transcript.may_be_cut()) {
            play::<W>(transcript, Cut::Pieces(*octets));
        }
    });
}

/// Plays each once for every octet of the client, cut behind it; at most so often, then with even gaps.
pub fn cut_behind_each_octet<W: World>(all: &[Transcript], times_max: usize) {
    each(all, |transcript| {
        if transcript.may_be_cut() {
            let octets = play::<W>(transcript, Cut::Whole);
            for octet in (1..octets).step_by(octets.div_ceil(times_max).max(1)) {
                play::<W>(transcript, Cut::Behind(octet));
            }
        }
    });
}

/// Goes on behind one that fails, so that one run shows all that fail.
fn each(all: &[Transcript], played: impl Fn(&Transcript)) {
    assert!(!all.is_empty(), "there are no transcripts");
    let fails =
        |transcript: &&Transcript| catch_unwind(AssertUnwindSafe(|| played(transcript))).is_err();
    let failed: Vec<&str> = all.iter().filter(fails).map(|t| t.name.as_str()).collect();
    assert!(failed.is_empty(), "these transcripts do not hold: {failed:?}");
}
