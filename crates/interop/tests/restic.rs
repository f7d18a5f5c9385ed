//! restic, as Debian has it: it finds our repositories whole, adds to them, and restores files that an import takes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use interop::host::address;
use interop::lmtp::Lmtp;
use interop::{Host, Listener, Outcome, Program, need};
use tempfile::TempDir;

/// A repository, and restic for it.
struct Repository {
    scratch: TempDir,
    restic: PathBuf,
}

impl Repository {
    fn new(restic: PathBuf) -> Repository {
        let scratch = tempfile::Builder::new().prefix("restic-").tempdir().unwrap();
        let password = scratch.path().join("password");
        std::fs::write(&password, "a long password\n").unwrap();
        std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
        Repository { scratch, restic }
    }

    fn path(&self, name: &str) -> String {
        self.scratch.path().join(name).to_str().unwrap().to_owned()
    }

    fn restic(&self, words: &[&str]) -> Outcome {
        let (place, password) = (self.path("repository"), self.path("password"));
        let about = ["--repo", &place, "--password-file", &password, "--no-cache"];
        Program::new(&self.restic, self.scratch.path()).args(about).args(words).run().ok()
    }

    /// Runs a command of ours on the repository.
    fn correio(&self, host: &Host, words: &[&str]) -> String {
        let place = if words[0] == "restore" { "--from" } else { "--to" };
        let (to, password) = (self.path("repository"), self.path("password"));
        let about = [place, &to, "--password-file", &password];
        let (well, said) = host.command(&[words, &about[..]].concat(), "");
        assert!(well, "{words:?}: {said}");
        said
    }
}

fn deliver(host: &Host, numbers: std::ops::Range<usize>) {
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    for number in numbers {
        let text = format!(
            "From: a@example.net\r\nSubject: letter {number}\r\n\r\n{}\r\n",
            "x".repeat(number * 1000)
        );
        let answers = lmtp.deliver(&[address("ana")], text.as_bytes()).unwrap();
        assert!(answers[0].starts_with("250"), "{answers:?}");
    }
}

/// What the messages below a folder are about.
fn subjects(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if path.is_dir() {
            found.extend(subjects(&path));
        } else if path.extension().is_some_and(|ending| ending == "eml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("Subject: "));
            found.insert(line.unwrap().to_owned());
        }
    }
    found
}

fn letters(numbers: std::ops::Range<usize>) -> BTreeSet<String> {
    numbers.map(|number| format!("letter {number}")).collect()
}

#[test]
fn restic_checks_and_restores_what_we_back_up() {
    let Some(restic) = need("restic") else { return };
    let (repository, host) = (Repository::new(restic), Host::start(&["ana", "bob"]));
    let of = address("ana");
    deliver(&host, 0..20);
    repository.correio(&host, &["backup", "run", "--of", &of]);
    deliver(&host, 20..30);
    repository.correio(&host, &["backup", "run", "--of", &of]);
    repository.restic(&["check", "--read-data"]).says("no errors were found");
    let first: serde_json::Value =
        serde_json::from_str(&repository.correio(&host, &["backup", "list", "--json"])).unwrap();
    let first = first[0]["snapshot"].as_str().unwrap();
    for (snapshot, name, want) in [(first, "first", 0..20), ("latest", "latest", 0..30)] {
        repository.restic(&["restore", snapshot, "--target", &repository.path(name)]);
        let restored = repository.scratch.path().join(name).join(&of);
        assert_eq!(subjects(&restored), letters(want), "{snapshot}");
    }
    // What restic gave back goes into another account as it is.
    let folder = repository.path(&format!("latest/{of}"));
    let import = ["import", "--user", &address("bob"), "--format", "eml", &folder];
    let (well, said) = host.command(&import, "");
    assert!(well, "{said}");
    let folder = repository.path("bob");
    let export = ["export", "--user", &address("bob"), "--format", "eml", &folder];
    assert!(host.command(&export, "").0);
    assert_eq!(subjects(Path::new(&folder)), letters(0..30));
}

#[test]
fn we_go_on_with_a_repository_that_restic_made_and_pruned() {
    let Some(restic) = need("restic") else { return };
    let (repository, host) = (Repository::new(restic), Host::start(&["ana", "bob"]));
    let (of, into) = (address("ana"), address("bob"));
    repository.restic(&["init", "--repository-version", "2"]);
    for end in [5, 10] {
        deliver(&host, end - 5..end);
        repository.correio(&host, &["backup", "run", "--of", &of]);
    }
    repository.restic(&["forget", "--keep-last", "1", "--prune"]);
    repository.correio(&host, &["backup", "check", "--read"]);
    repository.correio(&host, &["backup", "drill", "--of", &of]);
    let said = repository.correio(&host, &["restore", "--of", &of, "--into", &into]);
    assert!(said.contains("10 messages came back"), "{said}");
    deliver(&host, 10..12);
    let said = repository.correio(&host, &["backup", "run", "--of", &of]);
    assert!(said.contains("2 messages new"), "{said}");
    repository.restic(&["check", "--read-data"]).says("no errors were found");
}
