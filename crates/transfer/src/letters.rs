//! Reads the messages of a file one after the other, with CRLF at the end of each line and the quoting undone. Holds
//! one header and one piece of a line at a time, and what it looks ahead for a Content-Length.

mod body;
mod content_length;

use std::io::{self, Read};

use mailbox::ZonedTime;
use message::is_field;

use self::body::Body;
use crate::limits::{HEADER_OCTETS_MAX, NOTES_MAX};
use crate::lines::{Ends, Lines, Piece};
use crate::mbox::mark::Mark;
use crate::mbox::quoting::Quoting;
use crate::mbox::separator::{Separator, Writer};
use crate::mbox::status::Status;
use crate::port::LineEnds;

/// How messages lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The file is one message. A line `From ` before it is left out.
    Whole,
    /// The file is one message that our own export wrote.
    Own(LineEnds),
    /// The file has one message in it, as Apple Mail writes it.
    Emlx(Span),
    /// Messages begin with a line `From `.
    Mbox(Dialect),
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) at: u64,
    pub(crate) octets: u64,
}

/// How an mbox is quoted, and whether Content-Length counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// What the file shows: Content-Length where it leads to the next message, and the quoting of mboxrd unless a text
    /// that it measures has lines `From ` without quotes.
    #[default]
    Auto,
    /// `From ` is quoted, lines that are quoted already are not.
    Mboxo,
    /// All are quoted once more.
    Mboxrd,
    /// As mboxo, with Content-Length.
    Mboxcl,
    /// Nothing is quoted, and Content-Length counts.
    Mboxcl2,
}

/// The head of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its header with CRLF, the blank line included.
    pub(crate) header: Vec<u8>,
    /// The date of the line before it.
    pub(crate) from_date: Option<ZonedTime>,
    /// Who wrote the line before it.
    pub(crate) by: Option<Writer>,
    /// What our own export says of it.
    pub(crate) own: Option<Own>,
    /// Its number in the file, from 1.
    pub(crate) number: u64,
    /// Where it begins in the file, in octets.
    pub(crate) offset: u64,
}

/// What our own export says of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) status: Status,
    pub(crate) date: Option<ZonedTime>,
}

/// Something in a file that people are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Where in the file, in octets.
    pub(crate) offset: u64,
    pub(crate) what: &'static str,
}

/// Reads messages.
pub(crate) struct Letters<R> {
    lines: Lines<R>,
    /// What ends the lines of the file.
    ends: Ends,
    framing: Framing,
    state: State,
    /// Whether the line before was empty, or there was none.
    after_blank: bool,
    /// Whether Thunderbird wrote the file.
    mozilla: bool,
    /// Whether a text that Content-Length measures had lines `From ` without quotes.
    verbatim: bool,
    body: Body,
    number: u64,
    notes: Vec<Note>,
    /// How many more there are.
    more_notes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first message.
    Start,
    /// At a message: its `From ` line was read, and began there.
    At(Separator, u64),
    /// In a body.
    Body,
    /// After the last message.
    End,
}

impl<R: Read> Letters<R> {
    pub(crate) fn new(from: R, framing: Framing) -> Letters<R> {
        let lines = match framing {
            Framing::Whole | Framing::Emlx(_) | Framing::Mbox(_) => Lines::of_any_file(from),
            Framing::Own(LineEnds::Crlf) => Lines::new(from, Ends::Crlf),
            Framing::Own(LineEnds::Mixed) => Lines::new(from, Ends::AsTheyAre),
        };
        Letters {
            ends: lines.ends(),
            lines,
            framing,
            state: State::Start,
            after_blank: true,
            mozilla: false,
            verbatim: false,
            body: Body::new(b"\r\n"),
            number: 0,
            notes: Vec::new(),
            more_notes: 0,
        }
    }

    /// How many octets of the file were read so far.
    pub(crate) fn read(&self) -> u64 {
        self.lines.read()
    }

