//! DELE and RSET (RFC 1939, 5): what is marked is gone from sight, and the rest keeps its numbers.

use super::answer::{scan_listing, unique_listing};
use super::check::Check;
use super::listing::drop_listing;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;
use super::uidl;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "dele.twice",
        rfc: 1939,
        section: "5 (DELE)",
        level: Level::Must,
        rule: "DELE marks a message; a second DELE of it is refused.",
        run: twice,
    },
    Check {
        id: "dele.hidden-from-list",
        rfc: 1939,
        section: "5 (LIST)",
        level: Level::Must,
        rule: "LIST does not list marked messages, and refuses their numbers.",
        run: |target| hidden(target, "LIST"),
    },
    Check {
        id: "dele.hidden-from-uidl",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Must,
        rule: "UIDL does not list marked messages, and refuses their numbers.",
        run: |target| hidden(target, "UIDL"),
    },
    Check {
        id: "dele.not-in-stat",
        rfc: 1939,
        section: "5 (STAT)",
        level: Level::Must,
        rule: "Marked messages count in neither number of STAT.",
        run: not_in_stat,
    },
    Check {
        id: "dele.no-retr",
        rfc: 1939,
        section: "5 (DELE)",
        level: Level::Must,
        rule: "RETR of a marked message is refused.",
        run: |target| refused(target, "RETR", ""),
    },
    Check {
        id: "dele.no-top",
        rfc: 1939,
        section: "5 and 7 (DELE, TOP)",
        level: Level::Must,
        rule: "TOP of a marked message is refused.",
        run: |target| refused(target, "TOP", " 0"),
    },
    Check {
        id: "dele.numbers-stay",
        rfc: 1939,
        section: "4 and 5 (message-numbers)",
        level: Level::Must,
        rule: "The other messages keep their numbers, sizes and ids in the session.",
        run: numbers_stay,
    },
    Check {
        id: "dele.empty-list",
        rfc: 1939,
        section: "5 (LIST)",
        level: Level::Must,
        rule: "With nothing left to list, LIST is +OK and the line with a dot.",
        run: empty_list,
    },
    Check {
        id: "rset.restores",
        rfc: 1939,
        section: "5 (RSET)",
        level: Level::Must,
        rule: "RSET unmarks all: STAT and LIST are as before, and the messages can be read.",
        run: restores,
    },
];

/// A session with so many messages marked, the first of which are given.
fn marked(target: &Target, count: usize) -> Result<(Session<'_>, Vec<u64>), Miss> {
    target.may_delete()?;
    let mut session = target.login()?;
    let victims = target.victims(&mut session, count)?;
    for number in &victims {
        session.ok(&format!("DELE {number}"))?;
    }
    Ok((session, victims))
}

fn done(mut session: Session<'_>) -> Outcome {
    session.ok("RSET")?;
    session.quit()
}

fn twice(target: &Target) -> Outcome {
    let (mut session, victims) = marked(target, 1)?;
    session.refused(&format!("DELE {}", victims[0]))?;
    done(session)
}

fn hidden(target: &Target, command: &str) -> Outcome {
    if command == "UIDL" {
        let mut session = target.login()?;
        uidl::listing(&mut session)?;
        session.quit()?;
    }
    let (mut session, victims) = marked(target, 2)?;
    let lines = session.many(command)?.lines();
    for number in victims {
        let listed = lines.iter().any(|line| line.starts_with(&format!("{number} ")));
        session.must((!listed).into(), format!("no line for {number} in {command}"))?;
        session.refused(&format!("{command} {number}"))?;
    }
    done(session)
}

fn not_in_stat(target: &Target) -> Outcome {
    target.may_delete()?;
    let mut session = target.login()?;
    let victims = target.victims(&mut session, 2)?;
    let sizes = session.many("LIST")?.lines();
    let sum: u64 = sizes
        .iter()
        .filter_map(|line| scan_listing(line))
        .filter(|listing| victims.contains(&listing.0))
        .map(|listing| listing.1)
        .sum();
    let before = drop_listing(&session.ok("STAT")?.text());
    for number in &victims {
        session.ok(&format!("DELE {number}"))?;
    }
    let after = drop_listing(&session.ok("STAT")?.text());
    let (Some(before), Some(after)) = (before, after) else {
        return Err(session.fault("+OK number size to STAT"));
    };
    let fewer = after.0 + victims.len() as u64 == before.0;
    session.must(fewer.into(), format!("{} messages fewer in STAT", victims.len()))?;
    // How exact the size is belongs to stat.sum: here it only has to become less.
    let less = after.1 < before.1 || sum == 0;
    session.must(less.into(), format!("fewer octets in STAT, by {sum}"))?;
    done(session)
}

fn refused(target: &Target, command: &str, more: &str) -> Outcome {
    if command == "TOP" {
        let mut session = target.login()?;
        session.needs("TOP")?;
        session.quit()?;
    }
    let (mut session, victims) = marked(target, 1)?;
    session.refused(&format!("{command} {}{more}", victims[0]))?;
    done(session)
}

fn numbers_stay(target: &Target) -> Outcome {
    target.may_delete()?;
    let mut session = target.login()?;
    let victims = target.victims(&mut session, 2)?;
    let has_uidl = uidl::listing(&mut session).is_ok();
    let commands = if has_uidl { vec!["LIST", "UIDL"] } else { vec!["LIST"] };
    let mut before = Vec::new();
    for command in &commands {
        before.push(session.many(command)?.lines());
    }
    for number in &victims {
        session.ok(&format!("DELE {number}"))?;
    }
    for (command, before) in commands.iter().zip(before) {
        let after = session.many(command)?.lines();
        let number = |line: &String| unique_listing(line).map_or(0, |(number, _)| number);
        // What is listed though it is marked belongs to other checks.
        let rest = |lines: Vec<String>| {
            lines.into_iter().filter(|line| !victims.contains(&number(line))).collect::<Vec<_>>()
        };
        let (want, got) = (rest(before), rest(after));
        let other = want.iter().zip(&got).find(|(one, other)| one != other);
        let same = want == got;
        session
            .must(same.into(), format!("{command} of the others as before; differs: {other:?}"))?;
    }
    done(session)
}

fn empty_list(target: &Target) -> Outcome {
    target.may_delete()?;
    let mut session = target.login()?;
    for number in 1..=session.at_least(1)? {
        session.ok(&format!("DELE {number}"))?;
    }
    let stat = session.ok("STAT")?;
    if drop_listing(&stat.text()).map(|(count, _, _)| count) != Some(0) {
        return Err(Miss::skipped("STAT does not become 0: see dele.not-in-stat"));
    }
    let lines = session.many("LIST")?.lines();
    session.must(lines.is_empty().into(), "no line in LIST")?;
    done(session)
}

fn restores(target: &Target) -> Outcome {
    target.may_delete()?;
    let mut session = target.login()?;
    let victims = target.victims(&mut session, 2)?;
    let stat = session.ok("STAT")?.text();
    let list = session.many("LIST")?.lines();
    for number in &victims {
        session.ok(&format!("DELE {number}"))?;
    }
    session.ok("RSET")?;
    let again = session.ok("STAT")?.text();
    session.must((stat == again).into(), format!("+OK {stat} to STAT, as before DELE"))?;
    let lines = session.many("LIST")?.lines();
    session.must((lines == list).into(), "LIST as before DELE")?;
    for number in victims {
        session.many(&format!("RETR {number}"))?;
    }
    session.quit()
}
