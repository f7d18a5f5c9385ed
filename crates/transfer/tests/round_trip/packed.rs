//! Mail goes out as one stream, and comes back as it was.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use mailbox::Account;
use transfer::plan::{Plan, Wanted};
use transfer::{
    AccountSink, AccountSource, Attributes, Content, Format, Handed, Item, Known, MailSource as _,
    Packing, import,
};

use crate::letters::{Random, letters};
use crate::{Bench, FORMATS, MAILBOXES, everything};

/// All of an account in a stream; the attributes are those of its messages.
async fn packed(
    account: &Account,
    format: Format,
    left_out: &[String],
) -> (Vec<u8>, Vec<Attributes>) {
    let mut source = AccountSource::new(account.clone(), &[]).unwrap();
    let (mut packing, mut out, mut all) = (Packing::new(format), Vec::new(), Vec::new());
    while let Some(item) = source.next().await.unwrap() {
        let Item::Message(message) = item else { continue };
        packing.begin(&message, &mut out);
        loop {
            let octets = source.read().await.unwrap();
            if octets.is_empty() {
                break;
            }
            // In pieces, as they come over a network.
            octets.chunks(1_000).for_each(|piece| packing.write(piece, &mut out));
        }
        packing.end(&message, &mut out);
        all.push(message);
    }
    packing.finish(left_out, &mut out);
    (out, all)
}

fn number(octets: &[u8], at: usize, length: usize) -> usize {
    octets[at..at + length].iter().rev().fold(0, |sum, octet| (sum << 8) | usize::from(*octet))
}

fn put(folder: &Path, name: &str, octets: &[u8]) {
    assert!(!name.starts_with('/') && !name.contains(".."), "{name}");
    let path = folder.join(name);
    if name.ends_with('/') {
        std::fs::create_dir_all(path).unwrap();
    } else {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(!path.exists(), "{name} is there twice");
        std::fs::write(path, octets).unwrap();
    }
}

fn unzip(archive: &[u8], folder: &Path) {
    let end = archive.len() - 22;
    assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
    let (mut at, mut files) = (number(archive, end + 16, 4), 0);
    while &archive[at..at + 4] == b"PK\x01\x02" {
        let [crc, packed, octets] = [16, 20, 24].map(|field| number(archive, at + field, 4));
        let [name, more] = [28, 30].map(|field| number(archive, at + field, 2));
        let header = number(archive, at + 42, 4);
        let text = std::str::from_utf8(&archive[at + 46..at + 46 + name]).unwrap();
        let begin = header + 30 + number(archive, header + 26, 2) + number(archive, header + 28, 2);
        let mut content = Vec::new();
        let mut inflating = flate2::read::DeflateDecoder::new(&archive[begin..begin + packed]);
        inflating.read_to_end(&mut content).unwrap();
        let mut sum = flate2::Crc::new();
        sum.update(&content);
        assert_eq!((content.len(), sum.sum() as usize), (octets, crc), "{text}");
        put(folder, text, &content);
        at += 46 + name + more;
        files += 1;
    }
    assert_eq!((at, files), (end, number(archive, end + 10, 2)));
}

fn untar(archive: &[u8], folder: &Path) {
    let (mut at, mut long) = (0, None);
    while archive[at] != 0 {
        let header = &archive[at..at + 512];
        let text = |from: usize, to: usize| {
            std::str::from_utf8(&header[from..to]).unwrap().trim_end_matches('\0').to_owned()
        };
        let octets = usize::from_str_radix(&text(124, 136), 8).unwrap();
        let content = &archive[at + 512..at + 512 + octets];
        match header[156] {
            b'x' => {
                let line = std::str::from_utf8(content).unwrap().split_once("path=").unwrap().1;
                long = Some(line.trim_end().to_owned());
            }
            b'0' | b'5' => put(folder, &long.take().unwrap_or_else(|| text(0, 100)), content),
            other => panic!("{other}"),
        }
        at += 512 + octets.next_multiple_of(512);
    }
    assert_eq!(archive.len(), at + 1_024);
}

