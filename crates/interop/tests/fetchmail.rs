//! fetchmail and mpop: POP3 with and without leaving mail on the host.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use interop::host::{PASSWORD, address};
use interop::lmtp::Lmtp;
use interop::pop3::Pop3;
use interop::{Host, Listener, Outcome, Program, need};

fn filled(messages: std::ops::Range<usize>, host: &Host) {
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    for number in messages {
        let text = format!(
            "From: a@example.net\r\nTo: ana@example.org\r\nMessage-ID: <{number}@example.net>\r\n\
             Subject: letter {number}\r\n\r\nHello {number}\r\n.\r\n..dots\r\n{}\r\n",
            "x".repeat(number * 100)
        );
        let answers = lmtp.deliver(&[address("ana")], text.as_bytes()).unwrap();
        assert!(answers[0].starts_with("250"), "{answers:?}");
    }
}

fn left(host: &Host) -> usize {
    let mut pop3 = Pop3::login(host.port(Listener::Pop3), &address("ana"), PASSWORD).unwrap();
    let left = pop3.numbered("UIDL").unwrap().len();
    pop3.ask("QUIT").unwrap();
    left
}

fn private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn subjects(folder: &Path) -> Vec<String> {
    let mut subjects = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text =
            String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned();
        assert!(text.replace("\r\n", "\n").contains("\n.\n..dots\n"), "{text}");
        let line = text.lines().find_map(|line| line.strip_prefix("Subject: letter "));
        subjects.push(line.unwrap().trim().to_owned());
    }
    subjects.sort_by_key(|subject| subject.parse::<usize>().unwrap());
    subjects
}

fn names(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

/// fetchmail hands each message to this; it becomes a file of its own.
const KEEPER: &str = "#!/bin/sh\nf=$(mktemp \"$HOME/mail/XXXXXXXX\") && cat > \"$f\"\n";

fn fetchmail(program: &Path, home: &Path, listener: (u16, &str), options: &str) -> Outcome {
    let keeper = home.join("keeper");
    std::fs::create_dir_all(home.join("mail")).unwrap();
    std::fs::write(&keeper, KEEPER).unwrap();
    std::fs::set_permissions(&keeper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (port, protocol) = listener;
    let rc = format!(
        "set no bouncemail\npoll 127.0.0.1 service {port} protocol {protocol} uidl\n\
         user \"{}\" password \"{PASSWORD}\" mda \"{}\" {options}\n",
        address("ana"),
        keeper.display()
    );
    let rc = if protocol == "POP3" { rc } else { rc.replace(" uidl", "") };
    private(&home.join("rc"), &rc);
    let mut words = vec!["-f".to_owned(), "rc".to_owned(), "--nosyslog".to_owned()];
    words.extend(["--pidfile".to_owned(), home.join("pid").to_string_lossy().into_owned()]);
    words.extend(["--idfile".to_owned(), home.join("ids").to_string_lossy().into_owned()]);
    Program::new(program, home).args(words).run()
}

#[test]
fn fetchmail_leaves_mail_and_fetches_only_what_is_new() {
    let Some(program) = need("fetchmail") else { return };
    let host = Host::start(&["ana"]);
    let home = tempfile::tempdir().unwrap();
    let pop3 = (host.port(Listener::Pop3), "POP3");
    filled(0..5, &host);
    fetchmail(&program, home.path(), pop3, "keep sslproto ''").ok();
    assert_eq!(subjects(&home.path().join("mail")), names(0..5));
    // 1: nothing new.
    fetchmail(&program, home.path(), pop3, "keep sslproto ''").code(1);
    filled(5..8, &host);
    fetchmail(&program, home.path(), pop3, "keep sslproto ''").ok();
    assert_eq!(subjects(&home.path().join("mail")), names(0..8));
    assert_eq!(left(&host), 8);
}

#[test]
fn fetchmail_takes_mail_away_over_tls_in_portions() {
    let Some(program) = need("fetchmail") else { return };
    let host = Host::start(&["ana"]);
    let home = tempfile::tempdir().unwrap();
    filled(0..7, &host);
    // 13: it stopped at the limit.
    let tls = (host.port(Listener::Pop3s), "POP3");
    fetchmail(&program, home.path(), tls, "ssl no sslcertck fetchlimit 3 nokeep").code(13);
    assert_eq!((subjects(&home.path().join("mail")), left(&host)), (names(0..3), 4));
    let stls = (host.port(Listener::Pop3), "POP3");
    fetchmail(&program, home.path(), stls, "sslproto 'TLS1+' no sslcertck fetchall nokeep").ok();
    assert_eq!((subjects(&home.path().join("mail")), left(&host)), (names(0..7), 0));
}

#[test]
fn fetchmail_takes_mail_away_over_imap() {
    let Some(program) = need("fetchmail") else { return };
    let host = Host::start(&["ana"]);
    let home = tempfile::tempdir().unwrap();
    filled(0..4, &host);
    let imap = (host.port(Listener::Imap), "IMAP");
    fetchmail(&program, home.path(), imap, "keep sslproto 'TLS1+' no sslcertck").ok();
    fetchmail(&program, home.path(), imap, "keep sslproto ''").code(1);
    fetchmail(&program, home.path(), imap, "fetchall nokeep sslproto ''").ok();
    assert_eq!(left(&host), 0);
    // Each came twice: first left there, then taken.
    assert_eq!(subjects(&home.path().join("mail")).len(), 8);
}

fn mpop(program: &Path, home: &Path, port: u16, options: &str) -> Outcome {
    let folder = home.join("Maildir");
    for part in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(folder.join(part)).unwrap();
    }
    let rc = format!(
        "account default\nhost 127.0.0.1\nport {port}\nuser {}\npassword \"{PASSWORD}\"\n\
         delivery maildir {}\nuidls_file {}\n{options}\n",
        address("ana"),
        folder.display(),
        home.join("uidls").display()
    );
    private(&home.join("mpoprc"), &rc);
    Program::new(program, home).args(["--file=mpoprc"]).run()
}

#[test]
fn mpop_keeps_and_then_takes_everything_pipelined() {
    let Some(program) = need("mpop") else { return };
    let host = Host::start(&["ana"]);
    let home = tempfile::tempdir().unwrap();
    let new = home.path().join("Maildir/new");
    filled(0..30, &host);
    let clear = host.port(Listener::Pop3);
    mpop(&program, home.path(), clear, "tls off\nauth user\nkeep on").ok();
    assert_eq!(subjects(&new), names(0..30));
    filled(30..35, &host);
    let stls = "tls on\ntls_starttls on\ntls_certcheck off\nkeep on\npipelining on";
    mpop(&program, home.path(), clear, stls).ok();
    assert_eq!((subjects(&new), left(&host)), (names(0..35), 35));
    filled(35..40, &host);
    let tls = "tls on\ntls_starttls off\ntls_certcheck off\nkeep off\nauth plain";
    mpop(&program, home.path(), host.port(Listener::Pop3s), tls).ok();
    assert_eq!((subjects(&new), left(&host)), (names(0..40), 0));
}
