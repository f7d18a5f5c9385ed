//! Mail that makes room at a provider, which is a host of our own here: into each target, and back; and mail that moves to another
//! provider.

use std::fs;
use std::path::Path;

use crate::program::{Host, Program};

const PASSWORD: &str = "long enough";

/// A provider where ana has so many messages, and a companion that knows it.
fn start(messages: usize) -> (Program, Host, Program) {
    let provider = Program::new();
    let add = ["user", "add", "ana@example.org", "--quota", "1M"];
    provider.ok(&add, &format!("{PASSWORD}\n"));
    let host = provider.serve(&["--listen", "imap=127.0.0.1:0", "--listen", "lmtp=127.0.0.1:0"]);
    for number in 0..messages {
        let text = format!(
            "From: bea@example.net\r\nSubject: {number}\r\n\r\nFrom here on\r\n..dot {number}\r\n"
        );
        host.lmtp("ana@example.org", &text);
    }
    let companion = Program::new();
    let url = format!("imap+insecure://{}", host.said("imap listening on "));
    let add = ["account", "add", "ana@example.org", "--imap", &url];
    companion.ok(&add, &format!("{PASSWORD}\n"));
    (provider, host, companion)
}

fn texts(host: &Host) -> Vec<String> {
    let texts = host.imap_texts("ana@example.org", PASSWORD, "INBOX");
    let mut texts: Vec<String> = texts.into_values().collect();
    texts.sort();
    texts
}

/// The receipt that a run left, and the folder that it is in.
fn receipts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names = entries.map(|path| path.display().to_string());
    names.filter(|name| name.ends_with(".receipt.json")).collect()
}

#[test]
fn mail_goes_to_each_target_and_comes_back_once() {
    let (_provider, host, companion) = start(3);
    let before = texts(&host);
    for kind in ["mbox", "maildir", "eml", "zip"] {
        let folder = companion.path(kind);
        let at = if kind == "zip" { format!("{folder}/mail.zip") } else { folder.clone() };
        let to = format!("{kind}:{at}");
        let archive = ["archive", "ana", "--older", "0d", "--to", &to];
        let plan = companion.ok(&[&archive[..], &["--dry-run"]].concat(), "");
        assert!(plan.contains("INBOX: 3 messages"), "{plan}");
        assert!(plan.contains("Nothing was changed"), "{plan}");
        assert_eq!(texts(&host), before, "{kind}");
        let said = companion.ok(&archive, "");
        assert!(said.contains("Deleted at the provider: 3 messages"), "{kind}: {said}");
        assert!(texts(&host).is_empty(), "{kind}");
        // Again: there is nothing to do.
        let said = companion.ok(&["arquivar", "ana", "--older", "0d", "--to", &to], "");
        assert!(said.contains("Não há nada para arquivar."), "{said}");
        let receipts = receipts(Path::new(&folder));
        assert_eq!(receipts.len(), 1, "{kind}: {receipts:?}");
        let restore = ["restore", "--receipt", &receipts[0]];
        let said = companion.ok(&[&restore[..], &["--dry-run"]].concat(), "");
        assert!(said.contains("3 messages would be put back at ana"), "{said}");
        for (restored, known) in [(3, 0), (0, 3)] {
            let done = companion.json(&[&restore[..], &["--json"]].concat());
            assert_eq!((&done["restored"], &done["known"]), (&restored.into(), &known.into()));
            assert_eq!(texts(&host), before, "{kind}");
        }
        // A target that was spoiled is not taken for the mail.
        if kind == "eml" {
            let mut inbox = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path());
            let inbox = inbox.find(|path| path.is_dir()).unwrap().join("INBOX");
            let mut file = fs::read_dir(inbox).unwrap().map(|it| it.unwrap().path());
            let file = file.find(|path| path.extension().is_some_and(|it| it == "eml"));
            fs::write(file.unwrap(), "spoiled").unwrap();
            let done = companion.run(&restore, "");
            assert_eq!(done.code, 7, "{} {}", done.output, done.error);
            assert_eq!(texts(&host), before);
        }
        let existing = companion.run(&archive, "");
        assert_eq!(existing.code, if kind == "zip" { 6 } else { 0 }, "{}", existing.error);
        if kind != "zip" {
            assert!(texts(&host).is_empty());
            for receipt in self::receipts(Path::new(&folder)) {
                if receipt != receipts[0] {
                    companion.ok(&["restore", "--receipt", &receipt], "");
                }
            }
            assert_eq!(texts(&host), before);
        }
    }
}

