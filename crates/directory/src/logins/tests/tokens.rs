//! Access tokens and APOP: what is offered, and whom they let in.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use mailbox::memory::MemoryEngine;
use mailbox::{Accounts, Policy, SetClock, Timestamp};
use md5::{Digest as _, Md5};
use sasl::{
    Apop, Bearer, Denied, Directory, Exchange, Login, Mechanism, Peer, Secret, Security, Turn,
};

use super::peer;
use crate::logins::issuer::jws::Algorithm;
use crate::logins::issuer::tests::{NOW, Provider, claims};
use crate::logins::{LoginSettings, Logins};
use crate::people::People;
use crate::{Kept, NewUser, ScramKeys, UserQuota};

const TOKENS: [Mechanism; 2] = [Mechanism::OauthBearer, Mechanism::Xoauth2];

pub(super) struct Host {
    pub(super) people: Arc<People>,
    pub(super) clock: Arc<SetClock>,
    settings: LoginSettings,
    pub(super) logins: Logins,
}

pub(super) async fn host(provider: Option<&Provider>) -> Host {
    let clock = Arc::new(SetClock::at(NOW));
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    let engine = Arc::new(MemoryEngine::new());
    let people = Arc::new(People::new(Accounts::new(engine, Arc::clone(&clock) as _, policy)));
    let domain = "example.org".parse().unwrap();
    people.add_domain(&domain).await.unwrap();
    for user in ["ana@example.org", "bob@example.org"] {
        let password = Secret::new("long enough");
        let (address, quota) = (user.parse().unwrap(), UserQuota::default());
        people.add_user(NewUser { address, password, quota }, ScramKeys::Omit).await.unwrap();
    }
    let oauth = provider.map(Provider::section);
    let settings = LoginSettings { domain, scram: ScramKeys::Omit, oauth };
    let logins = Logins::new(Arc::clone(&people), settings.clone()).await.unwrap();
    Host { people, clock, settings, logins }
}

impl Host {
    pub(super) async fn show(&self, login: Option<&str>, token: &Secret) -> Result<Login, Denied> {
        let peer = peer("192.0.2.1");
        let bearer = Bearer { login, token, peer: &peer, door: "imap" };
        self.logins.verify_token(bearer).await
    }

    async fn apop(&self, login: &str, secret: &Secret) -> Result<Login, Denied> {
        self.apop_from(&peer("192.0.2.1"), login, secret).await
    }

    async fn apop_from(&self, peer: &Peer, login: &str, secret: &Secret) -> Result<Login, Denied> {
        let timestamp = "<1.2@mail.example.org>";
        let digest = Md5::digest([timestamp.as_bytes(), secret.expose()].concat()).into();
        self.logins.apop(Apop { login, timestamp, digest, peer, door: "pop3" }).await
    }

    /// The same people after the host was started anew.
    pub(super) async fn again(&self) -> Logins {
        Logins::new(Arc::clone(&self.people), self.settings.clone()).await.unwrap()
    }
}

pub(super) fn offers_tokens(logins: &Logins) -> bool {
    let offered = logins.mechanisms(&peer("192.0.2.1"));
    let (all, none) = (TOKENS.map(|m| offered.contains(&m)), [false; 2]);
    assert!(all == [true; 2] || all == none);
    all != none
}

