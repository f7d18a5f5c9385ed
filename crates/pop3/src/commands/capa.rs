//! CAPA: what the server can do on this connection, now (RFC 2449, 5). What a command brings stands in its row; what belongs
//! to no command stands here. Only what works is listed.

use mailbox::{Differ, Pop3Terms};

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Offer, Row, States, capabilities};
use crate::server::{Answer, Gone, Next, Session, Stream, Words};

pub(crate) const ROW: Row =
    Row { name: "CAPA", usage: "CAPA", states: States::Both, capability: Capability::None, parse };

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
    let offer = Offer {
        mechanisms: session.service.directory.mechanisms(&session.peer),
        stls: session.stls(),
        is_logged_in: session.maildrop().is_some(),
    };
    let wire = &mut session.wire;
    wire.answer(&Answer::ok(Words::CapabilitiesFollow));
    for line in capabilities(&offer) {
        wire.text(&line);
        wire.text("\r\n");
    }
    wire.text("RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n");
    print_terms(&terms, &offer, wire.output());
    // Strangers are not told what they are talking to (RFC 2449, 6.9: "optionally TRANSACTION only").
    if offer.is_logged_in {
        wire.text("IMPLEMENTATION correio\r\n");
    }
    wire.text(".\r\n");
    Ok(Next::Go)
}

/// EXPIRE: for how many days mail stays at least, whoever leaves it there (RFC 2449, 6.7). LOGIN-DELAY: how many seconds
/// lie between two logins (RFC 2449, 6.5). Before the login both are the strictest of anybody's.
fn print_terms(terms: &Pop3Terms, offer: &Offer, out: &mut Vec<u8>) {
    // The token says that asking again after the login may tell more.
    let user = |differ: Differ| match differ {
        Differ::ByUser if !offer.is_logged_in => " USER",
        Differ::ByUser | Differ::No => "",
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