#[test]
fn mail_goes_to_a_user_of_the_store_here_and_is_read_there() {
    let (_provider, host, companion) = start(3);
    let before = texts(&host);
    let refused = companion.run(&["archive", "ana", "--older", "0d", "--to", "local:ana"], "");
    assert_eq!(refused.code, 6, "{}", refused.error);
    let done = companion.json(&["archive", "ana", "--older", "0d", "--to", "local:old", "--json"]);
    assert_eq!((&done["deleted"], &done["place"]), (&3.into(), &"old@localhost".into()), "{done}");
    assert!(texts(&host).is_empty());
    companion.ok(&["user", "passwd", "old@localhost"], "another one\n");
    let mut home = companion.serve(&["--listen", "imap=127.0.0.1:0"]);
    assert_eq!(home.imap_texts("old@localhost", "another one", "ana/INBOX").len(), 3);
    // While it is served, too.
    host.lmtp("ana@example.org", "Subject: late\r\n\r\nlate\r\n");
    companion.ok(&["archive", "ana", "--older", "0d", "--to", "local:old"], "");
    assert_eq!(home.imap_texts("old@localhost", "another one", "ana/INBOX").len(), 4);
    assert_eq!(home.stop(), Some(0));
    let receipt = done["receipt"].as_str().unwrap();
    companion.ok(&["restore", "--receipt", receipt], "");
    assert_eq!(texts(&host), before);
    assert!(companion.ok(&["check"], "").contains("no faults found"));
}

#[test]
fn only_what_is_wanted_goes() {
    let (_provider, host, companion) = start(4);
    let to = format!("eml:{}", companion.path("eml"));
    let plan = |more: &[&str]| {
        let words = ["archive", "ana", "--to", &to, "--dry-run", "--json"];
        companion.json(&[&words[..], more].concat())
    };
    assert_eq!(plan(&["--older", "1d"])["messages"], 0);
    assert_eq!(plan(&["--larger", "1M"])["messages"], 0);
    assert_eq!(plan(&["--search", "subject:2"])["messages"], 1);
    assert_eq!(plan(&["--search", "dot from:bea"])["messages"], 4);
    assert_eq!(plan(&["--folder", "Sen*"])["messages"], 0);
    let room = plan(&["--until-quota", "0%"]);
    assert_eq!((&room["messages"], &room["quota_octets"]), (&4.into(), &1_048_576.into()));
    assert_eq!(plan(&["--until-quota", "100"])["messages"], 0);
    let none = companion.run(&["archive", "ana", "--folder", "Nope", "--to", &to], "");
    assert_eq!(none.code, 2, "{}", none.error);
    for usage in [
        &["archive", "ana", "--to", &to][..],
        &["archive", "ana", "--older", "1x", "--to", &to],
        &["archive", "ana", "--older", "1y", "--to", "tar:x"],
        &["archive", "ana", "--older", "1y"],
        &["archive", "ana", "--until-quota", "101%", "--to", &to],
    ] {
        assert_eq!(companion.run(usage, "").code, 1, "{usage:?}");
    }
    assert_eq!(texts(&host).len(), 4);
    let blocked = companion.write("file", "");
    let failed = format!("eml:{blocked}/below");
    let done = companion.run(&["archive", "ana", "--older", "0d", "--to", &failed], "");
    assert_eq!(done.code, 5, "{}", done.error);
    assert_eq!(texts(&host).len(), 4);
}

