//! A data folder with people in it, mail that goes in and out, and a look at the ids that POP3 serves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use admin::keep::{Folder, Keep};
use admin::request::Task;
use admin::upkeep::Copying;
use admin::{Answer, Client, Missing, Settings};
use directory::{Address, NewUser, People, ScramKeys, UserQuota};
use mailbox::{Account, Accounts, Door, MailboxName, Policy, Pop3Policy, SetClock, Timestamp, Who};
use tempfile::TempDir;
use transfer::plan::{Plan, Wanted};
use transfer::uidl::UidlChoice;
use transfer::{Format, ImportedMailbox, Known, KnownUidls, export, import};

/// Who there is, and since when.
const USERS: &[(&str, i64)] = &[
    ("ana", 1_600_000_000),
    ("bob", 1_600_000_001),
    ("cid", 1_600_000_002),
    ("dora", 1_600_000_003),
];

pub(crate) struct Desk {
    files: TempDir,
    data: TempDir,
}

fn settings() -> Settings {
    let policy = Policy {
        message_octets_max: mailbox::limits::MESSAGE_OCTETS_MAX,
        retention_s: 14 * 86_400,
        hot_octets_max: 1 << 20,
        pop3: Pop3Policy::default(),
        ..Policy::default()
    };
    Settings {
        policy,
        scram: ScramKeys::Store,
        quota: UserQuota::default().into(),
        backup_folders: None,
        has_way_out: false,
        user_name: |_| None,
    }
}

/// The subject of each message of a mailbox and its id; ids that we made are `own`.
pub(crate) type Served = Vec<(String, String)>;

pub(crate) fn ids(pairs: &[(&str, &str)]) -> Served {
    pairs.iter().map(|(subject, id)| ((*subject).to_owned(), (*id).to_owned())).collect()
}

