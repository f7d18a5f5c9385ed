//! Runs programs at the top of the project, showing what is run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The top of the project.
pub(crate) fn top() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Runs cargo.
pub(crate) fn cargo(words: &[&str]) -> Result<()> {
    cargo_with(words, &[])
}

/// Runs cargo with environment variables.
pub(crate) fn cargo_with(words: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    start("cargo", words, variables)
}

/// Runs cargo-fuzz with a compiler that is not a nightly one.
pub(crate) fn fuzz_cargo(words: &[&str]) -> Result<()> {
    start("cargo", words, &[("RUSTC_BOOTSTRAP", "1")])
        .context("fuzzing failed; without cargo-fuzz: cargo install cargo-fuzz")
}

/// Runs a program.
pub(crate) fn program(name: &str, words: &[&str]) -> Result<()> {
    start(name, words, &[])
}

/// The fuzz targets there are.
pub(crate) fn fuzz_targets() -> Result<Vec<String>> {
    let folder = top().join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for file in std::fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))? {
        let path = file?.path();
        if path.extension().is_some_and(|end| end == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn start(name: &str, words: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    eprintln!("$ {name} {}", words.join(" "));
    let status = Command::new(name)
        .args(words)
        .envs(variables.iter().copied())
        .current_dir(top())
        .status()
        .with_context(|| format!("{name} could not be started"))?;
    if !status.success() {
        bail!("failed: {name} {} ({status})", words.join(" "));
    }
    Ok(())
}
