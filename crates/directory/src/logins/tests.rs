//! Logging in, over an engine in memory.

mod factors;
mod grants;
mod guessing;
mod pages;
mod passkeys;
mod tokens;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mailbox::memory::MemoryEngine;
use mailbox::{Accounts, Policy, SetClock, Timestamp};
use sasl::{Attempt, Denied, Directory, Login, Mechanism, Peer, Proof, Secret, Security};

use super::{LoginSettings, Logins};
use crate::limits::FAILURES_PER_ADDRESS_MAX;
use crate::people::People;
use crate::{Kept, NewUser, ScramKeys, UserQuota};

async fn logins() -> (Arc<People>, Logins) {
    logins_at(Arc::new(SetClock::at(Timestamp(1_000_000_000)))).await
}

async fn logins_at(clock: Arc<SetClock>) -> (Arc<People>, Logins) {
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    let people = Arc::new(People::new(Accounts::new(Arc::new(MemoryEngine::new()), clock, policy)));
    let domain = "example.org".parse().unwrap();
    people.add_domain(&domain).await.unwrap();
    let new = NewUser {
        address: "ana@example.org".parse().unwrap(),
        password: Secret::new("long enough"),
        quota: UserQuota::default(),
    };
    people.add_user(new, ScramKeys::Omit).await.unwrap();
    let settings = LoginSettings { domain, scram: ScramKeys::Omit, oauth: None };
    let logins = Logins::new(Arc::clone(&people), settings).await.unwrap();
    (people, logins)
}

fn peer(address: &str) -> Peer {
    Peer::new(Some(address.parse::<IpAddr>().unwrap()), Security::Tls)
}

async fn log_in(logins: &Logins, login: &str, password: &str, from: &str) -> Result<Login, Denied> {
    let (password, peer) = (Secret::new(password), peer(from));
    let attempt = Attempt { login, password: &password, peer: &peer, door: "imap" };
    Directory::verify(logins, attempt).await
}

#[tokio::test(start_paused = true)]
async fn names_are_taken_with_and_without_the_domain() {
    let (_, logins) = logins().await;
    for name in ["ana@example.org", "ANA@Example.ORG", "ana"] {
        let login = log_in(&logins, name, "long enough", "127.0.0.1").await.unwrap();
        assert_eq!((login.account, login.address.as_str()), (1, "ana@example.org"), "{name}");
    }
    for name in ["bob", "ana@example.net", "", "@", "ana+"] {
        let denied = log_in(&logins, name, "long enough", "127.0.0.1").await;
        assert_eq!(denied, Err(Denied::Wrong), "{name}");
    }
}

