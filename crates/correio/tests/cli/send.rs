//! Sending through a provider, which is a host of our own here: what goes out, what waits, and what programs are told.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::program::{Host, Program};

const PASSWORD: &str = "long enough";

/// A provider with accounts of ana and bea.
fn provider() -> (Program, Host) {
    let program = Program::new();
    for user in ["ana@example.org", "bea@example.org"] {
        program.ok(&["user", "add", user], &format!("{PASSWORD}\n"));
    }
    let host = program.serve(&LISTEN);
    (program, host)
}

const LISTEN: [&str; 6] = [
    "--listen",
    "imap=127.0.0.1:0",
    "--listen",
    "pop3=127.0.0.1:0",
    "--listen",
    "submission=127.0.0.1:0",
];

fn url(host: &Host, service: &str, scheme: &str) -> String {
    format!("{scheme}+insecure://{}", host.said(&format!("{service} listening on ")))
}

/// Adds ana's account, over IMAP or POP3.
fn add(companion: &Program, host: &Host, service: &str) {
    let (incoming, outgoing) = (url(host, service, service), url(host, "submission", "submission"));
    let option = format!("--{service}");
    let add = ["account", "add", "ana@example.org", &option, &incoming, "--submission", &outgoing];
    let said = companion.ok(&add, &format!("{PASSWORD}\n"));
    assert!(said.contains("`correio send` sends over submission+insecure://"), "{said}");
}

const LETTER: &str = "From: Ana <ana@example.org>\nTo: bea@example.org\nBcc: ana@example.org\nSubject: Hi\n\nHello\n.\n";

fn texts(host: &Host, user: &str, mailbox: &str) -> Vec<String> {
    host.imap_texts(user, PASSWORD, mailbox).into_values().collect()
}

#[test]
fn what_is_sent_arrives_and_has_one_copy_in_the_providers_sent() {
    let (_provider, host) = provider();
    let companion = Program::new();
    add(&companion, &host, "imap");
    let file = companion.write("letter.eml", LETTER);
    let plan = companion.ok(&["send", &file, "--dry-run"], "");
    assert!(plan.contains("to 2 recipients") && plan.contains("Nothing was sent"), "{plan}");
    let said = companion.ok(&["send", &file], "");
    assert_eq!(said, "Sent to 2 recipients.\nIts copy is in Sent.\n");
    for user in ["ana@example.org", "bea@example.org"] {
        let got = texts(&host, user, "INBOX");
        assert_eq!(got.len(), 1);
        assert!(!got[0].contains("Bcc") && got[0].contains("\r\n\r\nHello\r\n.\r\n"), "{got:?}");
    }
    assert_eq!(texts(&host, "ana@example.org", "Sent").len(), 1);
    assert_eq!(companion.ok(&["outbox"], ""), "The outbox is empty.\n");
    // The mirror brings it here, once.
    companion.ok(&["mirror", "ana", "--both"], "");
    let done = companion.json(&["mirror", "ana", "--both", "--json"]);
    assert_eq!((&done["new"], &done["there"]["sent"]), (&0.into(), &0.into()), "{done}");
    assert_eq!(texts(&host, "ana@example.org", "Sent").len(), 1);
    let said = companion.ok(&["account", "test", "ana"], "");
    assert!(said.contains("It takes messages up to"), "{said}");
}

#[test]
fn with_pop3_the_copy_is_in_sent_on_this_computer() {
    let (_provider, host) = provider();
    let companion = Program::new();
    add(&companion, &host, "pop3");
    let row: serde_json::Value =
        serde_json::from_str(&companion.ok(&["enviar", "--json"], LETTER)).unwrap();
    assert_eq!((&row["state"], &row["copy"]), (&"sent".into(), &"made".into()), "{row}");
    companion.ok(&["user", "passwd", "ana@localhost"], "another one\n");
    let mut home = companion.serve(&["--listen", "imap=127.0.0.1:0"]);
    let copies = home.imap_texts("ana@localhost", "another one", "Sent");
    assert_eq!(copies.len(), 1);
    // While it is served, too.
    companion.ok(&["send"], LETTER);
    assert_eq!(home.imap_texts("ana@localhost", "another one", "Sent").len(), 2);
    assert_eq!(home.stop(), Some(0));
    assert!(texts(&host, "ana@example.org", "Sent").is_empty());
    assert!(companion.ok(&["check"], "").contains("no faults found"));
}

