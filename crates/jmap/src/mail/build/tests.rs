//! What is built is read back as what went in, and what cannot be built is refused with all that is wrong.

use std::collections::BTreeMap;

use message::{Encoder, Nature, Outline, Part, decode_transfer, part_text};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{BlobFacts, Draft, Made, Piece};
use crate::error::{More, SetError};
use crate::id::Id;
use crate::mail::{Bodies, HeaderProperty, media_type};

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(object) = value { object } else { Map::new() }
}

fn id(text: &str) -> Id {
    Id::try_from(text.to_owned()).unwrap()
}

fn made() -> Made {
    Made {
        message_id: "made@example.com".to_owned(),
        unix_s: 1_414_649_520,
        unique: "u".repeat(20),
    }
}

/// Builds with these blobs.
fn built(email: Value, blobs: &[(&str, &[u8])]) -> Result<Vec<u8>, SetError> {
    let facts = |octets: &[u8]| BlobFacts {
        octets: u64::try_from(octets.len()).unwrap(),
        nature: Some(Nature::of(octets)),
        charset: None,
    };
    let known: BTreeMap<Id, BlobFacts> =
        blobs.iter().map(|(name, octets)| (id(name), facts(octets))).collect();
    let mut mail = Vec::new();
    for piece in Draft::read(object(email))?.compose(&known, &made(), 1 << 30)? {
        match piece {
            Piece::Octets(octets) => mail.extend(octets),
            Piece::Blob { id, encoding } => {
                let (_, octets) = blobs.iter().find(|(name, _)| *name == id.as_str()).unwrap();
                mail.extend(Encoder::new(encoding).encode(octets));
            }
        }
    }
    Ok(mail)
}

fn text_of(mail: &[u8]) -> String {
    String::from_utf8(mail.to_vec()).unwrap()
}

fn refused(email: Value) -> Vec<String> {
    let error = built(email.clone(), &[]).expect_err(&email.to_string());
    assert_eq!(error.kind, "invalidProperties", "{email}");
    error.properties.unwrap()
}

/// Lines that can go over SMTP (RFC 5322, 2.1.1).
fn check_lines(mail: &[u8]) {
    for line in mail.split(|octet| *octet == b'\n') {
        assert!(line.len() <= 999, "{}", line.escape_ascii());
        assert!(!line.strip_suffix(b"\r").unwrap_or(line).contains(&b'\r'));
    }
}

fn get(mail: &[u8], property: &str) -> Value {
    HeaderProperty::named(property).unwrap().value(mail)
}

#[test]
fn the_standard_s_draft_becomes_a_message() {
    let mail = built(
        json!({
            "from": [{"name": "Joe Bloggs", "email": "joe@example.com"}],
            "subject": "World domination",
            "sentAt": "2018-07-10T11:03:11+10:00",
            "bodyStructure": {
                "type": "text/plain", "partId": "bd48", "header:Content-Language": "en",
            },
            "bodyValues": {"bd48": {"value": "I have\nthe plan.", "isTruncated": false}},
        }),
        &[],
    );
    let want = "Date: Tue, 10 Jul 2018 11:03:11 +1000\r\nFrom: Joe Bloggs <joe@example.com>\r\n\
        Message-ID: <made@example.com>\r\nSubject: World domination\r\nContent-Language:en\r\n\
        MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: 7bit\r\n\r\nI have\r\nthe plan.";
    assert_eq!(text_of(&mail.unwrap()), want);
}

#[test]
fn what_the_client_does_not_say_is_made() {
    let mail = built(json!({}), &[]).unwrap();
    assert_eq!(get(&mail, "messageId"), json!(["made@example.com"]));
    assert_eq!(get(&mail, "sentAt"), "2014-10-30T06:12:00Z");
    assert_eq!(get(&mail, "subject"), Value::Null);
    let own = built(json!({"messageId": ["a@b"], "header:date": " now", "subject": ""}), &[]);
    let own = own.unwrap();
    assert_eq!(get(&own, "messageId"), json!(["a@b"]));
    assert_eq!(get(&own, "header:Date:all"), json!([" now"]));
    assert_eq!(get(&own, "subject"), "");
}

