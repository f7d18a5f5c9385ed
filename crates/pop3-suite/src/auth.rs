//! AUTH (RFC 5034): initial responses, challenges, cancelling, and what is no Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::{Target, plain};

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "auth.names",
        rfc: 5034,
        section: "3 (SASL capability)",
        level: Level::Must,
        rule: "SASL lists mechanisms: names of 1 to 20 of A-Z, 0-9, \"-\" and \"_\" (RFC 4422, 3.1).",
        run: names,
    },
    Check {
        id: "auth.stays-listed",
        rfc: 5034,
        section: "3 (SASL capability)",
        level: Level::Must,
        rule: "SASL is announced after a successful AUTH too.",
        run: stays_listed,
    },
    Check {
        id: "auth.initial-response",
        rfc: 5034,
        section: "4 (initial response)",
        level: Level::Must,
        rule: "AUTH PLAIN with the credentials as initial response enters TRANSACTION.",
        run: initial,
    },
    Check {
        id: "auth.empty-challenge",
        rfc: 5034,
        section: "4 (initial response)",
        level: Level::Must,
        rule: "AUTH PLAIN without initial response gets the empty challenge: \"+\" and one space, nothing else.",
        run: empty_challenge,
    },
    Check {
        id: "auth.empty-response",
        rfc: 5034,
        section: "4 (initial response)",
        level: Level::Must,
        rule: "\"=\" is an initial response that is there and empty: PLAIN cannot succeed with it, and asks no more.",
        run: empty_response,
    },
    Check {
        id: "auth.server-first",
        rfc: 5034,
        section: "4 (initial response)",
        level: Level::Must,
        rule: "An initial response to a mechanism where the server speaks first is refused.",
        run: server_first,
    },
    Check {
        id: "auth.cancel",
        rfc: 5034,
        section: "4 (cancelling)",
        level: Level::Must,
        rule: "\"*\" cancels: the AUTH command is refused, and the session goes on.",
        run: cancel,
    },
    Check {
        id: "auth.unknown-mechanism",
        rfc: 5034,
        section: "4 (AUTH)",
        level: Level::Must,
        rule: "A mechanism that is not supported is refused.",
        run: unknown_mechanism,
    },
    Check {
        id: "auth.wrong-password",
        rfc: 5034,
        section: "4 (AUTH)",
        level: Level::Must,
        rule: "Wrong credentials are refused.",
        run: |target| {
            refused(target, &plain("", &target.options.user, "not-the-password"), "(wrong)")
        },
    },
    Check {
        id: "auth.foreign-identity",
        rfc: 4616,
        section: "2 (PLAIN)",
        level: Level::Must,
        rule: "The right name and password do not let act as anybody else, named as authorization identity.",
        run: foreign_identity,
    },
    Check {
        id: "auth.foreign-characters",
        rfc: 5034,
        section: "4 (Base64)",
        level: Level::Must,
        rule: "A response with a character outside the Base64 alphabet is refused, not read past it.",
        run: foreign_characters,
    },
    Check {
        id: "auth.padding",
        rfc: 5034,
        section: "4 (Base64)",
        level: Level::Must,
        rule: "\"=\" anywhere but at the end of Base64 is refused: \"=AAA\", \"AAA=BBB\".",
        run: padding,
    },
    Check {
        id: "auth.long-response",
        rfc: 5034,
        section: "4 (lengths)",
        level: Level::Must,
        rule: "The longest responses of a mechanism are handled: PLAIN with three times 255 octets gets an answer.",
        run: long_response,
    },
    Check {
        id: "auth.after-failure",
        rfc: 5034,
        section: "4 (failure)",
        level: Level::Must,
        rule: "After a failed AUTH the server behaves as if there had been none: another login works, or it has closed.",
        run: after_failure,
    },
    Check {
        id: "auth.after-login",
        rfc: 5034,
        section: "4 (restrictions)",
        level: Level::Must,
        rule: "AUTH is refused after login.",
        run: after_login,
    },
    Check {
        id: "auth.case",
        rfc: 5034,
        section: "5 (syntax)",
        level: Level::Must,
        rule: "Names of mechanisms and the command are taken in lower case too.",
        run: |target| logs_in(target, "auth plain"),
    },
];

