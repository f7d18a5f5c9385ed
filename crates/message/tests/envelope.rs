//! Envelopes and addresses by example (RFC 9051, 7.5.2; RFC 5322, 3.4, 4.4 and appendix A).
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may be blunt")]

use message::{AddressList, HeaderEnvelope, Outline};

/// Prints addresses as IMAP does: `(name route mailbox host)`, `-` for NIL.
fn shown(value: &str) -> String {
    let one = |part: Option<&[u8]>| match part {
        None => "-".to_owned(),
        Some(part) => format!("{:?}", String::from_utf8_lossy(part)),
    };
    let list = AddressList::of(value.as_bytes());
    let lines: Vec<String> = list
        .iter()
        .map(|a| format!("{} {} {} {}", one(a.name), one(a.route), one(a.mailbox), one(a.host)))
        .collect();
    lines.join("; ")
}

#[track_caller]
fn check(value: &str, want: &str) {
    assert_eq!(shown(value), want, "{value}");
}

#[test]
fn plain_forms() {
    check("a@b", r#"- - "a" "b""#);
    check("Ana <a@b>", r#""Ana" - "a" "b""#);
    check("Ana  Maria\r\n\tde Souza <a@b.c>", r#""Ana Maria de Souza" - "a" "b.c""#);
    check("a@b, c@d", r#"- - "a" "b"; - - "c" "d""#);
    check("", "");
    check(" , ,, ", "");
    check("John Q. Public <j@one.test>", r#""John Q. Public" - "j" "one.test""#);
    check("a@[192.0.2.1]", r#"- - "a" "[192.0.2.1]""#);
    check("a@[IPv6:2001:db8::1]", r#"- - "a" "[IPv6:2001:db8::1]""#);
}

#[test]
fn quoting_is_undone() {
    check(r#""Souza, Ana" <a@b>"#, r#""Souza, Ana" - "a" "b""#);
    check(r#""Giant; \"Big\" Box" <a@b>"#, r#""Giant; \"Big\" Box" - "a" "b""#);
    check(r#""john doe"@x"#, r#"- - "john doe" "x""#);
    check(r#"<"john\ doe"@x>"#, r#"- - "john doe" "x""#);
    check(r#""" <a@b>"#, r#"- - "a" "b""#);
    check("\"folded\r\n name\" <a@b>", r#""folded name" - "a" "b""#);
}

#[test]
fn encoded_words_and_eight_bit_octets_stay() {
    check("=?utf-8?q?caf=C3=A9?= <a@b>", r#""=?utf-8?q?caf=C3=A9?=" - "a" "b""#);
    check("José <josé@münchen.de>", r#""José" - "josé" "münchen.de""#);
}

#[test]
fn a_comment_is_the_name_where_there_is_none() {
    check(
        "pete@silly.example (Pete (the silly))",
        r#""Pete (the silly)" - "pete" "silly.example""#,
    );
    check("(before) a@b", r#""before" - "a" "b""#);
    check(
        "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
        r#""Pete" - "pete" "silly.test""#,
    );
    check("<a@b> (Name)", r#""Name" - "a" "b""#);
}

#[test]
fn groups_have_a_mark_at_both_ends() {
    check("undisclosed-recipients:;", r#"- - "undisclosed-recipients" -; - - - -"#);
    check("Undisclosed recipients  :  ;", r#"- - "Undisclosed recipients" -; - - - -"#);
    check(
        "A Group:Ed <joe@where.test>,John <j@one.test>;, x@y",
        r#"- - "A Group" -; "Ed" - "joe" "where.test"; "John" - "j" "one.test"; - - - -; - - "x" "y""#,
    );
    check("open: a@b", r#"- - "open" -; - - "a" "b"; - - - -"#);
    check(r#""Quoted: group":;"#, r#"- - "Quoted: group" -; - - - -"#);
}

#[test]
fn obsolete_forms() {
    check("<@one,@two:joe@where.test>", r#"- "@one,@two" "joe" "where.test""#);
    check("Joe <@one , @two : joe @ where . test>", r#""Joe" "@one,@two" "joe" "where.test""#);
    check(
        "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
        r#""Mary Smith" "@node.test" "mary" "example.net"; - - "jdoe" "test.example""#,
    );
    check("john . doe @ example . com", r#"- - "john.doe" "example.com""#);
}

#[test]
fn broken_forms_still_show_what_is_there() {
    check("a@b <a@b>", r#""a@b" - "a" "b""#);
    check("<a@b> <c@d>", r#"- - "a" "b"; - - "c" "d""#);
    check("a@b; c@d", r#"- - "a" "b"; - - "c" "d""#);
    check("Ana <a@b, Bob <c@d>", r#""Ana" - "a" "b"; "Bob" - "c" "d""#);
    check("root", r#"- - "root" """#);
    check("<root>", r#"- - "root" """#);
    check("John Smith", r#""John Smith" - "" """#);
    check("Mailer <>", r#""Mailer" - "" """#);
    check("<<a@b>>", r#"- - "a" "b""#);
    check("a@b@c", r#"- - "a" "b@c""#);
    check("\"never closed <a@b>", r#"- - "never closed <a@b>" """#);
    check("(never closed <a@b>", "");
    check("@", r#"- - "" """#);
    check("<@>", r#"- - "" """#);
    check("a\0@b\0", r#"- - "a" "b""#);
}

fn envelope(header: &str) -> HeaderEnvelope {
    HeaderEnvelope::of(header.as_bytes())
}

fn hosts(addresses: message::Addresses<'_>) -> Vec<&[u8]> {
    addresses.iter().filter_map(|address| address.host).collect()
}

#[test]
fn sender_and_reply_to_default_to_from_also_when_empty() {
    for header in ["From: a@f\r\n\r\n", "Sender:\r\nFrom: a@f\r\nReply-To: ,\r\n\r\n"] {
        let read = envelope(header);
        let envelope = read.envelope();
        assert_eq!(hosts(envelope.sender), [b"f"]);
        assert_eq!(hosts(envelope.reply_to), [b"f"]);
        assert!(envelope.to.is_empty() && envelope.cc.is_empty() && envelope.bcc.is_empty());
    }
    let read = envelope("From: a@f\r\nSender: a@s\r\nReply-To: a@r\r\n\r\n");
    assert_eq!(hosts(read.envelope().sender), [b"s"]);
    assert_eq!(hosts(read.envelope().reply_to), [b"r"]);
}

#[test]
fn an_absent_field_is_not_an_empty_one() {
    let read = envelope("Subject:\r\nDate: \r\n \r\nX: y\r\n\r\n");
    assert_eq!(read.envelope().subject, Some(&b""[..]));
    assert_eq!(read.envelope().date, Some(&b""[..]));
    assert_eq!(read.envelope().message_id, None);
    assert_eq!(read.envelope().in_reply_to, None);
}

#[test]
fn text_fields_are_unfolded_and_else_as_sent() {
    let read = envelope(
        "SUBJECT :  =?utf-8?q?a?=\r\n\t b \r\nMessage-Id: <a@b>\r\nIn-Reply-To: <c@d>\r\n <e@f>\r\n\r\nSubject: body\r\n",
    );
    assert_eq!(read.envelope().subject, Some(&b"=?utf-8?q?a?=\t b"[..]));
    assert_eq!(read.envelope().message_id, Some(&b"<a@b>"[..]));
    assert_eq!(read.envelope().in_reply_to, Some(&b"<c@d> <e@f>"[..]));
}

#[test]
fn of_a_field_sent_twice_the_first_text_counts_and_all_addresses() {
    let read = envelope("Subject: one\r\nTo: a@b\r\nSubject: two\r\nTo: c@d\r\n\r\n");
    assert_eq!(read.envelope().subject, Some(&b"one"[..]));
    assert_eq!(hosts(read.envelope().to), [b"b", b"d"]);
}

#[test]
fn nothing_in_an_envelope_holds_what_a_wire_format_cannot_carry() {
    let header = b"Subject: a\0b\rc\r\nFrom: \"x\0\r\n y\" <a\0b@c\rd>, (q\0\\\0)e@f\r\n\r\n";
    let read = HeaderEnvelope::of(header);
    let envelope = read.envelope();
    assert_eq!(envelope.subject, Some(&b"abc"[..]));
    for address in envelope.from {
        for part in [address.name, address.route, address.mailbox, address.host] {
            assert!(part.is_none_or(|part| !part.iter().any(|o| matches!(o, 0 | b'\r' | b'\n'))));
        }
    }
}

#[test]
fn a_message_in_a_message_has_its_own_envelope() {
    let mail = b"Subject: outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: a@b\r\n\r\nhi";
    let outline = Outline::of(mail);
    assert_eq!(outline.envelope().subject, Some(&b"outer"[..]));
    let inner = outline.root().unwrap().envelope.unwrap();
    assert_eq!(inner.subject, Some(&b"inner"[..]));
    assert_eq!(hosts(inner.sender), [b"b"]);
}
