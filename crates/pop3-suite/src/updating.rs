//! UPDATE (RFC 1939, 6): QUIT removes what is marked and nothing else; without QUIT nothing is removed.

use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::target::Target;
use super::wire::End;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "update.cut-removes-nothing",
        rfc: 1939,
        section: "6 (UPDATE)",
        level: Level::Must,
        rule: "A session that ends without QUIT removes nothing.",
        run: cut,
    },
    Check {
        id: "update.rset-removes-nothing",
        rfc: 1939,
        section: "5 and 6 (RSET)",
        level: Level::Must,
        rule: "What RSET has unmarked is not removed at QUIT.",
        run: rset,
    },
    Check {
        id: "update.only-marked",
        rfc: 1939,
        section: "6 (QUIT)",
        level: Level::Must,
        rule: "QUIT removes no message that is not marked (unless EXPIRE 0 says so: RFC 2449, 6.7).",
        run: only_marked,
    },
    Check {
        id: "update.removes",
        rfc: 1939,
        section: "6 (QUIT)",
        level: Level::Must,
        rule: "QUIT removes all messages that are marked.",
        run: removes,
    },
    Check {
        id: "update.closes",
        rfc: 1939,
        section: "6 (QUIT)",
        level: Level::Must,
        rule: "After QUIT the server closes the connection.",
        run: closes,
    },
];

/// What is in the maildrop: how many messages, and which letters of this run.
fn content(target: &Target) -> Result<(u64, Vec<String>), Miss> {
    let mut session = target.login()?;
    let count = session.count()?;
    let letters = if target.letters.is_empty() { Vec::new() } else { session.find_letters()? };
    session.quit()?;
    Ok((count, letters.into_iter().map(|(_, name)| name).collect()))
}

fn unchanged(target: &Target, before: &(u64, Vec<String>), seen: &str) -> Outcome {
    target.changed();
    let after = content(target)?;
    let gone: Vec<_> = before.1.iter().filter(|name| !after.1.contains(name)).collect();
    if gone.is_empty() && after.0 >= before.0 {
        return Ok(());
    }
    let seen = vec![
        seen.to_owned(),
        format!(
            "   ({} messages before, {} in the next session; gone: {gone:?})",
            before.0, after.0
        ),
    ];
    Err(Miss::Fault { expected: "all messages in the next session".to_owned(), seen })
}

fn cut(target: &Target) -> Outcome {
    target.may_delete()?;
    let before = content(target)?;
    let mut session = target.login()?;
    for number in target.victims(&mut session, 2)? {
        session.ok(&format!("DELE {number}"))?;
    }
    drop(session);
    unchanged(target, &before, "C: DELE, DELE, and the connection closed without QUIT")
}

fn rset(target: &Target) -> Outcome {
    target.may_delete()?;
    let before = content(target)?;
    let mut session = target.login()?;
    for number in target.victims(&mut session, 2)? {
        session.ok(&format!("DELE {number}"))?;
    }
    session.ok("RSET")?;
    session.quit()?;
    unchanged(target, &before, "C: DELE, DELE, RSET, QUIT")
}

fn only_marked(target: &Target) -> Outcome {
    target.may_delete()?;
    let before = content(target)?;
    let mut session = target.login()?;
    let expire = session.capability("EXPIRE").ok().flatten();
    if expire.is_some_and(|words| words.first().is_some_and(|days| days == "0")) {
        return Err(Miss::not_offered("leaving mail on the server: EXPIRE 0"));
    }
    let victims = target.victims(&mut session, 2)?;
    session.many(&format!("RETR {}", victims[0]))?;
    session.many(&format!("RETR {}", victims[1]))?;
    session.quit()?;
    unchanged(target, &before, "C: RETR, RETR, QUIT")
}

fn removes(target: &Target) -> Outcome {
    target.may_delete()?;
    let before = content(target)?;
    let mut session = target.login()?;
    let victims = target.victims(&mut session, 3)?;
    for number in &victims {
        session.ok(&format!("DELE {number}"))?;
    }
    session.quit()?;
    target.changed();
    let after = content(target)?;
    let gone = before.1.iter().filter(|name| !after.1.contains(name)).count();
    let ours = if target.letters.is_empty() { 0 } else { victims.len() };
    if after.0 + victims.len() as u64 == before.0 && gone == ours {
        return Ok(());
    }
    let seen = vec![
        format!("C: DELE of {victims:?} and QUIT, each answered with +OK"),
        format!("   ({} messages before, {} after; {gone} of our letters gone)", before.0, after.0),
    ];
    Err(Miss::Fault { expected: "these three messages gone, and no other".to_owned(), seen })
}

fn closes(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.ok("QUIT")?;
    let end = session.end();
    session.must((end != End::Open).into(), "a closed connection after QUIT")
}
