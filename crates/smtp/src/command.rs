//! The commands, one file each: parse, print, run. This is their table.

mod auth;
pub(crate) mod bdat;
mod data;
mod hello;
mod mail;
mod rcpt;
pub(crate) mod simple;
mod starttls;

pub use auth::Auth;
pub use bdat::{Bdat, ChunkPlace};
pub use hello::{Greeting, Hello};
pub use mail::Mail;
pub(crate) use rcpt::NotReceived;
pub use rcpt::Rcpt;

use std::borrow::Cow;

use crate::{Flavour, ParameterFault, Syntax};

/// A command, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// HELO, EHLO or LHLO.
    Hello(Hello),
    /// MAIL.
    Mail(Mail),
    /// RCPT.
    Rcpt(Rcpt),
    /// DATA.
    Data,
    /// BDAT.
    Bdat(Bdat),
    /// AUTH.
    Auth(Auth),
    /// STARTTLS.
    StartTls,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY.
    Vrfy,
    /// EXPN.
    Expn,
    /// HELP.
    Help,
    /// QUIT.
    Quit,
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandFault {
    /// No such command (500).
    Unknown,
    /// A command that we know of and do not have (502).
    NotHere,
    /// Its argument is wrong (501).
    Argument(Syntax),
    /// A parameter is not known (555).
    Parameter,
    /// A chunk of unknown size (501): hang up, for what follows cannot be told from commands.
    Chunk,
    /// Another protocol altogether, such as a browser made to talk to us: hang up.
    Foreign,
}

impl From<Syntax> for CommandFault {
    fn from(syntax: Syntax) -> CommandFault {
        CommandFault::Argument(syntax)
    }
}

impl From<ParameterFault> for CommandFault {
    fn from(fault: ParameterFault) -> CommandFault {
        match fault {
            ParameterFault::Syntax(syntax) => CommandFault::Argument(syntax),
            ParameterFault::Unknown => CommandFault::Parameter,
        }
    }
}

type Parse = fn(&str, Flavour) -> Result<Command, CommandFault>;

/// Each command's name and what reads its argument (what follows the name, without the space).
const ROWS: &[(&str, Parse)] = &[
    ("EHLO", hello::parse_ehlo),
    ("HELO", hello::parse_helo),
    ("LHLO", hello::parse_lhlo),
    ("MAIL", mail::parse),
    ("RCPT", rcpt::parse),
    ("DATA", data::parse),
    ("BDAT", bdat::parse),
    ("AUTH", auth::parse),
    ("STARTTLS", starttls::parse),
    ("RSET", simple::parse_rset),
    ("NOOP", simple::parse_noop),
    ("VRFY", simple::parse_vrfy),
    ("EXPN", simple::parse_expn),
    ("HELP", simple::parse_help),
    ("QUIT", simple::parse_quit),
];

/// Commands of other days and other hosts (RFC 5321, F; RFC 1985).
const NOT_HERE: &[&str] =
    &["TURN", "ETRN", "ATRN", "SEND", "SOML", "SAML", "BURL", "XCLIENT", "XFORWARD"];

/// First words of other protocols. A web page can make a browser send them with mail commands behind.
const FOREIGN: &[&str] =
    &["GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS", "DELETE", "PATCH", "PRI"];

impl Command {
    /// Parses a line, without its line end.
    pub fn parse(line: &[u8], flavour: Flavour) -> Result<Command, CommandFault> {
        let text = match str::from_utf8(line) {
            Ok(text) => Cow::Borrowed(text),
            // Devices greet with their name in the character set of their country; there it only goes into the trace.
            Err(_) if is_greeting(line) => String::from_utf8_lossy(line),
            Err(_) => return Err(CommandFault::Argument(Syntax("UTF-8"))),
        };
        let text = &*text;
        let (name, argument) = text.split_once(' ').unwrap_or((text, ""));
        if text.contains(['\0', '\r', '\n']) {
            return Err(CommandFault::Argument(Syntax("a line without NUL, CR or LF inside")));
        }
        match ROWS.iter().find(|(row, _)| row.eq_ignore_ascii_case(name)) {
            Some((_, parse)) => parse(argument, flavour),
            None if is_among(name, NOT_HERE) => Err(CommandFault::NotHere),
            None if is_among(name, FOREIGN) || name.starts_with("SSH-") => {
                Err(CommandFault::Foreign)
            }
            None => Err(CommandFault::Unknown),
        }
    }

    /// Prints it, without its line end.
    pub fn print(&self) -> String {
        match self {
            Command::Hello(hello) => hello.print(),
            Command::Mail(mail) => mail.print(),
            Command::Rcpt(rcpt) => rcpt.print(),
            Command::Data => "DATA".to_owned(),
            Command::Bdat(bdat) => bdat.print(),
            Command::Auth(auth) => auth.print(),
            Command::StartTls => "STARTTLS".to_owned(),
            Command::Rset => "RSET".to_owned(),
            Command::Noop => "NOOP".to_owned(),
            Command::Vrfy => "VRFY".to_owned(),
            Command::Expn => "EXPN".to_owned(),
            Command::Help => "HELP".to_owned(),
            Command::Quit => "QUIT".to_owned(),
        }
    }
}

fn is_greeting(line: &[u8]) -> bool {
    let verb = line.get(..5).unwrap_or_default();
    [b"EHLO ", b"HELO ", b"LHLO "].iter().any(|greeting| verb.eq_ignore_ascii_case(*greeting))
}

fn is_among(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// Takes a command without an argument. Trailing spaces are let pass, as old clients send them.
fn alone(argument: &str, command: Command) -> Result<Command, CommandFault> {
    if argument.trim_end_matches(' ').is_empty() {
        Ok(command)
    } else {
        Err(Syntax("nothing after the command").into())
    }
}

#[cfg(test)]
mod tests;
