//! The companion: an account at a provider, which is a host of our own here, and its mail brought onto this computer.

use crate::program::Program;

const PASSWORD: &str = "long enough";

fn letter(subject: &str) -> String {
    format!("From: bea@example.net\r\nSubject: {subject}\r\n\r\nHello\r\n..hidden dot\r\n")
}

/// A provider with an account of ana.
fn provider() -> (Program, crate::program::Host) {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    let listen = ["--listen", "pop3=127.0.0.1:0", "--listen", "lmtp=127.0.0.1:0"];
    let host = program.serve(&listen);
    (program, host)
}

fn add(companion: &Program, host: &crate::program::Host) -> String {
    let url = format!("pop3+insecure://{}", host.said("pop3 listening on "));
    companion.ok(&["account", "add", "ana@example.org", "--pop3", &url], &format!("{PASSWORD}\n"))
}

#[test]
fn mail_comes_onto_this_computer_once_and_goes_from_the_provider_when_one_says_so() {
    let (_provider, host) = provider();
    for subject in ["one", "two", "three"] {
        host.lmtp("ana@example.org", &letter(subject));
    }
    let companion = Program::new();
    let said = add(&companion, &host);
    assert!(said.contains("was added as ana") && said.contains("ana@localhost"), "{said}");
    let plan = companion.json(&["pull", "ana", "--move", "--dry-run", "--json"]);
    assert_eq!((&plan["take"], &plan["delete"], &plan["held"]), (&3.into(), &3.into(), &0.into()));
    let said = companion.ok(&["pull", "ana"], "");
    assert!(said.starts_with("3 new messages ("), "{said}");
    assert!(said.contains("Nothing was deleted at the provider"), "{said}");
    let said = companion.ok(&["pull", "ana@example.org"], "");
    assert!(said.starts_with("There was no new mail."), "{said}");
    assert_eq!(host.pop3_count("ana@example.org", PASSWORD), Ok(3));
    let done = companion.json(&["pull", "ana", "--move", "--json"]);
    assert_eq!((&done["new"], &done["deleted"]), (&0.into(), &3.into()), "{done}");
    assert_eq!(host.pop3_count("ana@example.org", PASSWORD), Ok(0));
    // What was said is remembered.
    host.lmtp("ana@example.org", &letter("four"));
    let said = companion.ok(&["baixar", "ana"], "");
    assert!(said.contains("1 mensagem nova"), "{said}");
    assert_eq!(host.pop3_count("ana@example.org", PASSWORD), Ok(0));
    assert!(companion.ok(&["account", "show", "ana"], "").contains("move: mail is deleted"));
    assert!(companion.ok(&["check"], "").contains("no faults found"));
}

#[test]
fn a_companion_is_served_on_this_machine_and_pulls_while_it_is() {
    let (_provider, host) = provider();
    host.lmtp("ana@example.org", &letter("one"));
    let companion = Program::new();
    add(&companion, &host);
    // Nobody can log in until somebody sets a password.
    companion.ok(&["user", "passwd", "ana@localhost"], "another one\n");
    let listen = ["--listen", "imap=127.0.0.1:0", "--listen", "pop3=127.0.0.1:0"];
    let mut home = companion.serve(&listen);
    assert_eq!(home.said("mail of ana@example.org is read as "), "ana@localhost");
    companion.ok(&["pull", "ana", "--keep"], "");
    host.lmtp("ana@example.org", &letter("two"));
    companion.ok(&["pull", "ana"], "");
    let texts = home.imap_texts("ana@localhost", "another one", "INBOX");
    let subjects: Vec<bool> =
        texts.values().map(|text| text.contains("\r\n.hidden dot\r\n")).collect();
    assert_eq!(subjects, [true, true], "{texts:?}");
    let history = companion.ok(&["user", "history", "ana@localhost"], "");
    assert!(history.contains("companion"), "{history}");
    assert_eq!(home.stop(), Some(0));
}

