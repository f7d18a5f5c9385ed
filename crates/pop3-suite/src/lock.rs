//! Two sessions, and mail that comes meanwhile: what a session sees stays as it was (RFC 1939, 4).

use std::time::{Duration, Instant};

use super::check::Check;
use super::letters;
use super::rule::{Level, Miss, Outcome};
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "lock.second-session",
        rfc: 1939,
        section: "4 (lock)",
        level: Level::Must,
        rule: "While a session is open no other removes messages under it: a second one is refused, or does not harm the first.",
        run: second_session,
    },
    Check {
        id: "lock.code",
        rfc: 2449,
        section: "8.1.2 (IN-USE)",
        level: Level::Should,
        rule: "Where RESP-CODES is announced, the refusal for a maildrop in use carries IN-USE.",
        run: code,
    },
    Check {
        id: "lock.released-by-quit",
        rfc: 1939,
        section: "6 (QUIT)",
        level: Level::Must,
        rule: "Once QUIT has closed the connection, the lock is gone.",
        run: released_by_quit,
    },
    Check {
        id: "lock.released-by-cut",
        rfc: 1939,
        section: "4 (lock)",
        level: Level::Practice,
        rule: "When a client goes away without QUIT, the lock is gone within ten seconds.",
        run: released_by_cut,
    },
    Check {
        id: "arrival.numbers",
        rfc: 1939,
        section: "4 (message-numbers)",
        level: Level::Must,
        rule: "Mail that arrives in the session changes no number.",
        run: arrival_numbers,
    },
    Check {
        id: "arrival.unseen",
        rfc: 1939,
        section: "8 (new mail)",
        level: Level::Practice,
        rule: "Mail that arrives in the session is seen in the next one.",
        run: arrival_unseen,
    },
];

fn second_session(target: &Target) -> Outcome {
    let mut first = target.login()?;
    let count = first.at_least(1)?;
    let mut second = target.connect()?;
    let answer = second.log_in()?;
    if !answer.is_ok() {
        first.ok("NOOP")?;
        return first.quit();
    }
    target.may_delete()?;
    let victims = target.victims(&mut second, 1)?;
    let victim = victims[0];
    let want = second.many(&format!("RETR {victim}"))?.content();
    second.ok(&format!("DELE {victim}"))?;
    second.quit()?;
    target.changed();
    first.note("", "(another session deletes a message and says QUIT)");
    let same = first.count()? == count;
    first.must(same.into(), format!("{count} messages, as when the session began"))?;
    let answer = first.many(&format!("RETR {victim}"))?;
    let same = answer.content() == want;
    first.must(same.into(), "the message that was there when the session began")?;
    first.quit()
}

fn code(target: &Target) -> Outcome {
    target.connect()?.needs("RESP-CODES")?;
    let first = target.login()?;
    let mut second = target.connect()?;
    let answer = second.log_in()?;
    if answer.is_ok() {
        return Err(Miss::not_offered("an exclusive lock: a second session is let in"));
    }
    let coded = answer.code().is_some_and(|code| code == "IN-USE" || code.starts_with("IN-USE/"));
    second.must(coded.into(), "-ERR [IN-USE]")?;
    first.quit()
}

fn released_by_quit(target: &Target) -> Outcome {
    for _ in 0..3 {
        target.login()?.quit()?;
        let mut session = target.connect()?;
        let answer = session.log_in()?;
        let delayed = answer.code().is_some_and(|code| code == "LOGIN-DELAY");
        if delayed {
            return Err(Miss::skipped("LOGIN-DELAY is in force"));
        }
        session
            .must(answer.is_ok().into(), "+OK to a login right behind a session that has ended")?;
        session.quit()?;
    }
    Ok(())
}

fn released_by_cut(target: &Target) -> Outcome {
    drop(target.login()?);
    let start = Instant::now();
    loop {
        let mut session = target.connect()?;
        let answer = session.log_in()?;
        if answer.is_ok() {
            return session.quit();
        }
        if start.elapsed() > Duration::from_secs(10) {
            return Err(session.fault("+OK to a login within ten seconds"));
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// What LIST says before and after a letter has come.
fn arrival(target: &Target, index: usize) -> Result<(Vec<String>, Vec<String>), Miss> {
    target.letter("many-")?;
    target.may_delete()?;
    let mut session = target.login()?;
    let before = session.many("LIST")?.lines();
    target.deliver(&letters::small(&target.token, index))?;
    std::thread::sleep(target.options.moment);
    session.ok("NOOP")?;
    let after = session.many("LIST")?.lines();
    session.quit()?;
    target.changed();
    target.wait_for(before.len() as u64 + 1).map_err(Miss::Skipped)?;
    Ok((before, after))
}

fn arrival_numbers(target: &Target) -> Outcome {
    let (before, after) = arrival(target, 902)?;
    if after.starts_with(&before) {
        return Ok(());
    }
    let at = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let seen = vec![
        format!("S: {} (LIST before)", before.get(at).map_or("", String::as_str)),
        format!("S: {} (LIST after)", after.get(at).map_or("", String::as_str)),
    ];
    Err(Miss::Fault {
        expected: "the same lines for the messages that were there".to_owned(),
        seen,
    })
}

fn arrival_unseen(target: &Target) -> Outcome {
    let (before, after) = arrival(target, 903)?;
    if before.len() == after.len() {
        return Ok(());
    }
    let seen = vec![format!("S: {} lines in LIST, then {}", before.len(), after.len())];
    Err(Miss::Fault { expected: "as many messages as when the session began".to_owned(), seen })
}
