//! POP3 unique ids through the whole of an import and an export: the ids that other hosts gave are those that are
//! served, and ours survive files, other accounts and backups.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "tests may be blunt"
)]

mod desk;

use std::path::Path;

use desk::{Desk, ids};
use transfer::uidl::{UidlChoice, UidlFrom};
use transfer::{Format, KnownUidls};

/// A message with a subject.
fn letter(subject: &str) -> String {
    format!("From: ana@example.org\nSubject: {subject}\n\n{subject}\n")
}

fn write(folder: &Path, name: &str, octets: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, octets).unwrap();
}

fn from(from: UidlFrom) -> UidlChoice {
    UidlChoice { from, ..UidlChoice::default() }
}

fn formatted(from: UidlFrom, format: &str) -> UidlChoice {
    UidlChoice { from, format: Some(format.parse().unwrap()), uid_validity: None }
}

/// A Maildir as Dovecot leaves it: the second message came from a host before it, the last is not in the list yet.
fn dovecot(folder: &Path) {
    write(folder, "cur/1.a.host,W=60:2,S", letter("one"));
    write(folder, "cur/2.b.host:2,", letter("two"));
    write(folder, "new/3.c.host", letter("three"));
    write(folder, "new/4.d.host", letter("four"));
    let list = "3 V1795329403 N4 G93df9a327b8d026bc179000083ecc375\n1 :1.a.host,W=60\n2 POLD+2 W70 :2.b.host\n3 :3.c.host\n";
    write(folder, "dovecot-uidlist", list);
    write(folder, ".Sent/cur/1.a.host:2,S", letter("sent"));
    write(folder, ".Sent/dovecot-uidlist", "3 V1795329403 N2 G0\n1 :1.a.host\n");
}

#[tokio::test]
async fn dovecots_ids_are_taken_over() {
    let desk = Desk::new().await;
    let mail = desk.path("dovecot");
    dovecot(&mail);
    let rows = desk.import("ana", &mail, &UidlChoice::default(), KnownUidls::Keep).await.unwrap();
    let want = ids(&[
        ("one", "000000016b028d7b"),
        ("two", "OLD+2"),
        ("three", "000000036b028d7b"),
        ("four", "own"),
    ]);
    assert_eq!(desk.served("ana", "INBOX").await, want);
    let row = rows[0].uidls.clone().unwrap();
    assert_eq!((row.taken, row.without, row.refused), (3, 1, 0));
    // What no mail program ever saw says nothing.
    assert_eq!(desk.served("ana", "Sent").await, ids(&[("sent", "own")]));
    assert!(rows[1].uidls.is_none());
    let choice = formatted(UidlFrom::Dovecot, "%v.%u");
    desk.import("bob", &mail, &choice, KnownUidls::Keep).await.unwrap();
    let want = ids(&[
        ("one", "1795329403.1"),
        ("two", "OLD+2"),
        ("three", "1795329403.3"),
        ("four", "own"),
    ]);
    assert_eq!(desk.served("bob", "INBOX").await, want);
}

#[tokio::test]
async fn mail_that_is_there_gets_its_ids_when_they_are_asked_for() {
    let desk = Desk::new().await;
    let mail = desk.path("dovecot");
    dovecot(&mail);
    let none = from(UidlFrom::Nothing);
    desk.import("ana", &mail, &none, KnownUidls::Keep).await.unwrap();
    let own = ids(&[("one", "own"), ("two", "own"), ("three", "own"), ("four", "own")]);
    assert_eq!(desk.served("ana", "INBOX").await, own);
    let auto = UidlChoice::default();
    let rows = desk.import("ana", &mail, &auto, KnownUidls::Keep).await.unwrap();
    assert!(rows.iter().all(|row| row.imported == 0 && row.uidls.is_none()));
    assert_eq!(desk.served("ana", "INBOX").await, own, "mail programs know these by now");
    // One of them was moved in the meantime.
    desk.put_away("ana", "three").await;
    let rows = desk.import("ana", &mail, &auto, KnownUidls::Replace).await.unwrap();
    assert!(rows.iter().all(|row| row.imported == 0));
    assert_eq!(rows[0].uidls.as_ref().map(|row| row.taken), Some(3));
    let want = ids(&[("one", "000000016b028d7b"), ("two", "OLD+2"), ("four", "own")]);
    assert_eq!(desk.served("ana", "INBOX").await, want);
    assert_eq!(
        desk.served("ana", "Sent").await,
        ids(&[("sent", "own"), ("three", "000000036b028d7b")])
    );
    let rows = desk.import("ana", &mail, &auto, KnownUidls::Replace).await.unwrap();
    assert_eq!(rows[0].uidls.as_ref().map(|row| (row.taken, row.refused)), Some((3, 0)));
}

