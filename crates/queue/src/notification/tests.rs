//! What notifications say, and what nobody can make them say.

use super::{Action, Report, Reported, TextState, notification};
use crate::Said;
use mailbox::Timestamp;
use smtp::{OriginalRecipient, Return, Utf8};

const TEXT: &[u8] =
    b"Received: from x\r\n\tby y\r\nFrom: ana@example.org\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\
    Message-ID: <1@example.org>\r\n\r\nthe text\r\n";

fn report<'a>(action: Action, text: &'a [u8], words: &str) -> Report<'a> {
    let said = Said::new(Some("mx.ext.example"), "5.1.1", words, Timestamp(1_700_000_000));
    Report {
        action,
        to: "ana@example.org",
        hostname: "mail.example.org",
        name: "m1",
        envelope_id: Some("id=1"),
        arrived: Timestamp(1_699_999_000),
        until: Some(Timestamp(1_700_400_000)),
        ret: None,
        utf8: Utf8::No,
        recipients: vec![Reported {
            address: "y@ext.example".to_owned(),
            original: Some(OriginalRecipient {
                kind: "rfc822".to_owned(),
                address: "y+z@ext.example".to_owned(),
            }),
            said,
        }],
        text,
        state: TextState::Kept,
        now: Timestamp(1_700_000_060),
    }
}

fn text(report: &Report<'_>) -> String {
    String::from_utf8(notification(report)).unwrap()
}

#[test]
fn a_failure_reads_as_a_report_of_rfc_6522() {
    let got = text(&report(Action::Failed, TEXT, "550 5.1.1 no such user"));
    let want = "\
Date: Tue, 14 Nov 2023 22:14:20 +0000\r
From: Mail Delivery <postmaster@mail.example.org>\r
To: ana@example.org\r
Subject: =?utf-8?b?Tm90IGRlbGl2ZXJlZDogY2Fmw6k=?=\r
Message-ID: <failed.m1.1700000060@mail.example.org>\r
Auto-Submitted: auto-replied\r
In-Reply-To: <1@example.org>\r
References: <1@example.org>\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status;\r
 boundary=\"=_report_m1_1700000060_0\"\r
\r
--=_report_m1_1700000060_0\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 7bit\r
\r
Your message could not be delivered to:\r
\r
  y@ext.example\r
    mx.ext.example said: 550 5.1.1 no such user\r
\r
No further attempts will be made. The message, or its beginning, is attached.\r
\r
The mail host mail.example.org\r
\r
--=_report_m1_1700000060_0\r
Content-Type: message/delivery-status\r
Content-Transfer-Encoding: 7bit\r
\r
Original-Envelope-Id: id+3D1\r
Reporting-MTA: dns; mail.example.org\r
Arrival-Date: Tue, 14 Nov 2023 21:56:40 +0000\r
\r
Original-Recipient: rfc822;y+2Bz@ext.example\r
Final-Recipient: rfc822; y@ext.example\r
Action: failed\r
Status: 5.1.1\r
Remote-MTA: dns; mx.ext.example\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r
Last-Attempt-Date: Tue, 14 Nov 2023 22:13:20 +0000\r
\r
--=_report_m1_1700000060_0\r
Content-Type: message/rfc822\r
Content-Transfer-Encoding: 7bit\r
\r
Received: from x\r
\tby y\r
From: ana@example.org\r
Subject: =?utf-8?q?caf=C3=A9?=\r
Message-ID: <1@example.org>\r
\r
the text\r
\r
--=_report_m1_1700000060_0--\r
";
    assert_eq!(got, want);
}

#[test]
fn only_a_failure_brings_the_text_back_and_only_if_it_is_wanted() {
    for (action, ret, whole) in [
        (Action::Failed, None, true),
        (Action::Failed, Some(Return::Full), true),
        (Action::Failed, Some(Return::Header), false),
        (Action::Delayed, Some(Return::Full), false),
        (Action::Relayed, None, false),
        (Action::Delivered, None, false),
    ] {
        let got = text(&Report { ret, ..report(action, TEXT, "450 later") });
        assert_eq!(got.contains("the text"), whole, "{action:?} {ret:?}");
        assert!(got.contains("Message-ID: <1@example.org>\r\n"), "{action:?} {ret:?}");
        assert_eq!(got.contains("Will-Retry-Until"), action == Action::Delayed);
    }
}

#[test]
fn a_huge_message_makes_no_huge_notification() {
    let huge = [TEXT, &vec![b'x'; 40_000_000]].concat();
    let octets = notification(&report(Action::Failed, &huge, "550 no"));
    assert!(octets.len() < 60_000, "{}", octets.len());
    let header = [b"Subject: x".as_slice(), &b"\r\n y".repeat(10_000_000)].concat();
    let octets = notification(&report(Action::Delayed, &header, "450 no"));
    assert!(octets.len() < 60_000, "{}", octets.len());
}

#[test]
fn words_from_outside_stay_in_their_place() {
    let evil = "550 no\r\n\r\nAction: delivered\r\n--=_report_m1_1700000060_0--\r\n\u{e9}";
    let text_with_boundary = b"Subject: a\r\n\r\n--=_report_m1_1700000060_0\r\nevil\r\n";
    let got = text(&report(Action::Failed, text_with_boundary, evil));
    assert!(!got.contains("\r\nAction: delivered"));
    assert_eq!(got.matches("Action: failed").count(), 1);
    assert_eq!(got.matches("\r\n--=_report_m1_1700000060_1").count(), 4);
    let injected = b"Subject: a=?utf-8?q?=0D=0ABcc:_x@y?=\r\nMessage-ID: <1@x>\r\n\tBcc: z\r\n\r\n";
    let got = text(&report(Action::Failed, injected, "550 no"));
    let header = got.split("\r\n\r\n").next().unwrap();
    assert!(!header.contains("\r\nBcc:"), "{header}");
}

#[test]
fn a_message_without_a_header_is_reported_too() {
    let got = text(&report(Action::Failed, b"\r\njust text\r\n", "550 no"));
    assert!(got.contains("\r\nSubject: Not delivered\r\n") && got.contains("just text"));
    let got = text(&report(Action::Failed, b"", "550 no"));
    assert!(got.contains("Action: failed"));
}

#[test]
fn addresses_beyond_ascii_are_of_their_own_type() {
    let mut report = report(Action::Failed, TEXT, "550 \u{e9}");
    report.utf8 = Utf8::Yes;
    report.recipients[0].address = "j\u{e1}n@ext.example".to_owned();
    let got = text(&report);
    assert!(got.contains("Content-Type: message/global-delivery-status"), "{got}");
    assert!(got.contains("Content-Type: message/global\r\n"));
}

#[test]
fn a_text_that_was_lost_here_is_said_to_be_lost() {
    let lost = |text| Report { state: TextState::Lost, ..report(Action::Failed, text, "lost") };
    let got = text(&lost(TEXT));
    assert!(got.contains("The text of your message was lost at this host"), "{got}");
    assert!(got.contains("Content-Type: text/rfc822-headers\r\n"), "{got}");
    assert!(!got.contains("the text\r\n"), "{got}");
    let got = text(&lost(b""));
    assert!(got.contains("lost at this host") && !got.contains("rfc822-headers"), "{got}");
}
