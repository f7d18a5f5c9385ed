//! Cuts what a server sends into responses, within limits. Octets are pushed in and steps are pulled out; large message
//! sections are handed out as they come, so that no message has to fit into memory.

use bytes::{Bytes, BytesMut};

use super::Fault;
use crate::fetch::Fetched;
use crate::frame::Announced;
use crate::limits::{CLIENT_INLINE_OCTETS_MAX, CLIENT_RESPONSE_OCTETS_MAX};
use crate::{Dialect, Response, Syntax};

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing, until more octets are there.
    More,
    /// A whole response, and how many octets of it are held.
    Response(Response, usize),
    /// A large section is about to come: what was told of its message so far, the section last; and its size.
    Body(Fetched, u64),
    /// Octets of that section.
    Chunk(Bytes),
    /// An untagged response that cannot be read. It is over; the next one may be fine.
    Broken(Syntax),
}

#[derive(Debug)]
enum State {
    /// In a line.
    Line,
    /// In a literal that ends at this index of the input.
    Literal { end: usize },
    /// In a section that is handed out.
    Stream { left: u64 },
}

/// The reader.
#[derive(Debug)]
pub(super) struct Reader {
    /// The current response from its beginning, or from behind its last streamed section; then what follows.
    input: BytesMut,
    /// What the current response had before its last streamed section.
    held: Vec<u8>,
    /// Where in `held` the octets of streamed sections would stand.
    streamed: Vec<usize>,
    line_from: usize,
    scanned: usize,
    state: State,
    /// Sections from this size on are streamed.
    pub(super) inline_octets_max: u64,
    /// The largest response that is held.
    pub(super) response_octets_max: usize,
}

impl Reader {
    pub(super) fn new() -> Reader {
        Reader {
            input: BytesMut::new(),
            held: Vec::new(),
            streamed: Vec::new(),
            line_from: 0,
            scanned: 0,
            state: State::Line,
            inline_octets_max: CLIENT_INLINE_OCTETS_MAX,
            response_octets_max: CLIENT_RESPONSE_OCTETS_MAX,
        }
    }

    /// Where to read into.
    pub(super) fn room(&mut self) -> &mut BytesMut {
        let room = match &self.state {
            State::Line => 16 << 10,
            State::Literal { .. } | State::Stream { .. } => 128 << 10,
        };
        if self.input.capacity().saturating_sub(self.input.len()) < room / 4 {
            self.input.reserve(room);
        }
        &mut self.input
    }

    /// Whether nothing is waiting.
    pub(super) fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// The next step.
    pub(super) fn step(&mut self, dialect: Dialect) -> Result<Step, Fault> {
        loop {
            match &mut self.state {
                State::Line => {
                    if let Some(step) = self.step_line(dialect)? {
                        return Ok(step);
                    }
                }
                State::Literal { end } => {
                    if self.input.len() < *end {
                        return Ok(Step::More);
                    }
                    self.line_from = *end;
                    self.scanned = *end;
                    self.state = State::Line;
                }
                State::Stream { left } if *left == 0 => {
                    self.line_from = 0;
                    self.scanned = 0;
                    self.state = State::Line;
                }
                State::Stream { left } => {
                    let here = u64::try_from(self.input.len()).unwrap_or(u64::MAX).min(*left);
                    if here == 0 {
                        return Ok(Step::More);
                    }
                    *left = left.saturating_sub(here);
                    let chunk = self.input.split_to(usize::try_from(here).unwrap_or(0));
                    return Ok(Step::Chunk(chunk.freeze()));
                }
            }
        }
    }

    /// Looks for the end of the line. No step: the state has changed, look again.
    fn step_line(&mut self, dialect: Dialect) -> Result<Option<Step>, Fault> {
        let unseen = self.input.get(self.scanned..).unwrap_or_default();
        let Some(found) = memchr::memchr(b'\n', unseen) else {
            self.scanned = self.input.len();
            self.check_size(self.input.len())?;
            return Ok(Some(Step::More));
        };
        let end = self.scanned.saturating_add(found).saturating_add(1);
        self.check_size(end)?;
        let line = self.input.get(self.line_from..end).unwrap_or_default();
        match Announced::at_end_of(line) {
            None => self.whole(end, dialect).map(Some),
            Some(announced) => self.literal(end, announced.octets, dialect),
        }
    }

    fn check_size(&self, octets: usize) -> Result<(), Fault> {
        if self.held.len().saturating_add(octets) <= self.response_octets_max {
            return Ok(());
        }
        let max = u64::try_from(self.response_octets_max).unwrap_or(u64::MAX);
        Err(Fault::TooMuch { what: "octets in one response", max })
    }

    fn whole(&mut self, end: usize, dialect: Dialect) -> Result<Step, Fault> {
        let octets = self.input.get(..end).unwrap_or_default();
        let octets = octets.strip_suffix(b"\n").unwrap_or(octets);
        let octets = octets.strip_suffix(b"\r").unwrap_or(octets);
        let held = self.held.len().saturating_add(end);
        let response = if self.held.is_empty() {
            Response::parse(octets, dialect)
        } else {
            self.held.extend_from_slice(octets);
            Response::parse_streamed(&self.held, dialect, &self.streamed)
        };
        let untagged = octets.starts_with(b"* ") || self.held.starts_with(b"* ");
        bytes::Buf::advance(&mut self.input, end);
        self.begin();
        match response {
            Ok(response) => Ok(Step::Response(response, held)),
            Err(syntax) if untagged => Ok(Step::Broken(syntax)),
            Err(syntax) => Err(syntax.into()),
        }
    }