#[tokio::test]
async fn couriers_ids_are_taken_over() {
    let desk = Desk::new().await;
    let mail = desk.path("courier");
    write(&mail, "cur/1.a.host,S=42:2,S", letter("one"));
    write(&mail, "cur/2.b.host:2,RS", letter("two"));
    write(&mail, "new/3.c.host", letter("three"));
    let list = "/3 8 77\n1.a.host,S=42:2, 42 7:77:0\n2.b.host:2,RS 42 0:0:0\n";
    write(&mail, "courierpop3dsizelist", list);
    desk.import("ana", &mail, &UidlChoice::default(), KnownUidls::Keep).await.unwrap();
    let want = ids(&[("one", "UID7-77"), ("two", "2.b.host"), ("three", "own")]);
    assert_eq!(desk.served("ana", "INBOX").await, want);
    // A host that made them of IMAP's UIDs.
    std::fs::remove_file(mail.join("courierpop3dsizelist")).unwrap();
    write(&mail, "courierimapuiddb", "1 88 4\n1 1.a.host,S=42\n3 3.c.host\n");
    let fault = desk.import("bob", &mail, &from(UidlFrom::Courier), KnownUidls::Keep).await;
    assert!(fault.unwrap_err().contains("--uidl-format"));
    let choice = formatted(UidlFrom::Courier, "%v-%u");
    desk.import("bob", &mail, &choice, KnownUidls::Keep).await.unwrap();
    let want = ids(&[("one", "88-1"), ("two", "own"), ("three", "88-3")]);
    assert_eq!(desk.served("bob", "INBOX").await, want);
}

/// The header of an index of Cyrus 3.6, and a UID and flags for each message.
fn cyrus_index(validity: u32, records: &[(u32, u32)]) -> Vec<u8> {
    let (start, size) = (160, 112);
    let mut octets = vec![0; start + size * records.len()];
    let mut put = |place: usize, number: u32| {
        octets[place..place + 4].copy_from_slice(&number.to_be_bytes());
    };
    let header = [(8, 17), (12, start as u32), (16, size as u32), (20, records.len() as u32)];
    for (place, number) in header.into_iter().chain([(44, validity), (60, 1)]) {
        put(place, number);
    }
    for (n, (uid, flags)) in records.iter().enumerate() {
        put(start + size * n, *uid);
        put(start + size * n + 32, *flags);
    }
    octets
}

#[tokio::test]
async fn mailboxes_of_cyrus_are_imported_with_their_ids() {
    let desk = Desk::new().await;
    let mail = desk.path("cyrus");
    for (uid, subject) in [(1, "one"), (2, "two"), (10, "ten")] {
        write(&mail, &format!("{uid}."), letter(subject).replace('\n', "\r\n"));
    }
    write(&mail, "cyrus.header", b"\xa1\x02\x8b\x0dCyrus mailbox header\n");
    write(&mail, "cyrus.index", cyrus_index(77, &[(1, 0b10000), (2, 1 << 31), (10, 0)]));
    write(&mail, "cyrus.cache", b"\0\0");
    write(&mail, "Entw&APw-rfe/1.", letter("draft"));
    write(&mail, "Entw&APw-rfe/cyrus.index", cyrus_index(77, &[(1, 0)]));
    let auto = UidlChoice::default();
    desk.import("ana", &mail, &auto, KnownUidls::Keep).await.unwrap();
    let want = ids(&[("one", "77.1"), ("ten", "77.10")]);
    assert_eq!(desk.served("ana", "INBOX").await, want, "the second was expunged");
    assert_eq!(desk.served("ana", "Entw\u{fc}rfe").await, ids(&[("draft", "own")]));
    for (format, id) in [("uidonly", "10"), ("dovecot", "0000000a0000004d"), ("courier", "77-10")] {
        let choice = formatted(UidlFrom::Cyrus, format);
        desk.import("bob", &mail, &choice, KnownUidls::Replace).await.unwrap();
        assert_eq!(desk.served("bob", "INBOX").await[1].1, id);
    }
    // Where the index is kept elsewhere, somebody has to say what it says.
    std::fs::remove_file(mail.join("cyrus.index")).unwrap();
    let mut choice = from(UidlFrom::Cyrus);
    let fault = desk.import("bob", &mail, &choice, KnownUidls::Replace).await.unwrap_err();
    assert!(fault.contains("--uidvalidity"), "{fault}");
    choice.uid_validity = Some(99);
    desk.import("bob", &mail, &choice, KnownUidls::Replace).await.unwrap();
    assert_eq!(desk.served("bob", "INBOX").await[1].1, "99.10");
}

