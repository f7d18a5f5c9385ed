//! Who may ask, and what those hear who may not.

use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sasl::Security;
use tokio::io::AsyncWriteExt as _;
use web::{By, Connection};

use crate::world::{ANA, World, read_answer, secured};

fn basic(pair: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(pair))
}

#[tokio::test]
async fn passwords_app_passwords_and_tokens_let_people_in() {
    let world = World::new().await;
    for field in [
        &basic("ana@example.org:secret"),
        &basic("ana@example.org:app:password"),
        "authorization: bEaReR ana-token\r\n",
    ] {
        let answer = world.ask("GET /.well-known/jmap", field, b"").await;
        assert_eq!(
            (answer.status, answer.json()["username"].as_str()),
            (200, Some("ana@example.org"))
        );
    }
}

#[tokio::test]
async fn who_may_not_ask_hears_the_same_whether_there_is_such_a_user_or_not() {
    let world = World::new().await;
    let wrong = world.ask("GET /jmap/session", &basic("ana@example.org:wrong"), b"").await;
    let nobody = world.ask("GET /jmap/session", &basic("nobody@example.org:wrong"), b"").await;
    assert_eq!(wrong.status, 401);
    let without_date = |head: &str| -> Vec<String> {
        head.lines().filter(|line| !line.starts_with("date")).map(str::to_owned).collect()
    };
    assert_eq!(without_date(&wrong.head), without_date(&nobody.head));
    assert_eq!(wrong.body, nobody.body);
    assert!(wrong.head.contains("www-authenticate: Basic realm=\"mail\", charset=\"UTF-8\""));
    assert_eq!(wrong.field("content-type"), Some("application/problem+json"));
}

#[tokio::test]
async fn each_refusal_has_its_status() {
    let world = World::new().await;
    let utf16 = format!("Authorization: Basic {}\r\n", STANDARD.encode([0xff, b':', 0xff]));
    for (field, status) in [
        ("", 401),
        (&*basic("off:x"), 403),
        (&basic("elsewhere:x"), 403),
        (&basic("later:x"), 503),
        (&basic("often:x"), 429),
        (&basic("no colon"), 401),
        (&basic(&format!("ana:{}", "x".repeat(20_000))), 401),
        ("Authorization: Basic !!!\r\n", 401),
        ("Authorization: Digest x\r\n", 401),
        ("Authorization: Bearer\r\n", 401),
        ("Authorization: Bearer wrong\r\n", 401),
        (&utf16, 401),
    ] {
        let answer = world.ask("GET /.well-known/jmap", field, b"").await;
        assert_eq!(answer.status, status, "{field}: {answer:?}");
        assert_eq!(answer.status == 401, answer.field("www-authenticate").is_some(), "{field}");
    }
    let often = world.ask("GET /jmap/session", &basic("often:x"), b"").await;
    assert_eq!(often.field("retry-after"), Some("30"));
    let wrong = world.ask("GET /jmap/session", "Authorization: Bearer wrong\r\n", b"").await;
    assert!(wrong.head.contains("Bearer realm=\"mail\", error=\"invalid_token\""));
}

#[tokio::test]
async fn no_password_is_looked_at_that_came_in_the_clear() {
    let world = World::new().await;
    let address = Some("192.0.2.7".parse().unwrap());
    let clear = Connection { address, security: Security::Clear, by: By::Client };
    let answer = world.ask_from(clear, "GET /jmap/session", ANA, b"").await;
    assert_eq!(answer.status, 403);
    let says = format!("{ANA}X-Forwarded-Proto: https\r\n");
    assert_eq!(world.ask_from(clear, "GET /jmap/session", &says, b"").await.status, 403);
    assert_eq!(world.people.asked.load(Ordering::SeqCst), 0);
    let proxy = Connection { address: Some("10.0.0.1".parse().unwrap()), by: By::Proxy, ..clear };
    assert_eq!(world.ask_from(proxy, "GET /jmap/session", ANA, b"").await.status, 403);
    assert_eq!(world.ask_from(proxy, "GET /jmap/session", &says, b"").await.status, 200);
    let home = Connection {
        address: Some("127.0.0.1".parse().unwrap()),
        security: Security::Loopback,
        by: By::Client,
    };
    assert_eq!(world.ask_from(home, "GET /jmap/session", ANA, b"").await.status, 200);
}

#[tokio::test]
async fn a_login_holds_for_the_connection_and_ends_when_it_is_taken_back() {
    let world = World::new().await;
    let (mut stream, serving) = world.connect(secured());
    let request = format!("GET /jmap/session HTTP/1.1\r\nHost: h\r\n{ANA}\r\n");
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(read_answer(&mut stream).await.status, 200);
    }
    assert_eq!(world.people.asked.load(Ordering::SeqCst), 1);
    let other = request.replace("YW5h", "Ym9i");
    stream.write_all(other.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.json()["username"], "bob@example.org");
    assert_eq!(world.people.there.load(Ordering::SeqCst), 2);
    world.people.revoked.send_replace(true);
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(read_answer(&mut stream).await.status, 200);
    assert_eq!(world.people.asked.load(Ordering::SeqCst), 3);
    drop(stream);
    serving.await.unwrap();
    assert_eq!(world.people.there.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn one_connection_keeps_no_end_of_logins() {
    let world = World::new().await;
    let (mut stream, _serving) = world.connect(secured());
    for number in 0..40 {
        let field = basic(&format!("nobody{number}:x"));
        stream
            .write_all(format!("GET /jmap/session HTTP/1.1\r\nHost: h\r\n{field}\r\n").as_bytes())
            .await
            .unwrap();
        assert_eq!(read_answer(&mut stream).await.status, 401);
    }
    assert!(world.people.there.load(Ordering::SeqCst) <= web::limits::VISITS_MAX);
}