#[test]
fn texts_and_attachments_are_put_together_as_programs_expect() {
    let kinds = |email: Value| -> Vec<String> {
        let mail = built(email, &[("B1", b"GIF"), ("B2", b"%PDF"), ("B3", b"\xef\xbb")]).unwrap();
        check_lines(&mail);
        Outline::of(&mail).parts().map(|part| media_type(&part)).collect()
    };
    let values = json!({"t": {"value": "Ol\u{e1}"}, "h": {"value": "<p>Ol\u{e1}</p>"}});
    let text = json!([{"partId": "t", "type": "text/plain"}]);
    let html = json!([{"partId": "h"}]);
    let picture =
        json!({"blobId": "B1", "type": "image/gif", "cid": "i@x", "disposition": "inline"});
    let file = json!({"blobId": "B2", "type": "application/pdf", "name": "a.pdf"});
    assert_eq!(kinds(json!({"bodyValues": values, "textBody": text})), ["text/plain"]);
    assert_eq!(
        kinds(json!({"bodyValues": values, "textBody": text, "htmlBody": html})),
        ["multipart/alternative", "text/plain", "text/html"]
    );
    assert_eq!(
        kinds(json!({
            "bodyValues": values, "textBody": text, "htmlBody": html, "attachments": [picture, file],
        })),
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/gif",
            "application/pdf"
        ]
    );
    assert_eq!(
        kinds(json!({"bodyValues": values, "textBody": text, "attachments": [picture]})),
        ["multipart/mixed", "text/plain", "image/gif"]
    );
    assert_eq!(kinds(json!({"attachments": [file]})), ["multipart/mixed", "application/pdf"]);
}

#[test]
fn a_part_of_a_blob_is_what_the_blob_is() {
    let long = [vec![b'x'; 2000], b"\r\n".to_vec()].concat();
    let blobs: &[(&str, &[u8])] = &[
        ("Ascii", b"a\r\nb\r\n"),
        ("Utf8", "Ol\u{e1}\n".as_bytes()),
        ("Latin", b"Ol\xe1"),
        ("Mail", b"Subject: x\n\nbody\n"),
        ("Odd", &long),
    ];
    let part = |blob: &str, kind: &str| json!({"blobId": blob, "type": kind});
    let mail = built(
        json!({"attachments": [
            part("Ascii", "text/plain"),
            part("Utf8", "text/csv"),
            part("Latin", "text/plain"),
            {"blobId": "Latin", "type": "text/plain", "charset": "iso-8859-1"},
            part("Mail", "message/rfc822"),
            part("Odd", "message/rfc822"),
            part("Odd", "text/plain"),
        ]}),
        blobs,
    );
    let mail = mail.unwrap();
    check_lines(&mail);
    let outline = Outline::of(&mail);
    let shown = |part: &Part<'_>| {
        let charset = part.parameters.decoded("charset").unwrap_or_default();
        (media_type(part), String::from_utf8_lossy(part.encoding).into_owned(), charset)
    };
    let parts: Vec<_> = outline.parts().skip(1).collect();
    let got: Vec<_> = parts.iter().filter(|part| part.parent == Some(0)).map(shown).collect();
    let want = [
        ("text/plain", "7bit", "us-ascii"),
        ("text/csv", "base64", "utf-8"),
        ("text/plain", "base64", ""),
        ("text/plain", "base64", "iso-8859-1"),
        ("message/rfc822", "7bit", ""),
        ("application/octet-stream", "base64", ""),
        ("text/plain", "quoted-printable", "us-ascii"),
    ];
    let want = want.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(got, want);
    let last = parts.last().unwrap();
    let body = &mail[usize::try_from(last.body.start).unwrap()..];
    let body = &body[..usize::try_from(last.octets()).unwrap()];
    assert_eq!(decode_transfer(last.encoding, body).unwrap(), long);
}

#[test]
fn a_raw_type_keeps_its_parameters() {
    let mail = built(
        json!({
            "bodyStructure": {
                "header:Content-Type": " multipart/report; report-type=disposition-notification",
                "subParts": [
                    {"partId": "t", "header:Content-Type": "text/plain; format=flowed"},
                    {"blobId": "B1", "type": "message/disposition-notification"},
                ],
            },
            "bodyValues": {"t": {"value": "\u{e1}"}},
        }),
        &[("B1", b"Final-Recipient: rfc822; a@b\r\n")],
    );
    let mail = mail.unwrap();
    let outline = Outline::of(&mail);
    let parts: Vec<_> = outline.parts().collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0].parameters.find("report-type"), Some(&b"disposition-notification"[..]));
    assert_eq!(parts[1].parameters.find("format"), Some(&b"flowed"[..]));
    assert_eq!(part_text(&parts[1], &mail), "\u{e1}");
}

