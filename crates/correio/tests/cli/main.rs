//! The program as scripts see it: commands, output, exit codes, with and without a running host.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

mod aliases;
mod archive;
mod backup;
mod companion;
mod config;
mod damage;
mod files;
mod formats;
mod metrics;
mod oauth;
mod people;
mod program;
mod runs;
mod schedule;
mod send;
mod service;
mod sharing;
mod status;
mod undo;

use program::Program;

#[test]
fn wrong_usage_is_2_and_failure_is_1() {
    let program = Program::new();
    for arguments in [&["user", "add"][..], &["frobnicate"], &["serve", "--listen", "gopher=x"]] {
        let done = program.run(arguments, "");
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.error);
    }
    let done = program.run(&["serve", "--listen", "managesieve=127.0.0.1:0"], "");
    assert_eq!(done.code, 2);
    assert!(done.error.contains("not in this version"), "{}", done.error);
    for arguments in [&["user", "list"][..], &["check"], &["export", "--user", "a@b.c", "x"]] {
        let done = program.run(arguments, "");
        assert_eq!(done.code, 1, "{arguments:?}");
        assert!(done.error.contains("there is no mail store"), "{}", done.error);
    }
}

#[test]
fn people_are_administered_without_a_host() {
    let program = Program::new();
    program.ok(&["user", "add", "Ana@Example.org", "--quota", "2G"], "long enough\n");
    let users: serde_json::Value = program.json(&["user", "list", "--json"]);
    assert_eq!(users[0]["address"], "ana@example.org");
    assert_eq!(users[0]["octets_max"], 2_147_483_648_u64);
    let again = program.run(&["user", "add", "ana@example.org"], "long enough\n");
    assert_eq!(again.code, 1);
    assert!(again.error.contains("is taken"), "{}", again.error);
    let short = program.run(&["user", "passwd", "ana@example.org"], "short\n");
    assert!(short.error.contains("at least 8 characters"), "{}", short.error);
    let elsewhere = program.run(&["user", "add", "ana@example.net"], "long enough\n");
    assert!(elsewhere.error.contains("correio domain add example.net"), "{}", elsewhere.error);
    program.ok(&["domain", "add", "example.net"], "");
    program.ok(&["alias", "add", "@example.net", "ana@example.org"], "");
    let aliases = program.json(&["alias", "list", "--json"]);
    assert_eq!(aliases[0]["address"], "@example.net");
    let used = program.run(&["domain", "remove", "example.net"], "");
    assert!(used.error.contains("still has 1 addresses"), "{}", used.error);
    let targeted = program.run(&["user", "remove", "ana@example.org"], "");
    assert!(targeted.error.contains("@example.net leads to it"), "{}", targeted.error);
    let identity = ["ana@example.org", "noreply@example.org"];
    program.ok(&["user", "identity", "add", identity[0], identity[1]], "");
    let identities = program.json(&["user", "identity", "list", "ana@example.org", "--json"]);
    assert_eq!(identities, serde_json::json!(["noreply@example.org"]));
    let again = program.run(&["user", "identity", "add", identity[0], identity[1]], "");
    assert!(again.error.contains("is an identity of that user already"), "{}", again.error);
    let said = program.ok(&["user", "identity", "remove", identity[0], identity[1]], "");
    assert_eq!(said.trim(), "ana@example.org may no longer send from noreply@example.org");
    let password = program.ok(&["user", "password", "add", "ana@example.org", "--name", "PC"], "");
    assert_eq!(password.trim().len(), 32);
    let listed = program.json(&["user", "password", "list", "ana@example.org", "--json"]);
    assert_eq!(listed[0]["device"], "PC");
    assert!(listed[0]["used"].is_null());
    program.ok(&["user", "password", "remove", "ana@example.org", "--name", "PC"], "");
    program.ok(&["user", "app-password", "add", "ana@example.org", "Old PC", "--apop"], "");
    let listed = program.json(&["user", "app-password", "list", "ana@example.org", "--json"]);
    assert_eq!((&listed[0]["device"], &listed[0]["apop"]), (&"Old PC".into(), &true.into()));
    let unnamed = program.run(&["user", "password", "add", "ana@example.org"], "");
    assert_eq!(unnamed.code, 2);
    let add = ["user", "token", "add", "ana@example.org", "Backup", "--days", "30"];
    let token = program.ok(&add, "");
    assert!(token.starts_with("correio_") && token.trim().len() == 51, "{token}");
    let again = program.run(&add, "");
    assert!(again.error.contains("an access token named Backup already"), "{}", again.error);
    let tokens = program.json(&["user", "token", "list", "ana@example.org", "--json"]);
    assert_eq!(tokens[0]["device"], "Backup");
    assert!(tokens[0]["expires"].is_string() && tokens[0]["used"].is_null());
    program.ok(&["user", "token", "remove", "ana@example.org", "backup"], "");
    assert!(program.ok(&["user", "token", "list", "ana@example.org"], "").contains("(none)"));
    let said = program.ok(&["user", "quota", "ana@example.org", "1G"], "");
    assert_eq!(said.trim(), "quota of ana@example.org is now 1 GB (uses 0 B)");
    program.ok(&["user", "quota", "ana@example.org", "none"], "");
    let shown = program.json(&["user", "show", "ana@example.org", "--json"]);
    assert!(shown[0]["octets_max"].is_null());
    program.ok(&["alias", "remove", "@example.net"], "");
    program.ok(&["user", "remove", "ana@example.org"], "");
    assert_eq!(program.ok(&["user", "list"], "").trim(), "(none)");
    assert!(program.ok(&["check"], "").contains("no faults found"));
}

