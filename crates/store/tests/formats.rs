//! Stores of every earlier format, kept in `formats/`: each is opened, read, checked, repaired and taken to today's.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use mailbox::BodyHash;
use mailbox::engine::{Batch, Engine};
use mailbox::operations::{Append, Store as Flagging};
use mailbox::search::Query;
use mailbox::{
    Account, AccountId, Accounts, Annotate, Annotated, AnnotationName, Direction, Door, EmailId,
    FlagMode, FlagNames, Flags, Grantee, Indexed, Keyword, MailboxName, Mirrored, Place, Placement,
    PlacementName, PlacementNote, PlacementState, Policy, RemoteId, Rights, RightsChange, SeenBy,
    SetClock, Sign, SortField, SortKey, Taken, There, ThreadAlgorithm, Timestamp, Uid, UidSet,
    UploadId, Who,
};
use store::sim::{SimulatedDisk, Trouble};
use store::{Disk, OpenError, Options, RealDisk, Store};

const ACCOUNT: AccountId = AccountId(7);
/// So many messages are appended; two are removed, and the rest is copied to Archive.
const MESSAGES: u32 = 14;
/// This one is so large that it lies in chunks.
const LARGE: u32 = 5;

/// What was uploaded, since format 9, under the number behind those of the messages.
const UPLOADED: &[u8] = b"not an email yet";
/// The kept stores and their formats. `1` holds keys and bodies that are no account's.
const KEPT: [(&str, u32); 14] = [
    ("1", 1),
    ("2", 2),
    ("3", 3),
    ("4", 4),
    ("5", 5),
    ("6", 6),
    ("7", 7),
    ("8", 8),
    ("9", 9),
    ("10", 10),
    ("11", 11),
    ("12", 12),
    ("13", 13),
    ("14", TODAY),
];
/// The format of this program.
const TODAY: u32 = 14;

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats").join(name)
}

fn text(number: u32) -> Vec<u8> {
    let head = format!(
        "From: Ana <ana@example.org>\r\nMessage-ID: <{number}@example.org>\r\n\
         Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nSubject: Message {number}\r\n\r\n"
    );
    let lines = if number == LARGE { 4_200 } else { number as usize };
    let line = "The quick brown fox jumps over the lazy dog, again and again.\r\n";
    [head.into_bytes(), line.repeat(lines).into_bytes()].concat()
}

fn accounts(store: &Store) -> Accounts {
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 1_000_000,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        indexed_emails_least: 0,
        ..Policy::default()
    };
    let clock = Arc::new(SetClock::at(Timestamp(1_800_000_000)));
    Accounts::new(Arc::new(store.clone()), clock, policy)
}

fn mailbox_id(account: &Account, name: &str) -> mailbox::MailboxId {
    account.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id
}

fn set(uids: impl IntoIterator<Item = u32>) -> UidSet {
    uids.into_iter().filter_map(Uid::new).collect()
}

/// Fills a store as the kept ones are filled.
async fn fill(store: &Store) {
    let accounts = accounts(store);
    let account = accounts.create(ACCOUNT, &Who::at(Door::Imap)).await.unwrap();
    let inbox = mailbox_id(&account, "INBOX");
    for number in 1..=MESSAGES {
        let mut incoming = accounts.receive();
        for piece in text(number).chunks(50_000) {
            incoming.write(piece).await.unwrap();
        }
        let flags = FlagNames { system: Flags(u64::from(number % 4)), keywords: Vec::new() };
        let received = incoming.finish().await.unwrap();
        let message = Append { received, flags, internal_date: None, uidl: None };
        account.append(inbox, vec![message]).await.unwrap();
    }
    // More than a small batch of these options holds: it goes in parts.
    account.copy(inbox, &set(1..=MESSAGES), mailbox_id(&account, "Archive")).await.unwrap();
    let flags = FlagNames { system: Flags::FLAGGED, keywords: Vec::new() };
    let change = Flagging { uids: set([3, 4]), mode: FlagMode::Add, flags, unchanged_since: None };
    account.store(inbox, change).await.unwrap();
    account.remove(inbox, &set([1, 2])).await.unwrap();
    let mut incoming = accounts.receive();
    incoming.write(UPLOADED).await.unwrap();
    account.keep_upload(incoming.finish().await.unwrap()).await.unwrap();
    account.note_placements(REMOTE, vec![(found(), Some(placement(&account)))]).await.unwrap();
    account.note_placements(REMOTE, mirrored(&account)).await.unwrap();
    put_card(&account, "ana").await;
    share(&accounts, &account).await;
    annotate(&accounts, &account).await;
    while accounts.index(ACCOUNT).await.unwrap() != Indexed::Idle {}
}

