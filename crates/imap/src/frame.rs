//! Cuts what a client sends into commands (RFC 9051, 2.2.1 and 4.3; RFC 7888). Octets are pushed in and steps are
//! pulled out; no input or output happens here.
//!
//! Call order: `room` (read into it), then `step` until it says `More`. After `AppendBegin` or `AppendNext`: either
//! `refuse_message`, or `accept_message` and then `take_message` until `message_left` is 0, then `step` again.
//! Instead of `step`, `line` takes one line where no command is due (IDLE, AUTHENTICATE).

mod announced;
#[cfg(test)]
mod tests;

use bytes::{Buf as _, Bytes, BytesMut};

pub(crate) use self::announced::Announced;
use self::announced::Tail;
use crate::limits;
use crate::wire::{Literals, Tag};

/// What the framer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// The longest stretch of a command between literals.
    pub line_octets_max: usize,
    /// The largest literal that is not an APPEND's message.
    pub literal_octets_max: u64,
    /// The largest command with its literals, without an APPEND's messages.
    pub command_octets_max: usize,
    /// Which non-synchronising literals were offered. More may be sent all the same.
    pub literals: Literals,
}

impl FrameLimits {
    /// Before login, when anybody can be here: just enough for a LOGIN.
    pub const BEFORE_LOGIN: FrameLimits = FrameLimits {
        line_octets_max: limits::LINE_OCTETS_BEFORE_LOGIN_MAX,
        literal_octets_max: limits::LITERAL_OCTETS_BEFORE_LOGIN_MAX,
        command_octets_max: limits::COMMAND_OCTETS_BEFORE_LOGIN_MAX,
        literals: Literals::Plus,
    };

    /// After login.
    pub const AFTER_LOGIN: FrameLimits = FrameLimits {
        line_octets_max: limits::LINE_OCTETS_MAX,
        literal_octets_max: limits::LITERAL_OCTETS_MAX,
        command_octets_max: limits::COMMAND_OCTETS_MAX,
        literals: Literals::Plus,
    };
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing, until more octets are there.
    More,
    /// The client waits for a `+` before it sends a literal. Said once a literal.
    Continue,
    /// A whole command, literals included, without its last end of line.
    Command(Bytes),
    /// An APPEND or REPLACE up to its first message (see `Append::parse`).
    AppendBegin(MessageHead),
    /// What stands before another message of the same APPEND (see `AppendMessage::parse_next`).
    AppendNext(MessageHead),
    /// What stands after the last message of an APPEND (see `AppendMessage::parse_end`).
    AppendEnd(Bytes),
    /// A command that is not taken. What is left of it is dropped unseen.
    Refused(Refusal),
}

/// What stands before a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHead {
    /// The octets up to the message, the end of the line included.
    pub octets: Bytes,
    /// The size of the message.
    pub message_octets: u64,
    /// Whether the client waits for a `+`.
    pub waits: Waits,
}

/// Whether the client waits before it sends a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// For a `+`.
    ForContinue,
    /// Not: the octets are on their way.
    Not,
}

/// A command that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its tag, if that could be read.
    pub tag: Option<Tag>,
    /// Why.
    pub why: TooBig,
    /// How it goes on.
    pub then: Then,
}

/// What is too big about a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooBig {
    /// A line.
    #[error("the command line is longer than {octets_max} octets")]
    Line {
        /// The most a line may have.
        octets_max: usize,
    },
    /// A literal.
    #[error("a literal of this command is larger than {octets_max} octets")]
    Literal {
        /// The most a literal may have.
        octets_max: u64,
    },
    /// The whole.
    #[error("the command is larger than {octets_max} octets")]
    Command {
        /// The most a command may have.
        octets_max: usize,
    },
    /// A literal sent without waiting (RFC 7888, 5).
    #[error("a literal larger than {octets_max} octets has to wait for the server")]
    NotWaited {
        /// The most such a literal may have.
        octets_max: u64,
    },
}

/// How it goes on after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// With the next command.
    GoOn,
    /// Not: so much would have to be dropped that it is better to say `BYE [TOOBIG]` and hang up.
    HangUp,
}

/// A line that is not a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing, until more octets are there.
    More,
    /// The line without its end.
    Line(Bytes),
    /// It is too long, and dropped.
    TooLong,
}

