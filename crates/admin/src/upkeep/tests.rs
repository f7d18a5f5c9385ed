//! Damage to a store on the disk: found, named, kept, acknowledged, dropped; accounts put right; copies made.
#![expect(clippy::disallowed_methods, reason = "tests look at files, and damage them")]

use std::fs;
use std::path::{Path, PathBuf};

use directory::{NewUser, ScramKeys, UserQuota};
use mailbox::engine::{Batch, Engine as _};
use mailbox::operations::Append;
use mailbox::{Door, FlagNames, MailboxName, Policy, Who};
use tempfile::TempDir;

use super::{
    Acknowledge, Copying, Damaged, NotedBackup, Scrub, Scrubbed, aside, back_up, bring_back_aside,
    check_closed, extract_aside, repair_closed, restore,
};
use crate::answer::{Answer, BackedUp, Checked, Progress};
use crate::keep::{Folder, Keep};
use crate::{Client, Missing, Settings};

fn policy() -> Policy {
    Policy {
        message_octets_max: 1 << 20,
        retention_s: 14 * 86_400,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    }
}

fn quiet() -> impl FnMut(Progress) + Send {
    |_| {}
}

/// A closed data folder: ana has three messages.
async fn closed() -> (TempDir, Folder) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder(temporary.path().join("data"));
    let keep = Keep::open(&folder, policy()).unwrap();
    let address: directory::Address = "ana@example.org".parse().unwrap();
    keep.people.ensure_domain(address.domain()).await.unwrap();
    let password = sasl::Secret::new(b"long enough".to_vec());
    let new = NewUser { address: address.clone(), password, quota: UserQuota::default() };
    keep.people.add_user(new, ScramKeys::Omit).await.unwrap();
    let id = keep.people.user(&address).unwrap().account;
    let account = keep.people.open(id, Who::at(Door::Delivery)).await.unwrap();
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    for number in 1..=3 {
        let mut incoming = keep.accounts.receive();
        let text = format!(
            "From: bob{number}@example.net\r\nSubject: number {number}\r\n\r\nthe text of {number}, {}\r\n",
            "and more ".repeat(200)
        );
        incoming.write(text.as_bytes()).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let append =
            Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
        account.append(inbox, vec![append]).await.unwrap();
    }
    drop(account);
    keep.close().unwrap();
    (temporary, folder)
}

fn segment(folder: &Folder) -> PathBuf {
    let journal = folder.store().join("journal");
    let mut found = fs::read_dir(journal).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.extension().is_some_and(|ending| ending == "seg")).unwrap()
}

/// Flips a bit where this text stands in the journal.
fn damage(folder: &Folder, text: &str) {
    let path = segment(folder);
    let mut octets = fs::read(&path).unwrap();
    let at = octets.windows(text.len()).position(|some| some == text.as_bytes()).unwrap();
    octets[at] ^= 1;
    fs::write(&path, octets).unwrap();
}

async fn check(folder: &Folder, acknowledge: Acknowledge) -> Checked {
    check_closed(folder, policy(), acknowledge, &mut quiet()).await.unwrap()
}

async fn repair(folder: &Folder, damaged: Damaged) -> crate::answer::Repaired {
    repair_closed(folder, policy(), damaged, &mut quiet()).await.unwrap()
}

