//! The desk as commands see it: POP3 of accounts and devices, and bringing back, with a clock that is set.

use std::sync::Arc;

use directory::pop3_policy::ChoiceWords;
use directory::{Kept, People, ScramKeys, UserQuota};
use mailbox::operations::{Append, Store as Mark};
use mailbox::{
    Accounts, Door, FlagMode, FlagNames, Flags, MailboxName, Policy, Pop3Ended, Quit, SetClock,
    Timestamp, UidSet, Who,
};
use queue::OutboundQueue;
use store::{Options, Store};
use tempfile::TempDir;
use tokio::sync::mpsc;
use transfer::{Attributes, Item, Known};

use super::Desk;
use crate::answer::{Answer, Changed, HistoryRow, Pop3Row, RetainedRow};
use crate::keep::{Folder, Keep, disk};
use crate::request::{Password, Pop3Task, Removed, Task, UserTask};
use crate::settings::Settings;
use crate::wire;

/// Tuesday 17 November 2026, 09:12 UTC.
const NOW: i64 = 1_794_906_720;
const ANA: &str = "ana@example.org";

struct Fixture {
    desk: Desk,
    keep: Keep,
    _folder: TempDir,
}

async fn fixture() -> Fixture {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder(temporary.path().to_owned());
    let store = Store::open(disk(&folder.store()).unwrap(), Options::default()).unwrap();
    let clock = Arc::new(SetClock::at(Timestamp(NOW)));
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 14 * 86_400,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    let accounts = Accounts::new(Arc::new(store.clone()), clock, policy.clone());
    let people = Arc::new(People::new(accounts.clone()));
    let keep = Keep { folder, store, accounts, people };
    let queue =
        OutboundQueue::open(Arc::clone(keep.accounts.engine()), Arc::clone(keep.accounts.clock()));
    let queue = Arc::new(queue.await.unwrap());
    let quota = UserQuota::default().into();
    let settings = Settings {
        policy,
        scram: ScramKeys::Store,
        quota,
        backup_folders: None,
        has_way_out: false,
        user_name: |_| None,
    };
    let desk = Desk::new(&keep, queue, settings);
    let fixture = Fixture { desk, keep, _folder: temporary };
    let password = Password::new("long enough".to_owned());
    fixture.ask(UserTask::Add { password, quota: None }).await.unwrap();
    for device in ["Office PC", "Phone"] {
        fixture.app_password(device).await;
    }
    fixture
}

impl Fixture {
    async fn ask(&self, task: UserTask) -> Result<Answer, String> {
        let (progress, _steps) = mpsc::channel(1);
        let task = Task::User { address: ANA.to_owned(), task };
        self.desk.run(task, progress).await.map_err(|fault| fault.to_string())
    }

    async fn app_password(&self, device: &str) {
        let scram = self.desk.settings.scram;
        let address = ANA.parse().unwrap();
        self.keep.people.add_app_password(&address, device, scram, Kept::Hashes).await.unwrap();
    }

    async fn set(&self, device: Option<&str>, on_delete: &str) -> Result<Vec<String>, String> {
        let choice =
            ChoiceWords { on_delete: Some(on_delete.to_owned()), ..ChoiceWords::default() };
        let task = Pop3Task::Set { device: device.map(str::to_owned), choice };
        let answer = self.ask(UserTask::Pop3(task)).await?;
        let Answer::Changed(Changed::Pop3 { warnings, .. }) = answer else { panic!("{answer:?}") };
        Ok(warnings)
    }

    async fn shown(&self) -> Pop3Row {
        let answer = self.ask(UserTask::Pop3(Pop3Task::Show)).await.unwrap();
        let Answer::Pop3(shown) = answer else { panic!("{answer:?}") };
        *shown
    }

    async fn account(&self, door: Door, device: Option<&str>) -> mailbox::Account {
        let user = self.keep.people.user(&ANA.parse().unwrap()).unwrap();
        let who = Who { device: device.map(str::to_owned), ..Who::at(door) };
        self.keep.people.open(user.account, who).await.unwrap()
    }

