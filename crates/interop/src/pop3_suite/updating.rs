//! UPDATE (RFC 1939, 6): QUIT removes what is marked and nothing else; without QUIT nothing is removed.

use super::answer::scan_listing;
use super::rule::{Check, Level, Miss, Outcome};
use super::target::Target;
use super::uidl;
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

/// What is in the maildrop: the ids, or the sizes where there is no UIDL. Numbers left out.
fn content(target: &Target) -> Result<Vec<String>, Miss> {
    let mut session = target.login()?;
    let lines = match uidl::listing(&mut session) {
        Ok(lines) => lines,
        Err(_) => session.many("LIST")?.lines(),
    };
    session.quit()?;
    let rest = |line: &String| line.split_once(' ').map(|(_, rest)| rest.to_owned());
    Ok(lines.iter().filter_map(rest).collect())
}

fn unchanged(target: &Target, before: &[String], seen: &str) -> Outcome {
    target.changed();
    let after = content(target)?;
    let gone: Vec<_> = before.iter().filter(|id| !after.contains(id)).collect();
    if gone.is_empty() && after.len() >= before.len() {
        return Ok(());
    }
    let seen = vec![seen.to_owned(), format!("   (in the next session: gone {gone:?})")];
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
    let sizes = session.many("LIST")?.lines();
    let listed = sizes.iter().filter_map(|line| scan_listing(line)).count();
    for number in &victims {
        session.ok(&format!("DELE {number}"))?;
    }
    session.quit()?;
    target.changed();
    let after = content(target)?;
    let gone = before.iter().filter(|id| !after.contains(id)).count();
    let has_ids = before.len() == listed;
    if after.len() + victims.len() == before.len()
        && (gone == victims.len() || !has_ids || gone < 3)
    {
        return Ok(());
    }
    let seen = vec![
        format!("C: DELE of {victims:?} and QUIT, each answered with +OK"),
        format!("   ({} messages before, {} after; {gone} ids gone)", before.len(), after.len()),
    ];
    Err(Miss::Fault { expected: "these three messages gone, and no other".to_owned(), seen })
}

fn closes(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.ok("QUIT")?;
    let end = session.end();
    session.must((end != End::Open).into(), "a closed connection after QUIT")
}
