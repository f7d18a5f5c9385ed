//! The webmail's page, and who is led to it. Whether it was built says the page itself; all the rest is the same without it.

use crate::pages::log_in;
use crate::world::World;

#[tokio::test]
async fn who_is_not_logged_in_is_led_to_the_login_and_back() {
    let world = World::new().await;
    let lead = async |path: &str, fields: &str| {
        let answer = world.ask(&format!("GET {path}"), fields, b"").await;
        (answer.status, answer.field("location").map(str::to_owned))
    };
    for path in ["/", "/m"] {
        let led = lead(path, "").await;
        assert_eq!(led, (303, Some("/auth/login?next=/m/".to_owned())), "{path}");
    }
    let in_app = log_in(&world).await;
    for path in ["/", "/m"] {
        assert_eq!(lead(path, &in_app).await, (303, Some("/m/".to_owned())), "{path}");
    }
    // A link in somebody's message, or on a page of another site, comes without the cookie at first.
    let foreign = world.ask("GET /", "Sec-Fetch-Site: cross-site\r\n", b"").await;
    assert_eq!(foreign.status, 200);
    assert!(String::from_utf8(foreign.body).unwrap().contains("content=\"0; url=/m/\""));
}

#[tokio::test]
async fn every_place_of_the_webmail_gives_its_page_under_its_policy() {
    let world = World::new().await;
    let fields = log_in(&world).await;
    let mut pages = Vec::new();
    for path in ["/m/", "/m/F1/T2", "/m/search?q=a%22%3Cb%3E", "/m/settings"] {
        let answer = world.ask(&format!("GET {path}"), &fields, b"").await;
        let policy = answer.field("content-security-policy").unwrap().to_owned();
        if answer.status == 503 {
            let said = String::from_utf8(answer.body).unwrap();
            assert!(said.contains("npm ci --prefix web"), "{said}");
            return;
        }
        assert_eq!(answer.status, 200, "{path}");
        assert!(policy.contains("require-trusted-types-for 'script'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        pages.push(answer);
    }
    assert!(pages.iter().all(|page| page.body == pages[0].body));
    let html = String::from_utf8(pages[0].body.clone()).unwrap();
    let script = html.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    let file = world.ask(&format!("GET {script}"), "Accept-Encoding: br\r\n", b"").await;
    assert_eq!(file.field("content-encoding"), Some("br"));
    assert_eq!(file.field("cache-control"), Some("public, max-age=31536000, immutable"));
    let known =
        format!("Accept-Encoding: br\r\nIf-None-Match: {}\r\n", file.field("etag").unwrap());
    assert_eq!(world.ask(&format!("GET {script}"), &known, b"").await.status, 304);
    let again = format!("{fields}If-None-Match: {}\r\n", pages[0].field("etag").unwrap());
    assert_eq!(world.ask("GET /m/", &again, b"").await.status, 304);
}

#[tokio::test]
async fn the_service_worker_is_asked_for_each_time_and_reaches_no_further_than_the_webmail() {
    let world = World::new().await;
    let answer = world.ask("GET /m/worker.js", "", b"").await;
    if answer.status == 404 {
        // Nothing was built. That it is no page of the webmail, and leads to no login, is seen all the same.
        return;
    }
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(answer.field("cache-control"), Some("no-cache"));
    assert_eq!(answer.field("service-worker-allowed"), None);
    let policy = answer.field("content-security-policy").unwrap();
    assert!(policy.contains("require-trusted-types-for 'script'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let known = format!("If-None-Match: {}\r\n", answer.field("etag").unwrap());
    assert_eq!(world.ask("GET /m/worker.js", &known, b"").await.status, 304);
}

#[tokio::test]
async fn files_that_are_not_there_are_not_found() {
    let world = World::new().await;
    for path in ["/assets/x.js", "/assets/", "/assets/..%2findex.html"] {
        assert_eq!(world.ask(&format!("GET {path}"), "", b"").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_webmail_lies_below_the_base_path() {
    let world = World::with(jmap::Limits::default(), "/mail").await;
    for path in ["/mail/", "/mail", "/mail/m"] {
        let answer = world.ask(&format!("GET {path}"), "", b"").await;
        assert_eq!(answer.field("location"), Some("/mail/auth/login?next=/mail/m/"), "{path}");
    }
    let answer = world.ask("GET /mail/m/F1/T2", "", b"").await;
    if answer.status == 303 {
        let next = answer.field("location").unwrap();
        assert_eq!(next, "/mail/auth/login?next=/mail/m/F1/T2");
    }
}
