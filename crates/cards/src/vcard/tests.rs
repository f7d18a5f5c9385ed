//! What vCards become and what becomes vCards, by example; and that no text and no card makes a panic.

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value, json};

use super::{NotVcard, VCard, Version, merged};
use crate::{Card, check};

fn read(lines: &str) -> VCard {
    VCard::read(&format!("BEGIN:VCARD\nVERSION:3.0\n{lines}\nEND:VCARD\n")).unwrap()
}

fn object(lines: &str) -> Value {
    let mut object = read(lines).object();
    object.remove("@type");
    object.remove("version");
    Value::Object(object)
}

fn map(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!() };
    map
}

fn print(value: Value, version: Version) -> String {
    let printed = VCard::of(&map(value), version, |_| Some(Bytes::from_static(&[0, 1, 2]))).print();
    let rest = printed.strip_prefix(&format!("BEGIN:VCARD\r\nVERSION:{}\r\n", version.as_str()));
    rest.unwrap().strip_suffix("END:VCARD\r\n").unwrap().replace("\r\n", "\n")
}

#[test]
fn a_card_of_a_telephone_is_understood() {
    let said = object(
        "PRODID:-//Apple Inc.//iOS 18.1//EN\nN:Silva;Ana;Maria;Dr.;\nFN:Dr. Ana Maria Silva\nORG:Acme\\, Lda;Sales\n\
         EMAIL;type=INTERNET;type=HOME;type=pref:ana@example.org\n\
         item1.TEL:+351 912 345 678\nitem1.X-ABLabel:_$!<Main>!$_\nTEL;type=CELL;type=VOICE:1\n\
         item2.ADR;type=WORK:;;Rua Augusta 1;Lisboa;;1100-048;Portugal\nitem2.X-ABADR:pt\n\
         BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-01\nCATEGORIES:a,b\\,c\nREV:2024-01-31T10:15:00Z\nUID:4C9E",
    );
    assert_eq!(
        said,
        json!({
            "prodId": "-//Apple Inc.//iOS 18.1//EN", "uid": "4C9E", "updated": "2024-01-31T10:15:00Z",
            "name": {"full": "Dr. Ana Maria Silva", "components": [
                {"kind": "surname", "value": "Silva"}, {"kind": "given", "value": "Ana"},
                {"kind": "given2", "value": "Maria"}, {"kind": "title", "value": "Dr."}]},
            "organizations": {"k1": {"name": "Acme, Lda", "units": [{"name": "Sales"}]}},
            "emails": {"k1": {"address": "ana@example.org", "contexts": {"private": true}, "pref": 1}},
            "phones": {"k1": {"number": "+351 912 345 678", "label": "Main"},
                       "k2": {"number": "1", "features": {"mobile": true, "voice": true}}},
            "addresses": {"k1": {"contexts": {"work": true}, "vCardParams": {"group": "item2"}, "components": [
                {"kind": "name", "value": "Rua Augusta 1"}, {"kind": "locality", "value": "Lisboa"},
                {"kind": "postcode", "value": "1100-048"}, {"kind": "country", "value": "Portugal"}]}},
            "anniversaries": {"k1": {"kind": "birth", "date": {"month": 5, "day": 1}}},
            "keywords": {"a": true, "b,c": true},
            "vCardProps": [["x-abadr", {"group": "item2"}, "unknown", "pt"]],
        })
    );
}

#[test]
fn preferred_is_not_a_context_whatever_the_version() {
    for (line, want) in [
        ("EMAIL;TYPE=pref:a@b", json!({"address": "a@b", "pref": 1})),
        (
            "EMAIL;TYPE=\"work,pref\":a@b",
            json!({"address": "a@b", "pref": 1, "contexts": {"work": true}}),
        ),
        (
            "EMAIL;TYPE=WORK,PREF:a@b",
            json!({"address": "a@b", "pref": 1, "contexts": {"work": true}}),
        ),
        ("EMAIL;PREF=7;WORK:a@b", json!({"address": "a@b", "pref": 7, "contexts": {"work": true}})),
        ("EMAIL;PREF=0:a@b", json!({"address": "a@b"})),
        ("EMAIL;TYPE=x400:a@b", json!({"address": "a@b", "vCardParams": {"type": "x400"}})),
    ] {
        assert_eq!(object(line)["emails"]["k1"], want, "{line}");
    }
}

