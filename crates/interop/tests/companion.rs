//! The companion with Debian's Dovecot: its mail comes here once, over TLS that is pinned, and goes there when one says so; what
//! makes room there is put back from its receipt; all of it moves away and back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use interop::Program;
use interop::host::{Host, Listener, RUN_AS, binary, starter};
use interop::imap::Imap;
use interop::pop3_peers::{Peer, Running};
use interop::program::{Outcome, find, skip};
use tempfile::TempDir;

const PASSWORD: &str = "suite-2026";

struct Provider {
    scratch: TempDir,
    running: Running,
}

impl Provider {
    /// None: it cannot run here.
    fn start() -> Option<Provider> {
        if find("dovecot").is_none() && !Path::new("/usr/sbin/dovecot").exists() {
            skip("Dovecot (Debian's dovecot-pop3d) is not installed");
            return None;
        }
        let scratch = tempfile::Builder::new().prefix("companion-").tempdir().unwrap();
        // Dovecot's parts work as other users, and must get there.
        let mut open = Command::new("chmod");
        assert!(open.arg("755").arg(scratch.path()).status().unwrap().success());
        match Peer::Dovecot.start(scratch.path()) {
            Ok(running) => Some(Provider { scratch, running }),
            Err(why) => {
                skip(&format!("Dovecot does not start: {why}"));
                None
            }
        }
    }

    fn maildir(&self) -> PathBuf {
        self.scratch.path().join("dovecot/mail/suite")
    }

    /// Puts messages of about 5 KB into the maildrop.
    fn deliver(&self, numbers: std::ops::Range<usize>) {
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(self.maildir().join(part)).unwrap();
        }
        for number in numbers {
            let name = format!("new/{}.M{number}P7.host", 1_655_390_000 + number);
            let text = format!(
                "From: a@example.net\nSubject: {number}\n\n.\n{}",
                "A line of mail.\n".repeat(320)
            );
            std::fs::write(self.maildir().join(name), text).unwrap();
        }
        let mut chown = Command::new("chown");
        assert!(chown.args(["-R", "mail:mail"]).arg(self.maildir()).status().unwrap().success());
    }

    fn messages(&self) -> usize {
        let count = |part: &str| std::fs::read_dir(self.maildir().join(part)).unwrap().count();
        count("new") + count("cur")
    }

    fn port(&self) -> u16 {
        self.running.options.port
    }
}

struct Companion(TempDir);

impl Companion {
    fn new() -> Companion {
        Companion(tempfile::tempdir().unwrap())
    }

    fn run(&self, words: &[&str], input: &str) -> Outcome {
        let data = self.0.path().join("data");
        Program::new(&binary(), self.0.path())
            .args(words.iter().copied())
            .env("CORREIO_DATA", data.to_str().unwrap())
            .env(RUN_AS, &starter())
            .input(input.as_bytes())
            .run()
    }

    fn ok(&self, words: &[&str]) -> String {
        let done = self.run(words, "");
        assert_eq!(done.code, 0, "{words:?}: {}{}", done.output, done.errors);
        done.output
    }
}

