//! STLS: goes on under TLS (RFC 2595, 4). Nothing said before counts afterwards.

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Offer, Row, States};
use crate::server::{Answer, Gone, Next, Session, Stls, Stream, Words};

pub(crate) const ROW: Row = Row {
    name: "STLS",
    usage: "STLS",
    states: States::Authorization,
    capability: Capability::Now(stls_line),
    parse,
};

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    args.end().map(|()| Command::Stls)
}

/// "Present and permitted in the current state" (RFC 2595, 4).
fn stls_line(offer: &Offer) -> Option<String> {
    (offer.stls == Stls::Offered && !offer.is_logged_in).then(|| "STLS".to_owned())
}

pub(crate) fn run<S: Stream>(session: &mut Session<S>) -> Result<Next, Gone> {
    if session.stls() == Stls::NotOffered {
        return session.junk(Words::NoTls);
    }
    // Whatever came along with STLS was not protected; somebody in between may have put it there to have it run
    // under TLS (CVE-2011-0411).
    if session.wire.has_input() {
        return Err(Gone::Injection);
    }
    session.wire.answer(&Answer::ok(Words::BeginTls));
    Ok(Next::StartTls)
}
