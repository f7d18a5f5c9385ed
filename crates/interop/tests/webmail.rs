//! The webmail in Chromium, against the real host: `web/tests/webmail.mjs` does what people do, and looks at what becomes of it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may be blunt")]

use std::path::Path;
use std::time::Duration;

use interop::host::{PASSWORD, address};
use interop::program::skip;
use interop::{Host, Listener, Program, need};

#[test]
fn people_read_find_and_order_their_mail() {
    let (Some(node), Some(_)) = (need("node"), need("chromium")) else { return };
    let home = tempfile::tempdir().unwrap();
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    if !web.join("node_modules/playwright-core").exists() || !web.join("dist/index.html").exists() {
        skip("the webmail is not built: npm ci --prefix web");
        return;
    }
    let host = Host::start(&["ana"]);
    let words = [
        web.join("tests/webmail.mjs").to_string_lossy().into_owned(),
        format!("http://127.0.0.1:{}", host.port(Listener::Http)),
        address("ana"),
        PASSWORD.to_owned(),
    ];
    // A minute on a quiet machine.
    let program = Program::new(&node, home.path()).args(words).limit(Duration::from_secs(300));
    program.run().ok().says("the webmail is content");
}