    fn literal(
        &mut self,
        end: usize,
        octets: Option<u64>,
        dialect: Dialect,
    ) -> Result<Option<Step>, Fault> {
        let octets = octets.unwrap_or(u64::MAX);
        if octets > self.inline_octets_max {
            let before = self.held.len();
            self.held.extend_from_slice(self.input.get(..end).unwrap_or_default());
            self.streamed.push(self.held.len());
            if let Ok(head) = Fetched::parse_head(&self.held, dialect, &self.streamed) {
                bytes::Buf::advance(&mut self.input, end);
                self.state = State::Stream { left: octets };
                return Ok(Some(Step::Body(head, octets)));
            }
            // A large literal that is no section: a name, an envelope's subject. It has to fit.
            self.held.truncate(before);
            self.streamed.pop();
        }
        let literal_end = end.saturating_add(usize::try_from(octets).unwrap_or(usize::MAX));
        self.check_size(literal_end)?;
        self.state = State::Literal { end: literal_end };
        Ok(None)
    }

    fn begin(&mut self) {
        self.held = Vec::new();
        self.streamed = Vec::new();
        self.line_from = 0;
        self.scanned = 0;
        self.state = State::Line;
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Step};
    use crate::client::Fault;
    use crate::{Dialect, Response};

    fn run(input: &[u8], piece: usize, inline_octets_max: u64) -> Vec<String> {
        let mut reader = Reader::new();
        reader.inline_octets_max = inline_octets_max;
        let mut seen = Vec::new();
        let mut chunks = Vec::new();
        for piece in input.chunks(piece) {
            reader.room().extend_from_slice(piece);
            loop {
                match reader.step(Dialect::REV1).unwrap() {
                    Step::More => break,
                    Step::Chunk(chunk) => chunks.extend_from_slice(&chunk),
                    Step::Broken(syntax) => panic!("{syntax}"),
                    Step::Body(head, octets) => {
                        seen.push(format!("body {octets} {:?}", head.uid()));
                    }
                    Step::Response(response, _) => {
                        if !chunks.is_empty() {
                            seen.push(format!("chunks {}", chunks.escape_ascii()));
                            chunks.clear();
                        }
                        seen.push(format!("{response:?}"));
                    }
                }
            }
        }
        seen
    }

    #[test]
    fn responses_are_the_same_however_they_come() {
        let input = b"* OK hi\r\n* 1 FETCH (UID 5 BODY[] {7}\r\na\r\nb {3 FLAGS ())\r\n* LIST () \"/\" {3}\r\na b\r\na1 OK x\r\n";
        let whole = run(input, input.len(), 100);
        assert_eq!(whole.len(), 4);
        for piece in 1..input.len() {
            assert_eq!(run(input, piece, 100), whole, "{piece}");
        }
    }

    #[test]
    fn large_sections_go_past() {
        let input = b"* 1 FETCH (UID 5 BODY[] {7}\r\na\r\n)b{3 BODY[1] {4}\r\nabcd FLAGS ())\r\na1 OK x\r\n";
        for piece in 1..=input.len() {
            let seen = run(input, piece, 3);
            assert_eq!(seen[0], "body 7 Some(5)", "{piece}");
            assert_eq!(seen[1], "body 4 Some(5)");
            assert_eq!(seen[2], "chunks a\\r\\n)b{3abcd");
            assert!(
                seen[3].contains("Streamed(7)") && seen[3].contains("Streamed(4)"),
                "{}",
                seen[3]
            );
            assert_eq!(seen.len(), 5);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_before_it_is_held() {
        for input in ["* LIST () \"/\" {4294967295}\r\n", "* OK {99999999999999999999}\r\n"] {
            let mut reader = Reader::new();
            reader.room().extend_from_slice(input.as_bytes());
            let fault = reader.step(Dialect::REV1).unwrap_err();
            assert!(matches!(fault, Fault::TooMuch { .. }), "{input}");
        }
        let mut reader = Reader::new();
        reader.response_octets_max = 1000;
        let mut steps = 0;
        loop {
            reader.room().extend_from_slice(&[b'x'; 100]);
            steps += 1;
            if reader.step(Dialect::REV1).is_err() {
                break;
            }
        }
        assert_eq!(steps, 11);
        // A section of any size is fine.
        let mut reader = Reader::new();
        reader.room().extend_from_slice(b"* 1 FETCH (BODY[] {999999999999}\r\nabc");
        assert!(matches!(reader.step(Dialect::REV1), Ok(Step::Body(_, 999_999_999_999))));
    }

    #[test]
    fn a_hundred_thousand_flags_are_read() {
        let mut reader = Reader::new();
        for number in 1..=100_000u32 {
            let line = format!("* {number} FETCH (UID {number} FLAGS (\\Seen))\r\n");
            reader.room().extend_from_slice(line.as_bytes());
        }
        let mut count = 0;
        while let Step::Response(Response::Fetch(fetched), _) = reader.step(Dialect::REV1).unwrap()
        {
            count += 1;
            assert_eq!(fetched.uid(), Some(count));
        }
        assert_eq!(count, 100_000);
    }
}