#[derive(Debug)]
enum State {
    /// In a line of a command.
    Line,
    /// In a literal that ends at this index of the input.
    Literal { end: usize },
    /// In a message that is streamed.
    Message { left: u64, waits: Waits },
    /// In a literal that is dropped; then comes a line that is dropped.
    DropLiteral { left: u64 },
    /// In a line that is dropped.
    DropLine(Tail),
}

/// The framer.
#[derive(Debug)]
pub struct Framer {
    limits: FrameLimits,
    /// The current command from its beginning (or from behind its last streamed message), then what follows.
    input: BytesMut,
    /// Where the current line begins in the input.
    line_from: usize,
    /// Up to here no end of line was seen.
    scanned: usize,
    /// Whether a message of this command has passed.
    after_message: bool,
    state: State,
}

impl Framer {
    /// Begins with nothing read.
    pub fn new(limits: FrameLimits) -> Framer {
        Framer {
            limits,
            input: BytesMut::new(),
            line_from: 0,
            scanned: 0,
            after_message: false,
            state: State::Line,
        }
    }

    /// Sets other limits, from the next step on.
    pub fn set_limits(&mut self, limits: FrameLimits) {
        self.limits = limits;
    }

    /// Where to read into: append to it. It has room for some octets, more while a message goes past.
    pub fn room(&mut self) -> &mut BytesMut {
        let room = match &self.state {
            State::Message { left, .. } | State::DropLiteral { left } => {
                usize::try_from(*left).unwrap_or(usize::MAX).clamp(512, 64 << 10)
            }
            State::Literal { end } => end.saturating_sub(self.input.len()).clamp(512, 64 << 10),
            State::Line | State::DropLine(_) => 4096,
        };
        if self.input.capacity().saturating_sub(self.input.len()) < room / 2 {
            self.input.reserve(room);
        }
        &mut self.input
    }

    /// Gives back the memory of an empty buffer, before a long wait.
    pub fn release(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }

    /// Takes away what was read but not yet seen: it must not pass from clear text into TLS (drop it), and goes
    /// through the decompressor after COMPRESS.
    pub fn take_unseen(&mut self) -> BytesMut {
        self.begin();
        std::mem::take(&mut self.input)
    }

    /// Whether a command, or a part of one, is waiting in the buffer.
    pub fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// Whether nothing of a command has come yet.
    pub fn is_between_commands(&self) -> bool {
        self.input.is_empty() && !self.after_message && matches!(self.state, State::Line)
    }

    /// The next step.
    pub fn step(&mut self) -> Step {
        loop {
            match &mut self.state {
                State::Line => {
                    let Some(step) = self.step_line() else { continue };
                    return step;
                }
                State::Literal { end } => {
                    if self.input.len() < *end {
                        return Step::More;
                    }
                    self.line_from = *end;
                    self.scanned = *end;
                    self.state = State::Line;
                }
                State::Message { left, .. } => {
                    if *left > 0 {
                        return Step::More;
                    }
                    self.begin();
                    self.after_message = true;
                }
                State::DropLiteral { left } => {
                    let here = u64::try_from(self.input.len()).unwrap_or(u64::MAX).min(*left);
                    self.input.advance(usize::try_from(here).unwrap_or(0));
                    *left = left.saturating_sub(here);
                    if *left > 0 {
                        return Step::More;
                    }
                    self.state = State::DropLine(Tail::default());
                }
                State::DropLine(_) => {
                    let Some(step) = self.drop_line() else { continue };
                    return step;
                }
            }
        }
    }

    /// One line of at most so many octets, where no command is due. To be called between commands only.
    pub fn line(&mut self, octets_max: usize) -> Line {
        if matches!(self.state, State::DropLine(_)) && self.drop_line().is_some() {
            return Line::More;
        }
        let unseen = self.input.get(self.scanned..).unwrap_or_default();
        let Some(found) = memchr::memchr(b'\n', unseen) else {
            self.scanned = self.input.len();
            if self.input.len() <= octets_max {
                return Line::More;
            }
            self.state = State::DropLine(Tail::default());
            return Line::TooLong;
        };
        let end = self.scanned.saturating_add(found);
        let mut line = self.input.split_to(end.saturating_add(1));
        self.begin();
        cut_line_end(&mut line);
        if line.len() > octets_max { Line::TooLong } else { Line::Line(line.freeze()) }
    }

