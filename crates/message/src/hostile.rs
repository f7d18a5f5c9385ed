//! Mail made to cost: every reader looks at each octet a bounded number of times, and what it keeps is bounded.

use crate::limits::*;
use crate::work::counting;
use crate::{
    AddressList, BaseSubject, HeaderEnvelope, MessageId, Outline, Scanner, Section, SentDate,
    ThreadKeys, decode_words, decoded_octets, html_to_text, part_text, preview, searchable_text,
};

/// Each octet may be looked at this often on the way through all readers.
const LOOKS_MAX: usize = 64;

/// Runs `task` on about `length` octets of `unit` repeated, and counts.
#[track_caller]
fn check_linear<T>(what: &str, octets: &[u8], task: impl FnOnce(&[u8]) -> T) -> T {
    let (spent, result) = counting::of(|| task(octets));
    let allowed = octets.len() * LOOKS_MAX + 1000;
    assert!(spent <= allowed, "{what}: {spent} looks at {} octets", octets.len());
    result
}

/// What opens and may never close, what separates, what escapes: repeated, each is hostile to some reader.
const UNITS: &[&str] = &[
    "(",
    "((",
    "()",
    "(a) ",
    "<",
    "<>",
    "\"",
    "\\",
    "\"\\",
    "[",
    "[]",
    "[a]",
    "]",
    ",",
    "a,",
    "a@b,",
    ":",
    "a:",
    ";",
    "a;",
    "a:;",
    "@",
    "a@",
    "=",
    "=?",
    "=?a",
    "=?a?q?",
    "=?utf-8?q?a?= ",
    "=?utf-8?b??=",
    "?",
    "'",
    "*",
    "%",
    "re:",
    "re[",
    "re[a]:",
    "[fwd:",
    "(fwd)",
    "fwd: [x] ",
    " ",
    "\t",
    "a ",
    "\r\n ",
    "\0",
    "<a",
    "</",
    "<!--",
    "<!-- -->",
    "<a \"",
    "<a '",
    "<a \"'",
    "<script>",
    "<style></",
    "&",
    "&#",
    "&amp",
    "&#x41;",
    "\u{e9}",
    ">",
    "> a\r\n",
    "a:\r\n",
    "--",
    "-- \r\n",
    ";x=y (",
    "(;x=y ",
    "a=(b) ",
    "x=\"",
    "x*0*=a;",
    "name*99999=b;",
    "<a@b> ",
    "<a\"",
    "1:",
    "-",
    "+",
    "1 ",
];

#[test]
fn no_value_costs_more_than_its_length() {
    for unit in UNITS {
        let value = unit.repeat(20_000 / unit.len());
        let octets = value.as_bytes();
        check_linear(unit, octets, |o| AddressList::of(o).iter().count());
        check_linear(unit, octets, SentDate::parse);
        check_linear(unit, octets, decode_words);
        check_linear(unit, octets, BaseSubject::of);
        check_linear(unit, octets, |o| MessageId::list(o).count());
        check_linear(unit, octets, |_| html_to_text(&value).len());
        check_linear(unit, octets, |_| preview(&value));
        check_linear(unit, octets, |o| decoded_octets(b"base64", o));
        check_linear(unit, octets, |o| decoded_octets(b"quoted-printable", o));
    }
}

#[test]
fn no_field_costs_more_than_its_length() {
    for unit in UNITS {
        for field in
            ["From: ", "Content-Type: a/b; ", "Content-Disposition: a; ", "Content-Language: ", ""]
        {
            let mail = format!("{field}{}", unit.repeat(10_000 / unit.len()));
            check_linear(unit, mail.as_bytes(), |octets| {
                let outline = Outline::of(octets);
                let part = outline.root().expect("a root");
                (part.file_name(), outline.encode())
            });
            check_linear(unit, mail.as_bytes(), HeaderEnvelope::of);
            check_linear(unit, mail.as_bytes(), ThreadKeys::of_header);
        }
    }
}

