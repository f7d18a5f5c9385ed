//! curl: IMAP, POP3, SMTP and JMAP, in the clear on loopback, with STARTTLS and under TLS.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::PathBuf;

use interop::host::{PASSWORD, address};
use interop::lmtp::Lmtp;
use interop::{Host, Listener, Outcome, Program, need};

struct Curl {
    path: PathBuf,
    home: tempfile::TempDir,
    host: Host,
}

impl Curl {
    fn new() -> Option<Curl> {
        let path = need("curl")?;
        let home = tempfile::tempdir().unwrap();
        Some(Curl { path, home, host: Host::start(&["ana", "bob"]) })
    }

    fn url(&self, scheme: &str, listener: Listener, rest: &str) -> String {
        format!("{scheme}://127.0.0.1:{}/{rest}", self.host.port(listener))
    }

    fn run(&self, words: &[&str]) -> Outcome {
        let user = format!("{}:{PASSWORD}", address("ana"));
        Program::new(&self.path, self.home.path())
            .args(["-sS", "--insecure", "--max-time", "20", "--user", &user])
            .args(words)
            .run()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }
}

const LETTER: &str =
    "From: ana@example.org\r\nTo: bob@example.org\r\nSubject: by curl\r\n\r\nHello.\r\n.dot\r\n";

#[test]
fn curl_reads_and_writes_over_imap() {
    let Some(curl) = Curl::new() else { return };
    let letter = curl.file("letter", LETTER);
    for (scheme, listener, tls) in [
        ("imap", Listener::Imap, "--no-progress-meter"),
        ("imap", Listener::Imap, "--ssl-reqd"),
        ("imaps", Listener::Imaps, "--no-progress-meter"),
    ] {
        let inbox = curl.url(scheme, listener, "INBOX");
        curl.run(&[tls, "-T", &letter, &inbox]).ok();
        curl.run(&[tls, &format!("{inbox};MAILINDEX=1")]).ok().says(LETTER);
    }
    let top = curl.url("imap", Listener::Imap, "");
    let inbox = curl.url("imap", Listener::Imap, "INBOX");
    curl.run(&[&top]).ok().says("* LIST").says("INBOX");
    curl.run(&[&top, "-X", "STATUS INBOX (MESSAGES UNSEEN)"]).ok().says("MESSAGES 3");
    curl.run(&[&format!("{inbox};UID=2;SECTION=TEXT")]).ok().says("Hello.\r\n.dot\r\n");
    curl.run(&[&format!("{inbox}?SUBJECT%20curl")]).ok().says("* SEARCH 1 2 3");
    curl.run(&[&inbox, "-X", "STORE 1 +FLAGS (\\Deleted)"]).ok();
    curl.run(&[&inbox, "-X", "EXPUNGE"]).ok().says("* 1 EXPUNGE");
    curl.run(&[&format!("{inbox}?ALL")]).ok().says("* SEARCH 1 2");
}

#[test]
fn curl_reads_and_removes_over_pop3() {
    let Some(curl) = Curl::new() else { return };
    let mut lmtp = Lmtp::connect(curl.host.port(Listener::Lmtp)).unwrap();
    for _ in 0..3 {
        assert!(lmtp.deliver(&[address("ana")], LETTER.as_bytes()).unwrap()[0].starts_with("250"));
    }
    for (scheme, listener, tls) in [
        ("pop3", Listener::Pop3, "--no-progress-meter"),
        ("pop3", Listener::Pop3, "--ssl-reqd"),
        ("pop3s", Listener::Pop3s, "--no-progress-meter"),
    ] {
        let top = curl.url(scheme, listener, "");
        curl.run(&[tls, &top]).ok().says("1 ").says("3 ");
        curl.run(&[tls, &format!("{top}1")])
            .ok()
            .says("Subject: by curl\r\n\r\nHello.\r\n.dot\r\n");
        curl.run(&[tls, &top, "-X", "UIDL"]).ok().says("3 ");
        curl.run(&[tls, &top, "-X", "TOP 1 1"]).ok().says("Hello.\r\n");
    }
    let top = curl.url("pop3", Listener::Pop3, "");
    curl.run(&[&format!("{top}1"), "-X", "DELE", "-I"]).ok();
    curl.run(&[&top, "-X", "STAT", "-I"]).ok();
    let listed = curl.run(&[&top]).ok();
    assert_eq!(listed.output.lines().count(), 2, "{}", listed.output);
    for mechanism in ["AUTH=PLAIN", "AUTH=LOGIN"] {
        curl.run(&["--login-options", mechanism, &top]).ok().says("2 ");
    }
    // 67: the login was refused.
    let wrong = format!("{}:wrong", address("ana"));
    curl.run(&["--user", &wrong, &top]).code(67);
}

