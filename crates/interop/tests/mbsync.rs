//! mbsync: first sync, nothing changed, flags both ways, moves, deletions, new folders, all compared with the host.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use interop::host::{PASSWORD, address};
use interop::imap::Imap;
use interop::{Host, Listener, Outcome, Program, need};

struct Mirror {
    program: PathBuf,
    home: tempfile::TempDir,
}

impl Mirror {
    fn new(program: PathBuf, host: &Host, security: &str) -> Mirror {
        let home = tempfile::tempdir().unwrap();
        let listener = if security == "IMAPS" { Listener::Imaps } else { Listener::Imap };
        let mail = home.path().join("mail");
        std::fs::create_dir_all(&mail).unwrap();
        let rc = format!(
            "IMAPAccount host\nHost 127.0.0.1\nPort {}\nUser {}\nPass \"{PASSWORD}\"\n{}\n\n\
             IMAPStore far\nAccount host\n\nMaildirStore near\nPath {mail}/\nInbox {mail}/INBOX\n\
             SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\n\
             Remove Both\nExpunge Both\nSyncState *\nSync All\n",
            host.port(listener),
            address("ana"),
            match security {
                "None" => "SSLType None\nAuthMechs PLAIN".to_owned(),
                tls => format!("SSLType {tls}\nCertificateFile {}", certificate(host).display()),
            },
            mail = mail.display(),
        );
        std::fs::write(home.path().join("rc"), rc).unwrap();
        Mirror { program, home }
    }

    fn sync(&self) -> Outcome {
        Program::new(&self.program, self.home.path()).args(["-c", "rc", "-a"]).run().ok()
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join("mail").join(name)
    }

    /// Subjects with their Maildir flags.
    fn mail(&self, name: &str) -> BTreeMap<String, String> {
        files(&self.folder(name))
            .into_iter()
            .map(|(subject, path)| (subject, flags(&path)))
            .collect()
    }

    fn set_flags(&self, name: &str, subject: &str, new: &str) {
        let path = &files(&self.folder(name))[subject];
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let stem = file.split(":2,").next().unwrap();
        std::fs::rename(path, self.folder(name).join("cur").join(format!("{stem}:2,{new}")))
            .unwrap();
    }
}

/// The self-signed certificate that the host made for itself.
fn certificate(host: &Host) -> PathBuf {
    let mut folders = vec![host.data()];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).is_ok_and(|t| t.contains("BEGIN CERTIFICATE"))
            {
                return path;
            }
        }
    }
    unreachable!("the host has no certificate")
}

fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for part in ["cur", "new"] {
        for file in std::fs::read_dir(folder.join(part)).into_iter().flatten() {
            let path = file.unwrap().path();
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
            let before = found.insert(subject.trim().to_owned(), path);
            assert!(before.is_none(), "{subject} is there twice");
        }
    }
    found
}

fn flags(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.split_once(":2,").map(|(_, flags)| flags.to_owned()).unwrap_or_default()
}

/// Subjects with their flags, as the host has them.
fn far(imap: &mut Imap, mailbox: &str) -> BTreeMap<String, Vec<String>> {
    imap.ok(&format!("SELECT \"{mailbox}\"")).unwrap();
    let answer = imap.ok("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").unwrap();
    let mut found = BTreeMap::new();
    for response in answer.untagged.iter().filter(|response| !response.literals.is_empty()) {
        let text = String::from_utf8_lossy(&response.literals[0]).into_owned();
        let subject = text.trim().strip_prefix("Subject: ").unwrap().to_owned();
        let mut flags = response.flags();
        flags.retain(|flag| flag != "\\Recent");
        flags.sort();
        assert!(found.insert(subject.clone(), flags).is_none(), "{subject} is there twice");
    }
    found
}

fn letter(subject: &str) -> Vec<u8> {
    format!(
        "From: a@example.net\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nHello\r\n"
    )
    .into_bytes()
}