#[test]
fn without_a_connection_mail_waits_and_goes_once_there_is_one() {
    let (provider, mut host) = provider();
    let companion = Program::new();
    add(&companion, &host, "imap");
    assert_eq!(host.stop(), Some(0));
    let done = companion.run(&["send"], LETTER);
    assert_eq!(done.code, 4, "{}{}", done.output, done.error);
    assert!(done.output.contains("It waits in the outbox as "), "{}", done.output);
    assert!(done.output.contains("does not answer on port"), "{}", done.output);
    let later =
        companion.ok(&["send", "--later", "--to", "bea@example.org"], "Subject: two\n\nHi\n");
    assert!(later.contains("`correio outbox send` sends it."), "{later}");
    let listed = companion.json(&["outbox", "--json"]);
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    // Of one second, in any order.
    let first = listed.as_array().unwrap().iter().find(|it| it["subject"] == "Hi").unwrap();
    assert_eq!(first["state"], "waiting");
    let table = companion.ok(&["caixa-de-saida"], "");
    assert!(table.starts_with("ID        CONTA  PARA") && table.contains("espera"), "{table}");
    let id = first["id"].as_str().unwrap();
    let shown = companion.ok(&["outbox", "show", &id[..5]], "");
    assert!(shown.contains("bea@example.org: waits") && shown.contains("\nHello\n"), "{shown}");
    let status = companion.run(&["status", "--json"], "");
    let status: serde_json::Value = serde_json::from_str(&status.output).unwrap();
    let waits = serde_json::json!({ "waiting": 2, "needs_person": 0 });
    assert_eq!(status["companion"]["accounts"][0]["outbox"], waits, "{status}");
    let next = status["companion"]["next"].as_array().unwrap();
    let advice = next.iter().find(|it| it["reason"] == "outbox_waits").unwrap();
    assert_eq!(advice["command"], "correio schedule ana --send 10m");
    // Mail that waits is not thrown away with the account.
    let removed = companion.run(&["account", "remove", "ana", "--yes"], "");
    assert_eq!(removed.code, 6, "{}", removed.error);
    let host = provider.serve(&LISTEN);
    let (imap, outgoing) = (url(&host, "imap", "imap"), url(&host, "submission", "submission"));
    companion.ok(&["account", "set", "ana", "--imap", &imap, "--submission", &outgoing], "");
    let said = companion.ok(&["outbox", "send"], "");
    assert_eq!(said, "Sent: 2 messages.\n");
    let log = companion.ok(&["log"], "");
    assert!(log.contains("outbox send") && log.contains("2 sent"), "{log}");
    // Of the one that found nobody it is said whose it was, and what became of it.
    assert!(log.contains("failed (4): not all could be done: 2 still waiting"), "{log}");
    let sent: Vec<&str> = log.lines().filter(|line| line.contains("  send  ")).collect();
    assert!(sent.len() == 2 && sent.iter().all(|line| line.contains("  ana  ")), "{log}");
    assert_eq!(texts(&host, "bea@example.org", "INBOX").len(), 2);
    assert_eq!(texts(&host, "ana@example.org", "Sent").len(), 2);
    companion.ok(&["account", "remove", "ana", "--yes"], "");
    assert!(!std::path::Path::new(&companion.path("data/outbox/ana")).exists());
}