    /// What people are told of, and how many more of these there are.
    pub(crate) fn notes(&mut self) -> (Vec<Note>, u64) {
        (std::mem::take(&mut self.notes), std::mem::take(&mut self.more_notes))
    }

    fn note(&mut self, offset: u64, what: &'static str) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(Note { offset, what });
        } else {
            self.more_notes = self.more_notes.saturating_add(1);
        }
    }

    /// Goes to the next message, past what is left of the present one; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Head>> {
        let mut passed = Vec::new();
        while self.state == State::Body {
            passed.clear();
            self.body(&mut passed)?;
        }
        loop {
            self.body = Body::new(self.lines.line_end());
            let mut head = Head { offset: self.lines.read(), ..Head::default() };
            match self.state {
                State::End | State::Body => return Ok(None),
                State::At(separator, offset) => self.begin(separator, offset, &mut head)?,
                State::Start => match self.first()? {
                    First::Nothing => {
                        self.state = State::End;
                        return Ok(None);
                    }
                    First::From(separator, offset) => {
                        self.begin(separator, offset, &mut head)?;
                    }
                    First::Header(piece) => {
                        head.offset = self.lines.offset();
                        self.state = State::Body;
                        if self.take_header_line(piece, &mut head.header) == InHeader::No {
                            return Ok(Some(self.numbered(head)));
                        }
                    }
                },
            }
            self.state = State::Body;
            self.header(&mut head.header)?;
            if head.own.is_none() && self.is_nothing(&head) {
                self.note(head.offset, "nothing stands between two lines \"From \"");
                if self.state == State::Body {
                    self.pass_to_separator()?;
                }
                continue;
            }
            return Ok(Some(self.numbered(head)));
        }
    }

    /// Gives a message its number, and sees where its text ends and how it is quoted.
    fn numbered(&mut self, mut head: Head) -> Head {
        self.number = self.number.saturating_add(1);
        head.number = self.number;
        if let Some(octets) = self.body.octets.and_then(|octets| usize::try_from(octets).ok()) {
            head.header.truncate(octets);
        }
        self.body.given = u64::try_from(head.header.len()).unwrap_or(u64::MAX);
        head
    }

    /// Finds where the first message begins.
    fn first(&mut self) -> io::Result<First> {
        loop {
            let Some(piece) = self.lines.next()? else { return Ok(First::Nothing) };
            if matches!(self.framing, Framing::Own(_)) {
                return Ok(First::Header(piece));
            }
            let is_empty = self.lines.octets().is_empty();
            let offset = self.lines.offset();
            let dated = |separator: &Separator| matches!(separator, Separator::Dated { .. });
            match self.framing {
                Framing::Mbox(_) => {
                    if let Some(separator) = self.separator() {
                        return Ok(First::From(separator, offset));
                    }
                    if !is_empty {
                        self.note(
                            offset,
                            "the file does not begin with a line \"From \"; what stands there was taken as a message",
                        );
                        return Ok(First::Header(piece));
                    }
                }
                Framing::Whole | Framing::Emlx(_) => {
                    let found = Separator::of(self.lines.octets()).filter(dated);
                    return Ok(found
                        .map_or(First::Header(piece), |separator| First::From(separator, offset)));
                }
                Framing::Own(_) => {}
            }
        }
    }

    /// What stands between the line `From ` and the header: in our own files, what the export added.
    fn begin(&mut self, separator: Separator, offset: u64, head: &mut Head) -> io::Result<()> {
        head.offset = offset;
        head.from_date = separator.date();
        self.after_blank = false;
        let Separator::Dated { by, .. } = separator else {
            self.mozilla = true;
            head.by = Some(Writer::Mozilla);
            return Ok(());
        };
        head.by = Some(by);
        self.mozilla |= by == Writer::Mozilla;
        if by != Writer::Own || !matches!(self.framing, Framing::Mbox(_)) {
            return Ok(());
        }
        let Some(mark) = Mark::parse(self.lines.next_line()) else { return Ok(()) };
        self.lines.next()?;
        let mut fields = Vec::new();
        for _ in 0..mark.fields {
            // Another program may have taken some of them out.
            if !Mark::is_own_field(self.lines.next_line()) {
                break;
            }
            while let Some(piece) = self.lines.next()? {
                fields.extend_from_slice(self.lines.octets());
                if piece.ends || fields.len() > HEADER_OCTETS_MAX {
                    break;
                }
            }
            fields.push(b'\n');
        }
        self.lines.set_ends(match mark.line_ends {
            LineEnds::Crlf => Ends::Crlf,
            LineEnds::Mixed => Ends::AsTheyAre,
        });
        self.body.line_end = self.lines.line_end();
        self.body.octets = Some(mark.octets);
        head.own = Some(Own { status: Status::of_own(&fields), date: mark.date });
        Ok(())
    }

    fn header(&mut self, header: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let Some(piece) = self.lines.next()? else {
                self.body.unquoter.flush(header);
                self.state = State::End;
                return Ok(());
            };
            if self.begins_message(piece) {
                return Ok(());
            }
            if self.take_header_line(piece, header) == InHeader::No {
                break;
            }
        }
        self.measure(header);
        Ok(())
    }

    fn take_header_line(&mut self, piece: Piece, header: &mut Vec<u8>) -> InHeader {
        let line = self.lines.octets();
        let blank = piece.starts && piece.ends && matches!(line, b"" | b"\r");
        if self.body.octets.is_some() {
            self.body.unquoter.write(line, piece.starts, Quoting::Every, header);
        } else {
            header.extend_from_slice(line);
        }
        if piece.ends {
            self.body.unquoter.flush(header);
            header.extend_from_slice(self.lines.line_end());
        }
        self.after_blank = blank;
        if blank || header.len() > HEADER_OCTETS_MAX { InHeader::No } else { InHeader::Yes }
    }

    /// Whether there is no message at all.
    fn is_nothing(&mut self, head: &Head) -> bool {
        if !matches!(self.framing, Framing::Mbox(_)) || !head.header.trim_ascii().is_empty() {
            return false;
        }
        if self.state != State::Body {
            return true;
        }
        let line = self.lines.next_line();
        let separator = matches!(Separator::of(line), Some(Separator::Dated { .. }));
        separator || (self.lines.ahead(1).is_empty() && !self.lines.is_cut_off())
    }

    /// Whether the line that was read begins the next message; then the state says so.
    fn begins_message(&mut self, piece: Piece) -> bool {
        if !matches!(self.framing, Framing::Mbox(_)) || !piece.starts {
            return false;
        }
        let offset = self.lines.offset();
        let Some(separator) = self.separator() else { return false };
        self.state = State::At(separator, offset);
        self.lines.set_ends(self.ends);
        true
    }

    /// The line that was read, if it begins a message: after an empty line, and with a date, or as Thunderbird writes it.
    fn separator(&mut self) -> Option<Separator> {
        let line = self.lines.octets();
        if line.first() != Some(&b'F') {
            return None;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let found = Separator::of(line)?;
        let eudora = matches!(found, Separator::Dated { by: Writer::Eudora, .. });
        if !self.after_blank && !eudora {
            if matches!(found, Separator::Dated { .. }) {
                let offset = self.lines.offset();
                self.note(
                    offset,
                    "a line \"From \" with a date follows no empty line; it was taken as text",
                );
            }
            return None;
        }
        if found == Separator::Bare && !self.mozilla && !is_field(self.lines.next_line()) {
            return None;
        }
        Some(found)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum InHeader {
    Yes,
    No,
}

enum First {
    Nothing,
    From(Separator, u64),
    Header(Piece),
}

#[cfg(test)]
mod tests;
