//! Passwords of providers: from a file that nobody else can read, from a command, or asked for.

use std::io::{BufRead as _, IsTerminal as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::Result;
use sasl::Secret;
use sync::Exit;
use sync::companion::{PasswordFrom, ProviderAccount};

use super::{Keyring, failed, language};
use crate::context::Context;
use crate::password::hidden;

/// The password of an account.
pub(crate) async fn of_account(context: &Context, account: &ProviderAccount) -> Result<Secret> {
    match &account.password {
        PasswordFrom::Here(password) => Ok(password.secret()),
        PasswordFrom::File(path) => from_file(Path::new(path)),
        PasswordFrom::Command(command) => from_command(command).await,
        PasswordFrom::Kept(_) => {
            let name = account.name.as_str();
            let kept = Keyring::of(&context.folder()?, name).read().await?;
            kept.ok_or_else(|| failed(Exit::Login, language().not_in_keyring(name)))
        }
        PasswordFrom::Granted(_) => {
            Err(failed(Exit::NeedsPerson, language().no_password(account.name.as_str())))
        }
    }
}

/// The first line of a file that nobody but its owner can read.
pub(crate) fn from_file(path: &Path) -> Result<Secret> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        failed(Exit::NeedsPerson, format!("the password file {shown} cannot be read: {error}"))
    };
    let mode = path.metadata().map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        let text =
            format!("others can read the password file {shown}; say `chmod 600 {shown}` first");
        return Err(failed(Exit::NeedsPerson, text));
    }
    let text = machine::files::read_text(path).map_err(unreadable)?;
    first_line(&text, &format!("the password file {shown}"))
}

/// The first line that a command prints. It may ask a person on the terminal.
pub(crate) async fn from_command(command: &str) -> Result<Secret> {
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdout(Stdio::piped()).kill_on_drop(true);
    let done = shell.spawn()?.wait_with_output().await?;
    if !done.status.success() {
        let text = format!("the password command `{command}` failed ({})", done.status);
        return Err(failed(Exit::NeedsPerson, text));
    }
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    first_line(&text, &format!("the password command `{command}`"))
}

fn first_line(text: &str, whose: &str) -> Result<Secret> {
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(failed(Exit::NeedsPerson, format!("{whose} gives no password")));
    }
    Ok(Secret::new(line))
}

/// Asks for a password: on the terminal, else it is the first line of standard input.
pub(crate) fn ask(prompt: &str) -> Result<String> {
    let line = if std::io::stdin().is_terminal() {
        hidden(prompt)?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        line
    };
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    if line.is_empty() {
        return Err(failed(Exit::NeedsPerson, "no password was given"));
    }
    Ok(line)
}
