//! CAPA (RFC 2449): its syntax, where it may be asked, and whether what it lists is true.

use super::answer::Many;
use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "capa.transaction",
        rfc: 2449,
        section: "5 (CAPA)",
        level: Level::Must,
        rule: "CAPA is available after login too.",
        run: in_transaction,
    },
    Check {
        id: "capa.syntax",
        rfc: 2449,
        section: "3 (grammar)",
        level: Level::Must,
        rule: "Each line is a tag without \".\" and its parameters, with single spaces, in at most 512 octets.",
        run: syntax,
    },
    Check {
        id: "capa.both-states",
        rfc: 2449,
        section: "5 (CAPA)",
        level: Level::Must,
        rule: "What is announced before login is announced after it too (STLS excepted: RFC 2595, 8).",
        run: both_states,
    },
    Check {
        id: "capa.same-parameters",
        rfc: 2449,
        section: "5 and 6 (CAPA)",
        level: Level::Must,
        rule: "Parameters stay the same after login where the capability does not say that they may differ.",
        run: same_parameters,
    },
    Check {
        id: "capa.once",
        rfc: 2449,
        section: "5 (CAPA)",
        level: Level::Practice,
        rule: "No tag is listed twice.",
        run: once,
    },
    Check {
        id: "capa.without-parameters",
        rfc: 2449,
        section: "6 (capabilities)",
        level: Level::Must,
        rule: "TOP, USER, UIDL, RESP-CODES, PIPELINING (6.1-6.8), STLS, AUTH-RESP-CODE and LANG have no parameters.",
        run: without_parameters,
    },
    Check {
        id: "capa.top-works",
        rfc: 2449,
        section: "6.1 (TOP)",
        level: Level::Must,
        rule: "TOP announced is TOP supported.",
        run: |target| works(target, "TOP", "TOP 1 0"),
    },
    Check {
        id: "capa.top-told",
        rfc: 2449,
        section: "6.1 (TOP)",
        level: Level::Practice,
        rule: "TOP supported is TOP announced.",
        run: |target| told(target, "TOP", "TOP 1 0"),
    },
    Check {
        id: "capa.uidl-works",
        rfc: 2449,
        section: "6.8 (UIDL)",
        level: Level::Must,
        rule: "UIDL announced is UIDL supported.",
        run: |target| works(target, "UIDL", "UIDL 1"),
    },
    Check {
        id: "capa.uidl-told",
        rfc: 2449,
        section: "6.8 (UIDL)",
        level: Level::Practice,
        rule: "UIDL supported is UIDL announced.",
        run: |target| told(target, "UIDL", "UIDL 1"),
    },
    Check {
        id: "capa.user-works",
        rfc: 2449,
        section: "6.2 (USER)",
        level: Level::Must,
        rule: "USER announced is USER supported.",
        run: user_works,
    },
    Check {
        id: "capa.user-told",
        rfc: 2449,
        section: "6.2 (USER)",
        level: Level::Practice,
        rule: "USER supported is USER announced.",
        run: user_told,
    },
    Check {
        id: "capa.sasl-works",
        rfc: 2449,
        section: "6.3 (SASL)",
        level: Level::Must,
        rule: "SASL announced is AUTH supported, with each mechanism that it lists.",
        run: sasl_works,
    },
];

/// The answer to CAPA as it came.
pub(crate) fn listing(session: &mut Session<'_>) -> Result<Many, Miss> {
    let first = session.ask("CAPA")?;
    if first.is_ok() { session.rest("CAPA") } else { Err(Miss::not_offered("CAPA")) }
}

fn in_transaction(target: &Target) -> Outcome {
    listing(&mut target.connect()?)?;
    let mut session = target.login()?;
    session.many("CAPA")?;
    session.quit()
}

fn syntax(target: &Target) -> Outcome {
    let mut before = target.connect()?;
    let first = listing(&mut before)?;
    lines_are_proper(&before, &first)?;
    let mut session = target.login()?;
    let second = listing(&mut session)?;
    lines_are_proper(&session, &second)?;
    session.quit()
}

