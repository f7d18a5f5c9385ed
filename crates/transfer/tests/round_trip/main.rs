//! Mail goes into files and comes back as it was: octets, flags, keywords, dates, unique ids and mailboxes, in each format;
//! and a second time nothing is new.
//!
//! `ROUND_TRIP_MESSAGES` says how many messages are made (200), `ROUND_TRIP_SEED` of which seed; `ROUND_TRIP_MAIL` names a
//! folder whose files are taken as messages instead.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "tests may be blunt"
)]

mod letters;
mod packed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use letters::{Letter, Random, letters};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Door, FlagNames, Keyword, MailboxName, Policy, Role, SetClock,
    Timestamp, Who, ZonedTime,
};
use transfer::plan::{Plan, Wanted};
use transfer::{
    AccountSink, AccountSource, Attributes, Exported, Format, Item, Known, MailSource, export,
    import,
};

const FORMATS: [Format; 3] = [Format::Mbox, Format::Maildir, Format::Eml];

/// Mailboxes whose names files cannot have as they are, or have in another meaning.
const MAILBOXES: [&str; 24] = [
    "INBOX",
    "INBOX/below",
    "Sent",
    "Wichtig",
    "Work/2024",
    "Work/a.b",
    "Work/a_b",
    "Entw\u{fc}rfe & Co.",
    "\u{65e5}\u{672c}\u{8a9e}",
    ".hidden",
    "_.hidden",
    "back\\slash",
    "cur",
    "new/tmp",
    "x.mbox",
    "x.mbox/mbox",
    "x",
    "y.sbd/z",
    "a:b;c",
    "correio-uidl",
    "correio-mailboxes/x",
    "~",
    "with space ",
    "LONG",
];

struct Bench {
    accounts: Accounts,
}

impl Bench {
    fn new() -> Bench {
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let engine = Arc::new(MemoryEngine::new());
        Bench { accounts: Accounts::new(engine, clock, Policy::default()) }
    }

    async fn account(&self, id: u32) -> Account {
        self.accounts.create(AccountId(id), &Who::at(Door::Admin)).await.unwrap()
    }

    async fn fill(&self, account: &Account, letters: &[Letter]) {
        let important = MailboxName::new("Wichtig").unwrap();
        account.create_mailbox(&important, Some(Role::Important)).await.unwrap();
        let empty = MailboxName::new("Empty/but there").unwrap();
        account.create_mailbox(&empty, None).await.unwrap();
        account.subscribe(&empty).await.unwrap();
        for letter in letters {
            let name = MailboxName::new(&letter.mailbox).unwrap();
            let id = match account.find(&name).unwrap() {
                Some(found) => found.id,
                None => account.create_mailbox(&name, None).await.unwrap(),
            };
            let mut incoming = self.accounts.receive();
            incoming.write(&letter.octets).await.unwrap();
            let received = incoming.finish().await.unwrap();
            let keywords = letter.keywords.iter().map(|text| Keyword::new(text).unwrap());
            let flags = FlagNames { system: letter.flags, keywords: keywords.collect() };
            let internal_date = Some(letter.date);
            let append = Append { received, flags, internal_date, uidl: None };
            account.append(id, vec![append]).await.unwrap();
        }
    }

    /// Imports, and says how many messages were new and how many were known.
    async fn import(&self, account: &Account, path: &Path) -> (u64, u64) {
        let plan = Plan::of(path, &Wanted::default()).unwrap();
        assert!(plan.passed_over.is_empty(), "{:?}", plan.passed_over);
        assert!(plan.notes.is_empty(), "{:?}", plan.notes);
        let mut sink = AccountSink::new(self.accounts.clone(), account.clone(), Known::default());
        let remarks = import(&mut sink, &plan, &mut |_| {}).await.unwrap();
        assert!(remarks.notes.is_empty() && remarks.unreadable.is_empty(), "{remarks:?}");
        let rows = sink.finish().await.unwrap();
        assert!(rows.iter().all(|row| row.refused == 0), "{rows:?}");
        (rows.iter().map(|row| row.imported).sum(), rows.iter().map(|row| row.known).sum())
    }
}

async fn written(account: &Account, path: &Path, format: Format) -> Exported {
    let mut source = AccountSource::new(account.clone(), &[]).unwrap();
    export(&mut source, path, format, &mut |_| {}).await.unwrap()
}