const FROM: &str = "From a@b Tue Aug  6 10:23:41 2002\n";

#[tokio::test]
async fn a_list_by_numbers_must_count_what_is_there() {
    let desk = Desk::new().await;
    // As Thunderbird marks what it has removed and not yet compacted.
    let gone = "From - Tue Aug  6 10:23:41 2002\nX-Mozilla-Status: 0009\nX-Mozilla-Status2: 00000000\n\
                Subject: x\n\nx\n";
    let mbox = format!("{FROM}{}\n{gone}\n{FROM}{}\n", letter("one"), letter("two"));
    write(&desk.path("mail"), "Inbox", mbox);
    let list = |text: &str| {
        write(&desk.path(""), "list", text);
        from(UidlFrom::List(desk.path("list")))
    };
    let answer = list("+OK\r\n1 aa\r\n2 bb\r\n.\r\n");
    desk.import("ana", &desk.path("mail"), &answer, KnownUidls::Keep).await.unwrap();
    assert_eq!(desk.served("ana", "INBOX").await, ids(&[("one", "aa"), ("two", "bb")]));
    let other = list("1 aa\n2 bb\n3 cc\n");
    let fault = desk.import("bob", &desk.path("mail"), &other, KnownUidls::Keep).await;
    assert!(fault.unwrap_err().contains("numbers 3 messages and the files hold 2"));
    let wrong = list("1 aa\n2\n");
    let fault = desk.import("bob", &desk.path("mail"), &wrong, KnownUidls::Keep).await;
    assert!(fault.unwrap_err().contains("list, line 2: expected"));
    write(&desk.path("mh"), "1", letter("one"));
    write(&desk.path("mh"), "2", letter("two"));
    write(&desk.path("mh"), "10", letter("ten"));
    let other = list("1 aa\n3 cc\n");
    desk.import("bob", &desk.path("mh"), &other, KnownUidls::Keep).await.unwrap();
    let want = ids(&[("one", "aa"), ("two", "own"), ("ten", "cc")]);
    assert_eq!(desk.served("bob", "INBOX").await, want);
}

#[tokio::test]
async fn ids_come_from_a_list_of_names_or_from_headers() {
    let desk = Desk::new().await;
    let mail = desk.path("mail");
    write(&mail, "one.eml", letter("one").replace("Subject", "X-UIDL: +x1\nSubject"));
    write(&mail, "two.eml", letter("two"));
    write(&desk.path(""), "list", "# names\ntwo.eml n2\nthree.eml n3\n");
    let list = from(UidlFrom::List(desk.path("list")));
    desk.import("ana", &mail, &list, KnownUidls::Keep).await.unwrap();
    assert_eq!(desk.served("ana", "INBOX").await, ids(&[("one", "own"), ("two", "n2")]));
    desk.import("bob", &mail, &from(UidlFrom::Header), KnownUidls::Keep).await.unwrap();
    assert_eq!(desk.served("bob", "INBOX").await, ids(&[("one", "+x1"), ("two", "own")]));
}

#[tokio::test]
async fn ids_that_are_doubled_or_wrong_are_refused_and_named() {
    let desk = Desk::new().await;
    let mail = desk.path("mail");
    let long = "x".repeat(71);
    let mut list = String::new();
    for (name, id) in [("a", "same"), ("b", "same"), ("c", &*long), ("d", "d1"), ("e", "\u{e9}")] {
        write(&mail, &format!("{name}.eml"), letter(name));
        list.push_str(&format!("{name}.eml {id}\n"));
    }
    write(&desk.path(""), "list", list);
    let list = from(UidlFrom::List(desk.path("list")));
    let rows = desk.import("ana", &mail, &list, KnownUidls::Keep).await.unwrap();
    let row = rows[0].uidls.clone().unwrap();
    assert_eq!((row.taken, row.without, row.refused), (2, 0, 3));
    assert!(row.first_refused.iter().any(|refused| refused.starts_with("same (another")));
    let want = ids(&[("a", "same"), ("b", "own"), ("c", "own"), ("d", "d1"), ("e", "own")]);
    assert_eq!(desk.served("ana", "INBOX").await, want);
}

