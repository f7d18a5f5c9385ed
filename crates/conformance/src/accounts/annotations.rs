//! Annotations: kept, seen by whom they are for, bounded, gone with what they are of (RFC 5464).

use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::Engine;
use mailbox::limits::{ANNOTATION_OCTETS_MAX, ANNOTATIONS_MAX, ANNOTATIONS_OCTETS_MAX};
use mailbox::operations::What;
use mailbox::{
    Account, AccountId, Annotate, Annotated, AnnotationLimit, AnnotationName, Door, Error, Grantee,
    MailboxId, ModSeq, Refused, Rights, RightsChange, Role, Sign, Who,
};

use super::refused;
use crate::{Bench, id_of, name, sound};

const OWNER: AccountId = AccountId(7);
const BOB: AccountId = AccountId(9);
const EVA: AccountId = AccountId(11);

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    they_are_kept_and_told_in_the_history(Bench::new(make())).await;
    each_sees_his_own_and_what_is_shared(Bench::new(make())).await;
    all_are_set_or_none(Bench::new(make())).await;
    there_is_a_bound_on_each_and_on_all(Bench::new(make())).await;
    they_go_with_what_they_are_of(Bench::new(make())).await;
    the_inbox_keeps_its_own_when_it_is_renamed(Bench::new(make())).await;
    the_special_use_is_set_with_them(Bench::new(make())).await;
}

fn counter(account: &Account) -> ModSeq {
    *account.bell().borrow()
}

fn annotation(text: &str) -> AnnotationName {
    AnnotationName::new(text).unwrap()
}

async fn set(account: &Account, of: Annotated, all: &[(&str, Option<&[u8]>)]) -> Result<(), Error> {
    let one = |(name, value): &(&str, Option<&[u8]>)| {
        (annotation(name), value.map(Bytes::copy_from_slice))
    };
    let annotations = all.iter().map(one).collect();
    account.annotate(of, Annotate { annotations, role: None }).await
}

fn found(account: &Account, of: Annotated) -> Vec<(String, Bytes)> {
    let found = account.annotations(of).unwrap().into_iter();
    found.map(|it| (it.name.to_string(), it.value)).collect()
}

fn names_found(account: &Account, of: Annotated) -> Vec<String> {
    found(account, of).into_iter().map(|(name, _)| name).collect()
}

async fn share(account: &Account, mailbox: MailboxId, user: AccountId, letters: &str) {
    let rights = RightsChange::Replace(Rights::parse(letters).unwrap());
    account.set_rights(mailbox, (Grantee::User(user), Sign::Given), rights).await.unwrap();
}

async fn guest(bench: &Bench, user: AccountId) -> Account {
    bench.accounts.enter_shared(OWNER, user, Who::at(Door::Imap)).await.unwrap()
}

async fn they_are_kept_and_told_in_the_history(mut bench: Bench) {
    let account = bench.account().await;
    let inbox = Annotated::Mailbox(id_of(&account, "INBOX"));
    let before = counter(&account);
    set(&account, inbox, &[("/shared/comment", Some(b"x")), ("/private/a/b", Some(b"\0\xff"))])
        .await
        .unwrap();
    set(&account, Annotated::Account, &[("/private/c", Some(b""))]).await.unwrap();
    // Set to what it is, it is no change.
    set(&account, inbox, &[("/shared/comment", Some(b"x"))]).await.unwrap();
    let lines = account.changes_since(before, 10).unwrap();
    let told: Vec<(Option<MailboxId>, Vec<String>)> = lines
        .into_iter()
        .map(|line| {
            let What::Annotated { mailbox, user, names } = line.what else { panic!("{line:?}") };
            assert_eq!(user, OWNER);
            (mailbox, names.iter().map(AnnotationName::to_string).collect())
        })
        .collect();
    let of_inbox = vec!["/private/a/b".to_owned(), "/shared/comment".to_owned()];
    assert_eq!(told, [(inbox_of(inbox), of_inbox), (None, vec!["/private/c".to_owned()])]);
    drop(account);
    bench.restart();
    let account = bench.accounts.open(OWNER, Who::at(Door::Imap)).unwrap();
    assert_eq!(
        found(&account, inbox),
        [
            ("/private/a/b".to_owned(), Bytes::from_static(b"\0\xff")),
            ("/shared/comment".to_owned(), Bytes::from_static(b"x")),
        ]
    );
    set(&account, inbox, &[("/private/a/b", None), ("/private/not/there", None)]).await.unwrap();
    assert_eq!(names_found(&account, inbox), ["/shared/comment"]);
    assert_eq!(names_found(&account, Annotated::Account), ["/private/c"]);
    sound(&bench.accounts, &account);
}

