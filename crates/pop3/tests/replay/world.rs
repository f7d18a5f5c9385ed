//! A host in memory: three accounts on an engine that can be told to fail.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, BodyHash, Clock, Device, Door, Fault, FlagNames, Flags,
    MailboxId, MailboxName, OnDelete, Policy, Pop3Policy, Retrieved, Role, SetClock, Shows,
    Timestamp, Uid, UidSet, Who,
};
use pop3::{Service, Stls};
use sasl::{Directory, Security};

use crate::people::People;

pub(crate) struct World {
    pub(crate) service: Arc<Service>,
    pub(crate) engine: Arc<Fallible>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) people: Arc<People>,
    /// Ana's account, as another door sees it.
    pub(crate) ana: Account,
    /// How connections are protected from here on.
    pub(crate) security: Security,
}

impl World {
    pub(crate) async fn new() -> World {
        let engine = Arc::new(Fallible::new());
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let policy = Policy {
            message_octets_max: 50 << 20,
            retention_s: 14 * 24 * 3600,
            hot_octets_max: 1 << 30,
            pop3: Pop3Policy::default(),
            ..Policy::default()
        };
        let ports = (Arc::clone(&engine) as Arc<dyn Engine>, Arc::clone(&clock) as Arc<dyn Clock>);
        let accounts = Accounts::new(ports.0, ports.1, policy);
        for id in 1..=3 {
            accounts.create(AccountId(id), &Who::at(Door::Admin)).await.unwrap();
        }
        let ana = accounts.open(AccountId(1), Who::at(Door::Imap)).unwrap();
        let people = Arc::new(People::default());
        let directory = Arc::clone(&people) as Arc<dyn Directory>;
        let service = Arc::new(Service::new(accounts, directory, Stls::Offered));
        World { service, engine, clock, people, ana, security: Security::Tls }
    }

    pub(crate) fn mailbox(&self, name: &str) -> MailboxId {
        self.ana.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id
    }

    pub(crate) fn inbox(&self) -> MailboxId {
        self.mailbox("INBOX")
    }

    pub(crate) async fn mail(&self, text: &[u8]) {
        let mut incoming = self.service.accounts.receive();
        incoming.write(text).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let append =
            Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
        self.ana.append(self.inbox(), vec![append]).await.unwrap();
    }

    /// Delivers one that came in some seconds from now.
    pub(crate) async fn mail_at(&self, seconds: i64, text: &[u8]) {
        let now = self.clock.now();
        self.clock.set(Timestamp(now.0 + seconds));
        self.mail(text).await;
        self.clock.set(now);
    }