#[tokio::test]
async fn a_damaged_message_is_named_kept_acknowledged_and_dropped_when_told() {
    let (_temporary, folder) = closed().await;
    assert!(check(&folder, Acknowledge::Nothing).await.is_right());
    damage(&folder, "the text of 2");
    let found = check(&folder, Acknowledge::Nothing).await;
    let [row] = found.damaged.as_slice() else { panic!("{found:?}") };
    let is = (row.user.as_deref(), row.mailbox.as_deref(), row.uid, row.from.as_deref());
    assert_eq!(is, (Some("ana@example.org"), Some("INBOX"), Some(2), Some("<bob2@example.net>")));
    assert_eq!(row.subject.as_deref(), Some("number 2"));
    assert!(row.date.is_some() && row.octets.is_some(), "{row:?}");

    let repaired = repair(&folder, Damaged::Keep).await;
    assert_eq!(repaired.checked.damaged, found.damaged);
    assert_eq!((repaired.checked.faults, repaired.dropped), (vec![], vec![]));
    // Repairing twice finds nothing more to do, and says the same.
    let again = repair(&folder, Damaged::Keep).await;
    assert_eq!((again.segments, again.mended), (0, vec![]));
    assert_eq!(again.checked.damaged, found.damaged);

    assert_eq!(check(&folder, Acknowledge::Found).await.damaged, found.damaged);
    let quiet = check(&folder, Acknowledge::Nothing).await;
    assert!(quiet.is_right(), "{quiet:?}");
    assert_eq!(quiet.acknowledged, 1);

    let dropped = repair(&folder, Damaged::Drop).await;
    assert_eq!(dropped.dropped, found.damaged);
    assert!(dropped.checked.is_right(), "{dropped:?}");
    let keep = Keep::open(&folder, policy()).unwrap();
    let ana = keep.people.user(&"ana@example.org".parse().unwrap()).unwrap();
    let account = keep.accounts.open(ana.account, Who::at(Door::Admin)).unwrap();
    assert_eq!(account.quota().unwrap().messages, 2);
    drop(account);
    keep.close().unwrap();
    drop(keep);
    let checked = check(&folder, Acknowledge::Nothing).await;
    assert!(checked.is_right() && checked.acknowledged == 0, "{checked:?}");
}

#[tokio::test]
async fn an_account_whose_keys_are_lost_is_found_and_put_right() {
    let (_temporary, folder) = closed().await;
    let keep = Keep::open(&folder, policy()).unwrap();
    let account = keep.people.user(&"ana@example.org".parse().unwrap()).unwrap().account;
    // The head of the account, and with it the quota and all counters.
    let mut head = vec![mailbox::keys::ACCOUNT];
    head.extend_from_slice(&account.0.to_be_bytes());
    head.push(b'V');
    keep.store.commit(Batch { deletes: vec![head], ..Batch::default() }).await.unwrap();
    keep.close().unwrap();
    drop(keep);
    let found = check(&folder, Acknowledge::Nothing).await;
    assert!(found.faults.iter().any(|row| row.what == "the account has no head"), "{found:?}");
    assert!(found.faults.iter().all(|row| row.user.as_deref() == Some("ana@example.org")));
    let repaired = repair(&folder, Damaged::Keep).await;
    assert!(!repaired.mended.is_empty() && repaired.checked.is_right(), "{repaired:?}");
    assert!(check(&folder, Acknowledge::Nothing).await.is_right());
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn copied(folder: &Folder, to: &Folder, copying: Copying) -> Result<BackedUp, String> {
    let keep = Keep::open(folder, policy()).unwrap();
    let done = back_up(&keep.store, &keep.people, (folder, to), copying, &mut quiet());
    keep.close().unwrap();
    done.map_err(|fault| fault.to_string())
}

/// The same by a host that may write no backups: it gives the store out, and the client writes it.
async fn streamed(folder: &Folder, to: &Folder) -> Result<BackedUp, String> {
    let settings = Settings {
        policy: policy(),
        scram: directory::ScramKeys::Omit,
        quota: directory::UserQuota::default().into(),
        backup_folders: Some(Vec::new()),
        has_way_out: false,
        user_name: |_| None,
    };
    let mut client = Client::reach(folder, &settings, Missing::Refuse).await.unwrap();
    let done = client.back_up(to.0.clone(), Copying::Link, policy(), &mut quiet()).await;
    client.close().await.unwrap();
    let Answer::BackedUp(done) = done.map_err(|fault| fault.to_string())? else { panic!() };
    Ok(done)
}

#[tokio::test]
async fn a_copy_that_the_client_writes_is_a_data_folder_that_is_whole() {
    let (temporary, folder) = closed().await;
    fs::write(folder.configuration(), "domain = \"example.org\"\n").unwrap();
    let backup = Folder(temporary.path().join("deep/backup"));
    let done = streamed(&folder, &backup).await.unwrap();
    assert!(done.checked.is_right() && done.linked == 0 && done.octets > 0, "{done:?}");
    assert_eq!(names(&backup.0), ["correio.toml", "store"]);
    assert!(backup.store().join("index.redb").exists(), "whoever opens it need not wait");
    assert!(check(&backup, Acknowledge::Nothing).await.is_right());
    let restored = Folder(temporary.path().join("restored"));
    let done = restore(&backup, &restored, (Copying::Link, policy()), &mut quiet()).await.unwrap();
    assert!(done.checked.is_right());
    // Where something is, the client writes nothing, and asks for nothing.
    let refused = streamed(&folder, &backup).await.unwrap_err();
    assert!(refused.contains("is not empty"), "{refused}");
    damage(&folder, "the text of 3");
    let done = streamed(&folder, &Folder(temporary.path().join("damaged"))).await.unwrap();
    let [row] = done.checked.damaged.as_slice() else { panic!("{done:?}") };
    assert_eq!((row.subject.as_deref(), row.uid), (Some("number 3"), Some(3)));
}

#[tokio::test]
async fn a_copy_whose_stream_ends_early_is_no_store() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
    let temporary = tempfile::tempdir().unwrap();
    let to = temporary.path().join("backup");
    let (here, there) = tokio::io::duplex(1 << 10);
    let host = tokio::spawn(async move {
        let mut there = tokio::io::BufReader::new(there);
        let mut line = String::new();
        there.read_line(&mut line).await.unwrap();
        there.write_all(b"{\"done\":\"elsewhere\"}\n").await.unwrap();
        there.read_line(&mut line).await.unwrap();
        there.write_all(b"{\"segment\":1}\n\0\0\0\x03abc").await.unwrap();
    });
    let mut client = Client::over(here);
    let done = client.back_up(to.clone(), Copying::Link, policy(), &mut quiet()).await;
    host.await.unwrap();
    assert!(done.is_err());
    assert!(!to.join("store/format").exists());
}

