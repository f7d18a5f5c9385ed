//! Mail goes out as one file.

use jmap::server::export::Export;
use jmap::{EXPORTED_IDS_MAX, MethodError};
use serde_json::{Value, json};

use crate::world::{World, flags};

/// The file, in the plain form of the ports in memory.
async fn exported(world: &World, asked: Value) -> Result<String, MethodError> {
    let account = world.context.account_id();
    let Value::Object(asked) = asked else { panic!("{asked}") };
    let mut export = Export::begin(&world.context, account, asked).await?;
    let mut file = Vec::new();
    while let Some(piece) = export.next(&world.context).await? {
        assert!(piece.len() < 400_000);
        file.extend_from_slice(&piece);
    }
    Ok(String::from_utf8(file).unwrap())
}

async fn filled() -> World {
    let world = World::new().await;
    let seen = flags(["\\Seen", "$work"].into_iter());
    world.append("INBOX", seen, b"Subject: one\r\n\r\n1\r\n").await;
    world.append("INBOX", Default::default(), b"Subject: two\n\n2").await;
    world.append("Archive", Default::default(), b"Subject: three\r\n\r\n").await;
    world
}

#[tokio::test]
async fn all_or_some_emails_go_out_with_what_is_known_of_them() {
    let world = filled().await;
    let one = "Mbox INBOX 1 1 [\"$work\"] 1700000000 19 Crlf\nSubject: one\r\n\r\n1\r\n.\n";
    let two = "Mbox INBOX 2 0 [] 1700000000 15 Mixed\nSubject: two\n\n2.\n";
    let three = "Mbox Archive 1 0 [] 1700000000 18 Crlf\nSubject: three\r\n\r\n.\n";
    for (asked, want) in [
        (json!({"format": "mbox"}), [one, two, three].concat()),
        (json!({"format": "mbox", "mailboxId": "F1"}), [one, two].concat()),
        (json!({"format": "mbox", "ids": ["M3", "M9", "M1", "x"]}), [three, one].concat()),
        (json!({"format": "mbox", "filter": {"notKeyword": "$seen"}}), [two, three].concat()),
        (json!({"format": "mbox", "filter": {"text": "nowhere"}}), String::new()),
    ] {
        let file = exported(&world, asked.clone()).await.unwrap();
        assert_eq!(file, format!("{want}end []\n"), "{asked}");
    }
    let zip = exported(&world, json!({"format": "zip"})).await.unwrap();
    assert!(zip.starts_with("EmlZip INBOX 1"), "{zip}");
}

#[tokio::test]
async fn what_is_large_goes_out_in_pieces_and_what_went_is_passed_over() {
    let world = World::new().await;
    let body = "x".repeat(700_000);
    let message = format!("Subject: large\r\n\r\n{body}\r\n");
    world.append("INBOX", Default::default(), message.as_bytes()).await;
    world.append("INBOX", Default::default(), b"Subject: gone\r\n\r\n").await;
    let account = world.context.account_id();
    let asked = json!({"format": "maildir"});
    let Value::Object(asked) = asked else { panic!() };
    let mut export = Export::begin(&world.context, account, asked).await.unwrap();
    let inbox = world.mailbox("INBOX");
    let last = world.ana.state(inbox).unwrap().entries.last().unwrap().uid;
    world.ana.remove(inbox, &[last].into_iter().collect()).await.unwrap();
    let (mut octets, mut pieces) = (0, 0);
    while let Some(piece) = export.next(&world.context).await.unwrap() {
        (octets, pieces) = (octets + piece.len(), pieces + 1);
    }
    assert!(pieces >= 5 && octets > message.len() && octets < message.len() + 200, "{octets}");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let world = filled().await;
    for asked in [
        json!({}),
        json!({"format": "pst"}),
        json!({"format": "mbox", "mailboxId": "F99"}),
        json!({"format": "mbox", "mailboxId": "F1", "ids": []}),
        json!({"format": "mbox", "colour": "red"}),
    ] {
        let error = exported(&world, asked.clone()).await.unwrap_err();
        assert!(matches!(error, MethodError::InvalidArguments { .. }), "{asked} {error:?}");
    }
    let many = vec!["M1"; EXPORTED_IDS_MAX + 1];
    let error = exported(&world, json!({"format": "mbox", "ids": many})).await.unwrap_err();
    assert!(matches!(error, MethodError::RequestTooLarge { .. }));
}
