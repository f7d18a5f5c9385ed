//! AUTH: logs in with a SASL mechanism (RFC 5034, 4).

use sasl::{Exchange, Failure, Mechanism, Turn};

use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Offer, Row, States};
use crate::server::{Answer, Gone, Line, Next, Session, Stream, Words};

pub(crate) const ROW: Row = Row {
    name: "AUTH",
    usage: "AUTH [mechanism [initial-response]]",
    states: States::Authorization,
    capability: Capability::Now(sasl_line),
    parse,
};

/// The arguments of AUTH.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Auth<'a> {
    /// The name of the mechanism.
    pub mechanism: &'a [u8],
    /// What the client says first, in base64; `=` is an empty message.
    pub initial: Option<&'a [u8]>,
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let Some(mechanism) = args.optional() else { return args.end().map(|()| Command::AuthList) };
    let initial = args.optional();
    args.end().map(|()| Command::Auth(Auth { mechanism, initial }))
}

/// `SASL` with the mechanisms (RFC 5034, 3).
fn sasl_line(offer: &Offer) -> Option<String> {
    let names: Vec<&str> = offer.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
    (!names.is_empty()).then(|| format!("SASL {}", names.join(" ")))
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
                Some(known) if known.shows_password() => Words::NeedsTls,
                Some(_) | None => Words::NoSuchMechanism,
            });
        };
        // RFC 5034, 4: no initial response where the server speaks first.
        if mechanism == Mechanism::Login && self.initial.is_some() {
            return session.junk(Words::NoInitialResponse);
        }
        let initial = match self.initial.map(sasl::initial_response).transpose() {
            Ok(initial) => initial,
            Err(syntax) => return session.junk(Words::Failure(&Failure::Syntax(syntax))),
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
                            return session.junk(Words::ResponseTooLong);
                        }
                    };
                }
                Turn::Done(login) => return session.enter(login).await,
                Turn::Failed(Failure::Cancelled) => {
                    return session.junk(Words::Cancelled);
                }
                Turn::Failed(failure) => return session.failed(failure),
            }
        }
    }
}

/// Lists the mechanisms, one a line. Outlook Express and Eudora asked this way before there was CAPA.
pub(crate) fn list<S: Stream>(session: &mut Session<S>) -> Result<Next, Gone> {
    session.wire.answer(&Answer::ok(Words::MechanismsFollow));
    for mechanism in session.service.directory.mechanisms(&session.peer) {
        session.wire.text(mechanism.name());
        session.wire.text("\r\n");
    }
    session.wire.text(".\r\n");
    Ok(Next::Go)
}
