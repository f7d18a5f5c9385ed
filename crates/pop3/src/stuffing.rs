//! A message on its way to the client: lines end with CRLF, and a dot at the beginning of a line is doubled
//! (RFC 1939, 3).
//!
//! A stored message may hold bare LF, or lack its last line end: APPEND and import keep what they are given. It cannot
//! be sent as it is: programs that read line by line take `LF . CRLF` for the end of the message, others do not, and
//! what follows would be read as a reply. RFC 1939, 11 has the way out: a server counts each line end as two octets
//! and sends it as two. So a bare LF goes out as CRLF and a last line gets its line end. A bare CR ends a line for no
//! client and is left as it is.

/// Stuffs one message, piece by piece. The pieces may be cut anywhere.
pub(crate) struct Stuffer {
    line_ends: LineEnds,
    /// The last octet of the pieces so far.
    last: Option<u8>,
}

/// What is known of the line ends of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// All are CRLF, the last one too: what came over SMTP, and nearly everything else. Only dots are looked for.
    Even,
    /// They may be anything.
    Any,
}

impl Stuffer {
    /// Begins a message.
    pub(crate) fn new(line_ends: LineEnds) -> Stuffer {
        Stuffer { line_ends, last: None }
    }

    /// Takes a piece and appends what is to be sent.
    pub(crate) fn take(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        out.reserve(piece.len().saturating_add(ROOM_OCTETS));
        if self.last.is_none_or(|last| last == b'\n') && piece.first() == Some(&b'.') {
            out.push(b'.');
        }
        match self.line_ends {
            LineEnds::Even => stuff_dots(piece, out),
            LineEnds::Any => self.stuff(piece, out),
        }
        self.last = piece.last().copied().or(self.last);
    }

    fn stuff(&self, piece: &[u8], out: &mut Vec<u8>) {
        // Copied in long runs: most messages have neither bare LF nor dots at the beginning of lines.
        let mut copied = 0;
        for at in memchr::memchr_iter(b'\n', piece) {
            let next = at.saturating_add(1);
            let before = match at.checked_sub(1) {
                Some(before) => piece.get(before).copied(),
                None => self.last,
            };
            if before != Some(b'\r') {
                out.extend_from_slice(piece.get(copied..at).unwrap_or_default());
                out.extend_from_slice(b"\r\n");
                copied = next;
            }
            if piece.get(next) == Some(&b'.') {
                out.extend_from_slice(piece.get(copied..next).unwrap_or_default());
                out.push(b'.');
                copied = next;
            }
        }
        out.extend_from_slice(piece.get(copied..).unwrap_or_default());
    }

    /// Ends the message: its last line end, and the line with the dot.
    pub(crate) fn end(self, out: &mut Vec<u8>) {
        match self.last {
            None | Some(b'\n') => {}
            Some(b'\r') => out.push(b'\n'),
            Some(_) => out.extend_from_slice(b"\r\n"),
        }
        out.extend_from_slice(b".\r\n");
    }
}

/// How many octets are kept free for what comes before and behind a piece.
const ROOM_OCTETS: usize = 256;

/// Doubles the dots at the beginning of lines, and copies all else in one go as far as there are none.
fn stuff_dots(piece: &[u8], out: &mut Vec<u8>) {
    let mut copied = 0;
    for at in memchr::memmem::find_iter(piece, b"\n.") {
        let dot = at.saturating_add(1);
        out.extend_from_slice(piece.get(copied..dot).unwrap_or_default());
        out.push(b'.');
        copied = dot;
    }
    out.extend_from_slice(piece.get(copied..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LineEnds, Stuffer};
    use crate::unstuffing::all;

    fn stuffed(pieces: &[&[u8]]) -> String {
        let any = stuffed_as(LineEnds::Any, pieces);
        let message = pieces.concat();
        let lines = message.split_inclusive(|octet| *octet == b'\n');
        if lines.into_iter().all(|line| line.ends_with(b"\r\n")) {
            assert_eq!(any, stuffed_as(LineEnds::Even, pieces));
        }
        any
    }

    fn stuffed_as(line_ends: LineEnds, pieces: &[&[u8]]) -> String {
        let (mut stuffer, mut out) = (Stuffer::new(line_ends), Vec::new());
        pieces.iter().for_each(|piece| stuffer.take(piece, &mut out));
        stuffer.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_made_fit_to_be_sent() {
        for (message, want) in [
            ("", ".\r\n"),
            ("a\r\nb\r\n", "a\r\nb\r\n.\r\n"),
            (".\r\n", "..\r\n.\r\n"),
            ("..a\r\n.\r\n", "...a\r\n..\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r", "a\r\n.\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\n.\r\nb\n", "a\r\n..\r\nb\r\n.\r\n"),
            ("\n\n.", "\r\n\r\n..\r\n.\r\n"),
            ("a\r.\r\n", "a\r.\r\n.\r\n"),
            ("a\r\r\n.b", "a\r\r\n..b\r\n.\r\n"),
        ] {
            assert_eq!(stuffed(&[message.as_bytes()]), want, "{message:?}");
            for at in 0..=message.len() {
                let (one, two) = message.as_bytes().split_at(at);
                assert_eq!(stuffed(&[one, two]), want, "{message:?} cut at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_client_gets_the_lines_and_one_end_however_it_is_cut(
            message in prop_oneof!["[a.\r\n]{0,40}", "([a.\r]{0,6}\r\n){0,9}"], cut in 0usize..40,
        ) {
            let (one, two) = message.as_bytes().split_at(cut.min(message.len()));
            let sent = stuffed(&[one, two]);
            let mut want = message.replace("\r\n", "\n").replace('\n', "\r\n");
            if !want.is_empty() && !want.ends_with('\n') {
                want.push_str(if want.ends_with('\r') { "\n" } else { "\r\n" });
            }
            // Ends exactly where it ends, for clients that want CRLF and for those that are content with LF.
            prop_assert_eq!(all(sent.as_bytes()), Some((want.clone().into_bytes(), sent.len())));
            let lines: Vec<&str> = sent.split('\n').map(|line| line.trim_end_matches('\r')).collect();
            prop_assert_eq!(lines.iter().position(|line| *line == "."), Some(lines.len() - 2));
        }
    }
}