    async fn deliver(&self, how_many: u32) {
        let account = self.account(Door::Delivery, None).await;
        let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
        for number in 0..how_many {
            let mut incoming = self.keep.accounts.receive();
            incoming.write(format!("Subject: {number}\r\n\r\n").as_bytes()).await.unwrap();
            let received = incoming.finish().await.unwrap();
            let flags = FlagNames::default();
            let append = Append { received, flags, internal_date: None, uidl: None };
            account.append(inbox, vec![append]).await.unwrap();
        }
    }

    async fn inbox(&self) -> u64 {
        let account = self.account(Door::Admin, None).await;
        account.find(&MailboxName::inbox()).unwrap().unwrap().messages
    }

    /// A POP3 session that downloads and deletes the first so many of the messages it sees.
    async fn pop3(&self, device: Option<&str>, how_many: usize) {
        let account = self.account(Door::Pop3, device).await;
        let view = account.open_pop3().unwrap();
        let uids: UidSet = view.state().entries.iter().take(how_many).map(|e| e.uid).collect();
        let ended = Pop3Ended { deleted: uids.clone(), downloaded: uids, quit: Quit::Yes };
        account.close_pop3(view, ended).await.unwrap();
    }

    async fn retained(&self, removed: Removed) -> Vec<RetainedRow> {
        let answer = self.ask(UserTask::Retained { most: 100, removed }).await.unwrap();
        let Answer::Retained(rows) = answer else { panic!("{answer:?}") };
        rows
    }
}

fn removed(device: Option<&str>, over: Option<&str>) -> Removed {
    Removed { device: device.map(str::to_owned), over: over.map(str::to_owned) }
}

#[tokio::test]
async fn choices_fall_back_from_device_to_account_to_host() {
    let fixture = fixture().await;
    assert_eq!(fixture.set(None, "keep-days=14").await, Ok(Vec::new()));
    assert_eq!(fixture.set(Some("PHONE"), "hide").await, Ok(Vec::new()));
    let shown = fixture.shown().await;
    let told = |setting: &crate::answer::Pop3Setting| {
        format!("{} by {}", setting.value, setting.chosen_by)
    };
    assert_eq!(told(&shown.host.on_delete), "remove by host");
    assert_eq!(told(&shown.account.on_delete), "keep-days=14 by account");
    assert_eq!(told(&shown.account.show), "all by host");
    let devices: Vec<(String, String)> = shown
        .devices
        .iter()
        .map(|row| (row.device.clone().unwrap(), told(&row.settings.on_delete)))
        .collect();
    let want = |device: &str, what: &str| (device.to_owned(), what.to_owned());
    assert_eq!(
        devices,
        [want("Office PC", "keep-days=14 by account"), want("Phone", "hide by device")]
    );
    assert_eq!((shown.expire_days, shown.login_delay_s), (Some(14), 0));
    // One choice is given back, then all of them.
    fixture.set(Some("Phone"), "inherit").await.unwrap();
    assert_eq!(
        told(&fixture.shown().await.devices[1].settings.on_delete),
        "keep-days=14 by account"
    );
    fixture.ask(UserTask::Pop3(Pop3Task::Reset { device: None })).await.unwrap();
    let shown = fixture.shown().await;
    assert_eq!(told(&shown.account.on_delete), "remove by host");
    assert_eq!(shown.expire_days, None);
}

#[tokio::test]
async fn devices_that_nobody_has_are_warned_of_and_wrong_words_refused() {
    let fixture = fixture().await;
    let warnings = fixture.set(None, "keep-until=office pc,Lapotp").await.unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("\"Lapotp\""), "{warnings:?}");
    let warnings = fixture.set(Some("Tablet"), "hide").await.unwrap();
    assert!(warnings[0].contains("\"Tablet\""), "{warnings:?}");
    let wrong = fixture.set(None, "keep").await.unwrap_err();
    assert!(wrong.starts_with("expected remove, hide, archive, trash, keep-days=N"), "{wrong}");
    let wrong = fixture.set(Some(""), "hide").await.unwrap_err();
    assert!(wrong.contains("1 to 64 octets"), "{wrong}");
}

