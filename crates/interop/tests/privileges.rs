//! What the running host may do: its user, its capabilities, its files and system calls, and that all of daily life works so.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::panic,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use interop::host::{PASSWORD, RUN_AS, address, binary, starter};
use interop::imap::Imap;
use interop::lmtp::Lmtp;
use interop::{Host, Listener};
use tempfile::TempDir;

/// A user without any rights that each system has.
const USER: &str = "nobody";

/// Only root can become somebody else.
fn as_root() -> bool {
    let root = starter() == "0";
    if !root {
        interop::program::skip("this is not root");
    }
    root
}

/// A folder that others may enter, as `/var/lib` is.
fn open_folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("correio-").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn id(option: &str) -> u32 {
    let output = Command::new("id").args([option, USER]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// The host as root starts it, to work as the user.
fn started_by_root(data: &Path, config: Option<&Path>) -> Host {
    let mut command = Command::new(binary());
    command.env(RUN_AS, USER);
    Host::start_by(command, data, config).unwrap_or_else(|said| panic!("no start: {said}"))
}

/// The lines of `/proc/PID/status` of each thread.
fn threads(pid: u32) -> Vec<BTreeMap<String, String>> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let read =
        tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("status")).ok());
    let lines = |text: String| {
        let pairs = text.lines().filter_map(|line| line.split_once(':'));
        pairs.map(|(name, value)| (name.to_owned(), value.trim().replace('\t', " "))).collect()
    };
    read.map(lines).collect()
}

/// Each thread has no capability, can gain none, and has its system calls filtered.
fn is_confined(pid: u32, bounding: Option<&str>) {
    let all = threads(pid);
    assert!(all.len() > 1, "{} threads", all.len());
    for thread in &all {
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(thread[set], "0000000000000000", "{set} of {}", thread["Name"]);
        }
        if let Some(bounding) = bounding {
            assert_eq!(thread["CapBnd"], bounding);
        }
        assert_eq!((&*thread["NoNewPrivs"], &*thread["Seccomp"]), ("1", "2"));
    }
}