#[test]
fn the_accounts_go_into_a_backup_and_stay_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_provider, host) = provider();
    host.lmtp("ana@example.org", &letter("one"));
    let companion = Program::new();
    add(&companion, &host);
    companion.ok(&["pull", "ana", "--keep"], "");
    let file = companion.path("data/companion.toml");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for command in
        [&["account", "show", "ana"][..], &["account", "list", "--json"], &["account", "list"]]
    {
        assert!(!companion.ok(command, "").contains(PASSWORD));
    }
    let (backup, restored) = (companion.path("backup"), companion.path("restored"));
    companion.ok(&["backup", &backup], "");
    companion.ok(&["restore", &backup, "--data", &restored], "");
    // Where mail was found is in the backup: nothing comes twice.
    let done = companion.json(&["pull", "ana", "--json", "--data", &restored]);
    assert_eq!((&done["new"], &done["held_before"]), (&0.into(), &1.into()), "{done}");
}

#[test]
fn what_is_wrong_is_said_plainly_and_by_the_exit_status() {
    let (_provider, host) = provider();
    let companion = Program::new();
    let url = format!("pop3+insecure://{}", host.said("pop3 listening on "));
    let wrong = companion.run(&["account", "add", "ana@example.org", "--pop3", &url], "wrong\n");
    assert_eq!(wrong.code, 3, "{}", wrong.error);
    assert!(wrong.error.contains("the name or the password is wrong"), "{}", wrong.error);
    let nobody = "pop3+insecure://127.0.0.1:1";
    let closed = companion.run(&["account", "add", "ana@example.org", "--pop3", nobody], "x\n");
    assert_eq!(closed.code, 4, "{}", closed.error);
    assert!(closed.error.contains("does not answer on port 1"), "{}", closed.error);
    for usage in
        [&["pull"][..], &["pull", "ana", "--move", "--keep"], &["account", "add"], &["account"]]
    {
        assert_eq!(companion.run(usage, "").code, 1, "{usage:?}");
    }
    let far = ["account", "add", "ana@example.org", "--pop3", "pop3+insecure://192.0.2.1"];
    assert!(companion.run(&far, "").error.contains("without TLS"));
    let open = companion.write("password", "secret\n");
    let file = ["account", "add", "ana@example.org", "--pop3", &url, "--password-file", &open];
    let done = companion.run(&file, "");
    assert_eq!(done.code, 2, "{}", done.error);
    assert!(done.error.contains("chmod 600"), "{}", done.error);
    let command = format!("echo '{PASSWORD}'");
    let command =
        ["account", "add", "ana@example.org", "--pop3", &url, "--password-command", &command];
    companion.ok(&command, "");
    assert!(
        companion
            .ok(&["account", "test", "ana"], "")
            .contains("lets ana@example.org in. It has 0 messages")
    );
    let again = companion.run(&command, "");
    assert!(again.error.contains("an account named ana already"), "{}", again.error);
    let none = companion.run(&["pull", "bea"], "");
    assert!(none.error.contains("there is ana"), "{}", none.error);
    assert_eq!(companion.run(&["account", "remove", "ana"], "").code, 6);
    companion.ok(&["account", "remove", "ana", "--keep-mail"], "");
    assert_eq!(companion.ok(&["account", "list"], "").trim(), "(none)");
    assert!(companion.ok(&["user", "list"], "").contains("ana@localhost"));
    companion.ok(&command, "");
    companion.ok(&["account", "remove", "ana", "--yes"], "");
    assert_eq!(companion.ok(&["user", "list"], "").trim(), "(none)");
}

