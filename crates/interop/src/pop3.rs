//! POP3 for tests, by hand.

use std::io::{Error, Result};

use crate::lines::Lines;

/// A session.
pub struct Pop3 {
    lines: Lines,
}

impl Pop3 {
    /// Connects and logs in. `Err` with the server's words when it says no.
    pub fn login(port: u16, name: &str, password: &str) -> Result<Pop3> {
        let mut pop3 = Pop3 { lines: Lines::connect(port)? };
        accepted(pop3.lines.text()?)?;
        pop3.ask(&format!("USER {name}"))?;
        pop3.ask(&format!("PASS {password}"))?;
        Ok(pop3)
    }

    /// Sends a command; gives the text behind `+OK`.
    pub fn ask(&mut self, command: &str) -> Result<String> {
        self.lines.send(format!("{command}\r\n").as_bytes())?;
        accepted(self.lines.text()?)
    }

    /// Sends a command with an answer of several lines; gives them.
    pub fn listing(&mut self, command: &str) -> Result<Vec<String>> {
        let content = self.content(command)?;
        Ok(String::from_utf8_lossy(&content).lines().map(str::to_owned).collect())
    }

    /// Sends a command with an answer of several lines; gives the octets.
    pub fn content(&mut self, command: &str) -> Result<Vec<u8>> {
        self.ask(command)?;
        self.lines.dotted()
    }

    /// The numbers and texts of LIST or UIDL.
    pub fn numbered(&mut self, command: &str) -> Result<Vec<(usize, String)>> {
        let split = |line: String| {
            let (number, text) = line.split_once(' ').ok_or(Error::other("no space"))?;
            Ok((number.parse().map_err(Error::other)?, text.to_owned()))
        };
        self.listing(command)?.into_iter().map(split).collect()
    }
}

fn accepted(line: String) -> Result<String> {
    match line.strip_prefix("+OK") {
        Some(text) => Ok(text.trim().to_owned()),
        None => Err(Error::other(line)),
    }
}
