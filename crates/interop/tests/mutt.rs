//! mutt and neomutt of Debian, which log in through Cyrus SASL: submission by both kinds of TLS.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use interop::host::{PASSWORD, address};
use interop::pop3::Pop3;
use interop::{Host, Listener, Outcome, Program, need};

/// Sends a letter from ana to bob.
fn send(host: &Host, program: &str, scheme: &str, listener: Listener) -> Option<Outcome> {
    let path = need(program)?;
    let home = tempfile::tempdir().unwrap();
    let certificate = host.data().join("tls-certificate.pem");
    assert!(certificate.exists(), "{}", certificate.display());
    let certificate = certificate.display();
    let configuration = format!(
        "set smtp_url=\"{scheme}://ana%40example.org@127.0.0.1:{}\"\nset smtp_pass=\"{PASSWORD}\"\n\
         set from=ana@example.org\nset realname=Ana\nset use_envelope_from=yes\nset copy=no\n\
         set ssl_starttls=yes\nset ssl_force_tls=yes\nset ssl_ca_certificates_file=\"{certificate}\"\n\
         set certificate_file=\"{certificate}\"\n",
        host.port(listener)
    );
    std::fs::write(home.path().join("rc"), configuration).unwrap();
    let subject = format!("{program} {scheme}");
    let words = ["-F", "rc", "-s", &subject, "--", "bob@example.org"];
    Some(Program::new(&path, home.path()).args(words).input(b"Hello Bob\n").run())
}

fn sends_by_both_kinds_of_tls(program: &str) {
    let host = Host::start(&["ana", "bob"]);
    for (scheme, listener) in [("smtp", Listener::Submission), ("smtps", Listener::Submissions)] {
        let Some(outcome) = send(&host, program, scheme, listener) else { return };
        outcome.ok();
    }
    let mut pop3 = Pop3::login(host.port(Listener::Pop3), &address("bob"), PASSWORD).unwrap();
    assert_eq!(pop3.numbered("LIST").unwrap().len(), 2);
}

#[test]
fn mutt_sends_by_both_kinds_of_tls() {
    sends_by_both_kinds_of_tls("mutt");
}

#[test]
fn neomutt_sends_by_both_kinds_of_tls() {
    sends_by_both_kinds_of_tls("neomutt");
}
