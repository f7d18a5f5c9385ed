//! The Debian package: the program, its manual pages and completions, made by the program itself, and what cargo-deb puts
//! together of them by the metadata in `crates/correio/Cargo.toml`.

use anyhow::{Context as _, Result};

use crate::run;

/// Which program goes into the package.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The one for people.
    Release,
    /// The one for trying the package.
    Debug,
}

/// Where the package is put.
const PACKAGE: &str = "target/package/correio.deb";

/// Makes the package, and tries it where an earlier one is given.
pub(crate) fn make(build: Build, version: Option<&str>, upgrade_from: Option<&str>) -> Result<()> {
    let (folder, mut words) = match build {
        Build::Release => ("release", vec!["build", "--release"]),
        Build::Debug => ("debug", vec!["build"]),
    };
    words.extend(["--package", "correio"]);
    run::cargo(&words)?;
    let program = format!("target/{folder}/correio");
    let man = run::empty_folder("target/package/man")?;
    run::program(&program, &["man", &man])?;
    let completions = run::empty_folder("target/package/completions")?;
    for shell in ["bash", "zsh", "fish"] {
        let script = run::output(&program, &["completions", shell])?;
        let path = format!("{completions}/{shell}");
        #[expect(clippy::disallowed_methods, reason = "the folder is our own")]
        std::fs::write(&path, script).with_context(|| format!("no {path}"))?;
    }
    let mut words = vec!["deb", "--no-build", "--package", "correio", "--output", PACKAGE];
    if build == Build::Debug {
        words.extend(["--profile", "dev"]);
    }
    if let Some(version) = version {
        words.extend(["--deb-version", version]);
    }
    run::cargo(&words).context("no package; without cargo-deb: cargo install cargo-deb")?;
    match upgrade_from {
        Some(earlier) => run::program("contrib/debian/try-package", &[earlier, PACKAGE]),
        None => Ok(()),
    }
}
