//! Every response by example: what the server half prints is what the client half reads.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may be blunt"
)]

use imap::fetch::{
    Answer, Extensions, FetchLine, Fetched, Nul, Octets, OldName, Part, Recent, Section,
    SectionText,
};
use imap::response::{Code, Condition, Response};
use imap::{Dialect, Feature};
use mailbox::{EmailId, Flags, Keyword, ModSeq, ThreadId, Timestamp, Uid, ZonedTime};
use message::Outline;

/// Responses as the server half writes them.
const CANONICAL: &[&str] = &[
    "+ Ready",
    "+ ",
    "a1 OK Done",
    "a1 NO [TRYCREATE] No such mailbox",
    "a1 BAD expected a space at octet 5",
    "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 AUTH=PLAIN] correio ready",
    "* PREAUTH Hello",
    "* BYE [UNAVAILABLE] Closing",
    "* OK [INPROGRESS] Still working on this",
    "* OK [INPROGRESS (\"a1\" NIL NIL)] Still working on this",
    "* OK [INPROGRESS (\"a1\" 175 NIL)] Still working on this",
    "* OK [INPROGRESS (NIL 175 1000)] Still working on this",
    "a1 BAD [UIDREQUIRED] There are no message numbers",
    "* JMAPACCESS \"https://mail.example.org/.well-known/jmap\"",
    "* METADATA INBOX (/shared/comment \"a b\" /private/x NIL)",
    "* METADATA \"\" /shared/admin /private/filters/values/boss",
    "* METADATA INBOX (/private/x ~{3}\r\na\0b)",
    "a1 OK [METADATA LONGENTRIES 2199] x",
    "a1 NO [METADATA MAXSIZE 16384] x",
    "a1 NO [METADATA TOOMANY] x",
    "a1 NO [UNDEFINED-FILTER boss] x",
    "* ESEARCH (TAG \"a1\" MAILBOX \"a b\" UIDVALIDITY 503) UID ALL 3002,4004",
    "* OK [ALERT] x",
    "* OK [UIDVALIDITY 3857529045] x",
    "* OK [UIDNEXT 4392] x",
    "* OK [UNSEEN 17] x",
    "* OK [HIGHESTMODSEQ 9223372036854775807] x",
    "* OK [NOMODSEQ] x",
    "* OK [PERMANENTFLAGS (\\Deleted \\Seen foo \\*)] x",
    "* OK [MAILBOXID (F2212ea87)] x",
    "* OK [CLOSED] x",
    "* NO [BADCHARSET] x",
    "* NO [BADCHARSET (US-ASCII UTF-8)] x",
    "a1 OK [READ-WRITE] x",
    "a1 OK [APPENDUID 38505 3955] x",
    "a1 OK [APPENDUID 38505 3955:3957] x",
    "a1 OK [COPYUID 38505 304,319:320 3956:3958] x",
    "a1 OK [MODIFIED 7,9] x",
    "a1 NO [OVERQUOTA] x",
    "a1 NO [REFERRAL imap://x/] x",
    "a1 NO [X-Y] x",
    "* CAPABILITY IMAP4rev1 LITERAL+ SASL-IR",
    "* ENABLED CONDSTORE IMAP4rev2",
    "* ENABLED",
    "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)",
    "* LIST (\\HasNoChildren \\Sent) \"/\" Sent",
    "* LIST () NIL \"a b\"",
    "* LIST (\\NonExistent) \"\\\\\" &AOk- (CHILDINFO (\"SUBSCRIBED\"))",
    "* LIST () \"/\" b (CHILDINFO (\"SUBSCRIBED\") OLDNAME (a))",
    "* LSUB (\\Noselect) \"/\" x",
    "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292 MAILBOXID (F1) APPENDLIMIT NIL)",
    "* SORT",
    "* SORT 5 3 4 1 2",
    "* SORT 2 1 (MODSEQ 917162500)",
    "* ESEARCH (TAG \"a\") UID COUNT 3 ALL 10,9,11",
    "* ESEARCH (TAG \"A01\") UID PARTIAL (-1:-100 5,9:12)",
    "* ESEARCH (TAG \"A04\") UID COUNT 7 PARTIAL (24000:24500 NIL)",
    "* ESEARCH (TAG \"B01\") UID ADDTO (0 32768:32769)",
    "* ESEARCH (TAG \"C01\") UID REMOVEFROM (2 5,7 9 1) ADDTO (1 2733 1 2732)",
    "* NO [NOUPDATE \"B02\"] x",
    "* THREAD",
    "* THREAD (2)(3 6 (4 23)(44 7 96))",
    "* THREAD ((3)(5))",
    "* THREAD (166)((170)(179))((177)(183)(182)(188 (184)(189))(185 186)(187))(205 206 207)",
    "* THREAD ((1 2)(3 (4)((5)(6))))",
    "* SEARCH",
    "* SEARCH 2 84 882",
    "* SEARCH 2 5 (MODSEQ 917162500)",
    "* ESEARCH (TAG \"A285\") UID MIN 7 MAX 3800 COUNT 15 MODSEQ 5 ALL 4,9:10",
    "* ESEARCH",
    "* 23 EXISTS",
    "* 0 RECENT",
    "* 44 EXPUNGE",
    "* VANISHED (EARLIER) 300:310,405",
    "* VANISHED 5",
    "* NAMESPACE ((\"\" \"/\")) NIL ((\"Shared/\" \"/\")(\"x\" NIL))",
    "* ID (\"name\" \"correio\" \"os\" NIL)",
    "* ID NIL",
    "* QUOTA \"\" (STORAGE 10 512 MESSAGE 1 20)",
    "* QUOTA root ()",
    "* QUOTAROOT INBOX \"\"",
    "* QUOTAROOT x",
];