#[test]
fn nothing_that_is_said_becomes_a_field_of_its_own() {
    let evil = "x\r\nBcc: evil@example.com\r\n\r\nbody";
    for email in [
        json!({"subject": evil}),
        json!({"header:X-A": evil}),
        json!({"header:X-A": " a\nBcc: b"}),
        json!({"header:X-A": " a\0"}),
        json!({"header:X-A": " a\r\n \r\n b"}),
        json!({"header:X-A:asText:all": ["a", evil]}),
        json!({"header:X-A\r\nBcc:asText": "a"}),
        json!({"from": [{"name": evil, "email": "a@b"}]}),
        json!({"from": [{"name": null, "email": evil}]}),
        json!({"from": [{"email": "a@b, c@d"}]}),
        json!({"from": [{"email": "a@b> <c@d"}]}),
        json!({"from": [{"email": "g: a@b;"}]}),
        json!({"from": [{"name": "a", "email": "b (c"}]}),
        json!({"header:From:asGroupedAddresses": [{"name": evil, "addresses": []}]}),
        json!({"messageId": [evil]}),
        json!({"messageId": ["a> <b"]}),
        json!({"references": ["a b"]}),
        json!({"header:List-Post:asURLs": ["mailto:a>, <b"]}),
    ] {
        assert_eq!(refused(email).len(), 1);
    }
    for (name, value) in [
        ("name", json!(evil)),
        ("type", json!(evil)),
        ("type", json!("text/plain; a=b")),
        ("cid", json!(evil)),
        ("cid", json!("a> b")),
        ("location", json!(evil)),
        ("language", json!([evil])),
        ("disposition", json!(evil)),
        ("charset", json!(evil)),
        ("header:X-A:asText", json!(evil)),
        ("header:Content-Type", json!(evil)),
    ] {
        let mut part = json!({"blobId": "B1", "type": "text/plain"});
        if name == "header:Content-Type" {
            part = json!({"blobId": "B1"});
        }
        part[name] = value;
        assert_eq!(refused(json!({"bodyStructure": part})), [format!("bodyStructure/{name}")]);
    }
}

#[test]
fn what_the_standard_forbids_is_refused_by_name() {
    let with = |part: Value| json!({"bodyStructure": part, "bodyValues": {"t": {"value": "x"}}});
    let text = json!([{"partId": "t"}]);
    for (email, want) in [
        (json!({"headers": []}), &["headers"][..]),
        (json!({"header:from": "a@b", "from": []}), &["header:from"]),
        (json!({"header:From:asDate": "x"}), &["header:From:asDate"]),
        (json!({"header:Content-Type": "text/plain"}), &["header:Content-Type"]),
        (json!({"id": "M1", "colour": "red"}), &["colour", "id"]),
        (json!({"sentAt": "yesterday"}), &["sentAt"]),
        (json!({"sentAt": "1899-12-31T23:59:59Z"}), &["sentAt"]),
        (json!({"subject": 7}), &["subject"]),
        (
            json!({"bodyStructure": {"partId": "t"}, "textBody": text, "bodyValues": {"t": {"value": "x"}}}),
            &["textBody"],
        ),
        (
            json!({"subject": "a", "bodyStructure": {"partId": "t", "header:subject": "b"}, "bodyValues": {"t": {"value": "x"}}}),
            &["bodyStructure/header:subject"],
        ),
        (
            with(json!({"partId": "t", "header:Subject": "b", "header:subject": "c"})),
            &["bodyStructure/header:subject"],
        ),
        (json!({"textBody": []}), &["textBody"]),
        (json!({"textBody": [{"partId": "t", "type": "text/html"}]}), &["textBody/0/type"]),
        (json!({"htmlBody": [{"partId": "t", "type": "text/plain"}]}), &["htmlBody/0/type"]),
        (with(json!({"partId": "t", "blobId": "B1"})), &["bodyStructure/blobId"]),
        (with(json!({})), &["bodyStructure/partId"]),
        (with(json!({"partId": "u"})), &["bodyStructure/partId"]),
        (with(json!({"partId": "t", "charset": "utf-8"})), &["bodyStructure/charset"]),
        (with(json!({"partId": "t", "size": 1})), &["bodyStructure/size"]),
        (with(json!({"partId": "t", "type": "image/png"})), &["bodyStructure/type"]),
        (
            with(json!({"partId": "t", "header:Content-Transfer-Encoding": "8bit"})),
            &["bodyStructure/header:Content-Transfer-Encoding"],
        ),
        (with(json!({"partId": "t", "headers": []})), &["bodyStructure/headers"]),
        (
            with(json!({"partId": "t", "type": "text/plain", "header:content-type": "text/plain"})),
            &["bodyStructure/type"],
        ),
        (with(json!({"type": "multipart/mixed", "subParts": []})), &["bodyStructure/subParts"]),
        (with(json!({"type": "multipart/mixed"})), &["bodyStructure/subParts"]),
        (
            with(json!({"type": "text/plain", "subParts": [{"partId": "t"}]})),
            &["bodyStructure/type"],
        ),
        (
            with(json!({"subParts": [{"partId": "t"}, {"partId": "t"}]})),
            &["bodyStructure/subParts/1/partId"],
        ),
        (
            json!({"bodyStructure": {"partId": "t"}, "bodyValues": {"t": {"value": "x", "isTruncated": true}}}),
            &["bodyValues/t/isTruncated"],
        ),
        (json!({"attachments": [{"subParts": []}]}), &["attachments/0/subParts"]),
    ] {
        assert_eq!(refused(email.clone()), want, "{email}");
    }
}