fn lines_are_proper(session: &Session<'_>, many: &Many) -> Outcome {
    for (line, raw) in many.lines().iter().zip(&many.raw) {
        let graphic = |word: &str| !word.is_empty() && word.bytes().all(|o| o.is_ascii_graphic());
        let tag = line.split(' ').next().unwrap_or_default();
        let proper = raw.len() <= 512 && line.split(' ').all(graphic) && !tag.contains('.');
        session.must(proper.into(), format!("a capability line; {line:?} is none"))?;
    }
    Ok(())
}

fn both_states(target: &Target) -> Outcome {
    let before = target.connect()?.capabilities()?;
    let mut session = target.login()?;
    let after = session.capabilities()?;
    let gone = |(tag, _): &&(String, Vec<String>)| {
        tag != "STLS" && !after.iter().any(|(known, _)| known == tag)
    };
    let gone: Vec<&str> = before.iter().filter(gone).map(|(tag, _)| tag.as_str()).collect();
    session.must(gone.is_empty().into(), format!("after login also: {}", gone.join(", ")))?;
    session.quit()
}

fn same_parameters(target: &Target) -> Outcome {
    let before = target.connect()?.capabilities()?;
    let mut session = target.login()?;
    let after = session.capabilities()?;
    for (tag, words) in &before {
        let may_differ = ["EXPIRE", "LOGIN-DELAY"].contains(&tag.as_str()) || tag.starts_with('X');
        let then = after.iter().find(|(known, _)| known == tag);
        let same = may_differ || then.is_none_or(|(_, then)| then == words);
        session.must(same.into(), format!("{tag} {}, as before login", words.join(" ")))?;
    }
    session.quit()
}

fn once(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    let mut tags: Vec<String> = session.capabilities()?.into_iter().map(|(tag, _)| tag).collect();
    tags.sort();
    let twice = tags.windows(2).find(|two| two[0] == two[1]).map(|two| two[0].clone());
    session.must(twice.is_none().into(), format!("{} once", twice.unwrap_or_default()))
}

fn without_parameters(target: &Target) -> Outcome {
    let bare =
        ["TOP", "USER", "UIDL", "RESP-CODES", "PIPELINING", "STLS", "AUTH-RESP-CODE", "LANG"];
    let mut session = target.connect()?;
    for (tag, words) in session.capabilities()? {
        let proper = !bare.contains(&tag.as_str()) || words.is_empty();
        session.must(proper.into(), format!("{tag} without parameters"))?;
    }
    Ok(())
}

/// Whether a command with a multi-line or single-line answer works on message 1.
fn tried(session: &mut Session<'_>, command: &str) -> Result<bool, Miss> {
    let answer = session.ask(command)?;
    if answer.is_ok() && command.starts_with("TOP") {
        session.rest(command)?;
    }
    Ok(answer.is_ok())
}

fn works(target: &Target, tag: &str, command: &str) -> Outcome {
    let mut session = target.login()?;
    session.needs(tag)?;
    session.at_least(1)?;
    let works = tried(&mut session, command)?;
    session.must(works.into(), format!("+OK to {command}, as {tag} is announced"))?;
    session.quit()
}

fn told(target: &Target, tag: &str, command: &str) -> Outcome {
    let mut session = target.login()?;
    session.at_least(1)?;
    if !tried(&mut session, command)? {
        return Err(Miss::not_offered(tag));
    }
    let told = session.capability(tag)?;
    session.must(told.is_some().into(), format!("{tag} in CAPA, as it is supported"))?;
    session.quit()
}

fn user_works(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    session.needs("USER")?;
    session.ok(&format!("USER {}", target.options.user)).map(drop)
}

fn user_told(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    let told = session.capability("USER")?;
    let answer = session.ask(&format!("USER {}", target.options.user))?;
    if !answer.is_ok() {
        return Err(Miss::not_offered("USER"));
    }
    session.must(told.is_some().into(), "USER in CAPA, as USER is taken")
}

fn sasl_works(target: &Target) -> Outcome {
    let mechanisms = target.connect()?.needs("SASL")?;
    for name in mechanisms {
        if name == "EXTERNAL" || name.starts_with("GSS") {
            // These may be refused at once for want of a certificate or a ticket.
            continue;
        }
        let mut session = target.connect()?;
        let answer = session.ask(&format!("AUTH {name}"))?;
        session.must(answer.is_challenge().into(), format!("a challenge to AUTH {name}"))?;
    }
    Ok(())
}
