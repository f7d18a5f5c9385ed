//! A session with the server: sends what it is told, right or wrong, reads answers, and remembers the dialogue.
//!
//! A session and its [`Target`] know each other: the target connects and logs in, and the session tells it what it
//! observes. The checks only ever have both.

use std::time::Duration;

use super::answer::{Answer, Many, shortened};
use super::rule::{Miss, Outcome};
use super::target::Target;
use super::wire::{End, Trouble, Wire};

/// How many lines of the dialogue a fault shows.
const SHOWN_LINES_MAX: usize = 12;
/// How many lines an answer may have.
const ANSWER_LINES_MAX: usize = 4_000_000;

/// A session.
pub(crate) struct Session<'a> {
    pub(crate) target: &'a Target,
    pub(crate) greeting: Answer,
    wire: Wire,
    log: Vec<String>,
    patience: Duration,
}

impl<'a> Session<'a> {
    /// Takes a connection over, and reads the greeting.
    pub(crate) fn new(target: &'a Target, wire: Wire) -> Result<Session<'a>, Miss> {
        let greeting = Answer { raw: Vec::new() };
        let patience = target.options.patience;
        let mut session = Session { target, greeting, wire, log: Vec::new(), patience };
        session.greeting = session.read("the greeting")?;
        Ok(session)
    }

    /// Sends octets as they are.
    pub(crate) fn send(&mut self, octets: &[u8]) -> Outcome {
        let shown = String::from_utf8_lossy(octets).into_owned();
        self.send_as(octets, shown.strip_suffix("\r\n").unwrap_or(&shown))
    }

    /// Sends octets, and shows something else in their place (passwords).
    pub(crate) fn send_as(&mut self, octets: &[u8], shown: &str) -> Outcome {
        self.note("C", shown);
        self.wire.send(octets).map_err(|why| self.lost(&why, "the server takes commands"))
    }

    /// Reads one line of answer.
    pub(crate) fn read(&mut self, to: &str) -> Result<Answer, Miss> {
        self.try_read().map_err(|why| self.lost(&why, &format!("an answer to {to}")))
    }

    /// Reads one line of answer; silence and a closed connection are for the caller to judge.
    pub(crate) fn try_read(&mut self) -> Result<Answer, Trouble> {
        let raw = self.wire.line(self.patience)?;
        let answer = Answer { raw };
        self.note("S", &answer.line());
        self.target.observed.borrow_mut().first_line(&answer);
        Ok(answer)
    }

    /// Sends a command and reads the first line of its answer.
    pub(crate) fn ask(&mut self, command: &str) -> Result<Answer, Miss> {
        self.send(format!("{command}\r\n").as_bytes())?;
        self.read(command)
    }

    /// Sends a command that must be answered with `+OK`.
    pub(crate) fn ok(&mut self, command: &str) -> Result<Answer, Miss> {
        let answer = self.ask(command)?;
        if answer.is_ok() { Ok(answer) } else { Err(self.fault(format!("+OK to {command}"))) }
    }

    /// Sends a command that must be answered with `-ERR`.
    pub(crate) fn refused(&mut self, command: &str) -> Result<Answer, Miss> {
        let answer = self.ask(command)?;
        if answer.is_err() {
            return Ok(answer);
        }
        Err(self.fault(format!("-ERR to {}", shortened(command))))
    }

    /// Sends a command that must be answered with `-ERR`, or by closing the connection.
    pub(crate) fn refused_or_closed(&mut self, octets: &[u8], shown: &str) -> Result<Left, Miss> {
        if self.send_as(octets, shown).is_err() {
            return Ok(Left::Closed);
        }
        match self.try_read() {
            Ok(answer) if answer.is_err() => Ok(Left::Open),
            Ok(_) => Err(self.fault(format!("-ERR to {shown}"))),
            Err(Trouble::Closed(_)) => {
                self.note("S", "(closes the connection)");
                Ok(Left::Closed)
            }
            Err(why @ (Trouble::Silent(_) | Trouble::Broken(_))) => {
                Err(self.lost(&why, &format!("-ERR to {shown}")))
            }
        }
    }

    /// Sends a command that must be answered with `+OK` and lines.
    pub(crate) fn many(&mut self, command: &str) -> Result<Many, Miss> {
        self.ok(command)?;
        self.rest(command)
    }

    /// Reads the lines behind a first line.
    pub(crate) fn rest(&mut self, command: &str) -> Result<Many, Miss> {
        let mut raw = Vec::new();
        loop {
            let line = self.wire.line(self.patience).map_err(|why| {
                self.lost(&why, &format!("the answer to {command}, up to its line with a dot"))
            })?;
            self.target.observed.borrow_mut().further_line(command, &line);
            if line == b".\r\n" || line == b".\n" {
                break;
            }
            if raw.len() < 4 {
                self.note("S", String::from_utf8_lossy(&line).trim_end());
            }
            raw.push(line);
            if raw.len() > ANSWER_LINES_MAX {
                return Err(self.fault(format!("an end of the answer to {command}")));
            }
        }
        if raw.len() > 4 {
            self.note("S", &format!("(... {} lines in all)", raw.len()));
        }
        self.note("S", ".");
        Ok(Many { raw })
    }

    /// What comes without being asked for, within a moment.
    pub(crate) fn unasked(&mut self) -> Vec<u8> {
        let octets = self.wire.whatever(self.target.options.moment);
        if !octets.is_empty() {
            self.note("S", &String::from_utf8_lossy(&octets));
        }
        octets
    }

    /// Waits for the server to close.
    pub(crate) fn end(&mut self) -> End {
        let end = self.wire.end(self.patience.min(Duration::from_secs(10)));
        let shown = match end {
            End::Proper => "(closes the connection)",
            End::WithoutAlert => "(closes TCP without a TLS close alert)",
            End::Open => "(keeps the connection open)",
        };
        self.note("S", shown);
        end
    }

    /// Says QUIT and waits until the server has closed, so that its lock is gone.
    pub(crate) fn quit(mut self) -> Outcome {
        self.ok("QUIT")?;
        self.end();
        Ok(())
    }

    /// Goes on under TLS.
    pub(crate) fn under_tls(self) -> Result<Session<'a>, Miss> {
        let Session { target, greeting, wire, mut log, patience } = self;
        match wire.under_tls(&target.options.host, &target.options.trust) {
            Ok(wire) => {
                log.push("   (TLS)".to_owned());
                Ok(Session { target, greeting, wire, log, patience })
            }
            Err(why) => {
                log.push(format!("   ({why})"));
                Err(Miss::Fault { expected: "TLS begins behind +OK".to_owned(), seen: log })
            }
        }
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.wire.is_tls()
    }