#[test]
fn an_imap_account_is_mirrored_and_read_here() {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    let host = program.serve(&["--listen", "imap=127.0.0.1:0", "--listen", "lmtp=127.0.0.1:0"]);
    for subject in ["one", "two"] {
        host.lmtp("ana@example.org", &letter(subject));
    }
    let companion = Program::new();
    let url = format!("imap+insecure://{}", host.said("imap listening on "));
    let add = ["account", "add", "ana@example.org", "--imap", &url];
    let said = companion.ok(&add, &format!("{PASSWORD}\n"));
    assert!(said.contains("`correio mirror ana` brings its mail to the local user"), "{said}");
    let said = companion.ok(&["account", "test", "ana"], "");
    assert!(said.contains("Its Inbox has 2 messages."), "{said}");
    let pull = companion.run(&["pull", "ana"], "");
    assert_eq!(pull.code, 2, "{}", pull.error);
    assert!(pull.error.contains("has no POP3 server"), "{}", pull.error);
    let plan = companion.json(&["mirror", "ana", "--dry-run", "--json"]);
    assert_eq!((&plan["new"], &plan["dry_run"]), (&2.into(), &true.into()), "{plan}");
    let said = companion.ok(&["mirror", "ana"], "");
    assert!(said.contains("2 new messages ("), "{said}");
    companion.ok(&["user", "passwd", "ana@localhost"], "another one\n");
    let mut home = companion.serve(&["--listen", "imap=127.0.0.1:0"]);
    // While it is served, too.
    host.lmtp("ana@example.org", &letter("three"));
    let said = companion.ok(&["espelho", "ana"], "");
    assert!(said.contains("1 mensagem nova"), "{said}");
    assert_eq!(home.imap_texts("ana@localhost", "another one", "INBOX").len(), 3);
    let done = companion.json(&["mirror", "ana", "--json", "--folder", "INBOX"]);
    assert_eq!(
        (&done["new"], &done["folders"], &done["complete"]),
        (&0.into(), &1.into(), &true.into())
    );
    assert_eq!(home.stop(), Some(0));
    let (backup, restored) = (companion.path("backup"), companion.path("restored"));
    companion.ok(&["backup", &backup], "");
    companion.ok(&["restore", &backup, "--data", &restored], "");
    let done = companion.json(&["mirror", "ana", "--json", "--data", &restored]);
    assert_eq!((&done["new"], &done["deleted"]), (&0.into(), &0.into()), "{done}");
    assert!(companion.ok(&["check"], "").contains("no faults found"));
}

#[test]
fn what_is_done_here_is_done_at_the_provider() {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    let host = program.serve(&["--listen", "imap=127.0.0.1:0", "--listen", "lmtp=127.0.0.1:0"]);
    host.lmtp("ana@example.org", &letter("one"));
    let companion = Program::new();
    let url = format!("imap+insecure://{}", host.said("imap listening on "));
    let add = ["account", "add", "ana@example.org", "--imap", &url];
    companion.ok(&add, &format!("{PASSWORD}\n"));
    companion.ok(&["mirror", "ana", "--both"], "");
    let file = companion.path("new.eml");
    std::fs::write(&file, letter("two")).unwrap();
    companion.ok(&["import", "--user", "ana@localhost", &file], "");
    let plan = companion.ok(&["mirror", "ana", "--both", "--dry-run"], "");
    assert!(plan.contains("To be done at the provider: 1 message new."), "{plan}");
    assert_eq!(host.imap_texts("ana@example.org", PASSWORD, "INBOX").len(), 1);
    let down = companion.json(&["mirror", "ana", "--json"]);
    assert_eq!(down["there"]["sent"], 0, "{down}");
    let done = companion.json(&["mirror", "ana", "--up", "--json"]);
    assert_eq!((&done["there"]["sent"], &done["new"]), (&1.into(), &0.into()), "{done}");
    assert_eq!(host.imap_texts("ana@example.org", PASSWORD, "INBOX").len(), 2);
    let done = companion.json(&["mirror", "ana", "--both", "--json"]);
    assert_eq!((&done["there"]["sent"], &done["new"]), (&0.into(), &0.into()), "{done}");
    assert_eq!(companion.run(&["mirror", "ana", "--both", "--up"], "").code, 1);
}