#[test]
fn photos_are_read_however_they_are_written() {
    for line in [
        "PHOTO;ENCODING=b;TYPE=PNG:AAEC",
        "PHOTO;ENCODING=BASE64;TYPE=png:AA\n  EC",
        "PHOTO:data:image/png;base64,AAEC",
        "PHOTO:data:image/png;base64\\,AAEC",
        "PHOTO;VALUE=uri:data:image/png\\;base64\\,AAEC",
    ] {
        let card = Card::of(map(object(line)));
        let (_, octets) = card.photos.first_key_value().unwrap_or_else(|| panic!("{line}"));
        assert_eq!(&octets[..], [0, 1, 2], "{line}");
        assert_eq!(card.object["media"]["k1"]["mediaType"], "image/png");
    }
    let picture = object("PHOTO;ENCODING=b;TYPE=GIF,WORK:iVBORw0KGgo=");
    let uri = picture["media"]["k1"]["uri"].as_str().unwrap();
    assert!(uri.starts_with("data:image/png;"), "{uri}: a picture is what it is");
    assert_eq!(picture["media"]["k1"]["contexts"], json!({"work": true}));
    for bad in ["PHOTO;ENCODING=b:?", "PHOTO:", "KEY:in person"] {
        assert!(object(bad)["vCardProps"].is_array(), "{bad}");
    }
}

#[test]
fn groups_of_apple_are_groups() {
    let said = object(
        "X-ADDRESSBOOKSERVER-KIND:group\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:4C9E\nFN:Friends",
    );
    assert_eq!(said["kind"], "group");
    assert_eq!(said["members"], json!({"4C9E": true}));
    let three = print(said.clone(), Version::V3);
    assert!(three.contains("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:4C9E\n"), "{three}");
    let four = print(said, Version::V4);
    assert!(four.contains("KIND:group\n") && four.contains("MEMBER:4C9E\n"), "{four}");
}

#[test]
fn cards_become_vcards_of_both_versions() {
    let card = json!({
        "uid": "u", "updated": "2024-01-31T10:15:00Z", "kind": "org", "example.com:own": 7,
        "name": {"components": [{"kind": "given", "value": "Ana"}, {"kind": "surname", "value": "Reis"},
                                {"kind": "surname2", "value": "Sá; x"}]},
        "emails": {"e": {"address": "a@b", "contexts": {"private": true}, "pref": 1, "label": "Other"}},
        "phones": {"p": {"number": "tel:+1", "features": {"mobile": true}}},
        "media": {"m": {"kind": "photo", "blobId": "00112233445566778899aabbccddeeff", "mediaType": "image/png"}},
        "anniversaries": {"a": {"kind": "birth", "date": {"year": 1990, "month": 5, "day": 1}}},
        "addresses": {"h": {"components": [{"kind": "locality", "value": "Lisboa"}], "full": "Lisboa,\nPortugal"}},
        "onlineServices": {"s": {"service": "Mastodon", "uri": "https://m.example/@ana", "user": "ana"}},
        "notes": {"n": {"note": "a\nb"}}, "titles": {"t": {"name": "CEO"}, "r": {"name": "boss", "kind": "role"}},
        "relatedTo": {"urn:uuid:7": {"relation": {"friend": true}}},
    });
    assert_eq!(
        print(card.clone(), Version::V4),
        "UID:u\nKIND:org\nREV:20240131T101500Z\nFN:Ana Reis Sá\\; x\nN:Reis,Sá\\; x;Ana;;;;Sá\\; x;\n\
         item1.EMAIL;TYPE=home;PREF=1:a@b\nitem1.X-ABLabel:Other\nTEL;VALUE=uri;TYPE=cell:tel:+1\n\
         ROLE:boss\nTITLE:CEO\nNOTE:a\\nb\nPHOTO:data:image/png;base64,AAEC\n\
         ADR;LABEL=\"Lisboa,^nPortugal\":;;;Lisboa;;;\nBDAY:19900501\n\
         SOCIALPROFILE;USERNAME=ana;SERVICE-TYPE=Mastodon:https://m.example/@ana\n\
         RELATED;TYPE=friend:urn:uuid:7\n"
    );
    assert_eq!(
        print(card, Version::V3),
        "UID:u\nKIND:org\nREV:2024-01-31T10:15:00Z\nFN:Ana Reis Sá\\; x\nN:Reis,Sá\\; x;Ana;;;\n\
         item1.EMAIL;TYPE=home,pref:a@b\nitem1.X-ABLabel:_$!<Other>!$_\nTEL;TYPE=cell:tel:+1\n\
         ROLE:boss\nTITLE:CEO\nNOTE:a\\nb\nPHOTO;ENCODING=b;TYPE=PNG:AAEC\n\
         ADR;LABEL=\"Lisboa,^nPortugal\":;;;Lisboa;;;\nBDAY:1990-05-01\n\
         X-SOCIALPROFILE;X-USER=ana;TYPE=Mastodon:https://m.example/@ana\n\
         RELATED;TYPE=friend:urn:uuid:7\n"
    );
}

