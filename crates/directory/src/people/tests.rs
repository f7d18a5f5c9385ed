//! The directory over an engine in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mailbox::memory::MemoryEngine;
use mailbox::{Accounts, Policy, SetClock, Timestamp};
use sasl::Secret;

use super::{People, PeopleError, Refusal};
use crate::address::Address;
use crate::{
    AliasTarget, Kept, Leads, NewUser, NoteWritten, OldAddress, Renamed, ScramKeys, UserQuota,
};

fn people() -> People {
    let clock = Arc::new(SetClock::at(Timestamp(1_000_000_000)));
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 3600,
        hot_octets_max: 1 << 20,
        pop3: mailbox::Pop3Policy::default(),
        ..Policy::default()
    };
    People::new(Accounts::new(Arc::new(MemoryEngine::new()), clock, policy))
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

async fn add(people: &People, text: &str) -> Result<u32, PeopleError> {
    let new = NewUser {
        address: address(text),
        password: Secret::new("long enough"),
        quota: UserQuota::default(),
    };
    people.add_user(new, ScramKeys::Omit).await.map(|user| user.account.0)
}

fn refusal<T>(done: Result<T, PeopleError>) -> Refusal {
    match done {
        Err(PeopleError::Refused(refusal)) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

async fn host() -> People {
    let people = people();
    people.add_domain(&"example.org".parse().unwrap()).await.unwrap();
    for user in ["ana@example.org", "bob@example.org"] {
        add(&people, user).await.unwrap();
    }
    people
}

fn resolved(people: &People, text: &str) -> Vec<u32> {
    people.resolve(&address(text)).unwrap().iter().map(|found| found.account.0).collect()
}

#[tokio::test]
async fn an_address_leads_to_its_people_and_to_nobody_else() {
    let people = host().await;
    people
        .set_alias("both@example.org", &[address("ana@example.org"), address("bob@example.org")])
        .await
        .unwrap();
    people
        .set_alias("all@example.org", &[address("both@example.org"), address("ana@example.org")])
        .await
        .unwrap();
    for (text, want) in [
        ("ANA@example.org", &[1][..]),
        ("ana+lista@example.org", &[1]),
        ("both+x@example.org", &[1, 2]),
        ("all@example.org", &[1, 2]),
        ("postmaster@example.org", &[1]),
        ("nobody@example.org", &[]),
        ("ana@example.net", &[]),
        ("postmaster@example.net", &[]),
        ("+ana@example.org", &[]),
    ] {
        assert_eq!(resolved(&people, text), want, "{text}");
    }
    people.set_alias("@example.org", &[address("bob@example.org")]).await.unwrap();
    assert_eq!(resolved(&people, "nobody@example.org"), [2]);
    assert_eq!(resolved(&people, "ana@example.org"), [1]);
}

#[tokio::test]
async fn people_send_with_addresses_that_lead_to_them() {
    let people = host().await;
    people.set_alias("info@example.org", &[address("ana@example.org")]).await.unwrap();
    let ana = people.user(&address("ana@example.org")).unwrap().account;
    for (text, want) in [
        ("ana@example.org", true),
        ("ana+shop@example.org", true),
        ("info@example.org", true),
        ("bob@example.org", false),
        ("ana@example.net", false),
    ] {
        assert_eq!(people.may_send_as(ana, &address(text)).unwrap(), want, "{text}");
    }
}

#[tokio::test]
async fn people_send_with_the_identities_that_they_were_given() {
    let people = host().await;
    let (ana, bob) = (address("ana@example.org"), address("bob@example.org"));
    let [ana_account, bob_account] = [&ana, &bob].map(|user| people.user(user).unwrap().account);
    for identity in ["noreply@example.org", "Ana@Old.example.net", "bob@example.org"] {
        people.add_identity(&ana, &address(identity)).await.unwrap();
    }
    let listed = ["ana@old.example.net", "bob@example.org", "noreply@example.org"];
    assert_eq!(people.identities(&ana).unwrap(), listed);
    assert!(people.identities(&bob).unwrap().is_empty());
    for (text, want) in [
        ("noreply@example.org", true),
        ("noreply+shop@example.org", true),
        ("ana@old.example.net", true),
        ("bob@example.org", true),
        ("other@old.example.net", false),
        ("carol@example.org", false),
    ] {
        assert_eq!(people.may_send_as(ana_account, &address(text)).unwrap(), want, "{text}");
    }
    assert!(!people.may_send_as(bob_account, &address("noreply@example.org")).unwrap());
    let again = refusal(people.add_identity(&ana, &address("noreply@example.org")).await);
    assert_eq!(again, Refusal::IdentityExists("noreply@example.org".to_owned()));
    people.remove_identity(&ana, &address("noreply@example.org")).await.unwrap();
    assert!(!people.may_send_as(ana_account, &address("noreply@example.org")).unwrap());
    let gone = refusal(people.remove_identity(&ana, &address("noreply@example.org")).await);
    assert_eq!(gone, Refusal::NoSuchIdentity("noreply@example.org".to_owned()));
    people.remove_user(&ana).await.unwrap();
    assert!(!people.may_send_as(ana_account, &address("bob@example.org")).unwrap());
}

#[tokio::test]
async fn aliases_neither_circle_nor_end_nowhere() {
    let people = host().await;
    let set = |name: &'static str, to: &'static str| {
        let people = &people;
        async move { people.set_alias(name, &[address(to)]).await.map(drop) }
    };
    set("a@example.org", "ana@example.org").await.unwrap();
    set("b@example.org", "a@example.org").await.unwrap();
    assert!(matches!(refusal(set("a@example.org", "b@example.org").await), Refusal::AliasDepth(_)));
    let nowhere = refusal(set("c@example.org", "nobody@example.org").await);
    assert_eq!(nowhere, Refusal::AliasTarget("nobody@example.org".to_owned()));
    let taken = refusal(set("ana@example.org", "bob@example.org").await);
    assert_eq!(taken, Refusal::AddressTaken("ana@example.org".to_owned()));
    let targeted = refusal(people.remove_alias("a@example.org").await);
    assert_eq!(targeted, Refusal::Targeted("b@example.org".to_owned()));
}

#[tokio::test]
async fn an_account_number_is_never_given_twice() {
    let people = host().await;
    people.remove_user(&address("bob@example.org")).await.unwrap();
    assert!(resolved(&people, "bob@example.org").is_empty());
    assert_eq!(people.accounts().list().unwrap().len(), 1);
    assert_eq!(add(&people, "bob@example.org").await.unwrap(), 3);
    assert_eq!(
        refusal(add(&people, "x@example.net").await),
        Refusal::NoSuchDomain("example.net".parse().unwrap())
    );
    assert_eq!(refusal(add(&people, "a+b@example.org").await), Refusal::SubAddress);
}

#[tokio::test]
async fn an_app_password_is_known_until_it_is_revoked() {
    let people = host().await;
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&changes);
    people.on_change(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let ana = address("ana@example.org");
    let made = people.add_app_password(&ana, "PC", ScramKeys::Omit, Kept::Hashes).await.unwrap();
    let again = people.add_app_password(&ana, "PC", ScramKeys::Omit, Kept::Hashes).await.map(drop);
    assert_eq!(refusal(again), Refusal::DeviceExists("PC".to_owned()));
    let stored = people.stored(&ana).unwrap().unwrap();
    let (id, device) = stored.app_password(&made.0).unwrap();
    assert_eq!(device, "PC");
    assert!(stored.app_password(&Secret::new("something else")).is_none());
    people.note_use(stored.account, id).await;
    assert_eq!(people.app_passwords(&ana).unwrap()[0].used_s, Some(1_000_000_000));
    people.remove_app_password(&ana, "PC").await.unwrap();
    assert!(people.stored(&ana).unwrap().unwrap().app_password(&made.0).is_none());
    assert_eq!(changes.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_led_to_a_user_leads_to_the_new_address() {
    let people = host().await;
    let (ana, bob, maria) =
        (address("ana@example.org"), address("bob@example.org"), address("maria@example.org"));
    people.set_alias("info@example.org", &[ana.clone(), bob.clone()]).await.unwrap();
    people.set_alias("@example.org", std::slice::from_ref(&ana)).await.unwrap();
    people.add_identity(&bob, &ana).await.unwrap();
    let account = people.user(&ana).unwrap().account;
    let refused = refusal(people.rename_user(&ana, &bob, OldAddress::Freed).await);
    assert_eq!(refused, Refusal::AddressTaken(bob.to_string()));
    let nowhere = address("ana@example.net");
    let refused = refusal(people.rename_user(&ana, &nowhere, OldAddress::Freed).await);
    assert_eq!(refused, Refusal::NoSuchDomain("example.net".parse().unwrap()));
    let refused =
        refusal(people.rename_user(&address("a+b@example.org"), &maria, OldAddress::Freed).await);
    assert_eq!(refused, Refusal::NoSuchUser("a+b@example.org".to_owned()));

    let renamed = people.rename_user(&ana, &maria, OldAddress::Alias).await.unwrap();
    let aliases = ["@example.org", "info@example.org"].map(str::to_owned).to_vec();
    assert_eq!(renamed, Renamed { aliases, identities: 1 });
    assert_eq!(people.user(&maria).unwrap().account, account);
    assert_eq!(people.accounts().name(account), "maria@example.org");
    assert_eq!(people.identities(&bob).unwrap(), ["maria@example.org"]);
    let led: Vec<(String, Vec<String>)> =
        people.aliases().unwrap().into_iter().map(|one| (one.address, one.targets)).collect();
    let to = |targets: &[&str]| targets.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        led,
        [
            ("@example.org".to_owned(), to(&["maria@example.org"])),
            ("ana@example.org".to_owned(), to(&["maria@example.org"])),
            ("info@example.org".to_owned(), to(&["bob@example.org", "maria@example.org"])),
        ]
    );
    // And back: the old address is an alias of this user and of nobody else, so it can be the user's own again.
    let renamed = people.rename_user(&maria, &ana, OldAddress::Freed).await.unwrap();
    assert_eq!(renamed.aliases.len(), 2);
    assert_eq!(resolved(&people, "ana@example.org"), [account.0]);
    assert_eq!(resolved(&people, "info@example.org"), [account.0, 2]);
    assert_eq!(refusal(people.user(&maria)), Refusal::NoSuchUser(maria.to_string()));
}

#[tokio::test]
async fn an_alias_leads_to_other_hosts_as_they_write_their_addresses() {
    let people = host().await;
    let to = |text: &str| text.parse::<AliasTarget>().unwrap();
    let targets = [to("Ana@Example.ORG"), to("Ana.Silva@Example.NET"), to("bob@example.net")];
    let set = people.set_alias("info@example.org", &targets).await.unwrap();
    let kept = ["Ana.Silva@example.net", "ana@example.org", "bob@example.net"];
    assert_eq!(set.alias.targets, kept);
    people.set_alias("all@example.org", &[address("info@example.org")]).await.unwrap();
    let leads = people.leads(&address("all+x@example.org")).unwrap();
    assert_eq!(leads.people.len(), 1);
    assert_eq!(leads.elsewhere, ["Ana.Silva@example.net", "bob@example.net"]);
    // Nobody sends as an address that leads away, and strangers' addresses lead nowhere.
    assert_eq!(people.leads(&address("bob@example.net")).unwrap(), Leads::default());
    // A domain that becomes ours takes no mail with it into nowhere.
    let refused = refusal(people.add_domain(&"example.net".parse().unwrap()).await);
    assert!(matches!(refused, Refusal::DomainTargeted { .. }), "{refused}");
    let missing = refusal(people.set_alias("x@example.org", &[address("carla@example.org")]).await);
    assert_eq!(missing, Refusal::AliasTarget("carla@example.org".to_owned()));
}

#[tokio::test]
async fn notes_are_written_over_what_was_read_and_go_with_their_user() {
    let people = people();
    people.add_domain(&"example.org".parse().unwrap()).await.unwrap();
    add(&people, "ana@example.org").await.unwrap();
    let ana = address("ana@example.org");
    let account = people.user(&ana).unwrap().account;
    let write = |before: Option<&'static [u8]>, after: &'static [u8]| {
        let before = before.map(bytes::Bytes::from_static);
        people.write_note(account, "n", before, bytes::Bytes::from_static(after))
    };
    assert_eq!(write(None, b"one").await.unwrap(), NoteWritten::Yes);
    assert_eq!(write(None, b"two").await.unwrap(), NoteWritten::No);
    assert_eq!(write(Some(b"one"), b"two").await.unwrap(), NoteWritten::Yes);
    assert_eq!(people.note(account, "n").unwrap().unwrap(), "two");
    assert_eq!(people.note(account, "other").unwrap(), None);
    people.remove_user(&ana).await.unwrap();
    assert_eq!(people.note(account, "n").unwrap(), None);
    assert_eq!(write(None, b"late").await.unwrap(), NoteWritten::No);
}
