//! A host in memory with Ana's account, number 1.

use std::sync::Arc;

use jmap::server::memory::{self, Sent};
use jmap::server::{self, Context, User};
use jmap::{Api, Limits, Request, Response};
use mailbox::engine::Engine;
use mailbox::memory::MemoryEngine;
use mailbox::operations::{Append, Store};
use mailbox::{
    Account, AccountId, Accounts, Clock as _, Door, FlagMode, FlagNames, Flags, Keyword, MailboxId,
    MailboxName, Policy, SetClock, Timestamp, UidSet, Who,
};
use serde_json::Value;

pub(crate) struct World {
    pub(crate) api: Api<Context>,
    pub(crate) context: Context,
    /// Ana's account as another door sees it.
    pub(crate) ana: Account,
    /// What was sent.
    pub(crate) sent: Arc<Sent>,
    clock: Arc<SetClock>,
}

impl World {
    pub(crate) async fn new() -> World {
        World::on(Arc::new(MemoryEngine::new())).await
    }

    /// The same on an engine of another kind.
    pub(crate) async fn on(engine: Arc<dyn Engine>) -> World {
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let policy = Policy { message_octets_max: 1 << 20, ..Policy::default() };
        let accounts = Accounts::new(engine, Arc::clone(&clock) as _, policy);
        for id in 1..=2 {
            accounts.create(AccountId(id), &Who::at(Door::Admin)).await.unwrap();
        }
        let open = |door| accounts.open(AccountId(1), Who::at(door)).unwrap();
        let ana = open(Door::Imap);
        let may = ["ana@example.org", "a.silva@example.org", "shop@example.com"];
        let (ports, sent) = memory::ports(accounts.clone(), &may);
        let context = Context {
            account: open(Door::Jmap),
            user: User {
                name: "ana".to_owned(),
                addresses: vec!["ana@example.org".to_owned(), "a.silva@example.org".to_owned()],
                credential: "password:7".to_owned(),
                ..User::default()
            },
            ports,
        };
        World { api: server::api(Limits::default()), context, ana, sent, clock }
    }

    /// Answers a request.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Response {
        let request = Request::read(request, &self.api.limits).unwrap();
        self.api.run(request, &mut self.context, "s".to_owned()).await.unwrap()
    }

    pub(crate) fn mailbox(&self, name: &str) -> MailboxId {
        self.ana.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id
    }

    /// Puts a message into a mailbox.
    pub(crate) async fn append(&self, mailbox: &str, flags: FlagNames, message: &[u8]) {
        let mut incoming = self.context.ports.accounts.receive();
        incoming.write(message).await.unwrap();
        let received = incoming.finish().await.unwrap();
        let append = Append { received, flags, internal_date: None, uidl: None };
        self.ana.append(self.mailbox(mailbox), vec![append]).await.unwrap();
    }

    /// Time goes by.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.set(Timestamp(self.clock.now().0 + seconds));
    }

    /// Sets and takes flags over IMAP.
    pub(crate) async fn store(
        &self,
        mailbox: &str,
        uids: UidSet,
        mode: FlagMode,
        flags: FlagNames,
    ) {
        let store = Store { uids, mode, flags, unchanged_since: None };
        self.ana.store(self.mailbox(mailbox), store).await.unwrap();
    }
}

/// Reads flags by name.
pub(crate) fn flags<'a>(names: impl Iterator<Item = &'a str>) -> FlagNames {
    let mut flags = FlagNames::default();
    for name in names {
        let system = match name {
            "\\Seen" => Flags::SEEN,
            "\\Answered" => Flags::ANSWERED,
            "\\Flagged" => Flags::FLAGGED,
            "\\Deleted" => Flags::DELETED,
            "\\Draft" => Flags::DRAFT,
            keyword => {
                flags.keywords.push(Keyword::new(keyword).unwrap());
                continue;
            }
        };
        flags.system = flags.system.with(system);
    }
    flags
}

/// The arguments of the first answer.
pub(crate) fn arguments_of(response: &Response) -> Value {
    let first: Value = serde_json::from_str(response.method_responses[0].as_json()).unwrap();
    first[1].clone()
}
