//! RSET, NOOP, VRFY, EXPN, HELP and QUIT (RFC 5321, 4.1.1.5 to 4.1.1.10): a line each.

use super::{Command, CommandFault, alone};
use crate::{Flavour, Reply, Syntax};

pub(super) fn parse_rset(argument: &str, _: Flavour) -> Result<Command, CommandFault> {
    alone(argument, Command::Rset)
}

/// The argument of NOOP is ignored (RFC 5321, 4.1.1.9).
pub(super) fn parse_noop(_: &str, _: Flavour) -> Result<Command, CommandFault> {
    Ok(Command::Noop)
}

pub(super) fn parse_vrfy(argument: &str, _: Flavour) -> Result<Command, CommandFault> {
    if argument.trim().is_empty() { Err(Syntax("an address").into()) } else { Ok(Command::Vrfy) }
}

pub(super) fn parse_expn(_: &str, _: Flavour) -> Result<Command, CommandFault> {
    Ok(Command::Expn)
}

pub(super) fn parse_help(_: &str, _: Flavour) -> Result<Command, CommandFault> {
    Ok(Command::Help)
}

pub(super) fn parse_quit(argument: &str, _: Flavour) -> Result<Command, CommandFault> {
    alone(argument, Command::Quit)
}

/// Answers RSET; the session drops the transaction.
pub(crate) fn rset() -> Reply {
    Reply::new(250, 0, 0, "OK")
}

/// Answers NOOP.
pub(crate) fn noop() -> Reply {
    Reply::new(250, 0, 0, "OK")
}

/// Answers VRFY. Who exists is told to nobody (RFC 5321, 7.3).
pub(crate) fn vrfy() -> Reply {
    Reply::new(252, 5, 0, "Cannot VRFY user, but will accept message and attempt delivery")
}

/// Answers EXPN.
pub(crate) fn expn() -> Reply {
    Reply::new(502, 5, 1, "EXPN not implemented")
}

/// Answers HELP.
pub(crate) fn help() -> Reply {
    Reply::new(214, 0, 0, "See RFC 5321")
}

/// Answers QUIT.
pub(crate) fn quit() -> Reply {
    Reply::new(221, 0, 0, "Bye")
}
