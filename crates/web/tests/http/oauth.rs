//! OAuth 2: how programs find the server, register, and get, renew and give back their tokens.

use serde_json::{Value, json};

use crate::page_people::NOW;
use crate::pages::{hidden, log_in};
use crate::world::{Answer, World};

const JSON: &str = "Content-Type: application/json\r\n";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const BY_DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl World {
    pub(crate) async fn register(&self, said: Value) -> Answer {
        self.ask("POST /auth/register", JSON, said.to_string().as_bytes()).await
    }

    /// The identifier of a program that has no browser.
    async fn device_program(&self, name: &str) -> String {
        let said = json!({ "client_name": name, "grant_types": [BY_DEVICE, "refresh_token"] });
        let answer = self.register(said).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| text.replace('%', "%25").replace('&', "%26").replace('+', "%2B");
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.ask(&format!("POST {path}"), FORM, pairs.join("&").as_bytes()).await
    }
}

pub(crate) fn code(answer: &Answer) -> String {
    answer.json()["error"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_program_that_is_refused_finds_who_lets_it_in() {
    for base in ["", "/mail"] {
        let world = World::with(jmap::Limits::default(), base).await;
        let refused = world.ask("GET /.well-known/jmap", "", b"").await;
        assert_eq!(refused.status, 401);
        let where_it_says = "https://mail.example.org/.well-known/oauth-protected-resource";
        let named = format!("resource_metadata=\"{where_it_says}/.well-known/jmap\"");
        assert!(refused.head.contains(&named), "{}", refused.head);
        let refused = world.ask(&format!("GET {base}/jmap/session"), "", b"").await;
        let named = format!("resource_metadata=\"{where_it_says}{base}/jmap/session\"");
        assert!(refused.head.contains(&named), "{}", refused.head);
        let path = format!("/.well-known/oauth-protected-resource{base}/jmap/session");
        let resource = world.ask(&format!("GET {path}"), "", b"").await.json();
        let issuer = format!("https://mail.example.org{base}");
        assert_eq!(resource["resource"], format!("{issuer}/jmap/session"));
        assert_eq!(resource["authorization_servers"], json!([issuer]));
        let path = format!("/.well-known/oauth-authorization-server{base}");
        let server = world.ask(&format!("GET {path}"), "", b"").await.json();
        assert_eq!(server["issuer"], issuer);
        assert_eq!(server["token_endpoint"], format!("{issuer}/auth/token"));
        assert_eq!(server["code_challenge_methods_supported"], json!(["S256"]));
        for elsewhere in
            ["/.well-known/oauth-authorization-server/x", "/.well-known/oauth-protected-resource/x"]
        {
            assert_eq!(world.ask(&format!("GET {elsewhere}"), "", b"").await.status, 404);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_registers_itself_and_nothing_is_kept_for_it() {
    let world = World::new().await;
    let said = json!({
        "client_name": "Mail <b>of</b> Ana",
        "redirect_uris": ["http://127.0.0.1/", "org.example.app:/back"],
        "grant_types": ["authorization_code", "refresh_token", "password"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "software_id": "x",
    });
    let answer = world.register(said).await;
    assert_eq!((answer.status, answer.field("cache-control")), (201, Some("no-store")));
    let got = answer.json();
    assert_eq!(got["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(
        (got["token_endpoint_auth_method"].as_str(), got.get("client_secret")),
        (Some("none"), None)
    );
    for (said, error) in [
        (json!({ "client_name": "x" }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://evil.example/"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": vec!["https://a.example/"; 6] }), "invalid_redirect_uri"),
        (
            json!({ "redirect_uris": ["https://a.example/"], "client_name": "\n" }),
            "invalid_client_metadata",
        ),
        (
            json!({ "redirect_uris": ["https://a.example/"], "grant_types": ["implicit"] }),
            "invalid_client_metadata",
        ),
        (
            json!({ "redirect_uris": ["https://a.example/"], "response_types": ["token"] }),
            "invalid_client_metadata",
        ),
        (json!("x"), "invalid_client_metadata"),
        (json!({ "redirect_uris": "https://a.example/" }), "invalid_client_metadata"),
    ] {
        let answer = world.register(said.clone()).await;
        assert_eq!((answer.status, code(&answer).as_str()), (400, error), "{said}");
    }
    let large = vec![b'x'; usize::try_from(web::limits::OAUTH_OCTETS_MAX).unwrap() + 1];
    assert_eq!(world.ask("POST /auth/register", JSON, &large).await.status, 413);
}

#[tokio::test(start_paused = true)]
async fn requests_for_tokens_are_refused_by_what_is_wrong_with_them() {
    let world = World::new().await;
    let id = world.device_program("A television").await;
    let id = id.as_str();
    for (pairs, error) in [
        (&[][..], "invalid_request"),
        (&[("grant_type", "password")], "invalid_request"),
        (&[("grant_type", "password"), ("client_id", "x")], "invalid_client"),
        (&[("grant_type", "password"), ("client_id", id)], "unsupported_grant_type"),
        (&[("grant_type", "refresh_token"), ("client_id", id)], "invalid_request"),
        (
            &[("grant_type", "refresh_token"), ("client_id", id), ("refresh_token", "x")],
            "invalid_grant",
        ),
        (
            &[
                ("grant_type", "refresh_token"),
                ("client_id", id),
                ("refresh_token", "x"),
                ("scope", "admin"),
            ],
            "invalid_scope",
        ),
        (
            &[("grant_type", "authorization_code"), ("client_id", id), ("code", "x")],
            "invalid_request",
        ),
        (
            &[
                ("grant_type", "authorization_code"),
                ("client_id", id),
                ("code", "x"),
                ("code_verifier", "y"),
            ],
            "invalid_grant",
        ),
        (&[("grant_type", BY_DEVICE), ("client_id", id), ("device_code", "x")], "expired_token"),
        (&[("grant_type", "refresh_token"), ("grant_type", "refresh_token")], "invalid_request"),
    ] {
        let answer = world.form("/auth/token", pairs).await;
        assert_eq!((answer.status, code(&answer).as_str()), (400, error), "{pairs:?}");
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
    let body = b"grant_type=refresh_token&client_id=x&refresh_token=y";
    assert_eq!(code(&world.ask("POST /auth/token", JSON, body).await), "invalid_request");
    assert_eq!(world.ask("GET /auth/token", "", b"").await.status, 405);
}

/// A verifier, and its hash (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const OURS: &str = "Origin: https://mail.example.org\r\n";

fn encoded(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet);
    let one = |octet: u8| {
        if plain(octet) { char::from(octet).to_string() } else { format!("%{octet:02X}") }
    };
    text.bytes().map(one).collect()
}

fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

/// The value of a parameter in the address to which an answer leads.
fn led(answer: &Answer, name: &str) -> Option<String> {
    let url = url::Url::parse(answer.field("location")?).unwrap();
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

/// A program with a browser: its identifier, and what it asks with.
struct Asking {
    id: String,
    query: String,
}

impl World {
    async fn browser_program(&self, name: &str, redirect: &str) -> Asking {
        let answer =
            self.register(json!({ "client_name": name, "redirect_uris": [redirect] })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.json()["client_id"].as_str().unwrap().to_owned();
        let query = query(&[
            ("response_type", "code"),
            ("client_id", &id),
            ("redirect_uri", redirect),
            ("state", "a b&c"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        Asking { id, query }
    }

    async fn consent(&self, cookie: &str, query: &str) -> Answer {
        self.ask(&format!("GET /auth/authorize?{query}"), cookie, b"").await
    }

    /// Presses a button on the page.
    async fn press(&self, cookie: &str, page: &Answer, pairs: &[(&str, &str)]) -> Answer {
        let token = hidden(page, "token");
        let pairs = [&[("token", token.as_str())][..], pairs].concat();
        let fields = format!("{cookie}{OURS}{FORM}");
        self.ask("POST /auth/authorize", &fields, query(&pairs).as_bytes()).await
    }

    async fn code_of(&self, cookie: &str, asking: &Asking) -> String {
        let page = self.consent(cookie, &asking.query).await;
        let answer =
            self.press(cookie, &page, &[("query", &asking.query), ("decision", "allow")]).await;
        assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
        led(&answer, "code").unwrap()
    }

    async fn exchange(
        &self,
        asking: &Asking,
        code: &str,
        redirect: &str,
        verifier: &str,
    ) -> Answer {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("client_id", asking.id.as_str()),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        self.form("/auth/token", &pairs).await
    }
}

#[tokio::test]
async fn a_program_is_let_in_by_its_user_and_renews_and_gives_back_its_token() {
    let world = World::new().await;
    let back = "http://127.0.0.1:4711/back?x=1";
    let asking = world.browser_program("A <b>program</b>", "http://127.0.0.1/back?x=1").await;
    let asking = Asking { query: asking.query.replace("127.0.0.1", "127.0.0.1%3A4711"), ..asking };
    // Whoever is not logged in does that first, and comes back.
    let first = world.consent("", &asking.query).await;
    let login =
        format!("/auth/login?next={}", encoded(&format!("/auth/authorize?{}", asking.query)));
    assert_eq!(first.field("location").unwrap().replace("%2F", "/"), login.replace("%2F", "/"));
    let cookie = log_in(&world).await;
    let page = world.consent(&cookie, &asking.query).await;
    let html = String::from_utf8(page.body.clone()).unwrap();
    assert!(
        html.contains("A &lt;b&gt;program&lt;/b&gt;") && html.contains("ana@example.org"),
        "{html}"
    );
    let policy = page.field("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:4711;"), "{policy}");
    let allow = [("query", asking.query.as_str()), ("decision", "allow")];
    let answer = world.press(&cookie, &page, &allow).await;
    assert!(answer.field("location").unwrap().starts_with("http://127.0.0.1:4711/back?x=1&code="));
    assert_eq!(led(&answer, "state").as_deref(), Some("a b&c"));
    assert_eq!(led(&answer, "iss").as_deref(), Some("https://mail.example.org"));
    let got = world.exchange(&asking, &led(&answer, "code").unwrap(), back, VERIFIER).await.json();
    assert_eq!(
        (got["token_type"].as_str(), got["expires_in"].as_u64()),
        (Some("Bearer"), Some(3_600))
    );
    assert_eq!(
        (got["access_token"].as_str(), got["scope"].as_str()),
        (Some("access 0 0"), Some("mail"))
    );
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", &asking.id),
        ("refresh_token", "refresh 0 0"),
    ];
    assert_eq!(world.form("/auth/token", &refresh).await.json()["access_token"], "access 0 1");
    assert_eq!(code(&world.form("/auth/token", &refresh).await), "invalid_grant");
    let end = [("client_id", asking.id.as_str()), ("token", "refresh 0 1")];
    for _ in 0..2 {
        assert_eq!(world.form("/auth/revoke", &end).await.status, 200);
    }
    let next = [
        ("grant_type", "refresh_token"),
        ("client_id", &asking.id),
        ("refresh_token", "refresh 0 1"),
    ];
    assert_eq!(code(&world.form("/auth/token", &next).await), "invalid_grant");
}

#[tokio::test]
async fn a_code_is_good_once_for_its_program_its_address_and_its_verifier() {
    let world = World::new().await;
    let back = "https://app.example/back";
    let asking = world.browser_program("A program", back).await;
    let other = world.browser_program("Another", back).await;
    let cookie = log_in(&world).await;
    for (by, to, verifier) in [
        (&other, back, VERIFIER),
        (&asking, "https://app.example/other", VERIFIER),
        (&asking, back, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXx"),
        (&asking, back, CHALLENGE),
    ] {
        let once = world.code_of(&cookie, &asking).await;
        assert_eq!(code(&world.exchange(by, &once, to, verifier).await), "invalid_grant");
        // A wrong try was one: nobody tries again with what they took.
        assert_eq!(code(&world.exchange(&asking, &once, back, VERIFIER).await), "invalid_grant");
    }
    let once = world.code_of(&cookie, &asking).await;
    let got = world.exchange(&asking, &once, back, VERIFIER).await;
    assert_eq!(got.status, 200);
    let refresh = got.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(code(&world.exchange(&asking, &once, back, VERIFIER).await), "invalid_grant");
    let refresh =
        [("grant_type", "refresh_token"), ("client_id", &asking.id), ("refresh_token", &refresh)];
    assert_eq!(code(&world.form("/auth/token", &refresh).await), "invalid_grant", "it ended, too");
}

#[tokio::test]
async fn what_a_program_asks_wrongly_is_told_to_whom_it_concerns() {
    let world = World::new().await;
    let asking = world.browser_program("A program", "org.example.app:/back").await;
    let cookie = log_in(&world).await;
    let page = world.consent(&cookie, &asking.query).await;
    assert!(page.field("content-security-policy").unwrap().contains("'self' org.example.app:;"));
    // Without a program or an address of its own nobody but the user is told.
    let long = format!("{}&state={}", asking.query.replace("state", "other"), "x".repeat(3_000));
    for query in [
        String::new(),
        asking.query.replace("client_id", "x"),
        asking.query.replace("org.example.app", "org.example.evil"),
        asking.query.replace("org.example.app%3A%2Fback", "https%3A%2F%2Fevil.example%2F"),
        format!("{}&client_id=x", asking.query),
        long,
    ] {
        let answer = world.consent(&cookie, &query).await;
        assert_eq!((answer.status, answer.field("location")), (400, None), "{query:.200}");
    }
    for (from, to, error) in [
        ("response_type=code", "response_type=token", "unsupported_response_type"),
        ("response_type=code", "x=y", "invalid_request"),
        ("S256", "plain", "invalid_request"),
        ("code_challenge_method=S256", "x=y", "invalid_request"),
        (CHALLENGE, "short", "invalid_request"),
        ("state", "scope=admin&state", "invalid_scope"),
    ] {
        let answer = world.consent(&cookie, &asking.query.replace(from, to)).await;
        assert_eq!(led(&answer, "error").as_deref(), Some(error), "{from}");
        assert_eq!(led(&answer, "state").as_deref(), Some("a b&c"));
    }
    let denied =
        world.press(&cookie, &page, &[("query", &asking.query), ("decision", "deny")]).await;
    assert_eq!(led(&denied, "error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn nobody_consents_for_somebody_else() {
    let world = World::new().await;
    let asking = world.browser_program("A program", "https://app.example/back").await;
    let cookie = log_in(&world).await;
    let page = world.consent(&cookie, &asking.query).await;
    let allow = [("query", asking.query.as_str()), ("decision", "allow")];
    let body = query(&[&[("token", "guessed")][..], &allow].concat());
    // A page of another site has no token, and its browser says where it comes from.
    for (fields, token) in
        [(OURS, "guessed"), ("Origin: https://evil.example\r\n", &*hidden(&page, "token"))]
    {
        let fields = format!("{cookie}{fields}{FORM}");
        let body = body.replace("guessed", token);
        let answer = world.ask("POST /auth/authorize", &fields, body.as_bytes()).await;
        assert_eq!((answer.status, answer.field("location")), (403, None));
    }
    // From another site a browser brings no cookie: it comes again by itself, from a page of ours.
    let line = format!("GET /auth/authorize?{}", asking.query);
    let again = world.ask(&line, "Sec-Fetch-Site: cross-site\r\n", b"").await;
    let html = String::from_utf8(again.body).unwrap();
    assert!(again.status == 200 && html.contains("http-equiv=\"refresh\""), "{html}");
    assert_eq!(world.ask(&line, "", b"").await.status, 303);
}

#[tokio::test]
async fn who_logged_in_long_ago_proves_once_more_who_they_are() {
    let world = World::new().await;
    let asking = world.browser_program("A program", "https://app.example/back").await;
    let cookie = log_in(&world).await;
    world.people.pages.change(|kept| kept.session.proven_s = NOW - 601);
    let here = encoded(&format!("/auth/authorize?{}", asking.query)).replace("%2F", "/");
    let first = world.consent(&cookie, &asking.query).await;
    assert_eq!(first.status, 303);
    assert_eq!(first.field("location").unwrap(), format!("/auth/confirm?next={here}"));
    // Whoever was asked in time, and answers late, is sent there as well; saying no needs no proof.
    world.people.pages.change(|kept| kept.session.proven_s = NOW);
    let page = world.consent(&cookie, &asking.query).await;
    world.people.pages.change(|kept| kept.session.proven_s = NOW - 601);
    for (decision, to) in [("allow", "/auth/confirm?"), ("deny", "https://app.example/back?error=")]
    {
        let pairs = [("query", asking.query.as_str()), ("decision", decision)];
        let answer = world.press(&cookie, &page, &pairs).await;
        let location = answer.field("location").unwrap();
        assert!(answer.status == 303 && location.starts_with(to), "{decision}: {location}");
    }
}

#[tokio::test]
async fn a_device_without_a_browser_is_let_in_by_a_code() {
    let world = World::new().await;
    let id = world.device_program("A television").await;
    let begun = world.form("/auth/device", &[("client_id", &id)]).await.json();
    let shown = begun["user_code"].as_str().unwrap();
    assert_eq!(begun["verification_uri"], "https://mail.example.org/auth/activate");
    let device = begun["device_code"].as_str().unwrap();
    let poll = [("grant_type", BY_DEVICE), ("client_id", &id), ("device_code", device)];
    assert_eq!(code(&world.form("/auth/token", &poll).await), "authorization_pending");
    assert_eq!(code(&world.form("/auth/token", &poll).await), "slow_down");
    let first = world.ask(&format!("GET /auth/activate?user_code={shown}"), "", b"").await;
    assert!(
        first
            .field("location")
            .unwrap()
            .starts_with("/auth/login?next=/auth/activate%3Fuser_code%3D")
    );
    let cookie = log_in(&world).await;
    let page = world.ask(&format!("GET /auth/activate?user_code={shown}"), &cookie, b"").await;
    let token = hidden(&page, "token");
    let fields = format!("{cookie}{OURS}{FORM}");
    let send = async |pairs: &[(&str, &str)]| {
        let pairs = [&[("token", token.as_str())][..], pairs].concat();
        world.ask("POST /auth/activate", &fields, query(&pairs).as_bytes()).await
    };
    let typed = shown.to_lowercase().replace('-', " ");
    let asked = send(&[("user_code", &typed)]).await;
    let html = String::from_utf8(asked.body).unwrap();
    assert!(html.contains("A television") && html.contains(shown), "{html}");
    assert_eq!(send(&[("user_code", &typed), ("decision", "allow")]).await.status, 200);
    assert_eq!(world.form("/auth/token", &poll).await.json()["access_token"], "access 0 0");
    assert_eq!(code(&world.form("/auth/token", &poll).await), "expired_token");
    // Guessing at the codes of others ends soon.
    for _ in 0..web::limits::WRONG_CODES_MAX {
        assert_eq!(send(&[("user_code", "BCDF-GHJK")]).await.status, 400);
    }
    let other = world.form("/auth/device", &[("client_id", &id)]).await.json();
    let other = other["user_code"].as_str().unwrap();
    assert_eq!(send(&[("user_code", other), ("decision", "allow")]).await.status, 429);
}

#[tokio::test]
async fn a_directory_that_refuses_a_grant_is_heard() {
    let world = World::new().await;
    let id = world.device_program("Refused").await;
    let begun = world.form("/auth/device", &[("client_id", &id)]).await.json();
    let (shown, device) =
        (begun["user_code"].as_str().unwrap(), begun["device_code"].as_str().unwrap());
    let cookie = log_in(&world).await;
    let page = world.ask("GET /auth/activate", &cookie, b"").await;
    let body =
        query(&[("token", &hidden(&page, "token")), ("user_code", shown), ("decision", "allow")]);
    let fields = format!("{cookie}{OURS}{FORM}");
    world.ask("POST /auth/activate", &fields, body.as_bytes()).await;
    let poll = [("grant_type", BY_DEVICE), ("client_id", &id), ("device_code", device)];
    let answer = world.form("/auth/token", &poll).await;
    assert_eq!((answer.status, code(&answer).as_str()), (400, "access_denied"));
}