#[test]
fn comments_that_hold_parameters_are_not_read_again_and_again() {
    let open = ";x=y (".repeat(20_000);
    let mail = format!("Content-Type: a/b{open}{} z\r\n\r\n", ")".repeat(20_000));
    // A comment is looked into as far as COMMENT_OCTETS_MAX for each of PARAMETERS_MAX parameters.
    let (spent, _) = counting::of(|| Outline::of(mail.as_bytes()));
    assert!(spent < mail.len() * LOOKS_MAX + PARAMETERS_MAX * COMMENT_OCTETS_MAX, "{spent}");
}

#[test]
fn a_million_messages_inside_one_another_stop_at_the_depth_allowed() {
    let mail = "Content-Type: message/rfc822\r\n\r\n".repeat(1_000_000);
    let outline = check_linear("rfc822", mail.as_bytes(), Outline::of);
    assert_eq!(outline.part_count(), DEPTH_MAX + 1);
    let numbers = vec![1; DEPTH_MAX + 1];
    let deepest = outline.part(&numbers[..]);
    assert!(deepest.is_some_and(|part| part.media_type == b"APPLICATION"));
    assert!(outline.section(&vec![1; 100_000], Section::Whole).is_none());
}

#[test]
fn twenty_thousand_multiparts_inside_one_another_stop_at_the_depth_allowed() {
    let part = |i| format!("Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n");
    let mail: String = (0..20_000).map(part).collect();
    let outline = check_linear("multipart", mail.as_bytes(), Outline::of);
    assert_eq!(outline.part_count(), DEPTH_MAX + 1);
}

#[test]
fn a_multipart_has_at_most_the_parts_allowed_and_the_last_holds_the_rest() {
    let mut mail = String::from("Content-Type: multipart/mixed; boundary=b\r\n\r\n");
    mail += &"--b\r\n\r\nx\r\n".repeat(100_000);
    mail += "--b--\r\n";
    let outline = check_linear("parts", mail.as_bytes(), Outline::of);
    assert_eq!(outline.part_count(), PARTS_MAX);
    let last = outline.parts().last().expect("parts");
    assert_eq!(last.body.end as usize, mail.len() - "\r\n--b--\r\n".len());
}

#[test]
fn lines_that_look_like_delimiters_cost_the_same_however_many_multiparts_are_open() {
    let mut mail: String = (0..99)
        .map(|i| {
            format!("Content-Type: multipart/mixed; boundary=bbbbbbbb{i}\r\n\r\n--bbbbbbbb{i}\r\n")
        })
        .collect();
    mail += "\r\n";
    for line in
        ["--\n", "--bbbbbbbb\n", "--bbbbbbbb999\r\n", "-\n", "\n", "--bbbbbbbb0--x\n", "---\n"]
    {
        let mail = format!("{mail}{}", line.repeat(300_000 / line.len()));
        let outline = check_linear(line, mail.as_bytes(), Outline::of);
        assert_eq!(outline.part_count(), 100);
    }
}

#[test]
fn a_hundred_thousand_header_lines_are_read_as_far_as_allowed() {
    let mut mail = String::from("Subject: first\r\n");
    mail += &"Received: from a by b; Tue, 1 Jul 2025 10:00:00 +0000\r\n".repeat(100_000);
    mail += "Subject: last\r\n\r\nbody";
    let outline = check_linear("Received", mail.as_bytes(), Outline::of);
    assert_eq!(outline.envelope().subject, Some(&b"first"[..]));
    assert_eq!(outline.root().expect("a root").body.start as usize, mail.len() - 4);
    assert!(outline.encode().len() < 200);
}