/// A message as an account has it. Of octets only few are worth printing.
type Shown = (Vec<u8>, Vec<String>, ZonedTime, String);

/// All that an account has: mailboxes with their use and whether somebody subscribed to them, and the messages in them.
fn everything(account: &Account) -> BTreeMap<String, (Option<Role>, bool, Vec<Shown>)> {
    let subscribed = account.subscriptions().unwrap();
    let mut all = BTreeMap::new();
    for mailbox in account.mailboxes().unwrap().iter() {
        let state = account.state(mailbox.id).unwrap();
        let reader = account.reader().unwrap();
        let uidls = account.uidls(&state).unwrap();
        let mut messages = Vec::new();
        for (entry, uidl) in state.entries.iter().zip(uidls) {
            let email = reader.email(entry.email).unwrap().unwrap();
            let octets = account.body(&email, 0..email.octets).unwrap().to_vec();
            let keywords = state.keywords_of(entry.flags).map(|k| k.as_str().to_owned());
            let mut flags: Vec<String> = keywords.collect();
            flags.sort();
            flags.push(format!("{:?}", letters::system(entry.flags)));
            messages.push((octets, flags, email.internal_date, uidl.to_string()));
        }
        messages.sort();
        let is_subscribed = subscribed.contains(&mailbox.name);
        all.insert(mailbox.name.to_string(), (mailbox.role, is_subscribed, messages));
    }
    all
}

fn must_agree(before: &Account, after: &Account, format: Format) {
    let (before, after) = (everything(before), everything(after));
    let names = |all: &BTreeMap<String, _>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after), "{format:?}");
    for (name, (role, subscribed, messages)) in &before {
        let (role_after, subscribed_after, messages_after) = &after[name];
        assert_eq!((role, subscribed), (role_after, subscribed_after), "{format:?} {name}");
        assert_eq!(messages.len(), messages_after.len(), "{format:?} {name}");
        for (before, after) in messages.iter().zip(messages_after) {
            let text = |octets: &[u8]| octets.escape_ascii().to_string();
            assert!(
                before.0 == after.0,
                "{format:?} {name}\nbefore {}\nafter  {}",
                text(&before.0),
                text(&after.0)
            );
            let shown = text(&before.0);
            assert_eq!((&before.1, before.2, &before.3), (&after.1, after.2, &after.3), "{shown}");
        }
    }
}

async fn go_round(letters: &[Letter]) {
    let bench = Bench::new();
    let from = bench.account(1).await;
    bench.fill(&from, letters).await;
    let count = letters.len() as u64;
    for (id, format) in (2..).zip(FORMATS) {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("mail");
        let first = written(&from, &path, format).await;
        assert_eq!(first, Exported { written: count, there: 0 }, "{format:?}");
        let to = bench.account(id).await;
        assert_eq!(bench.import(&to, &path).await, (count, 0), "{format:?}");
        must_agree(&from, &to, format);
        assert_eq!(bench.import(&to, &path).await, (0, count), "{format:?}");
        let second = written(&from, &path, format).await;
        assert_eq!(second, Exported { written: 0, there: count }, "{format:?}");
        assert_eq!(bench.import(&to, &path).await, (0, count), "{format:?}");
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test]
async fn mail_comes_back_as_it_was() {
    let seed = setting("ROUND_TRIP_SEED", 1);
    let count = setting("ROUND_TRIP_MESSAGES", 200);
    println!("ROUND_TRIP_SEED={seed} ROUND_TRIP_MESSAGES={count}");
    let mut random = Random::seeded(seed);
    let long = format!("{}/{}", "\u{e4}".repeat(120), "x".repeat(250));
    let names = MAILBOXES.map(|name| if name == "LONG" { long.clone() } else { name.to_owned() });
    let letters = match std::env::var("ROUND_TRIP_MAIL") {
        Ok(folder) => letters::of_folder(Path::new(&folder), &names, &mut random),
        Err(_) => letters(count as usize, &names, &mut random),
    };
    println!("{} messages", letters.len());
    go_round(&letters).await;
}

#[tokio::test]
async fn what_a_sender_wrote_in_our_words_is_his_text() {
    let letter = |octets: &str| Letter::plain(octets.as_bytes());
    go_round(&[
        letter("Subject: plain mail\r\nX-Mozilla-Status: 0009\r\n\r\nfrom a stranger\r\n"),
        letter("X-Mozilla-Status: 0009\r\nSubject: first\r\n\r\nfrom a stranger\r\n"),
        letter("Subject: mark me\r\nX-Status: D\r\nX-Keywords: $Junk\r\nStatus: RO\r\n\r\nx\r\n"),
        letter("Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\nX-IMAP: 1 2\r\n\r\nx\r\n"),
        letter(".dotheader\r\nSubject: no field first\r\n\r\nx\r\n"),
        letter("From a@b Tue Aug  6 10:23:41 2002\r\nSubject: x\r\n\r\n>From x\r\n"),
        letter("X-Correio-Export: fields=9 octets=1 date=5 lines=crlf\r\nX-Correio-UIDL: theirs\r\n\r\nx\r\n"),
        letter("X-Correio-UIDL: theirs\r\nStatus: RO\r\n\r\nx\r\n"),
        letter("X-GM-THRID: 1\r\nX-Gmail-Labels: Trash\r\nSubject: x\r\n\r\nx\r\n"),
        letter("Subject: x\r\nContent-Length: 1\r\n\r\nx\r\n\r\nFrom \r\nx\r\n"),
        letter("\u{feff}Subject: x\r\r\n\r\r\nx\ny\rz"),
        letter("no header"),
        letter("\r\n\r\n\r\n"),
        letter("\n"),
        letter("\r"),
    ])
    .await;
}

/// Takes the zones out of the names of files and out of the lists beside them, as exports wrote them once.
fn without_zones(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            without_zones(&path);
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("correio-") {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("+0200", "")).unwrap();
        } else {
            std::fs::rename(&path, path.with_file_name(name.replace("+0200", ""))).unwrap();
        }
    }
}

