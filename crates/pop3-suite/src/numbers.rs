//! Message numbers that are none (RFC 1939, 3 to 5): nought, below nought, beyond the last, no number at all.

use super::answer::scan_listing;
use super::check::Check;
use super::rule::{Level, Outcome};
use super::session::Session;
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "number.zero",
        rfc: 1939,
        section: "4 (message-numbers)",
        level: Level::Must,
        rule: "The first message is number 1: LIST, RETR, TOP and UIDL refuse 0.",
        run: |target| each_refused(target, &["0"]),
    },
    Check {
        id: "number.beyond",
        rfc: 1939,
        section: "5 (message-numbers)",
        level: Level::Must,
        rule: "A number beyond the last message is refused, however large it is.",
        run: beyond,
    },
    Check {
        id: "number.negative",
        rfc: 1939,
        section: "3 and 5 (message-numbers)",
        level: Level::Must,
        rule: "A negative number is refused.",
        run: |target| each_refused(target, &["-1"]),
    },
    Check {
        id: "number.none",
        rfc: 1939,
        section: "3 and 5 (message-numbers)",
        level: Level::Must,
        rule: "What is no decimal number is refused.",
        run: |target| each_refused(target, &["one", "1x", "0x1", "1.0"]),
    },
    Check {
        id: "number.missing",
        rfc: 1939,
        section: "3 and 5 (arguments)",
        level: Level::Must,
        rule: "RETR and DELE without their number are refused.",
        run: missing,
    },
    Check {
        id: "number.leading-zero",
        rfc: 1939,
        section: "4 (message-numbers)",
        level: Level::Must,
        rule: "01 is refused, or is message 1: never another.",
        run: leading_zero,
    },
    Check {
        id: "number.dele-zero",
        rfc: 1939,
        section: "4 (message-numbers)",
        level: Level::Must,
        rule: "DELE 0, -1, or of a number beyond the last is refused and marks nothing.",
        run: dele_zero,
    },
    Check {
        id: "argument.surplus",
        rfc: 1939,
        section: "3 and 5 (arguments)",
        level: Level::Practice,
        rule: "Arguments where a command has none are refused.",
        run: surplus,
    },
];

/// Commands that take a number, as far as the server has them.
fn commands(session: &mut Session<'_>) -> Vec<&'static str> {
    let mut commands = vec!["LIST", "RETR"];
    let capabilities = session.capabilities().unwrap_or_default();
    let has = |tag: &str| capabilities.iter().any(|(known, _)| known == tag);
    if has("TOP") {
        commands.push("TOP");
    }
    if has("UIDL") {
        commands.push("UIDL");
    }
    commands
}

fn each_refused(target: &Target, words: &[&str]) -> Outcome {
    let mut session = target.login()?;
    session.at_least(1)?;
    for command in commands(&mut session) {
        for word in words {
            let lines = if command == "TOP" { " 0" } else { "" };
            session.refused(&format!("{command} {word}{lines}"))?;
        }
    }
    session.quit()
}

fn beyond(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let next = (session.at_least(1)? + 1).to_string();
    session.quit()?;
    // 2^32 + 1 and 2^64 + 1 become 1 where a number is cut to 32 or 64 bits.
    let large = ["4294967297", "18446744073709551617", "99999999999999999999999999"];
    each_refused(target, &[&next, large[0], large[1], large[2]])
}

fn missing(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.at_least(1)?;
    session.refused("RETR")?;
    session.refused("DELE")?;
    session.ok("RSET")?;
    session.quit()
}

fn leading_zero(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.at_least(1)?;
    let one = session.ok("LIST 1")?;
    let size = scan_listing(&one.text()).map(|listing| listing.1);
    let answer = session.ask("LIST 01")?;
    let same = scan_listing(&answer.text()).map(|listing| listing.1) == size;
    session.must((answer.is_err() || same).into(), "-ERR, or the line of message 1")?;
    session.quit()
}

fn dele_zero(target: &Target) -> Outcome {
    target.may_delete()?;
    let mut session = target.login()?;
    let count = session.at_least(1)?;
    for word in ["0", "-1", "4294967297", &(count + 1).to_string()] {
        session.refused(&format!("DELE {word}"))?;
    }
    let left = session.count()?;
    session.must((left == count).into(), format!("{count} messages as before"))?;
    session.ok("RSET")?;
    session.quit()
}

fn surplus(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.at_least(1)?;
    for command in ["NOOP x", "STAT x", "RSET x", "LIST 1 1"] {
        session.refused(command)?;
    }
    session.quit()
}