#[tokio::test(start_paused = true)]
async fn a_token_of_ours_lets_its_device_in_until_it_is_removed() {
    let host = host(None).await;
    let ana = "ana@example.org".parse().unwrap();
    assert!(!offers_tokens(&host.logins));
    let made = host.people.add_token(&ana, " Phone ", None).await.unwrap();
    assert!(offers_tokens(&host.logins) && offers_tokens(&host.again().await));
    assert!(host.logins.mechanisms(&Peer::new(None, Security::Clear)).is_empty());
    for name in [None, Some("ana"), Some("ANA@example.org"), Some("ana+office")] {
        let login = host.show(name, &made.token).await.unwrap();
        assert_eq!((login.account, login.device.as_deref()), (1, Some("Phone")), "{name:?}");
    }
    for name in ["bob", "nobody@example.org", "ana+", "ana@example.net"] {
        assert_eq!(host.show(Some(name), &made.token).await, Err(Denied::Wrong), "{name}");
    }
    let changed = [made.token.expose(), b"x"].concat();
    for wrong in [&changed[..], b"correio_", b"", b"a.b.c"] {
        assert_eq!(host.show(None, &Secret::new(wrong)).await, Err(Denied::Wrong));
    }
    assert_eq!(host.people.tokens(&ana).unwrap()[0].used_s, Some(NOW.0));
    host.people.remove_token(&ana, "PHONE").await.unwrap();
    assert_eq!(host.show(Some("ana"), &made.token).await, Err(Denied::Wrong));
    assert!(!offers_tokens(&host.logins));
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_when_it_was_said_to_and_that_is_no_guess() {
    let host = host(None).await;
    let ana = "ana@example.org".parse().unwrap();
    let made = host.people.add_token(&ana, "Phone", Some(1)).await.unwrap();
    assert_eq!(made.expires_s, Some(NOW.0 + 86_400));
    host.clock.set(Timestamp(NOW.0 + 86_399));
    host.show(None, &made.token).await.unwrap();
    host.clock.set(Timestamp(NOW.0 + 86_400));
    for _ in 0..100 {
        assert_eq!(host.show(None, &made.token).await, Err(Denied::Wrong));
    }
    for days in [0, 3_651] {
        assert!(host.people.add_token(&ana, "Other", Some(days)).await.is_err());
    }
    assert!(host.people.add_token(&ana, "phone", None).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_token_goes_with_its_user() {
    let host = host(None).await;
    let bob = "bob@example.org".parse().unwrap();
    let made = host.people.add_token(&bob, "Phone", None).await.unwrap();
    let app = host.people.add_app_password(&bob, "Old", ScramKeys::Omit, Kept::Secret).await;
    assert!(host.logins.apop_offered());
    host.people.remove_user(&bob).await.unwrap();
    assert_eq!(host.show(None, &made.token).await, Err(Denied::Wrong));
    assert!(host.apop("bob", &app.unwrap().0).await.is_err());
    assert!(!offers_tokens(&host.logins) && !host.logins.apop_offered());
}

#[tokio::test(start_paused = true)]
async fn whoever_guesses_tokens_is_stopped() {
    let host = host(None).await;
    for number in 0..crate::limits::FAILURES_PER_ADDRESS_MAX {
        let guess = Secret::new(format!("correio_{number}"));
        assert_eq!(host.show(None, &guess).await, Err(Denied::Wrong));
    }
    let stopped = host.show(Some("ana"), &Secret::new("correio_x")).await;
    assert!(matches!(stopped, Err(Denied::TooMany { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_provider_lets_its_person_in() {
    let provider = Provider::new(Algorithm::Es256);
    let host = host(Some(&provider)).await;
    assert!(offers_tokens(&host.logins));
    let token = |other| Secret::new(provider.token(&claims(&other)));
    let good = token(serde_json::json!({}));
    let login = host.show(None, &good).await.unwrap();
    assert_eq!((login.address.as_str(), login.device), ("ana@example.org", None));
    let login = host.show(Some("ana+office@example.org"), &good).await.unwrap();
    assert_eq!(login.device.as_deref(), Some("office"));
    assert_eq!(host.show(Some("bob"), &good).await, Err(Denied::Wrong));
    for address in ["eva@example.org", "ana@example.net", "ana+x@example.org"] {
        let other = token(serde_json::json!({ "email": address }));
        assert_eq!(host.show(None, &other).await, Err(Denied::Wrong), "{address}");
    }
    let wrong = host.logins.counts().wrong.load(Ordering::Relaxed);
    host.clock.set(Timestamp(NOW.0 + 1_000));
    for _ in 0..100 {
        assert_eq!(host.show(None, &good).await, Err(Denied::Wrong));
    }
    assert_eq!(host.logins.counts().wrong.load(Ordering::Relaxed), wrong + 100);
}

#[tokio::test(start_paused = true)]
async fn a_refused_program_hears_where_tokens_come_from() {
    let provider = Provider::new(Algorithm::Es256);
    let host = host(Some(&provider)).await;
    let peer = peer("192.0.2.1");
    let mut exchange = Exchange::new(Mechanism::OauthBearer, &host.logins, &peer, "imap");
    let message = b"n,a=ana@example.org,\x01auth=Bearer a.b.c\x01\x01".to_vec();
    let Turn::Challenge(told) = exchange.begin(Some(message)).await else { panic!() };
    assert_eq!(
        String::from_utf8(told).unwrap(),
        r#"{"status":"invalid_token","openid-configuration":"https://id.example/openid"}"#
    );
    assert!(matches!(exchange.take(b"AQ==").await, Turn::Failed(_)));
}

#[tokio::test(start_paused = true)]
async fn apop_is_for_those_who_asked_for_it() {
    let host = host(None).await;
    let ana = "ana@example.org".parse().unwrap();
    let usual = host.people.add_app_password(&ana, "PC", ScramKeys::Omit, Kept::Hashes).await;
    let usual = usual.unwrap().0;
    assert!(!host.logins.apop_offered());
    assert_eq!(host.apop("ana", &usual).await, Err(Denied::Wrong));
    let old = host.people.add_app_password(&ana, "Old PC", ScramKeys::Omit, Kept::Secret).await;
    let old = old.unwrap().0;
    assert!(host.logins.apop_offered() && host.again().await.apop_offered());
    for name in ["ana", "ana@example.org", "ana+office"] {
        let login = host.apop(name, &old).await.unwrap();
        assert_eq!((login.account, login.device.as_deref()), (1, Some("Old PC")), "{name}");
    }
    for (name, secret) in [
        ("ana", &usual),
        ("ana", &Secret::new("long enough")),
        ("ana", &Secret::new("a secret that nobody has")),
        ("nobody", &Secret::new("a secret that nobody has")),
        ("bob", &old),
        ("nobody", &old),
        ("ana+", &old),
    ] {
        assert_eq!(host.apop(name, secret).await, Err(Denied::Wrong), "{name}");
    }
    let clear = Peer::new(Some("192.0.2.1".parse().unwrap()), Security::Clear);
    // The one way in without TLS, for whoever asked for it.
    host.apop_from(&clear, "ana", &old).await.unwrap();
    host.people.remove_app_password(&ana, "Old PC").await.unwrap();
    assert_eq!(host.apop("ana", &old).await, Err(Denied::Wrong));
    assert!(!host.logins.apop_offered());
}

#[tokio::test(start_paused = true)]
async fn unknown_names_wait_as_long_for_apop_as_known_ones_and_guessers_are_stopped() {
    let host = host(None).await;
    let ana = "ana@example.org".parse().unwrap();
    let old = host.people.add_app_password(&ana, "Old", ScramKeys::Omit, Kept::Secret).await;
    let old = old.unwrap().0;
    let mut waited = Vec::new();
    for (name, from) in [("ana", "192.0.2.1"), ("nobody", "198.51.100.1")] {
        let before = tokio::time::Instant::now();
        host.apop_from(&peer(from), name, &Secret::new("x")).await.unwrap_err();
        waited.push(before.elapsed().as_millis());
    }
    assert_eq!(waited[0], waited[1]);
    for _ in 0..crate::limits::FAILURES_PER_ADDRESS_MAX {
        host.apop("ana", &Secret::new("guess")).await.unwrap_err();
    }
    assert!(matches!(host.apop("ana", &old).await, Err(Denied::TooMany { .. })));
    host.apop_from(&peer("203.0.113.1"), "ana", &old).await.unwrap();
}