/// Runs another command as root, and gives whether it succeeded and what it said.
fn correio(words: &[&str], data: &Path, input: &str) -> (bool, String) {
    let mut child = Command::new(binary())
        .args(words)
        .arg("--data")
        .arg(data)
        .env_remove(RUN_AS)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
fn ok(words: &[&str], data: &Path, input: &str) -> String {
    let (done, said) = correio(words, data, input);
    assert!(done, "{words:?}: {said}");
    said
}

/// The files below a folder that are not the user's.
fn foreign(folder: &Path, uid: u32) -> Vec<PathBuf> {
    let mut foreign = Vec::new();
    let mut paths = vec![folder.to_owned()];
    while let Some(path) = paths.pop() {
        let seen = fs::symlink_metadata(&path).unwrap();
        if seen.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        if seen.uid() != uid {
            foreign.push(path);
        }
    }
    foreign
}

#[test]
fn started_by_root_it_works_as_its_user_and_no_thread_has_more_rights() {
    if !as_root() {
        return;
    }
    let folder = open_folder();
    let data = folder.path().join("lib/data");
    // A port that only root can bind, on an address of our own, so that nobody is in the way.
    let own = std::process::id();
    let imap = format!("127.{}.{}.77:143", 1 + own / 250 % 250, 1 + own % 250);
    let mut child = Command::new(binary())
        .args(["serve", "--run-as", USER, "--domain", "example.org", "--data"])
        .arg(&data)
        .args(["--listen", &format!("imap={imap}"), "--listen", "lmtp=127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(output.any(|line| line == "ready"));
    let pid = child.id();
    let mut greeting = String::new();
    BufReader::new(TcpStream::connect(&imap).unwrap()).read_line(&mut greeting).unwrap();
    assert!(greeting.starts_with("* OK"), "{greeting}");

    let (uid, gid) = (id("-u"), id("-g"));
    let four = |number: u32| format!("{number} {number} {number} {number}");
    for thread in threads(pid) {
        assert_eq!((&thread["Uid"], &thread["Gid"]), (&four(uid), &four(gid)));
        assert_eq!(thread["Groups"], gid.to_string());
    }
    is_confined(pid, Some("0000000000000000"));
    assert!(foreign(&data, uid).is_empty(), "{:?}", foreign(&data, uid));
    let status = ok(&["status"], &data, "");
    let rights = status.lines().find(|line| line.starts_with("rights")).unwrap();
    let want = format!("user {USER}; no capabilities; landlock in force; seccomp in force");
    assert!(rights.ends_with(&want), "{rights}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn root_is_told_what_to_do_and_never_goes_on_as_root_by_accident() {
    if !as_root() {
        return;
    }
    let folder = open_folder();
    let data = folder.path().join("data");
    let serve = ["serve", "--listen", "imap=127.0.0.1:0"];
    let usual = Command::new("id").arg("correio").stderr(Stdio::null()).output().unwrap();
    if !usual.status.success() {
        let (done, said) = correio(&serve, &data, "");
        assert!(!done && said.contains("useradd") && said.contains("--run-as"), "{said}");
    }
    let absent = [&serve[..], &["--run-as", "nobody-has-this-name"]].concat();
    let (done, said) = correio(&absent, &data, "");
    assert!(!done && said.contains("no user nobody-has-this-name"), "{said}");
    assert!(!data.exists());
    // Whoever can change the configuration would say whose files root gives away.
    let config = folder.path().join("correio.toml");
    fs::write(&config, "[privileges]\nrun_as = \"root\"\n").unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o666)).unwrap();
    let path = config.to_str().unwrap();
    let (done, said) = correio(&[&serve[..], &["--config", path]].concat(), &data, "");
    assert!(!done && said.contains("others than root can change it"), "{said}");
    // A key that root alone reads: found at the start, not at the first renewal.
    let key = folder.path().join("key.pem");
    fs::write(&key, "x").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let key = key.display();
    fs::write(&config, format!("[tls]\ncertificate = \"{key}\"\nkey = \"{key}\"\n")).unwrap();
    let words = [&serve[..], &["--config", path, "--run-as", USER]].concat();
    let (done, said) = correio(&words, &data, "");
    assert!(!done && said.contains("key.pem cannot be read by nobody, as whom"), "{said}");
}

#[test]
fn what_root_left_in_the_data_folder_changes_hands_at_the_next_start() {
    if !as_root() {
        return;
    }
    let folder = open_folder();
    let data = folder.path().join("data");
    // As root, on purpose: what earlier versions always did.
    let host = Host::start_in(&data);
    host.add("ana");
    assert!(ok(&["status"], &data, "").contains("user root: not advised"));
    host.terminate();
    let host = started_by_root(&data, None);
    assert!(foreign(&data, id("-u")).is_empty());
    Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
    host.terminate();
}

#[test]
fn an_administrator_who_is_root_works_on_the_folder_as_its_owner() {
    if !as_root() {
        return;
    }
    let folder = open_folder();
    let data = folder.path().join("data");
    let uid = id("-u");
    let private = folder.path().join("roots-own");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o700)).unwrap();
    let path = |name: &str| private.join(name).to_str().unwrap().to_owned();
    fs::write(path("password"), format!("{PASSWORD}\n")).unwrap();
    fs::write(path("mail.mbox"), "From a@b Tue Aug  6 10:23:41 2002\nSubject: x\n\nhello\n")
        .unwrap();

    started_by_root(&data, None).terminate();
    // No host runs; what root names, root reads and writes.
    ok(&["user", "add", &address("ana"), "--password-file", &path("password")], &data, "");
    ok(&["import", "--user", &address("ana"), &path("mail.mbox")], &data, "");
    ok(&["export", "--user", &address("ana"), "--format", "eml", &path("out")], &data, "");
    ok(&["backup", &path("backup")], &data, "");
    ok(&["check"], &data, "");
    ok(&["repair"], &data, "");
    ok(&["repair", "--aside", "list"], &data, "");
    assert!(foreign(&data, uid).is_empty(), "{:?}", foreign(&data, uid));
    assert!(foreign(&private, 0).is_empty(), "{:?}", foreign(&private, 0));
    let (done, said) = correio(&["backup", &path("backup")], &data, "");
    assert!(!done && said.contains("is not empty"), "{said}");

    // Into a folder that the host's user has already, as systemd makes it.
    let restored = folder.path().join("restored");
    fs::create_dir(&restored).unwrap();
    std::os::unix::fs::chown(&restored, Some(uid), Some(id("-g"))).unwrap();
    ok(&["restore", &path("backup")], &restored, "");
    assert!(foreign(&restored, uid).is_empty(), "{:?}", foreign(&restored, uid));
    assert!(foreign(&private, 0).is_empty(), "the backup's files changed hands");
    for data in [&data, &restored] {
        let host = started_by_root(data, None);
        let mut ana = Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
        let all = ana.ok("LIST \"\" * RETURN (STATUS (MESSAGES))").unwrap();
        assert!(all.untagged.iter().any(|line| line.text.contains("MESSAGES 1")), "{all:?}");
        host.terminate();
    }
}

