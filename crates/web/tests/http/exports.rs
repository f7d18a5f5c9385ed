//! Mail is downloaded as files (docs/jmap/export.md).

use tokio::io::AsyncWriteExt as _;

use crate::events::deliver_message;
use crate::world::{ANA, World, secured};

#[tokio::test]
async fn mail_comes_as_a_file_with_a_name() {
    let world = World::new().await;
    deliver_message(&world, b"Subject: one\r\n\r\n1\r\n").await;
    deliver_message(&world, b"Subject: two\r\n\r\n2\r\n").await;
    let ask = async |path: &str| world.ask(&format!("GET {path}"), ANA, b"").await;
    let answer = ask("/jmap/export/A1/My%20mail?format=mbox").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("content-type"), Some("application/mbox"));
    let disposition = answer.field("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=\"My mail.mbox\""), "{disposition}");
    assert_eq!(answer.field("cache-control"), Some("private, no-store"));
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(text.contains("Subject: one\r\n") && text.contains("Subject: two\r\n"), "{text}");
    let some = ask("/jmap/export/A1/x.zip?format=zip&ids=M2,M9").await;
    let text = String::from_utf8_lossy(&some.body).into_owned();
    assert!(!text.contains("Subject: one") && text.contains("Subject: two"), "{text}");
    assert!(some.field("content-disposition").unwrap().contains("\"x.zip\""));
    let filter = "%7B%22subject%22%3A%22one%22%7D";
    let found = ask(&format!("/jmap/export/A1/x?format=maildir&filter={filter}")).await;
    assert!(!String::from_utf8_lossy(&found.body).contains("Subject: two"));
    let session = world.ask("GET /jmap/session", ANA, b"").await.json();
    let told = &session["capabilities"]["https://correio.example/jmap/export"]["exportUrl"];
    assert!(told.as_str().unwrap().ends_with("/jmap/export/{accountId}/{name}?format={format}"));
}

#[tokio::test]
async fn what_is_not_there_or_makes_no_sense_is_refused() {
    let world = World::new().await;
    for (path, status) in [
        ("/jmap/export/A2/x?format=mbox", 404),
        ("/jmap/export/A1/x", 400),
        ("/jmap/export/A1/x?format=pst", 400),
        ("/jmap/export/A1/x?format=mbox&mailboxId=F99", 400),
        ("/jmap/export/A1/x?format=mbox&filter=%7B", 400),
        ("/jmap/export/A1/x?format=mbox&filter=%7B%22colour%22%3A1%7D", 400),
        ("/jmap/export/A1/x?format=mbox&mailboxId=F1&ids=M1", 400),
    ] {
        assert_eq!(world.ask(&format!("GET {path}"), ANA, b"").await.status, status, "{path}");
    }
    assert_eq!(world.ask("GET /jmap/export/A1/x?format=mbox", "", b"").await.status, 401);
}

#[tokio::test]
async fn one_user_makes_so_many_exports_at_once() {
    let world = World::new().await;
    let message = format!("Subject: large\r\n\r\n{}\r\n", "x".repeat(2 << 20));
    deliver_message(&world, message.as_bytes()).await;
    let mut open = Vec::new();
    for _ in 0..web::limits::EXPORTS_PER_USER_MAX {
        // Nothing is taken of it, so that it stays at work.
        let (mut stream, serving) = world.connect_by(secured(), 4 << 10);
        let head = format!("GET /jmap/export/A1/x?format=mbox HTTP/1.1\r\nHost: h\r\n{ANA}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        open.push((stream, serving));
    }
    let ask = async || world.ask("GET /jmap/export/A1/x?format=mbox&ids=M9", ANA, b"").await.status;
    while ask().await != 429 {
        tokio::task::yield_now().await;
    }
    open.pop();
    while ask().await != 200 {
        tokio::task::yield_now().await;
    }
}
