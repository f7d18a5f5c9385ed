//! Lines in a text that begin with `From `, which an mbox quotes with `>`. Both ways work on pieces of any length, and
//! hold nothing: in front of or behind the other `>` is the same.

use std::io;

use memchr::memchr;

const FROM: &[u8] = b"From ";

/// How a program quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// `From ` and what is quoted already (mboxrd).
    #[default]
    Every,
    /// `From ` alone (mboxo, mboxcl).
    Once,
    /// Nothing (mboxcl2).
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// At the beginning of a line, or behind so many `>`, the last of which is held back when quotes are taken away.
    Quotes(u64),
    /// Behind some of the letters of `From `, and so many `>` before them.
    From(usize, u64),
    /// Behind that.
    Rest,
}

/// Quotes the lines of a text (mboxrd). Lines end with LF.
pub(crate) struct Quoter(At);

impl Quoter {
    pub(crate) fn new() -> Quoter {
        Quoter(At::Quotes(0))
    }

    pub(crate) fn write(&mut self, octets: &[u8], to: &mut impl io::Write) -> io::Result<()> {
        let mut rest = octets;
        while let Some((octet, after)) = rest.split_first() {
            match self.0 {
                At::Rest => {
                    let length = memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
                    let (line, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
                    to.write_all(line)?;
                    if line.ends_with(b"\n") {
                        self.0 = At::Quotes(0);
                    }
                    rest = after;
                    continue;
                }
                At::Quotes(count) if *octet == b'>' => {
                    to.write_all(b">")?;
                    self.0 = At::Quotes(count.saturating_add(1));
                }
                At::Quotes(count) if *octet == b'F' => self.0 = At::From(1, count),
                At::Quotes(_) => {
                    self.0 = At::Rest;
                    continue;
                }
                At::From(held, count) if FROM.get(held) == Some(octet) => {
                    let held = held.saturating_add(1);
                    self.0 = At::From(held, count);
                    if held == FROM.len() {
                        to.write_all(b">From ")?;
                        self.0 = At::Rest;
                    }
                }
                At::From(..) => {
                    self.flush(to)?;
                    continue;
                }
            }
            rest = after;
        }
        Ok(())
    }

    /// Writes what is held back.
    pub(crate) fn flush(&mut self, to: &mut impl io::Write) -> io::Result<()> {
        if let At::From(held, _) = std::mem::replace(&mut self.0, At::Rest) {
            to.write_all(FROM.get(..held).unwrap_or_default())?;
        }
        Ok(())
    }
}

/// Takes the quotes away again.
pub(crate) struct Unquoter(At);

impl Unquoter {
    pub(crate) fn new() -> Unquoter {
        Unquoter(At::Rest)
    }

    /// Takes a piece of a line, without line end.
    pub(crate) fn write(&mut self, piece: &[u8], starts: bool, quoting: Quoting, to: &mut Vec<u8>) {
        if starts {
            self.0 = At::Quotes(0);
        }
        let mut rest = piece;
        while let Some((octet, after)) = rest.split_first() {
            match self.0 {
                At::Quotes(count) if *octet == b'>' && quoting != Quoting::Nothing => {
                    if count > 0 {
                        to.push(b'>');
                    }
                    self.0 = At::Quotes(count.saturating_add(1));
                }
                At::Quotes(count) if *octet == b'F' && count > 0 => self.0 = At::From(1, count),
                At::From(held, count) if FROM.get(held) == Some(octet) => {
                    let held = held.saturating_add(1);
                    self.0 = At::From(held, count);
                    if held == FROM.len() {
                        if quoting == Quoting::Once && count > 1 {
                            to.push(b'>');
                        }
                        to.extend_from_slice(FROM);
                        self.0 = At::Rest;
                    }
                }
                At::Quotes(_) | At::From(..) => {
                    self.flush(to);
                    continue;
                }
                At::Rest => {
                    to.extend_from_slice(rest);
                    return;
                }
            }
            rest = after;
        }
    }

    /// Gives what is held back: the line is at its end.
    pub(crate) fn flush(&mut self, to: &mut Vec<u8>) {
        match std::mem::replace(&mut self.0, At::Rest) {
            At::Quotes(0) | At::Rest => {}
            At::Quotes(_) => to.push(b'>'),
            At::From(held, count) => {
                if count > 0 {
                    to.push(b'>');
                }
                to.extend_from_slice(FROM.get(..held).unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Quoter, Quoting, Unquoter};

    fn quoted(text: &[u8], step: usize) -> Vec<u8> {
        let mut to = Vec::new();
        let mut quoter = Quoter::new();
        text.chunks(step).for_each(|piece| quoter.write(piece, &mut to).unwrap());
        quoter.flush(&mut to).unwrap();
        to
    }

    fn unquoted(line: &str, step: usize, quoting: Quoting) -> String {
        let mut to = Vec::new();
        let mut unquoter = Unquoter::new();
        for (index, piece) in line.as_bytes().chunks(step).enumerate() {
            unquoter.write(piece, index == 0, quoting, &mut to);
        }
        unquoter.flush(&mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn quotes_come_and_go_one_by_one_however_the_text_is_cut() {
        let lines = [
            "From x",
            ">From x",
            ">>>From x",
            "> From x",
            "Fro",
            "Frome",
            ">>",
            ">F",
            "From ",
            "x",
            ">From",
            " From x",
            "FFrom x",
            "",
        ];
        let text = lines.join("\n");
        let want = [
            ">From x",
            ">>From x",
            ">>>>From x",
            "> From x",
            "Fro",
            "Frome",
            ">>",
            ">F",
            ">From ",
            "x",
            ">From",
            " From x",
            "FFrom x",
            "",
        ];
        for step in 1..=8 {
            assert_eq!(String::from_utf8(quoted(text.as_bytes(), step)).unwrap(), want.join("\n"));
            for (line, quoted) in lines.iter().zip(want) {
                assert_eq!(unquoted(quoted, step, Quoting::Every), *line);
                assert_eq!(unquoted(quoted, step, Quoting::Nothing), quoted);
            }
            assert_eq!(unquoted(">From x", step, Quoting::Once), "From x");
            assert_eq!(unquoted(">>From x", step, Quoting::Once), ">>From x");
        }
    }
}
