//! All tests, cheapest first, so that a fault shows as early as it can; closes with how many passed, failed and were
//! skipped.

use std::io::Write as _;

use anyhow::Result;

use crate::run;
use crate::tally::Tally;
use crate::webmail;

/// What to do about a test whose program is not installed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Say so, count it, and continue.
    Skip,
    /// Fail.
    Fail,
}

/// Runs them all.
pub(crate) fn all(missing: Missing) -> Result<()> {
    let mut tally = Tally::new();
    let outcome = each(missing, &mut tally);
    writeln!(std::io::stdout(), "{}", tally.close())?;
    outcome
}

fn each(missing: Missing, tally: &mut Tally) -> Result<()> {
    run::cargo(&["fmt", "--all", "--check"])?;
    run::cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    // Before the host is built, which embeds it.
    webmail::test(missing, tally)?;
    let (name, file) = tally.variable();
    let mut variables = vec![(name, file.as_str())];
    if missing == Missing::Fail {
        variables.push(("CORREIO_NO_SKIP", "1"));
    }
    // The real programs come last, and need the host built.
    run::tests(&["test", "--workspace", "--exclude", "interop"], &variables, tally)?;
    run::cargo_with(
        &["doc", "--workspace", "--no-deps", "--quiet"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )?;
    // One after another: each starts a host of its own, and two cores are soon busy.
    for program in run::test_programs("interop")? {
        run::test_program(&program, "interop", &["--test-threads=2"], &variables, tally)?;
    }
    Ok(())
}

/// Runs what takes minutes.
pub(crate) fn long() -> Result<()> {
    for delay_ms in ["1", "20"] {
        let delayed = ["run", "--package", "conformance", "--bin", "delayed", "--"];
        run::cargo(&[&delayed[..], &["--delay-ms", delay_ms]].concat())?;
    }
    let damages = ["test", "--package", "store", "--test", "random_damage", "--", "--nocapture"];
    run::cargo_with(&damages, &[("STORE_SEED", "1000"), ("STORE_DAMAGES", "500")])?;
    let each_call = ["--test", "repair", "--test", "copying", "--test", "formats"];
    let each_call = [&["test", "--package", "store"][..], &each_call, &["--", "--nocapture"]];
    run::cargo_with(&each_call.concat(), &[("STORE_EACH_CALL", "1")])?;
    let searches = ["test", "--package", "store", "--test", "searches", "--", "--nocapture"];
    let whole = [("SEARCH_PROGRAMS", "3000"), ("SEARCH_MESSAGES", "20000"), ("SEARCH_CUTS", "60")];
    run::cargo_with(&searches, &whole)?;
    let months = ["test", "--package", "admin", "--test", "months", "--", "--nocapture"];
    run::cargo_with(&months, &[("ROOM_MONTHS", "24")])?;
    let pulls = ["test", "--package", "sync", "--test", "pull", "--", "--nocapture"];
    run::cargo_with(&pulls, &[("PULL_LIVES", "1000")])?;
    let mirrors = ["test", "--package", "sync", "--test", "mirror", "--", "--nocapture"];
    run::cargo_with(&mirrors, &[("MIRROR_LIVES", "2000")])?;
    let archives = ["test", "--package", "sync", "--test", "archive", "--", "--nocapture"];
    run::cargo_with(&archives, &[("ARCHIVE_LIVES", "1000"), ("MIGRATE_LIVES", "1000")])?;
    let outboxes = ["test", "--package", "admin", "--test", "outbox", "--", "--nocapture"];
    run::cargo_with(&outboxes, &[("OUTBOX_LIVES", "10000")])?;
    let files = ["test", "--package", "transfer", "--test", "round_trip", "--", "--nocapture"];
    run::cargo_with(&files, &[("ROUND_TRIP_SEED", "2"), ("ROUND_TRIP_MESSAGES", "10000")])?;
    run::cargo(&["build", "--package", "correio"])?;
    run::cargo(&["run", "--package", "interop", "--bin", "jmap-programs"])
}