#[tokio::test]
async fn exports_from_before_zones_go_on() {
    let mut letter = Letter::plain(b"Subject: x\r\n\r\nx\r\n");
    letter.date.zone_minutes = 120;
    letter.keywords = (0..30).map(|number| format!("keyword-{number}")).collect();
    let bench = Bench::new();
    let from = bench.account(1).await;
    bench.fill(&from, &[letter]).await;
    for (id, format) in (2..).zip([Format::Maildir, Format::Eml]) {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("mail");
        written(&from, &path, format).await;
        without_zones(&path);
        let again = written(&from, &path, format).await;
        assert_eq!(again, Exported { written: 0, there: 1 }, "{format:?}");
        let to = bench.account(id).await;
        assert_eq!(bench.import(&to, &path).await, (1, 0), "{format:?}");
        must_agree(&from, &to, format);
        let list = std::fs::read_to_string(path.join(match format {
            Format::Maildir => "correio-uidl",
            Format::Eml | Format::Mbox => "INBOX/correio-uidl",
        }));
        assert_eq!(list.unwrap().lines().count(), 1, "{format:?}");
    }
}

/// The files below a folder that hold messages or begin to, by their sizes.
fn files_of(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_of(&path));
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().contains(".correio")) {
            let octets = path.metadata().unwrap().len();
            found.push((path, octets));
        }
    }
    found
}

#[tokio::test]
async fn what_a_power_cut_left_of_files_is_written_anew() {
    let bench = Bench::new();
    let from = bench.account(1).await;
    let letters = ["Subject: 1\r\n\r\nx\r\n", "Subject: 2\r\n\r\ny\nz"];
    bench.fill(&from, &letters.map(|text| Letter::plain(text.as_bytes()))).await;
    for (id, format) in (2..).zip([Format::Maildir, Format::Eml]) {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("mail");
        written(&from, &path, format).await;
        let before = files_of(&path);
        for (file, _) in &before {
            std::fs::write(file, "").unwrap();
        }
        let again = written(&from, &path, format).await;
        assert_eq!(again, Exported { written: 2, there: 0 }, "{format:?}");
        assert_eq!(files_of(&path), before);
        let to = bench.account(id).await;
        assert_eq!(bench.import(&to, &path).await, (2, 0), "{format:?}");
        must_agree(&from, &to, format);
    }
}

/// Gives one message, and fails in its middle.
struct Broken(Option<Attributes>, u32);

impl MailSource for Broken {
    type Fault = std::io::Error;

    fn expected(&self) -> Option<u64> {
        None
    }

    async fn next(&mut self) -> Result<Option<Item>, std::io::Error> {
        Ok(self.0.take().map(Item::Message))
    }

