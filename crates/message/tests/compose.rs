//! What is composed reads back, and keeps the rules of the wire (RFC 5322, 2045, 2047, 2231).
#![allow(missing_docs, reason = "tests")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests may be blunt"
)]

use message::{
    Attached, Composer, Encoder, Encoding, Group, Header, Kind, Leaf, Nature, Outline,
    decode_transfer, decode_words, find, format_date_in, part_text,
};
use proptest::prelude::*;

fn check_lines(mail: &[u8], most: usize) {
    for line in mail.split_inclusive(|octet| *octet == b'\n') {
        assert!(
            line.ends_with(b"\r\n") && !line[..line.len() - 2].contains(&b'\r'),
            "{}",
            line.escape_ascii()
        );
        assert!(line.len() <= most + 2, "{}", line.escape_ascii());
    }
}

#[test]
fn a_plain_message_is_plain() {
    let mail = Composer::new()
        .raw("Date", "Tue, 1 Jul 2025 10:00:00 +0000")
        .addresses("From", &[("Ana", "ana@example.com")])
        .addresses("To", &[("", "bob@example.org"), ("Souza, C.", "c@example.org")])
        .text("Subject", "Hello")
        .single(&Leaf::text("Hello\nBob\n"));
    let want = "Date: Tue, 1 Jul 2025 10:00:00 +0000\r\nFrom: Ana <ana@example.com>\r\n\
        To: bob@example.org, \"Souza, C.\" <c@example.org>\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\nBob\r\n";
    assert_eq!(String::from_utf8(mail).unwrap(), want);
}

#[test]
fn header_text_is_encoded_folded_and_read_back() {
    let long = "word ".repeat(60);
    let unbroken = "x".repeat(3000);
    for text in [
        "",
        "plain",
        "café",
        "日本語のとても長い件名".repeat(9).as_str(),
        long.trim(),
        &unbroken,
        "a =?b?= c",
        "Grüße an alle, die noch immer lange Betreffzeilen lesen, und das sind nicht wenige",
        "=_?",
        "tab\tand\0control",
    ] {
        let mail = Composer::new()
            .text("Subject", text)
            .addresses("From", &[(text, "a@b")])
            .raw("X-End", "end")
            .single(&Leaf::text("x"));
        let header =
            mail.split(|octet| *octet == b'\n').filter(|line| line.starts_with(b"X-")).count();
        assert_eq!(header, 1);
        let subject = decode_words(find(&mail, "Subject").unwrap().value);
        assert_eq!(subject, text.replace(['\t', '\0'], " "), "{text}");
        if !text.contains("xxxx") {
            for line in mail.split(|octet| *octet == b'\n') {
                assert!(line.len() <= 79, "{}", line.escape_ascii());
            }
        }
        let outline = Outline::of(&mail);
        let from: Vec<_> = outline.envelope().from.iter().collect();
        assert_eq!(from.len(), 1);
        assert_eq!((from[0].mailbox, from[0].host), (Some(&b"a"[..]), Some(&b"b"[..])));
        assert_eq!(decode_words(from[0].name.unwrap_or_default()), text.replace(['\t', '\0'], " "));
    }
}

#[test]
fn nobody_can_add_fields() {
    let evil = "x\r\nBcc: evil@example.com\r\n\r\nbody";
    let mail = Composer::new()
        .text("Subject", evil)
        .raw("X-Raw\r\nBcc: a", evil)
        .addresses("To", &[(evil, evil), (evil, "a@b")])
        .single(&Leaf::new(evil, vec![]).file(Attached::Inline, evil).raw(evil, evil));
    assert!(find(&mail, "Bcc").is_none());
    check_lines(&mail, 998);
}