#[test]
fn what_the_server_prints_the_client_reads() {
    for text in CANONICAL {
        let response = Response::parse(text.as_bytes(), Dialect::REV1)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(!matches!(response, Response::Other(_)), "{text}");
        let mut out = Vec::new();
        response.print(&mut out, Dialect::REV1);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{text}\r\n"));
    }
}

#[test]
fn what_other_servers_send_is_read_too() {
    for (text, same) in [
        ("* ok [uidnext 5] x", "* OK [UIDNEXT 5] x"),
        ("* CAPABILITY IMAP4rev1  IDLE ", "* CAPABILITY IMAP4rev1 IDLE"),
        ("* SEARCH 2 84 ", "* SEARCH 2 84"),
        ("* STATUS x (MESSAGES 1 X-FOO (a \"b\") UNSEEN 2)", "* STATUS x (MESSAGES 1 UNSEEN 2)"),
        ("* LIST () \"/\" x (X-Y (a (b c)) OLDNAME (y))", "* LIST () \"/\" x (OLDNAME (y))"),
        (
            "* NAMESPACE ((\"\" \"/\" \"X-PARAM\" (\"a\"))) NIL NIL",
            "* NAMESPACE ((\"\" \"/\")) NIL NIL",
        ),
        ("* LIST () \"/\" {3}\r\na b", "* LIST () \"/\" \"a b\""),
        ("* LIST () \"/\" \"R&D\"", "* LIST () \"/\" R&-D"),
        ("* LIST () \"/\" &AGE-", "* LIST () \"/\" &-AGE-"),
        ("* 1 FETCH (UID 5 )", "* 1 FETCH (UID 5)"),
        (
            "* 1 FETCH (ENVELOPE (NIL NIL () ((NIL NIL \"a\" \"b\") (NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL NIL))",
            "* 1 FETCH (ENVELOPE (NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL NIL))",
        ),
    ] {
        let read = Response::parse(text.as_bytes(), Dialect::REV1);
        let want = Response::parse(same.as_bytes(), Dialect::REV1);
        assert_eq!(read, want, "{text}");
        assert!(read.is_ok(), "{text}: {read:?}");
    }
    // Without the text that the grammar asks for, and with a code that is not well-formed.
    let Ok(Response::Tagged(_, status)) = Response::parse(b"a1 OK", Dialect::REV1) else {
        panic!("not read")
    };
    assert_eq!((status.condition, status.code, status.text.as_str()), (Condition::Ok, None, ""));
    let Ok(Response::Untagged(status)) = Response::parse(b"* OK [UIDNEXT x] y", Dialect::REV1)
    else {
        panic!("not read")
    };
    assert_eq!(status.code, Some(Code::Other("UIDNEXT".into(), "x".into())));
    assert_eq!(Response::parse(b"* XLIST (x", Dialect::REV1), Ok(Response::Other("XLIST".into())));
}

