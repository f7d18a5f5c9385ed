//! Reads the messages of a file one after the other, with CRLF at the end of each line and the quoting undone. Holds
//! one header and one piece of a line at a time, and what it looks ahead for a Content-Length.

mod content_length;

use std::io::{self, Read};

use crate::limits::{HEADER_OCTETS_MAX, NOTES_MAX};
use crate::lines::{Ends, Lines, Piece};
use crate::mbox::mark::Mark;
use crate::mbox::quoting::{Quoting, Unquoter};
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
    /// Messages begin with a line `From `.
    Mbox(Dialect),
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
    /// The date of the line before it, in Unix seconds.
    pub(crate) from_date_s: Option<i64>,
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
    pub(crate) date_s: Option<i64>,
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

/// The text that is being read.
struct Body {
    quoting: Quoting,
    unquoter: Unquoter,
    /// Where it ends in the file, by Content-Length.
    until: Option<u64>,
    /// How many octets the message has, when our own export says it, and how many were given.
    octets: Option<u64>,
    given: u64,
    /// What its lines end with.
    line_end: &'static [u8],
    /// How many line ends are held back. One may only be there to part two messages.
    held: u64,
    /// Whether the last of them ends an empty line.
    held_blank: bool,
}

impl Body {
    fn new() -> Body {
        Body {
            quoting: Quoting::Every,
            unquoter: Unquoter::new(),
            until: None,
            octets: None,
            given: 0,
            line_end: b"\r\n",
            held: 0,
            held_blank: false,
        }
    }
}

impl<R: Read> Letters<R> {
    pub(crate) fn new(from: R, framing: Framing) -> Letters<R> {
        let lines = match framing {
            Framing::Whole | Framing::Mbox(_) => Lines::of_any_file(from),
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
            body: Body::new(),
            number: 0,
            notes: Vec::new(),
        }
    }

    /// How many octets of the file were read so far.
    pub(crate) fn read(&self) -> u64 {
        self.lines.read()
    }

    /// What people are told of.
    pub(crate) fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn note(&mut self, offset: u64, what: &'static str) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(Note { offset, what });
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
            self.body = Body { line_end: self.lines.line_end(), ..Body::new() };
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
                Framing::Whole => {
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
        head.from_date_s = separator.date_s();
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
        head.own = Some(Own { status: Status::of_own(&fields), date_s: mark.date_s });
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

    /// Appends the next piece of the body; false at its end.
    pub(crate) fn body(&mut self, to: &mut Vec<u8>) -> io::Result<bool> {
        if self.state != State::Body {
            return Ok(false);
        }
        if self.body.until.is_some_and(|until| self.lines.read() >= until) {
            self.give_held(self.body.held, to);
            self.pass_to_separator()?;
            return Ok(false);
        }
        let Some(piece) = self.lines.next()? else {
            self.end_body(to);
            self.state = State::End;
            return Ok(false);
        };
        if self.body.until.is_none() && self.begins_message(piece) {
            self.end_body(to);
            return Ok(false);
        }
        self.take_body_piece(piece, to);
        Ok(true)
    }

    fn take_body_piece(&mut self, piece: Piece, to: &mut Vec<u8>) {
        let line = self.lines.octets();
        self.after_blank = piece.starts && piece.ends && line.is_empty();
        let room = self.body.until.map(|until| until.saturating_sub(self.lines.offset()));
        let room = room.and_then(|room| usize::try_from(room).ok()).unwrap_or(usize::MAX);
        let ends = piece.ends && room > line.len();
        let line_length = line.len().min(room);
        if line_length > 0 {
            self.give_held(self.body.held, to);
        }
        let before = to.len();
        let line = self.lines.octets().get(..line_length).unwrap_or_default();
        if matches!(self.framing, Framing::Mbox(_)) {
            let Body { quoting, unquoter, .. } = &mut self.body;
            unquoter.write(line, piece.starts, *quoting, to);
            if piece.ends {
                unquoter.flush(to);
            }
        } else {
            to.extend_from_slice(line);
        }
        self.given(to.len().saturating_sub(before));
        if ends {
            self.body.held = self.body.held.saturating_add(1);
            self.body.held_blank = self.after_blank;
            if self.body.held > 2 {
                self.give_held(1, to);
            }
        }
    }

    /// The message ends here.
    fn end_body(&mut self, to: &mut Vec<u8>) {
        let before = to.len();
        self.body.unquoter.flush(to);
        self.given(to.len().saturating_sub(before));
        let parts = u64::from(self.body.held_blank);
        let Some(octets) = self.body.octets else {
            let keeps = if matches!(self.framing, Framing::Mbox(_)) { parts } else { 0 };
            self.give_held(self.body.held.saturating_sub(keeps), to);
            return;
        };
        let room = octets.saturating_sub(self.body.given);
        let length = u64::try_from(self.body.line_end.len()).unwrap_or(1);
        let wanted = room.checked_div(length).unwrap_or(0);
        if wanted.saturating_mul(length) == room && wanted <= self.body.held {
            self.give_held(wanted, to);
        } else {
            self.give_held(self.body.held.saturating_sub(parts), to);
        }
        if self.body.given != octets {
            let offset = self.lines.offset();
            self.note(
                offset,
                "the message that ends here has another size than when it was exported: the file was changed since",
            );
        }
    }

    fn given(&mut self, octets: usize) {
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        self.body.given = self.body.given.saturating_add(octets);
    }

    /// Gives line ends that were held back.
    fn give_held(&mut self, count: u64, to: &mut Vec<u8>) {
        let end = self.body.line_end;
        for _ in 0..count.min(self.body.held) {
            to.extend_from_slice(end);
            self.given(end.len());
            self.body.held = self.body.held.saturating_sub(1);
        }
    }

    /// Goes past empty lines to the line that begins the next message.
    fn pass_to_separator(&mut self) -> io::Result<()> {
        loop {
            let Some(piece) = self.lines.next()? else {
                self.state = State::End;
                return Ok(());
            };
            if piece.ends && self.lines.octets().is_empty() {
                continue;
            }
            self.after_blank = true;
            if self.begins_message(piece) {
                return Ok(());
            }
        }
    }
}

/// Whether a line looks like a field of a header (RFC 5322, 2.2): a name, and a colon right behind it.
pub(crate) fn is_field(line: &[u8]) -> bool {
    let name = line.iter().position(|octet| *octet == b':').and_then(|at| line.get(..at));
    name.is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic))
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
