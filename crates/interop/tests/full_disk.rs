//! A full disk: mail is put off and not lost, deletions work, and service returns as soon as there is room.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use interop::host::{PASSWORD, address};
use interop::imap::Imap;
use interop::lmtp::Lmtp;
use interop::volume::Volume;
use interop::{Host, Listener};

fn letter(name: &str) -> Vec<u8> {
    let mut text = format!("From: a@example.net\r\nSubject: {name}\r\n\r\n");
    for line in 0..1_500 {
        text.push_str(&format!("{name} line {line} {}\r\n", line * 7_919 % 10_007));
    }
    text.into_bytes()
}

/// Delivers until the disk is full; gives the names of what was accepted.
fn fill(host: &Host, prefix: &str) -> BTreeSet<String> {
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    let mut accepted = BTreeSet::new();
    for number in 0..20_000 {
        let name = format!("{prefix}-{number}");
        let answer = lmtp.deliver(&[address("ana")], &letter(&name));
        match answer.unwrap().remove(0) {
            ok if ok.starts_with("250") => accepted.insert(name),
            no => {
                assert!(no.starts_with("452"), "a full disk is no reason to send mail back: {no}");
                return accepted;
            }
        };
    }
    unreachable!("the disk does not fill")
}

fn names(imap: &mut Imap) -> BTreeSet<String> {
    imap.ok("SELECT INBOX").unwrap();
    let answer = imap.ok("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])").unwrap();
    let fetched: Vec<_> = answer.untagged.iter().filter(|r| !r.literals.is_empty()).collect();
    let subject = |octets: &[u8]| String::from_utf8_lossy(octets).trim()[9..].to_owned();
    let names: BTreeSet<String> = fetched.iter().map(|r| subject(&r.literals[0])).collect();
    assert_eq!(names.len(), fetched.len(), "something is there twice");
    names
}

#[test]
fn a_full_disk_loses_nothing_and_service_returns() {
    let Some(volume) = Volume::new(160) else { return };
    let ballast = volume.path().join("ballast");
    std::fs::write(&ballast, vec![0; 24 << 20]).unwrap();
    let data = volume.path().join("data");
    let host = Host::start_in(&data);
    host.add("ana");
    let mut accepted = fill(&host, "first");
    println!("{} messages of 40 KB fitted", accepted.len());
    let login =
        |host: &Host| Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
    let mut imap = login(&host);
    assert_eq!(names(&mut imap), accepted);
    // However large a message is: held in memory, or put on the disk as it comes.
    for repeat in [1, 12] {
        let large = letter("refused").repeat(repeat);
        let refused = imap.append("INBOX", "", &large).unwrap();
        assert!(refused.status.starts_with("NO [UNAVAILABLE]"), "{}", refused.status);
        let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
        let answers = lmtp.deliver(&[address("ana")], &large).unwrap();
        assert!(answers[0].starts_with("452 4.3.1"), "{answers:?}");
    }
    assert_eq!(names(&mut imap), accepted);

    // Deleting and flagging work with no room at all.
    imap.ok("STORE 1:5 +FLAGS (\\Deleted)").unwrap();
    imap.ok("EXPUNGE").unwrap();
    let left = names(&mut imap);
    assert_eq!((left.len(), left.is_subset(&accepted)), (accepted.len() - 5, true));
    accepted = left;

    // Room again: service returns without a restart.
    std::fs::remove_file(&ballast).unwrap();
    let start = Instant::now();
    loop {
        let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
        if lmtp.deliver(&[address("ana")], &letter("back")).unwrap()[0].starts_with("250") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "no service though there is room");
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("service was back {} ms after the room", start.elapsed().as_millis());
    accepted.insert("back".to_owned());

    // Full again, killed, and opened on the full disk.
    accepted.extend(fill(&host, "second"));
    host.kill();
    let host = Host::start_in(&data);
    let mut imap = login(&host);
    assert_eq!(names(&mut imap), accepted);
    imap.ok("STORE 1:3 +FLAGS (\\Deleted)").unwrap();
    imap.ok("EXPUNGE").unwrap();
    assert_eq!(names(&mut imap).len(), accepted.len() - 3);
}
