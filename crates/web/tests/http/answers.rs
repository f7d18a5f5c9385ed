//! What all answers have: fields for browsers, an end, compression for who wants it.

use std::io::Read as _;

use flate2::read::GzDecoder;
use sasl::Security;
use web::{By, Connection};

use crate::world::{ANA, World};

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let world = World::new().await;
    for (path, status) in
        [("/jmap/session", 401), ("/nothing", 404), ("/health", 200), ("/jmap/api", 405)]
    {
        let answer = world.ask(&format!("GET {path}"), "", b"").await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.field("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.field("content-security-policy").unwrap().starts_with("default-src 'none'"));
        assert_eq!(answer.field("referrer-policy"), Some("no-referrer"));
        assert!(answer.field("cross-origin-opener-policy").is_some());
        assert!(answer.field("strict-transport-security").is_some(), "{path}");
    }
    let home = Connection { address: None, security: Security::Loopback, by: By::Client };
    let answer = world.ask_from(home, "GET /health", "", b"").await;
    assert_eq!((answer.field("strict-transport-security"), &*answer.body), (None, &b"ok\n"[..]));
}

#[tokio::test]
async fn json_is_compressed_for_who_reads_that() {
    let world = World::new().await;
    let long = "long ".repeat(1_000);
    let echo = format!(
        r#"{{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{{"a":"{long}"}},"c"]]}}"#
    );
    let fields = format!("{ANA}Content-Type: application/json\r\nAccept-Encoding: gzip, br\r\n");
    let answer = world.ask("POST /jmap/api", &fields, echo.as_bytes()).await;
    assert_eq!(
        (answer.field("content-encoding"), answer.field("vary")),
        (Some("gzip"), Some("accept-encoding"))
    );
    let mut text = String::new();
    GzDecoder::new(&*answer.body).read_to_string(&mut text).unwrap();
    assert!(answer.body.len() < 500 && text.contains(&long));
    assert!(world.api(&echo).await.field("content-encoding").is_none());
}
