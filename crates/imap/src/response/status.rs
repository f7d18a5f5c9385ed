//! Status responses: OK, NO, BAD, BYE and PREAUTH (RFC 9051, 7.1).

use super::Code;
use crate::wire::{Args, print};
use crate::{Dialect, Syntax};

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Done, or news.
    Ok,
    /// Not done, or a warning.
    No,
    /// The command was wrong.
    Bad,
    /// The server is about to hang up.
    Bye,
    /// The greeting to one who is logged in already.
    PreAuth,
}

impl Condition {
    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Condition::Ok => "OK",
            Condition::No => "NO",
            Condition::Bad => "BAD",
            Condition::Bye => "BYE",
            Condition::PreAuth => "PREAUTH",
        }
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<Condition, Syntax> {
        let error = args.expected("OK, NO, BAD, BYE or PREAUTH");
        let name = args.word(error.expected)?;
        [Condition::Ok, Condition::No, Condition::Bad, Condition::Bye, Condition::PreAuth]
            .into_iter()
            .find(|condition| condition.name().eq_ignore_ascii_case(name))
            .ok_or(error)
    }
}

/// A status response without its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How it went.
    pub condition: Condition,
    /// What a program should know.
    pub code: Option<Code>,
    /// What a person should know.
    pub text: String,
}

impl Status {
    /// Without a code.
    pub fn new(condition: Condition, text: impl Into<String>) -> Status {
        Status { condition, code: None, text: text.into() }
    }

    /// With a code.
    pub fn coded(condition: Condition, code: Code, text: impl Into<String>) -> Status {
        Status { condition, code: Some(code), text: text.into() }
    }

    /// Appends it, without an end of line.
    pub fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(self.condition.name().as_bytes());
        out.push(b' ');
        if let Some(code) = &self.code {
            out.push(b'[');
            code.print(out, dialect);
            out.extend_from_slice(b"] ");
        } else if self.text.starts_with('[') {
            // Text that looks like a code would be taken for one.
            out.push(b' ');
        }
        print::text(out, &self.text, dialect);
    }

    /// Takes what follows the condition. Never fails: a code that cannot be read is kept as text.
    pub(super) fn parse_rest(args: &mut Args<'_>, condition: Condition) -> Status {
        // Text is obligatory, and still Gmail sends none after some codes.
        args.eat(b' ');
        let code = Code::parse(args);
        if code.is_some() {
            args.eat(b' ');
        }
        let text = String::from_utf8_lossy(args.rest()).into_owned();
        Status { condition, code, text }
    }
}