#[test]
fn the_first_run_says_how_to_get_in_and_the_host_does_what_is_asked() {
    let program = Program::new();
    let mut host = program.serve(&[
        "--domain",
        "example.org",
        "--listen",
        "pop3=127.0.0.1:0",
        "--listen",
        "lmtp=127.0.0.1:0",
        "--listen",
        "http=127.0.0.1:0",
    ]);
    let password = host.said("  password  ");
    assert_eq!(host.said("  user      "), "you@example.org");
    host.lmtp("you@example.org", "Subject: x\r\n\r\nhello\r\n");
    assert_eq!(host.pop3_count("you@example.org", &password), Ok(1));
    // The running host is asked; nobody else may open the store.
    program.ok(&["user", "add", "ana@example.org"], "long enough\n");
    assert_eq!(host.pop3_count("ana@example.org", "long enough"), Ok(0));
    program.ok(&["user", "passwd", "ana@example.org"], "something else\n");
    assert!(host.pop3_count("ana@example.org", "long enough").is_err());
    assert_eq!(host.pop3_count("ana@example.org", "something else"), Ok(0));
    let second = program.run(&["serve", "--listen", "pop3=127.0.0.1:0"], "");
    assert_eq!(second.code, 1);
    assert!(second.error.contains("is running"), "{}", second.error);
    assert!(host.get("/health").contains("ok"));
    let metrics = host.get("/metrics");
    assert!(metrics.contains("correio_deliveries_total{outcome=\"Stored\"} 1"));
    assert!(metrics.contains("correio_pop3_sessions_total 3\n"), "{metrics}");
    assert!(program.ok(&["check"], "").contains("no faults found"));
    assert_eq!(host.stop(), Some(0));
    let users = program.json(&["user", "list", "--json"]);
    assert_eq!(users[0]["messages"], 1);
    assert_eq!(users[1]["address"], "ana@example.org");
    let mut again = program.serve(&["--listen", "pop3=127.0.0.1:0"]);
    assert!(!again.lines.iter().any(|line| line.contains("password")), "only the first run");
    assert_eq!(again.pop3_count("you", &password), Ok(1));
    assert_eq!(again.stop(), Some(0));
}

