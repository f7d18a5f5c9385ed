//! A host in memory: three accounts on an engine that can be told to fail.

use std::ops::Deref;
use std::sync::Arc;

use conformance::MemoryMail;
use mailbox::{
    Clock as _, Device, Door, Flags, OnDelete, Policy, Retrieved, Role, Shows, Timestamp, UidSet,
};
use pop3::{Service, Stls};
use sasl::{Directory, Security};

use crate::people::People;

pub(crate) struct World {
    pub(crate) service: Arc<Service>,
    mail: MemoryMail,
    pub(crate) people: Arc<People>,
    /// How connections are protected from here on.
    pub(crate) security: Security,
}

impl World {
    pub(crate) async fn new() -> World {
        let policy = Policy {
            message_octets_max: 50 << 20,
            retention_s: 14 * 24 * 3600,
            hot_octets_max: 1 << 30,
            ..Policy::default()
        };
        let mail = MemoryMail::new(policy, Door::Imap).await;
        let people = Arc::new(People::default());
        let directory = Arc::clone(&people) as Arc<dyn Directory>;
        let service = Arc::new(Service::new(mail.accounts.clone(), directory, Stls::Offered));
        World { service, mail, people, security: Security::Tls }
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

    /// The UIDs of what is marked as read in a mailbox.
    pub(crate) fn read(&self, name: &str) -> UidSet {
        let state = self.ana.state(self.mailbox(name)).unwrap();
        let read = state.entries.iter().filter(|entry| entry.flags.contains(Flags::SEEN));
        read.map(|entry| entry.uid).collect()
    }
}

/// What is in the accounts a world has of its own.
impl Deref for World {
    type Target = MemoryMail;

    fn deref(&self) -> &MemoryMail {
        &self.mail
    }
}