    async fn read(&mut self) -> Result<Vec<u8>, std::io::Error> {
        self.1 += 1;
        if self.1 == 1 {
            Ok(b"Subject: x\r\n\r\n".to_vec())
        } else {
            Err(std::io::Error::other("cut"))
        }
    }
}

#[tokio::test]
async fn an_export_that_is_broken_off_leaves_no_half_files() {
    let date = Some(Timestamp(1).into());
    for format in FORMATS {
        let files = tempfile::tempdir().unwrap();
        let mailbox = "x".to_owned();
        let message =
            Attributes { mailbox, date, octets: 99, uid: Some((1, 1)), ..Attributes::default() };
        let mut source = Broken(Some(message), 0);
        assert!(export(&mut source, files.path(), format, &mut |_| {}).await.is_err());
        assert!(files_of(files.path()).is_empty(), "{format:?}");
        assert!(!files.path().join("x.mbox.part").exists());
        // What is left when the program is killed is no mail to an import.
        let half = [".1.V1U1.correio.eml.part", "x.mbox.part"];
        for name in half {
            let text = "From a@b Tue Aug  6 10:23:41 2002\nSubject: x\n\n";
            std::fs::write(files.path().join(name), text).unwrap();
        }
        let plan = Plan::of(files.path(), &Wanted::default()).unwrap();
        assert_eq!((plan.sources.len(), plan.passed_over.count()), (0, half.len() as u64));
    }
}

#[tokio::test]
async fn what_is_refused_is_named_with_its_place() {
    let policy = Policy { message_octets_max: 100, ..Policy::default() };
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, policy);
    let account = accounts.create(AccountId(1), &Who::at(Door::Admin)).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let from = "From a@b Tue Aug  6 10:23:41 2002\nSubject: x\n\n";
    let long = "x".repeat(200);
    let path = files.path().join("a.mbox");
    std::fs::write(&path, format!("{from}1\n\n{from}{long}\n\n{from}3\n")).unwrap();
    let plan = Plan::of(&path, &Wanted::default()).unwrap();
    let mut sink = AccountSink::new(accounts, account, Known::default());
    import(&mut sink, &plan, &mut |_| {}).await.unwrap();
    let rows = sink.finish().await.unwrap();
    assert_eq!((rows[0].imported, rows[0].refused), (2, 1));
    let want = format!("{}, octet 49: the message is larger than 100 octets", path.display());
    assert_eq!(rows[0].first_refused, [want]);
}

#[tokio::test]
async fn names_that_mean_one_mailbox_are_one() {
    let bench = Bench::new();
    let account = bench.account(1).await;
    let files = tempfile::tempdir().unwrap();
    let text = "From a@b Tue Aug  6 10:23:41 2002\nSubject: x\n\n1\n";
    for name in ["inbox", "INBOX", "e\u{301}", "\u{e9}"] {
        std::fs::write(files.path().join(name), text).unwrap();
    }
    let plan = Plan::of(files.path(), &Wanted::default()).unwrap();
    for (imported, known) in [(2, 0), (0, 2)] {
        let mut sink = AccountSink::new(bench.accounts.clone(), account.clone(), Known::default());
        import(&mut sink, &plan, &mut |_| {}).await.unwrap();
        let rows = sink.finish().await.unwrap();
        let rows: Vec<_> =
            rows.iter().map(|row| (row.mailbox.as_str(), row.imported, row.known)).collect();
        assert_eq!(rows, [("INBOX", imported, known), ("\u{e9}", imported, known)]);
    }
}

#[tokio::test]
async fn two_exports_into_one_folder_do_not_mix() {
    let bench = Bench::new();
    let from = bench.account(1).await;
    bench.fill(&from, &[Letter::plain(b"Subject: x\r\n\r\nx\r\n")]).await;
    let files = tempfile::tempdir().unwrap();
    let other = machine::files::lock_folder(files.path()).unwrap();
    let mut source = AccountSource::new(from.clone(), &[]).unwrap();
    let fault = export(&mut source, files.path(), Format::Mbox, &mut |_| {}).await.unwrap_err();
    let want = format!("{}: another program writes there", files.path().display());
    assert_eq!(fault.to_string(), want);
    drop(other);
    assert_eq!(written(&from, files.path(), Format::Mbox).await.written, 1);
}
