//! The program: command line and wiring, nothing else. Each command is one file of `commands`.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may be blunt"))]

mod archive;
mod commands;
mod companion;
mod context;
mod doctor;
mod outbox;
mod output;
mod overview;
mod password;
mod progress;
mod repository;
mod runs;
mod schedule;
mod show;

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};

use crate::commands::Command;
use crate::companion::verbs;
use crate::context::Context;

// It gives memory back to the system soon after it is free, whichever thread had it: a flood must not be felt for ever.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A mail host in one program: IMAP, POP3 and SMTP, with undo, quotas and app passwords; and a companion that brings your
/// mail from any provider onto this computer.
///
/// `correio serve` starts it. On its first run it makes a mail store, a certificate and a user, and prints how to
/// log in. All other commands work whether or not the host is running.
///
/// Exit status: 0 done, 1 failed (the reason is on standard error), 2 wrong usage; `account`, `pull`, `mirror`, `archive`, `migrate`, `send`, `outbox`,
/// `sendmail`, `log`, `status`, `schedule`, `doctor`, `undo` and the forms of `backup` and `restore` with a repository or a receipt have their own.
#[derive(Parser)]
#[command(name = "correio", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    context: Context,
    #[command(subcommand)]
    command: Command,
}

/// After how many polls of tasks a busy thread looks whether something came over the network. Tokio's 61 would let those
/// who ask for little wait for dozens of deliveries.
const POLLS_PER_LOOK: u32 = 8;

fn main() -> ExitCode {
    let cli = Cli::try_parse_from(called_as(std::env::args_os().collect()))
        .unwrap_or_else(|wrong| wrong_usage(&wrong));
    // Before there are threads: what the program gives up here, none of them has.
    let work = match cli.command.begin(&cli.context) {
        Ok(work) => work,
        Err(error) => return failed(&error),
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = match runtime.enable_all().event_interval(POLLS_PER_LOOK).build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let done = runtime.block_on(work);
    // What still waits, such as a prompt on a terminal, must not keep the program.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Ends the program. Who names a group of commands without one of them sees which there are.
fn wrong_usage(wrong: &clap::Error) -> ! {
    let code = if is_companions() { WRONG_USAGE_OF_COMPANION } else { 2 };
    if wrong.kind() != ErrorKind::MissingSubcommand {
        if !wrong.use_stderr() {
            wrong.exit();
        }
        drop(wrong.print());
        std::process::exit(code)
    }
    let mut command = Cli::command();
    command.build();
    let mut named = command;
    for word in std::env::args().skip(1) {
        if let Some(found) = named.find_subcommand(&word).cloned() {
            named = found;
        }
    }
    drop(write!(std::io::stderr(), "{}", named.render_help()));
    std::process::exit(code)
}

/// The verbs of the companion have more ways to end, and say 1 for wrong usage.
const WRONG_USAGE_OF_COMPANION: i32 = 1;

/// Whether a verb of the companion was given.
fn is_companions() -> bool {
    let cli = Cli::command();
    let verb = std::env::args().skip(1).find_map(|word| cli.find_subcommand(word));
    verb.is_some_and(|verb| verbs::is_companions(verb.get_name(), std::env::args()))
}

/// The words of the command line. Under the names that programs know sendmail by, through a link, it is `correio sendmail`.
fn called_as(words: Vec<OsString>) -> Vec<OsString> {
    let name = words.first().map(Path::new).and_then(Path::file_name);
    let verb: &[&str] = match name.and_then(OsStr::to_str) {
        Some("sendmail") => &["sendmail"],
        Some("mailq") => &["sendmail", "-bp"],
        Some(_) | None => return words,
    };
    let (first, rest) = words.split_first().map_or((None, &[][..]), |(a, b)| (Some(a), b));
    let verb = verb.iter().map(|word| OsString::from(*word));
    first.cloned().into_iter().chain(verb).chain(rest.iter().cloned()).collect()
}

fn failed(error: &anyhow::Error) -> ExitCode {
    // A reader that went away, as `head` does, has had enough; that is no failure to tell anybody of.
    let broken_pipe = error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe);
    if !broken_pipe {
        drop(writeln!(std::io::stderr(), "correio: {error:#}"));
    }
    if let Some(ended) = error.downcast_ref::<outbox::sysexits::Ended>() {
        return ExitCode::from(ended.code.number());
    }
    match error.downcast_ref::<companion::Failed>() {
        Some(failed) => ExitCode::from(failed.exit.code()),
        None => ExitCode::FAILURE,
    }
}
