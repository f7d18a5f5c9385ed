//! The program of the suite: `pop3-suite --host H --port P --user U --password-file F`; try `--help`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a program for people who run POP3 servers"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use pop3_suite::{Column, Deleting, Fill, Options, Pace, Tls, Trust, run_with, table};

/// Tries a POP3 server against RFC 1939, 2449, 2595, 3206, 5034, 6856 and 8314, section by section.
///
/// Use an account made for it: messages are put in and, with --may-delete, taken away.
/// Exit code: 0 when no MUST is broken, 1 when one is, 2 when it could not be tried.
#[derive(Parser)]
#[command(name = "pop3-suite", version)]
struct Arguments {
    /// The server's name or address.
    #[arg(long)]
    host: String,
    /// Its port [default: 110, and 995 with --tls implicit].
    #[arg(long)]
    port: Option<u16>,
    /// The login name.
    #[arg(long)]
    user: String,
    /// The password.
    #[arg(long, required_unless_present = "password_file")]
    password: Option<String>,
    /// A file whose first line is the password.
    #[arg(long, conflicts_with = "password")]
    password_file: Option<PathBuf>,
    /// How the connection is protected.
    #[arg(long, value_enum, default_value = "none")]
    tls: Tls,
    /// Believe certificates signed by one of this file (PEM); else by public authorities.
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Believe any certificate.
    #[arg(long, conflicts_with = "ca")]
    insecure: bool,
    /// Put letters in: imap|imaps|lmtp|smtp=HOST:PORT, or none. Needs --may-delete.
    #[arg(long, default_value = "none")]
    fill: Fill,
    /// Whom lmtp and smtp deliver to [default: the login name].
    #[arg(long)]
    recipient: Option<String>,
    /// Allow what deletes messages. Without --fill these are messages that were there.
    #[arg(long)]
    may_delete: bool,
    /// Also what takes ten minutes: the inactivity timers.
    #[arg(long)]
    slow: bool,
    /// Only one document (1939), a section (1939-5), or checks whose names begin like this (top.).
    #[arg(long)]
    section: Option<String>,
    /// How many seconds an answer may take.
    #[arg(long, default_value_t = 30)]
    patience: u64,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
    /// Report as Markdown.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

fn options(arguments: &Arguments) -> Result<Options, String> {
    let password = match (&arguments.password, &arguments.password_file) {
        (Some(password), _) => password.clone(),
        (None, Some(path)) => {
            let wrong = |e| format!("{}: {e}", path.display());
            let text = std::fs::read_to_string(path).map_err(wrong)?;
            text.lines().next().unwrap_or_default().to_owned()
        }
        (None, None) => return Err("--password or --password-file".to_owned()),
    };
    if arguments.fill != Fill::None && !arguments.may_delete {
        return Err(
            "--fill puts letters in that must be taken away again: add --may-delete".to_owned()
        );
    }
    let trust = match (&arguments.ca, arguments.insecure, arguments.tls) {
        (Some(path), _, _) => Trust::Ca(path.clone()),
        // A run in the clear has nothing to hide when it tries STLS.
        (None, true, _) | (None, false, Tls::None) => Trust::Anybody,
        (None, false, Tls::Stls | Tls::Implicit) => Trust::Public,
    };
    let port = if arguments.tls == Tls::Implicit { 995 } else { 110 };
    Ok(Options {
        host: arguments.host.clone(),
        port: arguments.port.unwrap_or(port),
        user: arguments.user.clone(),
        password,
        tls: arguments.tls,
        trust,
        fill: arguments.fill.clone(),
        recipient: arguments.recipient.clone(),
        deleting: if arguments.may_delete { Deleting::Allowed } else { Deleting::Never },
        pace: if arguments.slow { Pace::Slow } else { Pace::Quick },
        only: arguments.section.clone(),
        patience: Duration::from_secs(arguments.patience),
        large_lines: 24_000,
        moment: Duration::from_millis(500),
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = match options(&arguments) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let report = match run_with(options, &mut |entry| eprintln!("{entry}")) {
        Ok(report) => report,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let conformant = report.is_conformant();
    if arguments.json {
        println!("{}", report.json());
    } else if arguments.markdown {
        let name = report.server.clone();
        println!("{}", table(&[Column { name, report }]));
    } else {
        println!("{report}");
    }
    if conformant { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
