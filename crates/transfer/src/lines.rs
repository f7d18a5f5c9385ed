//! Lines of a file, in pieces of bounded length, whatever ends them.

use std::io::{self, Read};

use memchr::memchr;

use crate::limits::LINE_PIECE_OCTETS_MAX;
use crate::window::Window;

/// What ends a line, and what it is to end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// LF, CRLF, or CR CR LF as a relay that put a CR too many wrote it; it becomes CRLF.
    Any,
    /// CR, as on old Macintoshes; it becomes CRLF.
    Cr,
    /// LF or CRLF; it becomes CRLF.
    Crlf,
    /// LF. What stands before it belongs to the line, and nothing is changed.
    AsTheyAre,
}

/// A piece of a line, without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Whether the line begins here.
    pub(crate) starts: bool,
    /// Whether the line ends here; the last line of a file may not.
    pub(crate) ends: bool,
}

/// Reads lines.
pub(crate) struct Lines<R> {
    window: Window<R>,
    ends: Ends,
    within: bool,
    /// The length of the piece that came last, and with its line end.
    piece: usize,
    whole: usize,
}

impl<R: Read> Lines<R> {
    /// Reads lines that end as they are.
    pub(crate) fn new(from: R, ends: Ends) -> Lines<R> {
        Lines { window: Window::new(from), ends, within: false, piece: 0, whole: 0 }
    }

    /// Reads lines of a file that some program wrote: leaves out the byte order mark before it, and sees what ends its
    /// lines.
    pub(crate) fn of_any_file(from: R) -> Lines<R> {
        let mut lines = Lines::new(from, Ends::Any);
        let start = lines.window.ahead(LINE_PIECE_OCTETS_MAX);
        let marked = start.starts_with(BYTE_ORDER_MARK);
        // A CR at the end of what was seen may belong to a CRLF, unless the file ends there.
        let seen = if start.len() < LINE_PIECE_OCTETS_MAX { start } else { without_cr(start) };
        if memchr(b'\r', seen).is_some() && memchr(b'\n', seen).is_none() {
            lines.ends = Ends::Cr;
        }
        if marked {
            lines.window.take(BYTE_ORDER_MARK.len());
        }
        lines
    }

    /// Reads on with other line ends.
    pub(crate) fn set_ends(&mut self, ends: Ends) {
        self.ends = ends;
    }

    pub(crate) fn ends(&self) -> Ends {
        self.ends
    }

    /// How many octets were read so far.
    pub(crate) fn read(&self) -> u64 {
        self.offset().saturating_add(u64::try_from(self.whole).unwrap_or(u64::MAX))
    }

    /// Where the piece that came last begins in the file.
    pub(crate) fn offset(&self) -> u64 {
        self.window.taken()
    }

    /// The octets of the piece that came last.
    pub(crate) fn octets(&self) -> &[u8] {
        self.window.seen().get(..self.piece).unwrap_or_default()
    }

    /// What a line ends with after it was read.
    pub(crate) fn line_end(&self) -> &'static [u8] {
        if self.ends == Ends::AsTheyAre { b"\n" } else { b"\r\n" }
    }

    /// What follows the piece that came last: at least so many octets, unless the file ends before.
    pub(crate) fn ahead(&mut self, wanted: usize) -> &[u8] {
        let ahead = self.window.ahead(self.whole.saturating_add(wanted));
        ahead.get(self.whole..).unwrap_or_default()
    }

    /// Whether what was seen ends because the file cannot be read on there.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.window.is_cut_off()
    }

    /// The line after the piece that came last, or as much of it as is worth a look.
    pub(crate) fn next_line(&mut self) -> &[u8] {
        let ends = if self.ends == Ends::Cr { b'\r' } else { b'\n' };
        let ahead = self.ahead(PEEKED_OCTETS_MAX);
        let ahead = ahead.get(..PEEKED_OCTETS_MAX).unwrap_or(ahead);
        let line = memchr(ends, ahead).and_then(|at| ahead.get(..at)).unwrap_or(ahead);
        line.trim_ascii_end()
    }

    /// Reads the next piece; none at the end of the file.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece>> {
        self.window.take(std::mem::take(&mut self.whole));
        self.piece = 0;
        let starts = !self.within;
        if self.window.ahead(LINE_PIECE_OCTETS_MAX).is_empty() {
            return self.window.failure().map(|()| None);
        }
        let ahead = self.window.seen();
        let ahead = ahead.get(..LINE_PIECE_OCTETS_MAX).unwrap_or(ahead);
        let octet = if self.ends == Ends::Cr { b'\r' } else { b'\n' };
        let (line, ends) = match memchr(octet, ahead) {
            Some(at) => (ahead.get(..at).unwrap_or_default(), true),
            None => (ahead, false),
        };
        if !ends && line.len() < LINE_PIECE_OCTETS_MAX && self.window.is_cut_off() {
            return self.window.failure().map(|()| None);
        }
        let bare = match self.ends {
            Ends::Any => without_cr(line),
            Ends::Crlf => line.strip_suffix(b"\r").unwrap_or(line),
            Ends::Cr | Ends::AsTheyAre => line,
        };
        // Without the line's end nobody knows yet what the CR at the end of a piece is; with nothing before it, it is a
        // piece all the same.
        let bare = if !ends && (bare.is_empty() || ahead.len() < LINE_PIECE_OCTETS_MAX) {
            line
        } else {
            bare
        };
        self.piece = bare.len();
        self.whole = if ends { line.len().saturating_add(1) } else { bare.len() };
        self.within = !ends;
        Ok(Some(Piece { starts, ends }))
    }
}

