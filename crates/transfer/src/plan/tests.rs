//! Folders as programs leave them, and the mailboxes that are found in them.

use std::path::Path;

use super::{Plan, Wanted};
use crate::letters::Framing;

const FROM: &str = "From a@b Tue Aug  6 10:23:41 2002\n";

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    machine::files::make_private_folder(path.parent().unwrap()).unwrap();
    machine::files::write_secret(&path, text.as_bytes()).unwrap();
}

fn found(folder: &Path, below: Option<&str>) -> Vec<String> {
    let plan = Plan::of(folder, &Wanted { below, ..Wanted::default() }).unwrap();
    let line = |source: &super::Source| {
        let name = source.path().file_name().unwrap().to_string_lossy().into_owned();
        let framing = match source.framing {
            Framing::Mbox(_) => "Mbox",
            Framing::Whole => "Whole",
            Framing::Own(_) => "Own",
            Framing::Emlx(_) => "Emlx",
        };
        format!("{} {name} {framing} {}", source.mailbox, source.flags.join(" "))
    };
    plan.sources.iter().map(|source| line(source).trim().to_owned()).collect()
}

#[test]
fn each_kind_of_folder_is_understood() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    write(folder, "eml/one.eml", "Subject: x\n\n");
    write(folder, "eml/00002.3fa9", &format!("{FROM}Subject: x\n\n"));
    write(folder, "eml/sub/README.md", "# Nothing\n");
    write(folder, "eml/sub/two.eml", "Subject: x\n\n");
    assert_eq!(
        found(&folder.join("eml"), None),
        ["INBOX 00002.3fa9 Whole", "INBOX one.eml Whole", "sub two.eml Whole"]
    );
    assert_eq!(found(&folder.join("eml"), Some("Old/Mail"))[2], "Old/Mail/sub two.eml Whole");
    write(folder, "bird/Inbox", FROM);
    write(folder, "bird/Inbox.msf", "// <!-- <mdb:mork:z v=\"1.4\"/> -->\n");
    write(folder, "bird/Work", FROM);
    write(folder, "bird/Work.sbd/2020", FROM);
    assert_eq!(
        found(&folder.join("bird"), None),
        ["Inbox Inbox Mbox", "Work Work Mbox", "Work/2020 2020 Mbox"]
    );
    write(folder, "apple/Exported.mbox/mbox", FROM);
    write(folder, "apple/Exported.mbox/table_of_contents", "\0\u{1}");
    write(folder, "apple/Other.mbox/mbox", FROM);
    assert_eq!(found(&folder.join("apple"), None), ["Exported mbox Mbox", "Other mbox Mbox"]);
    let alone = folder.join("apple/Exported.mbox");
    assert_eq!(found(&alone, None), ["Exported mbox Mbox"]);
    assert_eq!(found(&alone.join("mbox"), None), ["Exported mbox Mbox"]);
    assert_eq!(found(&alone, Some("Old")), ["Old mbox Mbox"]);
    write(folder, "dir/cur/1.x:2,S", "Subject: x\n\n");
    write(folder, "dir/new/2.x", "Subject: x\n\n");
    write(folder, "dir/tmp/3.x", "Subject: x\n\n");
    write(folder, "dir/dovecot.index", "A: b\n");
    write(folder, "dir/.Work.Entw&APw-rfe/cur/4.x:2,F", "Subject: x\n\n");
    write(folder, "dir/fs/cur/5.x:2,", "Subject: x\n\n");
    write(folder, "dir/fs/Entw&APw-rfe/cur/6.x,S=10,W=12:2,S", "Subject: x\n\n");
    write(folder, "dir/courierimapkeywords/:list", "work\n\n2.x:0\n");
    assert_eq!(
        found(&folder.join("dir"), None),
        [
            "INBOX 1.x:2,S Whole \\Seen",
            "INBOX 2.x Whole work",
            "Work/Entw\u{fc}rfe 4.x:2,F Whole \\Flagged",
            "fs 5.x:2, Whole",
            "fs/Entw\u{fc}rfe 6.x,S=10,W=12:2,S Whole \\Seen"
        ]
    );
}

#[test]
fn an_archive_is_read_as_a_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let inner = crate::zip::tests::zip(&[("x.eml", b"Subject: x\n\n")]);
    let zip = crate::zip::tests::zip(&[
        ("Takeout/", b""),
        ("Takeout/Mail/All.mbox", FROM.as_bytes()),
        ("Takeout/index.html", b"<html>"),
        ("Apple.mbox/mbox", FROM.as_bytes()),
        ("letters/1.eml", b"Subject: x\n\n"),
        ("dir/cur/1.x:2,S", b"Subject: x\n\n"),
        ("../../../up.eml", b"Subject: x\n\n"),
        ("inner.zip", &inner),
    ]);
    let path = folder.join("mail.zip");
    machine::files::write_secret(&path, &zip).unwrap();
    let want = [
        "INBOX up.eml Whole",
        "Apple mbox Mbox",
        "Takeout/Mail/All All.mbox Mbox",
        "dir 1.x:2,S Whole \\Seen",
        "letters 1.eml Whole",
    ];
    let mut all = found(&path, None);
    all.sort();
    assert_eq!(all, [want[1], want[0], want[2], want[3], want[4]]);
    assert_eq!(found(&path, Some("Old"))[1], "Old/Apple mbox Mbox");
    let plan = Plan::of(folder, &Wanted::default()).unwrap();
    let passed: Vec<&str> = plan
        .passed_over
        .first()
        .iter()
        .filter_map(|text| text.split_once("mail.zip/"))
        .map(|(_, text)| text)
        .collect();
    let want = [
        "Takeout/index.html: no message: it has no fields such as From or Subject",
        "inner.zip: an archive within another; unpack it first",
    ];
    assert_eq!(passed, want);
    machine::files::write_secret(&path, &zip[..zip.len() - 40]).unwrap();
    let plan = Plan::of(folder, &Wanted::default()).unwrap();
    assert!(plan.unreadable.first()[0].contains("it is not whole"), "{:?}", plan.unreadable);
}
