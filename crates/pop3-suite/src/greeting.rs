//! The greeting, and the timestamp of APOP in it (RFC 1939, 4 and 7; RFC 2449, 3).

use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "greeting.positive",
        rfc: 1939,
        section: "4 (greeting)",
        level: Level::Must,
        rule: "The server speaks first, with one positive line.",
        run: positive,
    },
    Check {
        id: "greeting.syntax",
        rfc: 2449,
        section: "3 (greeting)",
        level: Level::Must,
        rule: "\"<\" stands in the greeting only where the timestamp of APOP begins.",
        run: syntax,
    },
    Check {
        id: "apop.timestamp-syntax",
        rfc: 1939,
        section: "7 (APOP)",
        level: Level::Must,
        rule: "The timestamp of APOP has the form of a msg-id: <local@domain>.",
        run: timestamp_syntax,
    },
    Check {
        id: "apop.timestamp-fresh",
        rfc: 1939,
        section: "7 (APOP)",
        level: Level::Must,
        rule: "The timestamp of APOP differs in every greeting.",
        run: timestamp_fresh,
    },
    Check {
        id: "apop.wrong-digest",
        rfc: 1939,
        section: "7 (APOP)",
        level: Level::Must,
        rule: "APOP with a wrong digest is refused, and the session stays in AUTHORIZATION.",
        run: wrong_digest,
    },
    Check {
        id: "apop.login",
        rfc: 1939,
        section: "7 (APOP)",
        level: Level::Must,
        rule: "APOP with MD5 of timestamp and secret, in lower-case hexadecimal, enters TRANSACTION.",
        run: login,
    },
];

/// What stands between `<` and `>`, with them.
pub(crate) fn timestamp(greeting: &str) -> Option<&str> {
    let from = greeting.find('<')?;
    let to = greeting[from..].find('>')?;
    Some(&greeting[from..=from + to])
}

fn positive(target: &Target) -> Outcome {
    let mut session = target.connect_plainly()?;
    session.must(session.greeting.is_ok().into(), "a greeting with +OK")?;
    let more = session.unasked();
    session.must(more.is_empty().into(), "one line, and then silence")
}

fn syntax(target: &Target) -> Outcome {
    let session = target.connect_plainly()?;
    let line = session.greeting.line();
    let rest = timestamp(&line).map_or(line.clone(), |stamp| line.replacen(stamp, "", 1));
    session.must((!rest.contains('<')).into(), "no \"<\" but that of a timestamp")
}

/// A session whose greeting has a timestamp.
fn apop(target: &Target) -> Result<(Session<'_>, String), Miss> {
    let session = target.connect()?;
    let line = session.greeting.line();
    let stamp = timestamp(&line).ok_or_else(|| Miss::not_offered("APOP"))?.to_owned();
    Ok((session, stamp))
}

fn timestamp_syntax(target: &Target) -> Outcome {
    let (session, stamp) = apop(target)?;
    let inside = stamp.trim_start_matches('<').trim_end_matches('>');
    let proper = inside.split_once('@').is_some_and(|(local, domain)| {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|o| o.is_ascii_graphic());
        plain(local) && plain(domain) && !domain.contains('@')
    });
    session.must(proper.into(), "a timestamp like <local@domain>")
}

fn timestamp_fresh(target: &Target) -> Outcome {
    let (_first, one) = apop(target)?;
    let (second, other) = apop(target)?;
    second
        .must((one != other).into(), format!("a timestamp other than {one} of the greeting before"))
}

fn wrong_digest(target: &Target) -> Outcome {
    let (mut session, _) = apop(target)?;
    let command = format!("APOP {} {}", target.options.user, "0".repeat(32));
    if session.refused_or_closed(format!("{command}\r\n").as_bytes(), &command)?.is_open() {
        session.refused("STAT")?;
    }
    Ok(())
}

fn login(target: &Target) -> Outcome {
    let (mut session, stamp) = apop(target)?;
    let digest = super::md5::hex(format!("{stamp}{}", target.options.password).as_bytes());
    let command = format!("APOP {} {digest}", target.options.user);
    session.send(format!("{command}\r\n").as_bytes())?;
    if !session.read("APOP")?.is_ok() {
        // A server may keep no secret for this person that APOP could use.
        return Err(Miss::not_offered("APOP for this account"));
    }
    session.ok("STAT")?;
    session.quit()
}
