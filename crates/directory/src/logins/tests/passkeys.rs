//! Passkeys, with an authenticator of our own: a key that signs what a browser would have it sign.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mailbox::{AccountId, SetClock, Timestamp};
use sasl::{Denied, Secret};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{Logins, add, logins_at, peer};
use crate::limits::{CHALLENGE_S, PASSKEYS_MAX, RECOVERY_CODES};
use crate::people::{PeopleError, Refusal};
use crate::records::Stay;
use crate::{
    Assertion, NewPageSession, PageAttempt, PageEntry, PageProof, People, Purpose, Registration,
    RelyingParty,
};

const NOW: i64 = 1_000_000_000;
const ANA: AccountId = AccountId(1);
const OURS: RelyingParty<'static> =
    RelyingParty { id: "mail.example.org", origin: "https://mail.example.org" };

struct World {
    clock: Arc<SetClock>,
    people: Arc<People>,
    logins: Logins,
}

/// A key, and what goes wrong with it.
struct Key {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    handle: Vec<u8>,
    counter: u32,
    flags: u8,
    party: &'static str,
    origin: &'static str,
    kind: Option<&'static str>,
    cross_origin: bool,
}

fn encoded(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

impl Key {
    fn new(number: u8, handle: Vec<u8>) -> Key {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Key {
            pair,
            id: vec![number; 32],
            handle,
            counter: 0,
            flags: 0x05,
            party: "mail.example.org",
            origin: "https://mail.example.org",
            kind: None,
            cross_origin: false,
        }
    }

    fn client(&self, kind: &str, challenge: &[u8]) -> Vec<u8> {
        let client = json!({
            "type": self.kind.unwrap_or(kind),
            "challenge": encoded(challenge),
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        client.to_string().into_bytes()
    }

    fn data(&self, more: &[u8]) -> Vec<u8> {
        let flags = if more.is_empty() { self.flags } else { self.flags | 0x40 };
        let party = Sha256::digest(self.party.as_bytes());
        [party.as_slice(), &[flags], &self.counter.to_be_bytes(), more].concat()
    }

    fn register(&self, challenge: &[u8]) -> Registration {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = self.data(&[[0; 16].as_slice(), &length, &self.id, &[0xa0]].concat());
        let key = self.pair.public_key().as_der().unwrap();
        let answer = json!({
            "id": encoded(&self.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": encoded(&self.client("webauthn.create", challenge)),
                "authenticatorData": encoded(&data),
                "publicKey": encoded(key.as_ref()),
                "publicKeyAlgorithm": -7,
            },
        });
        serde_json::from_value(answer).unwrap()
    }

    fn sign(&self, challenge: &[u8]) -> Assertion {
        let (client, data) = (self.client("webauthn.get", challenge), self.data(&[]));
        let message = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        let answer = json!({
            "id": encoded(&self.id),
            "response": {
                "clientDataJSON": encoded(&client),
                "authenticatorData": encoded(&data),
                "signature": encoded(signature.as_ref()),
                "userHandle": encoded(&self.handle),
            },
        });
        serde_json::from_value(answer).unwrap()
    }
}

impl World {
    async fn new() -> World {
        let clock = Arc::new(SetClock::at(Timestamp(NOW)));
        let (people, logins) = logins_at(Arc::clone(&clock)).await;
        World { clock, people, logins }
    }

    fn challenge(&self, purpose: Purpose<'_>) -> Vec<u8> {
        self.logins.passkey_challenge(purpose).unwrap()
    }

    async fn add(&self, name: &str, key: &Key) -> Result<Vec<Secret>, PeopleError> {
        let registration = key.register(&self.challenge(Purpose::Add(ANA)));
        self.logins.add_passkey(ANA, name, &registration, OURS).await
    }

    /// Ana with a passkey.
    async fn with_key(&self) -> Key {
        let (handle, _) = self.logins.passkey_user(ANA).await.unwrap();
        let key = Key::new(1, handle);
        self.add("Phone", &key).await.unwrap();
        key
    }

    async fn log_in(&self, assertion: &Assertion) -> Result<NewPageSession, Denied> {
        self.logins
            .log_in_by_passkey(assertion, OURS, (&peer("127.0.0.1"), "Firefox", Stay::Long))
            .await
    }

    async fn ticket(&self) -> Secret {
        let (password, peer) = (Secret::new("long enough"), peer("127.0.0.1"));
        let attempt = PageAttempt {
            login: "ana",
            password: &password,
            peer: &peer,
            program: "",
            stay: Stay::Long,
        };
        match self.logins.log_in_page(attempt).await.ok().unwrap() {
            PageEntry::SecondFactor { ticket, .. } => ticket,
            PageEntry::In(_) => panic!("no second factor was asked for"),
        }
    }
}

fn refusal<T>(done: Result<T, PeopleError>) -> Refusal {
    match done {
        Err(PeopleError::Refused(refusal)) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_passkey_logs_in_by_itself() {
    let world = World::new().await;
    let key = world.with_key().await;
    let session = world.log_in(&key.sign(&world.challenge(Purpose::LogIn))).await.ok().unwrap();
    assert_eq!(session.session.address, "ana@example.org");
    assert!(world.logins.page_session(&session.secret).await.unwrap().is_some());
    let listed = world.people.factors(ANA).unwrap().passkeys;
    assert_eq!((listed[0].name.as_str(), listed[0].used_s), ("Phone", Some(NOW)));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_signed_here_and_now_for_this_lets_nobody_in() {
    let world = World::new().await;
    let key = world.with_key().await;
    type Change = fn(&mut Key);
    let changes: [(&str, Change); 9] = [
        ("another key", |key| {
            key.pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        }),
        ("another host", |key| key.party = "evil.example"),
        ("a page of another site", |key| key.origin = "https://evil.example"),
        ("in the clear", |key| key.origin = "http://mail.example.org"),
        ("in a frame of another site", |key| key.cross_origin = true),
        ("a registration", |key| key.kind = Some("webauthn.create")),
        ("nobody there", |key| key.flags = 0x04),
        ("not verified", |key| key.flags = 0x01),
        ("another user", |key| key.handle = vec![7; 32]),
    ];
    for (what, change) in changes {
        let world = World::new().await;
        let mut key = world.with_key().await;
        change(&mut key);
        let assertion = key.sign(&world.challenge(Purpose::LogIn));
        assert_eq!(world.log_in(&assertion).await.err(), Some(Denied::Wrong), "{what}");
    }
    let unknown = Key { id: vec![9; 32], ..Key::new(9, Vec::new()) };
    let session = Purpose::Confirm(ANA, 7);
    let mut forged = world.challenge(Purpose::LogIn);
    forged[20] ^= 1;
    for (what, assertion) in [
        ("an unknown key", unknown.sign(&world.challenge(Purpose::LogIn))),
        ("no challenge", key.sign(b"")),
        ("a challenge made up", key.sign(&[7; 56])),
        ("a challenge that was changed", key.sign(&forged)),
        ("a challenge for another purpose", key.sign(&world.challenge(session))),
        ("a challenge to add one", key.sign(&world.challenge(Purpose::Add(ANA)))),
    ] {
        assert_eq!(world.log_in(&assertion).await.err(), Some(Denied::Wrong), "{what}");
    }
    let late = key.sign(&world.challenge(Purpose::LogIn));
    world.clock.set(Timestamp(NOW + CHALLENGE_S));
    assert_eq!(world.log_in(&late).await.err(), Some(Denied::Wrong));
}

#[tokio::test(start_paused = true)]
async fn a_signature_is_good_once_and_its_count_grows() {
    let world = World::new().await;
    let mut key = world.with_key().await;
    let assertion = key.sign(&world.challenge(Purpose::LogIn));
    assert!(world.log_in(&assertion).await.is_ok());
    assert_eq!(world.log_in(&assertion).await.err(), Some(Denied::Wrong), "again");
    for (counter, want) in [(5, true), (5, false), (4, false), (0, false), (6, true)] {
        key.counter = counter;
        let assertion = key.sign(&world.challenge(Purpose::LogIn));
        assert_eq!(world.log_in(&assertion).await.is_ok(), want, "{counter}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_passkey_is_a_second_factor_and_a_proof() {
    let world = World::new().await;
    let mut key = world.with_key().await;
    let peer = peer("127.0.0.1");
    let (ticket, other) = (world.ticket().await, world.ticket().await);
    assert_eq!(world.logins.passkeys_for(&ticket).unwrap(), [key.id.clone()]);
    assert!(world.logins.passkeys_for(&Secret::new("x")).unwrap().is_empty());
    // The password said who it is: that somebody is there is enough.
    key.flags = 0x01;
    let assertion = key.sign(&world.challenge(Purpose::SecondFactor(&ticket)));
    let elsewhere = world.logins.second_factor_by_passkey(&other, &assertion, OURS, &peer).await;
    assert!(elsewhere.err().unwrap().again);
    let entered = world.logins.second_factor_by_passkey(&ticket, &assertion, OURS, &peer).await;
    let session = entered.ok().unwrap().session;
    world.clock.set(Timestamp(NOW + 700));
    let whose = (ANA, session.id);
    for (flags, want) in [(0x01, Err(Denied::Wrong)), (0x05, Ok(()))] {
        key.flags = flags;
        let assertion = key.sign(&world.challenge(Purpose::Confirm(ANA, session.id)));
        let proof = PageProof::Passkey(&assertion, OURS);
        let confirmed = world.logins.confirm_page(whose, &session.address, proof, &peer).await;
        assert_eq!(confirmed, want);
    }
    assert_eq!(world.people.page_sessions(ANA).unwrap()[0].proven_s, NOW + 700);
}

#[tokio::test(start_paused = true)]
async fn a_passkey_is_added_once_renamed_and_removed() {
    let world = World::new().await;
    let (handle, none) = world.logins.passkey_user(ANA).await.unwrap();
    assert!(none.is_empty() && handle.len() == 32);
    let key = Key::new(1, handle.clone());
    assert_eq!(world.add("Phone", &key).await.unwrap().len(), RECOVERY_CODES);
    let same_name = world.add("phone", &Key::new(2, handle.clone())).await;
    assert_eq!(refusal(same_name), Refusal::DeviceExists("phone".to_owned()));
    assert!(matches!(refusal(world.add("Again", &key).await), Refusal::DeviceExists(_)));
    assert!(world.add("PC", &Key::new(2, handle.clone())).await.unwrap().is_empty());
    for (from, to, done) in
        [("Phone", "PC", false), ("none", "x", false), ("Phone", "Mobile", true)]
    {
        assert_eq!(world.people.rename_passkey(ANA, from, to).await.is_ok(), done, "{from} {to}");
    }
    for bad in ["", "a\nb", &"x".repeat(65)] {
        assert!(world.add(bad, &Key::new(3, handle.clone())).await.is_err(), "{bad}");
    }
    for number in 3..=u8::try_from(PASSKEYS_MAX).unwrap() {
        world.add(&number.to_string(), &Key::new(number, handle.clone())).await.unwrap();
    }
    let more = world.add("one more", &Key::new(100, handle.clone())).await;
    assert!(matches!(refusal(more), Refusal::TooMany { .. }));
    world.people.remove_passkey(ANA, "mobile").await.unwrap();
    assert!(world.people.remove_passkey(ANA, "mobile").await.is_err());
    let gone = world.log_in(&key.sign(&world.challenge(Purpose::LogIn))).await;
    assert_eq!(gone.err(), Some(Denied::Wrong));
    world.people.remove_user(&"ana@example.org".parse().unwrap()).await.unwrap();
    let snapshot = world.people.accounts().engine().snapshot().unwrap();
    for kind in [b'f', b'y'] {
        let prefix = [mailbox::keys::DIRECTORY, kind];
        assert!(crate::people::under(&*snapshot, &prefix, 9).unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_registration_that_does_not_fit_adds_nothing() {
    type Change = fn(&mut Key);
    let changes: [(&str, Change); 6] = [
        ("another host", |key| key.party = "evil.example"),
        ("a page of another site", |key| key.origin = "https://evil.example"),
        ("a signature", |key| key.kind = Some("webauthn.get")),
        ("not verified", |key| key.flags = 0x01),
        ("no name", |key| key.id = Vec::new()),
        ("a long name", |key| key.id = vec![1; 1_024]),
    ];
    let world = World::new().await;
    for (what, change) in changes {
        let mut key = Key::new(1, vec![1; 32]);
        change(&mut key);
        assert!(
            matches!(refusal(world.add("Phone", &key).await), Refusal::WrongPasskey(_)),
            "{what}"
        );
    }
    let key = Key::new(1, vec![1; 32]);
    let of_bob = key.register(&world.challenge(Purpose::Add(AccountId(2))));
    let refused = world.logins.add_passkey(ANA, "Phone", &of_bob, OURS).await;
    assert_eq!(refusal(refused), Refusal::NothingBegun);
    assert!(world.people.factors(ANA).unwrap().passkeys.is_empty());
}

#[tokio::test(start_paused = true)]
async fn nobody_takes_the_passkey_of_somebody_else() {
    let world = World::new().await;
    add(&world.people, "bob@example.org", "bob's password").await;
    let key = world.with_key().await;
    let bob = AccountId(2);
    let theirs = key.register(&world.challenge(Purpose::Add(bob)));
    let refused = world.logins.add_passkey(bob, "Mine", &theirs, OURS).await;
    assert!(matches!(refusal(refused), Refusal::DeviceExists(_)));
    world.people.disable_user(&"ana@example.org".parse().unwrap()).await.unwrap();
    let denied = world.log_in(&key.sign(&world.challenge(Purpose::LogIn))).await;
    assert_eq!(denied.err(), Some(Denied::Disabled));
}

#[tokio::test(start_paused = true)]
async fn an_administrator_takes_all_second_factors_away() {
    let world = World::new().await;
    let key = world.with_key().await;
    world.people.reset_factors(&"ana@example.org".parse().unwrap()).await.unwrap();
    assert_eq!(world.people.factors(ANA).unwrap(), crate::Factors::default());
    let gone = world.log_in(&key.sign(&world.challenge(Purpose::LogIn))).await;
    assert_eq!(gone.err(), Some(Denied::Wrong));
    // The same key may come back.
    assert!(world.add("Phone", &key).await.is_ok());
}