#[test]
fn all_blobs_that_are_not_there_are_named() {
    let email = json!({"attachments": [{"blobId": "B1"}, {"blobId": "B2"}, {"blobId": "B3"}]});
    let error = built(email, &[("B2", b"")]).unwrap_err();
    assert_eq!(error.kind, "blobNotFound");
    assert_eq!(error.more, Some(More::NotFound(vec![id("B1"), id("B3")])));
}

#[test]
fn one_blob_a_thousand_times_is_too_much() {
    let many = vec![json!({"blobId": "B1"}); 1000];
    let draft = Draft::read(object(json!({"attachments": many}))).unwrap();
    let facts = BlobFacts { octets: 1 << 20, nature: None, charset: None };
    let facts = BTreeMap::from([(id("B1"), facts)]);
    assert_eq!(draft.compose(&facts, &made(), 50 << 20).unwrap_err().kind, "tooLarge");
    let more = vec![json!({"blobId": "B1"}); 1001];
    assert_eq!(refused(json!({"attachments": more})), ["attachments/1000"]);
}

fn nfc(text: &str) -> String {
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// Texts of one line that a person might write, and some that nobody would.
fn line() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        8 => proptest::char::range('a', 'z'),
        2 => Just(' '),
        2 => proptest::sample::select(vec!['"', '\\', '(', ')', '<', '>', ',', ';', ':', '@', '.', '=', '?', '_', '%', '\'', '*']),
        2 => proptest::sample::select(vec!['\u{e1}', '\u{e7}', '\u{df}', '\u{65e5}', '\u{672c}', '\u{1f600}', '\u{301}']),
    ];
    proptest::collection::vec(letter, 0..120).prop_map(|letters| letters.into_iter().collect())
}

fn address() -> impl Strategy<Value = (String, String)> {
    let local = "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}(\\.[a-z0-9]{1,9})?";
    let quoted = "\"[a-z]{1,5}[ ,;:<>@()][a-z]{1,5}\"";
    let local = prop_oneof![4 => local.prop_map(|it| it), 1 => quoted.prop_map(|it| it)];
    (line(), local, "[a-z]{1,9}(\\.[a-z]{2,3})?")
        .prop_map(|(name, local, domain)| (name, format!("{local}@{domain}")))
}

