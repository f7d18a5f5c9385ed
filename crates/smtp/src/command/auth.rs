//! AUTH: who submits (RFC 4954).

use super::{Command, CommandFault};
use crate::limits::{AUTH_LINE_OCTETS_MAX, LOGIN_FAILURES_MAX};
use crate::server::{Gone, Next, Session, wording};
use crate::wire::Heard;
use crate::{Flavour, Reply, Syntax};
use sasl::{Denied, Exchange, Failure, Login, Mechanism, Security, Turn};
use tokio::io::{AsyncRead, AsyncWrite};

/// The beginning of a login.
#[derive(Clone, PartialEq, Eq)]
pub struct Auth {
    /// The mechanism's name, as the client wrote it.
    pub mechanism: String,
    /// The response that came along, in base64; `=` is an empty one.
    pub initial: Option<String>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The response may be the password.
        f.debug_struct("Auth").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}

pub(super) fn parse(argument: &str, _: Flavour) -> Result<Command, CommandFault> {
    let mut words = argument.trim_end_matches(' ').split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some(mechanism), initial, None) if !mechanism.is_empty() => Ok(Command::Auth(Auth {
            mechanism: mechanism.to_owned(),
            initial: initial.map(str::to_owned),
        })),
        _ => Err(Syntax("AUTH, a mechanism, and perhaps a response").into()),
    }
}

impl Auth {
    pub(super) fn print(&self) -> String {
        match &self.initial {
            Some(initial) => format!("AUTH {} {initial}", self.mechanism),
            None => format!("AUTH {}", self.mechanism),
        }
    }
}

enum Outcome {
    LoggedIn(Login),
    Failed(Failure),
    Closed(Next),
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    /// Runs AUTH to its end, with all challenges and responses.
    pub(crate) async fn auth(&mut self, auth: Auth) -> Result<Next, Gone> {
        let mechanism = match self.may_log_in(&auth) {
            Ok(mechanism) => mechanism,
            Err(refusal) => return self.answer_error(refusal).await,
        };
        let outcome = match auth.initial.map(|word| sasl::initial_response(word.as_bytes())) {
            None => self.exchange(mechanism, None).await?,
            Some(Ok(message)) => self.exchange(mechanism, Some(message)).await?,
            Some(Err(syntax)) => Outcome::Failed(Failure::Syntax(syntax)),
        };
        match outcome {
            Outcome::Closed(next) => Ok(next),
            Outcome::LoggedIn(login) => {
                self.login = Some(Box::new(login));
                self.answer(Reply::new(235, 7, 0, "Authentication successful")).await
            }
            Outcome::Failed(failure) => {
                let reply = refusal(failure);
                self.login_failures = self.login_failures.saturating_add(1);
                if self.login_failures < LOGIN_FAILURES_MAX {
                    return self.answer(reply).await;
                }
                self.answer(reply).await?;
                self.close(Reply::new(
                    421,
                    7,
                    0,
                    "Too many failed authentication attempts, closing connection",
                ))
                .await
            }
        }
    }

    /// Sends challenges and takes responses until it is decided.
    async fn exchange(
        &mut self,
        mechanism: Mechanism,
        initial: Option<Vec<u8>>,
    ) -> Result<Outcome, Gone> {
        let service = self.service.clone();
        let peer = self.peer.clone();
        let mut exchange =
            Exchange::new(mechanism, &*service.directory, &peer, service.flavour.door());
        let mut turn = exchange.begin(initial).await;
        loop {
            match turn {
                Turn::Done(login) => return Ok(Outcome::LoggedIn(login)),
                Turn::Failed(failure) => return Ok(Outcome::Failed(failure)),
                Turn::Challenge(challenge) => {
                    self.answer(Reply::plain(334, sasl::encode(&challenge))).await?;
                    turn = match self.hear(AUTH_LINE_OCTETS_MAX).await? {
                        Heard::Line(line) => exchange.take(line.strip()).await,
                        Heard::TooLong => Turn::Failed(Failure::Syntax(sasl::Syntax(
                            "a response of at most 12,288 octets",
                        ))),
                        Heard::Ended(ending) => {
                            return self.unheard(ending).await.map(Outcome::Closed);
                        }
                    };
                }
            }
        }
    }
}

impl<S> Session<S> {
    /// The mechanisms that may be used on this connection.
    pub(crate) fn mechanisms(&self) -> Vec<Mechanism> {
        if self.peer.security == Security::Clear {
            return Vec::new();
        }
        self.service.directory.mechanisms(&self.peer)
    }

    fn may_log_in(&self, auth: &Auth) -> Result<Mechanism, Reply> {
        if self.service.flavour != Flavour::Submission {
            return Err(Reply::new(
                503,
                5,
                1,
                "Authentication not enabled; use the submission port",
            ));
        }
        if self.hello.is_none() {
            return Err(wording::hello_first());
        }
        if self.login.is_some() {
            return Err(Reply::new(503, 5, 1, "Already authenticated"));
        }
        if self.transaction.is_some() {
            return Err(Reply::new(503, 5, 1, "AUTH not permitted during a mail transaction"));
        }
        if self.peer.security == Security::Clear {
            return Err(Reply::new(538, 7, 11, "Encryption required for authentication"));
        }
        Mechanism::from_name(auth.mechanism.as_bytes())
            .filter(|mechanism| self.mechanisms().contains(mechanism))
            .ok_or_else(|| Reply::new(504, 5, 4, "Unrecognized authentication type"))
    }
}

/// Words a failure (RFC 4954, 4 and 6).
fn refusal(failure: Failure) -> Reply {
    match failure {
        Failure::Cancelled => Reply::new(501, 7, 0, "Authentication cancelled"),
        Failure::Syntax(syntax) => Reply::new(501, 5, 2, format!("Syntax error: {syntax}")),
        Failure::Denied(denied) => {
            let (code, subject, detail) = match denied {
                Denied::Wrong => (535, 7, 8),
                Denied::Unavailable | Denied::TooMany { .. } => (454, 7, 0),
                Denied::Disabled => (535, 7, 13),
                Denied::NotForThisDoor => (535, 7, 8),
            };
            Reply::new(code, subject, detail, capital(&denied.to_string()))
        }
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
