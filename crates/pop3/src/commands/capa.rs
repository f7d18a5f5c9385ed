//! CAPA: what the server can do on this connection, now (RFC 2449, 5). Only what works is listed.

use mailbox::{Differ, Pop3Terms};

use crate::args::{Args, Wrong};
use crate::command::{Command, Row, States};
use crate::commands::user;
use crate::server::{Answer, Gone, Next, Session, Stls, Stream, Words};

pub(crate) const ROW: Row = Row { name: "CAPA", usage: "CAPA", states: States::Both, parse };

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Capa)
}

pub(crate) fn run<S: Stream>(session: &mut Session<S>) -> Result<Next, Gone> {
    let terms = match session.maildrop() {
        Some(maildrop) => maildrop.terms(),
        None => session.service.accounts.pop3_terms(),
    };
    let terms = match terms {
        Ok(terms) => terms,
        Err(fault) => {
            session.wire.answer(&Answer::fault(&fault));
            return Ok(Next::Go);
        }
    };
    let is_before_login = session.maildrop().is_none();
    let is_stls_offered = is_before_login && session.stls() == Stls::Offered;
    let mechanisms = session.service.directory.mechanisms(&session.peer);
    let wire = &mut session.wire;
    wire.answer(&Answer::ok(Words::CapabilitiesFollow));
    wire.text("TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n");
    let states = if is_before_login { States::Authorization } else { States::Transaction };
    print_terms(&terms, states, wire.output());
    // Names and passwords may be UTF-8 (RFC 6856, 2.2).
    wire.text("UTF8 USER\r\nLANG\r\n");
    if user::is_offered(&mechanisms) {
        wire.text("USER\r\n");
    }
    if !mechanisms.is_empty() {
        wire.text("SASL");
        for mechanism in mechanisms {
            wire.text(" ");
            wire.text(mechanism.name());
        }
        wire.text("\r\n");
    }
    // "Present and permitted in the current state" (RFC 2595, 4).
    if is_stls_offered {
        wire.text("STLS\r\n");
    }
    // Strangers are not told what they are talking to (RFC 2449, 6.9: "optionally TRANSACTION only").
    if !is_before_login {
        wire.text("IMPLEMENTATION correio\r\n");
    }
    wire.text(".\r\n");
    Ok(Next::Go)
}

/// EXPIRE: for how many days mail stays at least, whoever leaves it there (RFC 2449, 6.7). LOGIN-DELAY: how many seconds
/// lie between two logins (RFC 2449, 6.5). Before the login both are the strictest of anybody's.
fn print_terms(terms: &Pop3Terms, states: States, out: &mut Vec<u8>) {
    // The token says that asking again after the login may tell more.
    let user = |differ: Differ| match (differ, states) {
        (Differ::ByUser, States::Authorization) => " USER",
        (Differ::ByUser | Differ::No, _) => "",
    };
    let expire = match terms.expire_days {
        Some(days) => format!("EXPIRE {days}{}\r\n", user(terms.expire_differs)),
        None => "EXPIRE NEVER\r\n".to_owned(),
    };
    out.extend_from_slice(expire.as_bytes());
    if terms.login_delay_s > 0 {
        let (delay, user) = (terms.login_delay_s, user(terms.login_delay_differs));
        out.extend_from_slice(format!("LOGIN-DELAY {delay}{user}\r\n").as_bytes());
    }
}