impl Desk {
    pub(crate) async fn new() -> Desk {
        let desk = Desk { files: tempfile::tempdir().unwrap(), data: tempfile::tempdir().unwrap() };
        let keep = Keep::open(&desk.folder(), settings().policy).unwrap();
        for (user, time) in USERS {
            // Each account is made at a time of its own, as in life: ids begin with it.
            let clock = Arc::new(SetClock::at(Timestamp(*time)));
            let engine = Arc::new(keep.store.clone());
            let people = People::new(Accounts::new(engine, clock, keep.accounts.policy().clone()));
            let address: Address = address(user).parse().unwrap();
            people.ensure_domain(address.domain()).await.unwrap();
            let (password, quota) = (sasl::Secret::new("long enough"), UserQuota::default());
            let new = NewUser { address, password, quota };
            let added = people.add_user(new, ScramKeys::Omit).await.unwrap();
            drop(people.open(added.account, Who::at(Door::Admin)).await.unwrap());
        }
        keep.close().unwrap();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    async fn client(&self) -> Client {
        Client::reach(&self.folder(), &settings(), Missing::Make).await.unwrap()
    }

    fn folder(&self) -> Folder {
        Folder(self.data.path().join("data"))
    }

    pub(crate) fn plan(&self, path: &Path, uidls: &UidlChoice) -> Result<Plan, String> {
        let wanted = Wanted { uidls: uidls.clone(), ..Wanted::default() };
        Plan::of(path, &wanted).map_err(|fault| fault.to_string())
    }

    pub(crate) async fn import(
        &self,
        user: &str,
        path: &Path,
        uidls: &UidlChoice,
        known_uidls: KnownUidls,
    ) -> Result<Vec<ImportedMailbox>, String> {
        let plan = self.plan(path, uidls)?;
        let known = Known { uidls: known_uidls, ..Known::default() };
        Ok(self.send(user, &plan, known).await)
    }

    pub(crate) async fn import_below(
        &self,
        user: &str,
        path: &Path,
        below: &str,
    ) -> Vec<ImportedMailbox> {
        let plan = Plan::of(path, &Wanted { below: Some(below), ..Wanted::default() }).unwrap();
        self.send(user, &plan, Known::default()).await
    }

    async fn send(&self, user: &str, plan: &Plan, known: Known) -> Vec<ImportedMailbox> {
        let mut client = self.client().await;
        let mut importing = client.import(&address(user), known).await.unwrap();
        let remarks = import(&mut importing, plan, &mut |_| {}).await.unwrap();
        let answer = importing.finish().await.unwrap();
        client.close().await.unwrap();
        assert!(remarks.unreadable.is_empty(), "{remarks:?}");
        let Answer::Imported(rows) = answer else { panic!("another answer") };
        rows
    }

    pub(crate) async fn export(&self, user: &str, folder: &Path, format: Format) {
        let mut client = self.client().await;
        let mut exporting = client.export(&address(user), &[]).await.unwrap();
        export(&mut exporting, folder, format, &mut |_| {}).await.unwrap();
        exporting.finish().unwrap();
        client.close().await.unwrap();
    }

    /// Opens an account for a moment.
    async fn account<T>(&self, user: &str, look: impl AsyncFnOnce(&Account) -> T) -> T {
        let keep = Keep::open(&self.folder(), settings().policy).unwrap();
        let user = keep.people.user(&address(user).parse().unwrap()).unwrap();
        let account = keep.people.open(user.account, Who::at(Door::Admin)).await.unwrap();
        let seen = look(&account).await;
        drop(account);
        keep.close().unwrap();
        seen
    }

    /// What is in a mailbox, in its order.
    pub(crate) async fn served(&self, user: &str, mailbox: &str) -> Served {
        let mut served = self.account(user, async |account| every(account, mailbox)).await;
        let (_, created) = USERS.iter().find(|(name, _)| *name == user).unwrap();
        for (_, id) in &mut served {
            if id.starts_with(&format!("{created:x}-")) {
                "own".clone_into(id);
            }
        }
        served
    }

    /// The mailbox, the subject and the id of all mail, sorted.
    pub(crate) async fn all_ids(&self, user: &str) -> Vec<(String, String, String)> {
        self.account(user, async |account| {
            let mut all = Vec::new();
            for mailbox in account.mailboxes().unwrap().iter() {
                let name = mailbox.name.to_string();
                for (subject, id) in every(account, &name) {
                    all.push((name.clone(), subject, id));
                }
            }
            all.sort();
            all
        })
        .await
    }

    /// Moves a message from the Inbox into Sent.
    pub(crate) async fn put_away(&self, user: &str, subject: &str) {
        self.account(user, async |account| {
            let id = |name| account.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id;
            let (from, to) = (id("INBOX"), id("Sent"));
            let at = every(account, "INBOX").iter().position(|(found, _)| found == subject);
            let uid = account.state(from).unwrap().entries.iter().nth(at.unwrap()).unwrap().uid;
            account.r#move(from, &[uid].into_iter().collect(), to).await.unwrap();
        })
        .await;
    }

    pub(crate) async fn back_up(&self) -> Desk {
        let copy = Desk { files: tempfile::tempdir().unwrap(), data: tempfile::tempdir().unwrap() };
        let mut client = self.client().await;
        let task = Task::Backup { folder: copy.folder().0, copying: Copying::Link };
        client.ask(task, &mut |_| {}).await.unwrap();
        client.close().await.unwrap();
        copy
    }
}

fn address(user: &str) -> String {
    format!("{user}@example.org")
}

/// The subjects and ids of a mailbox.
fn every(account: &Account, mailbox: &str) -> Served {
    let found = account.find(&MailboxName::new(mailbox).unwrap()).unwrap().unwrap();
    let state = account.state(found.id).unwrap();
    let reader = account.reader().unwrap();
    let uidls = account.uidls(&state).unwrap();
    let each = state.entries.iter().zip(uidls).map(|(entry, uidl)| {
        let email = reader.email(entry.email).unwrap().unwrap();
        let body = account.body(&email, 0..email.octets).unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let subject = text.split("Subject: ").nth(1).unwrap().lines().next().unwrap();
        (subject.to_owned(), uidl.to_string())
    });
    each.collect()
}