/// Takes one message as a relay does, and gives it.
fn relay() -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let taking = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut to = stream.try_clone().unwrap();
        to.write_all(b"220 relay\r\n").unwrap();
        let (mut message, mut in_data) = (String::new(), false);
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let answer = match (in_data, &*line) {
                (true, ".") => {
                    in_data = false;
                    "250 taken\r\n"
                }
                (true, line) => {
                    message.push_str(line);
                    message.push('\n');
                    continue;
                }
                (false, "DATA") => {
                    in_data = true;
                    "354 go on\r\n"
                }
                (false, "QUIT") => break,
                (false, _) => "250 yes\r\n",
            };
            to.write_all(answer.as_bytes()).unwrap();
        }
        message
    });
    (port, taking)
}

/// Submits a message by hand.
fn submit(port: u16, to: &str) {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let mut say = |words: &str, code: &str| {
        stream.get_mut().write_all(words.as_bytes()).unwrap();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            assert!(line.starts_with(code), "{words:?}: {line}");
            if line.as_bytes()[3] == b' ' {
                break;
            }
        }
    };
    let plain = format!("\0{}\0{PASSWORD}", address("ana"));
    let plain = base64::engine::general_purpose::STANDARD.encode(plain);
    say("", "220");
    say("EHLO test.example\r\n", "250");
    say(&format!("AUTH PLAIN {plain}\r\n"), "235");
    say(&format!("MAIL FROM:<{}>\r\n", address("ana")), "250");
    say(&format!("RCPT TO:<{to}>\r\n"), "250");
    say("DATA\r\n", "354");
    say("Subject: out\r\n\r\nhello\r\n.\r\n", "250");
    say("QUIT\r\n", "221");
}

