//! A multi-line reply on its way in: undoes the doubling of dots and finds the end (RFC 1939, 3).

use bytes::BytesMut;

/// Takes a multi-line reply apart. Strict: only `CRLF . CRLF` ends it, or a server that passes on a message with bare
/// LF could be made to say things it never said.
pub(crate) struct Unstuffer {
    position: Position,
}

enum Position {
    LineStart,
    Inside,
    Ended,
}

/// What the octets at hand amount to.
pub(crate) enum Piece {
    /// Octets of the content.
    Octets(BytesMut),
    /// More octets are needed.
    More,
    /// The content is over; what is left belongs to the next reply.
    End,
}

impl Unstuffer {
    /// Begins behind the first line of the reply.
    pub(crate) fn new() -> Unstuffer {
        Unstuffer { position: Position::LineStart }
    }

    /// Takes what it can from the beginning of `input`.
    pub(crate) fn take(&mut self, input: &mut BytesMut) -> Piece {
        match self.position {
            Position::Ended => return Piece::End,
            Position::LineStart => match input.as_ref() {
                [] | [b'.'] | [b'.', b'\r'] => return Piece::More,
                [b'.', b'\r', b'\n', ..] => {
                    drop(input.split_to(3));
                    self.position = Position::Ended;
                    return Piece::End;
                }
                [b'.', ..] => drop(input.split_to(1)),
                [_, ..] => {}
            },
            Position::Inside => {}
        }
        self.position = Position::Inside;
        let end = match memchr::memmem::find(input, b"\r\n.") {
            Some(at) => {
                self.position = Position::LineStart;
                at.saturating_add(2)
            }
            None if input.ends_with(b"\r\n") => {
                self.position = Position::LineStart;
                input.len()
            }
            // Whether this CR ends a line is seen with the next octet.
            None if input.ends_with(b"\r") => input.len().saturating_sub(1),
            None => input.len(),
        };
        if end == 0 { Piece::More } else { Piece::Octets(input.split_to(end)) }
    }
}

/// Unstuffs a whole reply: the content, and how many octets it took.
#[cfg(test)]
pub(crate) fn all(reply: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut unstuffer, mut input) = (Unstuffer::new(), BytesMut::from(reply));
    let mut content = Vec::new();
    loop {
        match unstuffer.take(&mut input) {
            Piece::Octets(octets) => content.extend_from_slice(&octets),
            Piece::More => return None,
            Piece::End => return Some((content, reply.len() - input.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::{Piece, Unstuffer, all};

    #[test]
    fn the_end_is_found_and_dots_are_undone() {
        for (reply, want, taken) in [
            (&b".\r\n+OK"[..], &b""[..], 3),
            (b"a\r\n.\r\n.\r\n", b"a\r\n", 6),
            (b"..\r\n...a\r\n.\r\n", b".\r\n..a\r\n", 13),
            (b"a\n.\nb\n.\r\nc\r\n.\r\n", b"a\n.\nb\n.\r\nc\r\n", 15),
            (b"a\r.\r\n.\r\n", b"a\r.\r\n", 8),
            (b"\r\r\n.\r\n", b"\r\r\n", 6),
        ] {
            assert_eq!(all(reply), Some((want.to_vec(), taken)));
        }
        assert_eq!(all(b"a\r\n."), None);
        assert_eq!(all(b"a\r\n.\r"), None);
    }

    #[test]
    fn octet_by_octet_gives_the_same() {
        let reply = b"a\r\n..b\r\r\n\r\n.\r\nrest";
        let (mut unstuffer, mut input, mut content) =
            (Unstuffer::new(), BytesMut::new(), Vec::new());
        for octet in reply {
            input.extend_from_slice(&[*octet]);
            loop {
                match unstuffer.take(&mut input) {
                    Piece::Octets(octets) => content.extend_from_slice(&octets),
                    Piece::More => break,
                    Piece::End => {
                        assert_eq!(content, b"a\r\n.b\r\r\n\r\n");
                        return;
                    }
                }
            }
        }
        panic!("the end was not found");
    }
}
