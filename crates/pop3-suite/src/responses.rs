//! What must be true of every answer: judged at the end of the run, from what was observed in it.

use super::check::Check;
use super::observed::Kind;
use super::rule::{Level, Miss, Outcome};
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "response.crlf",
        rfc: 1939,
        section: "3 (responses)",
        level: Level::Must,
        rule: "Every line that the server sends ends with CRLF: first lines and the lines behind them.",
        run: |target| {
            none(target, Kind::LineEnd, "lines that end with CRLF, with no CR or LF elsewhere")
        },
    },
    Check {
        id: "response.status",
        rfc: 1939,
        section: "3 (responses)",
        level: Level::Must,
        rule: "Every answer begins with +OK or -ERR, in upper case.",
        run: |target| {
            none(target, Kind::Status, "+OK or -ERR, in upper case, then a space or the line's end")
        },
    },
    Check {
        id: "response.length",
        rfc: 1939,
        section: "3 (responses)",
        level: Level::Must,
        rule: "The first line of an answer has at most 512 octets with its line end (RFC 2449, 4 leaves that so).",
        run: |target| none(target, Kind::Length, "first lines of at most 512 octets"),
    },
    Check {
        id: "response.ascii",
        rfc: 2449,
        section: "3 (grammar)",
        level: Level::Must,
        rule: "First lines are ASCII; only LANG (RFC 6856, 3.2) changes that.",
        run: |target| {
            none(target, Kind::NotAscii, "first lines in ASCII, without control characters")
        },
    },
    Check {
        id: "response.code-syntax",
        rfc: 2449,
        section: "3 and 8 (response codes)",
        level: Level::Must,
        rule: "A text that begins with \"[\" is a response code: levels without space, between slashes, then \"]\".",
        run: |target| {
            none(target, Kind::CodeSyntax, "a text that begins with \"[\" to be a response code")
        },
    },
    Check {
        id: "response.codes-announced",
        rfc: 2449,
        section: "8 (response codes)",
        level: Level::Should,
        rule: "A server that sends response codes announces RESP-CODES.",
        run: codes_announced,
    },
];

fn none(target: &Target, kind: Kind, expected: &str) -> Outcome {
    match target.observed.borrow().examples(kind) {
        None => Ok(()),
        Some(seen) => Err(Miss::Fault { expected: expected.to_owned(), seen }),
    }
}

fn codes_announced(target: &Target) -> Outcome {
    let seen = target.observed.borrow().examples(Kind::Code);
    let Some(seen) = seen else { return Err(Miss::not_offered("no response code was seen")) };
    let announced = target.connect()?.capability("RESP-CODES")?;
    match announced {
        Some(_) => Ok(()),
        None => Err(Miss::Fault { expected: "RESP-CODES in CAPA, or no codes".to_owned(), seen }),
    }
}
