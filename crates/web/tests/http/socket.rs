//! JMAP over a WebSocket (RFC 8887).

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::{Duration, timeout};

use crate::events::deliver;
use crate::world::{ANA, World, read_answer, secured};

const HELLO: &str = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: jmap\r\n";

struct Socket {
    stream: DuplexStream,
    serving: JoinHandle<()>,
}

impl Socket {
    async fn open(world: &World) -> Socket {
        let (mut stream, serving) = world.connect(secured());
        let head = format!("GET /jmap/ws HTTP/1.1\r\nHost: h\r\n{ANA}{HELLO}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut octets = Vec::new();
        while !octets.ends_with(b"\r\n\r\n") {
            octets.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(octets).unwrap();
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        assert!(head.contains("sec-websocket-protocol: jmap"), "{head}");
        Socket { stream, serving }
    }

    async fn frame(&mut self, first: u8, payload: &[u8]) {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let octets = [&[first, 0xfe], &length[..], &[0, 0, 0, 0], payload].concat();
        self.stream.write_all(&octets).await.unwrap();
    }

    async fn say(&mut self, message: &Value) {
        self.frame(0x81, message.to_string().as_bytes()).await;
    }

    /// The next frame; none when the stream ended, or nothing came for a minute.
    async fn hear(&mut self) -> Option<(u8, Vec<u8>)> {
        timeout(Duration::from_secs(60), async {
            let first = self.stream.read_u8().await.ok()?;
            let length = match self.stream.read_u8().await.ok()? {
                126 => usize::from(self.stream.read_u16().await.ok()?),
                length => usize::from(length),
            };
            let mut payload = vec![0; length];
            self.stream.read_exact(&mut payload).await.ok()?;
            Some((first, payload))
        })
        .await
        .ok()?
    }

    async fn message(&mut self) -> Value {
        let (first, payload) = self.hear().await.unwrap();
        assert_eq!(first, 0x81);
        serde_json::from_slice(&payload).unwrap()
    }
}

fn echo(id: &str) -> Value {
    json!({
        "@type": "Request", "id": id, "using": ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:websocket"],
        "methodCalls": [["Core/echo", {"hello": true}, "b3ff"]],
    })
}

#[tokio::test]
async fn requests_are_answered_by_their_ids() {
    let world = World::new().await;
    let session = world.ask("GET /jmap/session", ANA, b"").await.json();
    let capability = &session["capabilities"]["urn:ietf:params:jmap:websocket"];
    assert_eq!(capability, &json!({"url": "wss://mail.example.org/jmap/ws", "supportsPush": true}));
    let mut socket = Socket::open(&world).await;
    for id in ["R1", "R2"] {
        socket.say(&echo(id)).await;
        let answer = socket.message().await;
        assert_eq!((&answer["@type"], &answer["requestId"]), (&"Response".into(), &id.into()));
        assert_eq!(answer["methodResponses"][0], json!(["Core/echo", {"hello": true}, "b3ff"]));
    }
    socket.frame(0x89, b"there?").await;
    assert_eq!(socket.hear().await, Some((0x8a, b"there?".to_vec())));
    socket.frame(0x88, &[3, 232]).await;
    assert_eq!(socket.hear().await, Some((0x88, vec![3, 232])));
    socket.serving.await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_said_with_the_id() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.frame(0x81, b"The quick brown fox").await;
    let problem = socket.message().await;
    assert_eq!(problem["@type"], "RequestError");
    assert_eq!(
        (&problem["type"], &problem["requestId"]),
        (&"urn:ietf:params:jmap:error:notJSON".into(), &Value::Null)
    );
    let mut unknown = echo("R3");
    unknown["using"] = json!(["urn:x"]);
    socket.say(&unknown).await;
    let problem = socket.message().await;
    assert_eq!(
        (&problem["type"], &problem["requestId"]),
        (&"urn:ietf:params:jmap:error:unknownCapability".into(), &"R3".into())
    );
    socket.say(&json!({"@type": "Telegram", "id": "R4"})).await;
    assert_eq!(socket.message().await["type"], "urn:ietf:params:jmap:error:notRequest");
    socket.frame(0x82, b"binary").await;
    assert_eq!(socket.hear().await, Some((0x88, vec![3, 235])));
    socket.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn changes_are_pushed_to_who_wants_them() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    deliver(&world, 1).await;
    socket.say(&json!({"@type": "WebSocketPushEnable", "dataTypes": ["Email"]})).await;
    socket.say(&echo("R1")).await;
    assert_eq!(socket.message().await["@type"], "Response");
    deliver(&world, 5).await;
    let change = socket.message().await;
    assert_eq!(change["@type"], "StateChange");
    let state = change["pushState"].as_str().unwrap().to_owned();
    let types: Vec<&String> = change["changed"]["A1"].as_object().unwrap().keys().collect();
    assert_eq!(types, ["Email"]);
    socket.say(&json!({"@type": "WebSocketPushDisable"})).await;
    deliver(&world, 1).await;
    assert_eq!(socket.hear().await, None);
    // Another connection hears what was missed.
    let mut again = Socket::open(&world).await;
    again
        .say(&json!({"@type": "WebSocketPushEnable", "dataTypes": null, "pushState": state}))
        .await;
    assert_eq!(again.message().await["@type"], "StateChange");
}

#[tokio::test(start_paused = true)]
async fn who_is_silent_is_asked_and_who_is_gone_goes() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    tokio::time::sleep(Duration::from_secs(149)).await;
    assert_eq!(socket.hear().await, Some((0x89, Vec::new())));
    tokio::time::sleep(Duration::from_secs(149)).await;
    assert_eq!(socket.hear().await, Some((0x88, vec![3, 233])));
    socket.serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_login_is_taken_back_or_the_host_stops() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    world.people.revoked.send_replace(true);
    assert_eq!(socket.hear().await, Some((0x88, vec![3, 240])));
    socket.serving.await.unwrap();
    world.people.revoked.send_replace(false);
    let mut socket = Socket::open(&world).await;
    world.stop();
    assert_eq!(socket.hear().await, Some((0x88, vec![3, 233])));
    socket.serving.await.unwrap();
}

#[tokio::test]
async fn what_begins_none_is_refused() {
    let world = World::new().await;
    for (left_out, put_in, status) in [
        ("Upgrade: websocket\r\n", "", 426),
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 400),
        ("Sec-WebSocket-Protocol: jmap\r\n", "", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
        ("Upgrade: websocket", "Origin: https://evil.example\r\nUpgrade: websocket", 403),
    ] {
        let (mut stream, _serving) = world.connect(secured());
        let hello = HELLO.replace(left_out, put_in);
        let head = format!("GET /jmap/ws HTTP/1.1\r\nHost: h\r\n{ANA}{hello}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(read_answer(&mut stream).await.status, status, "{put_in}");
    }
    let (mut stream, _serving) = world.connect(secured());
    stream
        .write_all(format!("GET /jmap/ws HTTP/1.1\r\nHost: h\r\n{HELLO}\r\n").as_bytes())
        .await
        .unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 401);
}
