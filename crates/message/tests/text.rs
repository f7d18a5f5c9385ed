//! Transfer encodings, charsets, HTML, previews and searchable text by example (RFC 2045, 8970).
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

use message::{
    Decoder, Outline, decode_transfer, decoded_octets, html_to_text, preview, searchable_text,
};

fn decode(encoding: &str, text: &str) -> String {
    let decoded = decode_transfer(encoding.as_bytes(), text.as_bytes()).unwrap();
    assert_eq!(
        decoded_octets(encoding.as_bytes(), text.as_bytes()),
        Some(decoded.len().try_into().unwrap())
    );
    // In two pieces, cut anywhere, it is the same.
    for at in 0..=text.len() {
        let (front, back) = text.as_bytes().split_at(at);
        let mut decoder = Decoder::new(encoding.as_bytes()).unwrap();
        let mut out = Vec::new();
        decoder.push(front, &mut out);
        decoder.push(back, &mut out);
        decoder.finish(&mut out);
        assert_eq!(out, *decoded, "{text:?} cut at {at}");
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[test]
fn base64_is_decoded_leniently() {
    for (text, want) in [
        ("SGVsbG8=", "Hello"),
        ("SGVs\r\nbG8=\r\n", "Hello"),
        ("SGVsbG8", "Hello"),
        ("S G*V!s bG8=", "Hello"),
        ("SGVsbG8=SGVsbG8=", "Hello"),
        ("aGVsbG8=\r\n_______\r\nlist mailing list\r\n", "hello"),
        ("=SGVsbG8=", "Hello"),
        ("SGVsbG8hIQ==", "Hello!!"),
        ("====", ""),
        ("A", ""),
        ("", ""),
    ] {
        assert_eq!(decode("BASE64", text), want, "{text}");
    }
}

#[test]
fn quoted_printable_is_decoded_leniently() {
    for (text, want) in [
        ("caf=C3=A9=c3=a9", "caféé"),
        ("soft=\r\nbreak=\nhere=", "softbreakhere"),
        ("soft=  \t\r\nbreak", "softbreak"),
        ("trailing  \t\r\nspace \nhere ", "trailing\r\nspace\nhere"),
        ("kept =20\r\n", "kept  \r\n"),
        ("a=", "a"),
        ("a=4", "a=4"),
        ("a=zz=4=41", "a=zz=4A"),
        ("a==41", "a=A"),
        ("=4\r\nx", "=4\r\nx"),
        ("a = b", "a = b"),
        ("bare\rCR \r x", "bare\rCR \r x"),
        ("", ""),
    ] {
        assert_eq!(decode("Quoted-Printable", text), want, "{text:?}");
    }
    let spaces = " ".repeat(3000);
    let text = format!("a{spaces}b{spaces}\r\nc");
    assert!(decode_transfer(b"quoted-printable", text.as_bytes()).unwrap().len() > 3000);
}

#[test]
fn other_encodings_are_none_or_unknown() {
    for encoding in ["7bit", "8BIT", "Binary", ""] {
        assert_eq!(decode(encoding, "a=41\0"), "a=41\0");
    }
    assert!(Decoder::new(b"x-uuencode").is_none());
    assert_eq!(decode_transfer(b"x", b""), None);
    assert_eq!(decoded_octets(b"x", b""), None);
}

#[test]
fn html_becomes_text() {
    for (html, want) in [
        ("<p>One</p><p>two</p>", "One\ntwo"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("a<b>b</b>c", "abc"),
        ("  a \r\n  b  ", "a b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c", "a b\nc"),
        ("<style>p { x }</style>a<SCRIPT>if (a</b) {}</Script >b", "a\nb"),
        ("<title>t</title>a", "a"),
        ("<!-- a > b --><!doctype html><?xml?>c", "c"),
        ("<!-- never closed", ""),
        ("<script>never closed", ""),
        ("a <img alt='x > y' src=\"z>\"> b", "a b"),
        ("a <odd quote=\"> b</odd> c", "a b c"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        (
            "&lt;b&gt; &amp;amp; &eacute;&#233;&#xE9;&nbsp;x &unknown; &",
            "<b> &amp; ééé x &unknown; &",
        ),
        ("a<", "a<"),
        ("a</", "a</"),
        ("", ""),
    ] {
        assert_eq!(html_to_text(html), want, "{html}");
    }
}

#[test]
fn previews_show_what_the_sender_wrote() {
    for (text, want) in [
        ("Hello\r\n\r\n  Bob,\thow\n are you?", "Hello Bob, how are you?"),
        ("On Monday Ana wrote:\r\n> quoted\r\n> more\r\n\r\nMy answer", "My answer"),
        ("On Monday Ana wrote:\r\n\r\n> quoted\r\n\r\nMy answer", "My answer"),
        ("Text\r\n-- \r\nSignature", "Text"),
        ("------\r\n=====\r\nText", "Text"),
        ("> only quoted", "only quoted"),
        ("See:\r\nthis", "See: this"),
        ("\u{200b}\u{200c} \u{feff} \u{202e}evil\0", "evil"),
        ("", ""),
    ] {
        assert_eq!(preview(text), want, "{text:?}");
    }
    assert_eq!(preview(&"é".repeat(500)).chars().count(), 200);
    assert_eq!(preview(&"word ".repeat(500)).chars().count(), 199);
}

fn preview_of(mail: &str) -> String {
    Outline::of(mail.as_bytes()).preview().to_owned()
}

#[test]
fn the_preview_is_of_the_first_text_that_says_something() {
    let parts = |first: &str, second: &str| {
        preview_of(&format!(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\n{first}\n--b\n{second}\n--b--\n"
        ))
    };
    let html = "Content-Type: text/html\n\n<p>from HTML</p>";
    assert_eq!(parts("\nplain", html), "plain");
    assert_eq!(parts("\n \n", html), "from HTML");
    assert_eq!(parts(html, "\nplain"), "plain");
    assert_eq!(parts("Content-Disposition: attachment\n\nattached", html), "from HTML");
    assert_eq!(parts("Content-Type: image/gif\n\nGIF", "\nplain"), "plain");
    assert_eq!(preview_of("Content-Type: text/plain\n\n<html><body>not so plain"), "not so plain");
    assert_eq!(preview_of("Content-Transfer-Encoding: base64\n\nY2Fmw6k="), "café");
    assert_eq!(
        preview_of(
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ncaf=E9"
        ),
        "café"
    );
    assert_eq!(preview_of("Content-Type: image/gif\n\nGIF"), "");
}

#[test]
fn all_text_of_a_message_is_searchable() {
    let mail = "Subject: not in the body\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n\
        --b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9\n\
        --b\nContent-Type: text/html; charset=iso-8859-1\n\n<p>caf&eacute; <i>HTML</i></p>\n\
        --b\nContent-Type: application/pdf\n\nPDF\n\
        --b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\nFrom: Ana <a@b>\n\ninner\n\
        --b\nContent-Type: text/plain\nContent-Transfer-Encoding: x-unknown\n\nunknown\n--b--\n";
    let text = searchable_text(&Outline::of(mail.as_bytes()), mail.as_bytes());
    assert_eq!(text, "café\ncafé HTML\nSubject: été\nFrom: Ana <a@b>\ninner\n");
    assert_eq!(
        searchable_text(&Outline::of(mail.as_bytes()), b"another, shorter message").len(),
        0
    );
}

#[test]
fn charsets_are_read_and_lies_about_them_seen_through() {
    let text = |label: &str, octets: &[u8]| {
        let mut mail = format!("Content-Type: text/plain; charset={label}\n\n").into_bytes();
        mail.extend_from_slice(octets);
        searchable_text(&Outline::of(&mail), &mail)
    };
    assert_eq!(text("ISO-8859-2", b"\xb1"), "ą");
    assert_eq!(text("\"koi8-r\"", b"\xc1"), "а");
    assert_eq!(text("us-ascii", "café".as_bytes()), "café");
    assert_eq!(text("us-ascii", b"caf\xe9"), "café");
    assert_eq!(text("utf-8", b"caf\xe9 x"), "caf\u{fffd} x");
    assert_eq!(text("x-unknown", b"caf\xe9"), "café");
    assert_eq!(text("utf-8", b"\xef\xbb\xbfx"), "x");
    assert_eq!(text("gb2312", b"\xc4\xe3"), "你");
}
