//! Pages over the real directory: what comes in by a cookie, and goes when its session ends.

use std::sync::Arc;

use directory::{LoginSettings, Logins, NewUser, People, ScramKeys, UserQuota};
use jmap::Limits;
use mailbox::memory::MemoryEngine;
use mailbox::{Accounts, Policy, SetClock, Timestamp};
use sasl::{Secret, Security};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use web::{By, Connection, Oauth, Settings, Site};

use super::gate::HostGate;
use super::grants::HostGrants;
use super::own_security::HostOwnSecurity;
use super::page_logins::HostPageLogins;
use crate::config::LimitsSection;
use crate::listen::connections::Connections;
use crate::serve::live::Live;

const NOW: i64 = 1_700_000_000;

struct World {
    people: Arc<People>,
    live: Arc<Live>,
    site: Arc<Site>,
}

impl World {
    async fn new() -> World {
        let clock = Arc::new(SetClock::at(Timestamp(NOW)));
        let engine = Arc::new(MemoryEngine::new());
        let accounts = Accounts::new(engine, clock, Policy::default());
        let people = Arc::new(People::new(accounts.clone()));
        let domain: directory::Domain = "example.org".parse().unwrap();
        people.add_domain(&domain).await.unwrap();
        let new = NewUser {
            address: "ana@example.org".parse().unwrap(),
            password: Secret::new("long enough"),
            quota: UserQuota::default(),
        };
        people.add_user(new, ScramKeys::Omit).await.unwrap();
        let settings = LoginSettings { domain, scram: ScramKeys::Omit, oauth: None };
        let logins = Arc::new(Logins::new(Arc::clone(&people), settings).await.unwrap());
        let live = Live::of(&people);
        let pages = HostPageLogins { people: Arc::clone(&people), logins: Arc::clone(&logins) };
        let own_security =
            HostOwnSecurity { people: Arc::clone(&people), logins: Arc::clone(&logins) };
        let gate = HostGate {
            accounts: accounts.clone(),
            people: Arc::clone(&people),
            logins,
            connections: Connections::new(LimitsSection::default()),
            live: Arc::clone(&live),
            clock: Arc::clone(accounts.clock()),
            pages,
            own_security,
        };
        let settings = Settings {
            hostname: "mail.example.org".to_owned(),
            base_path: String::new(),
            limits: Limits::default(),
            offers: Vec::new(),
            key: [7; 32],
            is_proxy: Box::new(|_| false),
            outside: None,
            oauth: Oauth::new(Box::new(HostGrants(Arc::clone(&people))), [9; 32]),
        };
        let (ports, _) = jmap::server::memory::ports(accounts, &[]);
        let site = Site::new(ports, Arc::new(gate), settings, axum::Router::new());
        World { people, live, site }
    }

    fn connect(&self) -> DuplexStream {
        let (near, far) = duplex(64 << 10);
        let address = Some("192.0.2.7".parse().unwrap());
        let connection = Connection { address, security: Security::Tls, by: By::Client };
        let site = Arc::clone(&self.site);
        drop(tokio::spawn(web::serve(far, site, connection, std::future::pending())));
        near
    }

