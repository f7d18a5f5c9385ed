//! The arguments of a command line, taken one after the other (RFC 1939, 3).

use crate::MessageNumber;

/// What is left of a line behind the keyword.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args<'a> {
    rest: &'a [u8],
}

/// The arguments are not what the command takes. The usage of the command says what would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wrong;

impl<'a> Args<'a> {
    /// Takes what follows the keyword, with the space between them.
    pub(crate) fn new(rest: &'a [u8]) -> Args<'a> {
        Args { rest }
    }

    /// Takes one word. Several spaces before it are forgiven.
    pub(crate) fn word(&mut self) -> Result<&'a [u8], Wrong> {
        let text = self.rest.trim_ascii_start();
        let end = memchr::memchr(b' ', text).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end).ok_or(Wrong)?;
        self.rest = rest;
        if word.is_empty() { Err(Wrong) } else { Ok(word) }
    }

    /// Takes one word if there is one.
    pub(crate) fn optional(&mut self) -> Option<&'a [u8]> {
        self.word().ok()
    }

    /// Takes a message number. One that is too large for any message is still a number: there is no such message.
    pub(crate) fn message(&mut self) -> Result<MessageNumber, Wrong> {
        let number = number(self.word()?)?;
        MessageNumber::new(u32::try_from(number).unwrap_or(u32::MAX)).ok_or(Wrong)
    }

    /// Takes a message number if one is there.
    pub(crate) fn optional_message(&mut self) -> Result<Option<MessageNumber>, Wrong> {
        if self.rest.trim_ascii_start().is_empty() { Ok(None) } else { self.message().map(Some) }
    }

    /// Takes a count; one that is too large counts as the largest.
    pub(crate) fn count(&mut self) -> Result<u64, Wrong> {
        number(self.word()?)
    }

    /// Takes all that is left behind one space, further spaces included (RFC 1939, 7, on PASS).
    pub(crate) fn text(self) -> Result<&'a [u8], Wrong> {
        let text = self.rest.strip_prefix(b" ").ok_or(Wrong)?;
        if text.is_empty() { Err(Wrong) } else { Ok(text) }
    }

    /// Nothing may be left. Trailing spaces are forgiven: old programs send `LIST ` and `UIDL `.
    pub(crate) fn end(self) -> Result<(), Wrong> {
        if self.rest.trim_ascii().is_empty() { Ok(()) } else { Err(Wrong) }
    }
}

/// Reads a decimal number of any length; beyond `u64` it is the largest.
pub(crate) fn number(word: &[u8]) -> Result<u64, Wrong> {
    if word.is_empty() {
        return Err(Wrong);
    }
    word.iter().try_fold(0u64, |number, octet| {
        let digit = octet.checked_sub(b'0').filter(|digit| *digit < 10).ok_or(Wrong)?;
        Ok(number.saturating_mul(10).saturating_add(u64::from(digit)))
    })
}

#[cfg(test)]
mod tests {
    use super::{Args, Wrong, number};
    use crate::MessageNumber;

    #[test]
    fn numbers_never_overflow_and_take_only_digits() {
        assert_eq!(number(b"0"), Ok(0));
        assert_eq!(number(b"007"), Ok(7));
        assert_eq!(number(b"99999999999999999999999"), Ok(u64::MAX));
        for bad in [&b""[..], b"-1", b"+1", b"1x", b"1.0", b"\xd9\xa1"] {
            assert_eq!(number(bad), Err(Wrong), "{bad:?}");
        }
    }

    #[test]
    fn message_numbers_begin_at_one() {
        let message = |text: &'static [u8]| Args::new(text).message();
        assert_eq!(message(b" 1"), Ok(MessageNumber::new(1).unwrap()));
        assert_eq!(message(b" 99999999999"), Ok(MessageNumber::new(u32::MAX).unwrap()));
        assert_eq!(message(b" 0"), Err(Wrong));
        assert_eq!(message(b" 000"), Err(Wrong));
    }

    #[test]
    fn text_keeps_its_spaces() {
        assert_eq!(Args::new(b"  a b ").text(), Ok(&b" a b "[..]));
        assert_eq!(Args::new(b"").text(), Err(Wrong));
        assert_eq!(Args::new(b" ").text(), Err(Wrong));
    }
}
