//! UIDL (RFC 1939, 7): proper ids, one for each message, the same in every session.

use std::collections::BTreeSet;

use super::answer::unique_listing;
use super::check::Check;
use super::letters;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "uidl.syntax",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Must,
        rule: "Each line is a number, a space and an id of 1 to 70 characters from 0x21 to 0x7E; nothing follows.",
        run: syntax,
    },
    Check {
        id: "uidl.all",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Must,
        rule: "UIDL names each message once.",
        run: all,
    },
    Check {
        id: "uidl.one",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Must,
        rule: "UIDL n gives, in one line behind +OK, what UIDL gives for n.",
        run: one,
    },
    Check {
        id: "uidl.unique",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Must,
        rule: "Different messages have different ids (identical copies may share one).",
        run: unique,
    },
    Check {
        id: "uidl.twins",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Practice,
        rule: "Identical copies have ids of their own too.",
        run: twins,
    },
    Check {
        id: "uidl.sessions",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Must,
        rule: "The ids persist across sessions.",
        run: |target| sessions(target, |session| session.quit()),
    },
    Check {
        id: "uidl.after-cut",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Must,
        rule: "They persist also when a session ends without QUIT.",
        run: |target| sessions(target, |_| Ok(())),
    },
    Check {
        id: "uidl.not-reused",
        rfc: 1939,
        section: "7 (UIDL)",
        level: Level::Should,
        rule: "The id of a removed message is not given to another.",
        run: not_reused,
    },
];

/// The lines of UIDL, where it is supported.
pub(crate) fn listing(session: &mut Session<'_>) -> Result<Vec<String>, Miss> {
    let first = session.ask("UIDL")?;
    if first.is_ok() {
        return Ok(session.rest("UIDL")?.lines());
    }
    // Announced and refused is capa.uidl-works' to say, once.
    Err(Miss::not_offered("UIDL"))
}

/// The id of a message, where UIDL is supported.
fn id(session: &mut Session<'_>, number: u64) -> Result<String, Miss> {
    let lines = listing(session)?;
    let found = lines.iter().filter_map(|line| unique_listing(line)).find(|(n, _)| *n == number);
    found.map(|(_, id)| id.to_owned()).ok_or_else(|| session.fault(format!("a line for {number}")))
}

fn syntax(target: &Target) -> Outcome {
    let mut session = target.login()?;
    for line in listing(&mut session)? {
        let proper = unique_listing(&line).is_some_and(|(_, id)| {
            (1..=70).contains(&id.len()) && id.bytes().all(|o| (0x21..=0x7e).contains(&o))
        });
        session.must(proper.into(), format!("number, space, id; not {line:?}"))?;
    }
    session.quit()
}

fn all(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let lines = listing(&mut session)?;
    let count = session.count()?;
    let mut numbers: Vec<u64> =
        lines.iter().filter_map(|line| unique_listing(line)).map(|(number, _)| number).collect();
    numbers.sort_unstable();
    let proper = numbers.into_iter().eq(1..=count);
    session.must(proper.into(), format!("a line for each number from 1 to {count}"))?;
    session.quit()
}

fn one(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let count = session.at_least(1)?;
    let lines = listing(&mut session)?;
    for number in [1, count] {
        let answer = session.ok(&format!("UIDL {number}"))?;
        let same = lines.contains(&answer.text());
        session.must(same.into(), format!("+OK and the line that UIDL has for {number}"))?;
    }
    session.quit()
}

fn unique(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.at_least(2)?;
    let lines = listing(&mut session)?;
    let twins = target.numbers(&mut session, "twin").unwrap_or_default();
    let mut seen = BTreeSet::new();
    for (number, id) in lines.iter().filter_map(|line| unique_listing(line)) {
        if twins.get(1..).is_some_and(|others| others.contains(&number)) {
            continue;
        }
        if !seen.insert(id) {
            let other = lines.iter().filter_map(|line| unique_listing(line));
            let other =
                other.filter(|(_, known)| *known == id).map(|(n, _)| n).find(|n| *n != number);
            let other = other.unwrap_or_default();
            // Without letters of our own the two may be copies: look.
            let one = session.many(&format!("RETR {other}"))?.content();
            let two = session.many(&format!("RETR {number}"))?.content();
            let copies = one == two;
            session
                .must(copies.into(), format!("{other} and {number} not to share the id {id}"))?;
        }
    }
    session.quit()
}

fn twins(target: &Target) -> Outcome {
    target.letter("twin")?;
    let mut session = target.login()?;
    let numbers = target.numbers(&mut session, "twin")?;
    let [one, two] = numbers.as_slice() else {
        return Err(Miss::skipped("the two copies are not both there"));
    };
    let (first, second) = (id(&mut session, *one)?, id(&mut session, *two)?);
    session
        .must((first != second).into(), format!("{one} and {two} not to share the id {first}"))?;
    session.quit()
}

fn sessions(target: &Target, end: fn(Session<'_>) -> Outcome) -> Outcome {
    let mut session = target.login()?;
    session.at_least(1)?;
    let before = listing(&mut session)?;
    end(session)?;
    let mut session = target.login()?;
    let after = listing(&mut session)?;
    let changed = before.iter().zip(&after).find(|(one, other)| one != other);
    let same = before.len() == after.len() && changed.is_none();
    session.must(
        same.into(),
        format!("the same ids as in the session before; changed: {changed:?}"),
    )?;
    session.quit()
}

fn not_reused(target: &Target) -> Outcome {
    target.may_delete()?;
    target.letter("many-")?;
    // The last message: the one whose id is most easily given again.
    let extra = letters::small(&target.token, 900);
    target.deliver_and_wait(&extra)?;
    let mut session = target.login()?;
    let first = target.found(&mut session, "many-900")?;
    let old = id(&mut session, first)?;
    session.ok(&format!("DELE {first}"))?;
    session.quit()?;
    target.changed();
    target.deliver_and_wait(&letters::small(&target.token, 901))?;
    let mut session = target.login()?;
    let second = target.found(&mut session, "many-901")?;
    let new = id(&mut session, second)?;
    session.must(
        (old != new).into(),
        format!("an id other than {old}, which a removed message had"),
    )?;
    session.ok(&format!("DELE {second}"))?;
    session.quit()?;
    target.changed();
    Ok(())
}
