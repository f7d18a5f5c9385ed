//! Backups in a repository as a person meets them: what is told, what comes back, and with which exit status it ends.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::program::Program;

const ANA: &str = "ana@example.org";
const BOB: &str = "bob@example.org";

/// A program with two users, mail of the first, and a repository that is not there yet.
struct Fixture {
    program: Program,
    repository: String,
    password: String,
}

impl Fixture {
    fn new() -> Fixture {
        let program = Program::new();
        for user in [ANA, BOB] {
            program.ok(&["user", "add", user], "long enough\n");
        }
        let (repository, password) = (program.path("repository"), secret(&program, "a password"));
        let fixture = Fixture { program, repository, password };
        fixture.letter("INBOX", 1, "Lunch on Friday");
        fixture.letter("INBOX", 2, "=?utf-8?q?Almo=C3=A7o?=");
        fixture.letter("Work", 1, "Plans");
        let flags = format!("{} \\Seen work\n", name(1));
        fixture.program.write("mail/INBOX/correio-flags", &flags);
        fixture.import();
        fixture
    }

    fn letter(&self, mailbox: &str, number: u32, subject: &str) {
        let text = format!("From: a@example.net\r\nSubject: {subject}\r\n\r\nText {number}\nx\r\n");
        self.program.write(&format!("mail/{mailbox}/{}", name(number)), &text);
    }

    fn import(&self) {
        let mail = self.program.path("mail");
        self.program.ok(&["import", "--user", ANA, "--format", "eml", &mail], "");
    }

    /// The words of a command with the repository and its password.
    fn words<'w>(&'w self, words: &[&'w str]) -> Vec<&'w str> {
        let place = if words[0] == "restore" { "--from" } else { "--to" };
        let more = [place, &self.repository, "--password-file", &self.password];
        words.iter().copied().chain(more).collect()
    }

    fn ok(&self, words: &[&str]) -> String {
        self.program.ok(&self.words(words), "")
    }

    fn json(&self, words: &[&str]) -> Value {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.ok(&words)).unwrap()
    }

    fn code(&self, words: &[&str]) -> (i32, String) {
        let done = self.program.run(&self.words(words), "");
        (done.code, format!("{}{}", done.output, done.error))
    }

    /// The files of somebody's mail, without what is of the mailbox in their names.
    fn exported(&self, user: &str) -> Vec<(String, String)> {
        let folder = self.program.path(&format!("export-{user}"));
        drop(std::fs::remove_dir_all(&folder));
        self.program.ok(&["export", "--user", user, "--format", "eml", &folder], "");
        let mut found = Vec::new();
        for mailbox in ["INBOX", "Work"] {
            let Ok(files) = std::fs::read_dir(format!("{folder}/{mailbox}")) else { continue };
            for file in files.map(|file| file.unwrap().path()) {
                let name = file.file_name().unwrap().to_str().unwrap().to_owned();
                if let Some((date, rest)) = name.split_once(".V") {
                    let zone = rest.split_once(".correio").unwrap().1;
                    let text = std::fs::read_to_string(&file).unwrap();
                    found.push((format!("{mailbox} {date} {zone}"), text));
                }
            }
        }
        found.sort();
        found
    }
}

