//! Bodies that were made safe, and their pictures (`docs/jmap/body.md`).

use serde_json::{Value, json};

use crate::events::deliver_message;
use crate::world::{Answer, World};

const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn newsletter() -> String {
    format!(
        "Subject: x\r\nContent-Type: multipart/related; boundary=r\r\n\r\n\
         --r\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <body bgcolor=\"#eee\"><script>alert(1)</script><p onclick=x>ol\u{e1}</p><img src=\"cid:a\"><img src=\"cid:b\">\
         <img src=\"https://elsewhere.example/x.png\"></body>\r\n\
         --r\r\nContent-Type: image/png\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\n{PICTURE}\r\n\
         --r\r\nContent-Type: image/png\r\nContent-ID: <b>\r\n\r\n<svg onload=alert(1)>\r\n--r--\r\n"
    )
}

/// The first body of an email.
async fn body(world: &World, more: Value) -> Value {
    let mut arguments = json!({"accountId": "A1", "emailIds": ["M1"]});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let using = ["urn:ietf:params:jmap:core", "https://correio.example/jmap/body"];
    let request = json!({"using": using, "methodCalls": [["SafeBody/get", arguments, "a"]]});
    let answer = world.api(&request.to_string()).await.json();
    answer["methodResponses"][0][1]["list"][0]["bodies"][0].clone()
}

async fn get(world: &World, path: &str) -> Answer {
    world.ask(&format!("GET {path}"), "", b"").await
}

