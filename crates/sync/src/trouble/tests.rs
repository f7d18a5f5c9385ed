//! What is told of refused logins.

use pop3::client::{Fault, Refusal};
use sasl::{ClientFault, TokenRefusal};

use super::{Exit, Trouble, Words, shown};
use crate::Endpoint;
use crate::network::NetworkFault;
use crate::oauth::{OAuthFault, WebFault};

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
fn what_goes_wrong_with_tokens_is_told_in_both_languages() {
    let said = || "the words of the server".to_owned();
    let web = |fault| OAuthFault::Web { host: "id.example.org".into(), port: 8443, fault };
    let faults = [
        (web(WebFault::Network(NetworkFault::NoSuchName)), Exit::Network),
        (web(WebFault::TooMuch), Exit::Network),
        (web(WebFault::NotHttp), Exit::Network),
        (OAuthFault::Unavailable { host: said() }, Exit::Network),
        (OAuthFault::Answer("a code"), Exit::Network),
        (OAuthFault::Busy, Exit::Network),
        (OAuthFault::Insecure { address: said() }, Exit::NeedsPerson),
        (OAuthFault::NoServer { address: said() }, Exit::NeedsPerson),
        (OAuthFault::OtherServer { expected: said(), said: said() }, Exit::NeedsPerson),
        (OAuthFault::NoClient { provider: said() }, Exit::NeedsPerson),
        (OAuthFault::NoFlow { wanted: "device" }, Exit::NeedsPerson),
        (OAuthFault::State, Exit::Login),
        (OAuthFault::Denied, Exit::Login),
        (OAuthFault::Expired, Exit::Login),
        (OAuthFault::Over { said: said() }, Exit::Login),
        (OAuthFault::Refused { code: "invalid_scope".into(), said: said() }, Exit::Login),
        (OAuthFault::NotKept, Exit::Login),
        (OAuthFault::Keeping { why: said() }, Exit::Storage),
    ];
    for (fault, exit) in faults {
        let trouble = Trouble::OAuth(fault);
        assert_eq!(trouble.exit(), exit, "{trouble:?}");
        let (english, portuguese) = (trouble.tell(Words::English), trouble.tell(Words::Portuguese));
        assert!(english != portuguese && !english.is_empty(), "{english}");
    }
    // A server that cannot look at the token now is no reason to fetch another one.
    let endpoint: Endpoint = "imaps://imap.example.org".parse().unwrap();
    for (status, is_about_token) in
        [("invalid_token", true), ("401", true), ("temporarily_unavailable", false), ("503", false)]
    {
        let refusal = TokenRefusal { status: status.into(), scope: None, configuration: None };
        let fault = Fault::Login(ClientFault::Token(Box::new(refusal)));
        let trouble = Trouble::of_login(fault, &endpoint, "ana");
        assert_eq!(trouble.is_about_token(), is_about_token, "{trouble:?}");
    }
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
