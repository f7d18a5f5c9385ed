//! Asking in a browser: what it opens, and what it brings back.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

use super::super::OAuthFault;
use super::super::browser::{BrowserLogin, Came};
use super::{NOW_S, Scripted, client, gives, server, text};
use crate::network::Trust;

fn login(web: &Scripted) -> BrowserLogin {
    BrowserLogin::begun(web, &server(), &client(), (4711, "ana@example.org")).unwrap()
}

fn parameter(page: &str, name: &str) -> String {
    let url = Url::parse(page).unwrap();
    let found = url.query_pairs().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("{name}")).1.into_owned()
}

/// What comes of a request, and what the browser is told.
async fn asks(login: &BrowserLogin, request: &str) -> (Came, String) {
    let (mut browser, here) = tokio::io::duplex(64 << 10);
    browser.write_all(request.as_bytes()).await.unwrap();
    let came = login.answered(here).await;
    let mut told = String::new();
    browser.read_to_string(&mut told).await.unwrap();
    (came, told)
}

async fn gets(login: &BrowserLogin, target: &str) -> Came {
    asks(login, &format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:4711\r\n\r\n")).await.0
}

#[tokio::test]
async fn a_code_comes_back_and_only_who_began_can_use_it() {
    let web = Scripted::default();
    let login = login(&web);
    assert!(login.page.starts_with("https://id.example.org/authorize?response_type=code&"));
    let state = parameter(&login.page, "state");
    assert_eq!(parameter(&login.page, "redirect_uri"), "http://127.0.0.1:4711/");
    assert_eq!(parameter(&login.page, "code_challenge_method"), "S256");
    assert_eq!(parameter(&login.page, "scope"), "mail offline_access");
    assert_eq!(parameter(&login.page, "login_hint"), "ana@example.org");
    let target = format!("/?code=a%2Fb&state={state}&iss=https://id.example.org");
    let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
    let (came, told) = asks(&login, &request).await;
    let Came::Code(code) = came else { panic!("no code") };
    assert_eq!(text(&code), "a/b");
    assert!(told.starts_with("HTTP/1.1 200 OK\r\n") && told.contains("Close this page"), "{told}");
    web.then(200, &gives("a1", "r1"));
    let to = (&code, NOW_S);
    let tokens = login.exchanged(&web, &server(), &client(), &Trust::Usual, to).await.unwrap();
    assert_eq!((text(&tokens.access), tokens.expires_s), ("a1".into(), Some(NOW_S + 3600)));
    let said = web.last();
    let pairs: std::collections::BTreeMap<String, String> =
        url::form_urlencoded::parse(said.as_bytes()).into_owned().collect();
    assert_eq!(pairs["redirect_uri"], "http://127.0.0.1:4711/");
    let verifier = &pairs["code_verifier"];
    assert_eq!(verifier.len(), 43);
    // RFC 7636, 4.2: what the page said is the hash of what is shown now.
    use base64::Engine as _;
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(verifier.as_bytes());
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
    assert_eq!(parameter(&login.page, "code_challenge"), hash);
}

#[tokio::test]
async fn an_answer_to_something_else_is_none_and_the_login_goes_on() {
    let login = login(&Scripted::default());
    let state = parameter(&login.page, "state");
    for target in [
        "/favicon.ico".to_owned(),
        "/".to_owned(),
        "/?code=x".to_owned(),
        "/?code=x&state=".to_owned(),
        "/?code=x&state=wrong&iss=https://id.example.org".to_owned(),
        format!("/?code=x&state={state}x"),
        format!("/?code=x&code=y&state={state}"),
        format!("/?code=x&state={state}&state={state}"),
        format!("/other?code=x&state={state}"),
        format!("//?code=x&state={state}"),
    ] {
        assert!(matches!(gets(&login, &target).await, Came::Nothing), "{target}");
    }
    for request in [
        format!("POST /?code=x&state={state} HTTP/1.1\r\n\r\n"),
        "\u{16}\u{3}\u{1}\r\n\r\n".to_owned(),
        format!("GET /?code=x&state={state}\r\n\r\n"),
        format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(crate::limits::BROWSER_OCTETS_MAX)),
    ] {
        let (mut browser, here) = tokio::io::duplex(256 << 10);
        browser.write_all(request.as_bytes()).await.unwrap();
        assert!(matches!(login.answered(here).await, Came::Nothing));
    }
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_says_nothing_is_not_waited_for() {
    let login = login(&Scripted::default());
    let (_browser, here) = tokio::io::duplex(1_024);
    assert!(matches!(login.answered(here).await, Came::Nothing));
}

#[tokio::test]
async fn what_the_server_says_through_the_browser_is_heard() {
    let login = login(&Scripted::default());
    let state = parameter(&login.page, "state");
    let iss = "iss=https://id.example.org";
    for (query, want) in [
        (format!("error=access_denied&{iss}"), OAuthFault::Denied),
        (
            format!("error=server_error&error_description=a%0Ab&{iss}"),
            OAuthFault::Refused { code: "server_error".into(), said: "a b".into() },
        ),
        (iss.to_owned(), OAuthFault::Answer("a code")),
        (
            "code=x&iss=https://evil.example".to_owned(),
            OAuthFault::OtherServer {
                expected: "https://id.example.org".into(),
                said: "https://evil.example".into(),
            },
        ),
        // It says its name always, it has said.
        (
            "code=x".to_owned(),
            OAuthFault::OtherServer {
                expected: "https://id.example.org".into(),
                said: String::new(),
            },
        ),
    ] {
        let Came::Refused(fault) = gets(&login, &format!("/?state={state}&{query}")).await else {
            panic!("{query}");
        };
        assert_eq!(fault, want, "{query}");
    }
}
