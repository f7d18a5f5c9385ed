//! The session object and requests (RFC 8620, 2 and 3).

use jmap::Limits;
use sasl::Security;
use tokio::io::AsyncWriteExt as _;
use web::{By, Connection};

use crate::world::{ANA, World, read_answer, secured};

const ECHO: &str =
    r#"{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":"é"},"c"]]}"#;

#[tokio::test]
async fn the_session_object_names_us_as_the_client_found_us() {
    let world = World::new().await;
    let answer =
        world.ask("GET /.well-known/jmap", &format!("{ANA}Host: mx.example:8443\r\n"), b"").await;
    let session = answer.json();
    assert_eq!(session["apiUrl"], "https://mx.example:8443/jmap/api");
    assert_eq!(session["primaryAccounts"]["urn:ietf:params:jmap:mail"], "A1");
    assert_eq!(answer.field("cache-control"), Some("no-cache, no-store, must-revalidate"));
    let download = session["downloadUrl"].as_str().unwrap();
    assert!(["{accountId}", "{blobId}", "{type}", "{name}"].iter().all(|it| download.contains(it)));
    let events = session["eventSourceUrl"].as_str().unwrap();
    assert!(["{types}", "{closeafter}", "{ping}"].iter().all(|it| events.contains(it)));
    assert!(session["uploadUrl"].as_str().unwrap().contains("{accountId}"));
    let proxy = Connection {
        address: Some("10.0.0.1".parse().unwrap()),
        security: Security::Clear,
        by: By::Proxy,
    };
    let says = format!(
        "{ANA}X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: m.example\r\n"
    );
    let session = world.ask_from(proxy, "GET /.well-known/jmap", &says, b"").await.json();
    assert_eq!(session["apiUrl"], "https://m.example/jmap/api");
    let strange = world.ask("GET /.well-known/jmap", &format!("{ANA}Host: a\"b\r\n"), b"").await;
    assert!(
        strange.status == 400 || strange.json()["apiUrl"] == "https://mail.example.org/jmap/api"
    );
}

#[tokio::test]
async fn a_path_may_stand_before_all_others() {
    let world = World::with(Limits::default(), "/mail").await;
    for path in ["/.well-known/jmap", "/mail/.well-known/jmap", "/mail/jmap/session"] {
        let session = world.ask(&format!("GET {path}"), ANA, b"").await.json();
        assert_eq!(session["apiUrl"], "https://mail.example.org/mail/jmap/api", "{path}");
    }
    assert_eq!(world.ask("GET /jmap/session", ANA, b"").await.status, 404);
}

#[tokio::test]
async fn a_request_is_answered_with_the_state_of_the_session() {
    let world = World::new().await;
    let session = world.ask("GET /jmap/session", ANA, b"").await.json();
    let answer = world.api(ECHO).await;
    assert_eq!((answer.status, answer.field("content-type")), (200, Some("application/json")));
    let answer = answer.json();
    assert_eq!(answer["methodResponses"][0][1]["a"], "é");
    assert_eq!(answer["sessionState"], session["state"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_by_type() {
    let world = World::with(Limits { calls_max: 2, ..Limits::default() }, "").await;
    let call = r#"["Core/echo",{},"c"]"#;
    let many = format!(r#"{{"using":[],"methodCalls":[{call},{call},{call}]}}"#);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (body, kind, limit) in [
        ("{", "notJSON", None),
        ("\u{feff}{}", "notJSON", None),
        (r#"{"using":[],"using":[]}"#, "notJSON", None),
        (&*deep, "notJSON", None),
        ("[]", "notRequest", None),
        (r#"{"using":["urn:x"],"methodCalls":[]}"#, "unknownCapability", None),
        (&many, "limit", Some("maxCallsInRequest")),
    ] {
        let answer = world.api(body).await;
        assert_eq!(answer.field("content-type"), Some("application/problem+json"));
        let problem = answer.json();
        let want = format!("urn:ietf:params:jmap:error:{kind}");
        assert_eq!(
            (answer.status, &problem["type"], &problem["status"]),
            (400, &want.into(), &400.into())
        );
        assert_eq!(problem["limit"].as_str(), limit);
    }
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/jsonx\r\n"] {
        let answer = world.ask("POST /jmap/api", &format!("{ANA}{kind}"), ECHO.as_bytes()).await;
        assert_eq!(answer.json()["type"], "urn:ietf:params:jmap:error:notJSON", "{kind}");
    }
    let kind = format!("{ANA}Content-Type: Application/JSON; charset=utf-8\r\n");
    assert_eq!(world.ask("POST /jmap/api", &kind, ECHO.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused_however_it_comes() {
    let world = World::with(Limits { request_octets_max: 100, ..Limits::default() }, "").await;
    let long = "x".repeat(101);
    let said = world.api(&long).await.json();
    assert_eq!(said["limit"], "maxSizeRequest");
    let (mut stream, _serving) = world.connect(secured());
    let head = format!(
        "POST /jmap/api HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n{ANA}Transfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(format!("65\r\n{long}\r\n0\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.json()["limit"], "maxSizeRequest");
}

#[tokio::test]
async fn one_user_has_so_many_requests_at_once() {
    let world = World::with(Limits { requests_max: 2, ..Limits::default() }, "").await;
    let head = format!(
        "POST /jmap/api HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n{ANA}Content-Length: {}\r\n\r\n",
        ECHO.len()
    );
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let (mut stream, serving) = world.connect(secured());
        stream.write_all(head.as_bytes()).await.unwrap();
        // It is being read until its body comes.
        stream.write_all(b"{").await.unwrap();
        waiting.push((stream, serving));
    }
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let refused = world.api(ECHO).await;
    assert_eq!(refused.json()["limit"], "maxConcurrentRequests");
    let bob = "Authorization: Basic Ym9iQGV4YW1wbGUub3JnOnNlY3JldA==\r\nContent-Type: application/json\r\n";
    assert_eq!(world.ask("POST /jmap/api", bob, ECHO.as_bytes()).await.status, 200);
    let (mut first, _) = waiting.remove(0);
    first.write_all(&ECHO.as_bytes()[1..]).await.unwrap();
    assert_eq!(read_answer(&mut first).await.status, 200);
    assert_eq!(world.api(ECHO).await.status, 200);
}
