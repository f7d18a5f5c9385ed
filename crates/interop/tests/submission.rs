//! msmtp and swaks: submission, delivery and what must be refused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::os::unix::fs::PermissionsExt;

use interop::host::{PASSWORD, address};
use interop::pop3::Pop3;
use interop::{Host, Listener, Outcome, Program, need};

fn subjects(host: &Host, name: &str) -> Vec<String> {
    let mut pop3 = Pop3::login(host.port(Listener::Pop3), &address(name), PASSWORD).unwrap();
    let messages = pop3.numbered("LIST").unwrap();
    let top = |(number, _): (usize, String)| {
        let header = pop3.content(&format!("TOP {number} 0")).unwrap();
        let header = String::from_utf8(header).unwrap();
        header.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap().to_owned()
    };
    messages.into_iter().map(top).collect()
}

#[test]
fn msmtp_submits_by_both_kinds_of_tls() {
    let Some(msmtp) = need("msmtp") else { return };
    let host = Host::start(&["ana", "bob"]);
    let home = tempfile::tempdir().unwrap();
    for (listener, starttls, auth) in [
        (Listener::Submission, "on", "plain"),
        (Listener::Submissions, "off", "plain"),
        (Listener::Submissions, "off", "login"),
    ] {
        let rc = format!(
            "account default\nhost 127.0.0.1\nport {}\nfrom {}\nuser {}\npassword \"{PASSWORD}\"\n\
             auth {auth}\ntls on\ntls_starttls {starttls}\ntls_certcheck off\n",
            host.port(listener),
            address("ana"),
            address("ana"),
        );
        let path = home.path().join("msmtprc");
        std::fs::write(&path, rc).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        Program::new(&msmtp, home.path())
            .args(["--file=msmtprc", &address("bob")])
            .input(b"To: bob@example.org\nSubject: by msmtp\n\nHello\n.\n.dot\n")
            .run()
            .ok();
    }
    assert_eq!(subjects(&host, "bob"), ["by msmtp"; 3]);
}

fn swaks(host: &Host, listener: Listener, words: &[&str]) -> Option<Outcome> {
    let swaks = need("swaks")?;
    let home = tempfile::tempdir().unwrap();
    let port = host.port(listener).to_string();
    let common = ["--server", "127.0.0.1", "--port", &port, "--timeout", "20"];
    Some(Program::new(&swaks, home.path()).args(common).args(words).run())
}

#[test]
fn swaks_delivers_and_submits() {
    let host = Host::start(&["ana", "bob"]);
    let (ana, bob) = (address("ana"), address("bob"));
    let login = ["--auth-user", &ana, "--auth-password", PASSWORD, "--from", &ana, "--to", &bob];
    let run = |listener, words: &[&str]| swaks(&host, listener, words);
    let Some(outcome) =
        run(Listener::Smtp, &["-f", "x@example.net", "-t", &bob, "--h-Subject", "outside"])
    else {
        return;
    };
    outcome.ok();
    let lmtp = ["--protocol", "LMTP", "-f", "x@example.net", "-t", &bob, "--h-Subject", "lmtp"];
    run(Listener::Lmtp, &lmtp).unwrap().ok();
    let tls = [&login[..], &["--tls", "--auth", "PLAIN", "--h-Subject", "starttls"]].concat();
    run(Listener::Submission, &tls).unwrap().ok();
    let tls = [&login[..], &["--tls-on-connect", "--auth", "LOGIN", "--h-Subject", "tls"]].concat();
    run(Listener::Submissions, &tls).unwrap().ok();
    let smtp_tls = ["--tls", "-f", "x@example.net", "-t", &bob, "--h-Subject", "outside tls"];
    run(Listener::Smtp, &smtp_tls).unwrap().ok();
    // 24: every recipient was refused.
    run(Listener::Smtp, &["-f", "x@example.net", "-t", "y@example.com"]).unwrap().code(24);
    run(Listener::Smtp, &["-f", "x@example.net", "-t", "nobody@example.org"]).unwrap().code(24);
    // Sub-addressing finds its way.
    let sub = ["-f", "x@example.net", "-t", "bob+list@example.org", "--h-Subject", "sub-address"];
    run(Listener::Smtp, &sub).unwrap().ok();
    let want = ["outside", "lmtp", "starttls", "tls", "outside tls", "sub-address"];
    assert_eq!(subjects(&host, "bob"), want);
}
