//! Pages that log in, and what a cookie is good for.

use sasl::Security;
use web::{By, Connection};

use crate::page_people::NOW;
use crate::world::{ANA, Answer, World, secured};

const JSON: &str = "Content-Type: application/json\r\nX-Correio-CSRF: 1\r\n";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const OURS: &str = "Origin: https://mail.example.org\r\n";
const RIGHT: &[u8] = br#"{"login": "ana@example.org", "password": "secret"}"#;

/// The cookie that an answer sets, as a browser sends it back.
pub(crate) fn cookie(answer: &Answer) -> String {
    let field = answer.field("set-cookie").unwrap_or_else(|| panic!("{}", answer.head));
    format!("Cookie: {}\r\n", field.split(';').next().unwrap())
}

pub(crate) async fn log_in(world: &World) -> String {
    let answer = world.ask("POST /auth/login", JSON, RIGHT).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    cookie(&answer)
}

fn problem(answer: &Answer) -> String {
    let name = answer.json()["type"].as_str().unwrap().to_owned();
    name.rsplit_once('/').map_or(name.clone(), |(_, name)| name.to_owned())
}

#[tokio::test]
async fn a_page_logs_in_looks_and_logs_out() {
    let world = World::new().await;
    let fields = format!("{JSON}User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n");
    let answer = world.ask("POST /auth/login", &fields, RIGHT).await;
    let set = answer.field("set-cookie").unwrap();
    assert!(set.starts_with("__Host-correio="), "{set}");
    assert!(set.ends_with("; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Strict"), "{set}");
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    let said = answer.json();
    assert_eq!((said["user"].as_str(), &said["fresh"]), (Some("ana@example.org"), &true.into()));
    assert_eq!(said["program"], "Firefox, Linux");
    assert_eq!(said["expiresAt"], "2023-11-28T22:13:20Z");
    let cookie = cookie(&answer);
    let own = world.ask("GET /auth/session", &cookie, b"").await;
    assert_eq!((own.status, own.json()), (200, said));
    let listed = world.ask("GET /auth/sessions", &cookie, b"").await.json();
    assert_eq!(listed["sessions"][0]["current"], true);
    assert_eq!(listed["sessions"][0]["address"], "192.0.2.7");
    let out = world.ask("POST /auth/logout", &format!("{cookie}X-Correio-CSRF: 1\r\n"), b"").await;
    assert_eq!(out.status, 204);
    assert!(out.field("set-cookie").unwrap().starts_with("__Host-correio=; Path=/; Max-Age=0;"));
    let over = world.ask("GET /auth/session", &cookie, b"").await;
    assert_eq!((over.status, problem(&over)), (401, "login".to_owned()));
}

