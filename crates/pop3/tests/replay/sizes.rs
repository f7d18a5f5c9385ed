//! LIST tells what RETR sends, whatever happened to the message before (RFC 1939, 11).

use conformance::uid_set;
use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags};

use crate::world::World;

/// The sizes that LIST tells, and those of what RETR sends.
async fn sizes(world: &World, messages: usize) -> (Vec<usize>, Vec<usize>) {
    let mut connection = world.connect(64 << 10);
    let retrs: String = (1..=messages).map(|number| format!("RETR {number}\r\n")).collect();
    let session = format!("USER ana\r\nPASS secret\r\nLIST\r\n{retrs}QUIT\r\n");
    connection.send(session.as_bytes()).await;
    let said = String::from_utf8(connection.closed().await).unwrap();
    let mut lines = said.split_inclusive("\r\n").skip(4);
    let listed = lines.by_ref().take_while(|line| *line != ".\r\n");
    let listed = listed.map(|line| line.trim().split_once(' ').unwrap().1.parse().unwrap());
    let listed: Vec<usize> = listed.collect();
    let mut sent = Vec::new();
    for _ in 0..messages {
        assert!(lines.next().unwrap().starts_with("+OK"));
        let content = lines.by_ref().take_while(|line| *line != ".\r\n");
        sent.push(content.map(|line| line.len() - usize::from(line.starts_with('.'))).sum());
    }
    (listed, sent)
}

#[tokio::test]
async fn uneven_messages_keep_their_size_through_flags_copies_and_undo() {
    let world = World::new().await;
    for text in ["A: 1\n\n.\nx", "A: 2\r\n\r\n..\r\n", "A: 3\r\n\r\nx\r", "A: 4\r\n\r\nx", ""] {
        world.mail(text.as_bytes()).await;
    }
    let (listed, sent) = sizes(&world, 5).await;
    assert_eq!(listed, sent);
    assert_eq!(listed, [14, 12, 11, 11, 0]);

    let (inbox, archive) = (world.inbox(), world.mailbox("Archive"));
    let flags = FlagNames { system: Flags::SEEN, ..FlagNames::default() };
    let uids = uid_set("1:5");
    let change = Store { uids, mode: FlagMode::Replace, flags, unchanged_since: None };
    world.ana.store(inbox, change).await.unwrap();
    world.ana.copy(inbox, &uid_set("1:5"), archive).await.unwrap();
    world.ana.remove(inbox, &uid_set("1:5")).await.unwrap();
    let removed_by = world.ana.retained(1).unwrap()[0].modseq;
    world.ana.bring_back(removed_by, None).await.unwrap();
    world.ana.r#move(archive, &uid_set("1:5"), inbox).await.unwrap();
    let (listed, sent) = sizes(&world, 10).await;
    assert_eq!(listed, sent);
    assert_eq!(listed, [14, 12, 11, 11, 0, 14, 12, 11, 11, 0]);
}

#[tokio::test]
async fn surrogates_have_the_size_that_is_listed() {
    let world = World::new().await;
    let parts = "--b\r\nContent-Type: text/plain; name=\u{e9}\r\n\r\n.\u{e9}\r\n".repeat(50);
    let multipart = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n");
    let long = format!("To: {}\r\n\r\nx\r\n", "J\u{f8}rn <j\u{f8}@x>, ".repeat(9_000));
    for text in [
        "Subject: \u{e9}\r\n\r\n.\r\n",
        "Subject: \u{e9}\nFrom: \u{e9}@x\n\n.\nbare\n",
        "Subject: \u{e9}",
        "Subject: \u{e9}\r\n",
        "Subject: \u{e9}\r",
        "Subject: \u{e9}\n\n",
        "\u{e9}\r\n.\u{e9}: x\r\n\r\n",
        &multipart,
        &long,
    ] {
        world.mail(text.as_bytes()).await;
    }
    let (listed, sent) = sizes(&world, 9).await;
    assert_eq!(listed, sent);
}
