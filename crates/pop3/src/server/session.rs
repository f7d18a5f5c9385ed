//! One session: reads commands, runs them in their order, counts what goes wrong (RFC 1939, 3).

use std::sync::Arc;

use sasl::{Failure, Login, Peer, Security};
use tokio::time::Instant;

use super::{Answer, First, Gone, Line, Maildrop, Service, Stls, Stream, Wire, Words};
use crate::command::{Command, Row, parse};
use crate::commands::{apop, auth, capa, noop, quit, rset, stat, stls, utf8};
use crate::limits::{JUNK_COMMANDS_MAX, LOGIN_FAILURES_MAX};

/// One session.
pub(crate) struct Session<S> {
    pub(crate) wire: Wire<S>,
    pub(crate) service: Arc<Service>,
    pub(crate) peer: Peer,
    pub(crate) utf8: Utf8,
    /// What the greeting had for APOP.
    pub(crate) timestamp: Option<Box<str>>,
    state: State,
    /// When a client that has not logged in is sent away.
    login_deadline: Instant,
    failures: u32,
    junk: u32,
}

enum State {
    /// Before the login, with the name that USER has just given.
    Authorization { user: Option<Vec<u8>> },
    /// After it. In a box, for it is much larger.
    Transaction(Box<Maildrop>),
}

/// Whether messages are sent with UTF-8 in their headers (RFC 6856, 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Utf8 {
    /// They are.
    On,
    /// Their headers are put into ASCII.
    Off,
}

/// What comes after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The next command.
    Go,
    /// The end.
    Close,
    /// The TLS handshake.
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

    /// Runs until the client wants TLS (`Ok`), or the connection is over.
    pub(crate) async fn run(&mut self, first: First) -> Result<(), Gone> {
        if first == First::Greeting {
            // A timestamp offers APOP, so it is only there if somebody may use it (RFC 1939, 4).
            if self.service.directory.apop_offered() {
                let (nonce, clock) =
                    (self.service.directory.nonce(), self.service.accounts.clock());
                self.timestamp = Some(apop::timestamp(&nonce, clock.now()));
            }
            // No name and no version: they would tell strangers what to try.
            let words = Words::Ready(self.timestamp.as_deref());
            self.wire.answer(&Answer::ok(words));
        }
        loop {
            let next = match self.line().await? {
                // In a box of its own, so that a session that waits for a command does not keep room for one.
                Line::Whole(mut line) => {
                    let next = Box::pin(self.take(&line)).await?;
                    // It may have been a password.
                    line.fill(0);
                    next
                }
                Line::TooLong => self.junk(Words::LineTooLong)?,
            };
            lane::quick();
            self.wire.drain().await?;
            match next {
                Next::Go => {}
                Next::Close => {
                    self.wire.flush().await?;
                    return Err(Gone::Finished);
                }
                Next::StartTls => return self.wire.flush().await,
            }
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

    async fn take(&mut self, line: &[u8]) -> Result<Next, Gone> {
        let (row, command) = match parse(line) {
            Ok(parsed) => parsed,
            Err(syntax) => {
                self.forget_user();
                return self.junk(Words::Syntax(syntax));
            }
        };
        match std::mem::replace(&mut self.state, State::Authorization { user: None }) {
            // USER counts for the command right after it (RFC 1939, 7).
            State::Authorization { user } => self.authorization(row, command, user).await,
            State::Transaction(maildrop) => self.transaction(row, command, maildrop).await,
        }
    }

    async fn authorization(
        &mut self,
        row: &Row,
        command: Command<'_>,
        user: Option<Vec<u8>>,
    ) -> Result<Next, Gone> {
        match command {
            Command::Apop(apop) => apop.run(self).await,
            Command::Auth(auth) => auth.run(self).await,
            Command::AuthList => auth::list(self).and_then(|_| self.count_junk()),
            // Asking is free, but not without end: a client needs to ask two or three times.
            Command::Capa => capa::run(self).and_then(|_| self.count_junk()),
            Command::Lang(lang) => {
                lang.run(&mut self.wire, self.service.language).and_then(|_| self.count_junk())
            }
            Command::Pass(pass) => pass.run(self, user).await,
            Command::Quit => quit::leave(&mut self.wire),
            Command::Stls => stls::run(self),
            Command::User(user) => user.run(self),
            Command::Utf8 => utf8::run(self).and_then(|_| self.count_junk()),
            Command::Dele(_)
            | Command::List(_)
            | Command::Noop
            | Command::Retr(_)
            | Command::Rset
            | Command::Stat
            | Command::Top(_)
            | Command::Uidl(_) => self.wrong_state(row),
        }
    }

    async fn transaction(
        &mut self,
        row: &Row,
        command: Command<'_>,
        mut maildrop: Box<Maildrop>,
    ) -> Result<Next, Gone> {
        let wire = &mut self.wire;
        let messages = &mut *maildrop;
        let next = match command {
            Command::Dele(dele) => dele.run(messages, wire),
            Command::Lang(lang) => lang.run(wire, self.service.language),
            Command::List(list) => list.run(messages, wire).await,
            Command::Noop => noop::run(wire),
            Command::Retr(retr) => retr.run(messages, wire).await,
            Command::Rset => rset::run(messages, wire).await,
            Command::Stat => stat::run(messages, wire).await,
            Command::Top(top) => top.run(messages, wire).await,
            Command::Uidl(uidl) => uidl.run(messages, wire).await,
            Command::Quit => return quit::update(*maildrop, wire).await,
            Command::Capa => {
                self.state = State::Transaction(maildrop);
                return capa::run(self);
            }
            Command::Apop(_)
            | Command::Auth(_)
            | Command::AuthList
            | Command::Pass(_)
            | Command::Stls
            | Command::User(_)
            | Command::Utf8 => self.wrong_state(row),
        };
        self.state = State::Transaction(maildrop);
        next
    }

    /// Ends a session whose connection is over before a QUIT.
    pub(crate) async fn abandon(&mut self) {
        let nobody = State::Authorization { user: None };
        if let State::Transaction(maildrop) = std::mem::replace(&mut self.state, nobody) {
            quit::abandon(*maildrop, self.wire.flushes()).await;
        }
    }

    /// What is known of the account, once somebody has logged in.
    pub(crate) fn maildrop(&self) -> Option<&Maildrop> {
        match &self.state {
            State::Authorization { .. } => None,
            State::Transaction(maildrop) => Some(maildrop),
        }
    }

    fn wrong_state(&mut self, row: &Row) -> Result<Next, Gone> {
        self.junk(Words::WrongState(row.name, row.states))
    }

    /// Opens the maildrop of somebody who has logged in.
    pub(crate) async fn enter(&mut self, login: Login) -> Result<Next, Gone> {
        match Maildrop::open(&self.service, &login, &self.peer, self.utf8).await {
            Ok(maildrop) => {
                let messages = maildrop.messages();
                tracing::info!(login.account, messages, "POP3 login");
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

    fn count_junk(&mut self) -> Result<Next, Gone> {
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

    fn forget_user(&mut self) {
        if let State::Authorization { user } = &mut self.state {
            *user = None;
        }
    }
}