#[test]
fn mail_of_dovecot_comes_once_over_pinned_tls_and_goes_when_one_says_so() {
    let Some(provider) = Provider::start() else { return };
    provider.deliver(0..100);
    let companion = Companion::new();
    let url = format!("pop3://127.0.0.1:{}", provider.port());
    let add = ["account", "add", "suite@example.org", "--pop3", &url, "--user", "suite"];
    // Nobody vouches for the certificate; the program says how to trust it.
    let refused = companion.run(&add, &format!("{PASSWORD}\n"));
    assert_eq!(refused.code, 2, "{}", refused.errors);
    let pin = refused.errors.split("--pin ").nth(1).unwrap().trim().to_owned();
    let pinned: Vec<&str> = add.iter().copied().chain(["--pin", &pin]).collect();
    let added = companion.run(&pinned, &format!("{PASSWORD}\n"));
    assert_eq!(added.code, 0, "{}", added.errors);
    print!("{}", added.output);
    print!("{}", companion.ok(&["account", "test", "suite"]));
    let kept = companion.ok(&["pull", "suite", "--keep-days", "30"]);
    print!("{kept}");
    assert!(kept.contains("100 new messages") && provider.messages() == 100, "{kept}");
    provider.deliver(100..110);
    let plan = companion.ok(&["pull", "suite", "--move", "--dry-run"]);
    print!("{plan}");
    assert!(
        plan.contains("10 messages (") && plan.contains("110 messages would be deleted"),
        "{plan}"
    );
    let moved = companion.ok(&["pull", "suite", "--move"]);
    print!("{moved}");
    assert!(
        moved.contains("10 new messages") && moved.contains("110 messages were deleted"),
        "{moved}"
    );
    assert_eq!(provider.messages(), 0);
    assert!(companion.ok(&["pull", "suite"]).contains("no new mail"));
    assert!(companion.ok(&["check"]).contains("no faults found"));
    // Another certificate is not the one that is pinned.
    let other = pin.replace(|c: char| c.is_ascii_digit(), "0");
    let file = companion.0.path().join("data/companion.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace(&pin, &other);
    std::fs::write(&file, text).unwrap();
    let refused = companion.run(&["pull", "suite"], "");
    assert_eq!(refused.code, 2, "{}", refused.errors);
    assert!(refused.errors.contains("pinned"), "{}", refused.errors);
}

/// A companion that knows the IMAP account of a provider. None: the peer has no IMAP.
fn companion_of(provider: &Provider) -> Option<Companion> {
    let pop3_suite::Fill::Imap(host, port) = &provider.running.options.fill else { return None };
    let url = format!("imap://{host}:{port}");
    let companion = Companion::new();
    let add = ["account", "add", "suite@example.org", "--imap", &url, "--user", "suite"];
    let refused = companion.run(&add, &format!("{PASSWORD}\n"));
    assert_eq!(refused.code, 2, "{}", refused.errors);
    let pin = refused.errors.split("--pin ").nth(1).unwrap().trim().to_owned();
    let pinned: Vec<&str> = add.iter().copied().chain(["--pin", &pin]).collect();
    let added = companion.run(&pinned, &format!("{PASSWORD}\n"));
    assert_eq!(added.code, 0, "{}", added.errors);
    Some(companion)
}

#[test]
fn mail_of_dovecot_is_archived_and_put_back() {
    let Some(provider) = Provider::start() else { return };
    provider.deliver(0..100);
    let Some(companion) = companion_of(&provider) else { return };
    let disk = companion.0.path().join("disk");
    for kind in ["maildir", "mbox"] {
        let to = format!("{kind}:{}", disk.join(kind).display());
        let archive = ["archive", "suite", "--older", "0d", "--larger", "4K", "--to", &to];
        let plan = companion.ok(&[&archive[..], &["--dry-run"]].concat());
        assert!(plan.contains("100 messages ("), "{plan}");
        assert_eq!(provider.messages(), 100);
        let done = companion.ok(&archive);
        print!("{done}");
        assert!(done.contains("Deleted at the provider: 100 messages"), "{done}");
        assert_eq!(provider.messages(), 0);
        let files = std::fs::read_dir(disk.join(kind)).unwrap().map(|it| it.unwrap().path());
        let mut receipts = files.filter(|path| path.extension().is_some_and(|it| it == "json"));
        let receipt = receipts.next().unwrap().display().to_string();
        let restore = ["restore", "--receipt", &receipt];
        let back = companion.ok(&restore);
        print!("{back}");
        assert!(back.contains("100 messages; 0 were there"), "{back}");
        let again = companion.ok(&restore);
        assert!(again.contains("0 messages; 100 were there"), "{again}");
        assert_eq!(provider.messages(), 100);
    }
}

#[test]
fn mail_of_dovecot_moves_away_and_back() {
    let Some(provider) = Provider::start() else { return };
    provider.deliver(0..100);
    let Some(companion) = companion_of(&provider) else { return };
    let away = companion.ok(&["migrate", "suite", "local:old"]);
    print!("{away}");
    assert!(away.contains("Copied to local:old@localhost: 100 messages"), "{away}");
    for part in ["cur", "new"] {
        for message in std::fs::read_dir(provider.maildir().join(part)).unwrap() {
            std::fs::remove_file(message.unwrap().path()).unwrap();
        }
    }
    let back = companion.ok(&["migrate", "local:old", "suite"]);
    print!("{back}");
    assert!(back.contains("Copied to suite: 100 messages"), "{back}");
    assert_eq!(provider.messages(), 100);
    let again = companion.ok(&["migrate", "local:old", "suite"]);
    assert!(again.contains("There was nothing new to copy."), "{again}");
    assert_eq!(provider.messages(), 100);
}

#[test]
fn folders_of_dovecot_are_mirrored() {
    let Some(provider) = Provider::start() else { return };
    provider.deliver(0..100);
    let Some(companion) = companion_of(&provider) else { return };
    let first = companion.ok(&["mirror", "suite"]);
    print!("{first}");
    assert!(first.contains("100 new messages"), "{first}");
    // Most go to a folder, with their dates; one comes, and one goes.
    let (from, to) = (provider.maildir(), provider.maildir().join(".Projects"));
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(to.join(part)).unwrap();
    }
    let of = |part: &str| std::fs::read_dir(from.join(part)).unwrap().map(|it| it.unwrap().path());
    let messages: Vec<PathBuf> = of("cur").chain(of("new")).collect();
    assert_eq!(messages.len(), 100);
    for message in &messages[..40] {
        std::fs::rename(message, to.join("cur").join(message.file_name().unwrap())).unwrap();
    }
    std::fs::remove_file(&messages[40]).unwrap();
    provider.deliver(100..101);
    let second = companion.ok(&["mirror", "suite", "--json"]);
    print!("{second}");
    for count in ["\"moved\": 40", "\"new\": 1", "\"deleted\": 1"] {
        assert!(second.contains(count) || second.contains(&count.replace(' ', "")), "{second}");
    }
    assert!(companion.ok(&["mirror", "suite"]).contains("no new mail"));
    assert!(companion.ok(&["check"]).contains("no faults found"));
}

