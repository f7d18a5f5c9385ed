//! TOP (RFC 1939, 7): the header, the blank line, and so many lines of the body.

use super::check::Check;
use super::retrieving::{difference, from_mark};
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "top.zero",
        rfc: 1939,
        section: "7 (TOP)",
        level: Level::Must,
        rule: "TOP n 0 sends the header and the blank line behind it, nothing of the body.",
        run: |target| lines(target, "plain", 0),
    },
    Check {
        id: "top.some",
        rfc: 1939,
        section: "7 (TOP)",
        level: Level::Must,
        rule: "TOP n 3 sends header, blank line and three lines of the body; lines of the header do not count.",
        run: |target| lines(target, "plain", 3),
    },
    Check {
        id: "top.more",
        rfc: 1939,
        section: "7 (TOP)",
        level: Level::Must,
        rule: "With more lines asked for than the body has, the entire message comes.",
        run: |target| lines(target, "plain", 11).and_then(|()| lines(target, "plain", 4_000_000)),
    },
    Check {
        id: "top.exact",
        rfc: 1939,
        section: "7 (TOP)",
        level: Level::Must,
        rule: "With exactly as many lines as the body has, the entire message comes.",
        run: |target| lines(target, "plain", 10),
    },
    Check {
        id: "top.blank-lines",
        rfc: 1939,
        section: "7 (TOP)",
        level: Level::Must,
        rule: "Blank lines of the body count like all others.",
        run: |target| lines(target, "blanks", 1).and_then(|()| lines(target, "blanks", 4)),
    },
    Check {
        id: "top.dots",
        rfc: 1939,
        section: "3 and 7 (byte-stuffing)",
        level: Level::Must,
        rule: "Dots at the beginning of lines are doubled in TOP too.",
        run: |target| lines(target, "dots", 4),
    },
    Check {
        id: "top.without-body",
        rfc: 1939,
        section: "7 (TOP)",
        level: Level::Must,
        rule: "TOP of a message without body sends its header and blank line.",
        run: |target| lines(target, "nobody", 0).and_then(|()| lines(target, "nobody", 5)),
    },
    Check {
        id: "top.large",
        rfc: 1939,
        section: "7 (TOP)",
        level: Level::Must,
        rule: "TOP of a large message with many lines ends at the right one.",
        run: |target| lines(target, "large", target.options.large_lines - 10),
    },
    Check {
        id: "top.arguments",
        rfc: 1939,
        section: "7 (TOP)",
        level: Level::Must,
        rule: "Both arguments are required, and the number of lines is not negative.",
        run: arguments,
    },
];

fn with_top(target: &Target) -> Result<Session<'_>, Miss> {
    let mut session = target.login()?;
    if session.at_least(1).is_ok() {
        let answer = session.ask("TOP 1 0")?;
        if answer.is_err() {
            // Announced and refused is capa.top-works' to say, once.
            return Err(Miss::not_offered("TOP"));
        }
        session.rest("TOP 1 0")?;
    }
    Ok(session)
}

/// TOP of a letter with so many lines gives just these.
fn lines(target: &Target, name: &str, count: usize) -> Outcome {
    let want = expected(&target.letter(name)?.text, count);
    let mut session = with_top(target)?;
    let number = target.number(&mut session, name)?;
    let content = session.many(&format!("TOP {number} {count}"))?.content();
    let got = from_mark(&content);
    session.must((got == want).into(), difference(&want, got))?;
    session.quit()
}

/// The header with its blank line, and so many lines.
fn expected(text: &[u8], count: usize) -> Vec<u8> {
    let mut left = None;
    let mut out = Vec::new();
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        if left == Some(0) {
            break;
        }
        out.extend_from_slice(line);
        left = match left {
            None if line == b"\r\n" => Some(count),
            None => None,
            Some(lines) => Some(lines - 1),
        };
    }
    out
}

fn arguments(target: &Target) -> Outcome {
    let mut session = with_top(target)?;
    session.at_least(1)?;
    for command in ["TOP", "TOP 1", "TOP 1 -1", "TOP 1 x"] {
        session.refused(command)?;
    }
    session.quit()
}
