//! Commands as they arrive (RFC 1939, 3; RFC 2449, 4): in any case, in any pieces, too long, or not commands at all.

use std::time::Duration;

use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;
use super::wire::Trouble;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "command.case",
        rfc: 1939,
        section: "3 (keywords)",
        level: Level::Must,
        rule: "Keywords are taken in lower and mixed case.",
        run: case,
    },
    Check {
        id: "command.unknown",
        rfc: 1939,
        section: "3 (errors)",
        level: Level::Must,
        rule: "An unknown command is answered with -ERR, before and after login.",
        run: unknown,
    },
    Check {
        id: "command.pieces",
        rfc: 1939,
        section: "3 (commands)",
        level: Level::Must,
        rule: "A command ends with CRLF and nowhere else: it may come octet by octet.",
        run: pieces,
    },
    Check {
        id: "command.255-octets",
        rfc: 2449,
        section: "4 (lengths)",
        level: Level::Must,
        rule: "Commands of up to 255 octets are supported: one gets one answer.",
        run: longest,
    },
    Check {
        id: "command.too-long",
        rfc: 2449,
        section: "4 (lengths)",
        level: Level::Practice,
        rule: "A far too long command is refused once or ends the connection; its rest is not run as another command.",
        run: too_long,
    },
    Check {
        id: "command.nul",
        rfc: 1939,
        section: "3 (commands)",
        level: Level::Must,
        rule: "Commands are printable ASCII: one with a NUL inside is refused, not cut there.",
        run: nul,
    },
    Check {
        id: "command.bare-lf",
        rfc: 1939,
        section: "3 (commands)",
        level: Level::Practice,
        rule: "Commands parted by LF alone leave the session in step: both are answered, or both refused as one.",
        run: bare_lf,
    },
    Check {
        id: "command.empty",
        rfc: 1939,
        section: "3 (commands)",
        level: Level::Practice,
        rule: "An empty line is refused, and the session goes on.",
        run: empty,
    },
];

/// How often a login in mixed case is tried. The lock of the session before may still be there.
const CASE_TRIES: u32 = 3;

fn case(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    let user = format!("user {}", target.options.user);
    if session.ask(&user)?.is_ok() {
        for tried in 1.. {
            let sent = format!("pAsS {}\r\n", target.options.password);
            session.send_as(sent.as_bytes(), "pAsS ****")?;
            if session.read("pAsS")?.is_ok() {
                break;
            }
            session.must((tried < CASE_TRIES).into(), "+OK to pAsS, as to PASS")?;
            // In upper case, and with patience: when this goes, the next try must.
            target.login()?.quit()?;
            std::thread::sleep(Duration::from_millis(200));
            session = target.connect()?;
            session.ok(&user)?;
        }
    } else {
        let upper = session.ask(&format!("USER {}", target.options.user))?;
        session.must(upper.is_err().into(), "+OK to user, as to USER")?;
        session = target.login()?;
    }
    session.ok("stat")?;
    session.many("List")?;
    session.ok("noop")?;
    session.ok("Rset")?;
    session.ok("quit").map(drop)
}

fn unknown(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    session.refused_or_closed(b"XSUITE\r\n", "XSUITE")?;
    let mut session = target.login()?;
    session.refused("XSUITE 1")?;
    session.refused("ST")?;
    session.refused("RETRIEVE 1")?;
    session.ok("NOOP")?;
    session.quit()
}

fn pieces(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let want = session.ok("STAT")?.line();
    for octet in b"STAT\r\n" {
        session.send(&[*octet])?;
        std::thread::sleep(Duration::from_millis(15));
    }
    let answer = session.read("STAT, sent octet by octet")?;
    session.must((answer.line() == want).into(), format!("{want:?}, as to STAT in one piece"))?;
    session.quit()
}

/// Asks for something that every server answers in this state, to see that the session is in step.
fn is_in_step(session: &mut Session<'_>) -> Outcome {
    let answer = session.ask("XSUITE-STEP")?;
    session.must(answer.is_err().into(), "one -ERR to XSUITE-STEP")?;
    let more = session.unasked();
    session.must(more.is_empty().into(), "one answer to each command")
}

fn longest(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    if session.capabilities().is_err() {
        return Err(Miss::not_offered("CAPA"));
    }
    let command = format!("USER {}", "n".repeat(248));
    let answer = session.ask(&command)?;
    session.must((answer.is_ok() || answer.is_err()).into(), "+OK or -ERR")?;
    if answer.is_ok() {
        let pass = session.ask("PASS x")?;
        return session.must(pass.is_err().into(), "-ERR to PASS for a name that does not exist");
    }
    is_in_step(&mut session)
}

fn too_long(target: &Target) -> Outcome {
    for octets in [2_000, 70_000] {
        let mut session = target.login()?;
        // Cut at a multiple of 5 octets, what follows would be NOOP and its answer +OK.
        let command = format!("XXXX {}\r\n", "NOOP ".repeat(octets / 5));
        if session
            .send_as(command.as_bytes(), &format!("(XXXX NOOP NOOP NOOP ..., {octets} octets)"))
            .is_err()
        {
            continue;
        }
        match session.try_read() {
            Ok(answer) => session.must(answer.is_err().into(), "-ERR, or a closed connection")?,
            Err(Trouble::Closed(_)) => continue,
            Err(Trouble::Broken(why)) if why.contains("reset") => continue,
            Err(why) => {
                session.note("S", &why.text());
                return Err(session.fault("-ERR, or a closed connection"));
            }
        }
        let more = session.unasked();
        session.must(more.is_empty().into(), "one answer to one command")?;
    }
    Ok(())
}

fn nul(target: &Target) -> Outcome {
    let mut session = target.login()?;
    if !session.refused_or_closed(b"NOOP\0\r\n", "NOOP NUL")?.is_open() {
        return Ok(());
    }
    if !session.refused_or_closed(b"STAT\0 1\r\n", "STAT NUL 1")?.is_open() {
        return Ok(());
    }
    session.ok("NOOP")?;
    session.quit()
}

fn bare_lf(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.send(b"NOOP\nNOOP\r\n")?;
    let first = match session.try_read() {
        Ok(first) => first,
        Err(Trouble::Closed(_)) => return Ok(()),
        Err(_) => return Err(session.fault("an answer, or a closed connection")),
    };
    if first.is_ok() {
        let second = session.read("the second NOOP")?;
        session.must(second.is_ok().into(), "+OK to the second NOOP, as to the first")?;
    }
    let more = session.unasked();
    session.must(more.is_empty().into(), "two answers of +OK, or one -ERR")?;
    session.ok("NOOP")?;
    session.quit()
}

fn empty(target: &Target) -> Outcome {
    let mut session = target.login()?;
    if session.refused_or_closed(b"\r\n", "(an empty line)")?.is_open() {
        session.ok("NOOP")?;
        session.quit()?;
    }
    Ok(())
}