#[tokio::test]
async fn files_of_other_hosts_that_are_broken_are_no_reason_not_to_import() {
    let desk = Desk::new().await;
    let mail = desk.path("dovecot");
    dovecot(&mail);
    write(&mail, "dovecot-uidlist", "3 V1795329403 N4\nnonsense\n");
    let plan = desk.plan(&mail, &UidlChoice::default()).unwrap();
    assert!(plan.notes[0].contains("dovecot-uidlist, line 2: expected"), "{:?}", plan.notes);
    let fault = desk.plan(&mail, &from(UidlFrom::Dovecot)).unwrap_err();
    assert!(fault.contains("dovecot-uidlist, line 2: expected"), "{fault}");
    dovecot(&mail);
    write(&mail, "courierpop3dsizelist", "/3 8 77\n");
    let plan = desk.plan(&mail, &UidlChoice::default()).unwrap();
    assert!(plan.notes[0].contains("say with --uidl"), "{:?}", plan.notes);
    let fault = desk.plan(&desk.path(""), &from(UidlFrom::Dovecot)).unwrap_err();
    assert!(fault.contains("name the folder of the Inbox itself"), "{fault}");
}

#[tokio::test]
async fn an_export_and_an_import_keep_every_id() {
    let desk = Desk::new().await;
    let mail = desk.path("dovecot");
    dovecot(&mail);
    desk.import("ana", &mail, &UidlChoice::default(), KnownUidls::Keep).await.unwrap();
    // Each octet that an id may have.
    let all: Vec<u8> = (0x21..=0x7e).collect();
    for (n, part) in all.chunks(47).enumerate() {
        write(&desk.path("odd"), &format!("{n}.eml"), letter(&n.to_string()));
        let id = String::from_utf8(part.to_vec()).unwrap();
        write(&desk.path(""), "list", format!("{n}.eml {id}\n"));
        let list = from(UidlFrom::List(desk.path("list")));
        desk.import("ana", &desk.path("odd"), &list, KnownUidls::Replace).await.unwrap();
    }
    let want = desk.all_ids("ana").await;
    assert_eq!(want.len(), 7);
    for (user, format) in [("bob", Format::Maildir), ("cid", Format::Mbox), ("dora", Format::Eml)] {
        let folder = desk.path(user);
        desk.export("ana", &folder, format).await;
        let rows =
            desk.import(user, &folder, &UidlChoice::default(), KnownUidls::Keep).await.unwrap();
        assert_eq!(desk.all_ids(user).await, want, "{format:?}");
        assert!(rows.iter().all(|row| row.uidls.as_ref().unwrap().refused == 0));
        // Once more into where it came from, by somebody who asks for all ids to be set: nothing changes.
        let all = KnownUidls::Replace;
        let rows = desk.import("ana", &folder, &UidlChoice::default(), all).await.unwrap();
        assert!(rows.iter().all(|row| row.imported == 0));
        assert!(rows.iter().all(|row| row.uidls.as_ref().unwrap().refused == 0));
        assert_eq!(desk.all_ids("ana").await, want, "{format:?}");
    }
    // Files of an earlier export whose messages have gone keep their ids.
    desk.put_away("ana", "three").await;
    desk.export("ana", &desk.path("bob"), Format::Maildir).await;
    let list = std::fs::read_to_string(desk.path("bob").join("correio-uidl")).unwrap();
    assert!(list.contains(" 000000036b028d7b\n"));
}

#[tokio::test]
async fn ids_do_not_double_when_mail_is_imported_beside_itself() {
    let desk = Desk::new().await;
    let mail = desk.path("dovecot");
    dovecot(&mail);
    desk.import("ana", &mail, &UidlChoice::default(), KnownUidls::Keep).await.unwrap();
    desk.export("ana", &desk.path("out"), Format::Maildir).await;
    let before = desk.all_ids("ana").await;
    let rows = desk.import_below("ana", &desk.path("out"), "Copy").await;
    assert!(rows.iter().all(|row| row.uidls.as_ref().unwrap().taken == 0));
    let after = desk.all_ids("ana").await;
    assert_eq!(after.len(), before.len() * 2);
    assert!(before.iter().all(|id| after.contains(id)));
    let mut only: Vec<&String> = after.iter().map(|(_, _, id)| id).collect();
    only.sort();
    only.dedup();
    assert_eq!(only.len(), after.len());
}

#[tokio::test]
async fn a_backup_keeps_every_id() {
    let desk = Desk::new().await;
    let mail = desk.path("dovecot");
    dovecot(&mail);
    desk.import("ana", &mail, &UidlChoice::default(), KnownUidls::Keep).await.unwrap();
    let want = desk.all_ids("ana").await;
    let copy = desk.back_up().await;
    assert_eq!(copy.all_ids("ana").await, want);
}
