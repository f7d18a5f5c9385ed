//! All tests, cheapest first, so that a fault shows as early as it can.

use anyhow::Result;

use crate::run;

/// What to do about a test whose program is not installed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Say so and go on.
    Skip,
    /// Fail.
    Fail,
}

/// Runs them all.
pub(crate) fn all(missing: Missing) -> Result<()> {
    let variables: &[(&str, &str)] = match missing {
        Missing::Skip => &[],
        Missing::Fail => &[("CORREIO_NO_SKIP", "1")],
    };
    run::cargo(&["fmt", "--all", "--check"])?;
    run::cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    // The real programs come last, and need the host built.
    run::cargo(&["test", "--workspace", "--exclude", "interop"])?;
    run::cargo_with(
        &["doc", "--workspace", "--no-deps", "--quiet"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )?;
    run::cargo(&["build", "--package", "correio"])?;
    // One after another: each starts a host of its own, and two cores are soon busy.
    run::cargo_with(&["test", "--package", "interop", "--", "--test-threads=2"], variables)
}

/// Runs what takes minutes and mostly waits.
pub(crate) fn long() -> Result<()> {
    for delay_ms in ["1", "20"] {
        let delayed = ["run", "--package", "conformance", "--bin", "delayed", "--"];
        run::cargo(&[&delayed[..], &["--delay-ms", delay_ms]].concat())?;
    }
    Ok(())
}
