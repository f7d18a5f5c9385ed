//! Between the moment at which the engine shows a commit and that at which memory has taken it in: what is told together
//! is of one moment all the same.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests may be blunt")]

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot};
use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, BodyHash, Door, Fault, FlagNames, MailboxId, MailboxName, Policy,
    SetClock, Timestamp, Uid, UidSet, Who,
};
use tokio::sync::Notify;

/// Answers a commit only when told to, while `holding` is set.
#[derive(Default)]
struct Held {
    engine: MemoryEngine,
    holding: AtomicBool,
    shown: Arc<Notify>,
    answer: Arc<Notify>,
}

impl Engine for Held {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.engine.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        let committed = self.engine.commit(batch);
        let holding = self.holding.load(Ordering::SeqCst);
        let (shown, answer) = (Arc::clone(&self.shown), Arc::clone(&self.answer));
        Box::pin(async move {
            let done = committed.await;
            if holding {
                shown.notify_one();
                answer.notified().await;
            }
            done
        })
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.engine.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        self.engine.body(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        self.engine.space_left_octets()
    }
}

fn open(engine: &Arc<Held>) -> Accounts {
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let engine: Arc<dyn Engine> = Arc::<Held>::clone(engine);
    Accounts::new(engine, clock, Policy::default())
}

async fn append(accounts: &Accounts, account: &Account, to: MailboxId) {
    let mut incoming = accounts.receive();
    incoming.write(b"Subject: x\r\n\r\nHello\r\n").await.unwrap();
    let received = incoming.finish().await.unwrap();
    let append = Append { received, flags: FlagNames::default(), internal_date: None, uidl: None };
    account.append(to, vec![append]).await.unwrap();
}

async fn begin() -> (Arc<Held>, Accounts, Account, MailboxId) {
    let engine = Arc::new(Held::default());
    let accounts = open(&engine);
    let account = accounts.create(AccountId(1), &Who::at(Door::Imap)).await.unwrap();
    let inbox = account.find(&MailboxName::new("INBOX").unwrap()).unwrap().unwrap().id;
    append(&accounts, &account, inbox).await;
    append(&accounts, &account, inbox).await;
    (engine, accounts, account, inbox)
}

#[tokio::test]
async fn a_mailbox_that_is_read_in_and_its_figures_are_of_one_moment() {
    let (engine, ..) = begin().await;
    // As after a restart: nothing is in memory.
    let accounts = open(&engine);
    let account = accounts.open(AccountId(1), Who::at(Door::Imap)).unwrap();
    let inbox = account.find(&MailboxName::new("INBOX").unwrap()).unwrap().unwrap().id;
    engine.holding.store(true, Ordering::SeqCst);
    let appending = {
        let (accounts, account) = (accounts.clone(), account.clone());
        tokio::spawn(async move { append(&accounts, &account, inbox).await })
    };
    engine.shown.notified().await;
    for moment in ["before", "after"] {
        let state = account.state(inbox).unwrap();
        let mailbox = account.mailbox(inbox).unwrap().unwrap();
        assert_eq!(mailbox.messages, 3, "{moment} the answer");
        assert_eq!(mailbox, mailbox.clone().counted_in(&state), "{moment} the answer");
        assert_eq!(account.mailboxes().unwrap().iter().find(|m| m.id == inbox), Some(&mailbox));
        engine.answer.notify_one();
        if moment == "before" {
            engine.holding.store(false, Ordering::SeqCst);
        }
    }
    appending.await.unwrap();
    let state = account.state(inbox).unwrap();
    let mailbox = account.mailbox(inbox).unwrap().unwrap();
    assert_eq!(mailbox, mailbox.clone().counted_in(&state));
}

#[tokio::test]
async fn what_a_state_has_has_not_vanished_from_it() {
    let (engine, _accounts, account, inbox) = begin().await;
    let before = account.state(inbox).unwrap();
    let first = UidSet::from_iter([Uid::MIN]);
    engine.holding.store(true, Ordering::SeqCst);
    let removing = {
        let (account, first) = (account.clone(), first.clone());
        tokio::spawn(async move { account.remove(inbox, &first).await })
    };
    engine.shown.notified().await;
    let state = account.state(inbox).unwrap();
    assert_eq!(state.entries.len(), 2);
    let since = before.highest_modseq;
    assert!(account.vanished(&state, since, None).unwrap().is_empty());
    engine.answer.notify_one();
    removing.await.unwrap().unwrap();
    let state = account.state(inbox).unwrap();
    assert_eq!(account.vanished(&state, since, None).unwrap(), first);
    // Of the state before, it has not vanished still.
    assert!(account.vanished(&before, since, None).unwrap().is_empty());
}