#[test]
fn folders_of_others_are_left_out_unless_one_says_so() {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    program.ok(&["user", "add", "bea@example.org"], &format!("{PASSWORD}\n"));
    let host = program.serve(&["--listen", "imap=127.0.0.1:0", "--listen", "lmtp=127.0.0.1:0"]);
    host.lmtp("bea@example.org", &letter("of bea"));
    let share = ["user", "share", "set", "bea@example.org", "INBOX", "ana@example.org", "read"];
    program.ok(&share, "");
    let companion = Program::new();
    let url = format!("imap+insecure://{}", host.said("imap listening on "));
    let add = ["account", "add", "ana@example.org", "--imap", &url];
    companion.ok(&add, &format!("{PASSWORD}\n"));
    let done = companion.json(&["mirror", "ana", "--json"]);
    assert_eq!((&done["folders_of_others"], &done["new"]), (&1.into(), &0.into()), "{done}");
    let said = companion.ok(&["mirror", "ana"], "");
    assert!(said.contains("1 folder that others share with you were left out"), "{said}");
    let done = companion.json(&["mirror", "ana", "--others", "--json"]);
    assert_eq!((&done["folders_of_others"], &done["new"]), (&0.into(), &1.into()), "{done}");
    // What is mirrored stays so, and is not taken for deleted.
    let done = companion.json(&["mirror", "ana", "--json"]);
    let (left_out, removed) = (&done["folders_of_others"], &done["folders_removed"]);
    assert_eq!((left_out, removed), (&0.into(), &0.into()), "{done}");
}

#[test]
fn headers_come_alone_where_one_says_so_and_large_messages_stay() {
    let (_provider, host) = provider();
    host.lmtp("ana@example.org", &letter("small"));
    host.lmtp("ana@example.org", &letter(&"large ".repeat(500)));
    let companion = Program::new();
    add(&companion, &host);
    let plan = companion.json(&["pull", "ana", "--headers-only", "--dry-run", "--json"]);
    assert_eq!((&plan["headers"], &plan["take"]), (&2.into(), &0.into()), "{plan}");
    let said = companion.ok(&["pull", "ana", "--headers-only", "--move"], "");
    assert!(said.contains("Of 2 messages the header is on this computer"), "{said}");
    assert!(said.contains("Nothing was deleted at the provider"), "{said}");
    assert_eq!(host.pop3_count("ana@example.org", PASSWORD), Ok(2));
    companion.ok(&["user", "passwd", "ana@localhost"], "another one\n");
    let mut home = companion.serve(&["--listen", "imap=127.0.0.1:0"]);
    let texts =
        |home: &crate::program::Host| home.imap_texts("ana@localhost", "another one", "INBOX");
    let headers = texts(&home);
    let (_, id) = headers[&1].split_once("correio pull ana --body ").unwrap();
    let id = id.split("\r\n").next().unwrap();
    // While it is served, too.
    let done = companion.json(&["pull", "ana", "--body", id, "--keep", "--json"]);
    assert_eq!((&done["new"], &done["deleted"]), (&1.into(), &0.into()), "{done}");
    let again = companion.run(&["pull", "ana", "--body", "nothing"], "");
    assert_eq!(again.code, 2, "{}", again.error);
    assert!(again.error.contains("no message nothing that is not here"), "{}", again.error);
    let said = companion.ok(&["baixar", "ana", "--larger-than-leave", "1K"], "");
    let both = texts(&home).len();
    assert!(both == 2, "{said} {both}");
    let done = companion.json(&["pull", "ana", "--larger-than-leave", "none", "--move", "--json"]);
    assert_eq!(done["deleted"], 2, "{done}");
    let whole = texts(&home);
    assert!(whole.len() == 2 && whole.values().all(|text| !text.contains("X-Correio-Incomplete")));
    assert_eq!(companion.run(&["pull", "ana", "--headers-only", "--body", "x"], "").code, 1);
    assert_eq!(home.stop(), Some(0));
    assert!(companion.ok(&["check"], "").contains("no faults found"));
}