    /// The rule is broken; shows the last of the dialogue.
    pub(crate) fn fault(&self, expected: impl Into<String>) -> Miss {
        let from = self.log.len().saturating_sub(SHOWN_LINES_MAX);
        Miss::Fault { expected: expected.into(), seen: self.log[from..].to_vec() }
    }

    /// The rule is broken unless this is so.
    pub(crate) fn must(&self, so: Kept, expected: impl Into<String>) -> Outcome {
        match so {
            Kept::Yes => Ok(()),
            Kept::No => Err(self.fault(expected)),
        }
    }

    fn lost(&mut self, why: &Trouble, expected: &str) -> Miss {
        self.log.push(format!("   ({})", shortened(&why.text())));
        self.fault(expected)
    }

    /// Puts a line into the dialogue.
    pub(crate) fn note(&mut self, who: &str, line: &str) {
        let who = if who.is_empty() { "  ".to_owned() } else { format!("{who}:") };
        self.log.push(format!("{who} {}", shortened(line)));
    }
}

/// Whether a rule is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Yes,
    No,
}

impl From<bool> for Kept {
    fn from(so: bool) -> Kept {
        if so { Kept::Yes } else { Kept::No }
    }
}

/// What a refusal has left of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Open,
    Closed,
}

impl Left {
    pub(crate) fn is_open(self) -> bool {
        self == Left::Open
    }
}
