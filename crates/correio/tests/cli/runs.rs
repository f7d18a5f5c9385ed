//! What is remembered of runs: the log, and what is safe since when.

use std::io::{BufRead as _, BufReader, Write as _};

use serde_json::Value;

use crate::program::{Host, Program};

pub(crate) const PASSWORD: &str = "long enough";

/// A provider with some mail of ana, and a companion with an account there.
pub(crate) fn both(letters: usize) -> (Program, Host, Program) {
    let provider = Program::new();
    provider.ok(&["user", "add", "ana@example.org", "--quota", "10M"], &format!("{PASSWORD}\n"));
    let host = provider.serve(&["--listen", "imap=127.0.0.1:0", "--listen", "lmtp=127.0.0.1:0"]);
    for number in 0..letters {
        host.lmtp("ana@example.org", &letter(number));
    }
    let companion = Program::new();
    let url = format!("imap+insecure://{}", host.said("imap listening on "));
    let add = ["account", "add", "ana@example.org", "--imap", &url];
    companion.ok(&add, &format!("{PASSWORD}\n"));
    (provider, host, companion)
}

pub(crate) fn letter(number: usize) -> String {
    format!(
        "From: bea@example.net\r\nSubject: no. {number}\r\nMessage-ID: <{number}@example.net>\r\n\r\nHello\r\n"
    )
}

/// Deletes the first message of ana's Inbox here.
fn delete_first(home: &Host) {
    let mut imap = home.connect("imap");
    for words in [
        "a LOGIN ana@localhost \"another one\"\r\n",
        "a SELECT INBOX\r\n",
        "a STORE 1 +FLAGS (\\Deleted)\r\n",
        "a EXPUNGE\r\n",
    ] {
        imap.get_mut().write_all(words.as_bytes()).unwrap();
        let mut line = String::new();
        while !line.starts_with("a OK") {
            line.clear();
            assert_ne!(imap.read_line(&mut line).unwrap(), 0, "{words}");
        }
    }
}

fn status(companion: &Program) -> (i32, Value) {
    let done = companion.run(&["status", "--json"], "");
    (done.code, serde_json::from_str::<Value>(&done.output).unwrap()["companion"].clone())
}

/// Reasons for which a person is needed, of `status`.
fn reasons(status: &Value) -> Vec<&str> {
    let next = status["next"].as_array().unwrap();
    // No timer is made here.
    let all = next.iter().map(|it| it["reason"].as_str().unwrap());
    all.filter(|it| *it != "not_scheduled").collect()
}

#[test]
fn each_run_is_remembered_and_what_is_safe_is_told_without_a_connection() {
    let (_provider, host, companion) = both(3);
    let (code, before) = status(&companion);
    assert_eq!((code, reasons(&before)), (2, vec!["never_brought"]), "{before}");
    companion.ok(&["mirror", "ana", "--dry-run"], "");
    assert_eq!(status(&companion).0, 2);
    companion.ok(&["espelho", "ana"], "");
    drop(host);
    let failed = companion.run(&["mirror", "ana"], "");
    assert_eq!(failed.code, 4, "{}", failed.error);

    let log = companion.json(&["log", "--json"]);
    let told = |row: &Value| {
        let part = |name: &str| row[name].to_string();
        (part("outcome"), part("exit"), part("dry_run"))
    };
    let rows: Vec<_> = log.as_array().unwrap().iter().map(told).collect();
    let row = |outcome: &str, exit: &str, dry: &str| {
        (format!("\"{outcome}\""), exit.to_owned(), dry.to_owned())
    };
    let want = [row("failed", "4", "false"), row("done", "0", "false"), row("done", "0", "true")];
    assert_eq!(rows, want, "{log}");
    assert_eq!(log[1]["summary"]["new"], 3, "{log}");
    let only_failed = companion.json(&["log", "ana@example.org", "--failed", "--json"]);
    assert_eq!(only_failed.as_array().unwrap().len(), 1);
    let recent = companion.json(&["log", "ana", "--since", "1h", "--json"]);
    assert_eq!(recent.as_array().unwrap().len(), 3);
    let text = companion.ok(&["registo", "ana"], "");
    assert!(text.starts_with("INÍCIO (UTC)") && text.contains("falhou (4): "), "{text}");
    assert!(text.contains("3 novas"), "{text}");

    let (code, known) = status(&companion);
    assert_eq!(code, 0, "{known}");
    assert_eq!(reasons(&known), ["failed", "no_backup"]);
    let ana = &known["accounts"][0];
    assert_eq!((&ana["here"]["messages"], &ana["only_here"]["messages"]), (&3.into(), &0.into()));
    assert_eq!(ana["only_there"], serde_json::json!({ "messages": 0, "octets": 0 }));
    assert_eq!(ana["provider"]["quota_octets"], 10 << 20);
    assert_eq!(ana["mirror"]["failed"]["exit"], 4);

    let repository = companion.path("backup");
    let backup = |verb: &str, more: &[&str]| {
        let words = [&["backup", verb, "--to", &repository][..], more].concat();
        companion.run_with(&words, "", &[("CORREIO_BACKUP_PASSWORD", "word of mine")]).code
    };
    assert_eq!(backup("run", &[]), 0);
    assert_eq!(reasons(&status(&companion).1), ["failed", "no_drill"]);
    assert_eq!(backup("drill", &["--of", "ana"]), 0);
    assert_eq!(backup("check", &[]), 0);
    let (_, known) = status(&companion);
    assert_eq!(reasons(&known), ["failed"]);
    assert_eq!(known["accounts"][0]["backup"]["repository"], repository.as_str());
    let text = companion.ok(&["estado"], "");
    assert!(text.contains("\n  cópia       agora mesmo, ") && text.contains("O que fazer agora"));
    assert!(companion.ok(&["log"], "").contains("3 new in the repository ("));
}