#[test]
fn broken_responses_are_errors_and_never_panics() {
    for text in [
        "",
        "*",
        "* ",
        "* 5",
        "* 4294967296 EXISTS",
        "* 1 FETCH (FLAGS",
        "* LIST x",
        "* VANISHED 1:*",
        "a1",
        "a1 FINE",
        "* 1 FETCH (BODY (",
        "* 1 FETCH (BODY[ {3}\r\nabc)",
    ] {
        assert!(Response::parse(text.as_bytes(), Dialect::REV1).is_err(), "{text}");
    }
    for text in CANONICAL {
        for end in 0..text.len() {
            let _ = Response::parse(&text.as_bytes()[..end], Dialect::REV1);
        }
    }
}

const MESSAGE: &[u8] = b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n\
From: \"Terry \\\"T\\\" Gray\" <gray@cac.washington.edu>\r\n\
Subject: =?utf-8?q?Caf=C3=A9?= minutes\r\n\
To: Undisclosed: ana@exemplo.pt;, imap@cac.washington.edu\r\n\
Message-ID: <B27397-0100000@cac.washington.edu>\r\n\
MIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=x; a=\"b\\\\c\"\r\n\
\r\n\
--x\r\n\
Content-Type: text/plain; charset=utf-8\r\n\
Content-Language: pt, en\r\n\
\r\n\
Ol\xc3\xa1\r\n\
--x\r\n\
Content-Type: message/rfc822\r\n\
Content-Disposition: attachment; filename=\"a b\"\r\n\
\r\n\
From: x@y\r\n\
Subject: s\xe9\r\n\
\r\n\
hello\r\nworld\r\n\
--x\r\n\
Content-Type: image/png\r\n\
Content-ID: <1@x>\r\n\
Content-Transfer-Encoding: base64\r\n\
\r\n\
AAAA\r\n\
--x--\r\n";

/// Prints the answer for one message with everything in it.
fn print_all(out: &mut Vec<u8>, dialect: Dialect) {
    let outline = Outline::of(MESSAGE);
    let keywords = ["$Junk", "foo"].map(|keyword| Keyword::new(keyword).unwrap());
    let flags = Flags::SEEN.with(Flags::DRAFT).with(Flags::keyword(1).unwrap());
    let mut line = FetchLine::begin(out, 7, Uid::MIN, dialect);
    line.uid(Uid::new(4_294_967_295).unwrap());
    line.flags(flags, &keywords, Recent::Yes);
    line.internal_date(ZonedTime { time: Timestamp(837_596_605), zone_minutes: 0 });
    line.size(MESSAGE.len() as u64);
    line.modseq(ModSeq(65_402));
    line.email_id(None, EmailId(12));
    line.thread_id(None, ThreadId(3));
    line.save_date(Timestamp(1_420_134_653));
    line.envelope(&outline.envelope());
    line.structure(&outline, Extensions::Shown);
    line.structure(&outline, Extensions::Hidden);
    let fields = SectionText::HeaderFields(vec!["From".into(), "a b".into()]);
    line.section(&Section { part: Part(vec![1, 2]), text: fields }, Some(5), b"a\r\nb)");
    line.no_section(&Section { part: Part(vec![9]), text: SectionText::All }, None);
    line.binary_size(&Part(vec![3]), 3);
    line.no_binary(&Part(vec![9]), None);
    line.binary_head(&Part(vec![3]), None, 3, Nul::Possible);
    out.extend_from_slice(b"a\0b");
    let mut line = FetchLine::resume(out, dialect);
    line.old_name_head(OldName::Text, 2);
    out.extend_from_slice(b"\r\n");
    FetchLine::resume(out, dialect).end();
}

