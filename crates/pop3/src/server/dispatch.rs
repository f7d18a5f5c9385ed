//! Reads commands and runs them in their order, each in the states in which it is valid (RFC 1939, 3).
//!
//! Nothing below looks up to here: a command knows the session, and the session knows no command.

use super::session::State;
use super::{Answer, First, Gone, Line, Maildrop, Next, Session, Stream, Words};
use crate::command::{Command, Row, parse};
use crate::commands::{apop, auth, capa, noop, quit, rset, stat, stls, utf8};

impl<S: Stream> Session<S> {
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

    fn wrong_state(&mut self, row: &Row) -> Result<Next, Gone> {
        self.junk(Words::WrongState(row.name, row.states))
    }
}
