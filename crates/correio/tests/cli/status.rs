//! `status`, `who` and `reload` of a running host.

use std::io::{BufRead, Write};

use crate::program::Program;

#[test]
fn who_is_connected_is_told_with_the_program_and_counted_by_protocol() {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], "long enough\n");
    let nobody = program.run(&["who"], "");
    assert!(
        nobody.code == 1 && nobody.error.contains("the host is not running"),
        "{}",
        nobody.error
    );
    let listeners = ["--listen", "imap=127.0.0.1:0", "--listen", "pop3=127.0.0.1:0"];
    let mut host = program.serve(&listeners);
    let mut imap = host.connect("imap");
    let mut say = |words: &str| {
        imap.get_mut().write_all(words.as_bytes()).unwrap();
        let mut line = String::new();
        while !line.starts_with("a OK") {
            line.clear();
            assert_ne!(imap.read_line(&mut line).unwrap(), 0, "{words}");
        }
    };
    say("a LOGIN ana+Phone \"long enough\"\r\n");
    say("a ID (\"vendor\" \"x\" \"version\" \"6.8\" \"name\" \"K-9 Mail\")\r\n");

    let who = program.json(&["who", "--json"]);
    let row = &who["sessions"][0];
    for (name, want) in [
        ("user", "ana@example.org"),
        ("device", "Phone"),
        ("door", "imap"),
        ("address", "127.0.0.1"),
        ("program", "K-9 Mail 6.8"),
    ] {
        assert_eq!(row[name], want, "{who}");
    }
    assert_eq!((&row["tls"], &who["more"]), (&false.into(), &0.into()));
    let table = program.ok(&["who"], "");
    assert!(table.lines().nth(1).unwrap().ends_with("K-9 Mail 6.8"), "{table}");

    let backup = program.path("backup");
    let said = program.ok(&["backup", &backup], "");
    assert!(said.contains(&format!("into {backup}, and checked")), "{said}");
    let status = program.json(&["status", "--json"]);
    let doors = &status["host"]["doors"];
    let imap_row =
        serde_json::json!({ "door": "imap", "connections": 1, "sessions": 1, "users": 1 });
    assert_eq!(doors[0], imap_row);
    assert_eq!((&doors[1]["door"], &doors[1]["connections"]), (&"pop3".into(), &0.into()));
    assert_eq!(status["host"]["certificate"]["until"], "2046-01-01T00:00:00Z");
    assert_eq!(status["queue"]["waiting"], 0);
    assert!(status["backup"]["ended_s"].as_i64().unwrap() > 1_700_000_000, "{status}");
    assert!(status["store"]["reserve_octets"].as_u64().unwrap() > 0);
    // Everything stands below everything, and nothing is coloured where nobody looks.
    let table = program.ok(&["status"], "");
    assert!(!table.contains('\u{1b}'), "{table}");
    assert!(table.lines().all(|line| line.len() > 13 && line.as_bytes()[12] == b' '), "{table}");
    assert!(table.contains("\nconnections  1 connection\n"), "{table}");

    // A disabled user's session ends.
    program.ok(&["user", "disable", "ana@example.org"], "");
    let mut rest = String::new();
    while imap.read_line(&mut rest).unwrap() > 0 {}
    assert_eq!(
        host.pop3_count("ana", "long enough"),
        Err("-ERR [AUTH] account disabled\r\n".to_owned())
    );
    assert_eq!(host.stop(), Some(0));
}

#[test]
fn settings_are_taken_without_a_restart_or_named() {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], "long enough\n");
    let stopped = program.run(&["reload"], "");
    assert!(stopped.error.contains("the host is not running"), "{}", stopped.error);
    let config = "full_mailbox = \"defer\"\nretention_days = 7\n[quota]\nsize = \"1G\"\n";
    program.write("etc/correio.toml", config);
    let file = program.path("etc/correio.toml");
    let mut host = program.serve(&["--config", &file, "--listen", "pop3=127.0.0.1:0"]);
    assert!(program.ok(&["reload"], "").ends_with("no setting has changed\n"));

    // As editors do it: another file takes the name.
    let changed = "full_mailbox = \"reject\"\nretention_days = 8\n[quota]\nsize = \"2G\"\n";
    let new = program.write("etc/correio.toml.new", changed);
    std::fs::rename(new, &file).unwrap();
    let said = program.ok(&["reload"], "");
    for line in [
        "taken: full_mailbox = \"reject\" (before: \"defer\")",
        "taken: quota.size = \"2G\" (before: \"1G\")",
        "needs a restart: retention_days = 8 (in force: 7)",
    ] {
        assert!(said.lines().any(|one| one == line), "{line} in {said}");
    }
    let added = program.ok(&["user", "add", "bob@example.org"], "long enough\n");
    assert_eq!(added.trim(), "added bob@example.org with a quota of 2 GB");
    // What was taken is not told again; what needs a restart still does.
    let again = program.json(&["reload", "--json"]);
    assert_eq!(again["taken"].as_array().unwrap().len(), 0, "{again}");
    assert_eq!(again["restart"][0]["setting"], "retention_days");

    program.write("etc/correio.toml", "full_mailbox = \"defer\"\n[quota]\nsiez = 3\n");
    let wrong = program.run(&["reload"], "");
    assert_eq!(wrong.code, 1);
    for words in ["the old settings stay in force", "quota.siez"] {
        assert!(wrong.error.contains(words), "{words} in {}", wrong.error);
    }
    assert!(wrong.output.contains("tls-certificate.pem"), "{}", wrong.output);
    assert_eq!(host.stop(), Some(0));
}