#[test]
fn a_subject_of_ten_megabytes_is_kept_as_far_as_a_header_is() {
    let mail = format!("Subject: {}\r\nFrom: a@b\r\n\r\nbody", "x".repeat(10_000_000));
    let outline = check_linear("Subject", mail.as_bytes(), Outline::of);
    assert_eq!(outline.envelope().subject.map(<[u8]>::len), Some(HEADER_OCTETS_MAX - 9));
    assert_eq!(outline.section(&[], Section::Text).map(|range| range.end - range.start), Some(4));
}

#[test]
fn half_a_million_addresses_are_kept_as_far_as_a_header_is() {
    let value = "a@b, ".repeat(500_000);
    let list = check_linear("addresses", value.as_bytes(), AddressList::of);
    assert_eq!(list.iter().count(), 500_000);
    let groups = "g:a@b;".repeat(500_000);
    check_linear("groups", groups.as_bytes(), AddressList::of);
    // However short they are, the outline of a message is not much larger than the headers that are kept.
    for unit in ["a@b, ", "a,", "a;", "g:;", "<>,"] {
        let value = unit.repeat(5_000_000 / unit.len());
        let mail = format!("To: {value}\r\nCc: {value}\r\n\r\n");
        let octets = check_linear(unit, mail.as_bytes(), Outline::of).encode().len();
        assert!(octets <= 4 * HEADER_OCTETS_MAX, "{unit}: {octets}");
    }
}

#[test]
fn continuations_without_end_are_joined_as_far_as_allowed() {
    let mut mail = String::from("Content-Disposition: attachment");
    for number in (0..99_999).rev() {
        mail += &format!("; filename*{number}=a");
    }
    mail += "\r\n\r\n";
    let outline = check_linear("continuations", mail.as_bytes(), Outline::of);
    let part = outline.root().expect("a root");
    assert_eq!(part.disposition.expect("one").parameters.iter().count(), PARAMETERS_MAX);
    assert_eq!(part.file_name(), None);
    let joined: String = (0..2000).map(|number| format!("; filename*{number}=a")).collect();
    let mail = format!("Content-Disposition: attachment{joined}\r\n\r\n");
    let outline = Outline::of(mail.as_bytes());
    assert_eq!(outline.root().expect("a root").file_name(), Some("a".repeat(PARAMETERS_MAX)));
}

#[test]
fn references_without_end_keep_the_first_and_the_latest() {
    let ids: String = (0..10_000).map(|number| format!(" <{number}@x>")).collect();
    let keys = ThreadKeys::of_header(format!("References:{ids}\r\n\r\n").as_bytes());
    let ids: Vec<&[u8]> = keys.references.iter().map(MessageId::as_octets).collect();
    assert_eq!(ids.len(), REFERENCES_MAX);
    assert_eq!((ids[0], ids[1], ids[255]), (&b"0@x"[..], &b"9745@x"[..], &b"9999@x"[..]));
}

#[test]
fn text_is_bounded() {
    let body = "word ".repeat(SEARCHABLE_OCTETS_MAX / 2);
    for kind in ["plain", "html"] {
        let mail = format!("Content-Type: text/{kind}\r\n\r\n{body}");
        let outline = Outline::of(mail.as_bytes());
        let text = check_linear(kind, mail.as_bytes(), |octets| searchable_text(&outline, octets));
        assert!(text.len() <= SEARCHABLE_OCTETS_MAX && text.len() > SEARCHABLE_OCTETS_MAX - 10);
        assert!(part_text(&outline.root().expect("a root"), b"").is_empty());
    }
}

#[test]
fn a_scanner_holds_no_more_for_a_longer_message() {
    let mut scanner = Scanner::new();
    scanner.push(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n");
    let held = |scanner: &Scanner| format!("{scanner:?}").len();
    for _ in 0..100 {
        scanner.push(&b"--\nnot a delimiter\n".repeat(100));
    }
    let before = held(&scanner);
    for _ in 0..1000 {
        scanner.push(&b"--\nnot a delimiter\n".repeat(100));
        scanner.push(&[b'-'; 5000]);
    }
    assert!(held(&scanner) < before + 10_000);
}