#[tokio::test]
async fn a_copy_goes_nowhere_where_something_is() {
    let (temporary, folder) = closed().await;
    let used = Folder(temporary.path().join("used"));
    fs::create_dir(&used.0).unwrap();
    fs::write(used.0.join("tls-key.pem"), "somebody's key").unwrap();
    let refused = copied(&folder, &used, Copying::Link).await.unwrap_err();
    assert!(refused.contains("is not empty, it has \"tls-key.pem\""), "{refused}");
    let how = || (Copying::Link, policy());
    let refused = restore(&folder, &used, how(), &mut quiet()).await.unwrap_err().to_string();
    assert!(refused.contains("is not empty"), "{refused}");
    assert_eq!(names(&used.0), ["tls-key.pem"]);
    assert_eq!(fs::read_to_string(used.0.join("tls-key.pem")).unwrap(), "somebody's key");
    // A file where a folder should be.
    let file = Folder(temporary.path().join("file"));
    fs::write(&file.0, "").unwrap();
    assert!(copied(&folder, &file, Copying::Link).await.unwrap_err().contains("cannot be made"));
    let none = Folder(temporary.path().join("none"));
    let refused = restore(&none, &used, how(), &mut quiet()).await.unwrap_err().to_string();
    assert!(refused.contains("is no backup"), "{refused}");
}

#[tokio::test]
async fn half_a_copy_is_no_host_and_is_made_anew() {
    let (temporary, folder) = closed().await;
    let to = Folder(temporary.path().join("restored"));
    fs::write(folder.0.join("tls-certificate.pem"), "certificate").unwrap();
    // Copying stops in the middle: this cannot be read.
    let key = folder.0.join("tls-key.pem");
    fs::create_dir(&key).unwrap();
    let policies = || (Copying::Copy, policy());
    for _ in 0..2 {
        let stopped = restore(&folder, &to, policies(), &mut quiet()).await.unwrap_err();
        assert!(stopped.to_string().contains("tls-key.pem"), "{stopped}");
        let refused = Keep::open(&to, policy()).err().unwrap().to_string();
        assert!(refused.contains("begun here and not finished"), "{refused}");
        let checked = check_closed(&to, policy(), Acknowledge::Nothing, &mut quiet()).await;
        assert!(checked.unwrap_err().to_string().contains("not finished"));
    }
    // What somebody has put there is never removed.
    fs::write(to.0.join("letter.txt"), "mine").unwrap();
    let refused = restore(&folder, &to, policies(), &mut quiet()).await.unwrap_err();
    assert!(refused.to_string().contains("letter.txt"), "{refused}");
    fs::remove_file(to.0.join("letter.txt")).unwrap();
    fs::remove_dir(&key).unwrap();
    fs::write(&key, "key").unwrap();
    let restored = restore(&folder, &to, policies(), &mut quiet()).await.unwrap();
    assert!(restored.checked.is_right(), "{restored:?}");
    assert_eq!(fs::read_to_string(to.0.join("tls-key.pem")).unwrap(), "key");
    let mut beside: Vec<String> = names(&to.0);
    beside.sort();
    assert_eq!(beside, ["store", "tls-certificate.pem", "tls-key.pem"]);
    assert!(!names(&to.store()).iter().any(|name| name.contains("unfinished")));
}

