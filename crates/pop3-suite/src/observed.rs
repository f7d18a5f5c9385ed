//! What is true of every answer: watched over the whole run, judged at its end.

use std::collections::BTreeMap;

use super::answer::Answer;
use super::rule::{Check, Level, Miss, Outcome};
use super::session::{Session, shortened};
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

/// What was seen that should not be; the first example of each kind.
#[derive(Default)]
pub(crate) struct Observed {
    seen: BTreeMap<Kind, Vec<String>>,
    speaks_languages: Speaks,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Speaks {
    #[default]
    Ascii,
    AnyLanguage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    LineEnd,
    Status,
    Length,
    NotAscii,
    CodeSyntax,
    Code,
}

impl Observed {
    /// Watches a first line.
    pub(crate) fn first_line(session: &Session<'_>, answer: &Answer) {
        let line = &answer.raw;
        if !has_proper_end(line) {
            Self::note(session, Kind::LineEnd, line);
        }
        if line.len() > 512 && !answer.is_challenge() {
            Self::note(session, Kind::Length, line);
        }
        if !answer.is_ok() && !answer.is_err() && !answer.is_challenge() {
            Self::note(session, Kind::Status, line);
        }
        let text = answer.text();
        let speaks = session.target.observed.borrow().speaks_languages;
        let control = |octet: u8| octet.is_ascii_control() && octet != b'\r' && octet != b'\n';
        if line.iter().any(|o| (!o.is_ascii() && speaks == Speaks::Ascii) || control(*o)) {
            Self::note(session, Kind::NotAscii, line);
        }
        if text.starts_with('[') {
            Self::note(session, Kind::Code, line);
            if !is_code(&text) {
                Self::note(session, Kind::CodeSyntax, line);
            }
        }
    }

    /// Watches a line behind a first line.
    pub(crate) fn further_line(session: &Session<'_>, command: &str, line: &[u8]) {
        if !has_proper_end(line) {
            let shown = format!("(to {command}) {}", String::from_utf8_lossy(line));
            Self::note(session, Kind::LineEnd, shown.as_bytes());
        }
    }

    /// From now on first lines may have UTF-8.
    pub(crate) fn language_chosen(target: &Target) {
        target.observed.borrow_mut().speaks_languages = Speaks::AnyLanguage;
    }

    fn note(session: &Session<'_>, kind: Kind, line: &[u8]) {
        let mut observed = session.target.observed.borrow_mut();
        let examples = observed.seen.entry(kind).or_default();
        let shown = format!("S: {}", shortened(&String::from_utf8_lossy(line)));
        if examples.len() < 4 && !examples.contains(&shown) {
            examples.push(shown);
        }
    }
}

fn has_proper_end(line: &[u8]) -> bool {
    line.strip_suffix(b"\r\n").is_some_and(|text| !text.contains(&b'\r'))
}

/// `resp-code = "[" resp-level *("/" resp-level) "]"` (RFC 2449, 3).
fn is_code(text: &str) -> bool {
    let Some((code, _)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return false;
    };
    code.split('/')
        .all(|level| !level.is_empty() && level.bytes().all(|o| (0x21..0x7f).contains(&o)))
}

fn none(target: &Target, kind: Kind, expected: &str) -> Outcome {
    match target.observed.borrow().seen.get(&kind) {
        None => Ok(()),
        Some(seen) => Err(Miss::Fault { expected: expected.to_owned(), seen: seen.clone() }),
    }
}

fn codes_announced(target: &Target) -> Outcome {
    let seen = target.observed.borrow().seen.get(&Kind::Code).cloned();
    let Some(seen) = seen else { return Err(Miss::not_offered("no response code was seen")) };
    let announced = target.connect()?.capability("RESP-CODES")?;
    match announced {
        Some(_) => Ok(()),
        None => Err(Miss::Fault { expected: "RESP-CODES in CAPA, or no codes".to_owned(), seen }),
    }
}
