//! A session of the faulty server: its state, the loop, and what may be said before and after login.

use std::io::Result;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::stream::{Connection, Line};
use super::{Bug, Message, Shared};

/// How a connection begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    Clear,
    Tls,
}

pub(super) struct Session {
    pub(super) shared: Arc<Shared>,
    pub(super) connection: Connection,
    pub(super) timestamp: String,
    pub(super) user: Option<String>,
    pub(super) is_utf8: bool,
    /// What this session sees, once it is logged in.
    pub(super) view: Option<View>,
}

pub(super) struct View {
    pub(super) messages: Vec<Message>,
    pub(super) deleted: Vec<bool>,
    pub(super) stale_stat: Option<String>,
    pub(super) has_lock: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Go,
    End,
}

pub(super) fn serve(stream: TcpStream, shared: Arc<Shared>, begin: Begin) {
    let number = if shared.has(Bug::ApopTimestampRepeats) {
        7
    } else {
        shared.greetings.fetch_add(1, Ordering::SeqCst)
    };
    let mut session = Session {
        shared,
        connection: Connection::new(stream),
        timestamp: format!("<{number}.1@faulty.example.org>"),
        user: None,
        is_utf8: false,
        view: None,
    };
    drop(session.run(begin));
    if let Some(view) = session.view.take() {
        session.close(view, &session.shared.clone());
    }
}

impl Session {
    pub(super) fn has(&self, bug: Bug) -> bool {
        self.shared.has(bug)
    }

    pub(super) fn say(&mut self, line: &str) -> Result<Next> {
        self.connection.send(format!("{line}\r\n").as_bytes())?;
        Ok(Next::Go)
    }

    pub(super) fn ok(&mut self, text: &str) -> Result<Next> {
        self.say(format!("+OK {text}").trim_end())
    }

    pub(super) fn err(&mut self, text: &str) -> Result<Next> {
        self.say(&format!("-ERR {text}"))
    }

    fn run(&mut self, begin: Begin) -> Result<()> {
        if begin == Begin::Tls {
            self.connection.under_tls(self.shared.tls.clone())?;
        }
        let greeting = format!("faulty POP3 server {}", self.timestamp);
        self.ok(&greeting)?;
        loop {
            let next = match self.connection.line(1000)? {
                Line::End => return Ok(()),
                Line::TooLong if self.has(Bug::TooLongSplit) => {
                    self.err("too long")?;
                    self.err("and what is this?")?
                }
                Line::TooLong => self.err("too long")?,
                Line::Whole(line) => self.command(&line)?,
            };
            if next == Next::End {
                if !self.has(Bug::NoCloseAlert) {
                    self.connection.say_goodbye();
                }
                return Ok(());
            }
        }
    }

    fn command(&mut self, line: &[u8]) -> Result<Next> {
        if line.is_empty() && self.has(Bug::EmptyLineAccepted) {
            return self.ok("");
        }
        let mut line = String::from_utf8_lossy(line).into_owned();
        if self.has(Bug::NulCuts) {
            line.truncate(line.find('\0').unwrap_or(line.len()));
        }
        if self.has(Bug::BareLfLosesOne) {
            line.truncate(line.find('\n').unwrap_or(line.len()));
        }
        let (keyword, rest) = match line.split_once(' ') {
            Some((keyword, rest)) => (keyword.to_owned(), Some(rest.to_owned())),
            None => (line.clone(), None),
        };
        let mut keyword = if self.has(Bug::CaseSensitive) && self.view.is_some() {
            keyword
        } else {
            keyword.to_ascii_uppercase()
        };
        if self.has(Bug::PrefixMatch) && keyword == "ST" {
            keyword = "STAT".to_owned();
        }
        match (keyword.as_str(), self.view.is_some()) {
            ("CAPA", _) => self.capa(),
            ("LANG", inside) => self.lang(rest.as_deref(), inside),
            ("QUIT", inside) => self.quit(inside),
            (_, false) => self.before_login(&keyword, rest.as_deref()),
            (_, true) => self.transaction(&keyword, rest.as_deref()),
        }
    }