#[test]
fn several_parts_read_back() {
    let octets: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let mail = Composer::new().text("Subject", "files").multipart(
        "multipart/mixed",
        "=_b \"1\"",
        &[
            Leaf::text("Olá\n.\nFrom here \nx = y\t"),
            Leaf::new("application/octet-stream", octets.clone())
                .file(Attached::Attachment, "a \"b\".bin"),
            Leaf::new("image/gif", b"GIF".to_vec())
                .file(Attached::Inline, "relatório (final).gif")
                .raw("Content-ID", "<i@d>"),
        ],
    );
    check_lines(&mail, 78);
    let outline = Outline::of(&mail);
    let parts: Vec<_> = outline.parts().collect();
    assert_eq!(parts.len(), 4);
    assert_eq!(part_text(&parts[1], &mail), "Olá\r\n.\r\nFrom here \r\nx = y\t");
    let body = &mail[usize::try_from(parts[2].body.start).unwrap()
        ..usize::try_from(parts[2].body.end).unwrap()];
    assert_eq!(message::decode_transfer(parts[2].encoding, body).unwrap(), octets);
    assert_eq!(parts[2].file_name().as_deref(), Some("a \"b\".bin"));
    assert_eq!(parts[3].file_name().as_deref(), Some("relatório (final).gif"));
    assert_eq!(parts[3].id, Some(&b"<i@d>"[..]));
    assert!(parts[2].is_attachment() && !parts[3].is_attachment());
}

#[test]
fn a_delivery_status_notification_has_its_three_parts() {
    let mail = Composer::new().raw("Auto-Submitted", "auto-replied").multipart(
        "multipart/report; report-type=delivery-status",
        "b",
        &[
            Leaf::text("It did not get there.\n"),
            Leaf::new(
                "message/delivery-status",
                b"Reporting-MTA: dns; x\n\nAction: failed\n".to_vec(),
            ),
            Leaf::new("message/rfc822", b"Subject: caf\xc3\xa9\n\nbody\n".to_vec()),
        ],
    );
    let outline = Outline::of(&mail);
    let kinds: Vec<Kind> = outline.parts().map(|part| part.kind).collect();
    assert_eq!(kinds, [Kind::Multipart, Kind::Text, Kind::Basic, Kind::Message, Kind::Text]);
    let parts: Vec<_> = outline.parts().collect();
    assert_eq!(parts[0].parameters.find("report-type"), Some(&b"delivery-status"[..]));
    assert_eq!(parts[3].encoding, b"8bit");
    assert_eq!(parts[3].envelope.unwrap().subject, Some("café".as_bytes()));
    check_lines(&mail, 78);
}