fn fetched(octets: &[u8], dialect: Dialect) -> Fetched {
    match Response::parse(octets.strip_suffix(b"\r\n").unwrap(), dialect) {
        Ok(Response::Fetch(fetched)) => fetched,
        other => panic!("{} {other:?}", octets.escape_ascii()),
    }
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "a new item has its test beside it")]
fn a_fetch_comes_back_whole() {
    for dialect in [Dialect::REV1, Dialect::REV2, Dialect::REV1.with(Feature::Utf8Accept)] {
        let mut out = Vec::new();
        print_all(&mut out, dialect);
        let fetched = fetched(&out, dialect);
        assert_eq!(fetched.number, 7);
        assert_eq!(fetched.uid(), Some(4_294_967_295));
        assert_eq!(fetched.flags().unwrap().len(), 4);
        assert_eq!(fetched.section(), Some(&b"a\r\nb)"[..]));
        assert_eq!(fetched.answers.len(), 17);
        for answer in &fetched.answers {
            match answer {
                Answer::InternalDate(date) => assert_eq!(date.timestamp.0, 837_596_605),
                Answer::Size(octets) => assert_eq!(*octets, MESSAGE.len() as u64),
                Answer::ModSeq(modseq) => assert_eq!(modseq.0, 65_402),
                Answer::EmailId(id) => assert_eq!(id, "M12"),
                Answer::SaveDate(date) => assert_eq!(date.unwrap().timestamp.0, 1_420_134_653),
                Answer::ThreadId(id) => assert_eq!(id.as_deref(), Some("T3")),
                Answer::Envelope(envelope) => {
                    assert_eq!(envelope.from[0].name.as_deref(), Some(&b"Terry \"T\" Gray"[..]));
                    assert_eq!(envelope.sender, envelope.from);
                    assert_eq!(envelope.to.len(), 4);
                    assert_eq!(envelope.cc, []);
                }
                Answer::BodyStructure(structure) => {
                    let parts = &structure.parts;
                    assert_eq!(parts.len(), 5);
                    let parents: Vec<Option<usize>> = parts.iter().map(|p| p.parent).collect();
                    assert_eq!(parents, [None, Some(0), Some(0), Some(2), Some(0)]);
                    assert_eq!(parts[0].subtype, "mixed");
                    assert_eq!(parts[0].parameters[1], ("a".into(), "b\\c".into()));
                    assert_eq!(parts[1].languages, ["pt", "en"]);
                    assert_eq!(parts[1].lines, Some(0));
                    assert_eq!(parts[2].lines, Some(4));
                    let subject = parts[2].envelope.as_ref().unwrap().subject.as_deref();
                    assert_eq!(subject, Some(&b"s\xe9"[..]));
                    assert_eq!(parts[2].disposition.as_ref().unwrap().1[0].1, "a b");
                    assert_eq!(parts[4].id.as_deref(), Some("<1@x>"));
                    assert_eq!(parts[4].encoding, "base64");
                }
                Answer::Body(structure) => assert_eq!(structure.parts.len(), 5),
                Answer::Binary { octets, .. } => {
                    assert!(octets.is_none() || *octets == Some(Octets::Here(b"a\0b".to_vec())));
                }
                // Looked at above, or in their own files.
                _ => {}
            }
        }
    }
}

#[test]
fn eight_bit_goes_as_a_literal_unless_it_may_be_quoted() {
    let outline = Outline::of("Subject: olá \"x\"\r\n\r\n".as_bytes());
    let print = |dialect| {
        let mut out = Vec::new();
        let mut line = FetchLine::begin(&mut out, 1, Uid::MIN, dialect);
        line.envelope(&outline.envelope());
        line.end();
        String::from_utf8(out).unwrap()
    };
    assert!(
        print(Dialect::REV1).starts_with("* 1 FETCH (ENVELOPE (NIL {8}\r\nolá \"x\" NIL"),
        "{}",
        print(Dialect::REV1)
    );
    assert!(
        print(Dialect::REV2).starts_with("* 1 FETCH (ENVELOPE (NIL \"olá \\\"x\\\"\" NIL"),
        "{}",
        print(Dialect::REV2)
    );
}

#[test]
fn a_fetch_cut_anywhere_is_an_error() {
    let mut out = Vec::new();
    print_all(&mut out, Dialect::REV1);
    for end in "* 7 FETCH".len()..out.len() - 3 {
        assert!(Response::parse(&out[..end], Dialect::REV1).is_err(), "{end}");
    }
}

#[test]
fn hostile_responses_are_refused_quickly() {
    let begin = std::time::Instant::now();
    for text in [
        format!("* 1 FETCH (BODYSTRUCTURE {}", "(".repeat(1 << 20)),
        format!("* 1 FETCH (X-FOO {}", "(".repeat(1 << 20)),
        format!("* 1 FETCH (ENVELOPE (NIL NIL ({}", "(NIL NIL NIL NIL)".repeat(200_000)),
        format!("* 1 FETCH ({}", "UID 5 ".repeat(200_000)),
        format!("* LIST ({}", "\\a ".repeat(200_000)),
        format!("* CAPABILITY{}", " a".repeat(200_000)),
        format!(
            "* 1 FETCH (BODY {}",
            "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 5 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ".repeat(20_000)
        ),
    ] {
        assert!(Response::parse(text.as_bytes(), Dialect::REV1).is_err(), "{}", &text[..40]);
    }
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}
