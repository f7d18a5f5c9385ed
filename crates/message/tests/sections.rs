//! Sections, part table and outline, by example (RFC 9051, 6.4.5.1 and 7.5.2).
#![allow(missing_docs, reason = "tests")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests may be blunt"
)]

use message::{Kind, Outline, Section};

/// The example of RFC 9051, 6.4.5.1, shape for shape.
const COMPLEX: &str = "From: a@b\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\npreamble\r\n\
--o\r\n\r\nplain one\r\n\
--o\r\nContent-Type: application/octet-stream\r\n\r\nbinary two\r\n\
--o\r\nContent-Type: message/rfc822\r\n\r\n\
Subject: three\r\nContent-Type: multipart/mixed; boundary=t\r\n\r\n\
--t\r\n\r\nthree one\r\n\
--t\r\nContent-Type: application/octet-stream\r\n\r\nthree two\r\n--t--\r\n\
--o\r\nContent-Type: multipart/mixed; boundary=f\r\n\r\n\
--f\r\nContent-Type: image/gif\r\n\r\nfour one\r\n\
--f\r\nContent-Type: message/rfc822\r\n\r\n\
Subject: four two\r\nContent-Type: multipart/mixed; boundary=g\r\n\r\n\
--g\r\n\r\nfour two one\r\n\
--g\r\nContent-Type: multipart/alternative; boundary=h\r\n\r\n\
--h\r\n\r\nfour two two one\r\n\
--h\r\nContent-Type: text/richtext\r\n\r\nfour two two two\r\n--h--\r\n--g--\r\n--f--\r\n--o--\r\nepilogue\r\n";

fn cut(message: &str, numbers: &[u32], section: Section) -> Option<String> {
    let outline = Outline::of(message.as_bytes());
    let range = outline.section(numbers, section)?;
    Some(message[range.start as usize..range.end as usize].to_owned())
}

#[test]
fn every_specifier_of_the_standards_example_finds_its_octets() {
    let outline = Outline::of(COMPLEX.as_bytes());
    let body = |numbers: &[u32]| cut(COMPLEX, numbers, Section::Whole);
    for (numbers, want) in [
        (&[1][..], "plain one"),
        (&[2], "binary two"),
        (&[3, 1], "three one"),
        (&[3, 2], "three two"),
        (&[4, 1], "four one"),
        (&[4, 2, 1], "four two one"),
        (&[4, 2, 2, 1], "four two two one"),
        (&[4, 2, 2, 2], "four two two two"),
    ] {
        assert_eq!(body(numbers).as_deref(), Some(want), "{numbers:?}");
    }
    let header = cut(COMPLEX, &[3], Section::Header).unwrap();
    assert_eq!(header, "Subject: three\r\nContent-Type: multipart/mixed; boundary=t\r\n\r\n");
    assert!(cut(COMPLEX, &[3], Section::Text).unwrap().starts_with("--t\r\n"));
    assert_eq!(cut(COMPLEX, &[4, 1], Section::Mime).unwrap(), "Content-Type: image/gif\r\n\r\n");
    assert_eq!(cut(COMPLEX, &[1], Section::Mime).unwrap(), "\r\n");
    assert_eq!(cut(COMPLEX, &[], Section::Whole).unwrap(), COMPLEX);
    let header = cut(COMPLEX, &[], Section::Header).unwrap();
    assert_eq!(format!("{header}{}", cut(COMPLEX, &[], Section::Text).unwrap()), COMPLEX);
    for numbers in [&[0][..], &[5], &[1, 1], &[3, 3], &[3, 0], &[4, 2, 2, 3], &[4, 1, 1]] {
        assert_eq!(body(numbers), None, "{numbers:?}");
    }
    assert_eq!(cut(COMPLEX, &[1], Section::Header), None);
    assert_eq!(cut(COMPLEX, &[], Section::Mime), None);
    let kinds: Vec<Kind> = outline.parts().map(|part| part.kind).collect();
    use Kind::{Basic as B, Message as M, Multipart as P, Text as T};
    assert_eq!(kinds, [P, T, B, M, P, T, B, P, B, M, P, T, P, T, T]);
}

#[test]
fn a_message_cut_anywhere_has_the_same_outline() {
    let whole = Outline::of(COMPLEX.as_bytes());
    for at in 0..=COMPLEX.len() {
        let mut scanner = message::Scanner::new();
        scanner.push(&COMPLEX.as_bytes()[..at]);
        scanner.push(&COMPLEX.as_bytes()[at..]);
        assert_eq!(scanner.finish(), whole, "cut at {at}");
    }
    let mut scanner = message::Scanner::new();
    COMPLEX.as_bytes().chunks(1).for_each(|octet| scanner.push(octet));
    assert_eq!(scanner.finish(), whole);
}

#[test]
fn a_stored_outline_reads_back() {
    let outline = Outline::of(COMPLEX.as_bytes());
    let octets = outline.encode();
    assert_eq!(Outline::decode(&octets).unwrap(), outline);
    for end in 0..octets.len() {
        assert!(Outline::decode(&octets[..end]).is_none());
    }
}