/// A connection on which AUTH PLAIN is announced.
fn with_plain(target: &Target) -> Result<Session<'_>, Miss> {
    let mut session = target.connect()?;
    let mechanisms = session.needs("SASL")?;
    if mechanisms.iter().any(|name| name.eq_ignore_ascii_case("PLAIN")) {
        Ok(session)
    } else {
        Err(Miss::not_offered("SASL PLAIN"))
    }
}

fn right(target: &Target) -> String {
    plain("", &target.options.user, &target.options.password)
}

fn names(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    let mechanisms = session.needs("SASL")?;
    let proper = |name: &String| {
        let known = |o: u8| o.is_ascii_uppercase() || o.is_ascii_digit() || o == b'-' || o == b'_';
        (1..=20).contains(&name.len()) && name.bytes().all(known)
    };
    let all = !mechanisms.is_empty() && mechanisms.iter().all(proper);
    session.must(all.into(), "one or more names of mechanisms behind SASL")
}

fn stays_listed(target: &Target) -> Outcome {
    let mut session = with_plain(target)?;
    session.send_as(format!("AUTH PLAIN {}\r\n", right(target)).as_bytes(), "AUTH PLAIN ****")?;
    if !session.read("AUTH PLAIN")?.is_ok() {
        return Err(Miss::skipped("AUTH PLAIN does not log in"));
    }
    let listed = session.capability("SASL")?;
    session.must(listed.is_some().into(), "SASL in CAPA after login")?;
    session.quit()
}

fn logs_in(target: &Target, words: &str) -> Outcome {
    let mut session = with_plain(target)?;
    let shown = format!("{words} ****");
    session.send_as(format!("{words} {}\r\n", right(target)).as_bytes(), &shown)?;
    let answer = session.read(words)?;
    session.must(answer.is_ok().into(), format!("+OK to {shown} with the right credentials"))?;
    session.ok("STAT")?;
    session.quit()
}

fn initial(target: &Target) -> Outcome {
    logs_in(target, "AUTH PLAIN")
}

fn empty_challenge(target: &Target) -> Outcome {
    let mut session = with_plain(target)?;
    let challenge = session.ask("AUTH PLAIN")?;
    session.must((challenge.raw == b"+ \r\n").into(), "\"+ \" and CRLF, nothing else")?;
    session.send_as(format!("{}\r\n", right(target)).as_bytes(), "(credentials)")?;
    let answer = session.read("the response")?;
    session.must(answer.is_ok().into(), "+OK to the right credentials")?;
    session.quit()
}

fn empty_response(target: &Target) -> Outcome {
    let mut session = with_plain(target)?;
    session.refused_or_closed(b"AUTH PLAIN =\r\n", "AUTH PLAIN =").map(drop)
}

fn server_first(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    let mechanisms = session.needs("SASL")?;
    let first = ["CRAM-MD5", "DIGEST-MD5"];
    let Some(name) = mechanisms.iter().find(|name| first.contains(&name.as_str())) else {
        return Err(Miss::not_offered("a mechanism where the server speaks first (CRAM-MD5)"));
    };
    let command = format!("AUTH {name} {}", STANDARD.encode("suite"));
    session.refused_or_closed(format!("{command}\r\n").as_bytes(), &command).map(drop)
}

fn cancel(target: &Target) -> Outcome {
    let mut session = with_plain(target)?;
    let challenge = session.ask("AUTH PLAIN")?;
    session.must(challenge.is_challenge().into(), "a challenge")?;
    if session.refused_or_closed(b"*\r\n", "*")?.is_open() {
        session.many("CAPA")?;
    }
    Ok(())
}

