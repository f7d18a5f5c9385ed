//! IMAP for tests, by hand: commands as text, answers as text with their literals apart.

use std::io::{Error, Result};
use std::time::Duration;

use crate::lines::Lines;

/// A session.
pub struct Imap {
    lines: Lines,
    tag: u32,
}

/// One line of an answer, with `{}` where a literal stood.
#[derive(Clone, Debug)]
pub struct Response {
    /// The line.
    pub text: String,
    /// The literals, in order.
    pub literals: Vec<Vec<u8>>,
}

/// What came back for a command.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `OK`, `NO` or `BAD` with the rest of the line.
    pub status: String,
    /// The untagged lines before it.
    pub untagged: Vec<Response>,
}

impl Imap {
    /// Connects and logs in.
    pub fn login(port: u16, name: &str, password: &str) -> Result<Imap> {
        let mut imap = Imap { lines: Lines::connect(port)?, tag: 0 };
        imap.lines.text()?;
        imap.ok(&format!("LOGIN \"{name}\" \"{password}\""))?;
        Ok(imap)
    }

    /// Waits so long for answers, instead of half a minute.
    pub fn patient(self, up_to: Duration) -> Imap {
        self.lines.stream().set_read_timeout(Some(up_to)).unwrap();
        self
    }

    /// Sends a command and reads its answer.
    pub fn command(&mut self, text: &str) -> Result<Answer> {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        self.lines.send(format!("{tag} {text}\r\n").as_bytes())?;
        self.answer(&tag)
    }

    /// Sends a command that must succeed.
    pub fn ok(&mut self, text: &str) -> Result<Answer> {
        let answer = self.command(text)?;
        if answer.is_ok() {
            Ok(answer)
        } else {
            Err(Error::other(format!("{text}: {}", answer.status)))
        }
    }

    /// Appends a message.
    pub fn append(&mut self, mailbox: &str, flags: &str, message: &[u8]) -> Result<Answer> {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        let octets = message.len();
        self.lines
            .send(format!("{tag} APPEND \"{mailbox}\" ({flags}) {{{octets}}}\r\n").as_bytes())?;
        let line = self.lines.text()?;
        if !line.starts_with('+') {
            let status = line.strip_prefix(&format!("{tag} ")).unwrap_or(&line).to_owned();
            return Ok(Answer { status, untagged: Vec::new() });
        }
        self.lines.send(message)?;
        self.lines.send(b"\r\n")?;
        self.answer(&tag)
    }

    fn answer(&mut self, tag: &str) -> Result<Answer> {
        let mut untagged = Vec::new();
        loop {
            let response = self.response()?;
            if let Some(status) = response.text.strip_prefix(&format!("{tag} ")) {
                return Ok(Answer { status: status.to_owned(), untagged });
            }
            untagged.push(response);
        }
    }

    fn response(&mut self) -> Result<Response> {
        let mut response = Response { text: String::new(), literals: Vec::new() };
        loop {
            let line = self.lines.text()?;
            let count = line.strip_suffix('}').and_then(|l| l.rsplit_once('{'));
            match count.and_then(|(before, count)| Some((before, count.parse().ok()?))) {
                Some((before, count)) => {
                    response.text.push_str(before);
                    response.text.push_str("{}");
                    response.literals.push(self.lines.octets(count)?);
                }
                None => {
                    response.text.push_str(&line);
                    return Ok(response);
                }
            }
        }
    }
}

impl Answer {
    /// Whether the command succeeded.
    pub fn is_ok(&self) -> bool {
        self.status.starts_with("OK")
    }

    /// The words of a response code, such as `APPENDUID`, wherever it stands in the answer.
    pub fn code(&self, name: &str) -> Option<Vec<String>> {
        let texts = self.untagged.iter().map(|r| r.text.as_str()).chain([self.status.as_str()]);
        texts.filter_map(|text| code(text, name)).next()
    }
}

impl Response {
    /// The number behind a word, such as `UID`.
    pub fn number(&self, word: &str) -> Option<u64> {
        let at = self.text.find(&format!("{word} "))?;
        let rest = &self.text[at + word.len() + 1..];
        let digits: String =
            rest.chars().skip_while(|c| *c == '(').take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    }

    /// The flags of a FETCH.
    pub fn flags(&self) -> Vec<String> {
        let Some((_, rest)) = self.text.split_once("FLAGS (") else { return Vec::new() };
        let inside = rest.split(')').next().unwrap_or_default();
        inside.split_whitespace().map(str::to_owned).collect()
    }
}

fn code(text: &str, name: &str) -> Option<Vec<String>> {
    let (_, rest) = text.split_once(&format!("[{name}"))?;
    let inside = rest.split(']').next()?;
    Some(inside.split_whitespace().map(str::to_owned).collect())
}

/// Reads `1,3:5` into numbers.
pub fn numbers(set: &str) -> Vec<u32> {
    let range = |part: &str| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
        first.min(last)..=first.max(last)
    };
    set.split(',').filter(|part| !part.is_empty()).flat_map(range).collect()
}