/// Octets with line ends, spaces and dots of all sorts among them.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[a-zA-Z=. ]{0,90}".prop_map(String::into_bytes),
        2 => prop::sample::select(vec!["\r\n", "\n", "\r", " ", "\t", "From ", ".", "\r\r\n"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..9),
        1 => Just("日".as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn octets_are_encoded_and_decoded_in_any_pieces(octets in octets(), at in 0_usize..300) {
        let (front, back) = octets.split_at(at.min(octets.len()));
        for encoding in [Encoding::QuotedPrintable, Encoding::Base64] {
            let mut encoder = Encoder::new(encoding);
            let mut encoded = Vec::new();
            encoder.push(front, &mut encoded);
            encoder.push(back, &mut encoded);
            encoder.finish(&mut encoded);
            prop_assert_eq!(&Encoder::new(encoding).encode(&octets), &encoded);
            let decoded = decode_transfer(encoding.name().as_bytes(), &encoded).unwrap();
            prop_assert_eq!(&*decoded, &octets[..]);
            for line in encoded.split(|octet| *octet == b'\n') {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                prop_assert!(line.len() <= 76 && !line.contains(&b'\r'));
                prop_assert!(!line.starts_with(b".") && !line.starts_with(b"From "));
                prop_assert!(!line.ends_with(b" ") && !line.ends_with(b"\t"));
            }
        }
    }

    #[test]
    fn the_nature_of_octets_is_found_in_any_pieces(octets in octets(), at in 0_usize..300) {
        let mut nature = Nature::default();
        let (front, back) = octets.split_at(at.min(octets.len()));
        nature.push(front);
        nature.push(back);
        prop_assert_eq!(nature.is_ascii(), octets.is_ascii());
        prop_assert_eq!(nature.is_utf8(), std::str::from_utf8(&octets).is_ok());
        prop_assert_eq!(nature.octets(), u64::try_from(octets.len()).unwrap());
        let text = Encoder::new(nature.of_text()).encode(&octets);
        let read = decode_transfer(nature.of_text().name().as_bytes(), &text).unwrap();
        prop_assert_eq!(&*read, &octets[..]);
    }
}

#[test]
fn messages_are_not_encoded_but_their_line_ends_are_mended() {
    let sent = |octets: &[u8]| {
        let encoding = Nature::of(octets).of_message()?;
        Some((encoding, Encoder::new(encoding).encode(octets)))
    };
    let want = |encoding, text: &str| Some((encoding, text.as_bytes().to_vec()));
    assert_eq!(sent(b"A: b\n\nc\rd\r\n"), want(Encoding::SevenBit, "A: b\r\n\r\nc\r\nd\r\n"));
    assert_eq!(sent("A: é\r\n".as_bytes()), want(Encoding::EightBit, "A: é\r\n"));
    assert_eq!(sent(b"A: b\0"), None);
    assert_eq!(sent(&[b'x'; 999]), None);
    assert!(sent(&[b'x'; 998]).is_some());
}

#[test]
fn groups_parameters_and_fields_as_they_are_are_read_back() {
    let mut header = Header::default();
    let group =
        |name, members: &[(&'static str, &'static str)]| Group { name, members: members.to_vec() };
    header.addresses(
        "To",
        &[
            group(Some("Café: nós"), &[("Ana", "ana@x"), ("", "bob@x")]),
            group(None, &[("", "c@x")]),
            group(Some("None"), &[]),
        ],
    );
    let long = "relatório  ".repeat(30);
    header.parameters("Content-Disposition", "attachment", &[("filename", &long), ("size", "7")]);
    header.verbatim("X-Folded", " a\r\n\tb").unwrap();
    for wrong in ["a\r\nb", "a\r\n \r\n b", "a\nb", "é", "\0", "\r", " x\r\n", &"x".repeat(991)] {
        assert!(header.verbatim("X-Wrong", wrong).is_err(), "{wrong:?}");
    }
    assert!(header.verbatim("X:Y", "a").is_err() && header.verbatim("", "a").is_err());
    let mail = format!("{}\r\n", header.as_str());
    check_lines(mail.as_bytes(), 78);
    assert_eq!(find(mail.as_bytes(), "X-Folded").unwrap().value, b" a\r\n\tb");
    assert!(find(mail.as_bytes(), "X-Wrong").is_none());
    let outline = Outline::of(mail.as_bytes());
    let marks: Vec<_> = outline.envelope().to.iter().map(|it| it.mailbox.unwrap_or(b";")).collect();
    let marks: Vec<String> = marks.into_iter().map(decode_words).collect();
    assert_eq!(marks, ["Café: nós", "ana", "bob", ";", "c", "None", ";"]);
    let root = outline.root().unwrap();
    assert_eq!(root.file_name().as_deref(), Some(&*long));
    assert_eq!(root.disposition.unwrap().parameters.find("size"), Some(&b"7"[..]));
}

#[test]
fn dates_are_told_by_the_sender_s_clock() {
    assert_eq!(format_date_in(1_531_184_591, 36_000), "Tue, 10 Jul 2018 11:03:11 +1000");
    assert_eq!(format_date_in(0, -12_600), "Wed, 31 Dec 1969 20:30:00 -0330");
    assert_eq!(format_date_in(0, 1), "Thu, 1 Jan 1970 00:00:00 +0000");
}