#[test]
fn mail_goes_through_files_and_back_and_never_twice() {
    let program = Program::new();
    for user in ["ana", "bob"] {
        program.ok(&["user", "add", &format!("{user}@example.org")], "long enough\n");
    }
    let from = "From a@b Tue Aug  6 10:23:41 2002\n";
    let mbox = format!(
        "{from}Subject: 1\nStatus: RO\nX-Status: F\nX-Keywords: work\n\n>From me\n\n{from}Subject: 2\n\ntwo\n\n{from}Subject: 2\n\ntwo\n"
    );
    program.write("mail/Old/2002.mbox", &mbox);
    program.write("mail/README.md", "# no mail\n");
    let mail = program.path("mail");
    for (imported, known) in [(3, 0), (0, 3)] {
        let rows = program.json(&["import", "--user", "ana@example.org", "--json", &mail]);
        assert_eq!(rows[0]["mailbox"], "Old/2002");
        assert_eq!((&rows[0]["imported"], &rows[0]["known"]), (&imported.into(), &known.into()));
    }
    for format in ["mbox", "maildir"] {
        let folder = program.path(format);
        let export = ["export", "--user", "ana@example.org", "--format", format, &folder];
        assert!(program.ok(&export, "").starts_with("exported 3 messages, "));
        let again = program.ok(&export, "");
        assert!(again.starts_with("exported nothing new; all 3 "), "{again}");
        let rows = program.json(&["import", "--user", "bob@example.org", "--json", &folder]);
        let (imported, known) = if format == "mbox" { (3, 0) } else { (0, 3) };
        assert_eq!(rows[0]["mailbox"], "Old/2002", "{format}");
        assert_eq!(rows[0]["imported"], imported, "{format}");
        assert_eq!(rows[0]["known"], known, "{format}");
    }
    let exported = std::fs::read_to_string(program.path("mbox/Old/2002.mbox")).unwrap();
    let first = exported.split("\n\nFrom ").next().unwrap();
    let (before, id) = first.split_once("X-Correio-UIDL: ").unwrap();
    let mark = "From correio-export Tue Aug  6 10:23:41 2002\nX-Correio-Export: fields=4 octets=23 date=1028629421 lines=crlf uidvalidity=";
    let uid = before.strip_prefix(mark).unwrap();
    let want = " uid=1\nStatus: RO\nX-Status: F\nX-Keywords: work\n";
    assert!(uid.ends_with(want), "{uid}");
    let (id, after) = id.split_once('\n').unwrap();
    assert!(id.contains('.') && after == "Subject: 1\n\n>From me", "{first}");
    let users = program.json(&["user", "list", "--json"]);
    assert_eq!((&users[0]["messages"], &users[1]["messages"]), (&3.into(), &3.into()));
}

#[test]
fn a_backup_is_a_data_folder_of_its_own() {
    let program = Program::new();
    let mut host = program.serve(&["--domain", "example.org", "--listen", "lmtp=127.0.0.1:0"]);
    host.lmtp("you@example.org", "Subject: x\r\n\r\nhello\r\n");
    program.ok(&["backup", &program.path("backup")], "");
    host.lmtp("you@example.org", "Subject: y\r\n\r\nhello\r\n");
    let repair = program.run(&["repair"], "");
    assert_eq!(repair.code, 0);
    assert!(repair.error.contains("only the accounts are repaired"), "{}", repair.error);
    assert_eq!(host.stop(), Some(0));
    program.ok(&["repair"], "");
    let users = program.json(&["user", "list", "--json"]);
    assert_eq!(users[0]["messages"], 2);
    let full = program.run(&["restore", &program.path("backup")], "");
    assert!(full.error.contains("is not empty"), "{}", full.error);
    let other = program.path("other");
    program.ok(&["restore", &program.path("backup"), "--data", &other], "");
    let users = program.json(&["user", "list", "--json", "--data", &other]);
    assert_eq!(users[0]["messages"], 1);
}

