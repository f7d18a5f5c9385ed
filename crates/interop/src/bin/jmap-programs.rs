//! Two programs that speak JMAP and take minutes to build: himalaya, and one with the crate jmap-client. For `cargo xtask long`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "test equipment may be blunt"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use interop::host::{PASSWORD, address};
use interop::{Host, Listener, Program};

const HIMALAYA: &str = "2.2.1";

fn main() {
    let host = Host::start(&["ana", "bob"]);
    himalaya(&host);
    println!("himalaya {HIMALAYA} reads, adds, sends, finds, flags, moves, copies and deletes");
    jmap_client(&host);
    println!("jmap-client reads, imports, sends, moves, hears of news and destroys");
}

/// Where what is built is kept.
fn target() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(top.join("target"), PathBuf::from);
    target.join("programs")
}

fn cargo(words: &[&str]) {
    let status = Command::new("cargo").args(words).status().unwrap();
    assert!(status.success(), "cargo {}", words.join(" "));
}

fn himalaya(host: &Host) {
    let root = target();
    let program = root.join("bin/himalaya");
    if !program.exists() {
        let root = root.to_str().unwrap();
        let which = ["install", "himalaya", "--locked", "--version", HIMALAYA, "--root", root];
        cargo(&[&which[..], &["--no-default-features", "--features", "rustls-ring,jmap"]].concat());
    }
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("config.toml");
    let account = |user: &str| {
        format!(
            "[accounts.{user}]\nemail = \"{0}\"\njmap.server = \"http://127.0.0.1:{1}/.well-known/jmap\"\n\
             jmap.auth.basic.username = \"{0}\"\njmap.auth.basic.password.raw = \"{PASSWORD}\"\n",
            address(user),
            host.port(Listener::Http),
        )
    };
    std::fs::write(&config, [account("ana"), account("bob")].concat()).unwrap();
    let run = |user: &str, words: &[&str], input: &str| {
        let words = ["--json", "--account", user].into_iter().chain(words.iter().copied());
        let run = Program::new(&program, home.path()).args(words).input(input.as_bytes());
        run.env("HIMALAYA_CONFIG", config.to_str().unwrap()).run().ok().output
    };
    // The first id of a list: there is one email in it.
    let id = |listed: &str| {
        let (_, rest) = listed.split_once("\"id\":\"").unwrap_or_else(|| panic!("{listed}"));
        rest.split('"').next().unwrap().to_owned()
    };
    let letter = format!(
        "From: {}\r\nTo: {}\r\nSubject: Himalaia\r\n\r\nNeve no cume.\r\n",
        address("ana"),
        address("bob")
    );
    run("ana", &["message", "send"], &letter);
    assert!(run("ana", &["envelope", "list", "-m", "Sent"], "").contains("Himalaia"));
    run("ana", &["message", "add", "-m", "Archive"], &letter);
    let it = id(&run("ana", &["envelope", "list", "-m", "Archive"], ""));
    assert!(run("ana", &["message", "read", "-m", "Archive", &it], "").contains("Neve no cume."));
    run("ana", &["flag", "add", "-m", "Archive", "-f", "flagged", &it], "");
    run("ana", &["message", "move", "-f", "Archive", "-t", "Inbox", &it], "");
    let found = run("ana", &["envelope", "search", "-m", "Inbox", "subject", "himalaia"], "");
    assert!(id(&found) == it && found.contains("$flagged"), "{found}");
    run("ana", &["message", "copy", "-f", "Inbox", "-t", "Drafts", &it], "");
    assert_eq!(id(&run("ana", &["envelope", "list", "-m", "Drafts"], "")), it);
    run("ana", &["message", "delete", &it], "");
    assert_eq!(id(&run("ana", &["envelope", "list", "-m", "Trash"], "")), it);
    let arrived = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        run("bob", &["envelope", "list", "-m", "Inbox"], "").contains("Himalaia")
    });
    assert!(arrived, "what was sent did not come");
}

fn jmap_client(host: &Host) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/jmap-client");
    let (manifest, built) = (folder.join("Cargo.toml"), target().join("jmap-client"));
    let (manifest, folder) = (manifest.to_str().unwrap(), built.to_str().unwrap());
    cargo(&["build", "--locked", "--manifest-path", manifest, "--target-dir", folder]);
    let home = tempfile::tempdir().unwrap();
    let program = built.join("debug/jmap-client-program");
    let port = host.port(Listener::Https).to_string();
    let words = [port, address("ana"), address("bob"), PASSWORD.to_owned()];
    Program::new(&program, home.path()).args(words).run().ok().says("jmap-client is content");
}
