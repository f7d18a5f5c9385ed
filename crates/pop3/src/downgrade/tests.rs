//! Tests of surrogates: what fields become, and what must hold of any message.

use message::Outline;
use proptest::prelude::*;

use super::{Downgrade, InLines};
use crate::limits::FIELD_OCTETS_MAX;

fn downgraded(message: &[u8], piece: usize) -> Vec<u8> {
    let mut downgrade = Downgrade::of(&Outline::of(message));
    let mut out = Vec::new();
    message.chunks(piece).for_each(|piece| downgrade.take(piece, &mut out));
    downgrade.end(&mut out);
    out
}

#[track_caller]
fn check(header: &str, want: &str) {
    let message = format!("{header}\r\n\r\nb\u{f6}dy\r\n");
    let got = String::from_utf8(downgraded(message.as_bytes(), usize::MAX)).unwrap();
    assert_eq!(got.strip_suffix("\r\n\r\nb\u{f6}dy\r\n"), Some(want), "{header}");
}

#[test]
fn text_becomes_encoded_words_and_ascii_stays_to_the_octet() {
    check("Subject:  as \t it is ", "Subject:  as \t it is ");
    check("Subject: Olá, tudo bem?", "Subject: =?utf-8?q?Ol=C3=A1=2C?= tudo bem?");
    check("Subject: não é não", "Subject: =?utf-8?q?n=C3=A3o_=C3=A9_n=C3=A3o?=");
    check("Subject:á", "Subject: =?utf-8?b?w6E=?=");
    check("Subject: 日本語のメール", "Subject: =?utf-8?b?5pel5pys6Kqe44Gu44Oh44O844Or?=");
    check("Subject: =?utf-8?q?a?= é b", "Subject: =?utf-8?q?a?= =?utf-8?q?_=C3=A9?= b");
    check("Subject: é =?utf-8?q?a?=", "Subject: =?utf-8?q?=C3=A9_?= =?utf-8?q?a?=");
    check("X-Any: é\r\n\tand more", "X-Any: =?utf-8?b?w6k=?=\tand more");
    check("Content-Description: ação", "Content-Description: =?utf-8?q?a=C3=A7=C3=A3o?=");
    check("Message-ID: <é@x>", "Downgraded-Message-ID: =?utf-8?q?=3C=C3=A9=40x=3E?=");
}

#[test]
fn long_text_is_folded_at_whole_characters() {
    let header = format!("Subject: {}", "ção ".repeat(40));
    let message = format!("{header}\r\n\r\n");
    let got = String::from_utf8(downgraded(message.as_bytes(), 7)).unwrap();
    assert!(got.lines().all(|line| line.len() <= 76), "{got}");
    let words = got.matches("=?utf-8?").count();
    assert!((4..12).contains(&words), "{got}");
    let outline = Outline::of(got.as_bytes());
    let decoded = message::decode_words(outline.envelope().subject.unwrap());
    assert_eq!(decoded.trim_end(), "ção ".repeat(40).trim_end());
}

#[test]
fn addresses_keep_what_can_be_answered_to() {
    check("From: José <jose@example.org>", "From: =?utf-8?q?Jos=C3=A9?= <jose@example.org>");
    check(
        "To: \"Müller, Jörg\" <j@example.org>, x@example.org (Zoë)",
        "To: =?utf-8?q?M=C3=BCller=2C_J=C3=B6rg?= <j@example.org>, x@example.org\r\n \
         (=?utf-8?q?Zo=C3=AB?=)",
    );
    check("To: jøran@example.org", "To: =?utf-8?q?j=C3=B8ran=40example=2Eorg?= :;");
    check(
        "To: Jøran <jøran@example.org>, ana@example.org",
        "To: =?utf-8?q?J=C3=B8ran?= =?utf-8?q?_j=C3=B8ran=40example=2Eorg?= :;,\r\n ana@example.org",
    );
    check("Cc: Team: José <j@x>, a@x;", "Cc: Team: =?utf-8?q?Jos=C3=A9?= <j@x>, a@x;");
    check("Cc: Team: é@x, a@x;", "Cc: Team =?utf-8?q?=C3=A9=40x=2C_a=40x?= :;");
    check("Cc: Équipe:;", "Cc: =?utf-8?q?=C3=89quipe?= :;");
    check("Return-Path: <é@x>", "Return-Path: =?utf-8?q?=C3=A9=40x?= :;");
}

#[test]
fn parameters_are_extended_and_in_pieces_when_long() {
    check(
        "Content-Disposition: attachment; filename=\"relatório.pdf\"; size=3",
        "Content-Disposition: attachment; filename*=utf-8''relat%C3%B3rio.pdf; size=3",
    );
    check(
        "Content-Type: text/plain; name=é; name*=utf-8''%C3%A9",
        "Content-Type: text/plain; name*=utf-8''%C3%A9",
    );
    check("Content-Type: text/plain; name*1=é", "Content-Type: text/plain; name*1*=%C3%A9");
    let long = "á".repeat(60);
    let message = format!("Content-Disposition: attachment; filename=\"{long}\"\r\n\r\n");
    let got = downgraded(message.as_bytes(), 11);
    assert!(got.split(|octet| *octet == b'\n').all(|line| line.len() <= 78));
    let outline = Outline::of(&got);
    assert_eq!(outline.root().unwrap().file_name(), Some(long));
}

