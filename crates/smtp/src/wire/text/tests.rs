//! The end of a message, line ends and dots; each input whole and cut at every octet.

use super::{Dots, Flaw, Stuffer, Text, Way};
use crate::LineEnds;

/// What came of an input: the text, whether it ended and how many octets were left, and the flaw.
type Got = (Vec<u8>, Option<usize>, Option<Flaw>);

fn read(pieces: &[&[u8]], line_ends: LineEnds) -> Got {
    let mut text = Text::new(Dots::Stuffed, line_ends);
    let mut output = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let taken = text.take(piece, &mut output);
        if taken.ended {
            let later: usize = pieces[index + 1..].iter().map(|piece| piece.len()).sum();
            return (output, Some(piece.len() - taken.octets + later), text.flaw());
        }
        assert_eq!(taken.octets, piece.len());
    }
    (output, None, text.flaw())
}

/// Reads the input whole, and in two pieces cut at every octet.
fn check(input: &[u8], line_ends: LineEnds) -> Got {
    let whole = read(&[input], line_ends);
    for cut in 0..=input.len() {
        let (head, tail) = input.split_at(cut);
        assert_eq!(read(&[head, tail], line_ends), whole, "{input:?} cut at {cut}");
    }
    let single: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(read(&single, line_ends), whole, "{input:?} octet by octet");
    whole
}

/// The sequences with which one message was smuggled into another (reported for several hosts since 2023).
const SMUGGLED: [&[u8]; 12] = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r\n\0.\r\n",
    b"\r.\r\n",
    b"\r\n.\r\r\n",
    b"\n.\r",
    b"\r.\n",
    b"\r\r\n.\n",
    b"\r\n.\0\r\n",
];

#[test]
fn nothing_but_crlf_dot_crlf_ends_a_message() {
    for sequence in SMUGGLED {
        let input =
            [b"Subject: x\r\n\r\nhello", sequence, b"MAIL FROM:<x@y>\r\n", b"\r\n.\r\nNOOP\r\n"]
                .concat();
        for line_ends in [LineEnds::Strict, LineEnds::Mended] {
            let (_, left, flaw) = check(&input, line_ends);
            assert_eq!(left, Some(6), "{sequence:?} {line_ends:?}");
            let want = if sequence.contains(&0) {
                Some(Flaw::Nul)
            } else {
                (line_ends == LineEnds::Strict).then_some(Flaw::BareLineEnd)
            };
            assert_eq!(flaw, want, "{sequence:?}");
        }
    }
}

#[test]
fn bare_line_ends_are_mended_where_that_is_safe() {
    for (input, want) in [
        (&b"a\nb\r\n.\r\n"[..], &b"a\r\nb\r\n"[..]),
        (b"a\rb\r\n.\r\n", b"a\r\nb\r\n"),
        (b"a\r\rb\r\n.\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\r\r\r\nb\r\n.\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\n.\nb\r\n.\r\n", b"a\r\n.\r\nb\r\n"),
        (b"\n\r\n.\r\n", b"\r\n\r\n"),
        (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\r\nb\r\n"),
    ] {
        let (text, left, flaw) = check(input, LineEnds::Mended);
        assert_eq!((text.as_slice(), left, flaw), (want, Some(0), None), "{input:?}");
    }
}

#[test]
fn cr_cr_lf_is_one_line_end() {
    for line_ends in [LineEnds::Strict, LineEnds::Mended] {
        let (text, left, flaw) = check(b"a\r\r\n\r\r\n..b\r\r\n.\r\n", line_ends);
        assert_eq!((text.as_slice(), left, flaw), (&b"a\r\n\r\n.b\r\n"[..], Some(0), None));
    }
}

#[test]
fn an_octet_of_zero_is_a_flaw() {
    let (text, left, flaw) = check(b"a\r\nb\0c\r\n.\r\n", LineEnds::Mended);
    assert_eq!((text.as_slice(), left, flaw), (&b"a\r\nb"[..], Some(0), Some(Flaw::Nul)));
}

#[test]
fn dots_come_out_as_they_went_in() {
    for (input, want) in [
        (&b".\r\n"[..], &b""[..]),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...\r\n..a\r\n.\r\n", b"..\r\n.a\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"a.\r\n.\r\nQUIT", b"a.\r\n"),
        (b"a\r\n\r\n.\r\n", b"a\r\n\r\n"),
    ] {
        let (text, left, flaw) = check(input, LineEnds::Strict);
        assert_eq!(text, want, "{input:?}");
        assert!(left.is_some() && flaw.is_none(), "{input:?}");
    }
}

#[test]
fn a_line_without_end_is_a_flaw_and_is_not_kept() {
    let mut text = Text::new(Dots::Stuffed, LineEnds::Mended);
    let mut output = Vec::new();
    for _ in 0..1_000 {
        text.take(&[b'x'; 10_000], &mut output);
    }
    assert_eq!(text.flaw(), Some(Flaw::LongLine));
    assert!(output.len() <= 1_048_576);
    assert!(text.take(b"\r\n.\r\n", &mut output).ended);
}

#[test]
fn chunks_have_no_dots() {
    let mut text = Text::new(Dots::Plain, LineEnds::Strict);
    let mut output = Vec::new();
    text.take(b".\r\n..\r\n.\r\nend", &mut output);
    text.finish(&mut output);
    assert_eq!((output.as_slice(), text.flaw()), (&b".\r\n..\r\n.\r\nend"[..], None));
    text = Text::new(Dots::Plain, LineEnds::Strict);
    text.take(b"a\r", &mut output);
    text.finish(&mut output);
    assert_eq!(text.flaw(), Some(Flaw::BareLineEnd));
}

#[test]
fn what_is_stuffed_is_read_back_whole_and_has_one_end() {
    for sequence in
        SMUGGLED.into_iter().chain([&b""[..], b".", b"a", b"\r\n", b"..\r\n.", b"\r\n.\r\n"])
    {
        for start in [&b""[..], b"x", b".", b"x\r\n"] {
            let body = [start, sequence, b".y\r\n"].concat();
            let mut whole = Vec::new();
            let mut stuffer = Stuffer::new();
            stuffer.take(&body, &mut whole);
            stuffer.finish(&mut whole);
            for cut in 0..=body.len() {
                let mut pieces = Vec::new();
                let mut stuffer = Stuffer::new();
                stuffer.take(&body[..cut], &mut pieces);
                stuffer.take(&body[cut..], &mut pieces);
                stuffer.finish(&mut pieces);
                assert_eq!(pieces, whole, "{body:?} cut at {cut}");
            }
            let mut reader = Text { way: Way::Out, ..Text::new(Dots::Stuffed, LineEnds::Strict) };
            let mut text = Vec::new();
            let taken = reader.take(&whole, &mut text);
            assert!(taken.ended && taken.octets == whole.len(), "{body:?}");
            assert_eq!(reader.flaw(), None, "{body:?}");
            let mut mended = Vec::new();
            let mut lines = Text::outgoing();
            lines.take(&body, &mut mended);
            lines.finish(&mut mended);
            if !mended.ends_with(b"\r\n") && !mended.is_empty() {
                mended.extend_from_slice(b"\r\n");
            }
            assert_eq!(text, mended, "{body:?}");
        }
    }
}