/// Makes a backup, and says how many octets of bodies were read of the original.
async fn backed_up(folder: &Folder, to: &Folder) -> Result<(BackedUp, u64), String> {
    let keep = Keep::open(folder, policy()).unwrap();
    let engine = &**keep.accounts.engine();
    let done = back_up(&keep.store, &keep.people, (folder, to), Copying::Link, &mut quiet());
    let read = keep.store.counters().octets_read;
    // What the host notes about itself afterwards is no change.
    NotedBackup::default().save(engine).await.unwrap();
    Scrub::default().save(engine).await.unwrap();
    keep.close().unwrap();
    done.map(|done| (done, read)).map_err(|fault| fault.to_string())
}

#[tokio::test]
async fn a_backup_of_which_nothing_has_changed_is_not_made_again() {
    let (temporary, folder) = closed().await;
    fs::write(folder.configuration(), "domain = \"example.org\"\n").unwrap();
    let to = Folder(temporary.path().join("backup"));
    let (first, _) = backed_up(&folder, &to).await.unwrap();
    assert!(first.unchanged.is_none() && first.checked.is_right());
    for _ in 0..2 {
        let (again, read) = backed_up(&folder, &to).await.unwrap();
        let unchanged = again.unchanged.unwrap();
        assert!(unchanged.made_s > 0 && unchanged.read_wholly_s == unchanged.made_s);
        assert_eq!((again.files, again.octets, read), (0, 0, 0));
        assert!(again.checked.looked_at.is_empty());
    }
    // All of it can be read all the same.
    assert!(check(&to, Acknowledge::Nothing).await.is_right());
    assert!(backed_up(&folder, &to).await.unwrap().0.unchanged.is_some());
    // What lies beside the store counts as well.
    fs::write(folder.configuration(), "domain = \"example.com\"\n").unwrap();
    let refused = backed_up(&folder, &to).await.unwrap_err();
    assert!(refused.contains("is not empty"), "{refused}");
    fs::write(folder.configuration(), "domain = \"example.org\"\n").unwrap();
    assert!(backed_up(&folder, &to).await.unwrap().0.unchanged.is_some());
    // It is another kind of backup where all files are to be copied.
    assert!(copied(&folder, &to, Copying::Copy).await.is_err());
    let keep = Keep::open(&folder, policy()).unwrap();
    let domain = "example.net".parse().unwrap();
    keep.people.ensure_domain(&domain).await.unwrap();
    keep.close().unwrap();
    assert!(backed_up(&folder, &to).await.unwrap_err().contains("is not empty"));
    let (other, _) = backed_up(&folder, &Folder(temporary.path().join("other"))).await.unwrap();
    assert!(other.unchanged.is_none());
}

#[tokio::test]
async fn a_backup_that_somebody_touched_or_that_is_damaged_is_not_called_whole() {
    let (temporary, folder) = closed().await;
    let to = Folder(temporary.path().join("backup"));
    assert!(copied(&folder, &to, Copying::Copy).await.unwrap().checked.is_right());
    assert!(copied(&folder, &to, Copying::Copy).await.unwrap().unchanged.is_some());
    let index = to.store().join("index.redb");
    let whole = fs::read(&index).unwrap();
    fs::write(&index, &whole).unwrap();
    assert!(copied(&folder, &to, Copying::Copy).await.is_err(), "it was written to");
    // One that was damaged in the making has no record, and one that a check finds damaged loses it.
    let other = Folder(temporary.path().join("other"));
    assert!(copied(&folder, &other, Copying::Copy).await.unwrap().checked.is_right());
    damage(&other, "the text of 3");
    assert!(!check(&other, Acknowledge::Nothing).await.is_right());
    assert!(!other.backup_record().exists());
    damage(&folder, "the text of 3");
    let damaged = Folder(temporary.path().join("damaged"));
    assert!(!copied(&folder, &damaged, Copying::Copy).await.unwrap().checked.is_right());
    assert!(copied(&folder, &damaged, Copying::Copy).await.is_err());
}

