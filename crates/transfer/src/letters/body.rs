//! The text of a message: where it ends, with the quoting undone and without the line end that parts it from the next
//! message.

use std::io::{self, Read};

use super::{Framing, Letters, State};
use crate::lines::Piece;
use crate::mbox::quoting::{Quoting, Unquoter};

/// The text that is being read.
pub(super) struct Body {
    pub(super) quoting: Quoting,
    pub(super) unquoter: Unquoter,
    /// Where it ends in the file, by Content-Length.
    pub(super) until: Option<u64>,
    /// How many octets the message has, when our own export says it, and how many were given.
    pub(super) octets: Option<u64>,
    pub(super) given: u64,
    /// What its lines end with.
    pub(super) line_end: &'static [u8],
    /// How many line ends are held back. One may only be there to part two messages.
    held: u64,
    /// Whether the last of them ends an empty line.
    held_blank: bool,
}

impl Body {
    pub(super) fn new(line_end: &'static [u8]) -> Body {
        Body {
            quoting: Quoting::Every,
            unquoter: Unquoter::new(),
            until: None,
            octets: None,
            given: 0,
            line_end,
            held: 0,
            held_blank: false,
        }
    }
}

impl<R: Read> Letters<R> {
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
    pub(super) fn pass_to_separator(&mut self) -> io::Result<()> {
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
