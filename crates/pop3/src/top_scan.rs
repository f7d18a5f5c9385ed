//! How much of a message TOP sends: the header, the empty line, and some lines of the body (RFC 1939, 7).

/// Looks for the end of what TOP sends, piece by piece. The pieces may be cut anywhere.
#[derive(Clone)]
pub(crate) struct TopScan {
    /// How many lines of the body are still to be sent.
    lines_left: u64,
    part: Part,
    /// What is known of the line that began in an earlier piece.
    line: Line,
}

#[derive(Clone, PartialEq)]
enum Part {
    Header,
    Body,
    Over,
}

#[derive(Clone, Copy, PartialEq)]
enum Line {
    Empty,
    OnlyCr,
    Text,
}

impl TopScan {
    /// Sends this many lines of the body.
    pub(crate) fn new(lines: u64) -> TopScan {
        TopScan { lines_left: lines, part: Part::Header, line: Line::Empty }
    }

    /// Whether all has been sent.
    pub(crate) fn is_over(&self) -> bool {
        self.part == Part::Over
    }

    /// Takes a piece and says how many of its octets are to be sent.
    pub(crate) fn take(&mut self, piece: &[u8]) -> usize {
        if self.is_over() {
            return 0;
        }
        let mut line_start = 0usize;
        for at in memchr::memchr_iter(b'\n', piece) {
            let text = piece.get(line_start..at).unwrap_or_default();
            let empty = self.line_with(text) != Line::Text;
            self.line = Line::Empty;
            line_start = at.saturating_add(1);
            match self.part {
                Part::Header if empty => self.part = Part::Body,
                Part::Header => continue,
                Part::Body => self.lines_left = self.lines_left.saturating_sub(1),
                Part::Over => return 0,
            }
            if self.lines_left == 0 {
                self.part = Part::Over;
                return line_start;
            }
        }
        self.line = self.line_with(piece.get(line_start..).unwrap_or_default());
        piece.len()
    }

    /// What the line is that goes on with this text.
    fn line_with(&self, text: &[u8]) -> Line {
        match (self.line, text) {
            (line, []) => line,
            (Line::Empty, [b'\r']) => Line::OnlyCr,
            (Line::Empty | Line::OnlyCr | Line::Text, [_, ..]) => Line::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TopScan;

    fn top(message: &str, lines: u64, pieces: usize) -> &str {
        let mut scan = TopScan::new(lines);
        let taken: usize = message.as_bytes().chunks(pieces).map(|piece| scan.take(piece)).sum();
        &message[..taken]
    }

    #[test]
    fn header_lines_are_not_counted_and_zero_means_none() {
        let message = "A: 1\r\nB: 2\r\n\r\none\r\n\r\ntwo\r\nthree";
        for pieces in 1..=message.len() {
            assert_eq!(top(message, 0, pieces), "A: 1\r\nB: 2\r\n\r\n");
            assert_eq!(top(message, 1, pieces), "A: 1\r\nB: 2\r\n\r\none\r\n");
            assert_eq!(top(message, 2, pieces), "A: 1\r\nB: 2\r\n\r\none\r\n\r\n");
            assert_eq!(top(message, 4, pieces), message);
            assert_eq!(top(message, u64::MAX, pieces), message);
        }
    }

    #[test]
    fn odd_messages_have_a_top_too() {
        for pieces in 1..10 {
            assert_eq!(top("A: 1\n\none\ntwo\n", 1, pieces), "A: 1\n\none\n");
            assert_eq!(top("\r\nbody\r\n", 0, pieces), "\r\n");
            assert_eq!(top("\nbody\n", 1, pieces), "\nbody\n");
            assert_eq!(top("A: 1\r\nB: 2", 0, pieces), "A: 1\r\nB: 2");
            assert_eq!(top("A: 1\r\n\r\r\nB\r\n\r\nx\r\n", 0, pieces), "A: 1\r\n\r\r\nB\r\n\r\n");
            assert_eq!(top("", 3, pieces), "");
        }
    }
}