#[tokio::test]
async fn a_copy_is_checked_and_names_what_is_damaged_in_it() {
    let (temporary, folder) = closed().await;
    let whole = Folder(temporary.path().join("whole"));
    let done = copied(&folder, &whole, Copying::Copy).await.unwrap();
    assert!(done.checked.is_right() && done.linked == 0, "{done:?}");
    damage(&folder, "the text of 3");
    let backup = Folder(temporary.path().join("backup"));
    let done = copied(&folder, &backup, Copying::Copy).await.unwrap();
    let [row] = done.checked.damaged.as_slice() else { panic!("{done:?}") };
    assert_eq!((row.subject.as_deref(), row.uid), (Some("number 3"), Some(3)));
    let restored = Folder(temporary.path().join("restored"));
    let how = (Copying::Copy, policy());
    let done = restore(&backup, &restored, how, &mut quiet()).await.unwrap();
    assert_eq!(done.checked.damaged[0].subject.as_deref(), Some("number 3"));
    assert!(check(&whole, Acknowledge::Nothing).await.is_right());
}

#[tokio::test]
async fn what_was_put_aside_is_listed_looked_into_and_brought_back() {
    let (temporary, folder) = closed().await;
    assert!(aside(&folder).unwrap().is_empty());
    damage(&folder, "the text of 2");
    let before = fs::read(segment(&folder)).unwrap();
    repair(&folder, Damaged::Drop).await;
    let listed = aside(&folder).unwrap();
    let of_journal = listed.iter().find(|row| row.what == "segment 1 of the journal").unwrap();
    assert!(listed.iter().any(|row| row.what == "index"), "{listed:?}");
    let to = temporary.path().join("found");
    let found = extract_aside(&folder, &to, &mut quiet()).unwrap();
    let subjects: Vec<_> = found.iter().filter_map(|row| row.subject.as_deref()).collect();
    assert!(subjects.contains(&"number 1") && subjects.contains(&"number 3"), "{found:?}");
    assert!(!subjects.contains(&"number 2"), "its octets are damaged");
    let first = found.iter().find(|row| row.subject.as_deref() == Some("number 1")).unwrap();
    assert!(fs::read_to_string(to.join(&first.what)).unwrap().contains("the text of 1, "));
    assert!(extract_aside(&folder, &to, &mut quiet()).is_err(), "the folder is used");
    let wrong = bring_back_aside(&folder, "nothing").unwrap_err().to_string();
    assert!(wrong.contains("--aside list"), "{wrong}");
    bring_back_aside(&folder, &of_journal.name).unwrap();
    assert_eq!(fs::read(segment(&folder)).unwrap(), before);
    let again = repair(&folder, Damaged::Keep).await;
    assert_eq!(again.checked.damaged[0].subject.as_deref(), Some("number 2"));
}

#[tokio::test]
async fn the_scrub_goes_on_where_it_stood_and_names_what_it_finds() {
    let (_temporary, folder) = closed().await;
    damage(&folder, "the text of 2");
    let keep = Keep::open(&folder, policy()).unwrap();
    let engine = keep.accounts.engine();
    let now = keep.accounts.clock().now();
    let mut steps = 0;
    while Scrub::read(&**engine).unwrap().is_due(now, 3_600) {
        let mut scrub = Scrub::read(&**engine).unwrap();
        let done = scrub.step(&keep.store, &keep.people).unwrap();
        scrub.save(&**engine).await.unwrap();
        steps += 1;
        assert!(steps < 1_000 && (done == Scrubbed::Round) == scrub.now().is_none());
    }
    let scrub = Scrub::read(&**engine).unwrap();
    let last = scrub.last().unwrap();
    assert!(steps > 2 && last.ended_s >= last.began_s && last.octets > 3_000, "{last:?}");
    assert_eq!((last.damaged, keep.accounts.known_damaged()), (1, 1));
    assert!(scrub.is_due(mailbox::Timestamp(now.0 + 3_601), 3_600));
    keep.close().unwrap();
}
