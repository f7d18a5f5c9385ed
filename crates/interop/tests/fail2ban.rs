//! fail2ban: its own program finds the guesser in the log of a real host, in both forms of the log.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::Path;

use interop::host::{PASSWORD, address};
use interop::imap::Imap;
use interop::{Host, Listener, Program, need};

fn finds_the_guesser(config: &str) {
    let Some(path) = need("fail2ban-regex") else { return };
    let host = Host::start_configured(config, &["ana"]);
    let port = host.port(Listener::Imap);
    Imap::login(port, &address("ana"), PASSWORD).unwrap();
    for guess in ["one", "two", "three"] {
        assert!(Imap::login(port, &address("ana"), guess).is_err());
    }
    Imap::login(port, &address("ana"), PASSWORD).unwrap();
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("correio.log");
    // An answer comes after its line was written; the lines come through a pipe, in their order.
    let mut said = String::new();
    while said.matches("ana@example.org").count() < 6 {
        said.push_str(&host.said());
        said.push('\n');
    }
    std::fs::write(&log, &said).unwrap();
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let filter = top.join("contrib/fail2ban/filter.d/correio.conf");
    let told = Program::new(&path, home.path())
        .args(["-v", "--print-all-matched", &log.to_string_lossy(), &filter.to_string_lossy()])
        .run()
        .ok();
    let told = told.says("3 matched");
    drop(told.says("127.0.0.1"));
}

#[test]
fn fail2ban_finds_the_guesser_in_text() {
    finds_the_guesser("");
}

#[test]
fn fail2ban_finds_the_guesser_in_json() {
    finds_the_guesser("[log]\nformat = \"json\"\n");
}
