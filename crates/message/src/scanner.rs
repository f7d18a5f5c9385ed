//! Makes the outline of a message while it streams in. What is held does not grow with the message: headers up to a
//! limit, at most one line, and the beginning of the first text. How the octets are cut into pushes changes nothing.

mod header_text;
mod sample;
mod tree;

use memchr::memmem;

use crate::beginning::{self, Line};
use crate::header::is_blank;
use crate::limits::{DELIMITER_OCTETS_MAX, PARTS_MAX};
use crate::octets::{find, head, tail, wide};
use crate::outline::Outline;
use crate::work::spend;
pub use header_text::HeaderText;
use header_text::Watch;
use tree::{After, Tree};

/// Reads a message push by push.
///
/// 1. Feed it: `push`, in any pieces.
/// 2. Look: `header`, complete once all was pushed.
/// 3. End it: `finish`, which gives the outline.
#[derive(Debug)]
pub struct Scanner {
    tree: Tree,
    watch: Watch,
    reading: Reading,
    /// The offset of the first octet not yet accounted for: of `stray` or `line` if they hold any.
    at: u64,
    /// The beginning of a line whose end has not come yet and that may mean something.
    line: Vec<u8>,
    /// Lines before the first field of a header that are no fields. What comes next tells whether they are the stray
    /// lines of a header or the beginning of a text.
    stray: Vec<u8>,
    /// Octets of the line end before `at`, when a line begins there: these belong to a delimiter (RFC 2046, 5.1.1).
    line_end: u64,
    /// How many CRs stand right before `at`; two at most are of interest.
    carriage_returns: u64,
    /// Finds the lines that can be delimiters. Only these are looked at in a body.
    dashes: memmem::Finder<'static>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Before the first field of a header: without one, there is no header.
    FirstLine,
    /// At a later line of a header.
    HeaderLine,
    /// Inside a header line too long to be kept in `line`.
    LongHeaderLine,
    /// At the beginning of a line of a body.
    BodyLine,
    /// Inside a line of a body that cannot be a delimiter.
    InBody,
}

impl Default for Scanner {
    fn default() -> Scanner {
        Scanner::new()
    }
}

impl Scanner {
    /// Begins a message.
    pub fn new() -> Scanner {
        Scanner {
            tree: Tree::new(),
            watch: Watch::default(),
            reading: Reading::FirstLine,
            at: 0,
            line: Vec::new(),
            stray: Vec::new(),
            line_end: 0,
            carriage_returns: 0,
            dashes: memmem::Finder::new(b"\n--"),
        }
    }

    /// Takes the next octets of the message.
    pub fn push(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while !rest.is_empty() {
            rest = match self.reading {
                Reading::FirstLine | Reading::HeaderLine => self.header_line(rest),
                Reading::LongHeaderLine => self.long_header_line(rest),
                Reading::BodyLine => self.body_line(rest),
                Reading::InBody => self.in_body(rest),
            };
        }
    }

    /// The message's header as far as it has come in and is kept (`HEADER_OCTETS_MAX`).
    pub fn header(&self) -> &[u8] {
        self.tree.header()
    }

    /// About how many octets of memory it takes.
    pub fn held_octets(&self) -> usize {
        let lines = self.line.capacity().saturating_add(self.stray.capacity());
        lines.saturating_add(self.tree.held_octets())
    }

