//! Random lives of a maildrop: mail comes, the line is cut, the client dies, the person deletes and changes their mind.

use mailbox::Timestamp;
use pop3::client::pull::{DeletedHere, Leave, Order, Policy, Removal, WithoutIds};
use proptest::prelude::*;
use tokio::runtime::Builder;

use crate::host::{Fate, Host};
use crate::line::Cut;
use crate::shelf::Shelf;

#[derive(Clone, Debug)]
enum Event {
    /// Mail of about so many octets comes.
    Mail(usize),
    Pull(Cut, Fate, Wish),
    DeleteHere(usize),
    Days(i64),
}

#[derive(Clone, Copy, Debug)]
enum Wish {
    AtOnce,
    Leave,
    Days,
    UntilDeleted,
    AFewAtOnce,
}

fn policy(wish: Wish) -> Policy {
    let leave = |days, deleted_here| Removal::Leave(Leave { days, deleted_here });
    let (removal, messages_max) = match wish {
        Wish::AtOnce => (Removal::AtOnce, None),
        Wish::Leave => (leave(None, DeletedHere::Stay), None),
        Wish::Days => (leave(Some(7), DeletedHere::Stay), None),
        Wish::UntilDeleted => (leave(None, DeletedHere::Go), None),
        Wish::AFewAtOnce => (Removal::AtOnce, Some(2)),
    };
    let order = match wish {
        Wish::Days | Wish::AFewAtOnce => Order::Newest,
        Wish::AtOnce | Wish::Leave | Wish::UntilDeleted => Order::Oldest,
    };
    let without_ids = WithoutIds::Remove;
    Policy { removal, messages_max, order, without_ids, ..Policy::default() }
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        Just(Wish::AtOnce),
        Just(Wish::Leave),
        Just(Wish::Days),
        Just(Wish::UntilDeleted),
        Just(Wish::AFewAtOnce),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let cut = prop_oneof![
        Just(Cut::Never),
        (0usize..4_000).prop_map(Cut::Server),
        (0usize..300).prop_map(Cut::Client),
    ];
    let fate = prop_oneof![Just(Fate::LivesOn), Just(Fate::Dies)];
    prop_oneof![
        2 => prop_oneof![0usize..200, 0usize..20_000].prop_map(Event::Mail),
        3 => (cut, fate, wish()).prop_map(|(cut, fate, wish)| Event::Pull(cut, fate, wish)),
        1 => (0usize..20).prop_map(Event::DeleteHere),
        1 => (0i64..10).prop_map(Event::Days),
    ]
}

async fn live(hidden: &'static [&'static str], events: Vec<Event>, last: Wish) {
    let host = Host::new(hidden).await;
    let mut shelf = Shelf::new();
    let mut ever: Vec<Vec<u8>> = Vec::new();
    for event in events {
        match event {
            Event::Mail(octets) => {
                let number = ever.len();
                let mail = format!("Subject: {number}\r\n\r\n{}\r\n", ".\r\n".repeat(octets / 3));
                host.world.mail(mail.as_bytes()).await;
                ever.push(mail.into_bytes());
            }
            Event::Pull(cut, fate, wish) => {
                let session = host.pull(&mut shelf, &policy(wish), cut, fate).await;
                if let Ok(summary) = &session.result {
                    assert_eq!(summary.refused, 0);
                }
                shelf.crash();
            }
            Event::DeleteHere(number) => {
                if let Some(mail) = ever.get(number) {
                    shelf.delete_here(mail);
                }
            }
            Event::Days(days) => shelf.now = Timestamp(shelf.now.0 + days * 86_400),
        }
        for (index, mail) in ever.iter().enumerate() {
            assert!(shelf.durable.mail.contains(mail) || host.has(index), "mail is lost");
        }
    }
    // As many runs as it takes when each takes two.
    for _ in 0..=ever.len() {
        host.pull(&mut shelf, &policy(last), Cut::Never, Fate::LivesOn).await.result.unwrap();
    }
    let mut held = shelf.durable.mail.clone();
    held.sort();
    ever.sort();
    assert_eq!(held, ever, "each message is held once");
    if matches!(last, Wish::AtOnce | Wish::AFewAtOnce) {
        assert_eq!(host.messages(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_each_message_is_held_once(
        events in prop::collection::vec(event(), 1..14),
        hidden in prop::sample::select(vec![
            &[][..], &["CAPA"][..], &["UIDL"][..], &["UIDL", "TOP "][..], &["CAPA", "UIDL", "TOP "][..],
        ]),
        last in wish(),
    ) {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(live(hidden, events, last));
    }
}
