//! Messages of which octets are lost on the disk: nobody is sent half of one, and their senders know at once.

use std::sync::atomic::Ordering;

use mailbox::Timestamp;
use mailbox::engine::StagedBody;
use queue::MessageId;

use crate::world::{
    BORN, Does, Listener, Script, Shaky, TEXT, TEXT_SKIPPED, body, clock, open, submission,
};

/// A message of two recipients, one of whom has taken it. From which octet on it is damaged then; gives what its sender
/// heard.
async fn damaged_after_one_try(staged: StagedBody, from: u64) -> String {
    let (engine, clock, listener) = (Shaky::new(None), clock(), Listener::default());
    let queue = open(&engine, &clock).await.unwrap();
    let script = Script::new(&[("a@x.example", &[Does::Takes]), ("b@x.example", &[Does::Defers])]);
    let to = ["a@x.example", "b@x.example"];
    let id: MessageId = queue.add(&submission(&to), staged).await.unwrap();
    queue.attempt(id, &script, &listener).await.unwrap();
    engine.damaged_from.store(from, Ordering::SeqCst);
    clock.set(Timestamp(BORN + 300));
    queue.attempt(id, &script, &listener).await.unwrap();
    assert!(queue.list(1).unwrap().is_empty(), "it is over");
    assert_eq!(engine.keys(), [b"Qn".to_vec()], "only the counter stays");
    assert_eq!(
        (script.taken_by("a@x.example"), script.tries.lock().unwrap()["b@x.example"]),
        (1, 1)
    );
    let heard = listener.heard.lock().unwrap();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].to.to_string(), "ana@example.org");
    String::from_utf8(heard[0].octets.to_vec()).unwrap()
}

#[tokio::test]
async fn a_damaged_message_comes_back_at_once() {
    let heard = damaged_after_one_try(body(TEXT), TEXT_SKIPPED).await;
    assert!(
        heard.contains("Final-Recipient: rfc822; b@x.example\r\nAction: failed\r\nStatus: 5.3.0")
    );
    assert!(heard.contains("damaged on the disk of this host"), "{heard}");
    assert!(!heard.contains("a@x.example"), "who has it is not named: {heard}");
    assert!(!heard.contains("rfc822-headers"), "nothing is left: {heard}");
}

#[tokio::test]
async fn its_header_comes_back_where_that_is_whole() {
    let text: &'static [u8] = [TEXT, &b"one more line of it\r\n".repeat(1_000)].concat().leak();
    let heard = damaged_after_one_try(body(text), 15_000).await;
    assert!(heard.contains("Subject: Not delivered: hello\r\n"), "{heard}");
    assert!(heard.contains("text/rfc822-headers"), "{heard}");
    assert!(!heard.contains("one more line"), "{heard}");
}
