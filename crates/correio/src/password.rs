//! Where a new password comes from: a file, standard input, or a prompt that does not show it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use admin::Password;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// Where a password comes from.
#[derive(Args)]
pub(crate) struct PasswordSource {
    /// Read the password from the first line of a file; without it, from standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordSource {
    /// Reads it.
    pub(crate) fn read(&self) -> Result<Password> {
        let line = match &self.password_file {
            Some(path) => from_file(path)?,
            None if std::io::stdin().is_terminal() => from_terminal()?,
            None => from_input()?,
        };
        let password = line.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            bail!("the password is empty");
        }
        Ok(Password::new(password.to_owned()))
    }
}

fn from_file(path: &Path) -> Result<String> {
    let text = machine::files::read_text(path)
        .with_context(|| format!("the password file {} cannot be read", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn from_input() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("standard input cannot be read")?;
    Ok(line)
}

fn from_terminal() -> Result<String> {
    let first = hidden("New password: ")?;
    let second = hidden("Once more: ")?;
    if first != second {
        bail!("the two are not the same");
    }
    Ok(first)
}

/// Asks without showing what is typed.
pub(crate) fn hidden(prompt: &str) -> Result<String> {
    let input = std::io::stdin();
    let before = tcgetattr(&input)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    write!(std::io::stderr(), "{prompt}")?;
    tcsetattr(&input, OptionalActions::Now, &silent)?;
    let line = from_input();
    tcsetattr(&input, OptionalActions::Now, &before)?;
    writeln!(std::io::stderr())?;
    line
}