/// With whom Archive is shared, since format 13, each with an own `\Seen`.
const GUEST: AccountId = AccountId(9);
/// What that user has seen there.
const SEEN_BY_GUEST: [u32; 3] = [2, 3, 9];

async fn share(accounts: &Accounts, account: &Account) {
    let archive = mailbox_id(account, "Archive");
    let grantee = (Grantee::User(GUEST), Sign::Given);
    let rights = RightsChange::Replace(Rights::parse("lrs").unwrap());
    account.set_rights(archive, grantee, rights).await.unwrap();
    let withheld = (Grantee::Anyone, Sign::Withheld);
    let rights = RightsChange::Add(Rights::ADMINISTER);
    account.set_rights(archive, withheld, rights).await.unwrap();
    account.set_seen_by(archive, SeenBy::EachUser).await.unwrap();
    let guest = accounts.enter_shared(ACCOUNT, GUEST, Who::at(Door::Imap)).await.unwrap();
    let flags = FlagNames { system: Flags::SEEN, keywords: Vec::new() };
    let (uids, mode) = (set(SEEN_BY_GUEST), FlagMode::Add);
    let change = Flagging { uids, mode, flags, unchanged_since: None };
    guest.store(archive, change).await.unwrap();
}

/// Reads what `share` wrote.
async fn assert_shared(store: &Store) {
    let accounts = accounts(store);
    assert_eq!(accounts.owners(GUEST).await.unwrap(), [ACCOUNT]);
    let guest = accounts.enter_shared(ACCOUNT, GUEST, Who::at(Door::Imap)).await.unwrap();
    let archive = mailbox_id(&guest, "Archive");
    assert_eq!(guest.rights(archive), Rights::parse("lrs").unwrap());
    let state = guest.state(archive).unwrap();
    let seen = state.entries.iter().filter(|entry| entry.flags.contains(Flags::SEEN));
    assert_eq!(seen.map(|entry| entry.uid.number()).collect::<Vec<_>>(), SEEN_BY_GUEST);
}

/// What Archive is annotated with, since format 14: for all, by its owner, by the guest.
const ANNOTATED: [(&str, &[u8]); 3] = [
    ("/shared/comment", b"of the old days"),
    ("/private/vendor/correio/colour", b"blue"),
    ("/private/comment", b"\0read"),
];

fn annotation(index: usize) -> (AnnotationName, Option<Bytes>) {
    let (name, value) = ANNOTATED[index];
    (AnnotationName::new(name).unwrap(), Some(Bytes::from_static(value)))
}

async fn annotate(accounts: &Accounts, account: &Account) {
    let archive = Annotated::Mailbox(mailbox_id(account, "Archive"));
    let of_owner = Annotate { annotations: vec![annotation(0), annotation(1)], role: None };
    account.annotate(archive, of_owner).await.unwrap();
    let of_account = Annotate { annotations: vec![annotation(1)], role: None };
    account.annotate(Annotated::Account, of_account).await.unwrap();
    let guest = accounts.enter_shared(ACCOUNT, GUEST, Who::at(Door::Imap)).await.unwrap();
    let of_guest = Annotate { annotations: vec![annotation(2)], role: None };
    guest.annotate(archive, of_guest).await.unwrap();
}

/// Reads what `annotate` wrote.
async fn assert_annotated(store: &Store) {
    let accounts = accounts(store);
    let account = accounts.open(ACCOUNT, Who::at(Door::Imap)).unwrap();
    let guest = accounts.enter_shared(ACCOUNT, GUEST, Who::at(Door::Imap)).await.unwrap();
    let archive = Annotated::Mailbox(mailbox_id(&account, "Archive"));
    for (account, of, expected) in [
        (&account, archive, vec![1, 0]),
        (&account, Annotated::Account, vec![1]),
        (&guest, archive, vec![2, 0]),
    ] {
        let found = account.annotations(of).unwrap().into_iter();
        let found: Vec<_> = found.map(|found| (found.name, Some(found.value))).collect();
        assert_eq!(found, expected.into_iter().map(annotation).collect::<Vec<_>>());
    }
}

