//! LMTP for tests (RFC 2033): delivers and tells what was answered for each recipient.

use std::io::{Error, Result};

use crate::lines::{Lines, stuffed};

/// A connection to an LMTP server.
pub struct Lmtp {
    lines: Lines,
}

impl Lmtp {
    /// Connects and says LHLO.
    pub fn connect(port: u16) -> Result<Lmtp> {
        let mut lmtp = Lmtp { lines: Lines::connect(port)? };
        lmtp.wants("220", None)?;
        lmtp.wants("250", Some("LHLO tests.example.net"))?;
        Ok(lmtp)
    }

    /// Delivers a message; gives the answer for each recipient.
    pub fn deliver(&mut self, to: &[String], message: &[u8]) -> Result<Vec<String>> {
        self.wants("250", Some("MAIL FROM:<sender@example.net>"))?;
        let mut answers = Vec::new();
        for address in to {
            answers.push(self.ask(&format!("RCPT TO:<{address}>"))?);
        }
        if answers.iter().all(|answer| !answer.starts_with('2')) {
            self.ask("RSET")?;
            return Ok(answers);
        }
        self.wants("354", Some("DATA"))?;
        self.lines.send(&stuffed(message))?;
        for answer in answers.iter_mut().filter(|answer| answer.starts_with('2')) {
            *answer = reply(&mut self.lines)?;
        }
        Ok(answers)
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        self.lines.send(format!("{command}\r\n").as_bytes())?;
        reply(&mut self.lines)
    }

    fn wants(&mut self, code: &str, command: Option<&str>) -> Result<()> {
        let said = match command {
            Some(command) => self.ask(command)?,
            None => reply(&mut self.lines)?,
        };
        if said.starts_with(code) { Ok(()) } else { Err(Error::other(said)) }
    }
}

/// Reads a reply; of several lines the last.
fn reply(lines: &mut Lines) -> Result<String> {
    loop {
        let line = lines.text()?;
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line);
        }
    }
}
