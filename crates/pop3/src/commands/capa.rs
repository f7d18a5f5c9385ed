//! CAPA: what the server can do on this connection, now (RFC 2449, 5). Only what works is listed.

use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};
use crate::server::{Answer, Gone, Next, Session, Stls, Stream, Words};

pub(crate) const ROW: Row = Row { name: "CAPA", usage: "CAPA", stage: Stage::Both, parse };

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Capa)
}

pub(crate) fn run<S: Stream>(session: &mut Session<S>) -> Result<Next, Gone> {
    let wire = &mut session.wire;
    wire.answer(&Answer::ok(Words::CapabilitiesFollow));
    wire.text("TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n");
    // Nothing is ever deleted that the user did not delete (RFC 2449, 6.7).
    wire.text("EXPIRE NEVER\r\n");
    // Names and passwords may be UTF-8 (RFC 6856, 2.2).
    wire.text("UTF8 USER\r\nLANG\r\n");
    let mechanisms = session.service.directory.mechanisms(&session.peer);
    if mechanisms.iter().any(|mechanism| mechanism.shows_password()) {
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
    if session.is_before_login() && session.stls() == Stls::Offered {
        session.wire.text("STLS\r\n");
    }
    // Strangers are not told what they are talking to (RFC 2449, 6.9: "optionally TRANSACTION only").
    if !session.is_before_login() {
        session.wire.text("IMPLEMENTATION correio\r\n");
    }
    session.wire.text(".\r\n");
    Ok(Next::Go)
}
