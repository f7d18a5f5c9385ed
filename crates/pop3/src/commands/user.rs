//! USER: the name to log in with (RFC 1939, 7). Whether there is such a name is not told.

use sasl::Mechanism;

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Offer, Row, States};
use crate::server::{Answer, Gone, Next, Session, Stream, Words};

pub(crate) const ROW: Row = Row {
    name: "USER",
    usage: "USER name",
    states: States::Authorization,
    capability: Capability::Now(user_line),
    parse,
};

/// The argument of USER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct User<'a> {
    /// The login name, with an optional device part (`ana+office`).
    pub name: &'a [u8],
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let name = args.text()?.trim_ascii();
    if name.is_empty() { Err(Wrong) } else { Ok(Command::User(User { name })) }
}

/// USER and PASS are there (RFC 2449, 6.3).
fn user_line(offer: &Offer) -> Option<String> {
    is_offered(&offer.mechanisms).then(|| "USER".to_owned())
}

/// Whether passwords may be sent: the directory says so by offering PLAIN or LOGIN.
fn is_offered(mechanisms: &[Mechanism]) -> bool {
    mechanisms.iter().any(|mechanism| matches!(mechanism, Mechanism::Plain | Mechanism::Login))
}

impl User<'_> {
    pub(crate) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"USER ");
        out.extend_from_slice(self.name);
        out.extend_from_slice(b"\r\n");
    }

    pub(crate) fn run<S: Stream>(self, session: &mut Session<S>) -> Result<Next, Gone> {
        let mechanisms = session.service.directory.mechanisms(&session.peer);
        if !is_offered(&mechanisms) {
            return session.junk(Words::NeedsTls);
        }
        session.remember_user(self.name);
        session.wire.answer(&Answer::ok(Words::NowThePassword));
        Ok(Next::Go)
    }
}