#[test]
fn what_is_only_here_and_only_there_is_counted() {
    let (_provider, host, companion) = both(3);
    companion.ok(&["mirror", "ana"], "");
    let file = companion.path("new.eml");
    std::fs::write(&file, letter(7)).unwrap();
    companion.ok(&["import", "--user", "ana@localhost", &file], "");
    companion.ok(&["user", "passwd", "ana@localhost"], "another one\n");
    let home = companion.serve(&["--listen", "imap=127.0.0.1:0"]);
    delete_first(&home);
    // Something has to come, that it is counted anew.
    host.lmtp("ana@example.org", &letter(8));
    let done = companion.json(&["mirror", "ana", "--json"]);
    let (known, length) = (&done["standing"], u64::try_from(letter(7).len()).unwrap());
    assert_eq!(
        (&known["only_here_messages"], &known["only_here_octets"]),
        (&1.into(), &length.into())
    );
    assert_eq!(known["only_there_messages"], 1, "{done}");
    assert_eq!(known["here_messages"], 4);
}

#[test]
fn a_run_that_was_killed_did_not_end() {
    let (_provider, _host, companion) = both(1);
    let mut watching = companion.start(&["mirror", "ana", "--watch"]);
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().starts_with("Watching") {}
    let (_, known) = status(&companion);
    assert_eq!(known["running"][0]["verb"], "mirror", "{known}");
    // It went well so far, and that is known.
    assert!(known["accounts"][0]["mirror"]["good"].is_string(), "{known}");
    watching.kill().unwrap();
    watching.wait().unwrap();
    let log = companion.json(&["log", "--json"]);
    assert_eq!((&log[0]["outcome"], &log[0]["ended"]), (&"did_not_end".into(), &Value::Null));
    companion.ok(&["mirror", "ana"], "");
    let log = companion.json(&["log", "--json"]);
    let outcomes: Vec<&str> =
        log.as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes.iter().filter(|it| **it == "did_not_end").count(), 1, "{log}");
    assert_eq!(outcomes.iter().filter(|it| **it == "done").count(), 1, "{log}");
    // What watched well and was then killed is nothing to look after.
    assert_eq!(reasons(&status(&companion).1), ["no_backup"]);
}

#[test]
fn a_run_that_cannot_be_noted_is_done_all_the_same() {
    let (_provider, _host, companion) = both(1);
    // A file where the folder should be, as good as a full disk.
    companion.write("data/runs", "");
    let done = companion.run(&["mirror", "ana"], "");
    assert_eq!(done.code, 0, "{}", done.error);
    assert!(done.error.contains("is not, or not wholly, in `correio log`"), "{}", done.error);
    assert!(done.output.contains("1 new message"), "{}", done.output);
}