/// What is done with Dovecot's own tool.
fn doveadm(provider: &Provider, words: &[&str]) -> String {
    let config = provider.scratch.path().join("dovecot/dovecot.conf");
    let mut doveadm = Command::new("doveadm");
    doveadm.arg("-c").arg(&config).args(words);
    let done = doveadm.output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn folders_of_dovecot_are_mirrored_both_ways() {
    let Some(provider) = Provider::start() else { return };
    provider.deliver(0..20);
    let pop3_suite::Fill::Imap(host, port) = &provider.running.options.fill else {
        return;
    };
    let url = format!("imap://{host}:{port}");
    let companion = Companion::new();
    let add = ["account", "add", "suite@example.org", "--imap", &url, "--user", "suite"];
    let refused = companion.run(&add, &format!("{PASSWORD}\n"));
    let pin = refused.errors.split("--pin ").nth(1).unwrap().trim().to_owned();
    let pinned: Vec<&str> = add.iter().copied().chain(["--pin", &pin]).collect();
    let added = companion.run(&pinned, &format!("{PASSWORD}\n"));
    assert_eq!(added.code, 0, "{}", added.errors);
    let both = ["mirror", "suite", "--both", "--json"];
    assert!(companion.ok(&both).contains("\"new\": 20"));
    // Here: over IMAP, as a mail program does it.
    let passwd = companion.run(&["user", "passwd", "suite@localhost"], "here-2026\n");
    assert_eq!(passwd.code, 0, "{}", passwd.errors);
    let home = Host::start_in(&companion.0.path().join("data"));
    let mut here = Imap::login(home.port(Listener::Imap), "suite@localhost", "here-2026").unwrap();
    for command in [
        "CREATE Projects",
        "SELECT INBOX",
        "UID STORE 1:2 +FLAGS (\\Flagged $Work)",
        "UID MOVE 3:5 Projects",
        "UID STORE 6 +FLAGS (\\Deleted)",
        "UID EXPUNGE 6",
        "UID STORE 7 +FLAGS (\\Seen)",
    ] {
        here.ok(command).unwrap();
    }
    // There: by its own tool.
    doveadm(
        &provider,
        &["flags", "add", "-u", "suite", "\\Answered", "mailbox", "INBOX", "uid", "7"],
    );
    doveadm(&provider, &["mailbox", "create", "-u", "suite", "Old"]);
    doveadm(&provider, &["move", "-u", "suite", "Old", "mailbox", "INBOX", "uid", "8:9"]);
    doveadm(&provider, &["expunge", "-u", "suite", "mailbox", "INBOX", "uid", "10"]);
    let done = companion.ok(&both);
    print!("{done}");
    for count in ["\"sent\": 0", "\"new\": 0"] {
        assert!(done.contains(count), "{done}");
    }
    let flags =
        doveadm(&provider, &["fetch", "-u", "suite", "flags", "mailbox", "INBOX", "uid", "1,2,7"]);
    assert_eq!(flags.matches("\\Flagged").count(), 2, "{flags}");
    assert_eq!(flags.matches("$Work").count(), 2, "{flags}");
    assert!(flags.contains("\\Answered \\Seen") || flags.contains("\\Seen \\Answered"), "{flags}");
    let status = ["mailbox", "status", "-u", "suite", "messages", "INBOX", "Projects", "Old"];
    let status = doveadm(&provider, &status);
    for count in ["INBOX messages=13", "Projects messages=3", "Old messages=2"] {
        assert!(status.contains(count), "{status}");
    }
    for (folder, count) in [("INBOX", 13), ("Projects", 3), ("Old", 2)] {
        let said = here.ok(&format!("STATUS {folder} (MESSAGES)")).unwrap();
        let messages = said.untagged.iter().find_map(|it| it.number("MESSAGES"));
        assert_eq!(messages, Some(count), "{folder}");
    }
    let again = companion.ok(&both);
    for count in ["\"new\": 0", "\"sent\": 0", "\"deleted\": 0", "\"moved\": 0"] {
        assert!(again.contains(count), "{again}");
    }
    drop(home);
    assert!(companion.ok(&["check"]).contains("no faults found"));
}