    /// Says that the message is wanted: a `+` is sent, if the client waits for it.
    pub fn accept_message(&mut self) {
        if let State::Message { waits, .. } = &mut self.state {
            *waits = Waits::Not;
        }
    }

    /// Says that the message, or what is left of it, and the rest of the command are not wanted.
    pub fn refuse_message(&mut self) -> Then {
        match self.state {
            State::Message { waits: Waits::ForContinue, .. } => {
                self.begin();
                Then::GoOn
            }
            State::Message { left, waits: Waits::Not } => self.drop_literal(left),
            // Between two messages of one APPEND: the rest of its line.
            State::Line if self.after_message => {
                self.state = State::DropLine(Tail::default());
                Then::GoOn
            }
            State::Line
            | State::Literal { .. }
            | State::DropLiteral { .. }
            | State::DropLine(_) => Then::GoOn,
        }
    }

    /// How many octets of the message are still to come.
    pub fn message_left(&self) -> u64 {
        match self.state {
            State::Message { left, .. } => left,
            State::Line
            | State::Literal { .. }
            | State::DropLiteral { .. }
            | State::DropLine(_) => 0,
        }
    }

    /// Takes what is there of the message; empty: read more.
    pub fn take_message(&mut self) -> Bytes {
        let State::Message { left, .. } = &mut self.state else { return Bytes::new() };
        let here = u64::try_from(self.input.len()).unwrap_or(u64::MAX).min(*left);
        *left = left.saturating_sub(here);
        self.input.split_to(usize::try_from(here).unwrap_or(0)).freeze()
    }

    fn begin(&mut self) {
        self.line_from = 0;
        self.scanned = 0;
        self.after_message = false;
        self.state = State::Line;
    }

    /// Looks for the end of the line. No step: the state has changed, look again.
    fn step_line(&mut self) -> Option<Step> {
        let unseen = self.input.get(self.scanned..).unwrap_or_default();
        let Some(found) = memchr::memchr(b'\n', unseen) else {
            self.scanned = self.input.len();
            // A CR may be the last octet so far.
            let line_octets = self.scanned.saturating_sub(self.line_from);
            if line_octets > self.limits.line_octets_max.saturating_add(1) {
                return Some(self.refuse_line());
            }
            return Some(Step::More);
        };
        let end = self.scanned.saturating_add(found).saturating_add(1);
        if end.saturating_sub(self.line_from) > self.limits.line_octets_max.saturating_add(2) {
            return Some(self.refuse_line());
        }
        let line = self.input.get(self.line_from..end).unwrap_or_default();
        match Announced::at_end_of(line) {
            None => Some(self.whole(end)),
            Some(announced) => self.literal(end, announced),
        }
    }

    fn whole(&mut self, end: usize) -> Step {
        let mut octets = self.input.split_to(end);
        let after_message = self.after_message;
        self.begin();
        cut_line_end(&mut octets);
        if after_message {
            Step::AppendEnd(octets.freeze())
        } else {
            Step::Command(octets.freeze())
        }
    }

    fn literal(&mut self, end: usize, announced: Announced) -> Option<Step> {
        let Announced { octets, waits } = announced;
        let wanted = octets.unwrap_or(u64::MAX);
        if waits == Waits::Not && !self.limits.literals.takes(wanted) {
            let octets_max = limits::LITERAL_MINUS_OCTETS_MAX;
            return Some(self.refuse_literal(end, announced, TooBig::NotWaited { octets_max }));
        }
        if let (Some(octets), true) = (octets, self.is_message(end)) {
            let head = MessageHead {
                octets: self.input.split_to(end).freeze(),
                message_octets: octets,
                waits,
            };
            let next = self.after_message;
            self.begin();
            self.after_message = true;
            self.state = State::Message { left: octets, waits };
            return Some(if next { Step::AppendNext(head) } else { Step::AppendBegin(head) });
        }
        if wanted > self.limits.literal_octets_max {
            let octets_max = self.limits.literal_octets_max;
            return Some(self.refuse_literal(end, announced, TooBig::Literal { octets_max }));
        }
        let literal_end = end.saturating_add(usize::try_from(wanted).unwrap_or(usize::MAX));
        if literal_end > self.limits.command_octets_max {
            let octets_max = self.limits.command_octets_max;
            return Some(self.refuse_literal(end, announced, TooBig::Command { octets_max }));
        }
        self.state = State::Literal { end: literal_end };
        (waits == Waits::ForContinue).then_some(Step::Continue)
    }

