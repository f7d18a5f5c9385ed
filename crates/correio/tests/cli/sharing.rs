//! `correio user share`: with the host and without it, for people and for programs.

use serde_json::json;

use crate::program::Program;

const PASSWORD: &str = "long enough";

fn share<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["user", "share"], rest].concat()
}

#[test]
fn mailboxes_are_shared_listed_and_shared_no_more() {
    let program = Program::new();
    for user in ["ana@example.org", "bob@example.org"] {
        program.ok(&["user", "add", user], &format!("{PASSWORD}\n"));
    }
    let set = |rest: &[&str]| {
        program.ok(&share(&[&["set", "ana@example.org"], rest].concat()), "").trim().to_owned()
    };
    assert_eq!(
        set(&["Archive", "bob@example.org", "read"]),
        "Archive of ana@example.org is shared with bob@example.org lrs (read)"
    );
    assert_eq!(
        set(&["Archive", "anyone", "l"]),
        "Archive of ana@example.org is shared with anyone l, bob@example.org lrs (read)"
    );
    set(&["Archive", "bob@example.org", "+i"]);
    set(&["Archive", "bob@example.org", "^s"]);
    set(&["Archive", "bob@example.org", "a", "--withhold"]);
    let seen = share(&["seen", "ana@example.org", "Archive", "each"]);
    let said = program.ok(&seen, "");
    assert!(said.trim().ends_with("; each marks as read by himself"), "{said}");
    let mut host = program.serve(&["--listen", "imap=127.0.0.1:0"]);
    let listed = program.json(&share(&["list", "ana@example.org", "--json"]));
    let row = |with: &str, rights: &str, withheld: bool| {
        json!({
            "mailbox": "Archive", "with": with, "rights": rights, "withheld": withheld, "seen_by_each": true
        })
    };
    let (anyone, bob) = ("anyone", "bob@example.org");
    assert_eq!(
        listed,
        json!([row(anyone, "l", false), row(bob, "lri", false), row(bob, "a", true)])
    );
    let changed = program.json(&share(&["remove", "ana@example.org", "Archive", anyone, "--json"]));
    assert_eq!(changed["shared"]["shares"], json!([row(bob, "lri", false), row(bob, "a", true)]));
    let none = program.ok(&share(&["list", "ana@example.org", "INBOX"]), "");
    assert!(!none.contains("INBOX"), "{none}");
    assert_eq!(host.stop(), Some(0));
    for (command, why) in [
        (
            share(&["set", "ana@example.org", "Nowhere", bob, "read"]),
            "has no mailbox Nowhere; there are: Archive",
        ),
        (
            share(&["set", "ana@example.org", "Archive", "eva@example.org", "read"]),
            "there is no user",
        ),
        (
            share(&["set", "ana@example.org", "Archive", "ana@example.org", "l"]),
            "always has all rights",
        ),
        (share(&["list", "eva@example.org"]), "eva@example.org"),
    ] {
        let run = program.run(&command, "");
        assert_eq!(run.code, 1, "{command:?}");
        assert!(run.error.contains(why), "{command:?}: {}", run.error);
    }
    let wrong = program.run(&share(&["set", "ana@example.org", "Archive", bob, "everything"]), "");
    assert_eq!(wrong.code, 2);
    assert!(wrong.error.contains("read, write or all"), "{}", wrong.error);
}
