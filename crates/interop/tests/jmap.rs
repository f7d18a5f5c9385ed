//! JMAP as programs of others speak it.
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

#[test]
fn jmapc_writes_sends_reads_and_keeps_up() {
    let Some(python) = need("python3") else { return };
    let home = tempfile::tempdir().unwrap();
    let has = Command::new(&python).args(["-c", "import jmapc"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skip("Python has no jmapc: pip install jmapc");
        return;
    }
    let host = Host::start(&["ana", "bob"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/jmapc_client.py");
    let words = [
        script.to_string_lossy().into_owned(),
        host.port(Listener::Https).to_string(),
        host.port(Listener::Imaps).to_string(),
        address("ana"),
        address("bob"),
        PASSWORD.to_owned(),
    ];
    Program::new(&python, home.path()).args(words).run().ok().says("jmapc is content");
}

#[test]
fn jmap_jam_writes_imports_sends_finds_and_moves_with_a_token() {
    let Some(node) = need("node") else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node");
    if !folder.join("node_modules/jmap-jam").exists() {
        skip("node has no jmap-jam: npm ci --prefix crates/interop/node");
        return;
    }
    let host = Host::start(&["ana", "bob"]);
    let token = |user: &str| {
        let (done, said) = host.command(&["user", "token", "add", &address(user), "jam"], "");
        assert!(done, "{said}");
        said.trim().to_owned()
    };
    let words = [
        folder.join("jam.mjs").to_string_lossy().into_owned(),
        host.port(Listener::Https).to_string(),
        token("ana"),
        address("ana"),
        address("bob"),
        token("bob"),
    ];
    let program = Program::new(&node, home.path()).args(words);
    program.env("NODE_TLS_REJECT_UNAUTHORIZED", "0").run().ok().says("jmap-jam is content");
}
