//! AUTHORIZATION: USER and PASS, what else may be said before login, and what may not be said after it.

use super::check::Check;
use super::options::Tls;
use super::rule::{Level, Miss, Outcome};
use super::session::Left;
use super::target::Target;
use super::wire::End;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "user.login",
        rfc: 1939,
        section: "7 (USER, PASS)",
        level: Level::Must,
        rule: "USER and the right PASS enter TRANSACTION.",
        run: login,
    },
    Check {
        id: "user.wrong-password",
        rfc: 1939,
        section: "7 (USER, PASS)",
        level: Level::Must,
        rule: "A wrong PASS is refused and opens no maildrop.",
        run: wrong_password,
    },
    Check {
        id: "user.again-after-failure",
        rfc: 1939,
        section: "4 (authentication)",
        level: Level::Must,
        rule: "After a refused login the server closes, or the client may start again with a new one.",
        run: again_after_failure,
    },
    Check {
        id: "user.pass-first",
        rfc: 1939,
        section: "7 (PASS)",
        level: Level::Must,
        rule: "PASS is only taken right behind a successful USER.",
        run: pass_first,
    },
    Check {
        id: "user.without-name",
        rfc: 1939,
        section: "7 (USER)",
        level: Level::Must,
        rule: "USER without its argument is refused.",
        run: |target| before_login(target, &["USER"]),
    },
    Check {
        id: "user.name-secret",
        rfc: 1939,
        section: "13 (USER)",
        level: Level::Practice,
        rule: "USER does not tell whether a name exists.",
        run: name_secret,
    },
    Check {
        id: "user.needs-tls",
        rfc: 8314,
        section: "3 and 4.1 (cleartext)",
        level: Level::Practice,
        rule: "Passwords are not taken without TLS (also RFC 5034, 4 and RFC 2595, 2.3).",
        run: needs_tls,
    },
    Check {
        id: "state.before-login",
        rfc: 1939,
        section: "3 and 5 (states)",
        level: Level::Must,
        rule: "Commands of TRANSACTION are refused before login.",
        run: |target| {
            before_login(target, &["STAT", "LIST", "RETR 1", "NOOP", "RSET", "TOP 1 0", "UIDL"])?;
            before_login(target, &["DELE 1"])
        },
    },
    Check {
        id: "state.between-user-and-pass",
        rfc: 1939,
        section: "3 and 5 (states)",
        level: Level::Must,
        rule: "They are refused between USER and PASS too.",
        run: between,
    },
    Check {
        id: "state.after-login",
        rfc: 1939,
        section: "3 and 7 (states)",
        level: Level::Must,
        rule: "USER, PASS and APOP are refused after login.",
        run: after_login,
    },
    Check {
        id: "quit.before-login",
        rfc: 1939,
        section: "4 (QUIT)",
        level: Level::Must,
        rule: "QUIT before login is answered with +OK, and the connection is closed.",
        run: quit,
    },
];

/// Opens a connection on which USER is taken.
fn user_accepted(target: &Target) -> Result<super::session::Session<'_>, Miss> {
    let mut session = target.connect()?;
    let answer = session.ask(&format!("USER {}", target.options.user))?;
    if answer.is_ok() { Ok(session) } else { Err(Miss::not_offered("USER")) }
}

fn login(target: &Target) -> Outcome {
    let mut session = user_accepted(target)?;
    let answer = session.pass(&target.options.password)?;
    session.must(answer.is_ok().into(), "+OK to the right PASS")?;
    session.ok("STAT")?;
    session.quit()
}

fn wrong_password(target: &Target) -> Outcome {
    let mut session = user_accepted(target)?;
    if session.refused_or_closed(b"PASS not-the-password\r\n", "PASS not-the-password")?
        == Left::Open
    {
        session.refused_or_closed(b"STAT\r\n", "STAT")?;
    }
    Ok(())
}

fn again_after_failure(target: &Target) -> Outcome {
    let mut session = user_accepted(target)?;
    let shown = "PASS not-the-password";
    let left = session.refused_or_closed(b"PASS not-the-password\r\n", shown);
    if left.map_err(Miss::as_preparation)? == Left::Closed {
        return Err(Miss::not_offered("the server closes after a refused login, as it may"));
    }
    let name = format!("USER {}", target.options.user);
    session.send(format!("{name}\r\n").as_bytes())?;
    match session.try_read() {
        Err(super::wire::Trouble::Closed(_)) => {
            return Err(Miss::not_offered("the server closes after a refused login, as it may"));
        }
        Ok(answer) if answer.is_ok() => {}
        Ok(_) | Err(_) => return Err(session.fault(format!("+OK to {name}"))),
    }
    let answer = session.pass(&target.options.password)?;
    session.must(answer.is_ok().into(), "+OK to the right PASS")?;
    session.quit()
}

fn pass_first(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    let command = format!("PASS {}\r\n", target.options.password);
    session.refused_or_closed(command.as_bytes(), "PASS ****").map(drop)
}

/// Each of these is refused on a fresh connection, or the connection is closed.
fn before_login(target: &Target, commands: &[&str]) -> Outcome {
    for command in commands {
        let mut session = target.connect()?;
        session.refused_or_closed(format!("{command}\r\n").as_bytes(), command)?;
    }
    Ok(())
}

fn between(target: &Target) -> Outcome {
    for command in ["STAT", "RETR 1"] {
        let mut session = user_accepted(target)?;
        session.refused_or_closed(format!("{command}\r\n").as_bytes(), command)?;
    }
    Ok(())
}

fn after_login(target: &Target) -> Outcome {
    let user = &target.options.user;
    for command in
        [format!("USER {user}"), "PASS x".to_owned(), format!("APOP {user} {}", "0".repeat(32))]
    {
        let mut session = target.login()?;
        session.refused(&command)?;
        session.quit()?;
    }
    Ok(())
}

fn name_secret(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    let known = session.ask(&format!("USER {}", target.options.user))?;
    if !known.is_ok() {
        return Err(Miss::not_offered("USER"));
    }
    let name = format!("nobody-{}", target.token);
    let domain =
        target.options.user.split_once('@').map_or(String::new(), |(_, d)| format!("@{d}"));
    let mut session = target.connect()?;
    let answer = session.ask(&format!("USER {name}{domain}"))?;
    session.must(answer.is_ok().into(), "the answer that a name gets which exists")
}

fn needs_tls(target: &Target) -> Outcome {
    if target.options.tls != Tls::Stls {
        return Err(Miss::skipped("this run does not use STLS: nothing to compare with"));
    }
    if ["localhost", "127.0.0.1", "::1"].contains(&target.options.host.as_str()) {
        return Err(Miss::skipped("over loopback servers may rightly count the clear as private"));
    }
    let mut session = target.connect_plainly()?;
    let answer = session.ask("USER suite-needs-tls")?;
    session.must(answer.is_err().into(), "-ERR to USER before STLS")
}

fn quit(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    session.ok("QUIT")?;
    let end = session.end();
    session.must((end != End::Open).into(), "a closed connection after QUIT")
}
