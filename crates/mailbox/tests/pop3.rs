//! POP3 over a large Inbox: listings are linear, and a login where nothing is hidden copies nothing.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may be blunt"
)]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use mailbox::memory::MemoryEngine;
use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Device, Door, FlagNames, MailboxName, OnDelete, Policy,
    Pop3Choice, Pop3Ended, Pop3Policy, Pop3View, Quit, SetClock, Timestamp, UidSet, Uidl, Who,
};

const MESSAGES: usize = 100_000;

fn at(accounts: &Accounts, device: &str) -> Account {
    let who = Who { device: Some(device.to_owned()), ..Who::at(Door::Pop3) };
    accounts.open(AccountId(1), who).unwrap()
}

async fn filled(uidl: impl Fn(usize) -> Option<Uidl>) -> Accounts {
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 30,
        pop3: Pop3Policy::default(),
        ..Policy::default()
    };
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, policy);
    let account = accounts.create(AccountId(1), &Who::at(Door::Admin)).await.unwrap();
    let mut incoming = accounts.receive();
    incoming.write(b"Subject: one of many\r\n\r\nmail\r\n").await.unwrap();
    let received = incoming.finish().await.unwrap();
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    for thousand in 0..MESSAGES / 1_000 {
        let messages = (0..1_000).map(|one| Append {
            received: received.clone(),
            flags: FlagNames::default(),
            internal_date: None,
            uidl: uidl(thousand * 1_000 + one),
        });
        account.append(inbox, messages.collect()).await.unwrap();
    }
    accounts
}

/// All unique ids, 256 at a time as a server asks for them, and how long that took.
fn listed(view: &Pop3View) -> Vec<String> {
    let begun = Instant::now();
    let mut octets = 0usize;
    for from in (0..MESSAGES).step_by(256) {
        view.uidls(from, 256, &mut |_, id| octets += id.len()).unwrap();
    }
    println!("{octets} octets of unique ids in {:?}", begun.elapsed());
    let mut all = Vec::new();
    view.uidls(0, usize::MAX, &mut |_, id| all.push(id.to_owned())).unwrap();
    assert_eq!(all.iter().map(String::len).sum::<usize>(), octets);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    all
}

#[tokio::test]
async fn a_hundred_thousand_messages_are_listed() {
    let accounts = filled(|_| None).await;
    let account = at(&accounts, "office");
    let view = account.open_pop3().unwrap();
    let inbox = account.state(view.mailbox()).unwrap();
    assert!(Arc::ptr_eq(view.state(), &inbox), "nothing is hidden, so nothing is copied");
    assert_eq!(listed(&view).len(), MESSAGES);
    // All of it downloaded, and hidden but for the last thousand.
    let hide = Pop3Choice { on_delete: Some(OnDelete::Hide), ..Pop3Choice::default() };
    account.choose_pop3(Device::new("office").as_ref(), hide).await.unwrap();
    drop(view);
    let view = account.open_pop3().unwrap();
    let entries = inbox.entries.iter().take(MESSAGES - 1_000);
    let deleted: UidSet = entries.map(|entry| entry.uid).collect();
    let ended = Pop3Ended { deleted, downloaded: UidSet::all(), quit: Quit::Yes };
    let begun = Instant::now();
    let closed = account.close_pop3(view, ended).await.unwrap();
    println!("hidden in {:?}", begun.elapsed());
    assert_eq!(closed.hidden, 99_000);
    let begun = Instant::now();
    let view = account.open_pop3().unwrap();
    println!("opened in {:?}", begun.elapsed());
    assert_eq!(view.state().entries.len(), 1_000);
    let devices = account.pop3_devices().unwrap();
    assert_eq!((devices[0].hidden, devices[0].downloaded), (99_000, 100_000));
    assert_eq!(account.show_again(devices[0].device.as_ref()).await.unwrap(), 99_000);
    assert_eq!(account.check().unwrap().wrong, []);
}

#[tokio::test]
async fn a_hundred_thousand_ids_from_elsewhere_are_listed() {
    let accounts =
        filled(|number| Uidl::new(format!("{:08x}5f3e", number ^ 0x155).as_bytes())).await;
    let view = at(&accounts, "office").open_pop3().unwrap();
    let ids = listed(&view);
    assert_eq!((ids[0].as_str(), ids.len()), ("000001555f3e", MESSAGES));
}
