//! Unique ids: one for each message, for life (RFC 1939, 7).

use conformance::uid_set;
use std::collections::BTreeSet;

use mailbox::operations::Append;
use mailbox::{AccountId, Door, FlagNames, MailboxName, Who};

use crate::world::World;

async fn uidls(world: &World) -> Vec<String> {
    let mut connection = world.connect(64 << 10);
    connection.send(b"USER ana\r\nPASS secret\r\nUIDL\r\nQUIT\r\n").await;
    let said = String::from_utf8(connection.closed().await).unwrap();
    let lines = said.lines().skip(4).take_while(|line| *line != ".");
    lines.map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

#[tokio::test]
async fn ids_are_unique_printable_and_the_same_in_every_session() {
    let world = World::new().await;
    for number in 0..700 {
        // Among them messages with the same text: they are not the same message.
        world.mail(format!("Subject: {}\r\n\r\nx\r\n", number / 2).as_bytes()).await;
    }
    let first = uidls(&world).await;
    assert_eq!(first.len(), 700);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 700);
    let fits =
        |id: &String| (1..=70).contains(&id.len()) && id.bytes().all(|o| o.is_ascii_graphic());
    assert!(first.iter().all(fits), "{first:?}");
    assert_eq!(uidls(&world).await, first);
    // A message that goes takes no other's id with it.
    world.ana.remove(world.inbox(), &uid_set("2,300")).await.unwrap();
    let mut left = first.clone();
    left.remove(299);
    left.remove(1);
    assert_eq!(uidls(&world).await, left);
}

#[tokio::test]
async fn ids_are_not_given_again() {
    let world = World::new().await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        for _ in 0..5 {
            world.mail(b"Subject: the same\r\n\r\nx\r\n").await;
        }
        for id in uidls(&world).await {
            assert!(seen.insert(id.clone()), "given again: {id}");
        }
        world.ana.remove(world.inbox(), &uid_set("1:100")).await.unwrap();
    }
    // An Inbox that begins anew after a rename does not repeat them either.
    world.mail(b"Subject: the same\r\n\r\nx\r\n").await;
    seen.extend(uidls(&world).await);
    world.ana.rename_mailbox(world.inbox(), &MailboxName::new("Old").unwrap()).await.unwrap();
    assert_eq!(uidls(&world).await, Vec::<String>::new());
    world.mail(b"Subject: the same\r\n\r\nx\r\n").await;
    for id in uidls(&world).await {
        assert!(seen.insert(id.clone()), "given again: {id}");
    }
}

#[tokio::test]
async fn an_id_outlives_moves_out_of_the_inbox_and_back() {
    let world = World::new().await;
    world.mail(b"Subject: one\r\n\r\nx\r\n").await;
    world.mail(b"Subject: two\r\n\r\nx\r\n").await;
    let before = uidls(&world).await;
    let archive = world.mailbox("Archive");
    world.ana.r#move(world.inbox(), &uid_set("1"), archive).await.unwrap();
    assert_eq!(uidls(&world).await, before[1..]);
    world.ana.r#move(archive, &uid_set("1"), world.inbox()).await.unwrap();
    assert_eq!(uidls(&world).await, [before[1].clone(), before[0].clone()]);
    // Expunged and brought back, it is the same message still.
    world.ana.remove(world.inbox(), &uid_set("2")).await.unwrap();
    let removed_by = world.ana.retained(1).unwrap()[0].modseq;
    world.ana.bring_back(removed_by, None).await.unwrap();
    assert_eq!(
        uidls(&world).await.into_iter().collect::<BTreeSet<_>>(),
        before.into_iter().collect::<BTreeSet<_>>()
    );
}

#[tokio::test]
async fn an_account_that_is_made_again_gives_no_id_again() {
    let world = World::new().await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let accounts = &world.service.accounts;
        let mut incoming = accounts.receive();
        incoming.write(b"Subject: the same\r\n\r\nx\r\n").await.unwrap();
        let received = incoming.finish().await.unwrap();
        let bob = accounts.open(AccountId(2), Who::at(Door::Imap)).unwrap();
        let inbox = bob.find(&MailboxName::inbox()).unwrap().unwrap().id;
        let flags = FlagNames::default();
        let append = Append { received, flags, internal_date: None, uidl: None };
        bob.append(inbox, vec![append]).await.unwrap();
        drop(bob);
        let mut connection = world.connect(64 << 10);
        connection.send(b"USER bob\r\nPASS secret\r\nUIDL 1\r\nQUIT\r\n").await;
        let said = String::from_utf8(connection.closed().await).unwrap();
        let id = said.lines().find_map(|line| line.strip_prefix("+OK 1 ")).unwrap().to_owned();
        assert!(seen.insert(id.clone()), "given again: {id}");
        accounts.remove(AccountId(2)).await.unwrap();
        world.pass(1);
        accounts.create(AccountId(2), &Who::at(Door::Admin)).await.unwrap();
    }
}
