//! What a server says it can do (RFC 2449, 5 and 6; RFC 2595, 4; RFC 3206, 6; RFC 6856, 2 and 3).

use super::wire::Wire;
use super::{Fault, Stream, accepted};
use crate::Command;
use crate::args::number;
use crate::limits::CLIENT_CAPABILITIES_MAX;

/// The capabilities of a server, those that matter to us by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// It answered CAPA. One that did not may know TOP and UIDL all the same: try.
    pub answered: bool,
    /// It knows TOP.
    pub top: bool,
    /// It knows UIDL.
    pub uidl: bool,
    /// It knows USER and PASS.
    pub user: bool,
    /// Several commands may be under way at once.
    pub pipelining: bool,
    /// It offers TLS.
    pub stls: bool,
    /// A `[` at the beginning of a text begins a response code.
    pub response_codes: bool,
    /// A failed login says by a code whether the credentials are to blame (RFC 3206, 6).
    pub auth_response_code: bool,
    /// How long it keeps mail that is left on it (RFC 2449, 6.7).
    pub expire: Option<Announced<Expire>>,
    /// How many seconds must lie between two logins (RFC 2449, 6.5).
    pub login_delay_s: Option<Announced<u32>>,
    /// It knows UTF8 (RFC 6856, 2).
    pub utf8: Option<Utf8Names>,
    /// It knows LANG (RFC 6856, 3).
    pub lang: bool,
    /// What it calls itself. To be shown, never to be acted upon (RFC 2449, 6.9).
    pub implementation: Option<String>,
    /// The mechanisms that AUTH takes.
    pub mechanisms: Vec<String>,
    /// All lines as they came, for those who want to know more.
    pub lines: Vec<String>,
}

/// A term of the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced<T> {
    /// Days or seconds, as the capability has it.
    pub term: T,
    /// For whom it holds.
    pub holds: Holds,
}

/// For whom a term holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// For this user; or for everybody.
    Surely,
    /// It is the worst over all users; after the login, CAPA tells this user's (the token `USER`).
    AtWorst,
}

/// How long mail stays on the server at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expire {
    /// The server removes nothing by itself.
    Never,
    /// It may remove mail after so many days; with 0 when it was retrieved.
    AfterDays(u32),
}

/// Whether names and passwords in USER, PASS and APOP may go beyond ASCII (RFC 6856, 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utf8Names {
    /// They may: `UTF8 USER`.
    Taken,
    /// They may not.
    NotTaken,
}

impl Capabilities {
    /// Whether a term is only the worst over all users, so that asking again after the login tells more.
    pub fn differ_by_user(&self) -> bool {
        self.expire.is_some_and(|expire| expire.holds == Holds::AtWorst)
            || self.login_delay_s.is_some_and(|delay| delay.holds == Holds::AtWorst)
    }

    fn take(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "TOP" => self.top = true,
            "UIDL" => self.uidl = true,
            "USER" => self.user = true,
            "PIPELINING" => self.pipelining = true,
            "STLS" => self.stls = true,
            "RESP-CODES" => self.response_codes = true,
            "AUTH-RESP-CODE" => self.auth_response_code = true,
            "LANG" => self.lang = true,
            "EXPIRE" => {
                self.expire = words.next().and_then(expire).map(|term| announced(term, words));
            }
            "LOGIN-DELAY" => {
                let seconds = words.next().and_then(number_u32);
                self.login_delay_s = seconds.map(|term| announced(term, words));
            }
            "UTF8" => {
                let names = words.any(|word| word.eq_ignore_ascii_case("USER"));
                self.utf8 = Some(if names { Utf8Names::Taken } else { Utf8Names::NotTaken });
            }
            "IMPLEMENTATION" => {
                let name = words.collect::<Vec<_>>().join(" ");
                self.implementation = Some(name).filter(|name| !name.is_empty());
            }
            "SASL" => self.mechanisms.extend(words.map(str::to_ascii_uppercase)),
            _ => {}
        }
        self.lines.push(line.to_owned());
    }
}

fn expire(word: &str) -> Option<Expire> {
    if word.eq_ignore_ascii_case("NEVER") {
        Some(Expire::Never)
    } else {
        number_u32(word).map(Expire::AfterDays)
    }
}