fn subjects(range: std::ops::Range<usize>) -> Vec<String> {
    let mut names: Vec<String> = range.map(|number| format!("letter-{number:02}")).collect();
    names.sort();
    names
}

#[test]
fn mbsync_mirrors_both_ways() {
    let Some(program) = need("mbsync") else { return };
    let host = Host::start(&["ana"]);
    let mut imap = Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
    imap.ok("CREATE \"Work/2026\"").unwrap();
    for subject in subjects(0..20) {
        assert!(imap.append("INBOX", "", &letter(&subject)).unwrap().is_ok());
    }
    assert!(imap.append("Work/2026", "\\Seen \\Flagged", &letter("deep")).unwrap().is_ok());
    let mirror = Mirror::new(program, &host, "None");

    // First sync.
    mirror.sync();
    assert!(mirror.mail("INBOX").keys().eq(subjects(0..20).iter()));
    assert_eq!(mirror.mail("Work/2026")["deep"], "FS");

    // Nothing changed.
    let before = mirror.mail("INBOX");
    mirror.sync();
    assert_eq!(mirror.mail("INBOX"), before);

    // Flags both ways in one run.
    mirror.set_flags("INBOX", "letter-03", "FS");
    imap.ok("SELECT INBOX").unwrap();
    imap.ok("STORE 6 +FLAGS (\\Answered \\Seen)").unwrap();
    mirror.sync();
    assert_eq!(far(&mut imap, "INBOX")["letter-03"], ["\\Flagged", "\\Seen"]);
    assert_eq!(mirror.mail("INBOX")["letter-05"], "RS");
    mirror.set_flags("INBOX", "letter-03", "");
    mirror.sync();
    assert!(far(&mut imap, "INBOX")["letter-03"].is_empty());

    // Moves: one there, one here.
    imap.ok("SELECT INBOX").unwrap();
    imap.ok("MOVE 2 \"Work/2026\"").unwrap();
    let path = files(&mirror.folder("INBOX"))["letter-07"].clone();
    std::fs::rename(path, mirror.folder("Work/2026").join("new/moved-by-hand")).unwrap();
    mirror.sync();
    let work = ["deep".to_owned(), "letter-01".to_owned(), "letter-07".to_owned()];
    assert!(mirror.mail("Work/2026").keys().eq(work.iter()));
    assert!(far(&mut imap, "Work/2026").keys().eq(work.iter()));
    assert_eq!((mirror.mail("INBOX").len(), far(&mut imap, "INBOX").len()), (18, 18));

    // Deletions both ways, and new mail both ways.
    mirror.set_flags("INBOX", "letter-10", "T");
    imap.ok("SELECT INBOX").unwrap();
    imap.ok("STORE 1 +FLAGS (\\Deleted)").unwrap();
    imap.ok("EXPUNGE").unwrap();
    assert!(imap.append("INBOX", "", &letter("new-there")).unwrap().is_ok());
    std::fs::write(mirror.folder("INBOX").join("new/new-by-hand"), letter("new-here")).unwrap();
    mirror.sync();
    let there = far(&mut imap, "INBOX");
    assert!(mirror.mail("INBOX").keys().eq(there.keys()));
    assert_eq!(there.len(), 18);
    for (subject, present) in
        [("letter-00", false), ("letter-10", false), ("new-here", true), ("new-there", true)]
    {
        assert_eq!(there.contains_key(subject), present, "{subject}");
    }
}

#[test]
fn mbsync_goes_over_tls() {
    let Some(program) = need("mbsync") else { return };
    let host = Host::start(&["ana"]);
    let mut imap = Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
    for subject in subjects(0..3) {
        assert!(imap.append("INBOX", "", &letter(&subject)).unwrap().is_ok());
    }
    for security in ["STARTTLS", "IMAPS"] {
        let mirror = Mirror::new(program.clone(), &host, security);
        mirror.sync();
        assert!(mirror.mail("INBOX").keys().eq(subjects(0..3).iter()));
    }
}
