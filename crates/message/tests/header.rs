//! Header fields, dates, encoded words and thread keys by example (RFC 5322, 2047, 5256).
#![allow(missing_docs, reason = "tests")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests may be blunt"
)]

use message::{
    BaseSubject, Choice, MessageId, SentDate, ThreadKeys, decode_words, fields, find, format_date,
    select,
};

const HEADER: &str = "From x@y Mon Jan  1 00:00:00 2024\r\nReceived: a\r\n\tb\r\nSubject : odd\r\nEmpty:\r\nSUBJECT:two\r\n \r\n more\r\nno field\r\nX-Y: z\r\n\r\nNot: this\r\n";

#[test]
fn fields_are_walked_as_they_stand() {
    let shown: Vec<(String, String)> = fields(HEADER.as_bytes())
        .map(|f| (String::from_utf8_lossy(f.name).into(), String::from_utf8_lossy(f.value).into()))
        .collect();
    let want = [
        ("", "From x@y Mon Jan  1 00:00:00 2024"),
        ("Received", " a\r\n\tb"),
        ("Subject", " odd"),
        ("Empty", ""),
        ("SUBJECT", "two\r\n \r\n more"),
        ("", "no field"),
        ("X-Y", " z"),
    ];
    assert_eq!(shown, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(find(HEADER.as_bytes(), "subject").unwrap().unfolded(), &b"odd"[..]);
    assert_eq!(find(HEADER.as_bytes(), "Not"), None);
}

#[test]
fn chosen_fields_are_octet_for_octet_with_the_blank_line() {
    let pick = |names: &[&str], choice| {
        String::from_utf8(select(HEADER.as_bytes(), names, choice)).unwrap()
    };
    assert_eq!(
        pick(&["subject"], Choice::Named),
        "Subject : odd\r\nSUBJECT:two\r\n \r\n more\r\n\r\n"
    );
    assert_eq!(pick(&["x-y", "RECEIVED"], Choice::Named), "Received: a\r\n\tb\r\nX-Y: z\r\n\r\n");
    assert_eq!(pick(&["Subjec", "X"], Choice::Named), "\r\n");
    assert_eq!(
        pick(&["Subject", "Received"], Choice::NotNamed),
        "From x@y Mon Jan  1 00:00:00 2024\r\nEmpty:\r\nno field\r\nX-Y: z\r\n\r\n"
    );
    assert_eq!(select(b"A: b", &["a"], Choice::Named), b"A: b");
    assert_eq!(select(b"A: b\nC: d\n\n", &["c"], Choice::Named), b"C: d\n\n");
    assert_eq!(select(b"", &["c"], Choice::NotNamed), b"");
}

#[test]
fn dates_of_all_times_are_read() {
    let utc = 1_012_471_200; // 2002-01-31T10:00:00Z
    for (value, unix_s, zone_s) in [
        ("Thu, 31 Jan 2002 10:00:00 +0000", utc, 0),
        ("Thu, 31 Jan 2002 12:00:00 +0200", utc, 7200),
        ("31 Jan 2002 05:30:00 -0430 (comment (nested))", utc, -16_200),
        ("Thu,31 Jan 2002 10:00 GMT", utc, 0),
        ("Thu, 31 Jan 02 10:00:00 UT", utc, 0),
        ("Thu, 31 Jan 102 10:00:00 Z", utc, 0),
        ("31 Jan 2002 05:00:00 EST", utc, -18_000),
        ("31 Jan 2002 03:00:00 PDT", utc, -25_200),
        ("31 Jan 2002 10:00:00 A", utc, 0),
        ("31 Jan 2002 10:00:00 MESZ", utc, 0),
        ("31 Jan 2002 12:00:00 GMT+0200", utc, 7200),
        ("31 Jan 2002 12:00:00 +02:00", utc, 7200),
        ("31 (day) Jan (month)\r\n 2002 10 : 00 : 00 +0000", utc, 0),
        ("Thu Jan 31 10:00:00 2002", utc, 0),
        ("Thu Jan 31 12:00:00 2002 +0200", utc, 7200),
        ("Thu Jan 31 05:00:00 EST 2002", utc, -18_000),
        ("31-Jan-2002 10:00:00 +0000", utc, 0),
        ("2002-01-31 10:00:00", utc, 0),
        ("2002-01-31T10:00:00.123Z", utc, 0),
        ("2002-01-31T12:00:00+02:00", utc, 7200),
        ("Thursday, January 31, 2002 10:00 AM", utc, 0),
        ("January 31, 2002 10:00:00 PM", utc + 43_200, 0),
        // RFC 5256, 2.2: a broken time is midnight, a broken zone UTC.
        ("31 Jan 2002", utc - 36_000, 0),
        ("31 Jan 2002 25:00:00 +0000", utc - 36_000, 0),
        ("31 Jan 2002 10:00:00 +9999", utc, 0),
        ("31 Jan 2002 10:00:60 +0000", utc + 59, 0),
        ("1 Jan 1970 00:00:00 +0000", 0, 0),
        ("31 Dec 49 00:00:00 +0000", 2_524_521_600, 0),
        ("1 Jan 50 00:00:00 +0000", -631_152_000, 0),
        ("29 Feb 2000 00:00:00 +0000", 951_782_400, 0),
    ] {
        let date = SentDate::parse(value.as_bytes());
        assert_eq!(date.map(|d| (d.unix_s, d.zone_s)), Some((unix_s, zone_s)), "{value}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for value in [
        "",
        "now",
        "Thu",
        "31 Jan",
        "Jan 2002",
        "30 Feb 2002",
        "29 Feb 1900 00:00:00",
        "Sat, 02 Feb 0102 11:39:51 +0200",
        "31 Dec 1899 00:00:00",
        "0 Jan 2002",
        "32 Jan 2002",
        "31 Xyz 2002",
        "99999999999 Jan 2002",
        "31 Jan 99999999999",
        "31 Jan 10000",
        "2002-13-01",
        "01-02-2002",
        "10:00:00",
        "(31 Jan 2002)",
    ] {
        assert_eq!(SentDate::parse(value.as_bytes()), None, "{value}");
    }
}

#[test]
fn the_day_is_the_one_written() {
    let day = |value: &str| SentDate::parse(value.as_bytes()).unwrap().day;
    assert_eq!(day("31 Jan 2002 23:59:59 -0800"), day("31 Jan 2002 00:00:00 +1200"));
    assert_eq!(day("2 Jan 1970 00:00:00 +0900"), 1);
    assert_eq!(day("31 Dec 1969 00:00:00 +0000"), -1);
}

#[test]
fn dates_are_written_as_they_are_read() {
    assert_eq!(format_date(0), "Thu, 1 Jan 1970 00:00:00 +0000");
    assert_eq!(format_date(1_012_471_199), "Thu, 31 Jan 2002 09:59:59 +0000");
    assert_eq!(format_date(951_782_400), "Tue, 29 Feb 2000 00:00:00 +0000");
    for unix_s in (-1_500_000_000..4_000_000_000).step_by(86_399 * 13) {
        assert_eq!(SentDate::parse(format_date(unix_s).as_bytes()).unwrap().unix_s, unix_s);
    }
    let _ = (format_date(i64::MIN), format_date(i64::MAX));
}

#[test]
fn encoded_words_are_decoded_and_broken_ones_kept() {
    for (value, want) in [
        // RFC 2047, 8.
        ("=?ISO-8859-1?Q?a?=", "a"),
        ("=?ISO-8859-1?Q?a?= b", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        ("=?iso-8859-1?q?this=20is=20some=20text?=", "this is some text"),
        ("=?US-ASCII?Q?Keith_Moore?= <m@x>", "Keith Moore <m@x>"),
        (
            "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
            "If you can read this you understand the example.",
        ),
        // A character cut in two, as some programs do.
        ("=?utf-8?q?caf=C3?= =?UTF-8?Q?=A9?=", "café"),
        ("=?utf-8?b?Y2Fmww==?= =?utf-8?b?qQ==?=", "café"),
        ("=?utf-8*en?q?=C3=A9?=", "é"),
        ("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"),
        ("a=?utf-8?q?b?=c", "abc"),
        ("plain =?", "plain =?"),
        ("=?utf-8?q?never ends", "=?utf-8?q?never ends"),
        ("=?x-unknown?q?a?=", "=?x-unknown?q?a?="),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8?q?a?b?=", "=?utf-8?q?a?b?="),
        ("=?=?utf-8?q?a?=", "=?a"),
        ("=?utf-8?q?=zz=4?=", "=zz=4"),
        ("=?utf-8?q?=ff?=", "\u{fffd}"),
        ("=?utf-8?q?a b?=", "a b"),
        // What is hidden in a word stays text.
        ("=?utf-8?q?a=0d=0aBcc:=20x=00?=", "aBcc: x "),
        ("caf\u{e9}", "café"),
        ("folded\r\n\tvalue", "folded value"),
    ] {
        assert_eq!(decode_words(value.as_bytes()), want, "{value}");
    }
    assert_eq!(decode_words(b"caf\xe9"), "café");
}

#[test]
fn base_subjects_lose_their_artifacts() {
    for (subject, base, is_reply) in [
        ("Hello", "Hello", false),
        ("Re: Hello", "Hello", true),
        ("RE : re: FWD: Fw:Hello", "Hello", true),
        ("Re[2]: Hello", "Hello", true),
        ("Re [x] : Hello", "Hello", true),
        ("[list] Hello", "Hello", false),
        ("[list] Re: [list] Hello (fwd) (FWD)", "Hello", true),
        ("[a] [b] [c]", "[c]", false),
        ("[a][b]Re: [c]", "[c]", true),
        ("[fwd: Re: Hello]", "Hello", true),
        ("[Fwd: [fwd: Hello]]", "Hello", true),
        ("[fwd: Hello] there", "there", false),
        ("[]", "[]", false),
        ("[[a]] b", "[[a]] b", false),
        ("Re: ", "", true),
        ("(fwd)", "", true),
        ("Reply: x", "Reply: x", false),
        ("re", "re", false),
        ("  a \t\r\n b  ", "a b", false),
        ("=?utf-8?q?Re=3A_caf=C3=A9?=", "café", true),
        ("", "", false),
    ] {
        let want = BaseSubject { text: base.to_owned(), is_reply, is_broken: false };
        assert_eq!(BaseSubject::of(subject.as_bytes()), want, "{subject}");
    }
    for (subject, is_broken) in [
        ("Re: =?utf-8?q?caf=c3=a9?=", false),
        ("=?utf-8?q?caf=c3?= =?utf-8?q?=a9?=", false),
        ("=?utf-8?q?caf=c3?= and =?utf-8?q?=a9?=", true),
        ("=?x-unknown?q?lunch?=", true),
        ("=?x-unknown?q?lunch", false),
        ("=?utf-8?q?=ff?=", true),
        ("caf\u{e9}", false),
    ] {
        assert_eq!(BaseSubject::of(subject.as_bytes()).is_broken, is_broken, "{subject}");
    }
    // What is in no charset that anybody has named.
    assert!(BaseSubject::of(b"caf\xe9").is_broken);
}

fn ids(value: &str) -> Vec<String> {
    MessageId::list(value.as_bytes())
        .map(|id| String::from_utf8(id.as_octets().to_vec()).unwrap())
        .collect()
}

#[test]
fn message_ids_are_read_from_any_list() {
    assert_eq!(ids("<a@b> <c@d>\r\n\t<e@f>"), ["a@b", "c@d", "e@f"]);
    assert_eq!(ids("<a@b><c@d>,<e@f>; junk"), ["a@b", "c@d", "e@f"]);
    assert_eq!(ids("Your message of Monday <a@b>"), ["a@b"]);
    assert_eq!(ids("<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>"), ["01KF8JCEOCBS0045PS@xxx.yyy.com"]);
    assert_eq!(ids("<folded\r\n @b>"), ["folded@b"]);
    assert_eq!(ids("<open <a@b> <open"), ["a@b"]);
    assert_eq!(ids("<> a@b"), Vec::<String>::new());
    assert_eq!(ids(&format!("<{}@x> <a@b>", "x".repeat(1000))), ["a@b"]);
}

#[test]
fn thread_keys_prefer_references() {
    let keys = |header: &str| ThreadKeys::of_header(header.as_bytes());
    let shown = |keys: &ThreadKeys| -> Vec<String> {
        keys.references
            .iter()
            .map(|id| String::from_utf8_lossy(id.as_octets()).into_owned())
            .collect()
    };
    let both = keys(
        "Message-ID: <m@x>\r\nReferences: <a@b> <c@d>\r\nIn-Reply-To: <e@f>\r\nSubject: Re: s\r\n\r\n",
    );
    assert_eq!(both.message_id.as_ref().map(MessageId::as_octets), Some(&b"m@x"[..]));
    assert_eq!(shown(&both), ["a@b", "c@d"]);
    assert_eq!(both.subject.text, "s");
    assert_eq!(shown(&keys("References: none\r\nIn-Reply-To: <e@f> <g@h>\r\n\r\n")), ["e@f"]);
    assert_eq!(keys("Message-ID: bare@id\r\n\r\n").message_id.unwrap().as_octets(), b"bare@id");
    assert_eq!(keys("Message-ID: two words\r\n\r\n").message_id, None);
    assert_eq!(keys(""), ThreadKeys::default());
}

/// The base subject by the letter of RFC 5256, 2.1 and 5, on text that has no encoded words: each rule is tried by itself, again
/// and again.
mod base_subject_by_the_letter {
    /// subj-blob: what is behind it.
    fn blob(text: &str) -> Option<&str> {
        let inside = text.strip_prefix('[')?;
        let end = inside.find(['[', ']'])?;
        Some(inside[end..].strip_prefix(']')?.trim_start_matches(' '))
    }

    /// subj-refwd: what is behind it.
    fn mark(text: &str) -> Option<&str> {
        let lower = text.to_ascii_lowercase();
        let length = ["re", "fwd", "fw"].iter().find(|mark| lower.starts_with(*mark))?.len();
        let rest = text[length..].trim_start_matches(' ');
        rest.strip_prefix(':').or_else(|| blob(rest)?.strip_prefix(':'))
    }

    /// subj-leader: what is behind it, and whether it is a mark.
    fn leader(text: &str) -> Option<(&str, bool)> {
        if let Some(rest) = text.strip_prefix(' ') {
            return Some((rest, false));
        }
        let mut rest = text;
        loop {
            if let Some(behind) = mark(rest) {
                return Some((behind, true));
            }
            rest = blob(rest)?;
        }
    }

    pub(super) fn of(value: &str) -> (String, bool) {
        let mut text = value.replace('\t', " ");
        while text.contains("  ") {
            text = text.replace("  ", " ");
        }
        let mut is_reply = false;
        'two: loop {
            // (2)
            loop {
                let lower = text.to_ascii_lowercase();
                if lower.ends_with("(fwd)") {
                    text.truncate(text.len() - 5);
                    is_reply = true;
                } else if text.ends_with(' ') {
                    text.pop();
                } else {
                    break;
                }
            }
            loop {
                // (3)
                if let Some((rest, marks)) = leader(&text) {
                    is_reply |= marks;
                    text = rest.to_owned();
                    continue;
                }
                // (4)
                match blob(&text).filter(|rest| !rest.is_empty()) {
                    Some(rest) => text = rest.to_owned(),
                    None => break,
                }
            }
            // (6)
            let lower = text.to_ascii_lowercase();
            if lower.starts_with("[fwd:") && lower.ends_with(']') {
                text = text[5..text.len() - 1].to_owned();
                is_reply = true;
                continue 'two;
            }
            return (text, is_reply);
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4_000))]
    #[test]
    fn base_subjects_are_those_of_the_standard(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "re", "Re:", "FW", "fwd:", "Fwd", ":", "[", "]", "[x]", "[fwd:", "(fwd)", "(FWD)", " ",
            "  ", "\t", "a", "b c", "é", "\u{a0}",
        ]), 0..12),
    ) {
        let subject = pieces.concat();
        let got = BaseSubject::of(subject.as_bytes());
        let (text, is_reply) = base_subject_by_the_letter::of(&subject);
        proptest::prop_assert_eq!((got.text, got.is_reply), (text, is_reply), "{:?}", subject);
    }
}
