//! What is told of refused logins.

use pop3::client::{Fault, Refusal};

use super::{Exit, Trouble, Words, shown};
use crate::Endpoint;

fn login(host: &str, said: &str) -> Trouble {
    let endpoint: Endpoint = format!("pop3s://{host}").parse().unwrap();
    let refusal = Refusal { code: None, text: said.to_owned() };
    Trouble::of_login(Fault::Refused(refusal), &endpoint, "ana")
}

#[test]
fn a_refused_login_says_what_to_do() {
    for (host, said, want) in [
        ("pop.example.org", "[AUTH] Authentication failed.", "the name or the password is wrong"),
        (
            "pop.gmail.com",
            "[AUTH] Application-specific password required",
            "myaccount.google.com/apppasswords",
        ),
        ("pop.gmail.com", "[SYS/PERM] Your account is not enabled for POP access.", "fwdandpop"),
        ("pop.gmail.com", "[AUTH] Username and password not accepted.", "app password"),
        ("outlook.office365.com", "Logon failure", "OAuth 2 only"),
        ("mail.example.org", "POP3 access is disabled for your domain", "switched off"),
    ] {
        let trouble = login(host, said);
        assert_eq!(trouble.exit(), Exit::Login, "{said}");
        let told = trouble.tell(Words::English);
        assert!(told.contains(want), "{told}");
        assert_ne!(trouble.tell(Words::Portuguese), told);
    }
    // A name that only ends alike is another provider's.
    assert!(matches!(login("notgmail.com", "no"), Trouble::WrongPassword { .. }));
}

#[test]
fn nothing_that_a_server_says_moves_the_cursor() {
    let said = format!("\u{1b}[2J\r\nroot# \u{202e}evil{}", "é".repeat(300));
    let shown = shown(&said);
    assert!(shown.len() <= 300 && !shown.contains(['\u{1b}', '\r', '\n', '\u{202e}']), "{shown:?}");
    assert!(shown.starts_with("[2J  root#  evil"));
}

#[test]
fn the_language_is_that_of_the_locale() {
    for (locale, want) in [
        ("pt_BR.UTF-8", Words::Portuguese),
        ("pt", Words::Portuguese),
        ("en_US.UTF-8", Words::English),
        ("C", Words::English),
        ("ptx", Words::English),
        ("", Words::English),
    ] {
        assert_eq!(Words::of_locale(locale), want, "{locale}");
    }
}