    /// Ends the message.
    pub fn finish(self) -> Outline<'static> {
        self.finish_with_headers().0
    }

    /// Ends the message, and says too what kind of text its headers and those of its parts are.
    pub fn finish_with_headers(mut self) -> (Outline<'static>, HeaderText) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.line_complete(&line);
        }
        self.end_headers();
        let lines = self.tree.lines;
        self.tree.close_to(0, self.at, lines);
        (self.tree.assemble(), self.watch.found)
    }

    fn reading_header(&self) -> bool {
        match self.reading {
            Reading::FirstLine | Reading::HeaderLine | Reading::LongHeaderLine => true,
            Reading::BodyLine | Reading::InBody => false,
        }
    }

    /// Takes one line of a header; gives back what follows it.
    fn header_line<'o>(&mut self, octets: &'o [u8]) -> &'o [u8] {
        match find(b'\n', octets) {
            Some(end) => {
                let (line, rest) =
                    octets.split_at_checked(end.saturating_add(1)).unwrap_or((octets, &[]));
                self.line_with_carry(line);
                rest
            }
            None => {
                let room = DELIMITER_OCTETS_MAX.saturating_add(1).saturating_sub(self.line.len());
                self.line.extend_from_slice(head(octets, room));
                if self.line.len() > DELIMITER_OCTETS_MAX {
                    let line = std::mem::take(&mut self.line);
                    self.line_complete(&line);
                    self.reading = if self.reading_header() {
                        Reading::LongHeaderLine
                    } else {
                        Reading::InBody
                    };
                }
                tail(octets, room)
            }
        }
    }

    fn long_header_line<'o>(&mut self, octets: &'o [u8]) -> &'o [u8] {
        let end = find(b'\n', octets).map(|end| end.saturating_add(1));
        let (line, rest) =
            octets.split_at_checked(end.unwrap_or(octets.len())).unwrap_or((octets, &[]));
        self.keep_header(line);
        self.account(line);
        if end.is_some() {
            self.reading = Reading::HeaderLine;
        }
        rest
    }

    /// Takes a line of a body that may be a delimiter.
    fn body_line<'o>(&mut self, octets: &'o [u8]) -> &'o [u8] {
        if !self.tree.has_boundaries() {
            self.body_octets(octets);
            return &[];
        }
        let known = self.line.len();
        let second = if known > 0 { octets.first() } else { octets.get(1) };
        let first = self.line.first().or(octets.first());
        if first != Some(&b'-') || !matches!(second, None | Some(b'-')) && known < 2 {
            self.reading = Reading::InBody;
            return self.release_line(octets);
        }
        let window = head(octets, DELIMITER_OCTETS_MAX.saturating_sub(known));
        match find(b'\n', window) {
            Some(end) => {
                let (line, rest) =
                    octets.split_at_checked(end.saturating_add(1)).unwrap_or((octets, &[]));
                self.line_with_carry(line);
                rest
            }
            None if window.len() == octets.len() => {
                self.line.extend_from_slice(octets);
                &[]
            }
            None => {
                self.reading = Reading::InBody;
                self.release_line(octets)
            }
        }
    }

    /// Gives up on `line`: it is body after all.
    fn release_line<'o>(&mut self, octets: &'o [u8]) -> &'o [u8] {
        let line = std::mem::take(&mut self.line);
        self.body_octets(&line);
        octets
    }

    /// Runs through a body up to the next line that begins with two hyphens. This is where large mail spends its
    /// time, so no octet is looked at one by one.
    fn in_body<'o>(&mut self, octets: &'o [u8]) -> &'o [u8] {
        if !self.tree.has_boundaries() {
            self.body_octets(octets);
            return &[];
        }
        let end = match self.dashes.find(octets) {
            Some(end) => end.saturating_add(1),
            // Half of what is looked for may stand at the end.
            None if octets.ends_with(b"\n") => octets.len(),
            None if octets.ends_with(b"\n-") => octets.len().saturating_sub(1),
            None => {
                spend(octets.len());
                self.body_octets(octets);
                return &[];
            }
        };
        spend(end);
        self.body_octets(head(octets, end));
        self.reading = Reading::BodyLine;
        tail(octets, end)
    }

    fn line_with_carry(&mut self, end: &[u8]) {
        if self.line.is_empty() {
            self.line_complete(end);
        } else {
            let mut line = std::mem::take(&mut self.line);
            line.extend_from_slice(end);
            self.line_complete(&line);
            line.clear();
            self.line = line;
        }
    }

    /// Takes a whole line, or the first octets of one that is too long to be a delimiter.
    fn line_complete(&mut self, line: &[u8]) {
        if let Some((level, after)) = self.delimiter(line) {
            self.take_delimiter(level, after, line);
            return;
        }
        match self.reading {
            Reading::FirstLine => self.first_line(line),
            Reading::HeaderLine if is_blank(line) => self.blank_line(line),
            Reading::HeaderLine | Reading::LongHeaderLine => {
                self.keep_header(line);
                self.account(line);
            }
            Reading::BodyLine | Reading::InBody => self.body_octets(line),
        }
    }

    /// Takes a line where no field has come yet.
    fn first_line(&mut self, line: &[u8]) {
        match beginning::judge(self.stray.len(), line) {
            Line::Blank => self.blank_line(line),
            Line::Field => {
                let stray = std::mem::take(&mut self.stray);
                self.keep_header(&stray);
                self.account(&stray);
                self.keep_header(line);
                self.account(line);
                self.reading = Reading::HeaderLine;
            }
            Line::Stray => self.stray.extend_from_slice(line),
            Line::Text => {
                self.end_headers();
                self.body_octets(line);
            }
        }
    }

    fn blank_line(&mut self, line: &[u8]) {
        self.keep_header(line);
        self.account(line);
        self.end_header();
    }

    fn keep_header(&mut self, line: &[u8]) {
        self.watch.push(line);
        self.tree.keep_header(line);
    }

    /// Ends the header at hand and those of the messages that begin with its body: without asking only the parts of a
    /// digest are messages. Stray lines that no field followed are text.
    fn end_headers(&mut self) {
        while self.reading_header() {
            self.end_header();
        }
        let stray = std::mem::take(&mut self.stray);
        self.body_octets(&stray);
    }

    /// Ends the header of the part at hand: its body begins at `at`.
    fn end_header(&mut self) {
        self.watch.end_header();
        self.reading = match self.tree.end_header(self.at) {
            After::Header => Reading::FirstLine,
            After::Body => Reading::BodyLine,
        };
    }

    /// Whether the line is a delimiter of an open multipart. All of the line must be the boundary, but for space
    /// behind it, as Thunderbird and Python read it; comparing only its beginning, as RFC 2046, 5.1.1 allows, mixes
    /// up boundaries of which one begins with the other, and those are common.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, Delimiter)> {
        let text = line.strip_prefix(b"--")?;
        if !self.tree.has_boundaries() || line.len() > DELIMITER_OCTETS_MAX {
            return None;
        }
        let text = text.trim_ascii_end();
        if let Some(level) = self.tree.level_of(text) {
            let full = self.tree.part_count() >= PARTS_MAX;
            return (!full).then_some((level, Delimiter::Next));
        }
        let level = self.tree.level_of(text.strip_suffix(b"--")?)?;
        Some((level, Delimiter::Last))
    }

    fn take_delimiter(&mut self, level: usize, delimiter: Delimiter, line: &[u8]) {
        self.end_headers();
        let before = self.at.saturating_sub(self.line_end);
        let start = self.tree.body_start();
        // The line end before a delimiter belongs to it, unless it is that of the header's blank line.
        let (end, lines) = if before < start {
            (start, self.tree.lines)
        } else {
            (before, self.tree.lines.saturating_sub(u64::from(self.line_end > 0)))
        };
        self.tree.close_to(level.saturating_add(1), end, lines);
        self.account(line);
        self.reading = match delimiter {
            Delimiter::Next => {
                self.tree.open_part(self.at);
                Reading::FirstLine
            }
            Delimiter::Last => {
                self.tree.forget_boundary(level);
                Reading::BodyLine
            }
        };
    }

    fn body_octets(&mut self, octets: &[u8]) {
        self.tree.take_body(octets);
        self.advance(octets);
    }

    /// Counts a line that is no body.
    fn account(&mut self, line: &[u8]) {
        self.tree.count_line_ends(line);
        self.advance(line);
    }

    fn advance(&mut self, octets: &[u8]) {
        self.at = self.at.saturating_add(wide(octets.len()));
        let text = octets.strip_suffix(b"\n").unwrap_or(octets);
        let front = text.strip_suffix(b"\r").unwrap_or(text);
        let front = front.strip_suffix(b"\r").unwrap_or(front);
        let before = if front.is_empty() { self.carriage_returns } else { 0 };
        let carriage_returns =
            before.saturating_add(wide(text.len().saturating_sub(front.len()))).min(2);
        if text.len() < octets.len() {
            self.line_end = carriage_returns.saturating_add(1);
            self.carriage_returns = 0;
        } else {
            self.carriage_returns = carriage_returns;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delimiter {
    /// Another part follows.
    Next,
    /// The multipart ends.
    Last,
}