fn inbox_of(of: Annotated) -> Option<MailboxId> {
    match of {
        Annotated::Mailbox(mailbox) => Some(mailbox),
        Annotated::Account => None,
    }
}

async fn each_sees_his_own_and_what_is_shared(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let of = Annotated::Mailbox(inbox);
    set(&account, of, &[("/shared/a", Some(b"1")), ("/private/a", Some(b"ana"))]).await.unwrap();
    let bob = guest(&bench, BOB).await;
    assert_eq!(refused(bob.annotations(of)), Refused::NoSuchMailbox);
    assert_eq!(refused(set(&bob, of, &[("/private/a", None)]).await), Refused::NoSuchMailbox);
    // To list is not enough (RFC 5464, 3.3).
    share(&account, inbox, BOB, "l").await;
    assert_eq!(refused(bob.annotations(of)), Refused::NoPermission);
    share(&account, inbox, BOB, "lr").await;
    assert_eq!(names_found(&bob, of), ["/shared/a"]);
    set(&bob, of, &[("/private/a", Some(b"bob"))]).await.unwrap();
    assert_eq!(refused(set(&bob, of, &[("/shared/a", None)]).await), Refused::NoPermission);
    share(&account, inbox, BOB, "lrw").await;
    set(&bob, of, &[("/shared/a", Some(b"2"))]).await.unwrap();
    let both = |mine: &'static [u8]| {
        [
            ("/private/a".to_owned(), Bytes::from_static(mine)),
            ("/shared/a".to_owned(), Bytes::from_static(b"2")),
        ]
    };
    assert_eq!(found(&bob, of), both(b"bob"));
    assert_eq!(found(&account, of), both(b"ana"));
    let refusal = set(&bob, Annotated::Account, &[("/private/x", Some(b"1"))]).await;
    assert_eq!(refused(refusal), Refused::NoPermission);
    // Whoever is no user any more leaves none.
    bench.accounts.create(BOB, &Who::at(Door::Admin)).await.unwrap();
    bench.accounts.remove(BOB).await.unwrap();
    share(&account, inbox, BOB, "lr").await;
    assert_eq!(names_found(&guest(&bench, BOB).await, of), ["/shared/a"]);
    sound(&bench.accounts, &account);
}

async fn all_are_set_or_none(bench: Bench) {
    let account = bench.account().await;
    let of = Annotated::Mailbox(id_of(&account, "INBOX"));
    let before = counter(&account);
    let long = vec![b'x'; ANNOTATION_OCTETS_MAX + 1];
    let refusal =
        set(&account, of, &[("/private/a", Some(b"1")), ("/private/b", Some(&long))]).await;
    let octets_max = ANNOTATION_OCTETS_MAX;
    assert_eq!(refused(refusal), Refused::Annotation(AnnotationLimit::Octets { octets_max }));
    assert_eq!(names_found(&account, of), Vec::<String>::new());
    assert_eq!(counter(&account), before);
    let gone = Annotated::Mailbox(MailboxId(999));
    assert_eq!(refused(set(&account, gone, &[("/private/a", None)]).await), Refused::NoSuchMailbox);
    set(&account, of, &[("/private/b", Some(&long[1..]))]).await.unwrap();
    sound(&bench.accounts, &account);
}

