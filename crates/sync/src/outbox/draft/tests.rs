//! What is made of messages before they are sent.

use proptest::prelude::*;

use super::*;

fn taking(whom: Whom, manner: Manner) -> Taking<'static> {
    Taking {
        account: "ana@example.org",
        local: None,
        sender: Sender::Account,
        whom,
        full_name: None,
        manner,
        copy: CopyBy::Us,
        notices: Notices::default(),
        now: Timestamp(1_800_000_000),
        unique: "unique",
    }
}

fn by_person(text: &str) -> Result<Draft, Unfit> {
    Draft::of(text.as_bytes(), &taking(Whom::OfHeader, Manner::Person))
}

fn by_program(text: &str, to: &[&str]) -> Draft {
    let named = to.iter().map(|it| (*it).to_owned()).collect();
    Draft::of(text.as_bytes(), &taking(Whom::Named(named), Manner::Program)).unwrap()
}

fn text(draft: &Draft) -> String {
    String::from_utf8(draft.octets.clone()).unwrap()
}

#[test]
fn a_message_gets_what_it_lacks_and_loses_bcc() {
    let draft = by_person(
        "To: Bea <bea@example.net>, \"O'Neil, C\" <c@Example.NET>\nCc: friends: d@x.org, e@x.org;\n\
         BCC: f@x.org,\n bea@example.net\nSubject: Hi\n\nHello\n.\n",
    )
    .unwrap();
    assert_eq!(
        draft.envelope.recipients,
        ["bea@example.net", "c@example.net", "d@x.org", "e@x.org", "f@x.org"]
    );
    assert_eq!(draft.envelope.from.as_deref(), Some("ana@example.org"));
    assert_eq!(
        text(&draft),
        "To: Bea <bea@example.net>, \"O'Neil, C\" <c@Example.NET>\r\nCc: friends: d@x.org, e@x.org;\r\n\
         Subject: Hi\r\nFrom: ana@example.org\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n\
         Message-ID: <1800000000.unique@example.org>\r\n\r\nHello\r\n.\r\n"
    );
    assert_eq!(draft.envelope.message_id, "1800000000.unique@example.org");
    assert_eq!(
        (draft.envelope.octets, draft.envelope.sha256.len()),
        (draft.octets.len() as u64, 64)
    );
    assert!(!draft.envelope.utf8 && !draft.envelope.eight_bit);
}

#[test]
fn what_a_message_has_stays_as_it_is() {
    let whole = "Received: x\r\nFrom: Ana <ana@example.org>\r\nTo: bea@example.net\r\nDate: Fri, 1 Jan 2027 00:00:00 +0100\r\n\
                 Message-ID:\r\n <a.b@c>\r\n\r\nHello\r\n";
    let draft = by_person(whole).unwrap();
    assert_eq!(text(&draft), whole);
    assert_eq!(draft.envelope.message_id, "a.b@c");
    // Without a body, too.
    assert!(text(&by_person("To: bea@example.net\n").unwrap()).ends_with("\r\n\r\n"));
}

#[test]
fn a_message_that_is_sent_on_goes_to_those_it_is_sent_on_to() {
    let draft =
        by_person("Resent-To: c@x.org\nResent-Bcc: d@x.org\nTo: bea@example.net\n\nx\n").unwrap();
    assert_eq!(draft.envelope.recipients, ["c@x.org", "d@x.org"]);
    assert!(!text(&draft).contains("Resent-Bcc"));
}

#[test]
fn what_cannot_be_sent_is_refused_in_plain_words() {
    let long = format!("To: {}\n\nx\n", ["a@b"; 3].join(","));
    assert_eq!(by_person(&long).unwrap().envelope.recipients, ["a@b"]);
    let many: Vec<String> =
        (0..=OUTBOX_RECIPIENTS_MAX).map(|number| format!("a{number}@b")).collect();
    for (message, want) in [
        (String::new(), Unfit::NoHeader),
        ("\n\nTo: bea@example.net\n".to_owned(), Unfit::NoHeader),
        ("Hello\nTo: bea@example.net\n\n".to_owned(), Unfit::NoHeader),
        ("Subject: x\n\n".to_owned(), Unfit::NoRecipients),
        ("To: undisclosed-recipients:;\n\n".to_owned(), Unfit::NoRecipients),
        ("To: bea\n\n".to_owned(), Unfit::NoDomain { name: "bea".to_owned() }),
        ("To: a\0b@x.org\n\n".to_owned(), Unfit::Nul),
        (format!("To: {}\n\n", many.join(", ")), Unfit::TooManyRecipients),
    ] {
        let refused = by_person(&message).unwrap_err();
        assert_eq!(refused, want, "{message}");
        assert_ne!(refused.tell(crate::Words::English), refused.tell(crate::Words::Portuguese));
    }
    let broken = by_person("To: bea@example.net\nno field\n\nx\n").unwrap_err();
    assert_eq!(broken, Unfit::NotAField { line: "no field".to_owned() });
    let latin = Draft::of(
        b"To: bea@example.net\nSubject: ol\xe1\n\n",
        &taking(Whom::OfHeader, Manner::Person),
    );
    assert_eq!(latin, Err(Unfit::Charset));
    let named = taking(Whom::Named(vec!["<>".to_owned()]), Manner::Person);
    assert!(Draft::of(b"Subject: x\n\nx\n", &named).is_err());
}

