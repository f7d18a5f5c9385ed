//! Which octets of messages are read, and what is shown where they are damaged.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use mailbox::engine::{Batch, BodyWriter, CommitError, Engine, Ready, Snapshot};
use mailbox::memory::MemoryEngine;
use mailbox::{BodyHash, Fault};
use serde_json::{Value, json};

use crate::world::{World, arguments_of};

/// The engine in memory, which counts reads of messages and can have damaged ones.
#[derive(Default)]
struct Counting {
    engine: MemoryEngine,
    reads: AtomicU64,
    /// From which octet on messages are damaged.
    damaged_from: AtomicU64,
}

impl Engine for Counting {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.engine.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        self.engine.commit(batch)
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.engine.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if range.end > self.damaged_from.load(Ordering::SeqCst) {
            return Err(Fault::damaged("octets are not what they were"));
        }
        self.engine.body(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        None
    }
}

const MESSAGE: &[u8] = b"From: Ana <ana@example.org>\r\nTo: rui@example.org\r\nSubject: hello\r\nX-Note: one\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nthe text\r\n--b\r\nContent-Disposition: attachment\r\n\
    Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n";

async fn world() -> (World, Arc<Counting>) {
    let engine =
        Arc::new(Counting { damaged_from: AtomicU64::new(u64::MAX), ..Counting::default() });
    let world = World::on(Arc::clone(&engine) as Arc<dyn Engine>).await;
    for _ in 0..3 {
        world.append("INBOX", Default::default(), MESSAGE).await;
    }
    (world, engine)
}

async fn first(world: &mut World, properties: Value) -> Value {
    let arguments = json!({"accountId": "A1", "ids": ["M1", "M2", "M3"], "properties": properties,
        "fetchAllBodyValues": true});
    let using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    let request = json!({"using": using, "methodCalls": [["Email/get", arguments, "c"]]});
    let response = world.ask(request.to_string().as_bytes()).await;
    arguments_of(&response)["list"][0].clone()
}

#[tokio::test]
async fn a_list_of_mail_reads_no_message() {
    let (mut world, engine) = world().await;
    let reads = || engine.reads.swap(0, Ordering::SeqCst);
    reads();
    let listed = json!([
        "id",
        "blobId",
        "threadId",
        "mailboxIds",
        "keywords",
        "size",
        "receivedAt",
        "messageId",
        "inReplyTo",
        "from",
        "to",
        "cc",
        "bcc",
        "subject",
        "sentAt",
        "hasAttachment",
        "preview"
    ]);
    let email = first(&mut world, listed).await;
    assert_eq!((&email["subject"], &email["preview"]), (&json!("hello"), &json!("the text")));
    assert_eq!(email["hasAttachment"], true);
    assert_eq!(reads(), 0);
    // The header of each, once, for what the envelope does not have.
    let email =
        first(&mut world, json!(["subject", "replyTo", "references", "header:X-Note:asText"]))
            .await;
    assert_eq!(email["header:X-Note:asText"], "one");
    assert_eq!(reads(), 3);
}

#[tokio::test]
async fn what_is_whole_of_a_damaged_message_is_shown() {
    let (mut world, engine) = world().await;
    engine.damaged_from.store(200, Ordering::SeqCst);
    let properties =
        json!(["subject", "preview", "header:X-Note:asText", "bodyValues", "attachments"]);
    let email = first(&mut world, properties.clone()).await;
    assert_eq!((&email["subject"], &email["preview"]), (&json!("hello"), &json!("the text")));
    assert_eq!(email["header:X-Note:asText"], "one");
    assert_eq!(email["bodyValues"]["1"]["value"], "the text");
    assert_eq!(email["attachments"][0]["size"], 0);
    engine.damaged_from.store(0, Ordering::SeqCst);
    let email = first(&mut world, properties).await;
    assert_eq!(
        (&email["subject"], &email["header:X-Note:asText"]),
        (&json!("hello"), &Value::Null)
    );
    assert_eq!(
        email["bodyValues"]["1"],
        json!({"value": "", "isEncodingProblem": false, "isTruncated": true})
    );
}
