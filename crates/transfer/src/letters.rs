//! Reads the messages of a file one after the other, with CRLF at the end of each line and the quoting undone. Holds
//! one header and one piece of a line at a time.

use std::io::{self, BufRead};

use crate::lines::{Lines, Piece};
use crate::mbox;

/// The longest header that is looked at; what follows counts as body.
const HEADER_OCTETS_MAX: usize = 1 << 20;

/// How messages lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The file is one message. A line `From ` before it is left out.
    Whole,
    /// Messages begin with a line `From `.
    Mbox,
}

/// The head of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its header with CRLF, the blank line included.
    pub(crate) header: Vec<u8>,
    /// The date of the line before it, in Unix seconds.
    pub(crate) from_date_s: Option<i64>,
}

/// Reads messages.
pub(crate) struct Letters<R> {
    lines: Lines<R>,
    framing: Framing,
    state: State,
    /// A blank line that may only be there to part two messages.
    blank: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first message.
    Start,
    /// At a message: its `From ` line was read, with this date.
    At(Option<i64>),
    /// In a body.
    Body,
    /// After the last message.
    End,
}

impl<R: BufRead> Letters<R> {
    pub(crate) fn new(from: R, framing: Framing) -> Letters<R> {
        Letters { lines: Lines::new(from), framing, state: State::Start, blank: false }
    }

    /// How many octets of the file were read so far.
    pub(crate) fn read(&self) -> u64 {
        self.lines.read()
    }

    /// Goes to the next message, past what is left of the present one; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Head>> {
        let mut passed = Vec::new();
        while self.state == State::Body {
            passed.clear();
            self.body(&mut passed)?;
        }
        let mut head = Head::default();
        match self.state {
            State::End | State::Body => return Ok(None),
            State::At(date) => head.from_date_s = date,
            State::Start => match self.first()? {
                First::Nothing => {
                    self.state = State::End;
                    return Ok(None);
                }
                First::From(date) => head.from_date_s = date,
                First::Header(piece) => {
                    if self.take_header_line(piece, &mut head.header) == InHeader::No {
                        return Ok(Some(head));
                    }
                }
            },
        }
        self.state = State::Body;
        self.header(&mut head.header)?;
        Ok(Some(head))
    }

    /// Finds where the first message begins.
    fn first(&mut self) -> io::Result<First> {
        loop {
            let Some(piece) = self.lines.next()? else { return Ok(First::Nothing) };
            let line = self.lines.octets();
            if let Some(date) = mbox::from_line(line) {
                return Ok(First::From(date));
            }
            match self.framing {
                Framing::Mbox if line.is_empty() => {}
                Framing::Mbox => {
                    let words = "it does not begin with a line `From `";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, words));
                }
                Framing::Whole => return Ok(First::Header(piece)),
            }
        }
    }

    fn header(&mut self, header: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let Some(piece) = self.lines.next()? else {
                self.state = State::End;
                return Ok(());
            };
            if self.framing == Framing::Mbox
                && piece.starts
                && let Some(date) = mbox::from_line(self.lines.octets())
            {
                self.state = State::At(date);
                return Ok(());
            }
            if self.take_header_line(piece, header) == InHeader::No {
                return Ok(());
            }
        }
    }

    fn take_header_line(&mut self, piece: Piece, header: &mut Vec<u8>) -> InHeader {
        self.state = State::Body;
        let blank = piece.starts && self.lines.octets().is_empty();
        header.extend_from_slice(self.lines.octets());
        if piece.ends {
            header.extend_from_slice(b"\r\n");
        }
        if blank || header.len() > HEADER_OCTETS_MAX { InHeader::No } else { InHeader::Yes }
    }

    /// Appends the next piece of the body; false at its end.
    pub(crate) fn body(&mut self, to: &mut Vec<u8>) -> io::Result<bool> {
        if self.state != State::Body {
            return Ok(false);
        }
        let Some(piece) = self.lines.next()? else {
            // The blank line at the end of an mbox parts its last message from nothing.
            self.blank = false;
            self.state = State::End;
            return Ok(false);
        };
        let mut line = self.lines.octets();
        if self.framing == Framing::Mbox && piece.starts {
            if let Some(date) = mbox::from_line(line) {
                self.blank = false;
                self.state = State::At(date);
                return Ok(false);
            }
            if mbox::is_quoted(line) {
                line = line.get(1..).unwrap_or_default();
            }
        }
        if std::mem::take(&mut self.blank) {
            to.extend_from_slice(b"\r\n");
        }
        if self.framing == Framing::Mbox && piece.starts && piece.ends && line.is_empty() {
            self.blank = true;
            return Ok(true);
        }
        to.extend_from_slice(line);
        if piece.ends {
            to.extend_from_slice(b"\r\n");
        }
        Ok(true)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum InHeader {
    Yes,
    No,
}

enum First {
    Nothing,
    From(Option<i64>),
    Header(Piece),
}

#[cfg(test)]
mod tests {
    use super::{Framing, Letters};

    fn all(text: &str, framing: Framing) -> Vec<String> {
        let mut letters = Letters::new(text.as_bytes(), framing);
        let mut found = Vec::new();
        while let Some(head) = letters.next().unwrap() {
            let mut octets = head.header;
            while letters.body(&mut octets).unwrap() {}
            found.push(String::from_utf8(octets).unwrap());
        }
        assert_eq!(letters.read(), text.len() as u64);
        found
    }

    const FROM: &str = "From a@b Tue Aug  6 10:23:41 2002\n";

    #[test]
    fn an_mbox_is_taken_apart() {
        let text = format!(
            "{FROM}Subject: 1\n\none\n\nFrom here on\n>From me\n>>From you\n\n{FROM}Subject: 2\n\n\n\n{FROM}Subject: 3\n\n{FROM}Subject: 4\n\nend"
        );
        assert_eq!(
            all(&text, Framing::Mbox),
            [
                "Subject: 1\r\n\r\none\r\n\r\nFrom here on\r\nFrom me\r\n>From you\r\n",
                "Subject: 2\r\n\r\n\r\n",
                "Subject: 3\r\n\r\n",
                "Subject: 4\r\n\r\nend",
            ]
        );
        assert!(all("", Framing::Mbox).is_empty());
        assert!(Letters::new(&b"Subject: x\n\n"[..], Framing::Mbox).next().is_err());
    }

    #[test]
    fn a_file_that_is_one_message_is_taken_whole() {
        let text = format!("Subject: 1\r\n\r\n\n>From me\n{FROM}\nlast");
        let want = format!("Subject: 1\r\n\r\n\r\n>From me\r\n{}\r\n\r\nlast", FROM.trim_end());
        assert_eq!(all(&text, Framing::Whole), [want]);
        assert_eq!(all(&format!("{FROM}A: b\n\nx\n"), Framing::Whole), ["A: b\r\n\r\nx\r\n"]);
        assert_eq!(all("\nbody\n", Framing::Whole), ["\r\nbody\r\n"]);
        assert!(all("", Framing::Whole).is_empty());
    }

    #[test]
    fn a_message_that_is_passed_over_does_not_spoil_the_next() {
        let text = format!("{FROM}Subject: 1\n\na\nb\n\n{FROM}Subject: 2\n\nc\n");
        let mut letters = Letters::new(text.as_bytes(), Framing::Mbox);
        letters.next().unwrap().unwrap();
        let second = letters.next().unwrap().unwrap();
        assert_eq!(second.header, b"Subject: 2\r\n\r\n");
        assert_eq!(second.from_date_s, Some(1_028_629_421));
    }
}
