//! AUTHENTICATE: logs in with a SASL mechanism (RFC 9051, 6.2.2; RFC 4959).

use bytes::Bytes;
use sasl::{Exchange, Failure, Mechanism, Syntax, Turn};

use super::Run;
use super::login::DOOR;
use crate::command::Authenticate;
use crate::frame::Line;
use crate::limits::SASL_LINE_OCTETS_MAX;
use crate::server::session::{Done, Session, Stop};
use crate::server::words;

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
                        None => Turn::Failed(Failure::Syntax(Syntax("a shorter line"))),
                    };
                }
                Turn::Done(login) => return session.logged_in(Ok(login)),
                Turn::Failed(failure) => return session.logged_in(Err(failure)),
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
