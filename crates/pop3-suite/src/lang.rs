//! LANG (RFC 6856, 3): the list of languages, choosing one, and refusing others.

use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "lang.list",
        rfc: 6856,
        section: "3.2 (LANG)",
        level: Level::Must,
        rule: "LANG alone lists languages, each a tag and perhaps a description, or is refused.",
        run: |target| list(target).map(drop),
    },
    Check {
        id: "lang.choose",
        rfc: 6856,
        section: "3.2 (LANG)",
        level: Level::Must,
        rule: "Choosing a listed language is answered with +OK, a space, its exact tag, and another space.",
        run: choose,
    },
    Check {
        id: "lang.unknown",
        rfc: 6856,
        section: "3.2 (LANG)",
        level: Level::Must,
        rule: "A language that the server does not have is refused.",
        run: unknown,
    },
    Check {
        id: "lang.preferred",
        rfc: 6856,
        section: "3.2 (LANG)",
        level: Level::Must,
        rule: "LANG * is answered with +OK and the tag of the preferred language, or refused.",
        run: preferred,
    },
    Check {
        id: "lang.after-login",
        rfc: 6856,
        section: "3.1 (LANG)",
        level: Level::Must,
        rule: "LANG is valid after login too.",
        run: after_login,
    },
];

/// A tag as RFC 5646 has it: letters and digits, up to eight at a time, between hyphens.
fn is_tag(tag: &str) -> bool {
    tag.split('-').all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_alphanumeric())
    })
}

fn announced(target: &Target) -> Result<Session<'_>, Miss> {
    let mut session = target.connect()?;
    session.needs("LANG")?;
    Ok(session)
}

fn list(target: &Target) -> Result<Vec<String>, Miss> {
    let mut session = announced(target)?;
    let answer = session.ask("LANG")?;
    if answer.is_err() {
        return Err(Miss::not_offered("a list of languages"));
    }
    session.must(answer.is_ok().into(), "+OK and a list, or -ERR")?;
    let lines = session.rest("LANG")?.lines();
    for line in &lines {
        let proper = line.split(' ').next().is_some_and(is_tag);
        session.must(proper.into(), format!("a language tag at the beginning of {line:?}"))?;
    }
    let tags = lines.iter().filter_map(|line| line.split(' ').next());
    Ok(tags.map(str::to_owned).collect())
}

fn choose(target: &Target) -> Outcome {
    let tags = list(target)?;
    // Texts may have UTF-8 from here on.
    target.observed.borrow_mut().language_chosen();
    for tag in tags.iter().take(4) {
        let mut session = announced(target)?;
        let answer = session.ok(&format!("LANG {tag}"))?;
        let wanted = format!("{tag} ");
        session.must(answer.text().starts_with(&wanted).into(), format!("+OK {wanted}..."))?;
        session.refused("STAT")?;
    }
    Ok(())
}

fn unknown(target: &Target) -> Outcome {
    let mut session = announced(target)?;
    session.refused("LANG x-suite").map(drop)
}

fn preferred(target: &Target) -> Outcome {
    let mut session = announced(target)?;
    target.observed.borrow_mut().language_chosen();
    let answer = session.ask("LANG *")?;
    let tag = answer.text().split(' ').next().is_some_and(is_tag);
    session.must((answer.is_err() || (answer.is_ok() && tag)).into(), "+OK and a tag, or -ERR")
}

fn after_login(target: &Target) -> Outcome {
    let tags = list(target)?;
    target.observed.borrow_mut().language_chosen();
    let mut session = target.login()?;
    if let Some(tag) = tags.first() {
        session.ok(&format!("LANG {tag}"))?;
    }
    session.quit()
}
