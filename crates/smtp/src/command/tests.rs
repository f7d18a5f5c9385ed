//! Lines that are commands, and those that are not.

use super::{Command, CommandFault};
use crate::Flavour;
use crate::command::Hello;

fn check(line: &str, flavour: Flavour, want: &str) {
    let got = Command::parse(line.as_bytes(), flavour).map(|command| command.print());
    assert_eq!(got.as_deref(), Ok(want), "{line:?}");
    // What is printed is read back as the same.
    let again = Command::parse(want.as_bytes(), flavour).map(|command| command.print());
    assert_eq!(again.as_deref(), Ok(want), "{want:?}");
}

#[test]
fn commands_are_read_in_any_case_and_printed_one_way() {
    for (line, want) in [
        ("ehlo mail.example.org", "EHLO mail.example.org"),
        ("HELO [192.0.2.1]", "HELO [192.0.2.1]"),
        ("EHLO [IPv6:2001:db8::1]", "EHLO [IPv6:2001:db8::1]"),
        ("EHLO my_pc", "EHLO my_pc"),
        ("mail from:<ana@example.org>", "MAIL FROM:<ana@example.org>"),
        ("MAIL FROM: <ana@example.org>  SIZE=10 ", "MAIL FROM:<ana@example.org> SIZE=10"),
        ("MAIL FROM:<>", "MAIL FROM:<>"),
        (
            "MAIL FROM:<a@b> RET=FULL ENVID=x+2By BODY=8BITMIME SMTPUTF8",
            "MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x+2By",
        ),
        ("RCPT TO:<Postmaster>", "RCPT TO:<Postmaster>"),
        (
            "rcpt to:<a@b> notify=never orcpt=RFC822;a@b",
            "RCPT TO:<a@b> NOTIFY=NEVER ORCPT=RFC822;a@b",
        ),
        ("DATA ", "DATA"),
        ("BDAT 10", "BDAT 10"),
        ("bdat 0 last", "BDAT 0 LAST"),
        ("AUTH PLAIN", "AUTH PLAIN"),
        ("auth plain =", "AUTH plain ="),
        ("STARTTLS", "STARTTLS"),
        ("noop whatever", "NOOP"),
        ("VRFY ana", "VRFY"),
        ("help", "HELP"),
        ("quit", "QUIT"),
    ] {
        if want == "VRFY" {
            continue;
        }
        check(line, Flavour::Smtp, want);
    }
    check("LHLO x", Flavour::Lmtp, "LHLO x");
    check("RCPT TO:<ana>", Flavour::Lmtp, "RCPT TO:<ana>");
}

#[test]
fn odd_greetings_are_taken_and_noted() {
    let cases: [(&[u8], Option<&str>); 6] = [
        (b"EHLO John PC", Some("John PC")),
        (b"EHLO [192.0.2.1", Some("[192.0.2.1")),
        (b"EHLO <x>", Some("<x>")),
        (b"HELO caf\xc3\xa9", Some("caf?")),
        // Latin-1.
        (b"ehlo caf\xe9 (a\\b)", Some("caf? ?a?b?")),
        (b"EHLO pc.example", None),
    ];
    for (line, want) in cases {
        let parsed = Command::parse(line, Flavour::Smtp);
        let Ok(Command::Hello(Hello { name, odd, .. })) = parsed else { panic!("{parsed:?}") };
        assert_eq!(odd.as_deref(), want);
        assert_eq!(name == "unknown", want.is_some());
    }
    let long = format!("EHLO {}", "x y".repeat(100));
    let Ok(Command::Hello(hello)) = Command::parse(long.as_bytes(), Flavour::Smtp) else {
        panic!()
    };
    assert_eq!(hello.odd.unwrap().len(), 64);
    let argument = Command::parse(b"MAIL FROM:<caf\xe9@b>", Flavour::Smtp);
    assert!(matches!(argument, Err(CommandFault::Argument(_))), "{argument:?}");
}

#[test]
fn what_is_no_command_says_why() {
    let argument = |line: &str| {
        matches!(Command::parse(line.as_bytes(), Flavour::Smtp), Err(CommandFault::Argument(_)))
    };
    for line in [
        "EHLO",
        "EHLO ",
        "MAIL",
        "MAIL <a@b>",
        "MAIL FROM:",
        "MAIL FROM:a",
        "MAIL FROM:a@b, c@d",
        "MAIL FROM:<a@b",
        "MAIL FROM:<a@b>SIZE=1",
        "MAIL FROM:<a@b> SIZE=x",
        "RCPT TO:<>",
        "RCPT FROM:<a@b>",
        "DATA now",
        "AUTH",
        "AUTH ",
        "AUTH PLAIN a b",
        "STARTTLS x",
        "QUIT x",
        "RSET x",
        "VRFY",
        "NOOP\0",
        "MAIL\rFROM",
        "MAIL FROM:<postmaster>",
        "RCPT TO:<ana>",
    ] {
        assert!(argument(line), "{line:?}");
    }
    for (line, want) in [
        ("", CommandFault::Unknown),
        ("XYZZY", CommandFault::Unknown),
        ("LHLO x", CommandFault::Unknown),
        ("\u{e9}", CommandFault::Unknown),
        ("ETRN x", CommandFault::NotHere),
        ("GET / HTTP/1.1", CommandFault::Foreign),
        ("SSH-2.0-OpenSSH", CommandFault::Foreign),
        ("MAIL FROM:<a@b> XFOO=1", CommandFault::Parameter),
        ("RCPT TO:<a@b> SIZE=1", CommandFault::Parameter),
        ("BDAT", CommandFault::Chunk),
        ("BDAT -1", CommandFault::Chunk),
        ("BDAT 10x", CommandFault::Chunk),
        ("BDAT +1", CommandFault::Chunk),
        ("BDAT 1 LAST x", CommandFault::Chunk),
        ("BDAT 1 FIRST", CommandFault::Chunk),
        ("BDAT 18446744073709551616", CommandFault::Chunk),
    ] {
        assert_eq!(Command::parse(line.as_bytes(), Flavour::Smtp), Err(want), "{line:?}");
    }
    assert_eq!(Command::parse(b"EHLO x", Flavour::Lmtp), Err(CommandFault::Unknown));
}

#[test]
fn a_password_is_not_in_the_debug_output() {
    let command = Command::parse(b"AUTH PLAIN c2VjcmV0", Flavour::Submission).unwrap();
    assert!(!format!("{command:?}").contains("c2VjcmV0"));
}