#[test]
fn curl_asks_over_http() {
    let Some(curl) = Curl::new() else { return };
    let echo =
        r#"{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":1},"c"]]}"#;
    for (scheme, listener, version, said) in [
        ("https", Listener::Https, "--http2", "HTTP/2 200"),
        ("https", Listener::Https, "--http1.1", "HTTP/1.1 200"),
        ("http", Listener::Http, "--http1.1", "HTTP/1.1 200"),
        ("http", Listener::Http, "--http2-prior-knowledge", "HTTP/2 200"),
    ] {
        let session = curl.url(scheme, listener, ".well-known/jmap");
        let api = curl.url(scheme, listener, "jmap/api");
        let got = curl.run(&[version, "-i", "--compressed", &session]).ok().says(said);
        got.says(&format!("\"apiUrl\":\"{api}\"")).says("x-content-type-options: nosniff");
        let kind = "Content-Type: application/json";
        curl.run(&[version, "-H", kind, "--data", echo, &api])
            .ok()
            .says(r#"["Core/echo",{"a":1},"c"]"#);
        let wrong = format!("{}:wrong", address("ana"));
        curl.run(&[version, "-i", "--user", &wrong, &session])
            .ok()
            .says(" 401")
            .says("Basic realm");
    }
}

#[test]
fn curl_carries_files_up_and_down() {
    let Some(curl) = Curl::new() else { return };
    let letter = curl.file("letter", LETTER);
    let api = curl.url("https", Listener::Https, "jmap");
    let session = curl.run(&[&format!("{api}/session")]).ok().output;
    let account = session.split("\"primaryAccounts\":{\"").nth(1).unwrap();
    let account = account.split('"').nth(2).unwrap();
    for version in ["--http2", "--http1.1"] {
        let upload = curl.run(&[
            version,
            "-H",
            "Content-Type: message/rfc822",
            "--data-binary",
            &format!("@{letter}"),
            &format!("{api}/upload/{account}"),
        ]);
        let said = upload.ok().output;
        let blob =
            said.split("\"blobId\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let file = format!("{api}/download/{account}/{blob}/letter.eml?accept=message/rfc822");
        assert_eq!(curl.run(&[version, &file]).ok().output, LETTER);
        assert_eq!(curl.run(&[version, "-r", "0-3", &file]).ok().output, "From");
        curl.run(&[version, "-i", &file]).ok().says("attachment; filename=\"letter.eml\"");
        let bob = format!("{}:{PASSWORD}", address("bob"));
        curl.run(&[version, "-i", "--user", &bob, &file]).ok().says(" 404");
    }
}

#[test]
fn curl_hears_of_new_mail() {
    let Some(curl) = Curl::new() else { return };
    let port = curl.host.port(Listener::Lmtp);
    let delivering = std::thread::spawn(move || {
        let mut lmtp = Lmtp::connect(port).unwrap();
        // Whenever curl listens at last: it ends with the first state that is told.
        for _ in 0..60 {
            std::thread::sleep(std::time::Duration::from_millis(300));
            lmtp.deliver(&[address("ana")], LETTER.as_bytes()).unwrap();
        }
    });
    let events = "jmap/eventsource?types=*&closeafter=state&ping=30";
    for version in ["--http2", "--http1.1"] {
        let heard = curl.run(&[version, &curl.url("https", Listener::Https, events)]).ok();
        heard.says("event: state").says("\"@type\":\"StateChange\"").says("\"EmailDelivery\"");
    }
    drop(delivering);
}

#[test]
fn curl_comes_through_a_proxy() {
    let Some(path) = need("curl") else { return };
    let host = Host::start_configured("[http]\nproxies = [\"127.0.0.1\"]\n", &["ana"]);
    let curl = Curl { path, home: tempfile::tempdir().unwrap(), host };
    let secured = curl.url("https", Listener::Https, ".well-known/jmap");
    curl.run(&["--haproxy-protocol", &secured]).ok().says("\"username\":\"ana@example.org\"");
    curl.run(&[&secured]).ok().says("\"username\":\"ana@example.org\"");
    let clear = curl.url("http", Listener::Http, ".well-known/jmap");
    let from = ["-H", "X-Forwarded-For: 192.0.2.7", "-H", "X-Forwarded-Host: mail.example"];
    let through = |proto: &str| curl.run(&[&from[..], &["-i", "-H", proto, &clear]].concat()).ok();
    through("X-Forwarded-Proto: https").says("\"apiUrl\":\"https://mail.example/jmap/api\"");
    through("X-Forwarded-Proto: http").says(" 403");
    let metrics = curl.url("http", Listener::Http, "metrics");
    curl.run(&[&from[..], &["-i", &metrics]].concat()).ok().says(" 403");
}

#[test]
fn curl_finds_what_a_mail_program_needs() {
    let Some(curl) = Curl::new() else { return };
    let imaps = format!("<port>{}</port>", curl.host.port(Listener::Imaps));
    for (scheme, listener) in [("http", Listener::Http), ("https", Listener::Https)] {
        let config =
            curl.url(scheme, listener, "mail/config-v1.1.xml?emailaddress=ana@example.org");
        curl.run(&[&config]).ok().says(&imaps).says("<emailProvider id=\"example.org\">");
        let page = curl.url(scheme, listener, "setup");
        curl.run(&["-H", "Accept-Language: pt", &page]).ok().says("Correio de <span>example.org");
    }
}

#[test]
fn curl_submits_mail() {
    let Some(curl) = Curl::new() else { return };
    let letter = curl.file("letter", LETTER);
    let (from, to) = (address("ana"), address("bob"));
    for (scheme, listener, tls) in [
        ("smtp", Listener::Submission, "--ssl-reqd"),
        ("smtps", Listener::Submissions, "--no-progress-meter"),
    ] {
        let url = curl.url(scheme, listener, "curl.example.org");
        curl.run(&[tls, &url, "--mail-from", &from, "--mail-rcpt", &to, "-T", &letter]).ok();
        // 55: the recipient was refused.
        let stranger = "somebody@example.com";
        let refused =
            curl.run(&[tls, &url, "--mail-from", &from, "--mail-rcpt", stranger, "-T", &letter]);
        assert_ne!(refused.code, 0, "mail to strangers needs a relay");
    }
    let bob = format!("{}:{PASSWORD}", address("bob"));
    let inbox = curl.url("imap", Listener::Imap, "INBOX");
    let got = curl.run(&["--user", &bob, &format!("{inbox};MAILINDEX=2")]).ok();
    assert!(got.output.ends_with("Subject: by curl\r\n\r\nHello.\r\n.dot\r\n"), "{}", got.output);
}
