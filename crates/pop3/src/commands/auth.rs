//! AUTH: logs in with a SASL mechanism (RFC 5034, 4).

use sasl::{Exchange, Failure, Mechanism, Turn};

use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};
use crate::reply::Reply;
use crate::server::{Gone, Line, Next, Session, Stream, wording};

pub(crate) const ROW: Row = Row {
    name: "AUTH",
    usage: "AUTH mechanism [initial-response]",
    stage: Stage::Authorization,
    parse,
};

/// AUTH.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Auth<'a> {
    /// The name of the mechanism.
    pub mechanism: &'a [u8],
    /// What the client says first, in base64; `=` is an empty message.
    pub initial: Option<&'a [u8]>,
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let mechanism = args.word()?;
    let initial = args.optional();
    args.end().map(|()| Command::Auth(Auth { mechanism, initial }))
}

impl Auth<'_> {
    pub(crate) fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"AUTH ");
        out.extend_from_slice(self.mechanism);
        if let Some(initial) = self.initial {
            out.push(b' ');
            out.extend_from_slice(initial);
        }
        out.extend_from_slice(b"\r\n");
    }

    pub(crate) async fn run<S: Stream>(self, session: &mut Session<S>) -> Result<Next, Gone> {
        let offered = session.service.directory.mechanisms(&session.peer);
        let known = Mechanism::from_name(self.mechanism);
        let Some(mechanism) = known.filter(|mechanism| offered.contains(mechanism)) else {
            return session.junk(match known {
                Some(known) if known.shows_password() => wording::needs_tls(),
                Some(_) | None => Reply::err("that mechanism is not offered; see CAPA"),
            });
        };
        // RFC 5034, 4: no initial response where the server speaks first.
        if mechanism == Mechanism::Login && self.initial.is_some() {
            return session.junk(Reply::err("AUTH LOGIN takes no initial response"));
        }
        let initial = match self.initial.map(sasl::initial_response).transpose() {
            Ok(initial) => initial,
            Err(syntax) => return session.junk(Reply::err(syntax.to_string())),
        };
        let service = std::sync::Arc::clone(&session.service);
        let peer = session.peer.clone();
        let mut exchange = Exchange::new(mechanism, &*service.directory, &peer, "pop3");
        let mut turn = exchange.begin(initial).await;
        loop {
            match turn {
                Turn::Challenge(challenge) => {
                    session.wire.text("+ ");
                    session.wire.text(&sasl::encode(&challenge));
                    session.wire.text("\r\n");
                    turn = match session.line().await? {
                        Line::Whole(line) => exchange.take(&line).await,
                        Line::TooLong => {
                            return session.junk(Reply::err("that response is too long"));
                        }
                    };
                }
                Turn::Done(login) => return session.enter(login),
                Turn::Failed(Failure::Cancelled) => {
                    return session.junk(Reply::err("cancelled"));
                }
                Turn::Failed(failure) => return session.failed(failure),
            }
        }
    }
}
