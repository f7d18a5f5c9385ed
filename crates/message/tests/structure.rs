//! Structure and content fields by example (RFC 2045, 2046, 2183, 2231; RFC 9051, 7.5.2).
#![allow(missing_docs, reason = "tests")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests may be blunt"
)]

use message::{Outline, Part, Step};

/// The structure as nested brackets: `type/subtype` and, for leaves, the body.
fn shape(mail: &str) -> String {
    let outline = Outline::of(mail.as_bytes());
    let mut shown = String::new();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).to_lowercase();
    for step in outline.walk() {
        match step {
            Step::Enter(part) => {
                shown += &format!("({}/{}", text(part.media_type), text(part.subtype));
                if !matches!(part.kind, message::Kind::Message | message::Kind::Multipart) {
                    let body = &mail[part.body.start as usize..part.body.end as usize];
                    shown += &format!(" {body:?})");
                }
            }
            Step::Leave(_) => shown.push(')'),
        }
    }
    shown
}

#[track_caller]
fn check(mail: &str, want: &str) {
    let crlf = mail.replace('\n', "\r\n");
    assert_eq!(shape(&crlf), want.replace("\\n", "\\r\\n"), "{mail}");
    assert_eq!(shape(mail), want, "with bare LF: {mail}");
}

const MIXED: &str = "Content-Type: multipart/mixed; boundary=a\n\n";

#[test]
fn an_inner_multipart_that_repeats_the_boundary_of_the_outer_one_hides_nothing() {
    check(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=a\n\n\
         --a\n\nplain\n--a\nContent-Type: text/html\n\n<p>\n--a--\n\n\
         --a\nContent-Type: application/pdf\n\npdf\n--a--\n",
        r#"(multipart/mixed(multipart/alternative(text/plain "plain")(text/html "<p>"))(application/pdf "pdf"))"#,
    );
    // The inner one does not end: what comes is shown inside it.
    check(
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=a\n\n\
         --a\n\nplain\n--a\nContent-Type: application/pdf\n\npdf\n--a--\n",
        r#"(multipart/mixed(multipart/alternative(text/plain "plain")(application/pdf "pdf")))"#,
    );
}