#[tokio::test]
async fn a_device_is_shown_what_it_has_and_gets_back_what_is_hidden_from_it() {
    let fixture = fixture().await;
    fixture.deliver(3).await;
    fixture.set(Some("Phone"), "hide").await.unwrap();
    fixture.pop3(Some("phone"), 2).await;
    let shown = fixture.shown().await;
    let phone = shown.devices.iter().find(|row| row.device.as_deref() == Some("Phone")).unwrap();
    assert_eq!((phone.downloaded, phone.hidden, phone.app_password), (2, 2, true));
    assert_eq!(phone.last.as_deref(), Some("2026-11-17T09:12:00Z"));
    assert_eq!(fixture.inbox().await, 3);
    let again = Pop3Task::ShowAgain { device: Some("PHONE".to_owned()) };
    let again = fixture.ask(UserTask::Pop3(again)).await.unwrap();
    assert!(matches!(again, Answer::ShownAgain { messages: 2 }), "{again:?}");
    let shown = fixture.shown().await;
    assert!(shown.devices.iter().all(|row| row.hidden == 0));
}

#[tokio::test]
async fn what_a_device_removed_comes_back_alone_and_all_at_once() {
    let fixture = fixture().await;
    fixture.deliver(6).await;
    fixture.pop3(Some("Office PC"), 2).await;
    fixture.pop3(Some("Phone"), 1).await;
    fixture.pop3(Some("Office PC"), 1).await;
    let account = fixture.account(Door::Imap, Some("Office PC")).await;
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    let last: UidSet =
        account.state(inbox).unwrap().entries.last().map(|e| e.uid).into_iter().collect();
    let deleted = FlagNames { system: Flags::DELETED, ..FlagNames::default() };
    let mark =
        Mark { uids: last.clone(), mode: FlagMode::Add, flags: deleted, unchanged_since: None };
    account.store(inbox, mark).await.unwrap();
    account.expunge(inbox, Some(&last)).await.unwrap();
    assert_eq!(fixture.inbox().await, 1);

    assert_eq!(fixture.retained(Removed::default()).await.len(), 4);
    assert_eq!(fixture.retained(removed(Some("office pc"), None)).await.len(), 3);
    let rows = fixture.retained(removed(Some("OFFICE PC"), Some("pop3"))).await;
    let messages: Vec<u64> = rows.iter().map(|row| row.messages).collect();
    assert_eq!(messages, [1, 2], "newest first");
    assert_eq!(
        (rows[0].by.door.as_str(), rows[0].by.device.as_deref()),
        ("pop3", Some("Office PC"))
    );
    assert_eq!(
        (rows[0].mailbox.as_str(), rows[0].time.as_str()),
        ("INBOX", "2026-11-17T09:12:00Z")
    );

    let all = UserTask::BringBackAll(removed(Some("Office PC"), Some("pop3")));
    let back = fixture.ask(all).await.unwrap();
    assert!(matches!(back, Answer::BroughtBack { messages: 3, changes: 2, .. }), "{back:?}");
    assert_eq!(fixture.inbox().await, 4);
    let all = UserTask::BringBackAll(removed(Some("Office PC"), Some("pop3")));
    let none = fixture.ask(all).await.unwrap_err();
    assert!(none.contains("nothing of the kind"), "{none}");
    let wrong =
        fixture.ask(UserTask::BringBackAll(removed(None, Some("gopher")))).await.unwrap_err();
    assert!(wrong.contains("gopher is no way in; there are imap, pop3"), "{wrong}");
    let history = fixture.ask(UserTask::History { most: 1 }).await.unwrap();
    let Answer::History(rows) = history else { panic!("{history:?}") };
    let HistoryRow { what, by, .. } = &rows[0];
    assert_eq!((what.as_str(), by.door.as_str()), ("brought back 2 messages into INBOX", "admin"));
}