#[test]
fn a_pop3_account_is_told_what_helps() {
    let provider = Program::new();
    provider.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    let host = provider.serve(&["--listen", "pop3=127.0.0.1:0"]);
    let companion = Program::new();
    let url = format!("pop3+insecure://{}", host.said("pop3 listening on "));
    let add = ["account", "add", "ana@example.org", "--pop3", &url];
    companion.ok(&add, &format!("{PASSWORD}\n"));
    let done = companion.run(&["archive", "ana", "--older", "1y", "--to", "local:old"], "");
    assert_eq!(done.code, 2);
    assert!(done.error.contains("`correio pull ana --move`"), "{}", done.error);
    let done = companion.run(&["migrate", "ana", "local:old"], "");
    assert!(done.error.contains("`correio pull ana --keep`"), "{}", done.error);
}

#[test]
fn a_pop3_account_moves_to_another_provider() {
    let provider = Program::new();
    provider.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    let host = provider.serve(&["--listen", "pop3=127.0.0.1:0", "--listen", "lmtp=127.0.0.1:0"]);
    host.lmtp("ana@example.org", "Subject: one\r\n\r\none\r\n");
    let (_other, other, companion) = start(0);
    let url = format!("pop3+insecure://{}", host.said("pop3 listening on "));
    let add = ["account", "add", "ana@example.org", "--name", "old", "--pop3", &url];
    companion.ok(&add, &format!("{PASSWORD}\n"));
    let plan = companion.ok(&["migrate", "old", "ana", "--dry-run"], "");
    assert!(plan.contains("1 message") && texts(&other).is_empty(), "{plan}");
    let said = companion.ok(&["migrate", "old", "ana"], "");
    assert!(
        said.contains("1 new message (") && said.contains("Copied to ana: 1 message"),
        "{said}"
    );
    companion.ok(&["migrate", "old", "ana"], "");
    assert_eq!(texts(&other).len(), 1);
    assert_eq!(host.pop3_count("ana@example.org", PASSWORD), Ok(1));
}

#[test]
fn mail_moves_to_another_provider_and_both_are_compared() {
    let (_provider, host, companion) = start(3);
    let (_other_provider, other, _) = start(0);
    let url = format!("imap+insecure://{}", other.said("imap listening on "));
    let add = ["account", "add", "ana@example.org", "--name", "new", "--imap", &url];
    companion.ok(&add, &format!("{PASSWORD}\n"));
    let plan = companion.json(&["migrate", "ana", "new", "--dry-run", "--json"]);
    assert_eq!((&plan["messages"], &plan["copied_before"]), (&3.into(), &0.into()), "{plan}");
    assert!(texts(&other).is_empty());
    let said = companion.ok(&["migrate", "ana", "new"], "");
    assert!(said.contains("Copied to new: 3 messages ("), "{said}");
    assert!(said.lines().any(|line| line.starts_with("INBOX") && line.ends_with("yes")), "{said}");
    assert_eq!(texts(&other), texts(&host));
    host.lmtp("ana@example.org", "Subject: late\r\n\r\nlate\r\n");
    let said = companion.ok(&["migrar", "ana", "new"], "");
    assert!(said.contains("Copiadas para new: 1 mensagem ("), "{said}");
    assert!(said.contains("Já estavam lá de antes: 3 mensagens."), "{said}");
    assert_eq!(texts(&other), texts(&host));
    // Home, and from there back.
    let done = companion.json(&["migrate", "ana", "local:old", "--json"]);
    assert_eq!((&done["copied"], &done["complete"]), (&4.into(), &true.into()), "{done}");
    let done = companion.json(&["migrate", "local:old", "new", "--folder", "INBOX", "--json"]);
    assert_eq!((&done["known_there"], &done["folders"][0]["agree"]), (&4.into(), &true.into()));
    assert_eq!(texts(&other), texts(&host));
    for (ends, code) in [
        (["ana", "ana"], 2),
        (["local:a", "local:b"], 2),
        (["ana", "local:new"], 6),
        (["ana", "nobody"], 1),
        (["ana", "local:"], 1),
    ] {
        let done = companion.run(&[&["migrate"][..], &ends].concat(), "");
        assert_eq!(done.code, code, "{ends:?}: {}", done.error);
    }
    assert!(companion.ok(&["check"], "").contains("no faults found"));
}
