//! Python's imaplib, poplib and smtplib; imapclient, which listens to all mailboxes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::Path;

use interop::host::{PASSWORD, address};
use interop::program::skip;
use interop::{Host, Listener, Program, need};

fn script(host: &Host, name: &str, listeners: &[Listener], words: &[&str]) {
    let Some(python) = need("python3") else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name);
    let home = tempfile::tempdir().unwrap();
    let ports = listeners.iter().map(|listener| host.port(*listener).to_string());
    Program::new(&python, home.path())
        .args([script.to_string_lossy().into_owned()])
        .args(ports)
        .args(words)
        .run()
        .ok()
        .says("is content");
}

#[test]
fn imaplib() {
    let host = Host::start(&["ana"]);
    script(&host, "imap.py", &[Listener::Imap, Listener::Imaps], &[&address("ana"), PASSWORD]);
}

#[test]
fn imapclient_hears_of_all_mailboxes() {
    let Some(python) = need("python3") else { return };
    let has = std::process::Command::new(python).args(["-c", "import imapclient"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skip("Python has no imapclient: pip install imapclient");
        return;
    }
    let host = Host::start(&["ana"]);
    script(&host, "notify.py", &[Listener::Imap], &[&address("ana"), PASSWORD]);
}

#[test]
fn poplib() {
    let host = Host::start(&["ana"]);
    let listeners = [Listener::Pop3, Listener::Pop3s, Listener::Lmtp];
    script(&host, "pop3.py", &listeners, &[&address("ana"), PASSWORD]);
}

#[test]
fn smtplib() {
    let host = Host::start(&["ana", "bob"]);
    let listeners = [Listener::Smtp, Listener::Submission, Listener::Submissions, Listener::Imap];
    script(&host, "smtp.py", &listeners, &[&address("ana"), &address("bob"), PASSWORD]);
}
