//! The commands of Thunderbird's POP3 client: one at a time, each answer awaited.

use std::collections::BTreeMap;
use std::io::{Error, Result};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::lines::Lines;

pub(super) struct Session {
    lines: Lines,
    is_broken: bool,
}

impl Session {
    pub(super) fn connect(port: u16) -> Result<Session> {
        let mut session = Session { lines: Lines::connect(port)?, is_broken: false };
        session.answer()?;
        Ok(session)
    }

    /// CAPA, then AUTH PLAIN where it is offered, else USER and PASS.
    pub(super) fn login(&mut self, login: &str, password: &str) -> Result<()> {
        self.send("CAPA")?;
        self.answer()?;
        let capabilities = self.lines_of_listing()?;
        let mechanisms = capabilities.iter().filter_map(|line| line.strip_prefix("SASL "));
        if mechanisms.flat_map(str::split_whitespace).any(|mechanism| mechanism == "PLAIN") {
            self.send("AUTH PLAIN")?;
            let said = self.line()?;
            if !said.starts_with('+') {
                return Err(Error::other(said));
            }
            self.ask(&BASE64.encode(format!("\0{login}\0{password}")))?;
        } else {
            self.ask(&format!("USER {login}"))?;
            self.ask(&format!("PASS {password}"))?;
        }
        Ok(())
    }

    pub(super) fn stat(&mut self) -> Result<u64> {
        let said = self.ask("STAT")?;
        Ok(said.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default())
    }

    pub(super) fn list(&mut self) -> Result<BTreeMap<String, u64>> {
        let pairs = self.pairs("LIST")?;
        Ok(pairs.into_iter().map(|(n, size)| (n, size.parse().unwrap_or_default())).collect())
    }

    pub(super) fn uidl(&mut self) -> Result<Vec<(String, String)>> {
        self.pairs("UIDL")
    }

    pub(super) fn ask(&mut self, command: &str) -> Result<String> {
        self.send(command)?;
        self.answer()
    }

    pub(super) fn content(&mut self, command: &str) -> Result<Vec<u8>> {
        self.ask(command)?;
        let content = self.lines.dotted();
        self.is_broken |= content.is_err();
        content
    }

    /// Says QUIT if there is still somebody to hear it.
    pub(super) fn quit(&mut self) -> Result<()> {
        if self.is_broken {
            return Err(Error::other("the connection was broken"));
        }
        self.ask("QUIT").map(drop)
    }

    fn pairs(&mut self, command: &str) -> Result<Vec<(String, String)>> {
        self.ask(command)?;
        let pair = |line: String| {
            let (number, text) = line.split_once(' ').unwrap_or((&line, ""));
            (number.to_owned(), text.trim().to_owned())
        };
        Ok(self.lines_of_listing()?.into_iter().map(pair).collect())
    }

    fn lines_of_listing(&mut self) -> Result<Vec<String>> {
        let content = self.lines.dotted();
        self.is_broken |= content.is_err();
        Ok(String::from_utf8_lossy(&content?).lines().map(str::to_owned).collect())
    }

    fn send(&mut self, command: &str) -> Result<()> {
        let sent = self.lines.send(format!("{command}\r\n").as_bytes());
        self.is_broken |= sent.is_err();
        sent
    }

    fn line(&mut self) -> Result<String> {
        let line = self.lines.text();
        self.is_broken |= line.is_err();
        line
    }

    fn answer(&mut self) -> Result<String> {
        let line = self.line()?;
        match line.strip_prefix("+OK") {
            Some(text) => Ok(text.trim().to_owned()),
            None => Err(Error::other(line)),
        }
    }
}
