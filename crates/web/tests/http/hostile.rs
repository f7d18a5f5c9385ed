//! Requests that no client makes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::{ANA, World, secured};

/// What comes back to octets, until the connection ends.
async fn heard(world: &World, octets: &[u8]) -> String {
    let (mut stream, serving) = world.connect(secured());
    drop(stream.write_all(octets).await);
    drop(stream.shutdown().await);
    let mut heard = Vec::new();
    drop(stream.read_to_end(&mut heard).await);
    serving.await.unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let world = World::new().await;
    let many = format!("GET /health HTTP/1.1\r\nHost: h\r\n{}\r\n", "A: b\r\n".repeat(500));
    let long = format!("GET /health HTTP/1.1\r\nHost: h\r\nA: {}\r\n\r\n", "x".repeat(64 << 10));
    for octets in [
        &b"EHLO example.org\r\nMAIL FROM:<a@b>\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
        many.as_bytes(),
        long.as_bytes(),
    ] {
        let heard = heard(&world, octets).await;
        let is_refused = heard.is_empty() || heard.starts_with("HTTP/1.1 4");
        assert!(
            is_refused,
            "{:?}: {heard}",
            String::from_utf8_lossy(&octets[..octets.len().min(60)])
        );
    }
}

#[tokio::test]
async fn two_lengths_are_no_length() {
    let world = World::new().await;
    for lengths in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
    ] {
        let smuggled = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";
        let request =
            format!("POST /jmap/api HTTP/1.1\r\nHost: h\r\n{lengths}\r\n0\r\n\r\n{smuggled}");
        let heard = heard(&world, request.as_bytes()).await;
        // Whatever the first comes to, the second was no request of its own: `/health` says ok.
        assert!(!heard.contains("ok\n"), "{lengths}: {heard}");
    }
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let world = World::new().await;
    for path in [
        "/../etc/passwd",
        "//jmap/session",
        "/jmap/%2e%2e/health",
        "/jmap/session/",
        "/%00",
        "/JMAP/session",
    ] {
        assert_eq!(world.ask(&format!("GET {path}"), ANA, b"").await.status, 404, "{path}");
    }
}
