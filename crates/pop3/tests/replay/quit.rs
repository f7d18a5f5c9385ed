//! QUIT removes all that is marked or nothing, and only when the client's QUIT has come in whole (RFC 1939, 6).

use crate::world::World;
use conformance::uid_set;

const SESSION: &[u8] =
    b"USER ana\r\nPASS secret\r\nRETR 1\r\nDELE 1\r\nRSET\r\nDELE 1\r\nDELE 3\r\nQUIT\r\n";

async fn three_messages() -> World {
    let world = World::new().await;
    for text in ["one", "two", "three"] {
        world.mail(format!("Subject: {text}\r\n\r\n{text}\r\n").as_bytes()).await;
    }
    world
}

#[tokio::test]
async fn a_connection_cut_behind_any_octet_removes_all_or_nothing() {
    for octets in 0..=SESSION.len() {
        let world = three_messages().await;
        let mut connection = world.connect(4096);
        connection.send(&SESSION[..octets]).await;
        connection.hang_up().await;
        let left = world.uids("INBOX");
        if octets == SESSION.len() {
            assert!(left == uid_set("2") || left == uid_set("1:3"), "{left:?}");
        } else {
            assert_eq!(left, uid_set("1:3"), "cut behind octet {octets}");
        }
        // The lock is free, whatever happened.
        drop(world.ana.open_pop3().unwrap());
    }
}

#[tokio::test]
async fn the_same_holds_where_messages_are_hidden_or_moved() {
    for (policy, moved, hidden) in [("delete hide", false, true), ("delete archive", true, false)] {
        for octets in 0..=SESSION.len() {
            let world = three_messages().await;
            world.choose("account", policy).await;
            let mut connection = world.connect(4096);
            connection.send(&SESSION[..octets]).await;
            connection.hang_up().await;
            let is_whole = octets == SESSION.len();
            let (left, archived) = (world.uids("INBOX"), world.uids("Archive").len());
            let all = (left == uid_set("1:3"), archived) == (true, 0);
            assert!(all || is_whole && moved && left == uid_set("2") && archived == 2, "{policy}");
            let mut connection = world.connect(4096);
            connection.send(b"USER ana\r\nPASS secret\r\nSTAT\r\nQUIT\r\n").await;
            let said = String::from_utf8(connection.closed().await).unwrap();
            let sees_all = said.contains("\r\n+OK 3 ");
            let sees_one = said.contains("\r\n+OK 1 ");
            assert!(
                sees_all && all || is_whole && sees_one && (hidden || !all),
                "{policy}: {said}"
            );
        }
    }
}

#[tokio::test]
async fn the_answer_to_quit_comes_after_the_removal() {
    let world = three_messages().await;
    let mut connection = world.connect(4096);
    connection.send(SESSION).await;
    let said = String::from_utf8(connection.closed().await).unwrap();
    assert!(said.ends_with("+OK bye; 2 messages removed, 1 message left\r\n"), "{said}");
    assert_eq!(world.uids("INBOX"), uid_set("2"));
}