fn body() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => line(),
        2 => Just("\n".to_owned()),
        1 => proptest::sample::select(vec!["\r\n", "\t", "\0", "From ", ".", "--=_", " \n", "=\n", "\u{feff}"]).prop_map(str::to_owned),
        1 => Just("x".repeat(1200)),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn headers_are_read_back_as_they_were_said(
        subject in line(),
        from in proptest::collection::vec(address(), 1..5),
        group in proptest::collection::vec(address(), 0..4),
        ids in proptest::collection::vec("[a-z0-9.$]{1,20}@[a-z.]{1,12}", 1..40),
        raw in proptest::collection::vec("[ -~]{1,70}[!-~]", 1..4),
        date in -2_200_000_000_i64..20_000_000_000,
    ) {
        let email = |list: &[(String, String)]| -> Vec<Value> {
            list.iter().map(|(name, email)| json!({"name": name, "email": email})).collect()
        };
        let sent_at = crate::mail::local_date(date, 3600).unwrap();
        let raw = format!(" {}", raw.join("\r\n "));
        let mail = built(json!({
            "subject": subject,
            "from": email(&from),
            "header:To:asGroupedAddresses": [
                {"name": "All: of us", "addresses": email(&group)},
                {"name": null, "addresses": email(&from)},
            ],
            "references": ids,
            "sentAt": sent_at,
            "header:X-Raw:all": [raw, raw],
            "header:X-Text:asText": subject,
        }), &[]).unwrap();
        check_lines(&mail);
        let want = |list: &[(String, String)]| -> Vec<Value> {
            list.iter().map(|(name, email)| {
                let name = nfc(name.trim());
                json!({"name": if name.is_empty() { None } else { Some(name) }, "email": email})
            }).collect()
        };
        prop_assert_eq!(get(&mail, "subject"), nfc(&subject));
        prop_assert_eq!(get(&mail, "header:x-text:asText"), nfc(&subject));
        prop_assert_eq!(get(&mail, "from"), Value::from(want(&from)));
        prop_assert_eq!(get(&mail, "header:To:asGroupedAddresses"), json!([
            {"name": "All: of us", "addresses": want(&group)},
            {"name": null, "addresses": want(&from)},
        ]));
        prop_assert_eq!(get(&mail, "references"), json!(ids));
        prop_assert_eq!(get(&mail, "sentAt"), sent_at);
        prop_assert_eq!(get(&mail, "header:X-Raw:all"), json!([raw, raw]));
        let fields = message::fields(&mail).count();
        prop_assert_eq!(fields, 12);
    }

    #[test]
    fn bodies_are_read_back_as_they_were_said(
        text in body(),
        html in body(),
        files in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..400), line(), any::<bool>(), 0_usize..4), 0..5),
    ) {
        let kinds = ["text/plain", "application/zip", "image/png", "text/html"];
        let names: Vec<String> = (0..files.len()).map(|at| format!("B{at}")).collect();
        let blobs: Vec<(&str, &[u8])> =
            names.iter().zip(&files).map(|(name, (octets, ..))| (name.as_str(), &octets[..])).collect();
        let attachments: Vec<Value> = files.iter().enumerate().map(|(at, (_, name, inline, kind))| json!({
            "blobId": names[at], "name": name, "type": kinds[*kind], "cid": format!("{at}@x"),
            "disposition": if *inline { "inline" } else { "attachment" },
        })).collect();
        let mail = built(json!({
            "subject": "x", "textBody": [{"partId": "t"}], "htmlBody": [{"partId": "h"}],
            "bodyValues": {"t": {"value": text}, "h": {"value": html}}, "attachments": attachments,
        }), &blobs).unwrap();
        check_lines(&mail);
        let outline = Outline::of(&mail);
        let parts: Vec<Part<'_>> = outline.parts().collect();
        let bodies = Bodies::of(&outline);
        let as_read = |text: &str| text.replace("\r\n", "\n");
        let decoded = |part: &Part<'_>| {
            let range = usize::try_from(part.body.start).unwrap()..usize::try_from(part.body.end).unwrap();
            decode_transfer(part.encoding, &mail[range]).unwrap().into_owned()
        };
        let read = |part: &Part<'_>| text_of(&decoded(part)).replace("\r\n", "\n");
        prop_assert_eq!(read(&parts[bodies.text[0]]), as_read(&text));
        prop_assert_eq!(read(&parts[bodies.html[0]]), as_read(&html));
        for (at, (octets, name, inline, kind)) in files.iter().enumerate() {
            let cid = format!("<{at}@x>");
            let part = parts.iter().find(|part| part.id == Some(cid.as_bytes())).unwrap();
            prop_assert!(bodies.attachments.contains(&part.index) || *inline);
            prop_assert_eq!(media_type(part), kinds[*kind]);
            prop_assert_eq!(part.is_attachment(), !*inline);
            if !name.contains("=?") {
                prop_assert_eq!(part.file_name(), Some(name.clone()));
            }
            prop_assert_eq!(&decoded(part)[..], &octets[..]);
        }
    }
}