#[test]
fn no_password_is_in_the_log() {
    let (_provider, host, companion) = both(1);
    let url = format!("imap+insecure://{}", host.said("imap listening on "));
    let command = format!("[ -e {} ] || echo '{PASSWORD}'; false", companion.path("gone"));
    let right = command.replace("; false", "");
    let add = ["account", "add", "ana@example.org", "--name", "by-command", "--imap", &url];
    companion.ok(&[&add[..], &["--password-command", &right]].concat(), "");
    let file = companion.path("data/companion.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(&right, &command)).unwrap();
    let failed = companion.run(&["mirror", "by-command"], "");
    assert_eq!(failed.code, 2, "{}", failed.error);
    companion.ok(&["mirror", "ana"], "");
    for name in ["log", "standing.json"] {
        let kept = std::fs::read_to_string(companion.path(&format!("data/runs/{name}"))).unwrap();
        assert!(!kept.contains(PASSWORD), "{kept}");
        assert!(kept.contains("***"), "{kept}");
    }
}

#[test]
fn status_tells_what_is_known_when_the_store_does_not_open() {
    let (_provider, _host, companion) = both(1);
    companion.ok(&["mirror", "ana"], "");
    companion.write("data/store/format", "correio store 99999\n");
    let (code, known) = status(&companion);
    assert_eq!((code, reasons(&known)), (2, vec!["trouble", "no_backup"]), "{known}");
    assert_eq!(known["accounts"][0]["here"]["messages"], 1);
    let doctor: Value =
        serde_json::from_str(&companion.run(&["doctor", "--json"], "").output).unwrap();
    let of = |check: &str| doctor.as_array().unwrap().iter().find(|it| it["check"] == check);
    assert_eq!(of("store").unwrap()["level"], "bad", "{doctor}");
    // What is wrong with one thing keeps no other from being looked at.
    assert_eq!(of("login").unwrap()["level"], "ok", "{doctor}");
}

#[test]
fn a_run_of_root_is_noted_by_the_owner_of_the_data_folder() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    /// `nobody`, on all systems that we know.
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let host = Program::new();
    let data = host.path("data");
    std::fs::create_dir_all(&data).unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(host.path("."), open).unwrap();
    std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
    host.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    let words = ["backup", "run", "--to", &host.path("backup"), "--of", "ana@example.org"];
    let variables = [("CORREIO_BACKUP_PASSWORD", "word of mine")];
    let done = host.run_with(&words, "", &variables);
    assert_eq!((done.code, done.error.as_str()), (0, ""), "{}", done.output);
    let log = host.json(&["log", "--json"]);
    assert_eq!((&log[0]["verb"], &log[0]["outcome"]), (&"backup run".into(), &"done".into()));
    for name in ["", "/log", "/standing.json"] {
        let owner = std::fs::metadata(format!("{data}/runs{name}")).unwrap().uid();
        assert_eq!(owner, NOBODY, "{name}");
    }
}

#[test]
fn doctor_says_of_each_thing_what_to_do() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_provider, host, companion) = both(1);
    let found = |words: &[&str]| -> (i32, Vec<Value>) {
        let done = companion.run(&[&["doctor", "--json"], words].concat(), "");
        (done.code, serde_json::from_str(&done.output).unwrap())
    };
    let bad = |found: &[Value]| -> Vec<String> {
        let bad = found.iter().filter(|it| it["level"] == "bad");
        bad.map(|it| it["check"].as_str().unwrap().to_owned()).collect()
    };
    companion.ok(&["mirror", "ana"], "");
    let (code, all) = found(&[]);
    assert_eq!((code, bad(&all)), (0, vec![]), "{all:?}");
    let file = companion.path("data/companion.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, all) = found(&["ana"]);
    assert_eq!((code, bad(&all)), (2, vec!["accounts".to_owned()]), "{all:?}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(PASSWORD, "another one")).unwrap();
    assert_eq!(bad(&found(&[]).1), ["login"]);
    drop(host);
    assert_eq!(bad(&found(&[]).1), ["connection"]);
    std::fs::write(&file, "no = [").unwrap();
    assert_eq!(bad(&found(&[]).1), ["accounts"]);
    // A host has no accounts at providers.
    let home = Program::new();
    home.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    let said = home.ok(&["diagnóstico"], "");
    assert!(said.contains("o acervo abre, e não se sabe de danos"), "{said}");
}

#[test]
fn status_does_not_wait_for_a_verb_that_has_the_store() {
    let (_provider, _host, companion) = both(1);
    companion.ok(&["mirror", "ana"], "");
    let lock = std::fs::File::open(companion.path("data/store/lock")).unwrap();
    lock.lock().unwrap();
    let (code, known) = status(&companion);
    assert_eq!((code, &known["here"]["in_use"]), (0, &true.into()), "{known}");
    assert_eq!(known["accounts"][0]["here"]["messages"], 1);
    assert!(companion.ok(&["status"], "").contains("figures are those of the last run"));
}