#[tokio::test]
async fn what_does_not_fit_any_more_stays_retained_and_is_told() {
    let fixture = fixture().await;
    fixture.deliver(3).await;
    fixture.pop3(Some("Phone"), 2).await;
    fixture.pop3(Some("Phone"), 1).await;
    let quota = crate::request::QuotaAsked { octets_max: None, messages_max: Some(1) };
    fixture.ask(UserTask::SetQuota(quota)).await.unwrap();
    let all = || UserTask::BringBackAll(removed(None, Some("pop3")));
    let told = fixture.ask(all()).await.unwrap_err();
    assert!(
        told.starts_with("1 messages of 1 changes were brought back, then: over quota"),
        "{told}"
    );
    assert_eq!(fixture.inbox().await, 1);
    assert_eq!(fixture.retained(Removed::default()).await.len(), 1);
}

#[tokio::test]
async fn what_is_retained_can_be_purged() {
    let fixture = fixture().await;
    fixture.deliver(3).await;
    fixture.pop3(Some("Office PC"), 2).await;
    let account = fixture.account(Door::Imap, None).await;
    let before = account.retained_use().unwrap();
    assert_eq!(before.messages, 2);
    let purged = fixture.ask(UserTask::Purge).await.unwrap();
    let Answer::Purged { messages, octets } = purged else { panic!("{purged:?}") };
    assert_eq!((messages, octets), (before.messages, before.octets.0));
    assert!(fixture.retained(Removed::default()).await.is_empty());
    assert_eq!(fixture.inbox().await, 1);
}

#[tokio::test]
async fn imports_at_once_bring_nothing_twice() {
    let fixture = fixture().await;
    let mut stream = Vec::new();
    for number in 0..3 {
        let message = Attributes { mailbox: "Old".to_owned(), ..Attributes::default() };
        wire::write(&mut stream, &Some(Item::Message(message))).await.unwrap();
        wire::write_piece(&mut stream, format!("Subject: {number}\r\n\r\n").as_bytes())
            .await
            .unwrap();
        wire::write_piece(&mut stream, b"").await.unwrap();
    }
    wire::write(&mut stream, &None::<Item>).await.unwrap();
    let import = async || {
        let rows = fixture.desk.import(ANA, Known::default(), &mut &stream[..]).await.unwrap();
        (rows[0].imported, rows[0].known)
    };
    let mut done: [(u64, u64); 3] = tokio::join!(import(), import(), import()).into();
    done.sort_unstable();
    assert_eq!(done, [(0, 3), (0, 3), (3, 0)]);
}

impl Fixture {
    /// What a client that backs the account up is told, when it asks for these bodies.
    async fn read_account(&self, asked: &str) -> Result<Vec<u8>, String> {
        let mut told = Vec::new();
        let read = self.desk.read_account(ANA, &mut asked.as_bytes(), &mut told).await;
        read.map(|_| told).map_err(|fault| fault.to_string())
    }
}

#[tokio::test]
async fn an_account_is_listed_and_the_bodies_that_are_asked_for_follow() {
    let fixture = fixture().await;
    fixture.deliver(3).await;
    let told = fixture.read_account("2\n0\nnull\n").await.unwrap();
    let text = String::from_utf8_lossy(&told);
    assert_eq!(text.matches("\"mark\":").count(), 3, "{text}");
    let bodies = text.split_once("\"listed\"\n").unwrap().1;
    let (first, second) = (bodies.find("Subject: 2").unwrap(), bodies.find("Subject: 0").unwrap());
    assert!(first < second && !bodies.contains("Subject: 1"), "{bodies}");
    let fault = fixture.read_account("3\nnull\n").await.unwrap_err();
    assert_eq!(fault, "there is no such message");
}
