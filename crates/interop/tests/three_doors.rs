//! IMAP, POP3 and JMAP on one account at the same moment.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::Path;
use std::process::Command;

use interop::host::{PASSWORD, address};
use interop::program::skip;
use interop::{Host, Listener, Program, need};

/// How many random lives one run has, and how many steps of each client one has.
const LIVES: u32 = 3;
const STEPS: u32 = 150;

#[test]
fn clients_of_three_protocols_end_with_the_same_mail() {
    let Some(python) = need("python3") else { return };
    let home = tempfile::tempdir().unwrap();
    let has = Command::new(&python).args(["-c", "import imapclient"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skip("Python has no imapclient: pip install imapclient");
        return;
    }
    let host = Host::start(&["ana"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/three_doors.py");
    // One life begins with what the one before left.
    for life in 0..LIVES {
        let words = [
            script.to_string_lossy().into_owned(),
            host.port(Listener::Https).to_string(),
            host.port(Listener::Imaps).to_string(),
            host.port(Listener::Pop3s).to_string(),
            address("ana"),
            PASSWORD.to_owned(),
            life.to_string(),
            STEPS.to_string(),
        ];
        Program::new(&python, home.path()).args(words).run().ok().says("the doors agree");
    }
}