fn number_u32(word: &str) -> Option<u32> {
    number(word.as_bytes()).ok().map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

fn announced<'a, T>(term: T, mut rest: impl Iterator<Item = &'a str>) -> Announced<T> {
    let differs = rest.any(|word| word.eq_ignore_ascii_case("USER"));
    Announced { term, holds: if differs { Holds::AtWorst } else { Holds::Surely } }
}

/// Reads the answer to CAPA. A server without CAPA is taken to know what every server of 1996 knows.
pub(super) async fn read<S: Stream>(wire: &mut Wire<S>) -> Result<Capabilities, Fault> {
    let mut capabilities = Capabilities::default();
    match accepted(wire.reply().await?) {
        Ok(_) => capabilities.answered = true,
        Err(Fault::Refused(_)) => return Ok(Capabilities { user: true, ..capabilities }),
        Err(fault) => return Err(fault),
    }
    while let Some(line) = wire.listed().await? {
        if capabilities.lines.len() >= CLIENT_CAPABILITIES_MAX {
            let max = u64::try_from(CLIENT_CAPABILITIES_MAX).unwrap_or(u64::MAX);
            return Err(wire.break_off(Fault::TooMuch { what: "capabilities", max }));
        }
        capabilities.take(&String::from_utf8_lossy(&line));
    }
    Ok(capabilities)
}

/// Asks the server.
pub(super) async fn ask<S: Stream>(wire: &mut Wire<S>) -> Result<Capabilities, Fault> {
    wire.queue(&Command::Capa);
    read(wire).await
}

#[cfg(test)]
mod tests {
    use super::{Announced, Capabilities, Expire, Holds, Utf8Names};

    fn taken(lines: &[&str]) -> Capabilities {
        let mut capabilities = Capabilities::default();
        lines.iter().for_each(|line| capabilities.take(line));
        capabilities
    }

    #[test]
    fn terms_are_read_with_whom_they_hold_for() {
        let surely = |term| Some(Announced { term, holds: Holds::Surely });
        let at_worst = |term| Some(Announced { term, holds: Holds::AtWorst });
        for (line, want) in [
            ("EXPIRE NEVER", surely(Expire::Never)),
            ("expire never user", at_worst(Expire::Never)),
            ("EXPIRE 0", surely(Expire::AfterDays(0))),
            ("EXPIRE 5 USER", at_worst(Expire::AfterDays(5))),
            ("EXPIRE 99999999999", surely(Expire::AfterDays(u32::MAX))),
            ("EXPIRE", None),
            ("EXPIRE soon", None),
        ] {
            assert_eq!(taken(&[line]).expire, want, "{line}");
        }
        let delay = taken(&["LOGIN-DELAY 900 USER"]).login_delay_s;
        assert_eq!(delay, Some(Announced { term: 900, holds: Holds::AtWorst }));
        assert_eq!(taken(&["LOGIN-DELAY x"]).login_delay_s, None);
    }

    #[test]
    fn the_rest_is_read_in_any_case_and_strange_lines_do_no_harm() {
        let all = taken(&[
            "top",
            "UIDL",
            "Sasl plain Scram-Sha-256",
            "SASL X-NEW",
            "LANG",
            "UTF8 USER",
            "IMPLEMENTATION Shlemazle Plotz v302",
            "AUTH-RESP-CODE",
            "",
            "X-STRANGE \u{fffd} 1",
        ]);
        assert!(all.top && all.uidl && all.lang && all.auth_response_code && !all.pipelining);
        assert_eq!(all.mechanisms, ["PLAIN", "SCRAM-SHA-256", "X-NEW"]);
        assert_eq!(all.utf8, Some(Utf8Names::Taken));
        assert_eq!(all.implementation.as_deref(), Some("Shlemazle Plotz v302"));
        assert_eq!(all.lines.len(), 10);
        assert_eq!(taken(&["UTF8"]).utf8, Some(Utf8Names::NotTaken));
        assert_eq!(taken(&["IMPLEMENTATION"]).implementation, None);
    }
}
