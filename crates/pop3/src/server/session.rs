//! What one session knows, and what a command may do with it: log somebody in, count what goes wrong, take another line.

use std::sync::Arc;

use sasl::{Failure, Login, Peer, Security};
use tokio::time::Instant;

use super::{Answer, Gone, Line, Maildrop, Service, Stls, Stream, Wire, Words};
use crate::limits::{JUNK_COMMANDS_MAX, LOGIN_FAILURES_MAX};

pub(crate) struct Session<S> {
    pub(crate) wire: Wire<S>,
    pub(crate) service: Arc<Service>,
    pub(crate) peer: Peer,
    pub(crate) utf8: Utf8,
    /// What the greeting had for APOP.
    pub(crate) timestamp: Option<Box<str>>,
    pub(super) state: State,
    /// When a client that has not logged in is sent away.
    login_deadline: Instant,
    failures: u32,
    junk: u32,
}

/// The states of RFC 1939. UPDATE has none here: QUIT runs it to its end.
pub(super) enum State {
    /// Before the login, with the name that USER has just given.
    Authorization { user: Option<Vec<u8>> },
    /// After it. In a box, for it is much larger.
    Transaction(Box<Maildrop>),
}

/// Whether messages are sent with UTF-8 in their headers (RFC 6856, 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Utf8 {
    /// They go as they are kept.
    On,
    /// Their headers are put into ASCII.
    Off,
}

/// What comes after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Go,
    /// The end of the connection.
    Close,
    /// The TLS handshake, and then a session that knows nothing of this one.
    StartTls,
}

impl<S: Stream> Session<S> {
    pub(crate) fn new(stream: S, service: Arc<Service>, peer: Peer) -> Session<S> {
        let now = Instant::now();
        Session {
            wire: Wire::new(stream, service.login_timeout),
            login_deadline: now.checked_add(service.login_timeout).unwrap_or(now),
            service,
            peer,
            utf8: Utf8::Off,
            timestamp: None,
            state: State::Authorization { user: None },
            failures: 0,
            junk: 0,
        }
    }

    /// Takes a line, in the time that the state allows.
    pub(crate) async fn line(&mut self) -> Result<Line, Gone> {
        let deadline = match self.state {
            State::Authorization { .. } => self.login_deadline,
            State::Transaction(_) => {
                let now = Instant::now();
                now.checked_add(self.service.idle_timeout).unwrap_or(now)
            }
        };
        self.wire.line(deadline).await
    }

    /// What is known of the account, once somebody has logged in.
    pub(crate) fn maildrop(&self) -> Option<&Maildrop> {
        match &self.state {
            State::Authorization { .. } => None,
            State::Transaction(maildrop) => Some(maildrop),
        }
    }

    /// Opens the maildrop of somebody who has logged in.
    pub(crate) async fn enter(&mut self, login: Login) -> Result<Next, Gone> {
        match Maildrop::open(&self.service, &login, &self.peer, self.utf8).await {
            Ok(maildrop) => {
                let messages = maildrop.messages();
                self.wire.answer(&Answer::ok(Words::Welcome(messages)));
                self.wire.patience = self.service.idle_timeout;
                self.state = State::Transaction(Box::new(maildrop));
            }
            Err(error) => {
                self.wire.answer(&Answer::error(&error));
                return self.count_junk();
            }
        }
        Ok(Next::Go)
    }

    /// Answers a failed login, and ends the session after the third.
    pub(crate) fn failed(&mut self, failure: Failure) -> Result<Next, Gone> {
        self.wire.answer(&Answer::login_failure(&failure));
        self.failures = self.failures.saturating_add(1);
        Ok(if self.failures >= LOGIN_FAILURES_MAX { Next::Close } else { Next::Go })
    }

    /// Answers what made no sense, and ends the session when there is too much of it.
    pub(crate) fn junk(&mut self, words: Words<'_>) -> Result<Next, Gone> {
        self.wire.answer(&Answer::err(words));
        self.count_junk()
    }

    /// Counts a command that led nowhere, or was free.
    pub(super) fn count_junk(&mut self) -> Result<Next, Gone> {
        self.junk = self.junk.saturating_add(1);
        Ok(if self.junk >= JUNK_COMMANDS_MAX { Next::Close } else { Next::Go })
    }

    /// Whether STLS can be had on this connection.
    pub(crate) fn stls(&self) -> Stls {
        if self.peer.security == Security::Tls { Stls::NotOffered } else { self.service.stls }
    }

    /// Keeps the name for the command that follows.
    pub(crate) fn remember_user(&mut self, name: &[u8]) {
        self.state = State::Authorization { user: Some(name.to_owned()) };
    }

    /// Drops the name: USER counts for the next command alone.
    pub(super) fn forget_user(&mut self) {
        if let State::Authorization { user } = &mut self.state {
            *user = None;
        }
    }
}
