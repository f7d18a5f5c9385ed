//! What somebody sees and changes of what decides who gets in: in JSON, and on a page.

use serde_json::json;

use crate::page_people::{NASTY, NOW};
use crate::world::{Answer, World};

const JSON: &str = "Content-Type: application/json\r\nX-Correio-CSRF: 1\r\n";
const FORM: &str =
    "Content-Type: application/x-www-form-urlencoded\r\nOrigin: https://mail.example.org\r\n";

async fn log_in(world: &World) -> String {
    let body = br#"{"login": "ana@example.org", "password": "secret"}"#;
    let answer = world.ask("POST /auth/login", JSON, body).await;
    let field = answer.field("set-cookie").unwrap();
    format!("Cookie: {}\r\n", field.split(';').next().unwrap())
}

fn html(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

fn token(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// All changes, and whether each needs a proof.
const CHANGES: [(&str, &str, bool); 14] = [
    (
        r#"{"password": {"new": "long enough"}}"#,
        "action=password&new=long+enough&again=long+enough",
        true,
    ),
    (r#"{"beginApp": {}}"#, "action=begin-app", true),
    (r#"{"confirmApp": {"code": "123456"}}"#, "action=confirm-app&code=123456", true),
    (r#"{"removeApp": {}}"#, "action=remove-app", true),
    (r#"{"newRecoveryCodes": {}}"#, "action=recovery-codes", true),
    (r#"{"onlyAppPasswords": {"only": true}}"#, "action=only-app-passwords&only=yes", true),
    (r#"{"addAppPassword": {"name": "Phone"}}"#, "action=add-app-password&name=Phone", true),
    (r#"{"removeAppPassword": {"name": "Phone"}}"#, "action=remove-app-password&name=Phone", true),
    (r#"{"addToken": {"name": "Phone", "days": 30}}"#, "action=add-token&name=Phone&days=30", true),
    (r#"{"addToken": {"name": "Phone"}}"#, "action=add-token&name=Phone", true),
    (r#"{"removeToken": {"name": "Phone"}}"#, "action=remove-token&name=Phone", true),
    (
        r#"{"renamePasskey": {"name": "PC", "new": "Phone"}}"#,
        "action=rename-passkey&name=PC&new-name=Phone",
        true,
    ),
    (r#"{"removePasskey": {"name": "PC"}}"#, "action=remove-passkey&name=PC", true),
    (
        r#"{"choosePop3": {"onDelete": "keep-days=14"}}"#,
        "action=pop3&name=&on-delete=keep-days%3D&days=14",
        false,
    ),
];

#[tokio::test]
async fn what_decides_who_gets_in_is_changed_after_a_proof_only() {
    for (change, form, needs_proof) in CHANGES {
        let world = World::new().await;
        let cookie = log_in(&world).await;
        world.people.pages.change(|kept| kept.session.proven_s = NOW - 600);
        let page = html(&world.ask("GET /auth/security", &cookie, b"").await);
        let fields = format!("{cookie}{JSON}");
        let by_json = async || world.ask("POST /auth/settings", &fields, change.as_bytes()).await;
        let by_form = async || {
            let body = format!("token={}&{form}", token(&page));
            world.ask("POST /auth/security", &format!("{cookie}{FORM}"), body.as_bytes()).await
        };
        let refused = by_json().await;
        assert_eq!(refused.status == 403, needs_proof, "{change}: {refused:?}");
        let asked = by_form().await;
        assert_eq!(asked.status == 403, needs_proof, "{form}: {asked:?}");
        assert!(!html(&asked).contains("made-secret") && !html(&asked).contains("-bbbb"));
        world.people.pages.change(|kept| kept.session.proven_s = NOW - 599);
        assert!([200, 303].contains(&by_form().await.status), "{form}");
        let world = World::new().await;
        let cookie = log_in(&world).await;
        let done =
            world.ask("POST /auth/settings", &format!("{cookie}{JSON}"), change.as_bytes()).await;
        assert!([200, 204].contains(&done.status), "{change}: {done:?}");
    }
}

#[tokio::test]
async fn nobody_changes_anything_who_is_not_logged_in_or_on_a_page_of_another_site() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    let page = html(&world.ask("GET /auth/security", &cookie, b"").await);
    for (change, form, _) in CHANGES {
        let none = world.ask("POST /auth/settings", JSON, change.as_bytes()).await;
        assert_eq!(none.status, 401, "{change}");
        for bad in ["", "X-Correio-CSRF: 1\r\nSec-Fetch-Site: same-site\r\n"] {
            let fields = format!("{cookie}Content-Type: application/json\r\n{bad}");
            let answer = world.ask("POST /auth/settings", &fields, change.as_bytes()).await;
            assert_eq!(answer.status, 403, "{change}");
        }
        let fields = format!("{cookie}{FORM}");
        let answer = world.ask("POST /auth/security", &fields, form.as_bytes()).await;
        assert_eq!(answer.status, 403, "{form}");
        let elsewhere = fields.replace("https://mail.example.org", "https://evil.example");
        let body = format!("token={}&{form}", token(&page));
        let answer = world.ask("POST /auth/security", &elsewhere, body.as_bytes()).await;
        assert_eq!(answer.status, 403, "{form}");
    }
    for path in ["/auth/security", "/auth/confirm"] {
        let answer = world.ask(&format!("GET {path}"), "", b"").await;
        let want = format!("/auth/login?next={path}");
        assert_eq!((answer.status, answer.field("location")), (303, Some(&*want)));
    }
    assert_eq!(world.ask("GET /auth/settings", "", b"").await.status, 401);
}

#[tokio::test]
async fn a_page_reads_and_changes_settings_in_json() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    let settings = world.ask("GET /auth/settings", &cookie, b"").await.json();
    assert_eq!(
        (&settings["recoveryCodes"], &settings["tokens"][0]["name"]),
        (&json!(9), &json!(NASTY))
    );
    assert_eq!(settings["pop3"][0]["show"], json!({"value": "newest=100", "chosen": true}));
    assert_eq!(settings["appSetAt"], "2023-11-14T22:13:20Z");
    let fields = format!("{cookie}{JSON}");
    let change =
        async |body: &str| world.ask("POST /auth/settings", &fields, body.as_bytes()).await;
    let app = change(r#"{"beginApp": {}}"#).await.json();
    assert_eq!(app["secret"], "GEZDGNBVGY3TQOJQ");
    assert!(
        app["uri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/mail.example.org:ana%40example.org?")
    );
    let picture = (&app["picture"]["side"], app["picture"]["path"].as_str().unwrap());
    assert_eq!(picture.0, 41);
    // The finder patterns begin with seven dark modules.
    assert!(picture.1.starts_with("M0 0h7v1h-7z"), "{}", picture.1);
    let codes = change(r#"{"confirmApp": {"code": "123456"}}"#).await.json();
    assert_eq!(codes["recoveryCodes"], json!(["aaaa-bbbb"]));
    for (body, name) in [
        (r#"{"confirmApp": {"code": "000000"}}"#, "code"),
        (r#"{"addAppPassword": {"name": "taken"}}"#, "name"),
        (r#"{"password": {"new": "short"}}"#, "password"),
    ] {
        let answer = change(body).await;
        assert_eq!(answer.status, 422, "{body}");
        assert!(answer.json()["type"].as_str().unwrap().ends_with(&format!("/{name}")), "{body}");
    }
    for body in [
        "{}",
        r#"{"beginApp": {"a": 1}}"#,
        r#"{"beginApp": {}, "removeApp": {}}"#,
        r#"{"addToken": {"name": "a", "days": -1}}"#,
        r#"{"addToken": {"name": "a", "days": 4294967296}}"#,
        r#"{"password": {}}"#,
        r#"{"choosePop3": {"on_delete": "remove"}}"#,
    ] {
        assert_eq!(change(body).await.status, 400, "{body}");
    }
    let new = change(r#"{"password": {"new": "long enough"}}"#).await;
    assert!(new.field("set-cookie").unwrap().starts_with("__Host-correio="));
}

#[tokio::test]
async fn the_page_shows_all_as_text_and_secrets_once() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    let answer = world.ask("GET /auth/security", &cookie, b"").await;
    let page = html(&answer);
    assert_eq!(page.matches("<script").count(), 1, "the one of ours, which the policy names");
    assert!(!page.contains("<b>") && page.contains("&lt;script&gt;"));
    assert!(!page.contains("id=\"proof-password\""), "there is a fresh proof");
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    let fields = format!("{cookie}{FORM}");
    let send = async |form: &str| {
        let body = format!("token={}&{form}", token(&page));
        world.ask("POST /auth/security", &fields, body.as_bytes()).await
    };
    let made = send("action=add-app-password&name=Phone").await;
    assert!(html(&made).contains("<code>made-secret</code>"));
    assert_eq!(made.field("cache-control"), Some("no-store"));
    let app = html(&send("action=begin-app").await);
    assert!(app.contains("<svg class=\"qr\"") && app.contains("<code>GEZD GNBV GY3T QOJQ</code>"));
    assert!(html(&send("action=confirm-app&code=123456").await).contains("<code>aaaa-bbbb</code>"));
    let wrong = send("action=confirm-app&code=1").await;
    assert!(wrong.status == 422 && html(&wrong).contains("role=\"alert\""));
    let unlike = send("action=password&new=long+enough&again=long+enouhg").await;
    assert!(unlike.status == 422 && html(&unlike).contains("typed the same twice"));
    assert_eq!(send("action=nothing").await.status, 400);
    world.people.pages.change(|kept| kept.session.proven_s = NOW - 600);
    let stale = html(&world.ask("GET /auth/security", &cookie, b"").await);
    assert!(stale.contains("id=\"proof-password\"") && !stale.contains("value=\"password\""));
    let portuguese = format!("{cookie}Accept-Language: pt\r\n");
    assert!(html(&world.ask("GET /auth/security", &portuguese, b"").await).contains("Segurança"));
}

#[tokio::test]
async fn a_proof_by_form_leads_back_to_a_path_of_this_host() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    world.people.pages.change(|kept| kept.session.proven_s = 0);
    let page = html(&world.ask("GET /auth/confirm?next=/oauth/x", &cookie, b"").await);
    assert!(page.contains("name=\"next\" value=\"/oauth/x\""));
    let send = async |rest: &str| {
        let body = format!("token={}&{rest}", token(&page));
        world.ask("POST /auth/confirm", &format!("{cookie}{FORM}"), body.as_bytes()).await
    };
    assert_eq!(send("password=wrong&next=/oauth/x").await.status, 401);
    let fresh = async || world.ask("GET /auth/session", &cookie, b"").await.json()["fresh"].clone();
    assert_eq!(fresh().await, false);
    let right = send("password=secret&next=/oauth/x").await;
    assert_eq!((right.status, right.field("location")), (303, Some("/oauth/x")));
    assert_eq!(fresh().await, true);
    for next in ["//evil.example", "", "https://evil.example"] {
        let answer = send(&format!("password=&code=123456&next={next}")).await;
        assert_eq!(answer.field("location"), Some("/auth/security"), "{next}");
    }
}

#[tokio::test]
async fn sessions_end_by_a_form() {
    let world = World::new().await;
    let (one, other) = (log_in(&world).await, log_in(&world).await);
    let id = async |cookie: &str| {
        world.ask("GET /auth/session", cookie, b"").await.json()["id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (id(&one).await, id(&other).await);
    let page = html(&world.ask("GET /auth/security", &one, b"").await);
    let send = async |rest: &str| {
        let body = format!("token={}&{rest}", token(&page));
        world.ask("POST /auth/security", &format!("{one}{FORM}"), body.as_bytes()).await
    };
    assert_eq!(send(&format!("action=end-session&id={second}")).await.status, 303);
    assert_eq!(world.ask("GET /auth/session", &other, b"").await.status, 401);
    let out = send(&format!("action=end-session&id={first}")).await;
    assert_eq!(out.field("location"), Some("/auth/login"));
    assert!(out.field("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(world.ask("GET /auth/session", &one, b"").await.status, 401);
}
