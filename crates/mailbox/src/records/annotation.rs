//! The value of an annotation.

use bytes::Bytes;

use crate::codec::{Input, Output};

const LAYOUT: u8 = 1;

pub(crate) fn write_annotation(value: &[u8]) -> Bytes {
    let mut output = Output::version(LAYOUT);
    output.plain(value);
    output.done()
}

pub(crate) fn read_annotation(value: &[u8]) -> Option<&[u8]> {
    Input::version(value, LAYOUT).map(Input::rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_written() {
        for value in [&b""[..], b"x", b"\0\xff\r\n"] {
            assert_eq!(read_annotation(&write_annotation(value)), Some(value));
        }
        assert_eq!(read_annotation(b""), None);
        assert_eq!(read_annotation(b"\x02x"), None);
    }
}