#[tokio::test]
async fn a_body_is_shown_without_a_login_under_a_policy_that_runs_our_script_alone() {
    let world = World::new().await;
    deliver_message(&world, newsletter().as_bytes()).await;
    let found = body(&world, json!({})).await;
    assert_eq!((&found["remotePictures"], &found["isCut"]), (&json!(1), &json!(false)));
    let answer = get(&world, found["url"].as_str().unwrap()).await;
    assert_eq!(
        (answer.status, answer.field("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    let policy = answer.field("content-security-policy").unwrap();
    assert!(
        policy.starts_with(
            "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; default-src 'none'; script-src 'sha256-"
        ) && policy.ends_with(
            "'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
        ),
        "{policy}"
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-dns-prefetch-control", "off"),
    ] {
        assert_eq!(answer.field(name), Some(value), "{name}");
    }
    assert!(answer.field("set-cookie").is_none());
    let page = String::from_utf8(answer.body).unwrap();
    assert!(page.contains("<p>ol\u{e1}</p>") && page.contains("<body bgcolor=\"#eee\">"), "{page}");
    assert!(!page.contains("alert(1)") && !page.contains("elsewhere.example"), "{page}");
    assert_eq!(page.matches("<script>").count(), 1);
}

#[tokio::test]
async fn pictures_of_the_email_are_shown_if_they_are_pictures() {
    let world = World::new().await;
    deliver_message(&world, newsletter().as_bytes()).await;
    let found = body(&world, json!({})).await;
    assert_eq!(found["inlineBlobIds"], json!(["B1-2", "B1-3"]));
    let page = get(&world, found["url"].as_str().unwrap()).await;
    let page = String::from_utf8(page.body).unwrap();
    let pictures: Vec<&str> =
        page.split("<img src=\"").skip(1).map(|it| it.split('"').next().unwrap()).collect();
    assert_eq!((pictures.len(), pictures[2]), (3, "data:,"));
    let shown = get(&world, pictures[0]).await;
    assert_eq!((shown.status, shown.field("content-type")), (200, Some("image/png")));
    assert_eq!(shown.field("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(shown.field("x-content-type-options"), Some("nosniff"));
    assert!(
        shown.field("content-security-policy").unwrap().starts_with("sandbox; default-src 'none'")
    );
    assert!(shown.body.starts_with(b"\x89PNG"));
    // It says that it is one.
    assert_eq!(get(&world, pictures[1]).await.status, 404);
}

#[tokio::test]
async fn pictures_from_elsewhere_are_loaded_when_asked_for() {
    let world = World::new().await;
    deliver_message(&world, newsletter().as_bytes()).await;
    let found = body(&world, json!({"showRemotePictures": true})).await;
    let answer = get(&world, found["url"].as_str().unwrap()).await;
    let policy = answer.field("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("img-src 'self' data: http: https:;"), "{policy}");
    let page = String::from_utf8(answer.body).unwrap();
    assert!(page.contains("src=\"https://elsewhere.example/x.png\""), "{page}");
}

#[tokio::test]
async fn what_was_not_signed_by_us_is_as_absent_as_what_is_not_there() {
    let world = World::new().await;
    deliver_message(&world, newsletter().as_bytes()).await;
    let url = body(&world, json!({})).await["url"].as_str().unwrap().to_owned();
    let other = World::new().await;
    let plain = |answer: Answer| {
        let head = answer.head.lines().filter(|line| !line.starts_with("date")).map(str::to_owned);
        (answer.status, head.collect::<Vec<_>>(), answer.body)
    };
    let absent = plain(get(&world, "/body/x").await);
    assert_eq!(absent.0, 404);
    let altered = format!("{}A", &url[..url.len() - 1]);
    let altered = if altered == url { format!("{}B", &url[..url.len() - 1]) } else { altered };
    let (said, signature) = url.split_once('.').unwrap();
    for path in [
        altered,
        format!("{said}."),
        format!("/body/.{signature}"),
        said.to_owned(),
        format!("{said}%00.{signature}"),
    ] {
        assert_eq!(plain(get(&world, &path).await), absent, "{path}");
    }
    // The same key, but there is no such mail.
    assert_eq!(plain(get(&other, &url).await), absent);
    assert_eq!(get(&world, &url.replace("/body/", "/body/picture/")).await.status, 404);
}

#[tokio::test]
async fn mail_made_for_a_light_ground_is_turned_around_where_that_is_wanted() {
    let world = World::new().await;
    deliver_message(&world, newsletter().as_bytes()).await;
    let shown = async |scheme: &str| {
        let found = body(&world, json!({"colorScheme": scheme})).await;
        let answer = get(&world, found["url"].as_str().unwrap()).await;
        String::from_utf8(answer.body).unwrap()
    };
    let is_turned = |page: &str| page.contains("html { background: #ffffff; filter: invert(");
    assert!(is_turned(&shown("darkened").await));
    assert!(!is_turned(&shown("dark").await) && !is_turned(&shown("light").await));
    deliver_message(&world, b"Subject: x\r\n\r\nplain\r\n").await;
    let arguments = json!({"emailIds": ["M2"], "colorScheme": "darkened"});
    let found = body(&world, arguments).await;
    let answer = get(&world, found["url"].as_str().unwrap()).await;
    let page = String::from_utf8(answer.body).unwrap();
    assert!(!is_turned(&page) && page.contains("content=\"dark\""), "{page}");
}

#[tokio::test]
async fn plain_text_is_dark_for_those_who_want_it() {
    let world = World::new().await;
    deliver_message(&world, b"Subject: x\r\n\r\n> <b>see</b>\r\nhttps://example.org/\r\n").await;
    let light = get(&world, body(&world, json!({})).await["url"].as_str().unwrap()).await;
    let dark = body(&world, json!({"colorScheme": "dark"})).await;
    let dark = get(&world, dark["url"].as_str().unwrap()).await;
    let [light, dark] = [light, dark].map(|it| String::from_utf8(it.body).unwrap());
    assert!(light.contains("content=\"light\"") && dark.contains("content=\"dark\""));
    assert!(dark.contains("<blockquote>&lt;b&gt;see&lt;/b&gt;</blockquote>"), "{dark}");
    assert!(dark.contains("href=\"https://example.org/\">https://example.org/</a>"), "{dark}");
}