#[test]
fn a_change_keeps_what_a_vcard_cannot_say() {
    let old = map(json!({
        "@type": "Card", "version": "1.0", "uid": "u", "example.com:own": 7, "localizations": {"pt": {"titles/t/name": "Diretora"}},
        "name": {"full": "Ana", "isOrdered": true, "components": [{"kind": "given", "value": "Ana", "phonetic": "a"}]},
        "phones": {"mine": {"number": "1"}}, "emails": {"home": {"address": "a@b"}},
    }));
    let shown = VCard::of(&old, Version::V3, |_| None).print();
    let changed = shown.replace("TEL:1", "TEL:2").replace("EMAIL:a@b\r\n", "");
    let (shown, new) = (VCard::read(&shown).unwrap(), VCard::read(&changed).unwrap());
    let now = merged(&old, &shown.object(), new.object());
    let mut want = old.clone();
    want.insert("phones".to_owned(), json!({"k1": {"number": "2"}}));
    want.remove("emails");
    assert_eq!(now, want);
    assert_eq!(merged(&old, &shown.object(), shown.object()), old);
}

#[test]
fn what_is_no_vcard_is_refused_and_says_why() {
    for (text, want) in [
        ("", NotVcard::Frame),
        ("hello", NotVcard::Frame),
        ("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR", NotVcard::Frame),
        ("BEGIN:VCARD\nVERSION:4.0\n", NotVcard::Frame),
        ("BEGIN:VCARD\nVERSION:4.0\nEND:X", NotVcard::Frame),
        ("BEGIN:VCARD\nFN:A\nEND:VCARD", NotVcard::Version),
        ("BEGIN:VCARD\nVERSION:2.1\nEND:VCARD", NotVcard::Version),
        ("BEGIN:VCARD\nVERSION:4.0\nBEGIN:VCARD\nEND:VCARD\nEND:VCARD", NotVcard::Several),
        ("BEGIN:VCARD\nVERSION:4.0\nEND:VCARD\nBEGIN:VCARD", NotVcard::Several),
        ("BEGIN:VCARD\nVERSION:4.0\n\nFN\nEND:VCARD", NotVcard::Line(4)),
        ("BEGIN:VCARD\nVERSION:4.0\n<x>:1\nEND:VCARD", NotVcard::Line(3)),
    ] {
        assert_eq!(VCard::read(text), Err(want), "{text}");
    }
    let card = VCard::read("\u{feff}begin:vcard\r\nversion:4.0\r\n\r\nfn:a\r\n b\r\nend:vcard");
    assert_eq!(card.unwrap().properties()[0].text(), "ab");
}

#[test]
fn nothing_in_a_card_becomes_a_line_of_its_own() {
    let evil = "x\r\nEVIL:1\nEVIL:2";
    let card = json!({
        "uid": evil, "kind": evil, "name": {"full": evil}, "links": {"l": {"uri": evil, "label": evil}},
        "emails": {"e": {"address": evil, "vCardParams": {"x": evil, "a:b\n": "c", "group": evil}}},
        "media": {"m": {"kind": "photo", "uri": evil, "mediaType": evil}}, "keywords": {evil: true},
        "vCardProps": [["x-y", {}, "unknown", evil], [evil, {}, "unknown", "1"], ["begin", {}, "unknown", "VCARD"],
                       ["x-n", {"a": 1}, "unknown", 7], 7, []],
    });
    for version in [Version::V3, Version::V4] {
        let printed = print(card.clone(), version);
        assert!(!printed.contains("\nEVIL") && !printed.contains("\nBEGIN"), "{printed}");
        assert!(printed.contains("\nX-Y:xEVIL:1EVIL:2\n"), "{printed}");
    }
}

