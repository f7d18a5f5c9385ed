//! Before login: USER, PASS, APOP, AUTH, STLS and UTF8 of the faulty server.

use std::io::Result;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use super::session::{Next, Session, View};
use super::stream::Line;
use super::{Bug, PASSWORD, USER};

impl Session {
    pub(super) fn before_login(&mut self, keyword: &str, argument: Option<&str>) -> Result<Next> {
        match (keyword, argument) {
            ("USER", Some(name)) if self.has(Bug::UserTellsNames) && name != USER => {
                self.err("never heard of them")
            }
            ("USER", Some(name)) => {
                self.user = Some(name.to_owned());
                self.ok("password?")
            }
            ("PASS", Some(password)) => self.pass(password),
            ("APOP", Some(both)) => self.apop(both),
            ("AUTH", Some(words)) => self.auth(words),
            ("STLS", None) if !self.connection.is_tls() => self.stls(),
            ("UTF8", None) => {
                self.is_utf8 = true;
                self.ok("UTF-8 mode")
            }
            ("NOOP", None) if self.has(Bug::NoopBeforeLogin) => self.ok(""),
            _ => self.err("not now, or not known"),
        }
    }

    fn pass(&mut self, password: &str) -> Result<Next> {
        let lenient = self.has(Bug::PassWithoutUser);
        let user = self.user.take().or(lenient.then(|| USER.to_owned()));
        match user {
            None => self.err("USER first"),
            Some(user) => {
                let right = password == PASSWORD || self.has(Bug::WrongPassword);
                let next = self.admit(user == USER && right)?;
                if self.has(Bug::PipeliningLosesInput) {
                    self.connection.held.clear();
                }
                Ok(next)
            }
        }
    }

    fn apop(&mut self, both: &str) -> Result<Next> {
        let want = crate::md5::hex(format!("{}{PASSWORD}", self.timestamp).as_bytes());
        let right = both.strip_prefix(USER).map(str::trim) == Some(&want);
        self.admit(right || self.has(Bug::ApopAnyDigest))
    }

    fn auth(&mut self, words: &str) -> Result<Next> {
        let (mechanism, initial) = match words.split_once(' ') {
            Some((mechanism, initial)) => (mechanism, Some(initial.to_owned())),
            None => (words, None),
        };
        if !mechanism.eq_ignore_ascii_case("PLAIN") {
            return self.err("no such mechanism");
        }
        let ignored = self.has(Bug::EmptyResponseIgnored) && initial.as_deref() == Some("=");
        let response = match initial.filter(|_| !ignored) {
            Some(initial) if initial == "=" => String::new(),
            Some(initial) => initial,
            None => {
                self.say(if self.has(Bug::ChallengeWithoutSpace) { "+" } else { "+ " })?;
                match self.connection.line(4000)? {
                    Line::Whole(line) => String::from_utf8_lossy(&line).into_owned(),
                    Line::TooLong => return self.err("too long"),
                    Line::End => return Ok(Next::End),
                }
            }
        };
        if response == "*" {
            return if self.has(Bug::CancelAccepted) {
                self.ok("never mind")
            } else {
                self.err("cancelled")
            };
        }
        if self.has(Bug::ShortResponses) && response.len() > 255 {
            return Ok(Next::End);
        }
        match self.decoded(&response) {
            None => self.err("no Base64"),
            Some(octets) => {
                let text = String::from_utf8_lossy(&octets).into_owned();
                let mut parts = text.split('\0');
                let acting = parts.next().unwrap_or_default();
                let allowed = acting.is_empty() || acting == USER || self.has(Bug::AnyIdentity);
                let right = parts.next() == Some(USER) && parts.next() == Some(PASSWORD);
                self.admit(right && allowed)
            }
        }
    }

    fn decoded(&self, response: &str) -> Option<Vec<u8>> {
        if self.has(Bug::LenientBase64) {
            let known = |c: &char| c.is_ascii_alphanumeric() || "+/=".contains(*c);
            return STANDARD.decode(response.chars().filter(known).collect::<String>()).ok();
        }
        if self.has(Bug::LenientPadding) && !response.starts_with('=') {
            let mut octets = Vec::new();
            let lenient = GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new());
            for part in response.split_inclusive("==") {
                octets.extend(lenient.decode(part).ok()?);
            }
            return Some(octets);
        }
        STANDARD.decode(response).ok()
    }

    fn admit(&mut self, right: bool) -> Result<Next> {
        if !right {
            return self.err(if self.has(Bug::NoAuthCode) { "no" } else { "[AUTH] no" });
        }
        let mut maildrop = self.shared.maildrop();
        if maildrop.is_locked && !self.shared.has(Bug::NoLock) {
            drop(maildrop);
            return self.err(if self.has(Bug::LockWithoutCode) { "busy" } else { "[IN-USE] busy" });
        }
        maildrop.is_locked = true;
        let messages = maildrop.messages.clone();
        drop(maildrop);
        let deleted = vec![false; messages.len()];
        self.view = Some(View { messages, deleted, stale_stat: None, has_lock: true });
        self.ok("welcome")
    }

    fn stls(&mut self) -> Result<Next> {
        self.ok("begin TLS")?;
        let held = std::mem::take(&mut self.connection.held);
        self.connection.under_tls(self.shared.tls.clone())?;
        if self.has(Bug::StlsInjection) {
            self.connection.held = held;
        }
        if !self.has(Bug::StlsKeepsUser) {
            self.user = None;
        }
        if self.has(Bug::StlsGreeting) {
            self.ok("hello again")?;
        }
        Ok(Next::Go)
    }
}