async fn add(people: &People, address: &str, password: &str) {
    let (address, password) = (address.parse().unwrap(), Secret::new(password));
    let new = NewUser { address, password, quota: UserQuota::default() };
    people.add_user(new, ScramKeys::Omit).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bare_name_is_found_in_any_domain_and_is_nobodys_in_two() {
    let (people, logins) = logins().await;
    people.add_domain(&"example.net".parse().unwrap()).await.unwrap();
    add(&people, "bob@example.net", "bob's password").await;
    let login = log_in(&logins, "Bob+Phone", "bob's password", "127.0.0.1").await.unwrap();
    assert_eq!(
        (login.address.as_str(), login.device.as_deref()),
        ("bob@example.net", Some("Phone"))
    );
    log_in(&logins, "ana", "long enough", "127.0.0.1").await.unwrap();
    add(&people, "ana@example.net", "another password").await;
    // Nobody learns that there are two: the answer is that of a wrong password, and takes as long, also when it is repeated.
    let mut took = Vec::new();
    for (name, from) in [("carla", "192.0.2.1"), ("ana", "198.51.100.1")] {
        let begin = tokio::time::Instant::now();
        for password in ["long enough", "another password", "long enough"] {
            let denied = log_in(&logins, name, password, from).await;
            assert_eq!(denied, Err(Denied::Wrong), "{name}");
        }
        took.push(begin.elapsed());
    }
    assert_eq!(took[0], took[1]);
    for (name, password) in
        [("ana@example.org", "long enough"), ("ana@example.net", "another password")]
    {
        assert_eq!(log_in(&logins, name, password, "127.0.0.1").await.unwrap().address, name);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_disabled_is_told_so_with_the_right_password_only() {
    let (people, logins) = logins().await;
    let ana = "ana@example.org".parse().unwrap();
    let phone = people.add_app_password(&ana, "Phone", ScramKeys::Omit, Kept::Hashes).await;
    let phone = String::from_utf8(phone.unwrap().0.expose().to_vec()).unwrap();
    log_in(&logins, "ana", "long enough", "127.0.0.1").await.unwrap();
    assert!(people.disable_user(&ana).await.unwrap().disabled);
    for password in ["long enough", "long enough", &phone, &phone] {
        let denied = log_in(&logins, "ana", password, "127.0.0.1").await;
        assert_eq!(denied, Err(Denied::Disabled), "{password}");
    }
    assert_eq!(log_in(&logins, "ana", "a guess", "127.0.0.1").await, Err(Denied::Wrong));
    let proof = Proof::Right { key: crate::records::MAIN_PASSWORD };
    let denied = Directory::scram_done(&logins, "ana", proof, &peer("127.0.0.1"), "imap").await;
    assert_eq!(denied, Err(Denied::Disabled));
    // Mail is taken all the same.
    assert_eq!(people.resolve(&ana).unwrap().len(), 1);
    assert!(!people.enable_user(&ana).await.unwrap().disabled);
    log_in(&logins, "ana", "long enough", "127.0.0.1").await.unwrap();
    log_in(&logins, "ana", &phone, "127.0.0.1").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_renamed_user_logs_in_with_the_new_name_only() {
    let (people, logins) = logins().await;
    let (ana, maria) = ("ana@example.org".parse().unwrap(), "maria@example.org".parse().unwrap());
    log_in(&logins, "ana", "long enough", "127.0.0.1").await.unwrap();
    assert!(log_in(&logins, "maria", "long enough", "127.0.0.1").await.is_err());
    people.rename_user(&ana, &maria, crate::OldAddress::Freed).await.unwrap();
    assert!(log_in(&logins, "ana", "long enough", "127.0.0.1").await.is_err());
    let login = log_in(&logins, "maria", "long enough", "127.0.0.1").await.unwrap();
    assert_eq!((login.account, login.address.as_str()), (1, "maria@example.org"));
}

#[tokio::test(start_paused = true)]
async fn a_new_password_is_the_only_one_at_once() {
    let (people, logins) = logins().await;
    let ana = "ana@example.org".parse().unwrap();
    log_in(&logins, "ana", "long enough", "127.0.0.1").await.unwrap();
    assert!(log_in(&logins, "ana", "something else", "127.0.0.1").await.is_err());
    let new = Secret::new("something else");
    people.set_password(&ana, &new, ScramKeys::Omit).await.unwrap();
    assert!(log_in(&logins, "ana", "long enough", "127.0.0.1").await.is_err());
    log_in(&logins, "ana", "something else", "127.0.0.1").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_app_password_tells_its_device() {
    let (people, logins) = logins().await;
    let ana = "ana@example.org".parse().unwrap();
    let made = people.add_app_password(&ana, "PC", ScramKeys::Omit, Kept::Hashes).await.unwrap();
    let text = String::from_utf8(made.0.expose().to_vec()).unwrap();
    let login = log_in(&logins, "ana", &text, "127.0.0.1").await.unwrap();
    assert_eq!(login.device.as_deref(), Some("PC"));
    people.remove_app_password(&ana, "PC").await.unwrap();
    assert!(log_in(&logins, "ana", &text, "127.0.0.1").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn one_guesser_is_stopped_and_ana_still_gets_in() {
    let (_, logins) = logins().await;
    for number in 0..FAILURES_PER_ADDRESS_MAX {
        let guess = format!("guess {number}");
        let denied = log_in(&logins, "ana", &guess, "192.0.2.1").await;
        assert_eq!(denied, Err(Denied::Wrong));
    }
    let stopped = log_in(&logins, "ana", "one more", "192.0.2.1").await;
    assert!(matches!(stopped, Err(Denied::TooMany { .. })));
    log_in(&logins, "ana", "long enough", "198.51.100.7").await.unwrap();
    assert_eq!(logins.counts().right.load(Ordering::Relaxed), 1);
    assert_eq!(logins.counts().refused.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_device_with_an_old_password_is_no_guesser() {
    let (_, logins) = logins().await;
    for _ in 0..FAILURES_PER_ADDRESS_MAX * 3 {
        let denied = log_in(&logins, "ana", "the old one", "192.0.2.1").await;
        assert_eq!(denied, Err(Denied::Wrong));
    }
    log_in(&logins, "ana", "long enough", "192.0.2.1").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn scram_hides_who_exists() {
    let (_, logins) = logins().await;
    let peer = peer("127.0.0.1");
    let ana = logins.scram("ana", &peer, "imap").await.unwrap();
    let bob = logins.scram("bob", &peer, "imap").await.unwrap();
    let bob_again = logins.scram("bob", &peer, "imap").await.unwrap();
    assert_eq!(bob.salt, bob_again.salt);
    assert_eq!((ana.salt.len(), ana.rounds), (bob.salt.len(), bob.rounds));
    let denied = logins.scram_done("bob", Proof::Wrong, &peer, "imap").await;
    assert_eq!(denied, Err(Denied::Wrong));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_offered_in_the_clear() {
    let (_, logins) = logins().await;
    let clear = Peer::new(None, Security::Clear);
    assert!(logins.mechanisms(&clear).is_empty());
    let offered = logins.mechanisms(&peer("192.0.2.1"));
    assert_eq!(offered, [Mechanism::Plain, Mechanism::Login]);
}

#[tokio::test(start_paused = true)]
async fn the_name_of_the_device_comes_with_the_login() {
    let (people, logins) = logins().await;
    let ana = "ana@example.org".parse().unwrap();
    let made = people.add_app_password(&ana, "PC", ScramKeys::Omit, Kept::Hashes).await.unwrap();
    let app = String::from_utf8(made.0.expose().to_vec()).unwrap();
    // Twice: what is remembered of the password must not bring the device of the first along.
    for _ in 0..2 {
        for (name, password, device) in [
            ("ana+office", "long enough", Some("office")),
            ("ana+Home@example.org", "long enough", Some("Home")),
            ("ana", "long enough", None),
            ("ana", app.as_str(), Some("PC")),
            ("ana+office", app.as_str(), Some("PC")),
        ] {
            let login = log_in(&logins, name, password, "127.0.0.1").await.unwrap();
            assert_eq!((login.account, login.address.as_str()), (1, "ana@example.org"), "{name}");
            assert_eq!(login.device.as_deref(), device, "{name} {password}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn guesses_with_many_devices_are_guesses_at_one_name() {
    let (_, logins) = logins().await;
    let mut waited = Vec::new();
    for number in 0..8 {
        let before = tokio::time::Instant::now();
        let name = format!("ana+device{number}");
        // Each from another network, so that only the name is counted.
        let from = format!("10.{number}.0.1");
        let denied = log_in(&logins, &name, &format!("guess {number}"), &from).await;
        assert_eq!(denied, Err(Denied::Wrong));
        waited.push(before.elapsed().as_millis());
    }
    assert!(waited.is_sorted() && waited.last() > waited.first(), "{waited:?}");
    // A wrong password is remembered for the name, whatever device tries it again.
    let before = tokio::time::Instant::now();
    log_in(&logins, "ana+other", "guess 0", "10.0.0.1").await.unwrap_err();
    assert_eq!(before.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn scram_gives_a_device_the_salt_of_its_name() {
    let (_, logins) = logins().await;
    let peer = peer("127.0.0.1");
    for name in ["ana", "bob"] {
        let plain = logins.scram(name, &peer, "imap").await.unwrap();
        for other in [format!("{name}+x"), format!("{name}@example.org"), name.to_uppercase()] {
            let secret = logins.scram(&other, &peer, "imap").await.unwrap();
            assert_eq!(secret.salt, plain.salt, "{other}");
        }
    }
    let proof = Proof::Right { key: crate::records::MAIN_PASSWORD };
    let login = logins.scram_done("ana+x", proof, &peer, "imap").await.unwrap();
    assert_eq!(login.device.as_deref(), Some("x"));
}

/// Runs PLAIN as a door does.
async fn plain(logins: &Logins, message: &str) -> Option<Login> {
    let peer = peer("127.0.0.1");
    let mut exchange = sasl::Exchange::new(Mechanism::Plain, logins, &peer, "submission");
    match exchange.begin(Some(message.into())).await {
        sasl::Turn::Done(login) => Some(login),
        sasl::Turn::Challenge(_) | sasl::Turn::Failed(_) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_acts_and_sends_as_its_person_alone() {
    let (people, logins) = logins().await;
    let bob = NewUser {
        address: "bob@example.org".parse().unwrap(),
        password: Secret::new("long enough"),
        quota: UserQuota::default(),
    };
    people.add_user(bob, ScramKeys::Omit).await.unwrap();
    for (acting_as, passes) in [
        ("", true),
        ("ana+office", true),
        ("ana@example.org", true),
        ("bob@example.org", false),
        ("ana+other", false),
    ] {
        let login = plain(&logins, &format!("{acting_as}\0ana+office\0long enough")).await;
        assert_eq!(login.is_some(), passes, "{acting_as}");
        let Some(login) = login else { continue };
        let account = mailbox::AccountId(login.account);
        for (from, may) in [("ana@example.org", true), ("bob@example.org", false)] {
            let from = from.parse().unwrap();
            assert_eq!(people.may_send_as(account, &from).unwrap(), may);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_is_good_until_it_is_taken_back() {
    let clock = Arc::new(SetClock::at(Timestamp(1_000_000_000)));
    let (people, logins) = logins_at(Arc::clone(&clock)).await;
    let ana = "ana@example.org".parse().unwrap();
    let (kept, apop) = (ScramKeys::Omit, crate::Kept::Hashes);
    let mut by_app = Vec::new();
    for device in ["Phone", "Tablet"] {
        let app = people.add_app_password(&ana, device, kept, apop).await.unwrap();
        let app = String::from_utf8(app.0.expose().to_vec()).unwrap();
        by_app.push(log_in(&logins, "ana", &app, "127.0.0.1").await.unwrap());
    }
    let token = people.add_token(&ana, "Script", Some(1)).await.unwrap().token;
    let here = peer("127.0.0.1");
    let bearer = sasl::Bearer { login: None, token: &token, peer: &here, door: "jmap" };
    let by_token = Directory::verify_token(&logins, bearer).await.unwrap();
    let by_password = log_in(&logins, "ana+Phone", "long enough", "127.0.0.1").await.unwrap();
    let again = log_in(&logins, "ana", "long enough", "127.0.0.1").await.unwrap();
    assert_eq!(by_password.credential, again.credential, "whatever the device is called");
    let all = [&by_app[0], &by_app[1], &by_token, &by_password].map(|login| login.credential);
    let good = || all.map(|one| people.is_good(mailbox::AccountId(1), one).unwrap());
    assert_eq!(good(), [true; 4]);
    assert!(!people.is_good(mailbox::AccountId(2), all[0]).unwrap(), "somebody else");
    people.remove_app_password(&ana, "Phone").await.unwrap();
    assert_eq!(good(), [false, true, true, true]);
    clock.set(Timestamp(1_000_000_000 + 86_400));
    assert_eq!(good(), [false, true, false, true], "the token is over");
    people.set_only_app_passwords(&ana, true).await.unwrap();
    assert_eq!(good(), [false, true, false, false]);
    people.set_only_app_passwords(&ana, false).await.unwrap();
    people.set_password(&ana, &Secret::new("another one"), ScramKeys::Omit).await.unwrap();
    assert_eq!(good(), [false, true, false, false], "another password");
    people.disable_user(&ana).await.unwrap();
    assert_eq!(good(), [false; 4]);
}
