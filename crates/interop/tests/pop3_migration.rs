//! Moving POP3 users from Debian's Dovecot: the ids that it answers to UIDL are those that the host answers after the
//! import, for each message and each format.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use interop::host::{PASSWORD, address, binary};
use interop::pop3::Pop3;
use interop::program::skip;
use interop::{Host, Listener, Program};
use tempfile::TempDir;

/// Dovecot's POP3 process, which talks over its standard streams, with a Maildir of its own.
struct Dovecot {
    program: PathBuf,
    folder: TempDir,
    /// Who it works as: not root.
    user: String,
}

impl Dovecot {
    /// None: it is not installed.
    fn find() -> Option<Dovecot> {
        let program = PathBuf::from("/usr/lib/dovecot/pop3");
        if !program.exists() {
            skip("Dovecot (Debian's dovecot-pop3d) is not installed");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("dovecot-").tempdir().unwrap();
        let user = if is_root() { "mail".to_owned() } else { whoami() };
        let dovecot = Dovecot { program, folder, user };
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(dovecot.maildir().join(part)).unwrap();
        }
        let folder = dovecot.folder.path().display();
        let user = &dovecot.user;
        let group = if is_root() { "mail".to_owned() } else { said("id", "-gn") };
        let config = format!(
            "base_dir = {folder}/run\nmail_location = maildir:{folder}/Maildir\nssl = no\nprotocols = pop3\n\
             mail_uid = {user}\nmail_gid = {group}\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n"
        );
        std::fs::write(dovecot.folder.path().join("conf"), config).unwrap();
        Some(dovecot)
    }

    fn maildir(&self) -> PathBuf {
        self.folder.path().join("Maildir")
    }

    fn deliver(&self, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let (part, info) = [("new", ""), ("cur", ":2,"), ("cur", ":2,RS")][number % 3];
            let name = format!("{}.M{number}P7.host{info}", 1_655_390_000 + number);
            let text = format!("From: a@example.net\nSubject: {number}\n\nHello {number}\n");
            std::fs::write(self.maildir().join(part).join(name), text).unwrap();
        }
    }

    /// A session, as root through its own user.
    fn session(&self, commands: &[String], options: &[&str]) -> String {
        if is_root() {
            let mut chown = Command::new("chown");
            chown.args(["-R", "mail:mail"]).arg(self.folder.path());
            assert!(chown.status().unwrap().success());
        }
        let mut input = commands.join("\r\n");
        input.push_str("\r\nQUIT\r\n");
        let config = self.folder.path().join("conf");
        let options = options.iter().flat_map(|option| ["-o", option]);
        Program::new(&self.program, self.folder.path())
            .args(["-c", config.to_str().unwrap()])
            .args(options)
            .env("USER", &self.user)
            .input(input.as_bytes())
            .run()
            .ok()
            .output
    }

    /// The id of each message by its subject.
    fn ids(&self, options: &[&str]) -> BTreeMap<String, String> {
        let count = ["cur", "new"].iter().map(|part| files(&self.maildir().join(part))).sum();
        let mut commands = vec!["UIDL".to_owned()];
        commands.extend((1..=count).map(|number: usize| format!("TOP {number} 0")));
        let output = self.session(&commands, options);
        let ids = output.lines().filter_map(|line| {
            let (number, id) = line.split_once(' ')?;
            number.parse::<usize>().ok().map(|_| id.to_owned())
        });
        let subjects = output.lines().filter_map(|line| line.strip_prefix("Subject: "));
        let found: BTreeMap<_, _> = subjects.map(str::to_owned).zip(ids).collect();
        assert_eq!(found.len(), count, "{output}");
        found
    }
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

fn is_root() -> bool {
    said("id", "-u") == "0"
}

fn whoami() -> String {
    said("id", "-un")
}

fn said(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().unwrap().stdout;
    String::from_utf8(output).unwrap().trim().to_owned()
}

/// The id of each message by its subject, as the host serves it.
fn served(host: &Host, person: &str) -> BTreeMap<String, String> {
    let mut pop3 = Pop3::login(host.port(Listener::Pop3), &address(person), PASSWORD).unwrap();
    let mut found = BTreeMap::new();
    for (number, id) in pop3.numbered("UIDL").unwrap() {
        let text = pop3.content(&format!("TOP {number} 0")).unwrap();
        let text = String::from_utf8(text).unwrap();
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
        found.insert(subject.to_owned(), id);
    }
    pop3.ask("QUIT").unwrap();
    found
}

fn import(host: &Host, person: &str, options: &[&str], folder: &Path) {
    let address = address(person);
    Program::new(&binary(), folder)
        .args(["import", "--data", host.data().to_str().unwrap(), "--user", &address])
        .args(options)
        .args([folder])
        .run()
        .ok()
        .says("POP3 unique ids taken over");
}

#[test]
fn dovecots_users_see_the_ids_that_they_know() {
    let Some(dovecot) = Dovecot::find() else { return };
    dovecot.deliver(0..40);
    let dele = |numbers: &[usize]| numbers.iter().map(|n| format!("DELE {n}")).collect::<Vec<_>>();
    dovecot.session(&dele(&[1, 7, 30]), &[]);
    dovecot.deliver(40..60);
    dovecot.session(&dele(&[2]), &[]);
    let host = Host::start(&["ana", "bob", "cid", "dora", "eva"]);
    let known = dovecot.ids(&[]);
    assert_eq!(known.len(), 56);
    import(&host, "ana", &[], &dovecot.maildir());
    assert_eq!(served(&host, "ana"), known);
    for (person, format) in [("bob", "%v.%u"), ("cid", "%f"), ("dora", "%Mf")] {
        let known = dovecot.ids(&[&format!("pop3_uidl_format={format}")]);
        import(&host, person, &["--uidl", "dovecot", "--uidl-format", format], &dovecot.maildir());
        assert_eq!(served(&host, person), known, "{format}");
    }
    // A host that has changed its format and kept the ids that it had given.
    let known = dovecot.ids(&["pop3_uidl_format=%v-%u", "pop3_save_uidl=yes"]);
    dovecot.deliver(60..70);
    let all = dovecot.ids(&[]);
    assert!(known.iter().all(|(subject, id)| all[subject] == *id));
    import(&host, "eva", &[], &dovecot.maildir());
    assert_eq!(served(&host, "eva"), all);
}
