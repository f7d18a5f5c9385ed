//! PIPELINING (RFC 2449, 6.6): several commands at once, each answered in turn.

use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;
use super::wire::End;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "pipelining.login",
        rfc: 2449,
        section: "6.6 (PIPELINING)",
        level: Level::Must,
        rule: "A whole session in one write, from USER to QUIT, is answered in order.",
        run: whole_session,
    },
    Check {
        id: "pipelining.errors",
        rfc: 2449,
        section: "6.6 (PIPELINING)",
        level: Level::Must,
        rule: "A refused command among others changes nothing about their answers.",
        run: errors,
    },
    Check {
        id: "pipelining.many",
        rfc: 2449,
        section: "6.6 (PIPELINING)",
        level: Level::Must,
        rule: "Hundreds of commands at once are all answered, in order.",
        run: many,
    },
    Check {
        id: "pipelining.large",
        rfc: 2449,
        section: "6.6 (PIPELINING)",
        level: Level::Must,
        rule: "Commands behind a RETR of a large message are answered behind it.",
        run: large,
    },
];

fn announced(target: &Target) -> Outcome {
    target.connect()?.needs("PIPELINING").map(drop)
}

fn whole_session(target: &Target) -> Outcome {
    announced(target)?;
    let mut session = target.connect()?;
    let user = format!("USER {}\r\n", target.options.user);
    let (user, password) = (user.as_str(), &target.options.password);
    if !target.connect()?.ask(user.trim_end())?.is_ok() {
        return Err(Miss::not_offered("USER"));
    }
    let sent = format!("{user}PASS {password}\r\nSTAT\r\nLIST\r\nNOOP\r\nRSET\r\nQUIT\r\n");
    session.send_as(sent.as_bytes(), "USER, PASS, STAT, LIST, NOOP, RSET, QUIT in one write")?;
    for command in ["USER", "PASS", "STAT", "LIST", "NOOP", "RSET", "QUIT"] {
        expect_ok(&mut session, command)?;
    }
    let end = session.end();
    session.must((end != End::Open).into(), "a closed connection behind QUIT")
}

fn expect_ok(session: &mut Session<'_>, command: &str) -> Outcome {
    let answer = session.read(command)?;
    session.must(answer.is_ok().into(), format!("+OK to {command}"))?;
    if command == "LIST" || command.starts_with("RETR") {
        session.rest(command)?;
    }
    Ok(())
}

fn errors(target: &Target) -> Outcome {
    announced(target)?;
    let mut session = target.login()?;
    let stat = session.ok("STAT")?.line();
    session.send(b"NOOP\r\nRETR 999999999\r\nSTAT\r\nXSUITE\r\nLIST 999999998\r\nNOOP\r\n")?;
    expect_ok(&mut session, "NOOP")?;
    let refused = session.read("RETR 999999999")?;
    session.must(refused.is_err().into(), "-ERR to RETR 999999999")?;
    let same = session.read("STAT")?;
    session.must((same.line() == stat).into(), format!("{stat:?} to STAT"))?;
    for command in ["XSUITE", "LIST 999999998"] {
        let refused = session.read(command)?;
        session.must(refused.is_err().into(), format!("-ERR to {command}"))?;
    }
    expect_ok(&mut session, "NOOP")?;
    session.quit()
}

fn many(target: &Target) -> Outcome {
    announced(target)?;
    let mut session = target.login()?;
    session.at_least(1)?;
    let want = session.ok("LIST 1")?.text();
    session.send_as(
        "LIST 1\r\nNOOP\r\n".repeat(300).as_bytes(),
        "300 times LIST 1 and NOOP in one write",
    )?;
    for round in 1..=300 {
        let answer = session.read("LIST 1")?;
        let right = answer.text() == want;
        session.must(right.into(), format!("in round {round} +OK {want} to LIST 1"))?;
        expect_ok(&mut session, "NOOP")?;
    }
    session.quit()
}

fn large(target: &Target) -> Outcome {
    target.letter("large")?;
    announced(target)?;
    let mut session = target.login()?;
    let number = target.number(&mut session, "large")?;
    let retr = format!("RETR {number}");
    session.send(format!("{retr}\r\nNOOP\r\n{retr}\r\nSTAT\r\n").as_bytes())?;
    for command in [retr.as_str(), "NOOP", retr.as_str(), "STAT"] {
        expect_ok(&mut session, command)?;
    }
    session.quit()
}