/// A byte order mark (U+FEFF), which some editors write before a text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// So much of the next line is looked at.
const PEEKED_OCTETS_MAX: usize = 1_000;

fn without_cr(line: &[u8]) -> &[u8] {
    let length =
        line.iter().rposition(|octet| *octet != b'\r').map_or(0, |at| at.saturating_add(1));
    line.get(..length).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::{Ends, LINE_PIECE_OCTETS_MAX, Lines, Piece};

    fn all(text: &[u8], ends: Option<Ends>) -> Vec<(Vec<u8>, Piece)> {
        let mut lines = match ends {
            None => Lines::of_any_file(text),
            Some(ends) => Lines::new(text, ends),
        };
        let mut found = Vec::new();
        while let Some(piece) = lines.next().unwrap() {
            found.push((lines.octets().to_vec(), piece));
        }
        assert_eq!(lines.read(), text.len() as u64);
        found
    }

    fn words(text: &[u8], ends: Option<Ends>) -> Vec<String> {
        all(text, ends).into_iter().map(|(line, _)| String::from_utf8(line).unwrap()).collect()
    }

    #[test]
    fn lines_end_with_lf_or_crlf_or_the_file() {
        let whole = Piece { starts: true, ends: true };
        let open = Piece { starts: true, ends: false };
        assert_eq!(
            all(b"a\r\n\nb\rc\nd", None),
            [
                (b"a".to_vec(), whole),
                (b"".to_vec(), whole),
                (b"b\rc".to_vec(), whole),
                (b"d".to_vec(), open)
            ]
        );
    }

    #[test]
    fn odd_line_ends_are_line_ends() {
        assert_eq!(words(b"a\r\r\nb\n", None), ["a", "b"]);
        assert_eq!(words(b"a\r\rb\r", None), ["a", "", "b"]);
        assert_eq!(words(b"\xef\xbb\xbfa\r\nb", None), ["a", "b"]);
        assert_eq!(words(b"a\r\r\nb\r\n", Some(Ends::Crlf)), ["a\r", "b"]);
        assert_eq!(words(b"a\r\nb\rc\n", Some(Ends::AsTheyAre)), ["a\r", "b\rc"]);
        assert_eq!(words(b"a\r", None), ["a"]);
        assert_eq!(words(b"a\nb\r", None), ["a", "b\r"]);
    }

    #[test]
    fn long_lines_come_in_pieces_and_keep_their_ends() {
        let length = LINE_PIECE_OCTETS_MAX;
        let mut text = vec![b'x'; length - 1];
        text.extend_from_slice(b"\r\nnext\n");
        let found = all(&text, None);
        assert_eq!(found[0].1, Piece { starts: true, ends: false });
        assert_eq!(found[0].0.len(), length - 1);
        assert_eq!((found[1].0.len(), found[1].1), (0, Piece { starts: false, ends: true }));
        assert_eq!(found[2].0, b"next");
        let found = all(&vec![b'x'; length * 2 + 5], None);
        assert_eq!(found.len(), 3);
        assert_eq!(found[2].1, Piece { starts: false, ends: false });
        let found = all(&vec![b'\r'; length * 2 + 5], Some(Ends::Crlf));
        assert_eq!(found.iter().map(|(line, _)| line.len()).sum::<usize>(), length * 2 + 5);
    }
}
