//! HTTP/2 as HTTP/1.1, and the end of connections.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Duration, Instant};

use crate::world::{ANA, World, read_answer, secured};

const ECHO: &str =
    r#"{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{},"c"]]}"#;

#[tokio::test]
async fn http_2_carries_many_requests_at_once() {
    let world = World::new().await;
    let (stream, _serving) = world.connect(secured());
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let authorization = ANA.trim().strip_prefix("Authorization: ").unwrap();
    let mut answers = Vec::new();
    for _ in 0..4 {
        let request = Request::post("https://h2.example/jmap/api")
            .header("authorization", authorization)
            .header("content-type", "application/json");
        sender.ready().await.unwrap();
        answers.push(sender.send_request(request.body(Full::new(Bytes::from(ECHO))).unwrap()));
    }
    for answer in answers {
        assert_eq!(answer.await.unwrap().status(), 200);
    }
    let request =
        Request::get("https://h2.example/.well-known/jmap").header("authorization", authorization);
    let answer = sender.send_request(request.body(Full::default()).unwrap()).await.unwrap();
    let session = answer.into_body().collect().await.unwrap().to_bytes();
    let session: serde_json::Value = serde_json::from_slice(&session).unwrap();
    assert_eq!(session["apiUrl"], "https://h2.example/jmap/api");
    assert_eq!(world.people.asked.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_asked_before_the_stop_is_answered_and_then_the_connection_ends() {
    let world = World::new().await;
    let (mut asking, first) = world.connect(secured());
    let (mut idle, second) = world.connect(secured());
    let head = format!(
        "POST /jmap/api HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n{ANA}Content-Length: {}\r\n\r\n{{",
        ECHO.len()
    );
    asking.write_all(head.as_bytes()).await.unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: h\r\n\r\n").await.unwrap();
    assert_eq!(read_answer(&mut idle).await.status, 200);
    world.stop();
    second.await.unwrap();
    asking.write_all(&ECHO.as_bytes()[1..]).await.unwrap();
    assert_eq!(read_answer(&mut asking).await.status, 200);
    first.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_asks_nothing_goes() {
    let world = World::new().await;
    for said in ["", "GET /health HTTP/1.1\r\nX: ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let (mut stream, serving) = world.connect(secured());
        let began = Instant::now();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest).await);
        serving.await.unwrap();
        assert!(began.elapsed() <= web::limits::FIRST + Duration::from_secs(1), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_in_drips_ends_in_time() {
    let world = World::new().await;
    let (mut stream, serving) = world.connect(secured());
    let began = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    while stream.write_all(b"X: y\r\n").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    serving.await.unwrap();
    assert!(began.elapsed() <= web::limits::FIRST + Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_in_drips_ends_in_time() {
    let world = World::new().await;
    let (mut stream, _serving) = world.connect(secured());
    let began = Instant::now();
    let head = format!(
        "POST /jmap/api HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n{ANA}Content-Length: 100000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = tokio::io::split(stream);
    let dripping = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut said = [0; 12];
    read.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 408");
    assert!(
        began.elapsed() <= web::limits::PAUSE + Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    dripping.abort();
}
