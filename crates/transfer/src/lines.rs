//! Lines of a file, in pieces of bounded length, whatever ends them.

use std::io::{self, BufRead, Read as _};

/// A line is handed out in pieces of at most this many octets.
const PIECE_OCTETS_MAX: u64 = 64 << 10;

/// A piece of a line, without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Whether the line begins here.
    pub(crate) starts: bool,
    /// Whether the line ends here with LF or CRLF; the last line of a file may not.
    pub(crate) ends: bool,
}

/// Reads lines.
pub(crate) struct Lines<R> {
    from: R,
    octets: Vec<u8>,
    within: bool,
    /// How many octets were read.
    read: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(from: R) -> Lines<R> {
        Lines { from, octets: Vec::new(), within: false, read: 0 }
    }

    /// How many octets were read so far.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// The octets of the piece that came last.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Reads the next piece; none at the end of the file.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece>> {
        self.octets.clear();
        let mut limited = self.from.by_ref().take(PIECE_OCTETS_MAX);
        let read = limited.read_until(b'\n', &mut self.octets)?;
        if read == 0 {
            return Ok(None);
        }
        self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        let starts = !self.within;
        let mut ends = self.octets.pop_if(|last| *last == b'\n').is_some();
        if !ends
            && self.octets.last() == Some(&b'\r')
            && self.from.fill_buf()?.first() == Some(&b'\n')
        {
            // The piece was cut between CR and LF.
            self.from.consume(1);
            self.read = self.read.saturating_add(1);
            ends = true;
        }
        if ends {
            self.octets.pop_if(|last| *last == b'\r');
        }
        self.within = !ends;
        Ok(Some(Piece { starts, ends }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, PIECE_OCTETS_MAX, Piece};

    fn all(text: &[u8]) -> Vec<(Vec<u8>, Piece)> {
        let mut lines = Lines::new(text);
        let mut found = Vec::new();
        while let Some(piece) = lines.next().unwrap() {
            found.push((lines.octets().to_vec(), piece));
        }
        assert_eq!(lines.read(), text.len() as u64);
        found
    }

    #[test]
    fn lines_end_with_lf_or_crlf_or_the_file() {
        let whole = Piece { starts: true, ends: true };
        let open = Piece { starts: true, ends: false };
        assert_eq!(
            all(b"a\r\n\nb\rc\nd"),
            [
                (b"a".to_vec(), whole),
                (b"".to_vec(), whole),
                (b"b\rc".to_vec(), whole),
                (b"d".to_vec(), open)
            ]
        );
    }

    #[test]
    fn long_lines_come_in_pieces_and_keep_their_ends() {
        let length = PIECE_OCTETS_MAX as usize;
        let mut text = vec![b'x'; length - 1];
        text.extend_from_slice(b"\r\nnext\n");
        let found = all(&text);
        assert_eq!(found[0].1, Piece { starts: true, ends: true });
        assert_eq!(found[0].0.len(), length - 1);
        assert_eq!(found[1].0, b"next");
        let found = all(&vec![b'x'; length * 2 + 5]);
        assert_eq!(found.len(), 3);
        assert_eq!(found[2].1, Piece { starts: false, ends: false });
    }
}