#[test]
fn what_cron_and_scripts_hand_over_is_made_a_message() {
    let draft = by_program(
        "From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@pc> df\n\n/dev full\n",
        &["root"],
    );
    assert_eq!(draft.envelope.recipients, ["ana@example.org"]);
    let said = text(&draft);
    assert!(
        said.starts_with("From: \"Cron Daemon (root)\" <ana@example.org>\r\nTo: root\r\n"),
        "{said}"
    );
    let draft = by_program("hello\nthere\n", &["bea@example.net,c@x.org", "D <d@x.org>"]);
    assert_eq!(draft.envelope.recipients, ["bea@example.net", "c@x.org", "d@x.org"]);
    let said = text(&draft);
    assert!(
        said.starts_with("From: ana@example.org\r\n")
            && said.ends_with("\r\n\r\nhello\r\nthere\r\n"),
        "{said}"
    );
    let draft = by_program("Subject: x\nhello there\n", &["bea@example.net"]);
    assert!(text(&draft).ends_with("\r\n\r\nhello there\r\n"));
    let draft = by_program("From ana Fri Jan  1\nSubject: x\n\ny\n", &["bea@example.net"]);
    assert!(text(&draft).starts_with("Subject: x\r\n"));
    let both = taking(Whom::Both(vec!["c@x.org".to_owned()]), Manner::Program);
    let draft = Draft::of(b"Bcc: d@x.org\n\ny\n", &both).unwrap();
    assert_eq!(draft.envelope.recipients, ["c@x.org", "d@x.org"]);
}

#[test]
fn words_beyond_ascii_are_encoded_and_addresses_stay() {
    let draft = by_program(
        "Subject: Olá, João\nFrom: João <ana@example.org>\nTo: Zé <ze@x.org>\n\nolá\n",
        &["ze@x.org"],
    );
    let said = text(&draft);
    let (header, _) = said.split_once("\r\n\r\n").unwrap();
    assert!(header.is_ascii(), "{header}");
    assert!(header.contains("=?") && header.contains("<ze@x.org>"), "{header}");
    assert!(
        header.contains("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8"),
        "{header}"
    );
    assert_eq!(draft.envelope.subject, "Olá, João");
    assert!(draft.envelope.eight_bit && !draft.envelope.utf8);
    let draft = by_person("To: zé@x.org\n\nx\n").unwrap();
    assert!(draft.envelope.utf8 && text(&draft).starts_with("To: zé@x.org\r\n"));
    assert_eq!(draft.envelope.recipients, ["zé@x.org"]);
}

#[test]
fn whose_message_it_is_stands_in_from() {
    assert_eq!(
        authors(b"To: x@y\nFrom: A <a@b.org>, c@d.org, root\n\nFrom: no@no.org\n"),
        ["a@b.org", "c@d.org"]
    );
    assert!(authors(b"hello").is_empty());
}

proptest! {
    #[test]
    fn any_octets_are_taken_or_refused(octets: Vec<u8>, program: bool) {
        let manner = if program { Manner::Program } else { Manner::Person };
        let whom = Whom::Both(vec!["bea@example.net".to_owned()]);
        if let Ok(draft) = Draft::of(&octets, &taking(whom, manner)) {
            let at = draft.octets.windows(4).position(|it| it == b"\r\n\r\n");
            prop_assert!(at.is_some());
            let bare = draft.octets.windows(2).any(|it| (it[1] == b'\n') != (it[0] == b'\r'));
            prop_assert!(!bare);
        }
    }

    #[test]
    fn nothing_of_bcc_goes_out(name in "[Bb][Cc][Cc]", space in "[ \t]{0,2}", value in "[a-z ,@<>\n\t]{0,40}") {
        let message = format!("To: bea@example.net\n{name}{space}: {value}secret@x.org\nSubject: y\n\nbody\n");
        if let Ok(draft) = by_person(&message) {
            prop_assert!(!text(&draft).split("\r\n\r\n").next().unwrap().contains("secret"));
        }
    }
}