    /// Lets time go by for the host; sessions have a clock of their own.
    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.set(Timestamp(self.clock.now().0 + seconds));
    }

    /// Chooses one thing about POP3, for a device or for the whole account, beside what was chosen before.
    pub(crate) async fn choose(&self, who: &str, what: &str) {
        let device = if who == "account" { None } else { Device::new(who) };
        let (account, devices) = self.ana.pop3_choices().unwrap();
        let mut choice = match &device {
            None => account,
            Some(device) => devices
                .into_iter()
                .find(|(known, _)| known == device)
                .map(|(_, choice)| choice)
                .unwrap_or_default(),
        };
        let (field, value) = what.split_once(' ').unwrap();
        let (kind, rest) = value.split_once(' ').unwrap_or((value, ""));
        match field {
            "delete" => {
                choice.on_delete = Some(match kind {
                    "remove" => OnDelete::Remove,
                    "keep" => OnDelete::KeepDays(rest.parse().unwrap()),
                    "until" => OnDelete::KeepUntil(
                        rest.split(' ').map(|d| Device::new(d).unwrap()).collect(),
                    ),
                    "hide" => OnDelete::Hide,
                    "archive" => OnDelete::MoveTo(Role::Archive),
                    "trash" => OnDelete::MoveTo(Role::Trash),
                    _ => panic!("no such way to delete: {kind}"),
                });
            }
            "shows" => {
                choice.shows = Some(match kind {
                    "all" => Shows::All,
                    "since" => Shows::Since(Timestamp(rest.parse().unwrap())),
                    "newest" => Shows::Newest(rest.parse().unwrap()),
                    _ => panic!("no such view: {kind}"),
                });
            }
            "read" => {
                choice.retrieved = Some(match kind {
                    "yes" => Retrieved::MarkRead,
                    _ => Retrieved::LeaveUnread,
                });
            }
            "delay" => choice.login_delay_s = Some(kind.parse().unwrap()),
            _ => panic!("nothing to choose: {field}"),
        }
        self.ana.choose_pop3(device.as_ref(), choice).await.unwrap();
    }

    /// Damages the body of a message in the Inbox, from an octet on.
    pub(crate) fn damage(&self, uid: &str, from: u64) {
        let uid = Uid::new(uid.parse().unwrap()).unwrap();
        let state = self.ana.state(self.inbox()).unwrap();
        let entry = state.entries.iter().find(|entry| entry.uid == uid).unwrap();
        let email = self.ana.reader().unwrap().email(entry.email).unwrap().unwrap();
        self.engine.damaged.lock().unwrap().insert(email.hash, from);
    }

    /// The UIDs of a mailbox, as the engine has them.
    pub(crate) fn uids(&self, name: &str) -> UidSet {
        let state = self.ana.state(self.mailbox(name)).unwrap();
        state.entries.iter().map(|entry| entry.uid).collect()
    }
}

impl World {
    /// The UIDs of what is marked as read in a mailbox.
    pub(crate) fn read(&self, name: &str) -> UidSet {
        let state = self.ana.state(self.mailbox(name)).unwrap();
        let read = state.entries.iter().filter(|entry| entry.flags.contains(Flags::SEEN));
        read.map(|entry| entry.uid).collect()
    }
}

/// Reads `1,3:4`; nothing is the empty set.
pub(crate) fn uid_set(text: &str) -> UidSet {
    let uid = |text: &str| Uid::new(text.parse().unwrap()).unwrap();
    let ranges = text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        (uid(first), uid(last))
    });
    UidSet::from_ranges(ranges.collect::<Vec<_>>())
}

/// The in-memory engine, with switches to make it fail.
pub(crate) struct Fallible {
    engine: MemoryEngine,
    pub(crate) commits_fail: AtomicBool,
    /// Whether nobody knows what became of a commit.
    pub(crate) outcomes_unknown: AtomicBool,
    /// How many reads of bodies still succeed; negative: all do.
    pub(crate) bodies_left: AtomicI64,
    /// The bodies that are damaged, each from an octet on.
    pub(crate) damaged: Mutex<BTreeMap<BodyHash, u64>>,
}

impl Fallible {
    fn new() -> Fallible {
        Fallible {
            engine: MemoryEngine::new(),
            commits_fail: AtomicBool::new(false),
            outcomes_unknown: AtomicBool::new(false),
            bodies_left: AtomicI64::new(-1),
            damaged: Mutex::default(),
        }
    }
}

impl Engine for Fallible {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.engine.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        if self.outcomes_unknown.load(Ordering::SeqCst) {
            let fault = Fault::new("the disk is breaking").of_unknown_outcome();
            return Box::pin(async { Err(CommitError::Fault(fault)) });
        }
        if self.commits_fail.load(Ordering::SeqCst) {
            return Box::pin(async { Err(CommitError::Fault(Fault::new("the disk is broken"))) });
        }
        self.engine.commit(batch)
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.engine.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        match self.bodies_left.load(Ordering::SeqCst) {
            0 => return Err(Fault::new("the disk is broken")),
            1.. => drop(self.bodies_left.fetch_sub(1, Ordering::SeqCst)),
            _ => {}
        }
        match self.damaged.lock().unwrap().get(body) {
            Some(from) if *from < range.end => Err(Fault::damaged("octets are not what they were")),
            Some(_) | None => self.engine.body(body, range),
        }
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.engine.space_left_octets()
    }
}
