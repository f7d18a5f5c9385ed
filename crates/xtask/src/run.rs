//! Runs programs at the top of the project, showing what is run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::tally::Tally;

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

/// Runs `cargo test`, and counts the tests.
pub(crate) fn tests(words: &[&str], variables: &[(&str, &str)], tally: &mut Tally) -> Result<()> {
    counted("cargo", words, &mut command("cargo", words, variables), tally)
}

/// Builds all tests, and gives the programs of one package. They are built with all others: a package by itself has other
/// features, with which nearly everything would be compiled once more.
pub(crate) fn test_programs(package: &str) -> Result<Vec<PathBuf>> {
    let told = output("cargo", &["test", "--workspace", "--no-run", "--message-format=json"])?;
    let home = format!("/crates/{package}#");
    let program = |line: &[u8]| {
        let built: Value = serde_json::from_slice(line).ok()?;
        let is_test = built.pointer("/profile/test")?.as_bool()?;
        let is_ours = built.get("package_id")?.as_str()?.contains(&home);
        built.get("executable")?.as_str().filter(|_| is_test && is_ours).map(PathBuf::from)
    };
    let programs: Vec<PathBuf> = told.split(|octet| *octet == b'\n').filter_map(program).collect();
    if programs.is_empty() {
        bail!("{package} has no tests");
    }
    Ok(programs)
}

/// Runs a program of tests in the folder of its package, as cargo does, and counts the tests.
pub(crate) fn test_program(
    program: &Path,
    package: &str,
    words: &[&str],
    variables: &[(&str, &str)],
    tally: &mut Tally,
) -> Result<()> {
    let name = program.to_string_lossy();
    let mut command = command(&name, words, variables);
    command.current_dir(top().join("crates").join(package));
    counted(&name, words, &mut command, tally)
}

/// Shows what tests print, and counts them.
fn counted(name: &str, words: &[&str], command: &mut Command, tally: &mut Tally) -> Result<()> {
    let child = command.stdout(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("{name} could not be started"))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(&line)?;
            stdout.write_all(b"\n")?;
            tally.line(&String::from_utf8_lossy(&line));
        }
    }
    check(name, words, child.wait()?)
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

/// Runs a program, and gives what it prints.
pub(crate) fn output(name: &str, words: &[&str]) -> Result<Vec<u8>> {
    let output = command(name, words, &[]).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("{name} could not be started"))?;
    check(name, words, output.status)?;
    Ok(output.stdout)
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

/// Makes a folder that has nothing in it, below the top of the project, and gives its path.
pub(crate) fn empty_folder(name: &str) -> Result<String> {
    let path = top().join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).with_context(|| format!("no {}", path.display()))?;
    }
    #[expect(clippy::disallowed_methods, reason = "the folder is our own")]
    std::fs::create_dir_all(&path).with_context(|| format!("no {}", path.display()))?;
    Ok(path.to_string_lossy().into_owned())
}

fn start(name: &str, words: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    let status = command(name, words, variables).status();
    check(name, words, status.with_context(|| format!("{name} could not be started"))?)
}

fn command(name: &str, words: &[&str], variables: &[(&str, &str)]) -> Command {
    eprintln!("$ {name} {}", words.join(" "));
    let mut command = Command::new(name);
    command.args(words).envs(variables.iter().copied()).current_dir(top());
    command
}

fn check(name: &str, words: &[&str], status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("failed: {name} {} ({status})", words.join(" "));
    }
    Ok(())
}
