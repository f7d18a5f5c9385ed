//! The webmail: built by npm before the host that embeds it, and checked by its own tools. Without Node the host is built all the same.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::run;
use crate::tally::Tally;
use crate::test::Missing;

/// Builds it, if Node is there; says so if it is not.
pub(crate) fn build() -> Result<()> {
    if !is_npm_there() {
        let said = "without Node (20.19 or newer) and npm the host has no webmail; all else works";
        writeln!(std::io::stderr(), "note: {said}")?;
        return Ok(());
    }
    // What is installed belongs to this lock file, if it is not older.
    match is_installed() {
        true => run::program("npm", &["run", "--silent", "build", "--prefix", "web"]),
        false => run::program("npm", &["ci", "--no-audit", "--no-fund", "--prefix", "web"]),
    }
}

/// Builds it, looks at its types, and runs its tests of pure parts.
pub(crate) fn test(missing: Missing, tally: &Tally) -> Result<()> {
    if !is_npm_there() {
        if missing == Missing::Fail {
            bail!("npm is missing, and with it the tests of the webmail");
        }
        return tally.skip("webmail", "npm is missing");
    }
    build()?;
    run::program("npm", &["run", "--silent", "check", "--prefix", "web"])?;
    run::program("npm", &["test", "--silent", "--prefix", "web"])
}

fn is_npm_there() -> bool {
    let mut npm = Command::new("npm");
    let status = npm.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn is_installed() -> bool {
    let changed =
        |name: &str| std::fs::metadata(run::top().join(name)).and_then(|file| file.modified()).ok();
    changed("web/node_modules/.package-lock.json") > changed("web/package-lock.json")
}
