//! The first line of a reply, both ends: status, response code, text (RFC 1939, 3; RFC 2449, 3 and 8; RFC 3206).

use std::fmt::{self, Write};

use crate::limits::REPLY_OCTETS_MAX;

/// The status indicator of RFC 1939, 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `+OK`
    Ok,
    /// `-ERR`
    Err,
}

/// Why something was not done, for programs (RFC 2449, 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Another session holds the maildrop (RFC 2449, 8.1.2).
    InUse,
    /// The user logged in too recently (RFC 2449, 8.1.1).
    LoginDelay,
    /// A failure that will most likely pass (RFC 3206, 4).
    SysTemp,
    /// A failure that somebody has to mend (RFC 3206, 4).
    SysPerm,
    /// Something is wrong with the credentials (RFC 3206, 5).
    Auth,
    /// The message needs UTF-8 mode (RFC 6856, 5).
    Utf8,
    /// One that we do not know.
    Other(String),
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Code::InUse => "IN-USE",
            Code::LoginDelay => "LOGIN-DELAY",
            Code::SysTemp => "SYS/TEMP",
            Code::SysPerm => "SYS/PERM",
            Code::Auth => "AUTH",
            Code::Utf8 => "UTF8",
            Code::Other(text) => text,
        })
    }
}

impl Code {
    /// Reads what stands between the brackets. Unknown detail behind a slash is ignored (RFC 2449, 8).
    fn parse(text: &str) -> Code {
        let upper = text.to_ascii_uppercase();
        let mut levels = upper.split('/');
        match (levels.next().unwrap_or_default(), levels.next()) {
            ("IN-USE", _) => Code::InUse,
            ("LOGIN-DELAY", _) => Code::LoginDelay,
            ("SYS", Some("TEMP")) => Code::SysTemp,
            ("SYS", Some("PERM")) => Code::SysPerm,
            ("AUTH", _) => Code::Auth,
            ("UTF8", _) => Code::Utf8,
            _ => Code::Other(text.to_owned()),
        }
    }
}

/// The first line of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What the first word says.
    pub status: Status,
    /// Why not, for programs.
    pub code: Option<Code>,
    /// What else there is to say, for people.
    pub text: String,
}

impl Reply {
    /// Makes a `+OK` without a code.
    pub fn ok(text: impl Into<String>) -> Reply {
        Reply { status: Status::Ok, code: None, text: text.into() }
    }

    /// Makes an `-ERR` without a code.
    pub fn err(text: impl Into<String>) -> Reply {
        Reply { status: Status::Err, code: None, text: text.into() }
    }

    /// The same with a response code.
    pub fn with(self, code: Code) -> Reply {
        Reply { code: Some(code), ..self }
    }

    /// Prints the line with its line end, cut to what a line may hold.
    pub fn print(&self, out: &mut Vec<u8>) {
        print_line(self.status, self.code.as_ref(), &self.text, out);
    }

    /// Reads the line, without its line end; none if it is no reply. Octets that are no UTF-8 are replaced: old
    /// servers answer in Latin-1.
    pub fn parse(line: &[u8]) -> Option<Reply> {
        let (status, rest) = match (line.strip_prefix(b"+OK"), line.strip_prefix(b"-ERR")) {
            (Some(rest), _) => (Status::Ok, rest),
            (None, Some(rest)) => (Status::Err, rest),
            (None, None) => return None,
        };
        if !rest.is_empty() && !rest.starts_with(b" ") {
            return None;
        }
        let text = String::from_utf8_lossy(rest.trim_ascii());
        match text.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
            Some((code, text)) if !code.is_empty() => {
                Some(Reply { status, code: Some(Code::parse(code)), text: text.trim().to_owned() })
            }
            _ => Some(Reply { status, code: None, text: text.into_owned() }),
        }
    }
}

/// Prints a first line with its line end, straight to where it is sent from, cut to what a line may hold. Text that would
/// pass for a response code, or for a line end, is defused (RFC 2449, 3: `text`).
pub(crate) fn print_line(
    status: Status,
    code: Option<&Code>,
    text: &dyn fmt::Display,
    out: &mut Vec<u8>,
) {
    let mut line = Text { out, room: REPLY_OCTETS_MAX.saturating_sub(2), before: Before::First };
    line.put(match status {
        Status::Ok => "+OK",
        Status::Err => "-ERR",
    });
    if let Some(code) = code {
        line.put(&format!(" [{code}]"));
        line.before = Before::Coded;
    }
    // Words do not fail to be written, and a `Vec` takes them all.
    let _ = write!(line, "{text}");
    out.extend_from_slice(b"\r\n");
}

/// The text of a line on its way out.
struct Text<'a> {
    out: &'a mut Vec<u8>,
    /// How many octets may follow.
    room: usize,
    before: Before,
}

/// What stands before the next character.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// The status.
    First,
    /// The status and a response code.
    Coded,
    /// Other text.
    Text,
}

impl Text<'_> {
    fn put(&mut self, text: &str) {
        self.room = match self.room.checked_sub(text.len()) {
            Some(room) => {
                self.out.extend_from_slice(text.as_bytes());
                room
            }
            None => 0,
        };
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if self.before != Before::Text {
                self.put(" ");
                if char == '[' && self.before == Before::First {
                    self.put("'");
                }
                self.before = Before::Text;
            }
            let mut octets = [0; 4];
            self.put(if char.is_control() { " " } else { char.encode_utf8(&mut octets) });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Reply, Status};

    fn printed(reply: &Reply) -> String {
        let mut out = Vec::new();
        reply.print(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_client_reads_what_the_server_prints() {
        for (reply, want) in [
            (Reply::ok(""), "+OK\r\n"),
            (Reply::ok("2 320"), "+OK 2 320\r\n"),
            (Reply::err("busy").with(Code::InUse), "-ERR [IN-USE] busy\r\n"),
            (Reply::err("try later").with(Code::SysTemp), "-ERR [SYS/TEMP] try later\r\n"),
        ] {
            assert_eq!(printed(&reply), want);
            assert_eq!(Reply::parse(want.trim_end().as_bytes()), Some(reply));
        }
    }

    #[test]
    fn codes_are_read_without_regard_to_case_and_unknown_detail() {
        let code = |line: &[u8]| Reply::parse(line).unwrap().code;
        assert_eq!(code(b"-ERR [in-use/office] x"), Some(Code::InUse));
        assert_eq!(code(b"-ERR [sys/temp/disk] x"), Some(Code::SysTemp));
        assert_eq!(code(b"-ERR [X-NEW] x"), Some(Code::Other("X-NEW".into())));
        assert_eq!(code(b"-ERR no code [here]"), None);
    }

    #[test]
    fn other_lines_are_no_replies() {
        for bad in [&b""[..], b"+ok", b"+OKAY", b"-ERROR x", b" +OK", b"* OK", b"+ abc"] {
            assert_eq!(Reply::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_reply_stays_one_short_line() {
        let line = printed(&Reply::err(format!("[odd]\r\n+OK {}", "é".repeat(400))));
        assert!(line.len() <= 512 && line.starts_with("-ERR '[odd]  +OK é"), "{line}");
        assert_eq!(line.matches("\r\n").count(), 1);
        assert_eq!(Reply::parse(line.trim_end().as_bytes()).unwrap().status, Status::Err);
    }
}
