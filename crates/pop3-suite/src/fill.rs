//! Puts letters into the maildrop, by the door that the server has: IMAP APPEND, LMTP or SMTP.

use std::time::Duration;

use super::options::{Fill, Options, Trust};
use super::wire::Wire;

const PATIENCE: Duration = Duration::from_secs(30);

/// An open way in.
pub(crate) struct Filler {
    wire: Wire,
    way: Way,
    tag: u32,
}

enum Way {
    Imap,
    Mail { recipient: String },
}

impl Filler {
    pub(crate) fn open(options: &Options) -> Result<Filler, String> {
        let (host, port) = match &options.fill {
            Fill::None => return Err("needs --fill".to_owned()),
            Fill::Imap(host, port)
            | Fill::Imaps(host, port)
            | Fill::Lmtp(host, port)
            | Fill::Smtp(host, port) => (host, *port),
        };
        let mut wire = Wire::connect(host, port, PATIENCE)?;
        if matches!(options.fill, Fill::Imaps(..)) {
            let trust = match &options.trust {
                Trust::Anybody => Trust::Anybody,
                Trust::Public | Trust::Ca(_) => options.trust.clone(),
            };
            wire = wire.under_tls(host, &trust)?;
        }
        let recipient = options.recipient.clone().unwrap_or_else(|| options.user.clone());
        let way = match &options.fill {
            Fill::Lmtp(..) | Fill::Smtp(..) => Way::Mail { recipient },
            Fill::None | Fill::Imap(..) | Fill::Imaps(..) => Way::Imap,
        };
        let mut filler = Filler { wire, way, tag: 0 };
        filler.begin(options).map_err(|why| format!("--fill {host}:{port}: {why}"))?;
        Ok(filler)
    }

    fn begin(&mut self, options: &Options) -> Result<(), String> {
        let first = self.line()?;
        match &options.fill {
            Fill::Imap(..) | Fill::Imaps(..) => {
                if !first.starts_with("* OK") {
                    return Err(first);
                }
                let (user, password) = (quoted(&options.user), quoted(&options.password));
                self.imap(format!("LOGIN {user} {password}").as_bytes(), "LOGIN")
            }
            Fill::Lmtp(..) | Fill::Smtp(..) => {
                self.reply_to(first, "220")?;
                let hello = if matches!(options.fill, Fill::Lmtp(..)) { "LHLO" } else { "EHLO" };
                self.mail(&format!("{hello} suite.example.net"), "250")
            }
            Fill::None => Ok(()),
        }
    }

    /// Whether a letter arrives octet by octet as it was given.
    pub(crate) fn keeps_every_octet(&self) -> bool {
        matches!(self.way, Way::Imap)
    }

    /// Puts a letter in; `Err` with the server's words when it will not have it.
    pub(crate) fn put(&mut self, text: &[u8]) -> Result<(), String> {
        match &self.way {
            Way::Imap => {
                self.tag += 1;
                let command = format!("s{} APPEND INBOX {{{}}}\r\n", self.tag, text.len());
                self.send(command.as_bytes())?;
                let answer = self.line()?;
                if !answer.starts_with('+') {
                    return Err(answer);
                }
                self.send(&[text, b"\r\n"].concat())?;
                self.tagged("APPEND")
            }
            Way::Mail { recipient } => {
                let recipient = format!("RCPT TO:<{recipient}>");
                let body = if text.is_ascii() { "" } else { " BODY=8BITMIME" };
                let header =
                    text.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(text.len());
                let utf8 = if text[..header].is_ascii() { "" } else { " SMTPUTF8" };
                self.mail(&format!("MAIL FROM:<suite@example.net>{body}{utf8}"), "250")
                    .and_then(|()| self.mail(&recipient, "250"))
                    .and_then(|()| self.mail("DATA", "354"))
                    .inspect_err(|_| drop(self.mail("RSET", "250")))?;
                self.send(&stuffed(text))?;
                let first = self.line()?;
                self.reply_to(first, "250")
            }
        }
    }

    pub(crate) fn close(mut self) {
        match &self.way {
            Way::Imap => drop(self.imap(b"LOGOUT", "LOGOUT")),
            Way::Mail { .. } => drop(self.mail("QUIT", "221")),
        }
    }

    fn imap(&mut self, command: &[u8], name: &str) -> Result<(), String> {
        self.tag += 1;
        self.send(&[format!("s{} ", self.tag).as_bytes(), command, b"\r\n"].concat())?;
        self.tagged(name)
    }

    fn tagged(&mut self, name: &str) -> Result<(), String> {
        let tag = format!("s{} ", self.tag);
        loop {
            let line = self.line()?;
            if let Some(rest) = line.strip_prefix(&tag) {
                return if rest.starts_with("OK") {
                    Ok(())
                } else {
                    Err(format!("{name}: {rest}"))
                };
            }
        }
    }

    fn mail(&mut self, command: &str, code: &str) -> Result<(), String> {
        self.send(format!("{command}\r\n").as_bytes())?;
        let first = self.line()?;
        self.reply_to(first, code)
    }

    fn reply_to(&mut self, mut line: String, code: &str) -> Result<(), String> {
        while line.as_bytes().get(3) == Some(&b'-') {
            line = self.line()?;
        }
        if line.starts_with(code) { Ok(()) } else { Err(line) }
    }

    fn send(&mut self, octets: &[u8]) -> Result<(), String> {
        self.wire.send(octets).map_err(|why| why.text())
    }

    fn line(&mut self) -> Result<String, String> {
        let line = self.wire.line(PATIENCE).map_err(|why| why.text())?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Doubles the dots at the beginning of lines and adds the last line.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(b".\r\n");
    out
}