async fn there_is_a_bound_on_each_and_on_all(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let of = Annotated::Mailbox(inbox);
    let names: Vec<String> = (0..ANNOTATIONS_MAX).map(|at| format!("/private/x/{at}")).collect();
    let all: Vec<(&str, Option<&[u8]>)> =
        names.iter().map(|name| (name.as_str(), Some(&b"1"[..]))).collect();
    set(&account, of, &all).await.unwrap();
    let too_many = Refused::Annotation(AnnotationLimit::Count);
    assert_eq!(refused(set(&account, of, &[("/private/more", Some(b"1"))]).await), too_many);
    // One for another, what is shared, and those of others, are another matter.
    set(&account, of, &[("/private/more", Some(b"1")), ("/private/x/0", None)]).await.unwrap();
    set(&account, of, &[("/shared/more", Some(b"1"))]).await.unwrap();
    share(&account, inbox, BOB, "lrw").await;
    share(&account, inbox, EVA, "lrw").await;
    let (bob, eva) = (guest(&bench, BOB).await, guest(&bench, EVA).await);
    // What all others keep is bounded as well, and takes nothing from the owner.
    let large = vec![b'x'; ANNOTATION_OCTETS_MAX];
    let fits = ANNOTATIONS_OCTETS_MAX / (ANNOTATION_OCTETS_MAX + 100);
    for at in 0..fits {
        set(&bob, of, &[(&format!("/private/y/{at}"), Some(&large))]).await.unwrap();
    }
    assert_eq!(refused(set(&eva, of, &[("/private/y", Some(&large))]).await), too_many);
    set(&account, of, &[("/private/x/1", Some(&large))]).await.unwrap();
    // To take away is always possible.
    set(&bob, of, &[("/private/y/0", None)]).await.unwrap();
    set(&eva, of, &[("/private/y", Some(&large))]).await.unwrap();
    sound(&bench.accounts, &account);
}

async fn they_go_with_what_they_are_of(bench: Bench) {
    let account = bench.account().await;
    account.create_mailbox(&name("Old/Below"), None).await.unwrap();
    let (old, below) = (id_of(&account, "Old"), id_of(&account, "Old/Below"));
    for id in [old, below] {
        set(&account, Annotated::Mailbox(id), &[("/private/a", Some(b"1"))]).await.unwrap();
    }
    account.rename_mailbox(old, &name("New")).await.unwrap();
    assert_eq!(names_found(&account, Annotated::Mailbox(old)), ["/private/a"]);
    // What only holds others has none any more, and what comes under its name has none.
    account.delete_mailbox(old).await.unwrap();
    assert_eq!(names_found(&account, Annotated::Mailbox(old)), Vec::<String>::new());
    set(&account, Annotated::Mailbox(old), &[("/private/b", Some(b"1"))]).await.unwrap();
    account.delete_mailbox(below).await.unwrap();
    account.create_mailbox(&name("New/Below"), None).await.unwrap();
    for path in ["New", "New/Below"] {
        let id = id_of(&account, path);
        assert_eq!(names_found(&account, Annotated::Mailbox(id)), Vec::<String>::new(), "{path}");
    }
    sound(&bench.accounts, &account);
}

async fn the_inbox_keeps_its_own_when_it_is_renamed(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    set(&account, Annotated::Mailbox(inbox), &[("/shared/comment", Some(b"x"))]).await.unwrap();
    account.rename_mailbox(inbox, &name("Before")).await.unwrap();
    for path in ["INBOX", "Before"] {
        let id = id_of(&account, path);
        assert_eq!(names_found(&account, Annotated::Mailbox(id)), ["/shared/comment"], "{path}");
    }
    sound(&bench.accounts, &account);
}

async fn the_special_use_is_set_with_them(bench: Bench) {
    let account = bench.account().await;
    account.create_mailbox(&name("Old"), None).await.unwrap();
    let (old, archive) = (id_of(&account, "Old"), id_of(&account, "Archive"));
    let change = |role| {
        let annotations = vec![(annotation("/private/a"), Some(Bytes::from_static(b"1")))];
        Annotate { annotations, role: Some(role) }
    };
    let taken = account.annotate(Annotated::Mailbox(old), change(Some(Role::Archive))).await;
    assert_eq!(refused(taken), Refused::SpecialUse);
    assert_eq!(names_found(&account, Annotated::Mailbox(old)), Vec::<String>::new());
    account.annotate(Annotated::Mailbox(archive), change(None)).await.unwrap();
    let before = counter(&account);
    account.annotate(Annotated::Mailbox(old), change(Some(Role::Archive))).await.unwrap();
    let role = |id| account.mailbox(id).unwrap().unwrap().role;
    assert_eq!((role(old), role(archive)), (Some(Role::Archive), None));
    assert_eq!(counter(&account), ModSeq(before.0 + 2));
    share(&account, old, BOB, "lrswipkxtea").await;
    let bob = guest(&bench, BOB).await;
    let refusal = bob.annotate(Annotated::Mailbox(old), change(None)).await;
    assert_eq!(refused(refusal), Refused::NoPermission);
    sound(&bench.accounts, &account);
}