#[tokio::test]
async fn a_page_that_is_not_let_in_hears_the_same_whether_there_is_such_a_user_or_not() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for name in ["ana@example.org", "nobody@example.org", "", "ana@example.org+x", "\\u0000"] {
        let body = format!(r#"{{"login": "{name}", "password": "wrong"}}"#);
        let answer = world.ask("POST /auth/login", JSON, body.as_bytes()).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.field("set-cookie"), None);
        // No browser asks its user by itself.
        assert_eq!(answer.field("www-authenticate"), Some("Bearer realm=\"mail\""));
        answers.push(answer.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    for (name, status) in [("off", 403), ("later", 503), ("often", 429)] {
        let body = format!(r#"{{"login": "{name}", "password": "x"}}"#);
        let answer = world.ask("POST /auth/login", JSON, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{name}");
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_says_nothing_of_what_was_typed() {
    let world = World::new().await;
    let large = format!(r#"{{"login": "ana", "password": "{}"}}"#, "x".repeat(70_000));
    for (fields, body, status) in [
        (JSON, "", 400),
        (JSON, "{", 400),
        (JSON, "[]", 400),
        (JSON, r#"{"login": "ana@example.org"}"#, 400),
        (JSON, r#"{"login": "ana@example.org", "password": 123456}"#, 400),
        (JSON, r#"{"login": "ana@example.org", "password": "secret", "next": "s3cr3t"}"#, 400),
        (JSON, r#"{"login": ["s3cr3t"], "password": "secret"}"#, 400),
        (JSON, &large, 413),
        ("X-Correio-CSRF: 1\r\nContent-Type: text/plain\r\n", "{}", 415),
        ("X-Correio-CSRF: 1\r\n", "{}", 415),
    ] {
        let answer = world.ask("POST /auth/login", fields, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{body:.80}: {answer:?}");
        assert_eq!(answer.field("set-cookie"), None);
        let said = String::from_utf8(answer.body).unwrap();
        assert!(!said.contains("s3cr3t") && !said.contains("123456"), "{said}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_neither_log_in_nor_use_a_login() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    let json = "Content-Type: application/json\r\n";
    let echo = br#"{"using": ["urn:ietf:params:jmap:core"], "methodCalls": []}"#;
    for (line, body) in [
        ("POST /auth/login", RIGHT),
        ("POST /auth/logout", b"{}"),
        ("POST /auth/confirm", br#"{"password": "secret"}"#),
        ("POST /auth/sessions/end", br#"{"which": "all"}"#),
        ("POST /jmap/api", echo),
        ("POST /jmap/upload/a1", b"x"),
    ] {
        for bad in [
            "",
            "X-Correio-CSRF: 1\r\nSec-Fetch-Site: cross-site\r\n",
            "X-Correio-CSRF: 1\r\nSec-Fetch-Site: same-site\r\n",
            "X-Correio-CSRF: 1\r\nSec-Fetch-Site: none\r\n",
            "X-Correio-CSRF: 1\r\nOrigin: https://evil.example\r\n",
            "X-Correio-CSRF: 1\r\nOrigin: null\r\n",
            "X-Correio-CSRF: 1\r\nOrigin: http://mail.example.org\r\n",
            "Sec-Fetch-Site: same-origin\r\nOrigin: https://mail.example.org\r\n",
        ] {
            let answer = world.ask(line, &format!("{cookie}{json}{bad}"), body).await;
            assert_eq!((answer.status, problem(&answer)), (403, "csrf".to_owned()), "{line} {bad}");
        }
    }
    for line in
        ["GET /jmap/session", "GET /jmap/eventsource?closeafter=state", "GET /jmap/download/a1/x/y"]
    {
        for bad in ["Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n"] {
            let answer = world.ask(line, &format!("{cookie}{bad}"), b"").await;
            assert_eq!(answer.status, 403, "{line} {bad}");
        }
    }
    assert_eq!(world.ask("GET /auth/session", &cookie, b"").await.status, 200);
}

#[tokio::test]
async fn a_page_that_is_logged_in_uses_jmap() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    let session = world.ask("GET /jmap/session", &cookie, b"").await;
    assert_eq!(session.json()["username"], "ana@example.org");
    let fields = format!("{cookie}{JSON}Sec-Fetch-Site: same-origin\r\n");
    let echo = br#"{"using": ["urn:ietf:params:jmap:core"], "methodCalls": [["Core/echo", {"a": 1}, "c"]]}"#;
    let answer = world.ask("POST /jmap/api", &fields, echo).await;
    assert_eq!(answer.json()["methodResponses"][0][1]["a"], 1, "{answer:?}");
    let own = session.json()["accounts"].as_object().unwrap().keys().next().unwrap().clone();
    let fields = format!("{cookie}X-Correio-CSRF: 1\r\n");
    let upload = world.ask(&format!("POST /jmap/upload/{own}"), &fields, b"x").await;
    assert_eq!(upload.status, 201, "{upload:?}");
    let typed = format!("{cookie}Sec-Fetch-Site: none\r\n");
    assert_eq!(world.ask("GET /jmap/session", &typed, b"").await.status, 200);
}

#[tokio::test]
async fn a_websocket_of_a_page_begins_only_for_ours() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Protocol: jmap\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (fields, status) in [
        (OURS, 101),
        ("", 403),
        ("Origin: https://evil.example\r\n", 403),
        ("Origin: https://mail.example.org\r\nSec-Fetch-Site: same-site\r\n", 403),
    ] {
        let (mut stream, _serving) = world.connect(secured());
        let head = format!(
            "GET /jmap/ws HTTP/1.1\r\nHost: mail.example.org\r\n{cookie}{upgrade}{fields}\r\n"
        );
        tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
        let mut octets = [0; 12];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut octets).await.unwrap();
        assert_eq!(std::str::from_utf8(&octets).unwrap(), format!("HTTP/1.1 {status}"), "{fields}");
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_no_reason_for_a_browser_to_ask() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    world.people.pages.0.lock().unwrap().clear();
    for (line, fields) in [
        ("GET /jmap/session", cookie.clone()),
        ("GET /jmap/download/a/b/c", cookie.clone()),
        ("GET /jmap/session", "X-Correio-CSRF: 1\r\n".to_owned()),
        (
            "GET /jmap/eventsource?types=*&closeafter=no&ping=60",
            "Sec-Fetch-Site: same-origin\r\n".to_owned(),
        ),
        ("GET /auth/session", String::new()),
    ] {
        let answer = world.ask(line, &fields, b"").await;
        assert_eq!(answer.status, 401, "{line}");
        assert_eq!(answer.field("www-authenticate"), Some("Bearer realm=\"mail\""), "{line}");
    }
    // What a program shows counts, whatever else comes along.
    let both = format!("{cookie}{ANA}");
    assert_eq!(world.ask("GET /jmap/session", &both, b"").await.status, 200);
}

#[tokio::test]
async fn a_session_that_begins_anew_is_told_to_the_browser_once() {
    let world = World::new().await;
    let cookie = log_in(&world).await;
    for line in ["GET /jmap/session", "GET /auth/session"] {
        world.people.pages.change(|kept| kept.is_due = true);
        let answer = world.ask(line, &cookie, b"").await;
        let set = answer.field("set-cookie").unwrap();
        assert!(cookie.contains(set.split(';').next().unwrap()), "{set}");
        assert_eq!(world.ask(line, &cookie, b"").await.field("set-cookie"), None);
    }
}

#[tokio::test]
async fn on_a_computer_of_others_the_browser_keeps_no_login() {
    let world = World::new().await;
    let brief = br#"{"login": "ana@example.org", "password": "secret", "stay": "brief"}"#;
    let by_script = world.ask("POST /auth/login", JSON, brief).await;
    let page = world.ask("GET /auth/login", "", b"").await;
    let fields = format!("{}{FORM}{OURS}", cookie(&page));
    let token = hidden(&page, "token");
    let wrong = format!("token={token}&login=ana%40example.org&password=no&stay=brief");
    let wrong = world.ask("POST /auth/login", &fields, wrong.as_bytes()).await;
    let html = String::from_utf8(wrong.body).unwrap();
    assert!(html.contains("name=\"stay\" value=\"brief\" checked"), "{html}");
    let body = format!("token={token}&login=ana%40example.org&password=secret&stay=brief");
    let by_form = world.ask("POST /auth/login", &fields, body.as_bytes()).await;
    assert_eq!((by_script.status, by_form.status), (200, 303));
    for answer in [by_script, by_form] {
        let set = answer.field("set-cookie").unwrap();
        assert!(set.ends_with("; Path=/; HttpOnly; Secure; SameSite=Strict"), "{set}");
        let cookie = cookie(&answer);
        let own = world.ask("GET /auth/session", &cookie, b"").await;
        assert_eq!(own.json()["stay"], "brief");
        // When its time begins anew, the browser is not told to keep it, either.
        world.people.pages.change(|kept| kept.is_due = true);
        let renewed = world.ask("GET /jmap/session", &cookie, b"").await;
        assert!(!renewed.field("set-cookie").unwrap().contains("Max-Age"));
    }
    let kept = world.ask("GET /auth/session", &log_in(&world).await, b"").await;
    assert_eq!(kept.json()["stay"], "long");
    let other = br#"{"login": "ana@example.org", "password": "secret", "stay": "ever"}"#;
    assert_eq!(world.ask("POST /auth/login", JSON, other).await.status, 400);
}

#[tokio::test]
async fn a_login_ends_the_session_that_the_browser_had() {
    let world = World::new().await;
    let first = log_in(&world).await;
    let answer = world.ask("POST /auth/login", &format!("{first}{JSON}"), RIGHT).await;
    let second = cookie(&answer);
    assert_ne!(first, second);
    assert_eq!(world.ask("GET /auth/session", &first, b"").await.status, 401);
    assert_eq!(world.ask("GET /auth/session", &second, b"").await.status, 200);
}

#[tokio::test]
async fn sessions_end_one_by_one_and_all_at_once_only_after_a_proof() {
    let world = World::new().await;
    let (first, second) = (log_in(&world).await, log_in(&world).await);
    let id = world.ask("GET /auth/session", &second, b"").await.json()["id"].clone();
    world.people.pages.change(|kept| kept.session.proven_s = NOW - 600);
    let fields = format!("{first}{JSON}");
    let end =
        async |body: &str| world.ask("POST /auth/sessions/end", &fields, body.as_bytes()).await;
    for body in [r#"{"which": "all"}"#, r#"{"which": "others"}"#] {
        let answer = end(body).await;
        assert_eq!((answer.status, problem(&answer)), (403, "confirm".to_owned()));
    }
    for body in [r#"{"id": "x"}"#, r#"{"id": "+000000000000abc"}"#, r#"{"which": "some"}"#, "{}"] {
        assert_eq!(end(body).await.status, 400, "{body}");
    }
    assert_eq!(end(r#"{"id": "0000000000000001"}"#).await.json()["ended"], 0);
    let one = end(&format!(r#"{{"id": {id}}}"#)).await;
    assert_eq!((one.json()["ended"].clone(), one.field("set-cookie")), (1.into(), None));
    assert_eq!(world.ask("GET /auth/session", &second, b"").await.status, 401);
    let third = log_in(&world).await;
    let confirm = async |password: &str| {
        let body = format!(r#"{{"password": "{password}"}}"#);
        world.ask("POST /auth/confirm", &fields, body.as_bytes()).await.status
    };
    assert_eq!((confirm("wrong").await, confirm("secret").await), (401, 200));
    assert_eq!(end(r#"{"which": "others"}"#).await.json()["ended"], 1);
    assert_eq!(world.ask("GET /auth/session", &third, b"").await.status, 401);
    let all = end(r#"{"which": "all"}"#).await;
    assert!(all.field("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(world.ask("GET /auth/session", &first, b"").await.status, 401);
}

#[tokio::test]
async fn nothing_of_a_login_crosses_the_network_in_the_clear() {
    let world = World::new().await;
    let address = Some("192.0.2.7".parse().unwrap());
    let clear = Connection { address, security: Security::Clear, by: By::Client };
    let answer = world.ask_from(clear, "POST /auth/login", JSON, RIGHT).await;
    assert_eq!((answer.status, answer.field("set-cookie")), (403, None));
    log_in(&world).await;
    let stolen = "Cookie: correio=abcabcabcabcabcabcabcabcabcabcabcabcabcabc\r\n";
    assert_eq!(world.ask_from(clear, "GET /auth/session", stolen, b"").await.status, 401);
    assert_eq!(world.ask_from(clear, "GET /jmap/session", stolen, b"").await.status, 403);
    // On this machine, without the name that wants TLS.
    let home = Connection {
        address: Some("127.0.0.1".parse().unwrap()),
        security: Security::Loopback,
        by: By::Client,
    };
    let answer = world.ask_from(home, "POST /auth/login", JSON, RIGHT).await;
    let set = answer.field("set-cookie").unwrap();
    assert!(set.starts_with("correio=") && !set.contains("Secure"), "{set}");
    let own = world.ask_from(home, "GET /auth/session", &cookie(&answer), b"").await;
    assert_eq!(own.status, 200);
}

#[tokio::test]
async fn logins_lie_below_the_base_path_and_their_cookie_at_the_top() {
    let world = World::with(jmap::Limits::default(), "/mail").await;
    assert_eq!(world.ask("POST /auth/login", JSON, RIGHT).await.status, 404);
    let answer = world.ask("POST /mail/auth/login", JSON, RIGHT).await;
    assert!(answer.field("set-cookie").unwrap().contains("; Path=/;"));
    assert_eq!(world.ask("GET /mail/auth/session", &cookie(&answer), b"").await.status, 200);
    let page = world.ask("GET /mail/auth/login?next=/mail/m/", "", b"").await;
    let html = String::from_utf8(page.body).unwrap();
    assert!(html.contains("action=\"/mail/auth/login\"") && html.contains("value=\"/mail/m/\""));
}

/// The value of a hidden field of a page.
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    let html = String::from_utf8(page.body.clone()).unwrap();
    let (_, rest) = html.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_form_logs_in_without_a_script_and_leads_on() {
    let world = World::new().await;
    let page = world.ask("GET /auth/login?next=/oauth/authorize%3Fa=b%26c=d", "", b"").await;
    assert_eq!(page.status, 200);
    let policy = page.field("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert_eq!(page.field("referrer-policy"), Some("same-origin"));
    let fields = format!("{}{FORM}{OURS}", cookie(&page));
    let token = hidden(&page, "token");
    let send = async |name: &str, password: &str, token: &str, next: &str| {
        let body = format!("token={token}&next={next}&login={name}&password={password}");
        world.ask("POST /auth/login", &fields, body.as_bytes()).await
    };
    let wrong = send("ana%40example.org", "wrong", &token, "/m/").await;
    let nobody = send("nobody%40example.org", "wrong", &token, "/m/").await;
    let without = |answer: &Answer, name: &str| {
        String::from_utf8(answer.body.clone()).unwrap().replace(name, "")
    };
    assert_eq!((wrong.status, nobody.status), (401, 401));
    assert_eq!(without(&wrong, "ana"), without(&nobody, "nobody"));
    assert_eq!(hidden(&wrong, "next"), "/m/");
    let right =
        send("ana%40example.org", "secret", &token, "/oauth/authorize%3Fa%3Db%26c%3Dd").await;
    assert_eq!((right.status, right.field("location")), (303, Some("/oauth/authorize?a=b&c=d")));
    let own = world.ask("GET /auth/session", &cookie(&right), b"").await;
    assert_eq!(own.json()["user"], "ana@example.org");
    for (next, want) in [
        ("//evil.example", "/m/"),
        ("/%5Cevil.example", "/m/"),
        ("https%3A%2F%2Fevil.example", "/m/"),
        ("/a%0D%0ASet-Cookie:%20a=b", "/m/"),
        ("javascript:alert(1)", "/m/"),
        ("", "/m/"),
    ] {
        let answer = send("ana%40example.org", "secret", &token, next).await;
        assert_eq!((answer.status, answer.field("location")), (303, Some(want)), "{next}");
        let page = world.ask(&format!("GET /auth/login?next={next}"), "", b"").await;
        assert!(!String::from_utf8(page.body).unwrap().contains("name=\"next\""), "{next}");
    }
}

#[tokio::test]
async fn a_form_of_another_site_logs_nobody_in() {
    let world = World::new().await;
    let page = world.ask("GET /auth/login", "", b"").await;
    let (form_cookie, token) = (cookie(&page), hidden(&page, "token"));
    let right = format!("token={token}&login=ana%40example.org&password=secret");
    let no_token = "login=ana%40example.org&password=secret";
    for (fields, body) in [
        (format!("{form_cookie}{FORM}Referer: https://evil.example/\r\n"), &*right),
        (format!("{form_cookie}{FORM}"), no_token),
        (format!("{form_cookie}{FORM}Origin: https://evil.example\r\n"), &right),
        (format!("{form_cookie}{FORM}Origin: null\r\n"), &right),
        (format!("{form_cookie}{FORM}{OURS}Sec-Fetch-Site: same-site\r\n"), &right),
        (format!("{FORM}{OURS}"), &right),
        (format!("Cookie: __Host-correio-form=other\r\n{FORM}{OURS}"), &right),
        (format!("{form_cookie}{FORM}{OURS}"), no_token),
        (format!("{form_cookie}{FORM}{OURS}"), &right.replace("token=", "token=x")),
    ] {
        let answer = world.ask("POST /auth/login", &fields, body.as_bytes()).await;
        assert_eq!((answer.status, answer.field("set-cookie")), (403, None), "{fields}");
        assert_eq!(answer.field("content-type"), Some("text/html; charset=utf-8"));
    }
    let fine = format!("{form_cookie}{FORM}{OURS}Sec-Fetch-Site: same-origin\r\n");
    assert_eq!(world.ask("POST /auth/login", &fine, right.as_bytes()).await.status, 303);
    // Text browsers do not say where a form comes from.
    let unsaid = format!("{form_cookie}{FORM}");
    assert_eq!(world.ask("POST /auth/login", &unsaid, right.as_bytes()).await.status, 303);
    let many = format!("{right}{}", "&a=1".repeat(60));
    assert_eq!(world.ask("POST /auth/login", &fine, many.as_bytes()).await.status, 400);
    let large = format!("{right}&a={}", "x".repeat(70_000));
    assert_eq!(world.ask("POST /auth/login", &fine, large.as_bytes()).await.status, 413);
}

#[tokio::test]
async fn what_was_typed_stays_text_on_the_page() {
    let world = World::new().await;
    let page = world.ask("GET /auth/login?next=/%22%3E%3Cscript%3E", "", b"").await;
    let fields = format!("{}{FORM}{OURS}", cookie(&page));
    let token = hidden(&page, "token");
    let body = format!(
        "token={token}&login=%22%3E%3Cscript%3E&password=%3Cscript%3E&next=/%22%3E%3Cscript%3E"
    );
    let again = world.ask("POST /auth/login", &fields, body.as_bytes()).await;
    for answer in [page, again] {
        let html = String::from_utf8(answer.body).unwrap();
        // The one of ours, which the policy names.
        assert_eq!(html.matches("<script").count(), 1, "{html}");
    }
}

#[tokio::test]
async fn who_is_logged_in_goes_on_at_once_also_from_another_site() {
    let world = World::new().await;
    let page = world.ask("GET /auth/login?next=/m/", "Sec-Fetch-Site: cross-site\r\n", b"").await;
    let html = String::from_utf8(page.body).unwrap();
    // The browser asks again, and then it has the cookie with it.
    assert!(html.contains("content=\"0; url=/auth/login?next=/m/\""), "{html}");
    let fields = format!("{}Sec-Fetch-Site: same-origin\r\n", log_in(&world).await);
    let answer = world.ask("GET /auth/login?next=/m/", &fields, b"").await;
    assert_eq!((answer.status, answer.field("location")), (303, Some("/m/")));
    let portuguese = world.ask("GET /auth/login", "Accept-Language: pt\r\n", b"").await;
    assert!(String::from_utf8(portuguese.body).unwrap().contains("Palavra-passe"));
}

#[tokio::test]
async fn a_second_factor_is_asked_for_after_the_password_and_only_then_is_there_a_cookie() {
    let world = World::new().await;
    let carla = r#"{"login": "carla@example.org", "password": "secret"}"#;
    let asked = world.ask("POST /auth/login", JSON, carla.as_bytes()).await;
    assert_eq!((asked.status, asked.field("set-cookie")), (200, None));
    assert_eq!(asked.json()["secondFactor"], serde_json::json!(["app", "passkey", "recoveryCode"]));
    let answer = async |body: &str| world.ask("POST /auth/login", JSON, body.as_bytes()).await;
    let wrong = answer(r#"{"ticket": "a-ticket", "code": "000000"}"#).await;
    assert_eq!((wrong.status, wrong.json()["type"].as_str()), (401, Some("about:blank")));
    let over = answer(r#"{"ticket": "another", "code": "123456"}"#).await;
    assert_eq!((over.status, problem(&over)), (401, "ticket".to_owned()));
    for bad in [
        r#"{"ticket": "a-ticket"}"#,
        r#"{"code": "123456"}"#,
        r#"{"ticket": "a-ticket", "code": 123456}"#,
        r#"{"ticket": "a-ticket", "code": "123456", "login": "carla@example.org"}"#,
        r#"{"login": "carla@example.org", "password": "secret", "code": "123456"}"#,
        "{}",
    ] {
        assert_eq!(answer(bad).await.status, 400, "{bad}");
    }
    let right = answer(r#"{"ticket": "a-ticket", "code": "123456"}"#).await;
    assert_eq!(right.status, 200);
    let own = world.ask("GET /auth/session", &cookie(&right), b"").await;
    assert_eq!(own.status, 200);
    let fields = format!("{}{JSON}", cookie(&right));
    for (code, status) in [("000000", 401), ("123456", 200)] {
        let body = format!(r#"{{"code": "{code}"}}"#);
        let answer = world.ask("POST /auth/confirm", &fields, body.as_bytes()).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_form_asks_for_the_second_factor_too() {
    let world = World::new().await;
    let page = world.ask("GET /auth/login?next=/m/", "", b"").await;
    let (fields, token) = (format!("{}{FORM}{OURS}", cookie(&page)), hidden(&page, "token"));
    let send = async |rest: &str| {
        let body = format!("token={token}&next=/m/&{rest}");
        world.ask("POST /auth/login", &fields, body.as_bytes()).await
    };
    let asked = send("login=carla%40example.org&password=secret").await;
    assert_eq!((asked.status, asked.field("set-cookie")), (200, None));
    assert_eq!((&*hidden(&asked, "ticket"), &*hidden(&asked, "next")), ("a-ticket", "/m/"));
    let wrong = send("ticket=a-ticket&code=000000").await;
    assert_eq!((wrong.status, &*hidden(&wrong, "ticket")), (401, "a-ticket"));
    let over = send("ticket=another&code=123456").await;
    let html = String::from_utf8(over.body).unwrap();
    assert!(
        over.status == 401
            && html.contains("name=\"password\"")
            && !html.contains("name=\"ticket\"")
    );
    let right = send("ticket=a-ticket&code=123456").await;
    assert_eq!((right.status, right.field("location")), (303, Some("/m/")));
    assert_eq!(world.ask("GET /auth/session", &cookie(&right), b"").await.status, 200);
}

#[tokio::test]
async fn a_passkey_logs_in_alone_or_after_the_password_and_confirms() {
    let world = World::new().await;
    let options = async |fields: &str, body: &str| {
        world.ask("POST /auth/passkey", &format!("{fields}{JSON}"), body.as_bytes()).await
    };
    let login = options("", r#"{"login": {}}"#).await.json();
    let want = serde_json::json!({
        "challenge": "BwcHBw", "rpId": "mail.example.org", "allowCredentials": [],
        "userVerification": "required", "timeout": 300_000,
    });
    assert_eq!(login, want, "nobody learns who has one");
    let factor = options("", r#"{"factor": {"ticket": "a-ticket"}}"#).await.json();
    assert_eq!(factor["allowCredentials"][0]["id"], "AQ");
    for body in [r#"{"confirm": {}}"#, r#"{"add": {}}"#] {
        assert_eq!(options("", body).await.status, 401, "{body}");
    }
    let send = async |path: &str, fields: &str, body: &str| {
        world.ask(&format!("POST {path}"), &format!("{fields}{JSON}"), body.as_bytes()).await
    };
    assert_eq!(send("/auth/login", "", r#"{"passkey": {"code": "0"}}"#).await.status, 401);
    let alone = send("/auth/login", "", r#"{"passkey": {"code": "123456"}}"#).await;
    assert_eq!(alone.status, 200, "{alone:?}");
    let factor = r#"{"ticket": "a-ticket", "passkey": {"code": "123456"}}"#;
    assert_eq!(send("/auth/login", "", factor).await.status, 200);
    let mixed = r#"{"login": "a", "password": "b", "passkey": {"code": "123456"}}"#;
    assert_eq!(send("/auth/login", "", mixed).await.status, 400);
    let cookie = cookie(&alone);
    assert_eq!(options(&cookie, r#"{"confirm": {}}"#).await.status, 200);
    world.people.pages.change(|kept| kept.session.proven_s = NOW - 600);
    assert_eq!(options(&cookie, r#"{"add": {}}"#).await.status, 403);
    assert_eq!(
        send("/auth/confirm", &cookie, r#"{"passkey": {"code": "123456"}}"#).await.status,
        200
    );
    let add = options(&cookie, r#"{"add": {}}"#).await.json();
    assert_eq!(
        (&add["user"]["name"], &add["attestation"]),
        (&"ana@example.org".into(), &"none".into())
    );
    let added = send(
        "/auth/settings",
        &cookie,
        r#"{"addPasskey": {"name": "PC", "response": {"code": "123456"}}}"#,
    )
    .await;
    assert_eq!(added.json()["recoveryCodes"][0], "eeee-ffff");
    let wrong =
        send("/auth/settings", &cookie, r#"{"addPasskey": {"name": "PC", "response": {}}}"#).await;
    assert_eq!((wrong.status, problem(&wrong)), (422, "passkey".to_owned()));
    let elsewhere = send("/auth/passkey", "Host: other.example\r\n", r#"{"login": {}}"#).await;
    assert_eq!((elsewhere.status, problem(&elsewhere)), (409, "passkey".to_owned()));
}