/// Asks the host over its socket as the program does, and gives what it says at the end.
fn ask_raw(data: &Path, request: &str) -> String {
    let mut stream = UnixStream::connect(data.join("admin.sock")).unwrap();
    stream.write_all(format!("{request}\n").as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

#[test]
fn daily_life_goes_on_and_nothing_outside_is_reached() {
    if !as_root() {
        return;
    }
    let folder = open_folder();
    let path = |name: &str| folder.path().join(name);
    let (data, uid) = (path("data"), id("-u"));
    let (port, relayed) = relay();
    // A certificate as an ACME client keeps it: a link into an archive, and one more that nobody named.
    let first = started_by_root(&path("other"), None);
    first.terminate();
    for name in ["tls/live", "tls/archive", "elsewhere", "backups"] {
        fs::create_dir_all(path(name)).unwrap();
    }
    std::os::unix::fs::chown(path("backups"), Some(uid), None).unwrap();
    for (file, name) in [("tls-certificate.pem", "certificate"), ("tls-key.pem", "key")] {
        for to in ["tls/archive", "elsewhere"] {
            let to = path(to).join(format!("{name}.pem"));
            fs::copy(path("other").join(file), &to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let link = path("tls/live").join(format!("{name}.pem"));
        std::os::unix::fs::symlink(path("tls/archive").join(format!("{name}.pem")), link).unwrap();
    }
    let shown = |name: &str| path(name).display().to_string();
    let config = format!(
        "relay = \"smtp://localhost:{port}\"\n[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n\
         [privileges]\nconfinement = \"required\"\nbackup_folders = [\"{}\"]\n",
        shown("tls/live/certificate.pem"),
        shown("tls/live/key.pem"),
        shown("backups"),
    );
    // Its folder can be read as long as the host runs, so that the settings can be read again.
    fs::create_dir(path("settings")).unwrap();
    fs::write(path("settings/correio.toml"), config).unwrap();
    let host = started_by_root(&data, Some(&path("settings/correio.toml")));

    // People, delivery, reading, sending through a relay whose name has to be looked up.
    ok(&["user", "add", &address("ana")], &data, &format!("{PASSWORD}\n"));
    let large = format!("Subject: in\r\n\r\n{}", "All of it is kept.\r\n".repeat(20_000));
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    let answers = lmtp.deliver(&[address("ana")], large.as_bytes()).unwrap();
    assert!(answers.iter().all(|answer| answer.starts_with("250")), "{answers:?}");
    let mut ana = Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
    ana.append("INBOX", "", b"Subject: x\r\n\r\nhello\r\n").unwrap();
    let status = ana.ok("STATUS INBOX (MESSAGES)").unwrap();
    assert_eq!(status.untagged[0].number("MESSAGES"), Some(2));
    submit(host.port(Listener::Submission), "bob@example.net");
    assert!(relayed.join().unwrap().contains("Subject: out"));

    // Backups: by the host with links where it may, elsewhere by the client with a copy.
    let linked = ok(&["backup", &shown("backups/monday"), "--json"], &data, "");
    let linked: &str = linked.trim();
    assert!(!linked.contains("\"damaged\":[{"), "{linked}");
    assert!(foreign(&path("backups"), uid).is_empty());
    let private = path("roots-own");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o700)).unwrap();
    ok(&["backup", &shown("roots-own/monday")], &data, "");
    assert!(foreign(&private, 0).is_empty());
    let (done, said) = correio(&["backup", &shown("roots-own/monday")], &data, "");
    assert!(!done && said.contains("is not empty"), "{said}");
    for backup in ["backups/monday", "roots-own/monday"] {
        let to = path("restored").join(backup.replace('/', "-"));
        ok(&["restore", &shown(backup)], &to, "");
        let users = ok(&["user", "list"], &to, "");
        assert!(users.contains(&address("ana")), "{users}");
        ok(&["check"], &to, "");
    }
    ok(&["export", "--user", &address("ana"), &shown("roots-own/out")], &data, "");
    ok(&["import", "--user", &address("ana"), &shown("roots-own/out")], &data, "");
    ok(&["check"], &data, "");
    assert!(ok(&["repair"], &data, "").contains("no faults found"));

    // Outside of its folders nothing is opened: not for reading, when a link leads there ...
    let reload = |host: &Host, want: &str| {
        Command::new("kill").args(["-HUP", &host.pid().to_string()]).status().unwrap();
        let (start, mut said) = (Instant::now(), String::new());
        while !said.contains(want) && start.elapsed() < Duration::from_secs(60) {
            said.push_str(&host.said());
            std::thread::yield_now();
        }
        assert!(said.contains(want), "{said}");
    };
    reload(&host, "reload outcome=ok");
    let live = path("tls/live/certificate.pem");
    fs::remove_file(&live).unwrap();
    std::os::unix::fs::symlink(path("elsewhere/certificate.pem"), &live).unwrap();
    reload(&host, "Permission denied");
    // ... and not for writing, when a folder of another has the name of one that it may write.
    fs::rename(path("backups"), path("backups-before")).unwrap();
    fs::create_dir(path("backups")).unwrap();
    fs::set_permissions(path("backups"), fs::Permissions::from_mode(0o777)).unwrap();
    let request = format!("{{\"do\":{{\"backup\":{{\"folder\":\"{}\"}}}}}}", shown("backups/x"));
    let said = ask_raw(&data, &request);
    assert!(said.contains("failed") && said.contains("ermission denied"), "{said}");
    assert_eq!(fs::read_dir(path("backups")).unwrap().count(), 0);
    let request = format!("{{\"do\":{{\"backup\":{{\"folder\":\"{}\"}}}}}}", shown("elsewhere/x"));
    assert!(ask_raw(&data, &request).contains("elsewhere"));
    is_confined(host.pid(), Some("0000000000000000"));
    let (status, _) = host.terminate();
    assert!(status.success());
}

#[test]
fn whoever_starts_it_it_keeps_only_what_it_needs() {
    let folder = open_folder();
    let data = folder.path().join("data");
    let mut command = Command::new(binary());
    if starter() == "0" {
        // As an ordinary user starts it; what root would give up does not help here.
        let (uid, gid) = (id("-u"), id("-g"));
        std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).unwrap();
        command.uid(uid).gid(gid).env(RUN_AS, USER);
    }
    let host = Host::start_by(command, &data, None).unwrap_or_else(|said| panic!("{said}"));
    host.add("ana");
    is_confined(host.pid(), None);
    Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
    let out = folder.path().join("backup");
    let (done, said) = host.command(&["backup", out.to_str().unwrap()], "");
    assert!(done, "{said}");
    host.terminate();
}
