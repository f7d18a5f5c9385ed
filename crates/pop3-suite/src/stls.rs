//! STLS (RFC 2595, 4) and how TLS ends (RFC 8314, 3.4).

use super::check::Check;
use super::options::Tls;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;
use super::wire::{End, Trouble};

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "stls.works",
        rfc: 2595,
        section: "4 (STLS)",
        level: Level::Must,
        rule: "STLS is answered with +OK, TLS begins behind it, and the session goes on in AUTHORIZATION.",
        run: works,
    },
    Check {
        id: "stls.silence",
        rfc: 2595,
        section: "4 (STLS)",
        level: Level::Must,
        rule: "Behind the handshake the server waits for a command: no second greeting.",
        run: silence,
    },
    Check {
        id: "stls.injection",
        rfc: 2595,
        section: "4 (STLS)",
        level: Level::Must,
        rule: "TLS begins right behind the +OK to STLS: what was sent behind STLS in the clear is never run as a command.",
        run: injection,
    },
    Check {
        id: "stls.login-forgotten",
        rfc: 2595,
        section: "4 (STLS)",
        level: Level::Practice,
        rule: "A name given before STLS, which anybody may have put there, does not count behind it.",
        run: login_forgotten,
    },
    Check {
        id: "stls.listed-truly",
        rfc: 2595,
        section: "4 (STLS)",
        level: Level::Must,
        rule: "STLS in CAPA means that it is permitted now: under TLS it is not listed, or works again.",
        run: listed_truly,
    },
    Check {
        id: "stls.not-after-login",
        rfc: 2595,
        section: "4 (STLS)",
        level: Level::Must,
        rule: "STLS is refused after login.",
        run: not_after_login,
    },
    Check {
        id: "stls.not-listed-after-login",
        rfc: 2595,
        section: "8 (STLS)",
        level: Level::Should,
        rule: "STLS is announced in AUTHORIZATION only (the IANA registry differs, hence no MUST).",
        run: not_listed_after_login,
    },
    Check {
        id: "stls.capa",
        rfc: 2595,
        section: "4 (STLS)",
        level: Level::Must,
        rule: "A server with STLS has CAPA, and announces it there.",
        run: capa,
    },
    Check {
        id: "tls.close-alert",
        rfc: 8314,
        section: "3.4 (closing)",
        level: Level::Should,
        rule: "Who closes sends the TLS close alert before closing TCP.",
        run: close_alert,
    },
];

/// A connection in the clear on which STLS is announced.
fn announced(target: &Target) -> Result<Session<'_>, Miss> {
    if target.options.tls == Tls::Implicit {
        return Err(Miss::not_offered("STLS on a port with TLS from the first octet"));
    }
    let mut session = target.connect_plainly()?;
    session.needs("STLS")?;
    Ok(session)
}

fn works(target: &Target) -> Outcome {
    let mut session = announced(target)?;
    session.ok("STLS")?;
    let mut session = session.under_tls()?;
    session.refused("STAT")?;
    let answer = session.log_in()?;
    session.must(answer.is_ok().into(), "+OK to a login under TLS")?;
    session.quit()
}

fn silence(target: &Target) -> Outcome {
    let mut session = announced(target)?;
    session.ok("STLS")?;
    let mut session = session.under_tls().map_err(Miss::as_preparation)?;
    let more = session.unasked();
    session.must(more.is_empty().into(), "nothing before a command")
}

fn injection(target: &Target) -> Outcome {
    let mut session = announced(target)?;
    session.send(b"STLS\r\nCAPA\r\n")?;
    match session.try_read() {
        Ok(answer) if answer.is_ok() => {}
        // Refusing such a pair is fine as well, and so is hanging up on who sends it.
        Ok(_) | Err(Trouble::Closed(_)) => return Ok(()),
        Err(why @ (Trouble::Silent(_) | Trouble::Broken(_))) => {
            session.note("", &why.text());
            return Err(session.fault("an answer to STLS"));
        }
    }
    // A server that takes "CAPA" for the beginning of TLS breaks off: also fine.
    let Ok(mut session) = session.under_tls() else { return Ok(()) };
    let more = session.unasked();
    session.must(more.is_empty().into(), "no answer under TLS to a command sent in the clear")
}

fn login_forgotten(target: &Target) -> Outcome {
    let mut session = announced(target)?;
    if !session.ask(&format!("USER {}", target.options.user))?.is_ok() {
        return Err(Miss::not_offered("USER before STLS"));
    }
    let answer = session.ask("STLS")?;
    if !answer.is_ok() {
        return Ok(());
    }
    let mut session = session.under_tls().map_err(Miss::as_preparation)?;
    let answer = session.pass(&target.options.password)?;
    session.must(answer.is_err().into(), "-ERR to PASS, as there was no USER under TLS")
}

fn listed_truly(target: &Target) -> Outcome {
    let mut session = announced(target)?;
    session.ok("STLS")?;
    let mut session = session.under_tls().map_err(Miss::as_preparation)?;
    if session.capability("STLS")?.is_none() {
        return Ok(());
    }
    session.ok("STLS").map(drop)
}

fn not_after_login(target: &Target) -> Outcome {
    announced(target)?;
    let mut session = target.login()?;
    session.refused("STLS")?;
    session.quit()
}

fn not_listed_after_login(target: &Target) -> Outcome {
    announced(target)?;
    let mut session = target.login()?;
    let listed = session.capability("STLS")?;
    session.must(listed.is_none().into(), "no STLS in CAPA after login")?;
    session.quit()
}

fn capa(target: &Target) -> Outcome {
    if target.options.tls == Tls::Implicit {
        return Err(Miss::not_offered("STLS on a port with TLS from the first octet"));
    }
    let mut session = target.connect_plainly()?;
    let listed = session.capability("STLS");
    if matches!(listed, Ok(Some(_))) {
        return Ok(());
    }
    if session.ask("STLS")?.is_err() {
        return Err(Miss::not_offered("STLS"));
    }
    Err(session.fault("STLS in CAPA, as it is supported"))
}

fn close_alert(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    if !session.is_tls() {
        session = announced(target)?;
        session.ok("STLS")?;
        session = session.under_tls().map_err(Miss::as_preparation)?;
    }
    session.ok("QUIT")?;
    match session.end() {
        End::Proper => Ok(()),
        End::WithoutAlert => Err(session.fault("a close alert before TCP is closed")),
        End::Open => Err(session.fault("the connection closed after QUIT").as_preparation()),
    }
}
