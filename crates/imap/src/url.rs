//! URLs of messages and of parts of them, as CATENATE takes them: those of one's own account, beginning with the mailbox (RFC 5092,
//! 7.1 and 11: iabsolute-path). Relative to the open mailbox there are none (RFC 5092, 7.2), and others lead elsewhere.

use crate::Dialect;
use crate::fetch::{Partial, Section};
use crate::wire::{Args, Name};

/// A message, or a part of one: `/Drafts;UIDVALIDITY=7/;UID=20/;SECTION=1.MIME/;PARTIAL=0.1024`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageUrl {
    /// The mailbox.
    pub mailbox: Name,
    /// The UIDVALIDITY it must have, if that was said.
    pub uid_validity: Option<u32>,
    /// The UID of the message.
    pub uid: u32,
    /// The part; the empty one is the whole message.
    pub section: Section,
    /// Which octets of it.
    pub partial: Option<Partial>,
}

impl MessageUrl {
    /// Reads one; none: it is no URL of a message of this account.
    pub fn parse(text: &str) -> Option<MessageUrl> {
        let path = text.strip_prefix('/').filter(|path| !path.starts_with('/'))?;
        let (mailbox, message) = split_at_word(path, "/;UID=")?;
        let (mailbox, uid_validity) = match split_at_word(mailbox, ";UIDVALIDITY=") {
            Some((mailbox, validity)) => (mailbox, Some(number(validity)?)),
            None => (mailbox, None),
        };
        let (message, partial) = match split_at_word(message, "/;PARTIAL=") {
            Some((message, range)) => (message, Some(parse_range(range)?)),
            None => (message, None),
        };
        let (uid, section) = match split_at_word(message, "/;SECTION=") {
            Some((uid, section)) => (uid, parse_section(&decode(section)?)?),
            None => (message, Section::default()),
        };
        let mailbox = Name(decode(mailbox).filter(|name| !name.is_empty())?);
        Some(MessageUrl { mailbox, uid_validity, uid: number(uid)?, section, partial })
    }

    /// Appends it.
    pub fn print(&self, out: &mut String) {
        out.push('/');
        encode(self.mailbox.as_str(), out);
        if let Some(validity) = self.uid_validity {
            out.push_str(&format!(";UIDVALIDITY={validity}"));
        }
        out.push_str(&format!("/;UID={}", self.uid));
        if self.section != Section::default() {
            let mut section = Vec::new();
            self.section.print(&mut section);
            let section = String::from_utf8_lossy(&section).into_owned();
            out.push_str("/;SECTION=");
            encode(section.trim_start_matches('[').trim_end_matches(']'), out);
        }
        match self.partial {
            None => {}
            Some(Partial { from, octets: u64::MAX }) => out.push_str(&format!("/;PARTIAL={from}")),
            Some(Partial { from, octets }) => {
                out.push_str(&format!("/;PARTIAL={from}.{octets}"));
            }
        }
    }
}

/// What stands before and behind a word, in whatever case it is.
fn split_at_word<'t>(text: &'t str, word: &str) -> Option<(&'t str, &'t str)> {
    let at = text.to_ascii_uppercase().find(word)?;
    Some((text.get(..at)?, text.get(at.checked_add(word.len())?..)?))
}

fn digits(text: &str) -> Option<u64> {
    let all = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| all)
}

/// A number of 32 bits that is not 0.
fn number(text: &str) -> Option<u32> {
    digits(text).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

/// The first octet, and perhaps how many; else all from there on.
fn parse_range(text: &str) -> Option<Partial> {
    match text.split_once('.') {
        None => Some(Partial { from: digits(text)?, octets: u64::MAX }),
        Some((from, octets)) => {
            let octets = digits(octets).filter(|octets| *octets > 0)?;
            Some(Partial { from: digits(from)?, octets })
        }
    }
}

fn parse_section(text: &str) -> Option<Section> {
    let brackets = format!("[{text}]");
    let mut args = Args::new(brackets.as_bytes(), Dialect::REV1);
    let section = Section::parse(&mut args).ok()?;
    (args.is_empty() && section != Section::default()).then_some(section)
}

/// Whether an octet may stand in a URL as it is (RFC 5092, 11: bchar).
fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~!$'()*+,&=:@/".contains(&octet)
}

/// What is meant by a part of a URL; none: something in it cannot stand there.
fn decode(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut left = text.as_bytes().iter().copied();
    while let Some(octet) = left.next() {
        if octet == b'%' {
            let mut digit = || char::from(left.next()?).to_digit(16);
            let value = digit()?.checked_mul(16)?.checked_add(digit()?)?;
            octets.push(u8::try_from(value).ok()?);
        } else if is_plain(octet) {
            octets.push(octet);
        } else {
            return None;
        }
    }
    String::from_utf8(octets).ok()
}

fn encode(text: &str, out: &mut String) {
    for octet in text.bytes() {
        if is_plain(octet) {
            out.push(char::from(octet));
        } else {
            out.push_str(&format!("%{octet:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_printed() {
        for text in [
            "/INBOX/;UID=1",
            "/Drafts;UIDVALIDITY=385759045/;UID=20",
            "/a/b%20%C3%A9%3B/;UID=4294967295/;SECTION=1.2.MIME",
            "/INBOX/;UID=7/;SECTION=HEADER.FIELDS%20(From%20To)/;PARTIAL=5",
            "/INBOX/;UID=7/;PARTIAL=0.1024",
        ] {
            let mut printed = String::new();
            MessageUrl::parse(text).unwrap().print(&mut printed);
            assert_eq!(printed, text);
        }
        let read = MessageUrl::parse("/x;uidvalidity=3/;uid=4/;section=header/;partial=1.2");
        let read = read.unwrap();
        assert_eq!((read.mailbox.as_str(), read.uid_validity, read.uid), ("x", Some(3), 4));
        assert_eq!(read.partial, Some(Partial { from: 1, octets: 2 }));
    }

    #[test]
    fn what_leads_elsewhere_or_nowhere_is_none() {
        for text in [
            "",
            "/",
            ";UID=1",
            "INBOX/;UID=1",
            "imap://ana@example.org/INBOX/;UID=1",
            "//example.org/INBOX/;UID=1",
            "/;UID=1",
            "/INBOX",
            "/INBOX?UNSEEN",
            "/INBOX/;UID=0",
            "/INBOX/;UID=+1",
            "/INBOX/;UID=4294967296",
            "/INBOX;UIDVALIDITY=/;UID=1",
            "/IN BOX/;UID=1",
            "/IN%4/;UID=1",
            "/IN%FF/;UID=1",
            "/INBOX/;UID=1/;SECTION=",
            "/INBOX/;UID=1/;SECTION=MIME",
            "/INBOX/;UID=1/;SECTION=1]",
            "/INBOX/;UID=1/;PARTIAL=1.0",
            "/INBOX/;UID=1/;PARTIAL=1/;SECTION=1",
            "/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:0123",
        ] {
            assert_eq!(MessageUrl::parse(text), None, "{text}");
        }
    }
}
