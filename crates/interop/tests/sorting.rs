//! SORT and THREAD beside Debian's Dovecot, and used by imapclient, imap_tools, Ruby's net-imap and PHP's c-client.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::{Path, PathBuf};

use interop::host::{PASSWORD, address};
use interop::pop3_peers::Peer;
use interop::program::skip;
use interop::{Host, Listener, Program, need};
use pop3_suite::Fill;

/// So many random programs for each seed: what one program may take is limited, also on a busy machine.
const PROGRAMS: u32 = 250;

fn script(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name);
    path.to_string_lossy().into_owned()
}

fn run(program: &Path, script_name: &str, words: &[String]) {
    let home = tempfile::tempdir().unwrap();
    let said = Program::new(program, home.path())
        .args([script(script_name)])
        .args(words.iter().cloned())
        .run()
        .ok();
    said.says("is content");
}

#[test]
fn sort_and_thread_are_those_of_dovecot_but_where_the_standard_explains_it() {
    let (Some(python), Some(_)) = (need("python3"), need("dovecot")) else { return };
    let scratch = tempfile::tempdir().unwrap();
    let dovecot = Peer::Dovecot.start(scratch.path()).unwrap();
    let Fill::Imap(_, port) = dovecot.options.fill.clone() else { return };
    let host = Host::start(&["ana"]);
    let programs = Programs { host: &host, python: &python, port };
    for seed in [1, 2] {
        programs.compare(PROGRAMS, seed, None);
    }
    // Real mails, where there is a folder of them.
    if let Some(folder) = std::env::var_os("CORREIO_MAILS") {
        programs.compare(PROGRAMS * 2, 3, Some(folder.to_string_lossy().into_owned()));
    }
}

struct Programs<'a> {
    host: &'a Host,
    python: &'a Path,
    port: u16,
}

impl Programs<'_> {
    fn compare(&self, programs: u32, seed: u32, folder: Option<String>) {
        let mut words = vec![
            self.host.port(Listener::Imap).to_string(),
            address("ana"),
            PASSWORD.to_owned(),
            self.port.to_string(),
            "suite".to_owned(),
            "suite-2026".to_owned(),
            programs.to_string(),
            seed.to_string(),
        ];
        words.extend(folder);
        run(self.python, "sorting.py", &words);
    }
}

#[test]
fn programs_sort_and_thread() {
    let host = Host::start(&["ana"]);
    let words = [host.port(Listener::Imap).to_string(), address("ana"), PASSWORD.to_owned()];
    let Some(python) = python_with_clients() else { return };
    // It brings the mail that the others find.
    run(&python, "sorting_clients.py", &words);
    for (program, name) in [("ruby", "sorting.rb"), ("php", "sorting.php")] {
        if let Some(program) = need(program) {
            run(&program, name, &words);
        }
    }
}

/// A Python that has imapclient and imap_tools, which Debian has not, or only too old.
fn python_with_clients() -> Option<PathBuf> {
    let python = need("python3")?;
    let has = std::process::Command::new(&python)
        .args(["-c", "import imapclient, imap_tools; imap_tools.SortCriteria"])
        .output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skip("Python has no imapclient and imap_tools: pip install imapclient imap-tools");
    None
}
