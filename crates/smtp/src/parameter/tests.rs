//! Parameters that are read, and those that are not.

use super::{
    BodyKind, MailParameters, Notify, OriginalRecipient, ParameterFault, RecipientParameters,
    Return, Utf8, Wanted, to_xtext, xtext,
};

#[test]
fn mail_takes_each_parameter_once_in_any_case() {
    let got =
        MailParameters::parse(" size=1000 BODY=8bitmime SMTPUTF8 RET=hdrs ENVID=QQ+2B314 AUTH=<>")
            .unwrap();
    assert_eq!(
        got,
        MailParameters {
            size: Some(1000),
            body: BodyKind::EightBit,
            utf8: Utf8::Yes,
            ret: Some(Return::Header),
            envelope_id: Some("QQ+314".to_owned()),
            hold_until: None,
        }
    );
    assert_eq!(MailParameters::parse(""), Ok(MailParameters::default()));
    let huge = MailParameters::parse(" SIZE=99999999999999999999").unwrap();
    assert_eq!(huge.size, Some(u64::MAX));
}

#[test]
fn wrong_parameters_of_mail_are_syntax_faults() {
    for bad in [
        "SIZE=1",
        " SIZE=",
        " SIZE",
        " SIZE=-1",
        " SIZE=1k",
        " SIZE=123456789012345678901",
        " BODY=9BIT",
        " BODY=BINARYMIME",
        " SMTPUTF8=1",
        " RET=ALL",
        " RET",
        " ENVID",
        " ENVID=a+0Db",
        " ENVID=a+0A",
        " ENVID=+4",
        " ENVID=+ab",
        " SIZE=1 SIZE=1",
        " AUTH=a+b",
    ] {
        assert!(matches!(MailParameters::parse(bad), Err(ParameterFault::Syntax(_))), "{bad:?}");
    }
    let long = format!(" ENVID={}", "x".repeat(101));
    assert!(matches!(MailParameters::parse(&long), Err(ParameterFault::Syntax(_))));
    assert_eq!(MailParameters::parse(" FOO=1"), Err(ParameterFault::Unknown));
}

#[test]
fn recipients_take_notify_and_the_original_address() {
    let got =
        RecipientParameters::parse(" NOTIFY=success,DELAY ORCPT=rfc822;a+2Bb@example.org").unwrap();
    let notify = Notify { success: Wanted::Yes, failure: Wanted::No, delay: Wanted::Yes };
    let original =
        OriginalRecipient { kind: "rfc822".to_owned(), address: "a+b@example.org".to_owned() };
    assert_eq!(original.print(), "rfc822;a+2Bb@example.org");
    assert_eq!(notify.print(), "SUCCESS,DELAY");
    assert_eq!(got, RecipientParameters { notify: Some(notify), original: Some(original) });
    let never = RecipientParameters::parse(" NOTIFY=never").unwrap();
    assert_eq!(never.notify.unwrap().print(), "NEVER");
}

#[test]
fn wrong_parameters_of_rcpt_are_syntax_faults() {
    for bad in [
        " NOTIFY=",
        " NOTIFY",
        " NOTIFY=NEVER,DELAY",
        " NOTIFY=MAYBE",
        " ORCPT=x",
        " ORCPT=;x",
        " ORCPT=rfc822;a+0D+0AX:y",
        " ORCPT=rfc822;a+00",
        " NOTIFY=DELAY NOTIFY=DELAY",
        " ORCPT=rfc 822;x",
    ] {
        assert!(RecipientParameters::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(RecipientParameters::parse(" SIZE=1"), Err(ParameterFault::Unknown));
}

#[test]
fn xtext_comes_back_as_it_was() {
    for text in ["", "a+b=c d", "\u{e9}\u{1F98A}", "~!"] {
        assert_eq!(xtext(&to_xtext(text)).unwrap(), text.as_bytes(), "{text:?}");
    }
}