#[test]
fn a_first_line_that_is_no_field_costs_that_line_and_not_the_header() {
    for stray in [
        "\u{feff}",
        " Leading: space\n",
        " Leading: space\n\tand more\n",
        ">From a@example.org Tue Jul  1 10:00:00 2025\n",
        "From a@example.org Tue Jul  1 10:00:00 2025\n",
        ".dot\n",
        "\u{feff}.dot\n",
    ] {
        let mail = format!(
            "{stray}Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n"
        );
        check(&mail, r#"(multipart/mixed(text/plain "one"))"#);
        let outline = Outline::of(mail.as_bytes());
        assert_eq!(outline.envelope().subject, Some(&b"x"[..]), "{stray:?}");
    }
}

#[test]
fn a_text_without_a_header_is_text_whatever_its_lines_look_like() {
    check(
        "Hello there\nNote: no header\n\nend\n",
        r#"(text/plain "Hello there\nNote: no header\n\nend\n")"#,
    );
    check(" Hello\n", r#"(text/plain " Hello\n")"#);
    check("Hello\n\nSubject: x\n", r#"(text/plain "Hello\n\nSubject: x\n")"#);
    check("Hello\nthere\nSubject: x\n", r#"(text/plain "Hello\nthere\nSubject: x\n")"#);
    // Stray lines are bounded.
    let long = " x".repeat(600);
    check(
        &format!("{long}\nSubject: x\n"),
        &format!("(text/plain {:?})", format!("{long}\nSubject: x\n")),
    );
    check(
        &format!("{MIXED}--a\nHello\n--a\nHello\nthere\n--a--"),
        r#"(multipart/mixed(text/plain "Hello")(text/plain "Hello\nthere"))"#,
    );
}

#[test]
fn cr_cr_lf_is_one_line_end() {
    let mail = "From: a@example.org\nSubject: case\nContent-Type: multipart/mixed; boundary=b\n\n\
                --b\n\none\n--b\n\ntwo\n--b--\n";
    let mail = mail.replace('\n', "\r\r\n");
    assert_eq!(shape(&mail), r#"(multipart/mixed(text/plain "one")(text/plain "two"))"#);
    assert_eq!(Outline::of(mail.as_bytes()).envelope().subject, Some(&b"case"[..]));
}

#[test]
fn headers_are_read_whole_up_to_a_megabyte() {
    let fields = "Subject: case\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--\r\n";
    let mail = format!("X-Long: {}\r\n{fields}", "y".repeat(900_000));
    assert_eq!(shape(&mail), r#"(multipart/mixed(text/plain "one"))"#);
    let subject = "word ".repeat(7999) + "word";
    let mail = format!("Subject: {subject}\r\n\r\n");
    assert_eq!(Outline::of(mail.as_bytes()).envelope().subject, Some(subject.as_bytes()));
    let to: Vec<String> = (0..5000).map(|n| format!("U{n} <u{n}@example.org>")).collect();
    let mail = format!("To: {}\r\n\r\n", to.join(",\r\n "));
    assert_eq!(Outline::of(mail.as_bytes()).envelope().to.iter().count(), 5000);
}

#[test]
fn continuations_are_joined_as_bodystructure_shows_them() {
    for (sent, want) in [
        (
            "a/b; name*0=\"Entry report \"; name*1=\"09-20.xlsx\"; x=y",
            "name=Entry report 09-20.xlsx|x=y",
        ),
        ("a/b; x=y; Name*1=b; name*0=a; NAME*2=c", "x=y|name=abc"),
        ("a/b; n*0*=utf-8''caf%C3%A9; n*1=\" 50%.txt\"", "n*=utf-8''caf%C3%A9%2050%25.txt"),
        ("a/b; n*0=a; n*1*=%20b", "n*=''a%20b"),
        ("a/b; n*=utf-8''x; n=y", "n*=utf-8''x|n=y"),
        ("a/b; n*0=a; n*2=c; n*0=d", "n=a|n*2=c"),
        ("a/b; n*1=b; n*x=c; *0=d", "n*1=b|n*x=c|=d"),
    ] {
        let mail = format!("Content-Type: {sent}\r\n\r\n");
        let outline = Outline::of(mail.as_bytes());
        let shown = outline.root().unwrap().parameters.joined();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let shown: Vec<String> =
            shown.iter().map(|joined| text(&joined.name) + "=" + &text(&joined.value)).collect();
        assert_eq!(shown.join("|"), want, "{sent}");
    }
}

#[test]
fn the_line_end_before_a_delimiter_belongs_to_it() {
    check(
        &format!("{MIXED}pre\n--a\n\none\n--a\n\ntwo\n\n--a--\nepilogue\n"),
        r#"(multipart/mixed(text/plain "one")(text/plain "two\n"))"#,
    );
}

#[test]
fn a_delimiter_may_come_at_once_and_without_a_header() {
    check(
        &format!("{MIXED}--a\n\n--a\n--a--"),
        r#"(multipart/mixed(text/plain "")(text/plain ""))"#,
    );
}

#[test]
fn a_delimiter_is_the_whole_line_but_for_space_behind_it() {
    check(
        &format!("{MIXED}--a \t\n\n--ab\n --a\n--a-\n---a\n--A\n--a-- \nx"),
        r#"(multipart/mixed(text/plain "--ab\n --a\n--a-\n---a\n--A"))"#,
    );
}

#[test]
fn missing_delimiters_end_with_the_outer_part_or_the_message() {
    check(&format!("{MIXED}--a\n\none\n"), r#"(multipart/mixed(text/plain "one\n"))"#);
    check(
        &format!(
            "{MIXED}--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--a\n\ntwo\n--a--\n--b\n"
        ),
        r#"(multipart/mixed(multipart/mixed(text/plain "one"))(text/plain "two"))"#,
    );
}

#[test]
fn of_boundaries_that_begin_alike_each_finds_its_own() {
    check(
        &format!(
            "{MIXED}--a\nContent-Type: multipart/mixed; boundary=a-b\n\n--a-b\n\none\n--a-b--\n--a\n\ntwo\n--a--\n"
        ),
        r#"(multipart/mixed(multipart/mixed(text/plain "one"))(text/plain "two"))"#,
    );
}

#[test]
fn a_delimiter_that_fits_two_open_multiparts_belongs_to_the_inner_one() {
    check(
        &format!("{MIXED}--a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a--\n"),
        r#"(multipart/mixed(multipart/mixed(text/plain "one")))"#,
    );
}

#[test]
fn a_multipart_without_parts_has_its_body_as_text() {
    for parameter in ["; boundary=zzz", "; boundary=\"\"", ""] {
        let mail = format!("Content-Type: multipart/mixed{parameter}\n\n--a\n\none\n");
        check(&mail, r#"(multipart/mixed(text/plain "--a\n\none\n"))"#);
    }
}

#[test]
fn long_boundaries_work_and_absurd_ones_do_not() {
    for (length, parts) in [(70, 2), (71, 2), (250, 2), (2000, 1)] {
        let boundary = "x".repeat(length);
        let mail = format!(
            "Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n\none\n--{boundary}\n\ntwo\n"
        );
        let outline = Outline::of(mail.as_bytes());
        assert_eq!(outline.part_count(), parts + 1, "{length}");
    }
}

#[test]
fn parts_of_a_digest_are_messages_unless_they_say_otherwise() {
    check(
        "Content-Type: multipart/digest; boundary=a\n\n--a\n\nSubject: x\n\none\n--a\nContent-Type: text/plain\n\ntwo\n--a\n\n--a--\n",
        concat!(
            r#"(multipart/digest(message/rfc822(text/plain "one"))(text/plain "two")"#,
            r#"(message/rfc822(text/plain "")))"#
        ),
    );
}

#[test]
fn an_encoded_message_is_not_looked_into() {
    for encoding in ["base64", "Quoted-Printable", "x-unknown"] {
        check(
            &format!(
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\nSubject: x\n\ny"
            ),
            r#"(application/octet-stream "Subject: x\n\ny")"#,
        );
    }
    for encoding in ["7bit", "8BIT", "binary (yes)"] {
        check(
            &format!(
                "Content-Type: message/global\nContent-Transfer-Encoding: {encoding}\n\nSubject: x\n\ny"
            ),
            r#"(message/global(text/plain "y"))"#,
        );
    }
}

#[test]
fn a_text_without_any_header_is_all_body() {
    check("Hello\n\nWorld\n", r#"(text/plain "Hello\n\nWorld\n")"#);
    check(" indented: yes\n\nWorld\n", r#"(text/plain " indented: yes\n\nWorld\n")"#);
    check("\nWorld\n", r#"(text/plain "World\n")"#);
    check("", r#"(text/plain "")"#);
    check(
        &format!("{MIXED}--a\nno header: no\n--a--"),
        r#"(multipart/mixed(text/plain "no header: no"))"#,
    );
}

#[test]
fn lines_that_are_no_fields_do_not_end_a_header() {
    check(
        "From x@y Mon\nSubject: a\njunk\nContent-Type: image/gif\n\nbody",
        r#"(image/gif "body")"#,
    );
}

#[test]
fn a_header_may_be_cut_off_by_a_delimiter() {
    check(
        &format!("{MIXED}--a\nContent-Type: image/gif\n--a\nContent-Type: message/rfc822\n--a--"),
        r#"(multipart/mixed(image/gif "")(message/rfc822(text/plain "")))"#,
    );
}

fn with_part<T>(header: &str, see: impl Fn(&Part<'_>) -> T) -> T {
    see(&Outline::of(format!("{header}\r\n\r\nbody\r\nend").as_bytes()).root().unwrap())
}

fn media(header: &str) -> String {
    with_part(header, |part| {
        let text = |octets| String::from_utf8_lossy(octets).into_owned();
        let mut shown = format!("{}/{}", text(part.media_type), text(part.subtype));
        for parameter in part.parameters {
            shown += &format!(" {}={:?}", text(parameter.name), text(parameter.value));
        }
        shown
    })
}

#[test]
fn media_types_are_as_sent_with_their_parameters_in_order() {
    for (value, want) in [
        (
            "Text/HTML; CharSet=\"utf-8\"; Format=flowed",
            r#"Text/HTML CharSet="utf-8" Format="flowed""#,
        ),
        ("text/plain; charset=us-ascii (Plain text)", r#"text/plain charset="us-ascii""#),
        ("(c) text (c) / (c) plain (c) ; (c) a (c) = (c) b", r#"text/plain a="b""#),
        (
            "application/pdf; name=My file (2).pdf; x=y",
            r#"application/pdf name="My file (2).pdf" x="y""#,
        ),
        ("application/pdf; name=scan(2).pdf", r#"application/pdf name="scan(2).pdf""#),
        ("application/pdf; name=a b\r\n\tc.pdf", r#"application/pdf name="a b c.pdf""#),
        ("application/pdf; name=\"a\\\"b\" junk; x=y", r#"application/pdf name="a\"b" x="y""#),
        ("application/pdf name=a.pdf", r#"application/pdf name="a.pdf""#),
        ("a/b;;; x; =y; z=", r#"a/b z="""#),
        ("a/b; t*0*=utf-8''x; t*1=y", r#"a/b t*0*="utf-8''x" t*1="y""#),
        ("text", "text/plain"),
        ("text; charset=utf-8", r#"text/plain charset="utf-8""#),
        ("text/", "text/plain"),
        ("", r#"TEXT/PLAIN CHARSET="US-ASCII""#),
        ("image", r#"TEXT/PLAIN CHARSET="US-ASCII""#),
        ("/plain; charset=x", r#"TEXT/PLAIN CHARSET="US-ASCII""#),
        ("multipart", r#"TEXT/PLAIN CHARSET="US-ASCII""#),
    ] {
        assert_eq!(media(&format!("Content-Type: {value}")), want, "{value}");
    }
    assert_eq!(media("X: y"), r#"TEXT/PLAIN CHARSET="US-ASCII""#);
}

#[test]
fn the_other_content_fields_are_read() {
    let header = "Content-Type: image/gif\r\nContent-ID: <i@d>\r\nContent-Description: a\r\n b\r\n\
                  Content-MD5: Q2hlY2s=\r\nContent-Location: http://x/y\r\nContent-Language: en, pt-BR (x),\r\n\
                  content-transfer-encoding: BASE64 (c)\r\nContent-Disposition: INLINE; filename=x.gif; size=3";
    with_part(header, |part| {
        assert_eq!(part.id, Some(&b"<i@d>"[..]));
        assert_eq!(part.description, Some(&b"a b"[..]));
        assert_eq!(part.md5, Some(&b"Q2hlY2s="[..]));
        assert_eq!(part.location, Some(&b"http://x/y"[..]));
        let languages: Vec<&[u8]> = part.languages.unwrap().iter().collect();
        assert_eq!(languages, [&b"en"[..], b"pt-BR"]);
        assert_eq!(part.encoding, b"BASE64");
        let disposition = part.disposition.unwrap();
        assert_eq!(disposition.kind, b"INLINE");
        assert_eq!(disposition.parameters.iter().count(), 2);
        assert_eq!(part.lines, 0);
        assert_eq!(part.octets(), 9);
    });
    with_part("Content-Language: , (none)", |part| assert!(part.languages.is_none()));
    with_part("X: y", |part| {
        assert_eq!((part.encoding, part.lines, part.octets()), (&b"7BIT"[..], 1, 9));
        assert!(part.disposition.is_none() && part.languages.is_none() && part.id.is_none());
    });
}

#[test]
fn lines_are_line_ends_in_texts_and_messages() {
    let mail = "Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\ntwo\n--a\nContent-Type: message/rfc822\n\n\
                Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/gif\n\nGIF\nGIF\n--b--\n\n--a--\n";
    for mail in [mail.to_owned(), mail.replace('\n', "\r\n")] {
        let outline = Outline::of(mail.as_bytes());
        let lines: Vec<u64> = outline.parts().map(|part| part.lines).collect();
        assert_eq!(lines, [0, 1, 9, 0, 0]);
    }
}

#[test]
fn file_names_are_decoded_for_people() {
    for (header, want) in [
        ("Content-Disposition: attachment; filename=\"a b.pdf\"", Some("a b.pdf")),
        ("Content-Disposition: x; filename*=utf-8'en'caf%C3%A9%", Some("café%")),
        ("Content-Disposition: x; filename*=iso-8859-1''caf%e9; filename=cafe", Some("café")),
        // RFC 2231, 4.1: pieces in any order, encoded and not.
        (
            "Content-Disposition: x; filename*1*=%C3%A9%20; filename*2=\"c%d\"; filename*0*=utf-8''caf",
            Some("café c%d"),
        ),
        ("Content-Disposition: x; filename*0=a; filename*1=b; filename*3=d", Some("ab")),
        ("Content-Disposition: x; filename*0=a; filename*0=b", Some("a")),
        ("Content-Disposition: x; filename*1=b; filename=plain", Some("plain")),
        ("Content-Disposition: x; filename*99999999999999=b", None),
        ("Content-Disposition: x; filename*x=b", None),
        ("Content-Type: a/b; name=\"=?utf-8?q?caf=C3=A9?=\"", Some("café")),
        ("Content-Type: a/b; name=\"caf\u{e9}\"", Some("café")),
        ("Content-Disposition: x; filename*=x-unknown''%ff", Some("ÿ")),
        ("Content-Type: a/b", None),
    ] {
        assert_eq!(with_part(header, |part| part.file_name()).as_deref(), want, "{header}");
    }
}