/// Where a message was found elsewhere, since format 10.
const REMOTE: RemoteId = RemoteId(77);

fn found() -> PlacementName {
    PlacementName::new(b"uX1").unwrap()
}

fn placement(account: &Account) -> Placement {
    let email = account.reader().unwrap().email(EmailId(FOUND)).unwrap().unwrap();
    let (hash, header) = (email.hash, [9; 32]);
    let taken = Taken { email: email.id, hash, header, there: There::Leaving };
    let since = Timestamp(1_800_000_000);
    let state = PlacementState::Taken(taken);
    Placement { since, listed_octets: Some(5), missing_since: None, state }
}

/// What is known of a mirror, since format 12.
fn mirrored(account: &Account) -> Vec<PlacementNote> {
    let found = placement(account);
    let PlacementState::Taken(taken) = found.state.clone() else { panic!("{found:?}") };
    let flags = FlagNames { system: Flags::SEEN, keywords: vec![Keyword::new("$Work").unwrap()] };
    let mailbox = mailbox_id(account, "INBOX");
    let mirrored = Mirrored { taken, mailbox, uid: Uid::new(3).unwrap(), flags };
    [PlacementState::Mirrored(mirrored), PlacementState::Noted([1, 2].as_slice().into())]
        .into_iter()
        .zip([b"m", b"f"])
        .map(|(state, name)| {
            let placement = Placement { state, ..found.clone() };
            (PlacementName::new(name).unwrap(), Some(placement))
        })
        .collect()
}

fn assert_mirror_is_there(store: &Store) {
    let account = accounts(store).open(ACCOUNT, Who::at(Door::Imap)).unwrap();
    for (name, placement) in mirrored(&account) {
        let known = account.placements(REMOTE, &[name]).unwrap().remove(0).unwrap();
        assert_eq!(Some(known.placement), placement);
    }
}

/// This message was found there.
const FOUND: u64 = 3;

/// Reads where it was found.
fn assert_placement_is_there(store: &Store) {
    let account = accounts(store).open(ACCOUNT, Who::at(Door::Imap)).unwrap();
    let known = account.placements(REMOTE, &[found()]).unwrap().remove(0).unwrap();
    assert_eq!((known.placement, known.place), (placement(&account), Place::Here));
}

