//! What is composed reads back, and keeps the rules of the wire (RFC 5322, 2045, 2047, 2231).
#![allow(missing_docs, reason = "tests")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests may be blunt"
)]

use message::{Attached, Composer, Kind, Leaf, Outline, decode_words, find, part_text};

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