    fn capa(&mut self) -> Result<Next> {
        let inside = self.view.is_some();
        let mut lines = vec!["UIDL", "PIPELINING", "AUTH-RESP-CODE", "LANG"];
        let tell = |bug: Bug| self.shared.has(bug);
        if !tell(Bug::UserUntold) {
            lines.push("USER");
        }
        let forgotten = inside && tell(Bug::CapaForgetsTopAfterLogin);
        if !forgotten && !tell(Bug::TopUntold) {
            lines.push(if tell(Bug::TopWithParameter) { "TOP lines" } else { "TOP" });
        }
        if !(inside && tell(Bug::SaslGoneAfterLogin)) {
            lines.push("SASL PLAIN");
        }
        if !tell(Bug::CodesUnannounced) {
            lines.push("RESP-CODES");
        }
        lines.push(if tell(Bug::Utf8Parameter) { "UTF8 USER NAME" } else { "UTF8 USER" });
        let double = tell(Bug::CapaDoubleSpace);
        lines.push(
            match (inside, tell(Bug::ExpireLargerBeforeLogin), tell(Bug::ExpireUserAfterLogin)) {
                (false, true, _) => "EXPIRE 30 USER",
                (true, true, _) => "EXPIRE 5",
                (_, _, true) => "EXPIRE NEVER USER",
                _ if double => "EXPIRE  NEVER",
                _ => "EXPIRE NEVER",
            },
        );
        if tell(Bug::DelayUnenforced) {
            lines.push("LOGIN-DELAY 10");
        }
        lines.push(if tell(Bug::ImplementationEmpty) {
            "IMPLEMENTATION"
        } else {
            "IMPLEMENTATION Faulty-1"
        });
        if tell(Bug::CapaTwice) {
            lines.push("PIPELINING");
        }
        let tls = self.connection.is_tls();
        let under = tls && !inside && tell(Bug::StlsListedUnderTls);
        let before = !inside && !tls && !tell(Bug::StlsUntold);
        if before || under || (inside && tell(Bug::StlsListedAfterLogin)) {
            lines.push("STLS");
        }
        let text = lines.join("\r\n");
        self.say(&format!("+OK capabilities\r\n{text}\r\n."))
    }

    fn lang(&mut self, argument: Option<&str>, inside: bool) -> Result<Next> {
        if inside && self.has(Bug::LangNotAfterLogin) {
            return self.err("not now");
        }
        match argument {
            None => self.say("+OK languages\r\nen English\r\npt Portugu\u{ea}s\r\n."),
            Some(tag @ ("en" | "pt")) if self.has(Bug::LangWithoutTag) => {
                let text = format!("language {tag}");
                self.ok(&text)
            }
            Some("en" | "*") => self.ok("en Language changed"),
            Some("pt") => self.ok("pt L\u{ed}ngua mudada"),
            Some(tag) if self.has(Bug::LangAnything) => {
                let text = format!("{tag} Language changed");
                self.ok(&text)
            }
            Some(_) => self.err("no such language"),
        }
    }

    fn quit(&mut self, inside: bool) -> Result<Next> {
        if inside && let Some(mut view) = self.view.take() {
            let mut maildrop = self.shared.maildrop();
            if !self.has(Bug::QuitRemovesNothing) {
                let gone: Vec<u64> = view.marked().map(|message| message.uid).collect();
                maildrop.messages.retain(|message| !gone.contains(&message.uid));
            }
            drop(maildrop);
            view.deleted.clear();
            if self.has(Bug::LockLingers) {
                let shared = self.shared.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(std::time::Duration::from_millis(150));
                    shared.maildrop().is_locked = false;
                });
            } else {
                self.shared.maildrop().is_locked = false;
            }
        }
        self.ok("goodbye")?;
        Ok(Next::End)
    }

    /// The client has gone without QUIT.
    fn close(&self, view: View, shared: &Shared) {
        let mut maildrop = shared.maildrop();
        if self.has(Bug::CutRemoves) {
            let gone: Vec<u64> = view.marked().map(|message| message.uid).collect();
            maildrop.messages.retain(|message| !gone.contains(&message.uid));
        }
        maildrop.cuts += 1;
        if view.has_lock {
            maildrop.is_locked = false;
        }
    }
}

impl View {
    fn marked(&self) -> impl Iterator<Item = &Message> {
        self.messages
            .iter()
            .zip(&self.deleted)
            .filter(|(_, gone)| **gone)
            .map(|(message, _)| message)
    }
}