#[tokio::test]
async fn what_goes_out_in_one_stream_comes_back_as_it_was() {
    let bench = Bench::new();
    let account = bench.account(1).await;
    let long = format!("{}/{}", "\u{e4}".repeat(120), "x".repeat(250));
    let names = MAILBOXES.map(|name| if name == "LONG" { long.clone() } else { name.to_owned() });
    bench.fill(&account, &letters(150, &names, &mut Random::seeded(7))).await;
    for (id, format) in (2..).zip(FORMATS) {
        let (out, messages) = packed(&account, format, &["one that is damaged".to_owned()]).await;
        let folder = tempfile::tempdir().unwrap();
        match format {
            Format::Mbox => put(folder.path(), "INBOX.mbox", &out),
            Format::Eml => unzip(&out, folder.path()),
            Format::Maildir => untar(&out, folder.path()),
        }
        if format != Format::Mbox {
            let told = std::fs::read_to_string(folder.path().join("left-out.txt")).unwrap();
            assert_eq!(told, "one that is damaged\n");
            std::fs::remove_file(folder.path().join("left-out.txt")).unwrap();
        }
        let other = bench.account(id).await;
        let (imported, known) = bench.import(&other, folder.path()).await;
        let (before, after) = (everything(&account), everything(&other));
        // One mbox has no place for mailboxes, and with them equal messages are one. Unique ids are of an account.
        let place = |name: &str| {
            if format == Format::Mbox || name == "INBOX" { "" } else { name }.to_owned()
        };
        let shown = |all: &std::collections::BTreeMap<String, (_, bool, Vec<super::Shown>)>| {
            let each = all.iter().flat_map(|(name, (_, _, list))| {
                list.iter().map(move |(octets, flags, date, _)| {
                    (place(name), octets.clone(), flags.clone(), date.time, date.zone_minutes)
                })
            });
            each.collect::<BTreeSet<_>>()
        };
        assert_eq!(shown(&before), shown(&after), "{format:?}");
        assert_eq!(imported + known, messages.len() as u64);
    }
}

/// A file in memory.
#[derive(Debug)]
struct Held(Vec<u8>);

impl Handed for Held {
    fn open(&self) -> std::io::Result<Box<dyn Content>> {
        Ok(Box::new(std::io::Cursor::new(self.0.clone())))
    }

    fn octets(&self) -> u64 {
        self.0.len() as u64
    }

    fn changed_s(&self) -> i64 {
        0
    }
}

#[tokio::test]
async fn a_file_that_is_handed_over_comes_in_below_a_mailbox_with_flags_and_dates() {
    let bench = Bench::new();
    let account = bench.account(1).await;
    let names = ["INBOX", "Work", "Work/2024"].map(str::to_owned);
    bench.fill(&account, &letters(60, &names, &mut Random::seeded(3))).await;
    for (id, format) in (2..).zip(FORMATS) {
        let (out, messages) = packed(&account, format, &[]).await;
        let other = bench.account(id).await;
        let wanted = Wanted { below: Some("Old"), ..Wanted::default() };
        let plan = Plan::of_handed("mail", Arc::new(Held(out)), &wanted);
        assert!(plan.passed_over.is_empty(), "{:?}", plan.passed_over);
        let mut sink = AccountSink::new(bench.accounts.clone(), other.clone(), Known::default());
        let remarks = import(&mut sink, &plan, &mut |_| {}).await.unwrap();
        assert!(remarks.notes.is_empty() && remarks.unreadable.is_empty(), "{remarks:?}");
        let rows = sink.finish().await.unwrap();
        let count: u64 = rows.iter().map(|row| row.imported + row.known).sum();
        assert_eq!(count, messages.len() as u64);
        let (before, after) = (everything(&account), everything(&other));
        let place = |name: &str| {
            if format == Format::Mbox || name == "INBOX" {
                "Old".to_owned()
            } else {
                format!("Old/{name}")
            }
        };
        for (name, (_, _, list)) in before.iter().filter(|(_, (_, _, list))| !list.is_empty()) {
            let there = &after[&place(name)].2;
            for (octets, flags, date, _) in list {
                let is_it =
                    |other: &&super::Shown| (&other.0, &other.1, &other.2) == (octets, flags, date);
                assert!(
                    there.iter().any(|other| is_it(&other)),
                    "{format:?} {name} {flags:?} {date:?}"
                );
            }
        }
    }
}