#[test]
fn who_is_refused_is_named_and_stays_until_a_person_decides() {
    let (_provider, host) = provider();
    let companion = Program::new();
    add(&companion, &host, "imap");
    let letter = "To: bea@example.org, nobody@example.org\n\nHello\n";
    let done = companion.run(&["send"], letter);
    assert_eq!(done.code, 2, "{}", done.error);
    assert!(done.output.contains("Sent to 1 recipient."), "{}", done.output);
    assert!(
        done.output.contains("nobody@example.org was refused for good: 550"),
        "{}",
        done.output
    );
    let again = companion.run(&["outbox", "send"], "");
    assert_eq!(again.code, 2, "{}", again.error);
    let listed = companion.json(&["outbox", "--json"]);
    let id = listed[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(companion.run(&["outbox", "retry", &id], "").code, 2);
    // Who has it does not get it again.
    assert_eq!(texts(&host, "bea@example.org", "INBOX").len(), 1);
    assert!(companion.ok(&["outbox", "remove", &id], "").contains("who has it keeps it"));
    assert_eq!(companion.json(&["outbox", "--json"]), serde_json::json!([]));
    assert_eq!(companion.run(&["outbox", "remove", &id], "").code, 2);
}

#[test]
fn what_cannot_be_sent_is_said_plainly() {
    let (_provider, host) = provider();
    let companion = Program::new();
    let none = companion.run(&["send"], LETTER);
    assert_eq!(none.code, 2, "{}", none.error);
    assert!(none.error.contains("no account can send yet"), "{}", none.error);
    let pop3 = url(&host, "pop3", "pop3");
    companion.ok(&["account", "add", "ana@example.org", "--pop3", &pop3], &format!("{PASSWORD}\n"));
    let done = companion.run(&["send"], LETTER);
    assert_eq!(done.code, 2, "{}", done.error);
    assert!(done.error.contains("correio account set ana --submission"), "{}", done.error);
    assert!(
        companion.ok(&["account", "show", "ana"], "").contains("nothing yet: `correio account set")
    );
    let outgoing = url(&host, "submission", "submission");
    companion.ok(&["account", "set", "ana", "--submission", &outgoing], "");
    for (message, code) in
        [("no message\n", 2), ("Subject: x\n\nfor nobody\n", 2), ("To: bea\n\nx\n", 2)]
    {
        assert_eq!(companion.run(&["send"], message).code, code, "{message}");
    }
    assert_eq!(companion.run(&["send", "/nowhere/at/all"], "").code, 2);
    assert_eq!(companion.run(&["send", "--notify", "sometimes"], "").code, 1);
    assert_eq!(companion.ok(&["outbox"], ""), "The outbox is empty.\n");
    let wrong = ["account", "set", "ana", "--submission", "submission+insecure://192.0.2.1"];
    assert_eq!(companion.run(&wrong, "").code, 1);
}

/// Runs the program under another name.
fn called(companion: &Program, name: &str, words: &[&str], input: &str) -> (i32, String, String) {
    let link = companion.path(name);
    if !std::path::Path::new(&link).exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_correio"), &link).unwrap();
    }
    let mut child = Command::new(link)
        .args(words)
        .env("CORREIO_DATA", companion.path("data"))
        .env("CORREIO_RUN_AS", rustix::process::geteuid().as_raw().to_string())
        .env_remove("CORREIO_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let done = child.wait_with_output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[test]
fn programs_that_expect_sendmail_find_it() {
    let (_provider, mut host) = provider();
    let companion = Program::new();
    let (code, _, error) = called(&companion, "sendmail", &["bea@example.org"], "x\n");
    assert_eq!(code, 78, "{error}");
    add(&companion, &host, "imap");
    // cron; git send-email; mutt; a script with -t.
    let cron = "From: root (Cron Daemon)\nTo: root\nSubject: Cron <root@pc> df\n\nfull\n";
    assert_eq!(
        called(&companion, "sendmail", &["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root"], cron)
            .0,
        0
    );
    let patch =
        "From: Ana <ana@example.org>\nTo: bea@example.org\nSubject: [PATCH] x\n\n.\n-- \n2.47\n";
    assert_eq!(called(&companion, "sendmail", &["-i", "bea@example.org"], patch).0, 0);
    let mutt = [
        "-oem",
        "-oi",
        "-f",
        "ana@example.org",
        "-N",
        "failure",
        "-R",
        "hdrs",
        "--",
        "bea@example.org",
    ];
    assert_eq!(called(&companion, "sendmail", &mutt, LETTER).0, 0);
    let script = companion.run(&["sendmail", "-t"], "To: bea@example.org\n\nhello\n.\nnot this\n");
    assert_eq!(script.code, 0, "{}", script.error);
    assert_eq!((script.output.as_str(), script.error.as_str()), ("", ""));
    let mine = texts(&host, "ana@example.org", "INBOX");
    assert!(
        mine.len() == 1 && mine[0].contains("From: \"Cron Daemon (root)\" <ana@example.org>"),
        "{mine:?}"
    );
    let hers = texts(&host, "bea@example.org", "INBOX");
    assert_eq!(hers.len(), 3);
    assert!(hers.iter().any(|text| text.contains("\r\n.\r\n-- \r\n2.47\r\n")), "{hers:?}");
    assert!(!hers.iter().any(|text| text.contains("not this")));
    for (words, input, code) in [
        (&["-bs"][..], "", 64),
        (&[], "x\n", 64),
        (&["-t"], "Subject: x\n\nfor nobody\n", 65),
        (&["nobody@example.org"], "x\n", 69),
        (&["-bi"], "", 0),
    ] {
        assert_eq!(called(&companion, "sendmail", words, input).0, code, "{words:?}");
    }
    let (code, listed, _) = called(&companion, "mailq", &[], "");
    assert!(code == 0 && listed.contains("nobody@example.org"), "{listed}");
    assert_eq!(host.stop(), Some(0));
    // Without a connection it is taken all the same, and says why it waits.
    let (code, _, error) = called(&companion, "sendmail", &["bea@example.org"], "x\n");
    assert_eq!(code, 0);
    assert!(error.contains("It waits in the outbox"), "{error}");
    assert_eq!(
        called(&companion, "sendmail", &["-odq", "bea@example.org"], "x\n"),
        (0, String::new(), String::new())
    );
    assert_eq!(companion.json(&["outbox", "--json"]).as_array().unwrap().len(), 3);
}

#[test]
fn several_runs_at_once_send_each_message_once() {
    let (_provider, host) = provider();
    let companion = Program::new();
    add(&companion, &host, "imap");
    for number in 0..12 {
        let letter = format!("To: bea@example.org\nSubject: {number}\n\nx\n");
        companion.ok(&["send", "--later"], &letter);
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| companion.ok(&["outbox", "send"], ""));
        }
    });
    assert_eq!(texts(&host, "bea@example.org", "INBOX").len(), 12);
    assert_eq!(texts(&host, "ana@example.org", "Sent").len(), 12);
}

