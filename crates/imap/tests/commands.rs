//! Every command by example: what the client half prints is what the server half reads, and what is wrong is told
//! with its tag and the place.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::too_many_lines,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may be blunt"
)]

use imap::command;
use imap::commands::{Append, AppendForm, AppendMessage, Create};
use imap::wire::{CommandWriter, Literals};
use imap::{Command, Dialect, Feature};

fn parse(text: &str) -> Command {
    match command::parse(text.as_bytes(), Dialect::REV1) {
        Ok(parsed) => {
            assert_eq!(parsed.tag.as_str(), "a1", "{text}");
            parsed.command
        }
        Err(bad) => panic!("{text:?}: {bad}"),
    }
}

/// Commands as the client half writes them.
const CANONICAL: &[&str] = &[
    "CAPABILITY",
    "NOOP",
    "LOGOUT",
    "STARTTLS",
    "IDLE",
    "NAMESPACE",
    "GETACL INBOX",
    "SETACL INBOX ana@example.org lrswi",
    "SETACL \"a b\" -anyone +kx",
    "DELETEACL INBOX -anyone",
    "LISTRIGHTS INBOX anyone",
    "MYRIGHTS INBOX",
    "LIST \"\" (\"%\") RETURN (MYRIGHTS)",
    "CHECK",
    "CLOSE",
    "UNSELECT",
    "EXPUNGE",
    "UID EXPUNGE 1:5,7,9:*",
    "UID EXPUNGE $",
    "COMPRESS DEFLATE",
    "ID NIL",
    "ID ()",
    "ID (\"name\" \"correio\" \"version\" NIL)",
    "ENABLE CONDSTORE",
    "ENABLE IMAP4rev2 UTF8=ACCEPT X-GOOD-IDEA",
    "LOGIN ana secret",
    "LOGIN \"ana maria\" \"a\\\"b\\\\c\"",
    "LOGIN \"\" \"NIL\"",
    "LOGIN ana@exemplo.pt {7+}\r\npá\r\nss",
    "AUTHENTICATE PLAIN",
    "AUTHENTICATE PLAIN AGFuYQBz",
    "AUTHENTICATE XOAUTH2 =",
    "SELECT INBOX",
    "EXAMINE \"a b\"",
    "SELECT INBOX (CONDSTORE)",
    "SELECT INBOX (QRESYNC (67890007 20050715194045000))",
    "SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541))",
    "SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541 (1:5,7 41:45,90)))",
    "SELECT INBOX (QRESYNC (1 2 (1 41)))",
    "CREATE &ZeVnLIqe-",
    "CREATE Q&-A",
    "CREATE Enviadas (USE (\\Sent \\Archive))",
    "DELETE x",
    "RENAME a/b \"c d\"",
    "SUBSCRIBE x",
    "UNSUBSCRIBE x",
    "LIST \"\" \"*\"",
    "LIST \"\" \"\"",
    "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"%\") RETURN (CHILDREN)",
    "LIST (SUBSCRIBED REMOTE RECURSIVEMATCH SPECIAL-USE) a/ (\"x\" \"y%\") RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES SIZE))",
    "LIST \"\" (\"*\") RETURN (STATUS (HIGHESTMODSEQ MAILBOXID))",
    "LSUB \"\" \"*\"",
    "STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT DELETED-STORAGE)",
    "GETQUOTA \"\"",
    "GETQUOTAROOT INBOX",
    "SETQUOTA \"\" (STORAGE 512 MESSAGE 9223372036854775807)",
    "COPY 2:4 MEETING",
    "UID COPY $ MEETING",
    "MOVE 1,3 foo",
    "UID MOVE 42:69 foo",
    "STORE 2:4 +FLAGS (\\Deleted)",
    "STORE 1 FLAGS ()",
    "UID STORE 1:* -FLAGS.SILENT (\\Seen $Junk foo)",
    "STORE 1 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\\Deleted)",
    "STORE * +FLAGS (\\Answered \\Flagged \\Draft \\Recent \\Other)",
    "FETCH 1 (FLAGS)",
    "FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
    "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)",
    "UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)",
    "FETCH 1 (UID ENVELOPE INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY MODSEQ EMAILID THREADID RFC822 RFC822.HEADER RFC822.TEXT)",
    "FETCH 1 (BODY[] BODY.PEEK[] BODY[HEADER] BODY[TEXT] BODY[1] BODY[1.MIME] BODY[4.2.HEADER] BODY[4.2.2.1])",
    "FETCH 1 (BODY.PEEK[3.HEADER.FIELDS.NOT (\"a b\" Received)]<0.100>)",
    "FETCH 1 (BINARY[1] BINARY.PEEK[]<5.1> BINARY.SIZE[2.3])",
    "SEARCH ALL",
    "UID SEARCH UID 1:*",
    "SEARCH RETURN () UNSEEN",
    "SEARCH RETURN (MIN MAX ALL COUNT SAVE) FLAGGED SINCE 1-Feb-1994 NOT FROM Smith",
    "UID SEARCH RETURN (COUNT UPDATE CONTEXT) DELETED KEYWORD $Junk",
    "CANCELUPDATE \"B01\" \"B02\"",
    "UID SEARCH RETURN (COUNT PARTIAL -1:-100) UNDELETED",
    "SEARCH RETURN (PARTIAL 501:1000) ALL",
    "SORT RETURN (MIN PARTIAL 1:5) (DATE) UTF-8 ALL",
    "UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-3)",
    "UID FETCH 25900:26600 (UID FLAGS) (CHANGEDSINCE 98305 VANISHED PARTIAL 1:30)",
    "SEARCH CHARSET UTF-8 TEXT {6+}\r\nmarça",
    "SEARCH OR OR FROM a TO b SUBJECT \"c d\" UNDELETED",
    "SEARCH SEEN OR (DRAFT 1:5) NOT (FLAGGED LARGER 100) SMALLER 5 $",
    "SEARCH ANSWERED UNANSWERED DELETED UNDELETED DRAFT UNDRAFT FLAGGED UNFLAGGED SEEN UNSEEN RECENT NOT RECENT",
    "SEARCH KEYWORD $Junk NOT KEYWORD x BCC a CC b BODY c TEXT d HEADER Message-ID <a@b>",
    "SEARCH BEFORE 1-Jan-2020 ON 2-Jan-2020 SINCE 3-Jan-2020 SENTBEFORE 4-Jan-2020 SENTON 5-Jan-2020 SENTSINCE 31-Dec-2020",
    "SEARCH MODSEQ 620162338 EMAILID M6d99 THREADID T64b4",
    "SEARCH HEADER x-y \"\"",
    "SEARCH SAVEDBEFORE 1-Jan-2020 SAVEDON 2-Jan-2020 NOT SAVEDSINCE 3-Jan-2020 SAVEDATESUPPORTED",
    "FETCH 1:* (SAVEDATE UID)",
    "COMPARATOR",
    "COMPARATOR \"cz;*\" i;basic -i;octet default",
    "SEARCH UNSEEN YOUNGER 259200 OLDER 60",
    "SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
    "UID SORT RETURN (MIN MAX ALL COUNT) (ARRIVAL CC FROM SIZE TO DISPLAYFROM DISPLAYTO MODSEQ) US-ASCII TEXT x",
    "THREAD REFERENCES UTF-8 SINCE 5-Mar-2000",
    "UID THREAD ORDEREDSUBJECT US-ASCII UID 1:*",
    "THREAD REFS UTF-8 OR SEEN FLAGGED",
];