    /// Whether the literal announced before `end` is the message of an APPEND or REPLACE: any but the one that is the
    /// mailbox's name.
    fn is_message(&self, end: usize) -> bool {
        if self.after_message {
            return true;
        }
        let command = self.input.get(..end).unwrap_or_default();
        let Some(from_mailbox) = from_mailbox(command) else { return false };
        // The name's literal counts only while nothing stands before it: when the line began at the tag.
        self.line_from > 0 || !from_mailbox.starts_with(b"{")
    }

    fn refuse_line(&mut self) -> Step {
        let tag = Tag::at_start(&self.input);
        self.state = State::DropLine(Tail::default());
        let octets_max = self.limits.line_octets_max;
        Step::Refused(Refusal { tag, why: TooBig::Line { octets_max }, then: Then::GoOn })
    }

    fn refuse_literal(&mut self, end: usize, announced: Announced, why: TooBig) -> Step {
        let tag = Tag::at_start(&self.input);
        self.input.advance(end.min(self.input.len()));
        let then = match announced {
            // It waits for a `+` and gets a BAD: nothing of the literal will come (RFC 9051, 4.3).
            Announced { waits: Waits::ForContinue, .. } => {
                self.begin();
                Then::GoOn
            }
            Announced { waits: Waits::Not, octets } => {
                self.drop_literal(octets.unwrap_or(u64::MAX))
            }
        };
        Step::Refused(Refusal { tag, why, then })
    }

    fn drop_literal(&mut self, left: u64) -> Then {
        self.begin();
        self.state = State::DropLiteral { left };
        if left > limits::LITERAL_SWALLOWED_OCTETS_MAX { Then::HangUp } else { Then::GoOn }
    }

    /// Drops a line. No step: it is dropped, look again.
    fn drop_line(&mut self) -> Option<Step> {
        let State::DropLine(tail) = &mut self.state else { return None };
        let Some(found) = memchr::memchr(b'\n', &self.input) else {
            tail.push(&self.input);
            self.input.clear();
            return Some(Step::More);
        };
        let end = found.saturating_add(1);
        tail.push(self.input.get(..end).unwrap_or_default());
        let announced = tail.announced();
        self.input.advance(end);
        self.begin();
        // Were this literal not dropped too, its octets would be taken for commands.
        if let Some(Announced { waits: Waits::Not, octets }) = announced {
            let then = self.drop_literal(octets.unwrap_or(u64::MAX));
            if then == Then::HangUp {
                let octets_max = self.limits.literal_octets_max;
                let why = TooBig::Literal { octets_max };
                return Some(Step::Refused(Refusal { tag: None, why, then }));
            }
        }
        None
    }
}

/// What stands from the mailbox's name on, in an APPEND or REPLACE (RFC 9051, 6.3.12; RFC 8508, 5).
fn from_mailbox(command: &[u8]) -> Option<&[u8]> {
    let after_tag = after_space(command)?;
    if let Some(arguments) = after_word(after_tag, b"APPEND ") {
        return Some(arguments);
    }
    let after_uid = after_word(after_tag, b"UID ").unwrap_or(after_tag);
    // The message that is replaced comes first.
    after_space(after_word(after_uid, b"REPLACE ")?)
}

fn after_word<'c>(command: &'c [u8], word: &[u8]) -> Option<&'c [u8]> {
    let (name, rest) = command.split_at_checked(word.len())?;
    name.eq_ignore_ascii_case(word).then_some(rest)
}

fn after_space(command: &[u8]) -> Option<&[u8]> {
    command.get(memchr::memchr(b' ', command)?.checked_add(1)?..)
}

/// Cuts LF or CR LF off the end. A bare LF ends a line too: people type at `nc` and `openssl s_client`, which send it.
fn cut_line_end(line: &mut BytesMut) {
    let end = line
        .strip_suffix(b"\n")
        .map_or(line.len(), |line| line.strip_suffix(b"\r").unwrap_or(line).len());
    line.truncate(end);
}