fn unknown_mechanism(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    session.needs("SASL")?;
    session.refused_or_closed(b"AUTH X-SUITE-NONE\r\n", "AUTH X-SUITE-NONE").map(drop)
}

/// This response to AUTH PLAIN is refused, and nobody is logged in.
fn refused(target: &Target, response: &str, shown: &str) -> Outcome {
    let mut session = with_plain(target)?;
    let challenge = session.ask("AUTH PLAIN")?;
    if !challenge.is_challenge() {
        return Err(session.fault("a challenge").as_preparation());
    }
    if session.refused_or_closed(format!("{response}\r\n").as_bytes(), shown)?.is_open() {
        session.refused_or_closed(b"STAT\r\n", "STAT")?;
    }
    Ok(())
}

fn foreign_identity(target: &Target) -> Outcome {
    let other = format!("other-{}", target.options.user);
    let response = plain(&other, &target.options.user, &target.options.password);
    refused(
        target,
        &response,
        &format!("(Base64 of {other:?} NUL the right name NUL the right password)"),
    )
}

fn foreign_characters(target: &Target) -> Outcome {
    let mut response = right(target);
    response.insert(4, '!');
    refused(target, &response, "(the right credentials with \"!\" behind the fourth character)")?;
    let mut response = right(target);
    response.insert(4, ' ');
    refused(target, &response, "(the right credentials with a space behind the fourth character)")
}

fn padding(target: &Target) -> Outcome {
    refused(target, "=AAA", "=AAA")?;
    refused(target, "AAA=BBB", "AAA=BBB")?;
    // Cut so that both halves are proper Base64 by themselves: "xx==" and the rest.
    let octets = STANDARD.decode(right(target)).unwrap_or_default();
    let (first, rest) = octets.split_at(octets.len().min(4));
    let response = format!("{}{}", STANDARD.encode(first), STANDARD.encode(rest));
    refused(target, &response, "(the right credentials with \"==\" inside)")
}

fn long_response(target: &Target) -> Outcome {
    let mut session = with_plain(target)?;
    let challenge = session.ask("AUTH PLAIN")?;
    if !challenge.is_challenge() {
        return Err(session.fault("a challenge").as_preparation());
    }
    let response = plain(&"a".repeat(255), &"b".repeat(255), &"c".repeat(255));
    let shown = format!("(wrong credentials, {} characters of Base64)", response.len());
    session.send_as(format!("{response}\r\n").as_bytes(), &shown)?;
    let answer = session.read("the response")?;
    session.must(answer.is_err().into(), "-ERR")
}

fn after_failure(target: &Target) -> Outcome {
    let mut session = with_plain(target)?;
    let wrong = plain("", &target.options.user, "not-the-password");
    let sent = format!("AUTH PLAIN {wrong}\r\n");
    let left = session.refused_or_closed(sent.as_bytes(), "AUTH PLAIN (wrong)");
    if !left.map_err(Miss::as_preparation)?.is_open() {
        return Err(Miss::not_offered("the server closes after a refused login, as it may"));
    }
    session.send_as(format!("AUTH PLAIN {}\r\n", right(target)).as_bytes(), "AUTH PLAIN ****")?;
    match session.try_read() {
        Ok(answer) if answer.is_ok() => session.quit(),
        Err(super::wire::Trouble::Closed(_)) => {
            Err(Miss::not_offered("the server closes after a refused login, as it may"))
        }
        Ok(_) | Err(_) => Err(session.fault("+OK to the right credentials")),
    }
}

fn after_login(target: &Target) -> Outcome {
    with_plain(target)?;
    let mut session = target.login()?;
    let answer = session.ask("AUTH PLAIN")?;
    session.must(answer.is_err().into(), "-ERR to AUTH after login")?;
    session.quit()
}
