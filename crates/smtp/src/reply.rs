//! Replies: a code, mostly an enhanced code (RFC 2034), and text in one or more lines (RFC 5321, 4.2).

use std::borrow::Cow;
use std::fmt;

use crate::Syntax;
use crate::limits::REPLY_OCTETS_MAX;

/// A reply of the server (RFC 5321, 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, 200 to 599.
    pub code: u16,
    /// The enhanced code; greetings and answers to EHLO have none (RFC 2034, 4).
    pub enhanced: Option<Enhanced>,
    /// The text; lines are divided by LF.
    pub text: Cow<'static, str>,
}

/// An enhanced status code (RFC 3463).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enhanced {
    /// 2, 4 or 5.
    pub class: u16,
    /// What it is about: 1 addresses, 2 mailboxes, 3 the system and so on (RFC 3463, 3).
    pub subject: u16,
    /// What exactly, within the subject.
    pub detail: u16,
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl Reply {
    /// Makes a reply with an enhanced code: its class is the first digit of the code.
    pub fn new(code: u16, subject: u16, detail: u16, text: impl Into<Cow<'static, str>>) -> Reply {
        let class = code.checked_div(100).unwrap_or_default();
        Reply { code, enhanced: Some(Enhanced { class, subject, detail }), text: text.into() }
    }

    /// Makes a reply without an enhanced code.
    pub fn plain(code: u16, text: impl Into<Cow<'static, str>>) -> Reply {
        Reply { code, enhanced: None, text: text.into() }
    }

    /// Whether it says yes (2xx).
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Whether it asks for more (3xx).
    pub fn is_intermediate(&self) -> bool {
        (300..400).contains(&self.code)
    }

    /// Whether it says no for good (5xx).
    pub fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }

    /// Prints it, with line ends.
    pub fn print(&self, octets: &mut Vec<u8>) {
        let mut lines = self.text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let mark = if lines.peek().is_some() { '-' } else { ' ' };
            octets.extend_from_slice(format!("{}{mark}", self.code).as_bytes());
            if let Some(enhanced) = self.enhanced {
                octets.extend_from_slice(format!("{enhanced} ").as_bytes());
            }
            octets.extend_from_slice(line.as_bytes());
            octets.extend_from_slice(b"\r\n");
        }
    }

    /// Parses a reply at the start; none while it is not whole. Gives how many octets it takes.
    pub fn parse(octets: &[u8]) -> Result<Option<(Reply, usize)>, Syntax> {
        let mut rest = octets;
        let mut lines = Vec::new();
        let mut first_code = None;
        let mut enhanced = None;
        loop {
            let Some(end) = memchr::memchr(b'\n', rest) else {
                return if octets.len() > REPLY_OCTETS_MAX {
                    Err(Syntax("a reply of at most 65,536 octets"))
                } else {
                    Ok(None)
                };
            };
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = after.get(1..).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let (code, mark, text) = line_parts(line)?;
            if *first_code.get_or_insert(code) != code {
                return Err(Syntax("the same code in each line of a reply"));
            }
            let text = String::from_utf8_lossy(text);
            let (found, text) = split_enhanced(code, &text);
            enhanced = enhanced.or(found);
            lines.push(text.to_owned());
            if mark != b'-' {
                let taken = octets.len().saturating_sub(rest.len());
                let reply = Reply { code, enhanced, text: lines.join("\n").into() };
                return Ok(Some((reply, taken)));
            }
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, "{enhanced} ")?;
        }
        f.write_str(&self.text.replace('\n', " "))
    }
}

/// Splits `250-text`.
fn line_parts(line: &[u8]) -> Result<(u16, u8, &[u8]), Syntax> {
    const EXPECTED: Syntax = Syntax("a reply: three digits, then space or -");
    let (digits, rest) = line.split_at_checked(3).ok_or(EXPECTED)?;
    let code = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    let code = code.filter(|code| (200..600).contains(code)).ok_or(EXPECTED)?;
    match rest.split_first() {
        Some((mark @ (b' ' | b'-'), text)) => Ok((code, *mark, text)),
        // Some hosts leave the space out when there is no text.
        None => Ok((code, b' ', &[])),
        Some(_) => Err(EXPECTED),
    }
}

/// Takes an enhanced code off the text, if one of the right class stands there.
fn split_enhanced(code: u16, text: &str) -> (Option<Enhanced>, &str) {
    let (word, after) = text.split_once(' ').unwrap_or((text, ""));
    let mut numbers = word.split('.').map(|digits| {
        let short = (1..=3).contains(&digits.len()) && digits.bytes().all(|o| o.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| short)
    });
    let parts = (numbers.next(), numbers.next(), numbers.next(), numbers.next());
    match parts {
        (Some(Some(class)), Some(Some(subject)), Some(Some(detail)), None)
            if Some(class) == code.checked_div(100) =>
        {
            (Some(Enhanced { class, subject, detail }), after)
        }
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Enhanced, Reply};

    #[test]
    fn what_is_printed_is_read_back() {
        for reply in [
            Reply::new(250, 2, 1, "Fine"),
            Reply::new(550, 1, 1, "No\nsuch\nuser"),
            Reply::plain(220, "mail.example.org ESMTP"),
            Reply::plain(250, ""),
        ] {
            let mut octets = Vec::new();
            reply.print(&mut octets);
            let whole = octets.len();
            for cut in 0..whole {
                assert_eq!(Reply::parse(&octets[..cut]), Ok(None));
            }
            octets.extend_from_slice(b"354 more");
            assert_eq!(Reply::parse(&octets), Ok(Some((reply, whole))));
        }
    }

    #[test]
    fn an_enhanced_code_is_one_only_in_the_right_class() {
        let (reply, _) = Reply::parse(b"250 5.1.1 odd\r\n").unwrap().unwrap();
        assert_eq!((reply.enhanced, &*reply.text), (None, "5.1.1 odd"));
        let (reply, _) = Reply::parse(b"450-4.2.0 a\n450 4.2.0 b\n").unwrap().unwrap();
        assert_eq!(reply.enhanced, Some(Enhanced { class: 4, subject: 2, detail: 0 }));
        assert_eq!(reply.text, "a\nb");
        let (reply, _) = Reply::parse(b"220 1.2.3.4 ready\r\n").unwrap().unwrap();
        assert_eq!(reply.enhanced, None);
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for bad in [
            &b"hello\r\n"[..],
            b"99 x\r\n",
            b"600 x\r\n",
            b"250_x\r\n",
            b"250-a\r\n251 b\r\n",
            b"\r\n",
        ] {
            assert!(Reply::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Reply::parse(&vec![b'2'; 70_000]).is_err());
        assert_eq!(Reply::parse(b"250\r\n").unwrap().unwrap().0, Reply::plain(250, ""));
    }
}
