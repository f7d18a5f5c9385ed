//! The loop of a session: hears a line, does what it says, answers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sasl::{Login, Peer, Security};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Intake, Phase, Service, Start, wording};
use crate::command::{Hello, bdat, simple};
use crate::delivery::Envelope;
use crate::limits::{
    AUTH_COMMAND_OCTETS_MAX, COMMAND_OCTETS_MAX, COMMAND_TIMEOUT_S, JUNK_COMMANDS_MAX,
    LOGIN_TIMEOUT_S, REPLIES_OCTETS_MAX,
};
use crate::wire::{Ending, Heard, Line, Wire};
use crate::{Command, CommandFault, Flavour, LineEnds, Reply};

/// One connection. Commands run in their order; the state that only some have is boxed, so that an idle session is
/// small.
pub(crate) struct Session<S> {
    pub(crate) wire: Wire<S>,
    pub(crate) service: Arc<Service>,
    pub(crate) peer: Peer,
    pub(crate) hello: Option<Box<Hello>>,
    pub(crate) login: Option<Box<Login>>,
    pub(crate) transaction: Option<Box<Transaction>>,
    pub(crate) login_failures: u32,
    pub(crate) unknown_recipients: u32,
    junk: u32,
    pub(crate) phase: watch::Receiver<Phase>,
    /// When it was first noticed, within a message, that the host ends.
    pub(crate) stopping_since: Option<Instant>,
    began: Instant,
}

/// A message between MAIL and its end.
pub(crate) struct Transaction {
    pub(crate) envelope: Envelope,
    /// What its recipients take in memory.
    pub(crate) recipients_octets: usize,
    pub(crate) chunks: Chunks,
}

/// How far a message in chunks is (BDAT).
pub(crate) enum Chunks {
    /// None came.
    None,
    /// Some came.
    Some(Box<Intake>),
    /// One was refused: the others are thrown away until RSET (RFC 3030, 2).
    Refused,
}

/// What follows a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The next command.
    Go,
    /// The end.
    Close,
    /// TLS.
    StartTls,
}

/// The peer vanished, or does not read.
#[derive(Debug)]
pub(crate) struct Gone(pub(crate) io::Error);

impl From<io::Error> for Gone {
    fn from(error: io::Error) -> Gone {
        Gone(error)
    }
}

impl Transaction {
    pub(crate) fn new(envelope: Envelope) -> Transaction {
        Transaction { envelope, recipients_octets: 0, chunks: Chunks::None }
    }

    pub(crate) fn has_chunks(&self) -> bool {
        !matches!(self.chunks, Chunks::None)
    }
}

impl<S> Session<S> {
    pub(crate) fn new(stream: S, peer: Peer, service: Arc<Service>) -> Session<S> {
        let phase = service.phase.clone();
        Session {
            wire: Wire::new(stream),
            service,
            peer,
            hello: None,
            login: None,
            transaction: None,
            login_failures: 0,
            unknown_recipients: 0,
            junk: 0,
            phase,
            stopping_since: None,
            began: Instant::now(),
        }
    }

