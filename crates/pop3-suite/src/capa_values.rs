//! Capabilities with a value: EXPIRE, LOGIN-DELAY, IMPLEMENTATION (RFC 2449, 6.5, 6.7, 6.9).

use super::answer::digits;
use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "capa.expire-syntax",
        rfc: 2449,
        section: "6.7 (EXPIRE)",
        level: Level::Must,
        rule: "EXPIRE has a number of days or NEVER, and may have USER behind it before login only.",
        run: expire_syntax,
    },
    Check {
        id: "capa.expire-smallest",
        rfc: 2449,
        section: "6.7 (EXPIRE)",
        level: Level::Must,
        rule: "EXPIRE before login is the smallest that any user may have: not larger than the one after login.",
        run: expire_smallest,
    },
    Check {
        id: "capa.login-delay-syntax",
        rfc: 2449,
        section: "6.5 (LOGIN-DELAY)",
        level: Level::Must,
        rule: "LOGIN-DELAY has a number of seconds, and may have USER behind it before login only.",
        run: delay_syntax,
    },
    Check {
        id: "capa.login-delay-largest",
        rfc: 2449,
        section: "6.5 (LOGIN-DELAY)",
        level: Level::Must,
        rule: "LOGIN-DELAY before login is the largest that any user may have: not smaller than after login.",
        run: delay_largest,
    },
    Check {
        id: "capa.login-delay-enforced",
        rfc: 2449,
        section: "6.5 (LOGIN-DELAY)",
        level: Level::Should,
        rule: "An announced LOGIN-DELAY is enforced: a login within the time is refused.",
        run: delay_enforced,
    },
    Check {
        id: "capa.implementation",
        rfc: 2449,
        section: "6.9 (IMPLEMENTATION)",
        level: Level::Must,
        rule: "IMPLEMENTATION has one or more words that name the server.",
        run: implementation,
    },
];

/// The parameters of a capability, where it is announced.
type Words = Option<Vec<String>>;

/// The parameters of a capability before and after login.
fn both(target: &Target, tag: &str) -> Result<(Words, Words), Miss> {
    let before = target.connect()?.capability(tag)?;
    let mut session = target.login()?;
    let after = session.capability(tag)?;
    session.quit()?;
    if before.is_none() && after.is_none() {
        Err(Miss::not_offered(tag))
    } else {
        Ok((before, after))
    }
}

fn told(tag: &str, words: Option<&[String]>) -> String {
    words.map_or("(not announced)".to_owned(), |words| format!("{tag} {}", words.join(" ")))
}

fn judge(
    tag: &str,
    (before, after): (Words, Words),
    expected: &str,
    kept: impl Fn(Option<&[String]>, Option<&[String]>) -> bool,
) -> Outcome {
    if kept(before.as_deref(), after.as_deref()) {
        return Ok(());
    }
    let seen = vec![
        format!("S: {} (before login)", told(tag, before.as_deref())),
        format!("S: {} (after login)", told(tag, after.as_deref())),
    ];
    Err(Miss::Fault { expected: expected.to_owned(), seen })
}

/// A value, and behind it USER only where that may be.
fn is_proper(
    words: Option<&[String]>,
    value: impl Fn(&str) -> bool,
    user_may_follow: bool,
) -> bool {
    match words {
        None => true,
        Some([first]) => value(first),
        Some([first, user]) => value(first) && user.eq_ignore_ascii_case("USER") && user_may_follow,
        Some(_) => false,
    }
}

fn expire_syntax(target: &Target) -> Outcome {
    let value = |word: &str| digits(word).is_some() || word.eq_ignore_ascii_case("NEVER");
    judge(
        "EXPIRE",
        both(target, "EXPIRE")?,
        "EXPIRE days|NEVER, USER behind it before login only",
        |b, a| is_proper(b, value, true) && is_proper(a, value, false),
    )
}

fn delay_syntax(target: &Target) -> Outcome {
    let value = |word: &str| digits(word).is_some();
    let expected = "LOGIN-DELAY seconds, USER behind it before login only";
    judge("LOGIN-DELAY", both(target, "LOGIN-DELAY")?, expected, |b, a| {
        is_proper(b, value, true) && is_proper(a, value, false)
    })
}

/// The number of a capability; NEVER is beyond all numbers.
fn number(words: Option<&[String]>) -> Option<u64> {
    let first = words?.first()?;
    if first.eq_ignore_ascii_case("NEVER") { Some(u64::MAX) } else { digits(first) }
}

fn expire_smallest(target: &Target) -> Outcome {
    let expected = "a value before login not larger than the one after it";
    judge("EXPIRE", both(target, "EXPIRE")?, expected, |before, after| {
        number(before).zip(number(after)).is_none_or(|(before, after)| before <= after)
    })
}

fn delay_largest(target: &Target) -> Outcome {
    let expected = "a value before login not smaller than the one after it";
    judge("LOGIN-DELAY", both(target, "LOGIN-DELAY")?, expected, |before, after| {
        number(before).zip(number(after)).is_none_or(|(before, after)| before >= after)
    })
}

fn delay_enforced(target: &Target) -> Outcome {
    let (_, after) = both(target, "LOGIN-DELAY")?;
    match number(after.as_deref()) {
        None | Some(0) => return Err(Miss::not_offered("LOGIN-DELAY for this account")),
        Some(1) => return Err(Miss::skipped("a delay of one second is too short to tell")),
        Some(_) => {}
    }
    target.login()?.quit()?;
    let mut session = target.connect()?;
    let answer = session.log_in()?;
    session.must(answer.is_err().into(), "-ERR to a login at once after another")
}

fn implementation(target: &Target) -> Outcome {
    let expected = "one or more words behind IMPLEMENTATION";
    judge("IMPLEMENTATION", both(target, "IMPLEMENTATION")?, expected, |before, after| {
        [before, after].into_iter().flatten().all(|words| !words.is_empty())
    })
}