#[test]
fn traces_lose_the_recipient_and_keep_the_rest() {
    check(
        "Received: from a (bär) by b for <é@x> id 5; Sun, 22 Nov 2026 07:00:00 +0000",
        "Received: from a (=?utf-8?q?b=C3=A4r?=) by b id 5; Sun, 22 Nov 2026\r\n 07:00:00 +0000",
    );
    check("Received: by b for <a@x>; é", "Received: by b for <a@x>; =?utf-8?b?w6k=?=");
}

#[test]
fn octets_that_are_not_utf_8_are_shown_as_unknown() {
    let message = b"Subject: caf\xe9 \xc3\xa9\r\n\r\n";
    let want = b"Subject: =?utf-8?q?caf?= =?unknown-8bit?b?6Q==?= =?utf-8?q?_=C3=A9?=\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(&downgraded(message, 3)), String::from_utf8_lossy(want));
}

#[test]
fn parts_and_messages_inside_are_reached() {
    let message = "Content-Type: multipart/mixed; boundary=x\r\n\r\nprämble\r\n--x\r\n\
        Content-Type: text/plain; charset=utf-8; name=ü\r\n\r\nTëxt: é\r\n--x\r\n\
        Content-Type: message/global\r\n\r\nSubject: é\r\n\r\ninnér\r\n--x\r\n\
        Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\nw6k=\r\n--x--\r\n";
    let want = "Content-Type: multipart/mixed; boundary=x\r\n\r\nprämble\r\n--x\r\n\
        Content-Type: text/plain; charset=utf-8; name*=utf-8''%C3%BC\r\n\r\nTëxt: é\r\n--x\r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?b?w6k=?=\r\n\r\ninnér\r\n--x\r\n\
        Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\nw6k=\r\n--x--\r\n";
    for piece in [1, 2, 3, 7, 50, 10_000] {
        let got = downgraded(message.as_bytes(), piece);
        assert_eq!(String::from_utf8(got).unwrap(), want, "in pieces of {piece}");
    }
}

#[test]
fn a_field_of_any_length_is_put_into_ascii_in_little_memory() {
    for filling in ["é", "é ", "éééééééé\r\n ", "a b \r\n", " "] {
        let text = filling.replace("\r\n", "\r\n ").repeat(3 * FIELD_OCTETS_MAX / filling.len());
        let message = format!("To: {text}é\r\nSubject: é\r\n\r\nbödy\r\n");
        let got = downgraded(message.as_bytes(), 4_096);
        assert_eq!(got, downgraded(message.as_bytes(), 1_000), "{filling:?}");
        let (header, body) = got.split_at(got.len() - 7);
        assert!(header.is_ascii() && body == "bödy\r\n".as_bytes(), "{filling:?}");
        assert!(header.ends_with(b"Subject: =?utf-8?b?w6k=?=\r\n\r\n"), "{filling:?}");
        assert_eq!(Outline::of(&got).header().end, header.len() as u64, "{filling:?}");
    }
}

#[test]
fn lines_are_counted_as_they_are_sent() {
    for (text, want) in [("", 0), ("a", 3), ("a\n", 3), ("a\r\nb", 6), ("a\r", 3), ("\n\n", 4)] {
        for cut in 0..=text.len() {
            let mut lines = InLines::default();
            lines.take(&text.as_bytes()[..cut]);
            lines.take(&text.as_bytes()[cut..]);
            assert_eq!(lines.whole(), want, "{text:?}");
        }
    }
}

fn a_message() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("Subject"),
        Just("From"),
        Just("To"),
        Just("Received"),
        Just("Content-Type"),
        Just("Content-Disposition"),
        Just("Keywords"),
        Just("References"),
        Just("X-Any"),
    ];
    let value = "[aé日=?;:,<>@()\"\\\\ \t*'0]{0,40}(\r\n [aé\"(<>)]{0,10}){0,2}";
    let field = (name, value).prop_map(|(name, value)| format!("{name}: {value}\r\n").into_bytes());
    let multipart = Just(b"Content-Type: multipart/mixed; boundary=b\r\n".to_vec());
    let global = Just(b"Content-Type: message/global\r\n".to_vec());
    let piece = prop_oneof![
        8 => field,
        2 => multipart,
        1 => global,
        2 => Just(b"\r\n".to_vec()),
        2 => Just(b"--b\r\n".to_vec()),
        1 => Just(b"--b--\r\n".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn headers_become_ascii_bodies_stay_and_once_is_enough(message in a_message(), cut in 1usize..40) {
        let whole = downgraded(&message, usize::MAX);
        prop_assert_eq!(&whole, &downgraded(&message, cut));
        prop_assert_eq!(&whole, &downgraded(&message, 1));
        let outline = Outline::of(&message);
        let again = Outline::of(&whole);
        prop_assert_eq!(&whole, &downgraded(&whole, cut));
        // Nothing outside the headers has changed, and nothing in them is left that is not ASCII.
        let mut rest = &whole[..];
        let mut taken = 0usize;
        for place in super::headers(&outline) {
            let between = &message[taken..place.range.start as usize];
            prop_assert!(rest.starts_with(between));
            rest = &rest[between.len()..];
            let header = &message[place.range.start as usize..place.range.end as usize];
            let mut alone = Vec::new();
            let mut one = super::Header::default();
            one.take(header, place.labels, &mut alone);
            one.end(place.labels, &mut alone);
            prop_assert!(alone.is_ascii());
            prop_assert!(rest.starts_with(&alone));
            rest = &rest[alone.len()..];
            taken = place.range.end as usize;
        }
        prop_assert_eq!(rest, &message[taken..]);
        prop_assert_eq!(again.part_count(), outline.part_count());
    }
}
