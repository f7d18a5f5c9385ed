//! What the README shows is run as it is printed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::Path;

use interop::{Host, Listener, Program, need};

/// One that needs no quotes in a shell.
const PASSWORD: &str = "cavalo-marinho-7";

#[test]
fn the_example_with_curl_runs_as_printed() {
    if need("curl").is_none() {
        return;
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let readme = std::fs::read_to_string(top.join("README.md")).unwrap();
    let mut blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let example = blocks.find(|block| block.contains("curl ")).unwrap();
    let host = Host::start(&[]);
    for (words, input) in [
        (&["domain", "add", "localhost"][..], ""),
        (&["user", "add", "you@localhost"][..], PASSWORD),
    ] {
        let (done, said) = host.command(words, input);
        assert!(done, "{said}");
    }
    // The ports and the password are those that a start prints.
    let mut script = example.replace("PASSWORD", PASSWORD);
    for (printed, listener) in
        [("8080", Listener::Http), ("1143", Listener::Imap), ("1587", Listener::Submission)]
    {
        let printed = format!("127.0.0.1:{printed}");
        assert!(script.contains(&printed), "{script}");
        script = script.replace(&printed, &format!("127.0.0.1:{}", host.port(listener)));
    }
    let run = || {
        let script = format!("set -e\ncd '{}'\n{script}", top.display());
        Program::new("/bin/sh".as_ref(), top).args(["-c", &script]).run().ok()
    };
    run().says("MESSAGES 0");
    run().says("MESSAGES 1");
}