#[test]
fn long_lines_are_folded_between_letters() {
    let card = json!({"name": {"full": "é".repeat(100)}});
    let printed = VCard::of(&map(card), Version::V4, |_| None).print();
    assert!(printed.lines().all(|line| line.len() <= 75), "{printed}");
    assert_eq!(VCard::read(&printed).unwrap().properties()[0].text(), "é".repeat(100));
}

/// Lines that are nearly right.
fn lines() -> impl Strategy<Value = String> {
    let names = "FN|N|EMAIL|TEL|ADR|ORG|BDAY|ANNIVERSARY|PHOTO|KEY|IMPP|X-SOCIALPROFILE|SOCIALPROFILE|REV|UID|KIND|MEMBER|RELATED|CATEGORIES|NICKNAME|NOTE|URL|X-ABLABEL|X-FOO|TITLE|[A-Z]{1,3}";
    let params = r#"(;(TYPE|PREF|VALUE|ENCODING|LABEL|X-A|MEDIATYPE|SERVICE-TYPE|X-USER|GEO)=("[ !#-~é]{0,6}"|home|work|pref|b|uri|text|1|\^n|[a-z,]{0,6})){0,3}"#;
    let values = r"(data:image/png;base64\\?,)?[ -~é\\,;:\t]{0,20}|1985-04-12|--[0-9]{0,4}|[0-9TZ:-]{0,18}|AAEC";
    let line = format!(r"(item[12]\.)?({names}){params}:({values})");
    proptest::collection::vec(proptest::string::string_regex(&line).unwrap(), 0..12)
        .prop_map(|lines| lines.join("\r\n"))
}

/// Any JSON, with names that mean something.
fn cards() -> impl Strategy<Value = Value> {
    let names = "uid|kind|name|full|components|value|emails|address|phones|number|features|contexts|pref|label|media|uri|blobId|mediaType|addresses|anniversaries|date|year|month|day|utc|vCardProps|vCardParams|group|keywords|members|relatedTo|relation|organizations|units|onlineServices|updated|titles|links|[a-z]{1,2}";
    let text = r"[ -~é\n\r]{0,8}|birth|photo|group|given|surname|0123456789abcdef0123456789abcdef|2024-01-31T10:15:00Z";
    let leaf = prop_oneof![
        text.prop_map(Value::String),
        any::<u64>().prop_map(|number| json!(number % 3_000)),
        Just(json!(true)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec((names, inner.clone()), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            proptest::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: RngSeed::Fixed(6350), ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "(BEGIN:VCARD\n)?(VERSION:[34].0\n)?[ -~é\r\n\t]{0,200}(\nEND:VCARD)?") {
        if let Ok(card) = VCard::read(&text) {
            drop(card.print());
            drop(card.object());
        }
    }

    #[test]
    fn what_is_read_is_jscontact_and_stays_what_it_is(lines in lines(), four in any::<bool>()) {
        let version = if four { Version::V4 } else { Version::V3 };
        let text = format!("BEGIN:VCARD\r\nVERSION:{}\r\n{lines}\r\nEND:VCARD\r\n", version.as_str());
        let read = VCard::read(&text).unwrap();
        prop_assert_eq!(&VCard::read(&read.print()).unwrap().object(), &read.object());
        let card = Card::of(read.object());
        prop_assert_eq!(check(&card.object, |_| true), Ok(()));
        let write = |card: &Card| {
            VCard::of(&card.object, version, |name| card.photos.get(name).cloned()).print()
        };
        // Once it is as we write it, it stays so.
        let again = |text: &str| write(&Card::of(VCard::read(text).unwrap().object()));
        let twice = again(&write(&card));
        prop_assert_eq!(again(&twice), twice);
    }

    #[test]
    fn any_card_becomes_a_vcard_that_can_be_read(card in cards()) {
        if let Value::Object(card) = card {
            for version in [Version::V3, Version::V4] {
                let written = VCard::of(&card, version, |_| Some(Bytes::from_static(b"x")));
                let printed = written.print();
                let read = VCard::read(&printed).unwrap();
                prop_assert!(printed.lines().all(|line| line.len() <= 75));
                let object = read.object();
                let kept = merged(&card, &object, object.clone());
                prop_assert!(card.iter().all(|(name, value)| kept.get(name) == Some(value)));
            }
        }
    }
}
