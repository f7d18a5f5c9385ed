//! Counts tests over many runs: those that passed and failed by what cargo prints, those that were skipped by the notes
//! that they leave in a file.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;

/// Names the file into which a test that cannot run here writes one line: `test: why`.
const VARIABLE: &str = "CORREIO_SKIPPED_FILE";

/// The counts so far.
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    /// Left out by an attribute of the test.
    ignored: u64,
    notes: PathBuf,
}

impl Tally {
    /// All at zero.
    pub(crate) fn new() -> Tally {
        let name = format!("correio-skipped-{}.txt", std::process::id());
        Tally { passed: 0, failed: 0, ignored: 0, notes: std::env::temp_dir().join(name) }
    }

    /// What tests need in their environment so that those which are skipped are counted.
    pub(crate) fn variable(&self) -> (&'static str, String) {
        (VARIABLE, self.notes.to_string_lossy().into_owned())
    }

    /// Takes in one line that cargo printed.
    pub(crate) fn line(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        for part in counts.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(kind)) = (words.next(), words.next()) else { continue };
            let count = match kind {
                "passed" => &mut self.passed,
                "failed" => &mut self.failed,
                "ignored" => &mut self.ignored,
                _ => continue,
            };
            *count = count.saturating_add(number.parse().unwrap_or(0));
        }
    }

    /// Takes note of what could not run here.
    pub(crate) fn skip(&self, test: &str, why: &str) -> anyhow::Result<()> {
        let mut notes = std::fs::OpenOptions::new().create(true).append(true).open(&self.notes)?;
        Ok(writeln!(notes, "{test}: {why}")?)
    }

    /// Ends the counting.
    pub(crate) fn close(self) -> Closing {
        #[expect(clippy::disallowed_methods, reason = "the file is our own")]
        let notes = std::fs::read_to_string(&self.notes).unwrap_or_default();
        #[expect(clippy::disallowed_methods, reason = "the file is our own")]
        drop(std::fs::remove_file(&self.notes));
        Closing::new(&self, &notes)
    }
}

/// What a whole run came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    passed: u64,
    failed: u64,
    ignored: u64,
    /// Each skipped test, and why.
    skipped: BTreeMap<String, String>,
}

impl Closing {
    fn new(tally: &Tally, notes: &str) -> Closing {
        let mut skipped: BTreeMap<String, String> = BTreeMap::new();
        for (test, why) in notes.lines().filter_map(|note| note.split_once(": ")) {
            // A test that lacks several programs is still one test.
            let reasons = skipped.entry(test.to_owned()).or_default();
            let comma = if reasons.is_empty() { "" } else { ", " };
            *reasons = format!("{reasons}{comma}{why}");
        }
        // For cargo, a test that found its program missing has passed.
        let passed = tally.passed.saturating_sub(count(&skipped));
        Closing { passed, failed: tally.failed, ignored: tally.ignored, skipped }
    }
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (test, why) in &self.skipped {
            writeln!(f, "SKIPPED {test}: {why}")?;
        }
        let skipped = count(&self.skipped).saturating_add(self.ignored);
        write!(f, "{} passed, {} failed, {skipped} skipped", self.passed, self.failed)
    }
}

fn count(skipped: &BTreeMap<String, String>) -> u64 {
    u64::try_from(skipped.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Closing, Tally};

    #[test]
    fn skipped_tests_have_not_passed() {
        let mut tally = Tally::new();
        for line in [
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 10.00s",
        ] {
            tally.line(line);
        }
        let notes = "curl::mail_comes: program curl is not installed\n\
            pop3_cuts::all: program mpop is not installed\n\
            pop3_cuts::all: program getmail is not installed\n";
        let closing = Closing::new(&tally, notes).to_string();
        assert_eq!(
            closing,
            "SKIPPED curl::mail_comes: program curl is not installed\n\
             SKIPPED pop3_cuts::all: program mpop is not installed, program getmail is not installed\n\
             13 passed, 2 failed, 3 skipped"
        );
    }

    #[test]
    fn a_run_without_skips_closes_with_one_line() {
        assert_eq!(Closing::new(&Tally::new(), "").to_string(), "0 passed, 0 failed, 0 skipped");
    }
}