/// Hands a message in over submission, as a mail program does; gives the answers.
fn submit(host: &Host, to: &str, text: &str) -> String {
    use std::io::{BufRead as _, BufReader};
    let address = host.said("submission listening on ");
    let mut stream = BufReader::new(std::net::TcpStream::connect(address).unwrap());
    // ana@localhost, with the password `another one`.
    let login = "AUTH PLAIN AGFuYUBsb2NhbGhvc3QAYW5vdGhlciBvbmU=";
    let (to, text) = (format!("RCPT TO:<{to}>"), format!("{text}\r\n."));
    let mut answers = String::new();
    for words in ["", "EHLO pc", login, "MAIL FROM:<ana@localhost>", &to, "DATA", &text, "QUIT"] {
        if !words.is_empty() {
            stream.get_mut().write_all(format!("{words}\r\n").as_bytes()).unwrap();
        }
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            answers.push_str(&line);
            if line.get(3..4) != Some("-") {
                break;
            }
        }
    }
    answers
}

#[test]
fn what_is_sent_where_the_mail_is_read_goes_into_the_outbox_too() {
    let (_provider, host) = provider();
    let companion = Program::new();
    let pop3 = url(&host, "pop3", "pop3");
    companion.ok(&["account", "add", "ana@example.org", "--pop3", &pop3], &format!("{PASSWORD}\n"));
    companion.ok(&["user", "passwd", "ana@localhost"], "another one\n");
    let letter = "From: Ana <ana@localhost>\r\nMessage-ID: <1@pc>\r\nTo: bea@example.org\r\nSubject: x\r\n\r\nHello\r\n";
    let mut home = companion.serve(&["--listen", "submission=127.0.0.1:0"]);
    let answers = submit(&home, "bea@example.org", letter);
    assert!(answers.contains("550 5.7.1") && answers.contains("`correio send`"), "{answers}");
    assert_eq!(home.stop(), Some(0));
    let outgoing = url(&host, "submission", "submission");
    companion.ok(&["account", "set", "ana", "--submission", &outgoing], "");
    let mut home = companion.serve(&["--listen", "submission=127.0.0.1:0"]);
    let answers = submit(&home, "bea@example.org", letter);
    assert!(!answers.contains("550"), "{answers}");
    let mut waited = 0;
    let row = loop {
        let listed = companion.json(&["outbox", "--json"]);
        if let Some(row) = listed.get(0) {
            break row.clone();
        }
        waited += 1;
        assert!(waited < 1_000, "{answers}");
    };
    assert_eq!(
        (&row["from"], &row["copy"]),
        (&"ana@example.org".into(), &"not-wanted".into()),
        "{row}"
    );
    assert_eq!(companion.ok(&["outbox", "send"], ""), "Sent: 1 message.\n");
    let hers = texts(&host, "bea@example.org", "INBOX");
    assert_eq!(hers.len(), 1);
    assert!(
        hers[0].contains("From: Ana <ana@example.org>") && !hers[0].contains("@localhost"),
        "{hers:?}"
    );
    assert_eq!(home.stop(), Some(0));
}
