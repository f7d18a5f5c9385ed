//! AUTHENTICATE: logs in with a SASL mechanism (RFC 9051, 6.2.2; RFC 4959).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sasl::{Exchange, Failure, Mechanism, Turn};

use super::login::DOOR;
use crate::Syntax;
use crate::capability::{Capability, Connection};
use crate::command::{Command, ConnectionState, Request, Row};
use crate::frame::Line;
use crate::limits::SASL_LINE_OCTETS_MAX;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::server::{Run, words};
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("AUTHENTICATE", ConnectionState::NotAuthenticated, parse)
    .brings(&[Capability::Always("SASL-IR"), Capability::Depends(mechanisms)]);

fn mechanisms(connection: &Connection) -> Vec<String> {
    if connection.is_authenticated {
        return Vec::new();
    }
    connection.mechanisms.iter().map(|mechanism| format!("AUTH={}", mechanism.name())).collect()
}

/// Logs in with a SASL mechanism.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// The mechanism, in capitals.
    pub mechanism: String,
    /// The initial response, decoded. An empty one is not none (RFC 4959, 3).
    pub initial: Option<Vec<u8>>,
}

impl fmt::Debug for Authenticate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticate").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let mechanism = args.atom("a SASL mechanism")?.to_ascii_uppercase();
    let mut initial = None;
    if args.eat(b' ') && !args.is_empty() {
        let error = args.expected("an initial response in base64, or =");
        let octets = args.run(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet));
        initial = Some(decode(octets).ok_or(error)?);
    }
    args.end()?;
    Ok(Command::new(Authenticate { mechanism, initial }))
}

/// Reads an initial response: base64, or `=` for an empty one.
fn decode(octets: &[u8]) -> Option<Vec<u8>> {
    match octets {
        b"" => None,
        b"=" => Some(Vec::new()),
        _ => STANDARD.decode(octets).ok(),
    }
}

impl Request for Authenticate {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("AUTHENTICATE ");
        out.atom(&self.mechanism);
        match self.initial.as_deref() {
            None => {}
            Some([]) => out.raw(" ="),
            Some(octets) => {
                out.space();
                out.raw(&STANDARD.encode(octets));
            }
        }
    }
}

impl Run for Authenticate {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let Some(mechanism) = Mechanism::from_name(self.mechanism.as_bytes()) else {
            return Err(Stop::No(None, "That mechanism is not offered".into()));
        };
        if !session.mechanisms().contains(&mechanism) {
            return Err(if mechanism.shows_password() && !session.takes_passwords() {
                words::privacy_required()
            } else {
                Stop::No(None, "That mechanism is not offered".into())
            });
        }
        let (directory, peer) = (&*session.service.directory, session.peer);
        let mut exchange = Exchange::new(mechanism, directory, peer, DOOR);
        let mut turn = exchange.begin(self.initial).await;
        loop {
            match turn {
                Turn::Challenge(challenge) => {
                    let out = session.channel.out();
                    out.extend_from_slice(b"+ ");
                    out.extend_from_slice(sasl::encode(&challenge).as_bytes());
                    out.extend_from_slice(b"\r\n");
                    turn = match session.line(SASL_LINE_OCTETS_MAX).await? {
                        Some(line) => exchange.take(&line).await,
                        None => Turn::Failed(Failure::Syntax(sasl::Syntax("a shorter line"))),
                    };
                }
                Turn::Done(login) => return session.logged_in(Ok(login)).await,
                Turn::Failed(failure) => return session.logged_in(Err(failure)).await,
            }
        }
    }
}

impl Session<'_> {
    /// Reads a line that is no command; none if it was too long.
    pub(super) async fn line(&mut self, octets_max: usize) -> Result<Option<Bytes>, Stop> {
        loop {
            match self.channel.framer.line(octets_max) {
                Line::Line(line) => return Ok(Some(line)),
                Line::TooLong => return Ok(None),
                Line::More => {
                    self.channel.flush().await?;
                    self.fill().await?;
                }
            }
        }
    }
}