    /// Gives the stream back; nothing if the client sent more than it was asked for.
    pub(crate) fn into_stream(self) -> Option<S> {
        self.wire.into_stream()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(crate) async fn run(&mut self, start: Start) -> Result<Next, Gone> {
        if start == Start::Greeting {
            if self.service.flavour == Flavour::Smtp
                && self.peer.security == Security::Clear
                && self.wire.has_early_talk().await?
            {
                return self
                    .close(Reply::new(
                        554,
                        5,
                        1,
                        "Protocol error: command received before the greeting",
                    ))
                    .await;
            }
            let word = if self.service.flavour == Flavour::Lmtp { "LMTP" } else { "ESMTP" };
            self.answer(Reply::plain(220, format!("{} {word} correio", self.service.hostname)))
                .await?;
        }
        loop {
            let next = match self.hear(self.command_octets_max()).await? {
                Heard::Line(line) if line.fits_a_command() => self.obey(line).await?,
                Heard::Line(_) | Heard::TooLong => {
                    self.answer_error(Reply::new(
                        500,
                        5,
                        2,
                        "Command too long (limit: 4,096 octets)",
                    ))
                    .await?
                }
                Heard::Ended(ending) => self.unheard(ending).await?,
            };
            if next != Next::Go {
                return Ok(next);
            }
        }
    }

    /// Hears the next line. What is written waits until there is nothing left to do.
    pub(crate) async fn hear(&mut self, octets_max: usize) -> Result<Heard, Gone> {
        if !self.wire.holds_line() {
            self.wire.flush().await?;
        }
        let deadline = self.command_deadline();
        tokio::select! {
            biased;
            heard = self.wire.line(octets_max, deadline) => Ok(heard?),
            _ = self.phase.wait_for(|phase| *phase == Phase::Stopping) => Ok(Heard::Ended(Ending::Stopping)),
        }
    }

    /// Only who may log in can send more than other commands need.
    fn command_octets_max(&self) -> usize {
        if self.service.flavour == Flavour::Submission && self.login.is_none() {
            AUTH_COMMAND_OCTETS_MAX
        } else {
            COMMAND_OCTETS_MAX
        }
    }

    fn command_deadline(&self) -> Instant {
        let usual = deadline(Instant::now(), COMMAND_TIMEOUT_S);
        if self.service.flavour == Flavour::Submission && self.login.is_none() {
            usual.min(deadline(self.began, LOGIN_TIMEOUT_S))
        } else {
            usual
        }
    }

    /// Ends a session in which no line was heard.
    pub(crate) async fn unheard(&mut self, ending: Ending) -> Result<Next, Gone> {
        match ending {
            Ending::Stopping => {
                self.close(Reply::new(421, 3, 2, "Service shutting down; try again later")).await
            }
            Ending::TimedOut => {
                self.close(Reply::new(421, 4, 2, "Timeout exceeded, closing connection")).await
            }
            Ending::Closed => Ok(Next::Close),
        }
    }

    async fn obey(&mut self, line: Line) -> Result<Next, Gone> {
        if line.is_tls_hello() {
            return Ok(Next::Close);
        }
        if self.service.flavour.line_ends() == LineEnds::Strict && !line.ends_in_crlf() {
            return self
                .answer_error(Reply::new(500, 5, 2, "Bare LF received; lines must end with CRLF"))
                .await;
        }
        match Command::parse(line.strip(), self.service.flavour) {
            Ok(command) => self.execute(command).await,
            Err(fault) => self.answer_fault(fault).await,
        }
    }

    async fn execute(&mut self, command: Command) -> Result<Next, Gone> {
        match command {
            Command::Hello(hello) => {
                let reply = self.hello(hello);
                self.answer(reply).await
            }
            // The long ones are boxed: an idle session must not have room for them in its future.
            Command::Mail(mail) => {
                let reply = Box::pin(self.mail(mail)).await;
                self.answer_counted(reply).await
            }
            Command::Rcpt(rcpt) => {
                let reply = Box::pin(self.rcpt(rcpt)).await;
                self.answer(reply).await
            }
            Command::Data => Box::pin(self.data()).await,
            Command::Bdat(bdat) => Box::pin(self.bdat(bdat)).await,
            Command::Auth(auth) => Box::pin(self.auth(auth)).await,
            Command::StartTls => match self.may_start_tls() {
                Ok(()) => {
                    self.answer(Reply::new(220, 0, 0, "Ready to start TLS")).await?;
                    self.wire.flush().await?;
                    Ok(Next::StartTls)
                }
                Err(refusal) => self.answer_error(refusal).await,
            },
            Command::Rset => {
                self.transaction = None;
                self.answer_error(simple::rset()).await
            }
            Command::Noop => self.answer_error(simple::noop()).await,
            Command::Vrfy => self.answer_error(simple::vrfy()).await,
            Command::Expn => self.answer_error(simple::expn()).await,
            Command::Help => self.answer_error(simple::help()).await,
            Command::Quit => self.close(simple::quit()).await,
        }
    }

    async fn answer_fault(&mut self, fault: CommandFault) -> Result<Next, Gone> {
        let reply = match fault {
            CommandFault::Foreign => {
                return self.close(Reply::new(554, 5, 1, "Protocol error: not SMTP")).await;
            }
            CommandFault::Chunk => return self.close(bdat::unreadable()).await,
            CommandFault::Unknown => Reply::new(500, 5, 1, "Command not recognized"),
            CommandFault::NotHere => Reply::new(502, 5, 1, "Command not implemented"),
            CommandFault::Parameter => wording::parameter(),
            CommandFault::Argument(syntax) => wording::syntax(syntax),
        };
        self.answer_error(reply).await
    }

    /// Answers, and counts what was refused as leading nowhere.
    pub(crate) async fn answer_counted(&mut self, reply: Reply) -> Result<Next, Gone> {
        if reply.is_positive() { self.answer(reply).await } else { self.answer_error(reply).await }
    }

    /// Answers a command that leads nowhere. After too many of them we hang up.
    pub(crate) async fn answer_error(&mut self, reply: Reply) -> Result<Next, Gone> {
        self.junk = self.junk.saturating_add(1);
        if self.junk > JUNK_COMMANDS_MAX {
            return self.close(Reply::new(421, 7, 0, "Too many errors, closing connection")).await;
        }
        self.answer(reply).await
    }

    /// Takes note that something was achieved.
    pub(crate) fn forgive(&mut self) {
        self.junk = 0;
    }

    /// Answers; written when there is nothing left to read, or when much waits.
    pub(crate) async fn answer(&mut self, reply: Reply) -> Result<Next, Gone> {
        reply.print(self.wire.outbound());
        if self.wire.outbound().len() > REPLIES_OCTETS_MAX {
            self.wire.flush().await?;
        }
        Ok(Next::Go)
    }

    /// Answers for the last time.
    pub(crate) async fn close(&mut self, reply: Reply) -> Result<Next, Gone> {
        reply.print(self.wire.outbound());
        self.wire.flush().await?;
        self.wire.shut_down().await;
        Ok(Next::Close)
    }
}

/// A moment some seconds after another.
pub(crate) fn deadline(from: Instant, seconds: u64) -> Instant {
    from.checked_add(Duration::from_secs(seconds)).unwrap_or(from)
}
