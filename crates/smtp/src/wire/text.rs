//! The text of messages on the wire: dots (RFC 5321, 4.5.2), line ends, and the one end that DATA has.

use crate::LineEnds;
use crate::limits::TEXT_LINE_OCTETS_MAX;

/// Reads the text of a message piece by piece. Make it, `take` each piece until one has `ended` (DATA) or the chunks
/// are over (BDAT: then call `finish`), and look at `flaw`.
#[derive(Debug)]
pub struct Text {
    at: At,
    dots: Dots,
    line_ends: LineEnds,
    way: Way,
    line_octets: usize,
    flaw: Option<Flaw>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Lines have a limit, and no text holds an octet of zero (RFC 2045, 2.7 and 2.8).
    In,
    /// What was taken once is sent as it is.
    Out,
}

/// Whether a dot at the start of a line stands for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dots {
    /// DATA: a line with only a dot is the end, and other first dots are taken away.
    Stuffed,
    /// BDAT: a dot is a dot.
    Plain,
}

/// Why a message cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A CR without LF, or an LF without CR.
    BareLineEnd,
    /// A line without end.
    LongLine,
    /// An octet of zero.
    Nul,
}

/// What was taken of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many octets of the input were used.
    pub octets: usize,
    /// Whether they hold the end of the message; what follows them are commands.
    pub ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// After CRLF, or at the very beginning.
    LineStart,
    /// After a dot at the start of a line.
    Dot,
    /// After a dot and a CR at the start of a line.
    DotCr,
    Middle,
    /// After a CR that is not passed on yet.
    Cr,
    /// After two of them: a relay may have put one too many before a line end.
    CrCr,
    End,
}

impl Text {
    /// Begins a message.
    pub fn new(dots: Dots, line_ends: LineEnds) -> Text {
        let at = match dots {
            Dots::Stuffed => At::LineStart,
            Dots::Plain => At::Middle,
        };
        Text { at, dots, line_ends, way: Way::In, line_octets: 0, flaw: None }
    }

    /// Begins a message that goes out: only its line ends are mended.
    pub fn outgoing() -> Text {
        Text { way: Way::Out, ..Text::new(Dots::Plain, LineEnds::Mended) }
    }

    /// What is wrong with the message so far.
    pub fn flaw(&self) -> Option<Flaw> {
        self.flaw
    }

    /// Takes a piece, and adds the text it holds to `output` (nothing once there is a flaw).
    pub fn take(&mut self, piece: &[u8], output: &mut Vec<u8>) -> Taken {
        let mut rest = piece;
        while let Some((first, after)) = rest.split_first() {
            match (self.at, *first) {
                (At::LineStart, b'.') => {
                    self.at = At::Dot;
                    rest = after;
                }
                (At::LineStart, _) => self.at = At::Middle,
                (At::Dot, b'\r') => {
                    self.at = At::DotCr;
                    rest = after;
                }
                // The dot was put in by the client; it goes.
                (At::Dot, _) => self.at = At::Middle,
                (At::DotCr, b'\n') => {
                    self.at = At::End;
                    rest = after;
                }
                (At::DotCr, _) => {
                    self.at = At::Middle;
                    self.bare(output);
                }
                (At::Middle, b'\n') => {
                    self.bare(output);
                    rest = after;
                }
                (At::Middle, b'\r') => {
                    self.at = At::Cr;
                    rest = after;
                }
                (At::Middle, _) => {
                    let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                    let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                    self.pass(line, output);
                    rest = after;
                }
                (At::Cr, b'\n') => {
                    self.end_line(output);
                    rest = after;
                }
                (At::Cr, b'\r') => {
                    self.at = At::CrCr;
                    rest = after;
                }
                (At::Cr, _) => {
                    self.at = At::Middle;
                    self.bare(output);
                }
                // CR CR LF is one line end.
                (At::CrCr, b'\n') => {
                    self.end_line(output);
                    rest = after;
                }
                // Not consumed: it may be the third CR of four.
                (At::CrCr, _) => {
                    self.at = At::Cr;
                    self.bare(output);
                }
                (At::End, _) => break,
            }
        }
        let octets = piece.len().saturating_sub(rest.len());
        Taken { octets, ended: self.at == At::End }
    }

    /// Ends a message that came in chunks.
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        if matches!(self.at, At::Cr | At::CrCr) {
            self.bare(output);
        }
        if self.at == At::CrCr {
            self.bare(output);
        }
        self.at = At::End;
    }

    fn pass(&mut self, octets: &[u8], output: &mut Vec<u8>) {
        if self.way == Way::Out {
            return output.extend_from_slice(octets);
        }
        let nul = memchr::memchr(0, octets);
        let text = octets.get(..nul.unwrap_or(octets.len())).unwrap_or(octets);
        self.line_octets = self.line_octets.saturating_add(text.len());
        if self.line_octets > TEXT_LINE_OCTETS_MAX {
            self.flaw.get_or_insert(Flaw::LongLine);
        }
        if self.flaw.is_none() {
            output.extend_from_slice(text);
        }
        if nul.is_some() {
            self.flaw.get_or_insert(Flaw::Nul);
        }
    }

    fn end_line(&mut self, output: &mut Vec<u8>) {
        self.pass(b"\r\n", output);
        self.line_octets = 0;
        self.at = match self.dots {
            Dots::Stuffed => At::LineStart,
            Dots::Plain => At::Middle,
        };
    }

    /// After a bare CR or LF no line starts as far as dots go: only CRLF does that.
    fn bare(&mut self, output: &mut Vec<u8>) {
        match self.line_ends {
            LineEnds::Strict => {
                self.flaw.get_or_insert(Flaw::BareLineEnd);
            }
            LineEnds::Mended => {
                self.pass(b"\r\n", output);
                self.line_octets = 0;
            }
        }
    }
}

/// Writes the text of a message for DATA: line ends first, then dots, so that no host that reads line ends in another
/// way finds an end within.
#[derive(Debug)]
pub struct Stuffer {
    lines: Text,
    /// The last two octets written, as far as they matter.
    tail: Tail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    LineStart,
    Middle,
}

impl Default for Stuffer {
    fn default() -> Stuffer {
        Stuffer::new()
    }
}

impl Stuffer {
    /// Begins a message.
    pub fn new() -> Stuffer {
        Stuffer { lines: Text::outgoing(), tail: Tail::LineStart }
    }

    /// Adds a piece to `output`.
    pub fn take(&mut self, piece: &[u8], output: &mut Vec<u8>) {
        let mut mended = Vec::with_capacity(piece.len());
        self.lines.take(piece, &mut mended);
        self.stuff(&mended, output);
    }

    /// Ends the message with its dot.
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        let mut mended = Vec::new();
        self.lines.finish(&mut mended);
        self.stuff(&mended, output);
        if self.tail == Tail::Middle {
            output.extend_from_slice(b"\r\n");
        }
        output.extend_from_slice(b".\r\n");
    }

    /// Here every LF ends a line, for they are mended.
    fn stuff(&mut self, mended: &[u8], output: &mut Vec<u8>) {
        for line in mended.split_inclusive(|octet| *octet == b'\n') {
            if self.tail == Tail::LineStart && line.starts_with(b".") {
                output.push(b'.');
            }
            output.extend_from_slice(line);
            self.tail = if line.ends_with(b"\n") { Tail::LineStart } else { Tail::Middle };
        }
    }
}

#[cfg(test)]
mod tests;