/// Puts a card with a photo into the first address book, which is made where there is none.
async fn put_card(account: &Account, uid: &'static str) {
    let photo = "data:image/png;base64,AAEC";
    let text =
        format!(r#"{{"uid": "{uid}", "media": {{"p": {{"kind": "photo", "uri": "{photo}"}}}}}}"#);
    let card = cards::Card::of(cards::Card::read(text.as_bytes()).unwrap());
    let put = account.edit_contacts(1, move |edit| {
        edit.make_first("Contacts").unwrap();
        let book = edit.default_book().unwrap();
        edit.put_card(None, &card, &[(book, None)].into()).unwrap();
        Ok(())
    });
    put.await.unwrap();
}

/// Reads the card, where there is one already, and writes another.
async fn assert_contacts(store: &Store, has_card: bool) {
    let account = accounts(store).open(ACCOUNT, Who::at(Door::Imap)).unwrap();
    let contacts = account.contacts().await.unwrap();
    assert_eq!(contacts.cards().len(), usize::from(has_card));
    for card in contacts.cards() {
        let kept = contacts.kept(card.id).unwrap().unwrap();
        assert_eq!(kept.object["uid"], "ana");
        let photo = contacts.photo(card.id, &cards::PhotoName::of(&[0, 1, 2])).unwrap();
        assert_eq!(photo.unwrap(), &[0, 1, 2][..]);
    }
    put_card(&account, "bob").await;
    assert_eq!(account.contacts().await.unwrap().cards().len(), usize::from(has_card) + 1);
    assert_eq!(account.check().unwrap().wrong, []);
}

/// Reads what was uploaded.
fn assert_upload_is_there(store: &Store) {
    let account = accounts(store).open(ACCOUNT, Who::at(Door::Imap)).unwrap();
    let upload = account.upload(UploadId(u64::from(MESSAGES) + 1)).unwrap().unwrap();
    assert_eq!(account.upload_octets(&upload, 0..u64::MAX).unwrap(), UPLOADED);
}

/// Reads everything that `fill` left.
fn assert_all_is_there(store: &Store, what: &str) {
    let accounts = accounts(store);
    let account = accounts.open(ACCOUNT, Who::at(Door::Imap)).unwrap();
    let reader = account.reader().unwrap();
    for (name, first) in [("INBOX", 3), ("Archive", 1)] {
        let state = account.state(mailbox_id(&account, name)).unwrap();
        let mut numbers = Vec::new();
        for entry in state.entries.iter() {
            let email = reader.email(entry.email).unwrap().unwrap();
            let number = entry.uid.number();
            assert_eq!(account.body(&email, 0..email.octets).unwrap(), text(number), "{what}");
            let flagged = name == "INBOX" && [3, 4].contains(&number);
            assert_eq!(entry.flags.0 & Flags::FLAGGED.0 != 0, flagged, "{what}: {number}");
            numbers.push(number);
        }
        assert_eq!(numbers, (first..=MESSAGES).collect::<Vec<_>>(), "{what}: {name}");
    }
    let checked = accounts.check(ACCOUNT).unwrap();
    assert!(checked.wrong.is_empty(), "{what}: {:?}", checked.wrong);
}

/// The kept store on a disk of its own.
fn kept_on_disk(name: &str) -> SimulatedDisk {
    let disk = SimulatedDisk::new(1);
    for directory in ["", "journal"] {
        for entry in std::fs::read_dir(kept(name).join(directory)).unwrap() {
            let entry = entry.unwrap();
            if !entry.file_type().unwrap().is_file() {
                continue;
            }
            let file = entry.file_name().into_string().unwrap();
            let file = if directory.is_empty() { file } else { format!("{directory}/{file}") };
            disk.create(&file).unwrap().write_at(0, &std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
    disk.copy()
}

fn port(disk: &SimulatedDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

fn open(disk: &SimulatedDisk) -> Store {
    Store::open(port(disk), Options::tiny()).unwrap()
}

fn format_of(disk: &SimulatedDisk) -> String {
    let file = disk.open("format").unwrap().unwrap();
    let mut text = vec![0; file.octets().unwrap() as usize];
    file.read_at(0, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn assert_right(disk: &SimulatedDisk, what: &str) {
    let checked = store::check(&port(disk), &Options::tiny(), &mut |_| {}).unwrap();
    assert_eq!(checked.findings, [], "{what}");
}

/// The store of format 1 holds keys and bodies, and no account.
fn assert_first_is_there(store: &Store) {
    let snapshot = store.snapshot().unwrap();
    for email in 0..12_u8 {
        let hash = BodyHash(*blake3::hash(&[email; 700]).as_bytes());
        let key = format!("Aemail{email}").into_bytes();
        let expected = (email != 3).then(|| Bytes::copy_from_slice(&hash.0));
        assert_eq!(snapshot.get(&key).unwrap(), expected);
        assert_eq!(store.body(&hash, 0..700).unwrap(), vec![email; 700]);
    }
}

fn assert_kept_is_there(name: &str, store: &Store, what: &str) {
    if name == "1" { assert_first_is_there(store) } else { assert_all_is_there(store, what) }
}

async fn write_more(store: &Store) {
    let put = |number: u32| {
        (format!("Amore{number:04}").into_bytes(), Bytes::from_static(b"something new"))
    };
    for range in [0..1, 1..60] {
        let batch = Batch { puts: range.map(put).collect(), ..Batch::default() };
        store.commit(batch).await.unwrap();
    }
}

#[tokio::test]
async fn a_store_of_each_format_is_opened_read_and_becomes_one_of_todays() {
    for (name, format) in KEPT {
        let what = format!("kept store {name}");
        let disk = kept_on_disk(name);
        assert_eq!(format_of(&disk), format!("correio store {format}\n"));
        let store = open(&disk);
        assert_eq!(store.started().upgraded_from, (format < TODAY).then_some(format));
        assert_kept_is_there(name, &store, &what);
        if format >= 9 {
            assert_upload_is_there(&store);
        }
        if format >= 10 {
            assert_placement_is_there(&store);
        }
        if format >= 12 {
            assert_mirror_is_there(&store);
        }
        if format >= 13 {
            assert_shared(&store).await;
        }
        if format >= 14 {
            assert_annotated(&store).await;
        }
        if format >= 2 {
            assert_contacts(&store, format >= 11).await;
        }
        let today = format!("correio store {TODAY}\n");
        assert_eq!(format_of(&disk), today, "earlier programs must refuse it");
        write_more(&store).await;
        assert_kept_is_there(name, &store, &what);
        drop(store);
        assert_right(&disk, &what);
        // All of it from the journal, old and new records.
        disk.remove("index.redb").unwrap();
        assert_kept_is_there(name, &open(&disk), &what);
        assert_right(&disk, &what);
        let repaired = store::repair(&port(&disk), &Options::tiny(), &mut |_| {}).unwrap();
        assert_eq!((repaired.findings, repaired.checked.findings), (vec![], vec![]), "{what}");
        assert_kept_is_there(name, &open(&disk), &what);
    }
}

/// What mail is sorted by is in none of the earlier formats: it is made when somebody sorts.
#[tokio::test]
async fn a_store_of_each_format_is_sorted_and_threaded() {
    for (name, _) in KEPT.into_iter().filter(|(name, _)| *name != "1") {
        let disk = kept_on_disk(name);
        let store = open(&disk);
        let accounts = accounts(&store);
        let account = accounts.open(ACCOUNT, Who::at(Door::Imap)).unwrap();
        let state = account.state(mailbox_id(&account, "Archive")).unwrap();
        let all: Vec<u32> = (0..MESSAGES).collect();
        let key = SortKey { field: SortField::Subject, direction: Direction::Ascending };
        // Message 1, Message 10, Message 11, ..., Message 2, ...
        let mut want = all.clone();
        want.sort_by_key(|index| (index + 1).to_string());
        assert_eq!(account.sort(&state, &all, &[key]).await.unwrap(), want, "kept store {name}");
        let algorithm = ThreadAlgorithm::References;
        let threads = account.thread(&state, &all, algorithm).await.unwrap();
        assert_eq!(threads.len(), all.len(), "kept store {name}");
        drop((account, accounts, state));
        assert_all_is_there(&store, name);
        drop(store);
        assert_right(&disk, name);
    }
}

/// Words of the formats 5 and 6 are folded in another way: they are made anew, and until then searches ask the mail.
#[tokio::test]
async fn a_store_of_each_format_is_searched() {
    for (name, _) in KEPT.into_iter().filter(|(name, _)| *name != "1") {
        let disk = kept_on_disk(name);
        let store = open(&disk);
        let accounts = accounts(&store);
        let account = accounts.open(ACCOUNT, Who::at(Door::Imap)).unwrap();
        let found = |text: &str| {
            let state = account.state(mailbox_id(&account, "Archive")).unwrap();
            let mut search = account.search(&state, Query::Subject(text.to_owned())).unwrap();
            let mut found = Vec::new();
            while let Some(some) = search.step(10_000).unwrap() {
                found.extend(some.into_iter().map(|(_, entry)| entry.uid.number()));
            }
            found
        };
        for _ in 0..2 {
            assert_eq!(found("MESSAGE 1"), [1, 10, 11, 12, 13, 14], "kept store {name}");
            assert_eq!(found("\u{ff2d}essage 9"), [9], "kept store {name}");
            while accounts.index(ACCOUNT).await.unwrap() != Indexed::Idle {}
        }
        assert_eq!(accounts.index_state(ACCOUNT).unwrap().unwrap().behind, 0);
        drop(account);
        assert_all_is_there(&store, name);
        drop((accounts, store));
        assert_right(&disk, name);
    }
}

/// What entries say of when their emails came is in none of the earlier formats; those that are copied go on without it.
#[tokio::test]
async fn entries_of_earlier_formats_do_not_say_when_their_emails_came() {
    for (name, format) in KEPT.into_iter().filter(|(name, _)| *name != "1") {
        let disk = kept_on_disk(name);
        let store = open(&disk);
        let accounts = accounts(&store);
        let account = accounts.open(ACCOUNT, Who::at(Door::Imap)).unwrap();
        let (archive, inbox) = (mailbox_id(&account, "Archive"), mailbox_id(&account, "INBOX"));
        account.copy(archive, &set([1]), inbox).await.unwrap();
        let reader = account.reader().unwrap();
        for mailbox in [archive, inbox] {
            for entry in account.state(mailbox).unwrap().entries.iter() {
                let email = reader.email(entry.email).unwrap().unwrap();
                let told = (format >= 8).then_some(email.internal_date);
                assert_eq!(entry.arrived.time(), told, "kept store {name}");
            }
        }
        let checked = accounts.check(ACCOUNT).unwrap();
        assert!(checked.wrong.is_empty(), "kept store {name}: {:?}", checked.wrong);
    }
}

#[test]
fn an_upgrade_may_be_killed_at_every_call() {
    for (name, _) in KEPT {
        let mut tried = 0;
        for trouble in Trouble::ALL {
            for call in (1..).step_by(steps(2)) {
                let mut disk = kept_on_disk(name);
                disk.trouble_at(call, trouble);
                let opened = Store::open(port(&disk), Options::tiny());
                let happened = disk.has_happened();
                drop(opened);
                disk.calm();
                if trouble == Trouble::PowerCut || call % 2 == 0 {
                    disk = disk.restart(call);
                }
                let what = format!("kept store {name}, {trouble:?} at call {call}");
                let store = open(&disk);
                assert_eq!(format_of(&disk), format!("correio store {TODAY}\n"), "{what}");
                assert_kept_is_there(name, &store, &what);
                drop(store);
                if !happened {
                    break;
                }
                tried += 1;
            }
        }
        println!("kept store {name}: {tried} calls of opening tried");
    }
}

fn steps(usually: usize) -> usize {
    // `cargo xtask long` tries each call.
    if std::env::var("STORE_EACH_CALL").is_ok() { 1 } else { usually }
}

#[test]
fn damage_to_old_records_costs_what_was_hit_as_long_as_there_is_an_index() {
    for (name, _) in KEPT.into_iter().filter(|(name, _)| *name != "1") {
        let kept = kept_on_disk(name);
        let store = open(&kept);
        store.close().unwrap();
        drop(store);
        let segments: Vec<(String, u64)> =
            kept.files().into_iter().filter(|it| it.0.ends_with(".seg")).collect();
        for (segment, octets) in segments {
            for at in (60..octets).step_by(997) {
                let disk = kept.copy();
                disk.overwrite(&segment, at, &[0xa5; 40]);
                store::repair(&port(&disk), &Options::tiny(), &mut |_| {}).unwrap();
                let store = open(&disk);
                let accounts = accounts(&store);
                let account = accounts.open(ACCOUNT, Who::at(Door::Imap)).unwrap();
                let checked = accounts.check(ACCOUNT).unwrap();
                let what = format!("kept store {name}, octet {at} of {segment}");
                let is_of_a_body = |wrong: &mailbox::Wrong| wrong.what.contains("body");
                assert!(checked.wrong.iter().all(is_of_a_body), "{what}: {:?}", checked.wrong);
                let reader = account.reader().unwrap();
                let state = account.state(mailbox_id(&account, "Archive")).unwrap();
                let damaged = state.entries.iter().filter(|entry| {
                    let email = reader.email(entry.email).unwrap().unwrap();
                    let body = account.body(&email, 0..email.octets);
                    body.is_err_and(|fault| fault.is_damaged())
                });
                assert!(damaged.count() <= 2, "{what}");
                assert_eq!(state.entries.iter().count(), MESSAGES as usize, "{what}");
            }
        }
    }
}

#[test]
fn a_later_format_is_refused_by_number_and_nothing_is_changed() {
    let disk = kept_on_disk("14");
    disk.overwrite("format", 14, b"15");
    let before = disk.files();
    let refused = Store::open(port(&disk), Options::tiny()).unwrap_err();
    assert!(matches!(refused, OpenError::NewerFormat { found: 15, known: TODAY }));
    assert!(refused.to_string().contains("format 15"), "{refused}");
    assert_eq!(disk.files(), before);
}

/// Makes a store of today's format; where STORE_KEEP says, to be kept when the format changes.
#[tokio::test]
async fn a_store_of_todays_format_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let to = std::env::var("STORE_KEEP").map_or(directory.path().to_path_buf(), PathBuf::from);
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&to).unwrap());
    let store = Store::open(disk.clone(), Options::tiny()).unwrap();
    fill(&store).await;
    assert_all_is_there(&store, "just made");
    assert_upload_is_there(&store);
    assert_placement_is_there(&store);
    let account = accounts(&store).open(ACCOUNT, Who::at(Door::Imap)).unwrap();
    assert_eq!(account.contacts().await.unwrap().cards().len(), 1);
    drop(account);
    // As after a kill: the last checkpoint is a while ago.
    drop(store);
    for file in ["lock", "reserve"] {
        drop(std::fs::remove_file(to.join(file)));
    }
}