    /// Asks on a connection of its own, and takes what comes until it ends.
    async fn ask(&self, line: &str, fields: &str, body: &str) -> String {
        let mut stream = self.connect();
        let length = body.len();
        let text = format!(
            "{line} HTTP/1.1\r\nHost: mail.example.org\r\nConnection: close\r\nContent-Type: application/json\r\n\
             X-Correio-CSRF: 1\r\nContent-Length: {length}\r\n{fields}\r\n{body}"
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn log_in(&self) -> String {
        let body = r#"{"login": "ana", "password": "long enough"}"#;
        let fields = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n";
        cookie(&self.ask("POST /auth/login", fields, body).await)
    }

    /// Changes something, and hears what it gives.
    async fn change(&self, cookie: &str, change: &str) -> String {
        self.ask("POST /auth/settings", cookie, change).await
    }

    /// A stream of events that has begun.
    async fn listen(&self, cookie: &str) -> DuplexStream {
        let mut stream = self.connect();
        let text = format!(
            "GET /jmap/eventsource?types=*&closeafter=no&ping=0 HTTP/1.1\r\nHost: mail.example.org\r\n{cookie}\r\n"
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
        stream
    }
}

/// The cookie that an answer sets.
fn cookie(answer: &str) -> String {
    let (_, rest) = answer.split_once("set-cookie: ").unwrap_or_else(|| panic!("{answer}"));
    format!("Cookie: {}\r\n", rest.split(';').next().unwrap())
}

/// The text of a member of the JSON in an answer.
fn member(answer: &str, name: &str) -> String {
    let (_, json) = answer.split_once("\r\n\r\n").unwrap();
    let value: serde_json::Value =
        serde_json::from_str(json).unwrap_or_else(|_| panic!("{answer}"));
    let value = value.get(name).unwrap_or_else(|| panic!("{answer}"));
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn what_is_connected_by_a_session_ends_with_it_and_nothing_else() {
    let world = World::new().await;
    let (one, other) = (world.log_in().await, world.log_in().await);
    let (mut first, _second) = (world.listen(&one).await, world.listen(&other).await);
    let listed = world.live.sessions(9).sessions;
    assert_eq!(listed.len(), 2);
    let row = listed.first().unwrap();
    assert_eq!(
        (row.user.as_str(), row.device.as_deref()),
        ("ana@example.org", Some("Firefox, Linux"))
    );
    let out = world.ask("POST /auth/logout", &one, "").await;
    assert!(out.starts_with("HTTP/1.1 204"), "{out}");
    // Its end, and not that of the test.
    first.read_to_end(&mut Vec::new()).await.unwrap();
    assert_eq!(world.live.sessions(9).sessions.len(), 1);
    let again = world.ask("GET /jmap/session", &one, "").await;
    assert!(again.starts_with("HTTP/1.1 401"), "{again}");
    let still = world.ask("GET /jmap/session", &other, "").await;
    assert!(still.starts_with("HTTP/1.1 200"), "{still}");
}

#[tokio::test(start_paused = true)]
async fn a_new_password_ends_all_pages() {
    let world = World::new().await;
    let cookie = world.log_in().await;
    let mut listening = world.listen(&cookie).await;
    let ana = "ana@example.org".parse().unwrap();
    let password = Secret::new("another password");
    world.people.set_password(&ana, &password, ScramKeys::Omit).await.unwrap();
    listening.read_to_end(&mut Vec::new()).await.unwrap();
    let answer = world.ask("GET /auth/session", &cookie, "").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn what_a_user_changes_is_what_the_directory_has() {
    let world = World::new().await;
    let cookie = world.log_in().await;
    let phone = world.change(&cookie, r#"{"addAppPassword": {"name": "Phone"}}"#).await;
    assert_eq!(member(&phone, "secret").len(), 32);
    let again = world.change(&cookie, r#"{"addAppPassword": {"name": "phone"}}"#).await;
    assert!(again.starts_with("HTTP/1.1 422") && again.contains("/problems/name"), "{again}");
    let token = world.change(&cookie, r#"{"addToken": {"name": "Script", "days": 30}}"#).await;
    let bearer = format!("Authorization: Bearer {}\r\n", member(&token, "secret"));
    let session = world.ask("GET /jmap/session", &bearer, "").await;
    assert_eq!(member(&session, "username"), "ana@example.org");
    let days = world.change(&cookie, r#"{"addToken": {"name": "Other", "days": 0}}"#).await;
    assert!(days.contains("/problems/days"), "{days}");
    let keep = r#"{"choosePop3": {"device": "Phone", "onDelete": "keep-days=14"}}"#;
    assert!(world.change(&cookie, keep).await.starts_with("HTTP/1.1 204"));
    let wrong = r#"{"choosePop3": {"onDelete": "keep-days=0"}}"#;
    assert!(world.change(&cookie, wrong).await.contains("/problems/pop3"));
    let settings = world.ask("GET /auth/settings", &cookie, "").await;
    let pop3: serde_json::Value = serde_json::from_str(&member(&settings, "pop3")).unwrap();
    let of_phone = pop3.as_array().unwrap().iter().find(|row| row["device"] == "Phone").unwrap();
    assert_eq!(of_phone["onDelete"], serde_json::json!({"value": "keep-days=14", "chosen": true}));
    assert_eq!(of_phone["show"]["chosen"], false);
    for removed in
        [r#"{"removeAppPassword": {"name": "Phone"}}"#, r#"{"removeToken": {"name": "Script"}}"#]
    {
        assert!(world.change(&cookie, removed).await.starts_with("HTTP/1.1 204"), "{removed}");
        let again = world.change(&cookie, removed).await;
        assert!(again.contains("/problems/name"), "{again}");
    }
    let revoked = world.ask("GET /jmap/session", &bearer, "").await;
    assert!(revoked.starts_with("HTTP/1.1 401"), "{revoked}");
    let weak = world.change(&cookie, r#"{"password": {"new": "short"}}"#).await;
    assert!(weak.contains("/problems/password"), "{weak}");
    let new = world.change(&cookie, r#"{"password": {"new": "another password"}}"#).await;
    assert!(world.ask("GET /auth/session", &cookie, "").await.starts_with("HTTP/1.1 401"));
    let own = world.ask("GET /auth/session", &self::cookie(&new), "").await;
    assert_eq!(member(&own, "user"), "ana@example.org");
}

#[tokio::test(start_paused = true)]
async fn a_login_asks_for_the_second_factor_once_it_is_set_up() {
    let world = World::new().await;
    let first = world.log_in().await;
    let app = world.change(&first, r#"{"beginApp": {}}"#).await;
    assert!(member(&app, "uri").ends_with("&issuer=mail.example.org"));
    let wrong = world.change(&first, r#"{"confirmApp": {"code": "000000"}}"#).await;
    assert!(wrong.contains("/problems/code"), "{wrong}");
    let none = world.change(&first, r#"{"newRecoveryCodes": {}}"#).await;
    assert!(none.contains("/problems/second-factor"), "{none}");
    let account = mailbox::AccountId(1);
    let secret = world.people.begin_totp(account).await.unwrap();
    let code = totp(&secret);
    let confirmed =
        world.change(&first, &format!(r#"{{"confirmApp": {{"code": "{code}"}}}}"#)).await;
    let codes: Vec<String> = serde_json::from_str(&member(&confirmed, "recoveryCodes")).unwrap();
    let body = r#"{"login": "ana", "password": "long enough"}"#;
    let asked = world.ask("POST /auth/login", "", body).await;
    assert!(!asked.contains("set-cookie"), "{asked}");
    assert_eq!(member(&asked, "secondFactor"), r#"["app","recoveryCode"]"#);
    let ticket = member(&asked, "ticket");
    let answer = format!(r#"{{"ticket": "{ticket}", "code": "{}"}}"#, codes.first().unwrap());
    let second = cookie(&world.ask("POST /auth/login", "", &answer).await);
    let own = world.ask("GET /auth/session", &second, "").await;
    assert_eq!(member(&own, "fresh"), "true");
}

/// The code of an authenticator app.
fn totp(secret: &Secret) -> String {
    let secret = totp_rs::Secret::try_from_base32(std::str::from_utf8(secret.expose()).unwrap());
    let totp = totp_rs::Builder::new().with_secret(secret.unwrap()).build().unwrap();
    totp.generate(u64::try_from(NOW).unwrap()).to_string()
}