fn secret(program: &Program, password: &str) -> String {
    let path = program.write(password, &format!("{password}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn name(number: u32) -> String {
    format!("{}.V7U{number}.correio+0100-exact.eml", 1_790_000_000 + number * 3_000_000)
}

#[test]
fn a_backup_takes_what_is_new_and_gives_all_of_it_back() {
    let fixture = Fixture::new();
    let run = ["backup", "run", "--of", ANA];
    let first = &fixture.json(&run)[0];
    assert_eq!((&first["messages"], &first["new_messages"]), (&3.into(), &3.into()), "{first}");
    let same = &fixture.json(&run)[0];
    assert_eq!((&same["is_same"], &same["new_messages"]), (&true.into(), &0.into()), "{same}");
    fixture.letter("INBOX", 3, "Supper");
    fixture.import();
    assert!(fixture.ok(&run).contains("4 messages"));
    let listed = fixture.json(&["backup", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 3);
    let found = fixture.json(&["backup", "browse", "almo\u{e7}o"]);
    assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    let drilled = &fixture.json(&["backup", "drill", "--of", ANA])[0];
    assert_eq!((&drilled["restored"], &drilled["equal"]), (&4.into(), &4.into()), "{drilled}");
    assert!(fixture.ok(&["backup", "check", "--read"]).contains("Every octet is what was written"));

    // One message, as it was; then a mailbox; then all, as of the first snapshot.
    let message = found[0]["message"].as_str().unwrap();
    let into = ["restore", "--of", ANA, "--into", BOB, "--message", message];
    assert!(fixture.ok(&into).starts_with("1 message came back into bob@example.org"));
    let restored = fixture.json(&["restore", "--of", ANA, "--into", BOB, "--mailbox", "Work"]);
    assert_eq!((&restored["restored"], &restored["known"]), (&1.into(), &0.into()));
    let at = first["snapshot"].as_str().unwrap();
    let all = ["restore", "--of", ANA, "--into", BOB, "--at", at];
    let pretended = fixture.json(&[&all[..], &["--dry-run"]].concat());
    assert_eq!(pretended["messages"], 3);
    let restored = fixture.json(&all);
    assert_eq!((&restored["restored"], &restored["known"]), (&1.into(), &2.into()), "{restored}");
    let again = fixture.json(&all);
    assert_eq!((&again["restored"], &again["known"]), (&0.into(), &3.into()), "nothing twice");
    let mut want = fixture.exported(ANA);
    want.retain(|(_, text)| !text.contains("Supper"));
    assert_eq!(fixture.exported(BOB), want);
    let flags =
        std::fs::read_to_string(fixture.program.path("export-bob@example.org/INBOX/correio-flags"));
    assert!(flags.unwrap().ends_with(" \\Seen work\n"));
}

#[test]
fn a_host_that_runs_is_backed_up_and_what_was_deleted_comes_back() {
    let fixture = Fixture::new();
    let _host = fixture.program.serve(&["--listen", "imap=127.0.0.1:0"]);
    let rows = fixture.json(&["backup", "run", "--of-host"]);
    assert_eq!(rows.as_array().unwrap().len(), 2, "{rows}");
    let restored = fixture.json(&["restore", "--of", ANA]);
    assert_eq!((&restored["restored"], &restored["known"]), (&0.into(), &3.into()), "{restored}");
    let pruned = fixture.json(&["backup", "prune", "--keep-last", "1"]);
    assert_eq!(pruned["kept"].as_array().unwrap().len(), 2, "one of each");
}

#[test]
fn each_trouble_has_its_exit_status() {
    let mut fixture = Fixture::new();
    let (code, said) = fixture.code(&["backup", "list"]);
    assert_eq!(code, 2, "there is no repository yet: {said}");
    assert_eq!(fixture.program.run(&["backup", "run"], "").code, 1, "--to is missing");
    assert_eq!(fixture.program.run(&["backup"], "").code, 2, "as it was before");
    let (code, said) = fixture.code(&["backup", "run"]);
    assert_eq!((code, said.contains("--of-host")), (2, true), "{said}");
    fixture.ok(&["backup", "run", "--of", ANA]);
    let (code, said) = fixture.code(&["restore", "--of", "eve@example.org"]);
    assert_eq!(code, 2, "{said}");
    let right = std::mem::take(&mut fixture.password);
    fixture.password = secret(&fixture.program, "another");
    let (code, said) = fixture.code(&["backup", "check"]);
    assert_eq!(code, 3, "{said}");
    fixture.password = right;
    for pack in packs(&fixture.repository) {
        let mut octets = std::fs::read(&pack).unwrap();
        octets[10] ^= 4;
        std::fs::write(&pack, octets).unwrap();
    }
    let (code, said) = fixture.code(&["backup", "check", "--read"]);
    assert_eq!(code, 7, "{said}");
    assert!(said.contains("it is not what was written"), "{said}");
    let (code, said) = fixture.code(&["backup", "drill", "--of", ANA]);
    assert_eq!(code, 7, "{said}");
}

fn packs(repository: &str) -> Vec<std::path::PathBuf> {
    let listed = |folder: &std::path::Path| {
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().path()).collect::<Vec<_>>()
    };
    let folders = listed(&std::path::Path::new(repository).join("data"));
    folders.iter().flat_map(|folder| listed(folder)).collect()
}