#[test]
fn what_the_client_prints_the_server_reads() {
    let tag = imap::Tag::new(b"a1").unwrap();
    for text in CANONICAL {
        let text = format!("a1 {text}");
        let command = parse(&text);
        let printed = command.print(&tag, Dialect::REV1, Literals::Plus);
        assert_eq!(String::from_utf8(printed.octets).unwrap(), format!("{text}\r\n"));
        assert!(printed.waits.is_empty());
    }
}

#[test]
fn other_ways_to_write_the_same() {
    for (text, same) in [
        ("noop", "NOOP"),
        ("NOOP ", "NOOP"),
        ("uid fetch 1 flags", "UID FETCH 1 (FLAGS)"),
        ("FETCH 1 FAST", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)"),
        ("FETCH 1 all", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"),
        ("FETCH 1 FULL", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)"),
        ("FETCH 1 body.peek[]", "FETCH 1 (BODY.PEEK[])"),
        ("FETCH 1,2,3,5 UID", "FETCH 1:3,5 (UID)"),
        ("FETCH 4:2 UID", "FETCH 4:2 (UID)"),
        ("SELECT iNbOx", "SELECT iNbOx"),
        ("SELECT {5}\r\nINBOX", "SELECT INBOX"),
        ("SELECT \"INBOX\" (QRESYNC (1 2) CONDSTORE)", "SELECT INBOX (QRESYNC (1 2))"),
        ("STORE 1 FLAGS \\Seen \\Deleted", "STORE 1 FLAGS (\\Seen \\Deleted)"),
        ("STORE 1 +flags.silent \\Seen", "STORE 1 +FLAGS.SILENT (\\Seen)"),
        ("LIST \"\" %", "LIST \"\" \"%\""),
        ("LIST () \"\" \"*\"", "LIST \"\" (\"*\")"),
        ("STATUS INBOX (MESSAGES messages)", "STATUS INBOX (MESSAGES)"),
        ("SEARCH NOT NOT SEEN", "SEARCH SEEN"),
        ("SEARCH NEW", "SEARCH RECENT UNSEEN"),
        ("SEARCH OLD", "SEARCH NOT RECENT"),
        ("SEARCH ((SEEN))", "SEARCH SEEN"),
        ("SEARCH (SEEN (DRAFT 1:5)) ALL", "SEARCH SEEN DRAFT 1:5 ALL"),
        ("SEARCH OR SEEN OR DRAFT OR ALL DELETED", "SEARCH OR OR OR SEEN DRAFT ALL DELETED"),
        ("SEARCH UNKEYWORD x ON \"1-jan-2020\"", "SEARCH NOT KEYWORD x ON 1-Jan-2020"),
        ("SEARCH MODSEQ \"/flags/\\\\draft\" all 620", "SEARCH MODSEQ 620"),
        ("AUTHENTICATE plain", "AUTHENTICATE PLAIN"),
        ("CREATE \"é\"", "CREATE &AOk-"),
    ] {
        let want = parse(&format!("a1 {same}"));
        assert_eq!(parse(&format!("a1 {text}")), want, "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, tag, want) in [
        ("", None, "expected a tag and a space at octet 1"),
        ("NOOP", None, "expected a tag and a space at octet 1"),
        (" NOOP", None, "expected a tag and a space at octet 1"),
        ("a+b NOOP", None, "expected a tag and a space at octet 1"),
        ("a1 ", Some("a1"), "expected a command at octet 4"),
        ("a1 FOO", Some("a1"), "expected a command at octet 4"),
        ("a1 NOOP x", Some("a1"), "expected the end of the command at octet 9"),
        ("a1 NOOP  ", Some("a1"), "expected the end of the command at octet 9"),
        (
            "a1 UID NOOP",
            Some("a1"),
            "expected COPY, EXPUNGE, FETCH, MOVE, REPLACE, SEARCH, SORT, STORE or THREAD after UID at octet 8",
        ),
        ("a1 LOGIN ana", Some("a1"), "expected a space at octet 13"),
        ("a1 LOGIN ana \"x", Some("a1"), "expected \" to end the quoted string at octet 16"),
        (
            "a1 LOGIN ana \"x\\y\"",
            Some("a1"),
            "expected \" or \\ after \\ in a quoted string at octet 17",
        ),
        (
            "a1 LOGIN ana \"a\0b\"",
            Some("a1"),
            "expected a quoted string without NUL, CR and LF at octet 16",
        ),
        (
            "a1 LOGIN ana \"a\rb\"",
            Some("a1"),
            "expected a quoted string without NUL, CR and LF at octet 16",
        ),
        ("a1 LOGIN ana {3}\r\na\0b", Some("a1"), "expected a literal without NUL at octet 14"),
        ("a1 LOGIN ana {4294967296}\r\nab", Some("a1"), "expected a literal at octet 14"),
        ("a1 LOGIN ana {99999999999999999999}\r\nab", Some("a1"), "expected a number at octet 15"),
        ("a1 SELECT &AGE-", Some("a1"), "expected a mailbox name in modified UTF-7 at octet 11"),
        ("a1 SELECT (", Some("a1"), "expected a mailbox name at octet 11"),
        (
            "a1 FETCH 0 FLAGS",
            Some("a1"),
            "expected a number from 1 to 4294967295, or * at octet 10",
        ),
        (
            "a1 FETCH 4294967296 FLAGS",
            Some("a1"),
            "expected a number from 1 to 4294967295, or * at octet 10",
        ),
        (
            "a1 FETCH 1: FLAGS",
            Some("a1"),
            "expected a number from 1 to 4294967295, or * at octet 12",
        ),
        (
            "a1 FETCH 1 (FLAGS FOO)",
            Some("a1"),
            "expected a FETCH item like FLAGS or BODY[] at octet 19",
        ),
        ("a1 FETCH 1 ()", Some("a1"), "expected at least one item at octet 13"),
        (
            "a1 FETCH 1 BODY[1.FOO]",
            Some("a1"),
            "expected HEADER, HEADER.FIELDS, TEXT or, after a part, MIME at octet 19",
        ),
        (
            "a1 FETCH 1 BODY[MIME]",
            Some("a1"),
            "expected HEADER, HEADER.FIELDS, TEXT or, after a part, MIME at octet 17",
        ),
        ("a1 FETCH 1 BODY[]<0.0>", Some("a1"), "expected at least 1 octet at octet 21"),
        (
            "a1 FETCH 1 FLAGS (VANISHED)",
            Some("a1"),
            "expected VANISHED only in UID FETCH and with CHANGEDSINCE at octet 18",
        ),
        ("a1 STORE 1 FLAG x", Some("a1"), "expected FLAGS, +FLAGS or -FLAGS at octet 12"),
        ("a1 SEARCH", Some("a1"), "expected a space at octet 10"),
        ("a1 SEARCH FOO", Some("a1"), "expected a search key like ALL, FROM or UNSEEN at octet 11"),
        ("a1 SEARCH (SEEN", Some("a1"), "expected a space or ) at octet 16"),
        ("a1 SEARCH ON 1-Foo-2020", Some("a1"), "expected a date like 1-Feb-1994 at octet 14"),
        ("a1 SEARCH OR SEEN", Some("a1"), "expected a space at octet 18"),
        (
            "a1 AUTHENTICATE PLAIN a",
            Some("a1"),
            "expected an initial response in base64, or = at octet 23",
        ),
        ("a1 COMPRESS LZW", Some("a1"), "expected DEFLATE at octet 13"),
        (
            "a1 LIST (RECURSIVEMATCH) \"\" *",
            Some("a1"),
            "expected SUBSCRIBED beside RECURSIVEMATCH at octet 9",
        ),
        (
            "a1 SELECT x (QRESYNC (1 2 1:*))",
            Some("a1"),
            "expected a set of numbers without * at octet 27",
        ),
        ("a1 APPEND INBOX", Some("a1"), "expected a space at octet 16"),
        (
            "a1 APPEND INBOX x",
            Some("a1"),
            "expected flags in parentheses, a date in quotes, or {size} of the message at octet 17",
        ),
    ] {
        let bad = command::parse(text.as_bytes(), Dialect::REV1).unwrap_err();
        assert_eq!(bad.tag.as_ref().map(imap::Tag::as_str), tag, "{text:?}");
        assert_eq!(bad.to_string(), want, "{text:?}");
    }
}

#[test]
fn the_dialect_decides_how_names_are_written() {
    let tag = imap::Tag::new(b"a1").unwrap();
    let utf8 = Dialect::REV1.with(Feature::Utf8Accept);
    for (dialect, wire, name) in [
        (Dialect::REV1, "a1 CREATE &AOk-&-", "é&"),
        (Dialect::REV2, "a1 CREATE \"é&\"", "é&"),
        (utf8, "a1 CREATE &AOk-", "&AOk-"),
    ] {
        let parsed = command::parse(wire.as_bytes(), dialect).unwrap();
        let create: &Create = parsed.command.downcast().expect(wire);
        assert_eq!(create.mailbox.as_str(), name);
        let printed = parsed.command.print(&tag, dialect, Literals::Waiting);
        assert_eq!(String::from_utf8(printed.octets).unwrap(), format!("{wire}\r\n"));
    }
}

#[test]
fn a_literal_waits_unless_the_server_takes_it() {
    let command = parse("a1 LOGIN ana {2}\r\n\r\n");
    let tag = imap::Tag::new(b"a1").unwrap();
    let waiting = command.print(&tag, Dialect::REV1, Literals::Waiting);
    assert_eq!(waiting.octets, b"a1 LOGIN ana {2}\r\n\r\n\r\n");
    assert_eq!(waiting.waits, [18]);
    assert!(command.print(&tag, Dialect::REV1, Literals::Minus).waits.is_empty());
}

#[test]
fn appends_are_read_in_pieces() {
    let tag = imap::Tag::new(b"a1").unwrap();
    for (text, flags, form, octets) in [
        ("a1 APPEND INBOX {310}\r\n", 0, AppendForm::Literal, 310),
        ("a1 APPEND \"a b\" (\\Seen x) {5}\r\n", 2, AppendForm::Literal, 5),
        ("a1 APPEND x \"17-Jul-1996 02:44:25 -0700\" ~{0}\r\n", 0, AppendForm::Literal8, 0),
        (
            "a1 APPEND x (\\Seen) \" 7-Jul-1996 02:44:25 +0000\" UTF8 (~{9}\r\n",
            1,
            AppendForm::Utf8,
            9,
        ),
    ] {
        let (got_tag, append) = Append::parse(text.as_bytes(), Dialect::REV1).unwrap();
        assert_eq!(got_tag, tag);
        assert_eq!(append.first.flags.len(), flags, "{text}");
        assert_eq!((append.first.form, append.first.octets), (form, octets), "{text}");
        let mut out = CommandWriter::new(Dialect::REV1, Literals::Waiting);
        append.print(&tag, &mut out);
        let printed = out.finish_open();
        assert_eq!(String::from_utf8_lossy(&printed.octets), text);
        assert_eq!(printed.waits, [text.len()]);
    }
    let next = AppendMessage::parse_next(b") (\\Draft) {3+}\r\n", Dialect::REV1, AppendForm::Utf8);
    assert_eq!(next.unwrap().octets, 3);
    assert!(AppendMessage::parse_end(b"", Dialect::REV1, AppendForm::Literal).is_ok());
    assert!(AppendMessage::parse_end(b")", Dialect::REV1, AppendForm::Utf8).is_ok());
    assert!(AppendMessage::parse_end(b"", Dialect::REV1, AppendForm::Utf8).is_err());
    assert!(AppendMessage::parse_end(b"x", Dialect::REV1, AppendForm::Literal8).is_err());
    let bad = Append::parse(b"a1 APPEND INBOX FOO {3}\r\n", Dialect::REV1).unwrap_err();
    assert_eq!(bad.tag, Some(tag));
}

#[test]
fn hostile_commands_are_refused_quickly() {
    let begin = std::time::Instant::now();
    let ones = vec!["1"; 100_000].join(",");
    let odds: Vec<String> = (0..100_000).map(|n| (2 * n + 1).to_string()).collect();
    for (text, fine) in [
        (format!("a1 SEARCH {}", "(".repeat(1 << 20)), false),
        (format!("a1 SEARCH {}SEEN", "NOT ".repeat(100_000)), false),
        (format!("a1 SEARCH {}SEEN", "OR SEEN ".repeat(4_000)), true),
        (format!("a1 SEARCH {}SEEN SEEN", "OR ".repeat(100_000)), false),
        (format!("a1 SEARCH {}SEEN{}", "(".repeat(30), ")".repeat(30)), true),
        (format!("a1 FETCH {ones} FLAGS"), true),
        (format!("a1 FETCH {} FLAGS", odds.join(",")), true),
        (format!("a1 FETCH {},300001 FLAGS", odds.join(",")), false),
        (format!("a1 FETCH 1 ({})", vec!["FLAGS"; 100_000].join(" ")), false),
        (format!("a1 FETCH 1 BODY[{}1]", "1.".repeat(100_000)), false),
        (format!("a1 LIST \"\" ({})", vec!["*"; 100_000].join(" ")), false),
        (format!("a1 STORE 1 FLAGS ({})", vec!["x"; 100_000].join(" ")), false),
        (format!("a1 LOGIN \"{}", "\\\\".repeat(500_000)), false),
        (format!("a1 SELECT \"{}\"", "&AOk-x".repeat(100_000)), true),
        (format!("{} NOOP", "a".repeat(1 << 20)), false),
    ] {
        let got = command::parse(text.as_bytes(), Dialect::REV1);
        assert_eq!(got.is_ok(), fine, "{} {:?}", &text[..text.len().min(40)], got.err());
    }
    // A quarter of this is usual unoptimised; quadratic work would take minutes.
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

#[test]
fn a_command_cut_short_anywhere_is_an_error_or_another_command_but_never_a_panic() {
    for text in CANONICAL {
        let text = format!("a1 {text}");
        for end in 0..text.len() {
            let _ = command::parse(&text.as_bytes()[..end], Dialect::REV1);
            let mut broken = text.clone().into_bytes();
            for octet in [0, b'\r', b'(', b'{', b'"', 0xff] {
                broken[end] = octet;
                let _ = command::parse(&broken, Dialect::REV2);
            }
        }
    }
}