#[test]
fn pop3_is_chosen_for_the_account_and_each_device() {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], "long enough\n");
    let pop3 = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["user", "pop3"].into_iter().chain(arguments.iter().copied()).collect();
        program.run(&all, "")
    };
    // Wrong usage tells the right forms.
    for (arguments, want) in [
        (&["set", "ana@example.org"][..], "required"),
        (&["set", "ana@example.org", "--on-delete", "keep"], "keep-days=N (1 to 3650)"),
        (&["set", "ana@example.org", "--show", "newest=0"], "newest=N (1 or more) or since="),
        (&["set", "ana@example.org", "--mark-read", "maybe"], "expected yes or no"),
        (&["set", "ana@example.org", "--login-delay", "-1"], "--login-delay"),
    ] {
        let done = pop3(arguments);
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.error);
        assert!(done.error.contains(want), "{arguments:?}: {}", done.error);
    }
    let nobody = pop3(&["show", "bob@example.org"]);
    assert_eq!(nobody.code, 1, "{}", nobody.error);

    let set = ["set", "ana@example.org", "--on-delete", "keep-days=14", "--login-delay", "60"];
    let done = pop3(&set);
    let said = "POP3 for ana@example.org: on-delete keep-days=14, show all, mark-read no, sent-copy no, login-delay 60";
    assert_eq!((done.code, done.output.trim()), (0, said));
    assert_eq!(done.error, "");
    let done = pop3(&["set", "ana@example.org", "--device", "Phone", "--on-delete", "hide"]);
    let said = "POP3 for Phone of ana@example.org: on-delete hide, show all, mark-read no, sent-copy no, login-delay 60";
    assert_eq!((done.code, done.output.trim()), (0, said));
    assert!(
        done.error.contains("warning: no app password or token is named \"Phone\""),
        "{}",
        done.error
    );
    let shown = pop3(&["show", "ana@example.org"]).output;
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    assert_eq!(lines[1], "(host)     remove          all    no         no         0", "{shown}");
    assert_eq!(lines[2], "(account)  keep-days=14 *  all    no         no         60 *", "{shown}");
    assert_eq!(lines[3], "Phone      hide *          all    no         no         60", "{shown}");
    let told = [
        "mail programs are told: EXPIRE 14, LOGIN-DELAY 60",
        "before the login, of all accounts: EXPIRE 14 USER, LOGIN-DELAY 60 USER",
    ];
    assert_eq!(lines[lines.len() - 2..], told, "{shown}");
    let shown = program.json(&["user", "pop3", "show", "ana@example.org", "--json"]);
    assert_eq!(shown["account"]["on_delete"]["value"], "keep-days=14");
    assert_eq!(shown["devices"][0]["login_delay"]["chosen_by"], "account");
    program.ok(&["user", "pop3", "reset", "ana@example.org"], "");
    let again =
        program.ok(&["user", "pop3", "show-again", "ana@example.org", "--device", "Phone"], "");
    assert_eq!(again.trim(), "0 messages of ana@example.org shown again");
}

#[test]
fn what_was_removed_over_pop3_is_told_and_comes_back() {
    let program = Program::new();
    let mut host = program.serve(&[
        "--domain",
        "example.org",
        "--listen",
        "pop3=127.0.0.1:0",
        "--listen",
        "lmtp=127.0.0.1:0",
    ]);
    let user = "you@example.org";
    let add = ["user", "password", "add", user, "--name", "Office PC"];
    let password = program.ok(&add, "").trim().to_owned();
    for number in 0..3 {
        host.lmtp(user, &format!("Subject: {number}\r\n\r\nhello\r\n"));
    }
    assert_eq!(host.pop3_take(user, &password, 2), Ok(3));
    let retained = ["user", "retained", user, "--over", "pop3", "--device", "office pc"];
    let told = program.ok(&retained, "");
    assert!(told.starts_with("removed over POP3 by Office PC (127.0.0.1) on "), "{told}");
    assert!(told.contains(", 2 messages, "), "{told}");
    let command = told.split('`').nth(1).unwrap();
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(program.ok(&arguments, "").trim(), "brought back 2 messages, into INBOX");
    let again = program.run(&arguments, "");
    assert!(
        again.error.contains("was brought back already, or dropped for good"),
        "{}",
        again.error
    );
    let never = program.run(&["user", "bring-back", user, "99999"], "");
    assert!(
        never.error.contains("there never was a change 99999, the last one is "),
        "{}",
        never.error
    );
    assert_eq!(host.pop3_take(user, &password, 1), Ok(3));
    let all = ["user", "bring-back", user, "--over", "pop3"];
    assert_eq!(program.ok(&all, "").trim(), "brought back 1 message, into INBOX");
    assert_eq!(program.run(&all, "").code, 1);
    assert_eq!(program.run(&["user", "bring-back", user], "").code, 2);
    assert_eq!(program.run(&["user", "bring-back", user, "1", "--over", "pop3"], "").code, 2);
    let history = program.ok(&["user", "history", user], "");
    assert!(history.contains("deleted 2 messages from INBOX, over POP3 by Office PC"), "{history}");
    let nothing = program.ok(&["user", "retained", user, "--over", "imap"], "");
    assert_eq!(nothing.trim(), "nothing that can be brought back");
    assert_eq!(host.stop(), Some(0));
}
