//! What was done to the mail here is taken back, and the mirror leaves it so.

use std::io::{BufRead as _, Write as _};

use crate::program::Host;
use crate::runs::{PASSWORD, both};

/// Says commands of IMAP.
fn imap(host: &Host, user: &str, password: &str, commands: &[&str]) {
    let mut stream = host.connect("imap");
    let login = format!("LOGIN {user} \"{password}\"");
    for command in [&[login.as_str(), "SELECT INBOX"], commands].concat() {
        stream.get_mut().write_all(format!("a {command}\r\n").as_bytes()).unwrap();
        let mut line = String::new();
        while !line.starts_with("a OK") {
            line.clear();
            assert_ne!(stream.read_line(&mut line).unwrap(), 0, "{command}");
            assert!(!line.starts_with("a NO") && !line.starts_with("a BAD"), "{command}: {line}");
        }
    }
}

const DELETE_TWO: [&str; 2] = ["STORE 1:2 +FLAGS (\\Deleted)", "EXPUNGE"];

#[test]
fn what_a_mirror_deleted_comes_back_and_stays() {
    let (_provider, host, companion) = both(4);
    companion.ok(&["mirror", "ana"], "");
    imap(&host, "ana@example.org", PASSWORD, &DELETE_TWO);
    let done = companion.json(&["mirror", "ana", "--json"]);
    assert_eq!(done["deleted"], 2, "{done}");
    let list = companion.json(&["undo", "ana", "--list", "--json"]);
    let can = |row: &serde_json::Value| (row["did"].to_string(), row["can_be_undone"].clone());
    assert_eq!(can(&list[0]), ("\"deleted\"".to_owned(), 2.into()), "{list}");
    assert_eq!(list[0]["door"], "companion");
    assert!(companion.ok(&["desfazer", "--list"], "").contains("2 mensagens apagadas de INBOX"));
    let said = companion.ok(&["undo", "--dry-run"], "");
    assert!(said.contains("2 messages deleted from INBOX") && said.contains("Nothing was changed"));
    let said = companion.ok(&["undo"], "");
    assert!(said.contains("Undone: 2 messages are as they were."), "{said}");
    assert!(said.contains("The mirror leaves it so"), "{said}");
    // The mirror does not delete it again; and both ways it goes up again.
    let done = companion.json(&["mirror", "ana", "--json"]);
    assert_eq!(
        (&done["deleted"], &done["standing"]["here_messages"]),
        (&0.into(), &4.into()),
        "{done}"
    );
    assert_eq!(done["standing"]["only_here_messages"], 2, "{done}");
    let done = companion.json(&["mirror", "ana", "--both", "--json"]);
    assert_eq!((&done["there"]["sent"], &done["deleted"]), (&2.into(), &0.into()), "{done}");
    assert_eq!(host.imap_texts("ana@example.org", PASSWORD, "INBOX").len(), 4);
    let done = companion.json(&["mirror", "ana", "--both", "--json"]);
    assert_eq!(
        (&done["there"]["sent"], &done["new"], &done["deleted"]),
        (&0.into(), &0.into(), &0.into())
    );
    // There is nothing more that was done by others.
    let nothing = companion.run(&["undo", "ana"], "");
    assert_eq!(nothing.code, 2, "{}{}", nothing.output, nothing.error);
    assert!(companion.ok(&["check"], "").contains("no faults found"));
}

#[test]
fn moves_copies_and_names_are_taken_back_unless_they_changed_since() {
    let (_provider, _host, companion) = both(4);
    companion.ok(&["mirror", "ana"], "");
    companion.ok(&["user", "passwd", "ana@localhost"], "another one\n");
    let home = companion.serve(&["--listen", "imap=127.0.0.1:0"]);
    let say = |commands: &[&str]| imap(&home, "ana@localhost", "another one", commands);
    let count = |mailbox: &str| home.imap_texts("ana@localhost", "another one", mailbox).len();
    say(&["CREATE Work", "MOVE 1:2 Work", "COPY 1 Work"]);
    assert_eq!((count("INBOX"), count("Work")), (2, 3));
    // A copy is taken away, and the moved come back: the same one did it within a minute.
    let said = companion.ok(&["undo", "ana"], "");
    assert!(said.contains("Undone: 3 messages are as they were."), "{said}");
    assert_eq!((count("INBOX"), count("Work")), (4, 0));
    say(&["MOVE 1 Work", "RENAME Work Play"]);
    let list = companion.json(&["undo", "ana", "--list", "--json"]);
    let (renamed, moved) = (list[0]["change"].to_string(), list[1]["change"].to_string());
    companion.ok(&["undo", "ana", &renamed], "");
    assert_eq!(count("Work"), 1);
    companion.ok(&["undo", "ana@localhost", &moved], "");
    assert_eq!((count("INBOX"), count("Work")), (4, 0));
    // What was changed since stays as it is, and so does what cannot be undone.
    say(&["STORE 1 +FLAGS (\\Flagged)"]);
    let list = companion.json(&["undo", "ana", "--list", "--json"]);
    let flagged = companion.run(&["undo", "ana", &list[0]["change"].to_string()], "");
    assert_eq!(flagged.code, 2);
    assert!(flagged.error.contains("which flags there were before"), "{}", flagged.error);
    let never = companion.run(&["undo", "ana", "999999"], "");
    assert!(never.code == 2 && never.error.contains("not remembered"), "{}", never.error);
    assert_eq!(companion.run(&["undo", "ana", "0"], "").code, 1);
    assert_eq!(companion.run(&["undo", "bea"], "").code, 2);
}

#[test]
fn much_is_not_undone_unasked() {
    let (_provider, _host, companion) = both(51);
    companion.ok(&["mirror", "ana"], "");
    companion.ok(&["user", "passwd", "ana@localhost"], "another one\n");
    let home = companion.serve(&["--listen", "imap=127.0.0.1:0"]);
    imap(&home, "ana@localhost", "another one", &["STORE 1:* +FLAGS (\\Deleted)", "EXPUNGE"]);
    let refused = companion.run(&["undo", "ana"], "");
    assert_eq!(refused.code, 6, "{}", refused.error);
    let done = companion.json(&["undo", "ana", "--yes", "--json"]);
    assert_eq!((&done["messages"], &done["left"]), (&51.into(), &0.into()), "{done}");
}
