//! Stores of earlier formats, as they are kept in the crate `store`: upgraded, read over every door, checked. The kept store of
//! format 1 holds keys and bodies that are no account's, so that no door can show them.

use std::collections::BTreeMap;
use std::path::Path;

use admin::keep::{Folder, Keep};
use bytes::Bytes;
use mailbox::engine::{Batch, Engine as _};
use mailbox::{Policy, keys};

use crate::program::Program;

const PASSWORD: &str = "long enough";
/// The kept stores have this account, and no user: they were made below the directory.
const ACCOUNT: u32 = 7;
/// So many messages are in Archive; the first two are not in INBOX any more.
const MESSAGES: u32 = 14;
/// This one is so large that it lies in chunks.
const LARGE: u32 = 5;

fn text(number: u32) -> String {
    let lines = if number == LARGE { 4_200 } else { number };
    let line = "The quick brown fox jumps over the lazy dog, again and again.\r\n";
    format!(
        "From: Ana <ana@example.org>\r\nMessage-ID: <{number}@example.org>\r\n\
         Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nSubject: Message {number}\r\n\r\n{}",
        line.repeat(usize::try_from(lines).unwrap())
    )
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Takes a kept store for the store of a data folder, and gives its account to ana. Gives the format that it had.
fn adopted(program: &Program, kept: &str) -> Option<u32> {
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/tests/formats");
    let folder = Folder(program.path("data").into());
    copy(&formats.join(kept), &folder.store());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let from = runtime.block_on(async {
        let keep = Keep::open(&folder, Policy::default()).unwrap();
        // The next user that is added gets this account, and what is in it.
        let next = vec![keys::DIRECTORY, b'n'];
        let puts = vec![(next, Bytes::copy_from_slice(&ACCOUNT.to_be_bytes()))];
        keep.store.commit(Batch { puts, ..Batch::default() }).await.unwrap();
        keep.close().unwrap();
        keep.store.started().upgraded_from
    });
    program.ok(&["user", "add", "ana@example.org"], &format!("{PASSWORD}\n"));
    from
}

#[test]
fn a_store_of_each_format_is_read_over_every_door() {
    for (kept, format) in [
        ("2", Some(2)),
        ("3", Some(3)),
        ("4", Some(4)),
        ("5", Some(5)),
        ("6", Some(6)),
        ("7", Some(7)),
        ("8", Some(8)),
        ("9", Some(9)),
        ("10", Some(10)),
        ("11", Some(11)),
        ("12", Some(12)),
        ("13", Some(13)),
        ("14", None),
    ] {
        let program = Program::new();
        assert_eq!(adopted(&program, kept), format, "{kept}");
        assert!(program.ok(&["check"], "").ends_with("no faults found\n"), "{kept}");
        let all: BTreeMap<u32, String> =
            (1..=MESSAGES).map(|number| (number, text(number))).collect();
        let inbox: BTreeMap<u32, String> =
            all.clone().into_iter().filter(|(number, _)| *number > 2).collect();

        let mut host =
            program.serve(&["--listen", "imap=127.0.0.1:0", "--listen", "pop3=127.0.0.1:0"]);
        assert_eq!(host.imap_texts("ana@example.org", PASSWORD, "INBOX"), inbox, "{kept}: IMAP");
        assert_eq!(host.imap_texts("ana@example.org", PASSWORD, "Archive"), all, "{kept}: IMAP");
        let retrieved = host.pop3_texts("ana@example.org", PASSWORD);
        assert_eq!(retrieved, inbox.values().cloned().collect::<Vec<_>>(), "{kept}: POP3");
        assert!(program.ok(&["check"], "").ends_with("no faults found\n"), "{kept}");
        assert_eq!(host.stop(), Some(0));

        let to = program.path("out");
        let export = ["export", "--user", "ana@example.org", "--format", "eml", &to];
        assert!(program.ok(&export, "").starts_with("exported 26 messages"), "{kept}");
        let mut exported = Vec::new();
        texts_below(Path::new(&to), &mut exported);
        exported.sort();
        let mut both: Vec<String> = inbox.values().chain(all.values()).cloned().collect();
        both.sort();
        assert!(exported == both, "{kept}: export");
        program.ok(&["repair"], "");
        assert!(program.ok(&["check"], "").ends_with("no faults found\n"), "{kept}");
    }
}

/// The messages in the EML files of a folder.
fn texts_below(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "eml") {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}
