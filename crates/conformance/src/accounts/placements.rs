//! Messages that were found elsewhere: noted in one step with the mail, and known again.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::{
    Account, AccountId, Carried, Door, FlagMode, Flags, Found, KnownAs, MailboxId, Mirrored, Place,
    Placement, PlacementName, PlacementState, Refused, RemoteId, There, Timestamp, Who,
};

use super::{flags, refused};
use crate::{Bench, id_of, sound, uids};

const REMOTE: RemoteId = RemoteId(77);

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    what_was_found_is_known_again(Bench::new(make())).await;
    the_same_message_comes_once(Bench::new(make())).await;
    a_refused_message_leaves_no_note(Bench::new(make())).await;
    what_was_found_is_forgotten_in_steps(Bench::new(make())).await;
    what_is_mirrored_is_carried_with_its_note(Bench::new(make())).await;
}

fn name(text: &str) -> PlacementName {
    PlacementName::new(text.as_bytes()).unwrap()
}

async fn found(bench: &Bench, called: &str, text: &str) -> Found {
    let message = bench.message(text).await;
    let known_as = KnownAs::Taken;
    Found { name: name(called), message, listed_octets: Some(5), header: [9; 32], known_as }
}

fn place(account: &Account, called: &str) -> Option<Place> {
    account.placements(REMOTE, &[name(called)]).unwrap().remove(0).map(|placed| placed.place)
}

fn messages(account: &Account, inbox: MailboxId) -> u64 {
    account.mailbox(inbox).unwrap().unwrap().messages
}

async fn what_was_found_is_known_again(mut bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let two = vec![found(&bench, "a", "one\r\n").await, found(&bench, "b", "two\r\n").await];
    let passed = Placement {
        since: Timestamp(5),
        listed_octets: None,
        missing_since: None,
        state: PlacementState::Passed { octets_min: Some(9), date: None },
    };
    let notes = vec![(name("c"), Some(passed.clone())), (name("d"), None)];
    assert_eq!(account.append_found(inbox, REMOTE, two, notes).await.unwrap(), 2);
    drop(account);
    bench.restart();
    let account = bench.accounts.open(AccountId(7), Who::at(Door::Imap)).unwrap();
    let names = ["d", "b", "a", "c"].map(name);
    let known = account.placements(REMOTE, &names).unwrap();
    assert!(known[0].is_none());
    assert_eq!(known[3].as_ref().unwrap().placement, passed);
    for known in &known[1..3] {
        let known = known.as_ref().unwrap();
        let PlacementState::Taken(taken) = known.placement.state else { panic!("{known:?}") };
        assert_eq!((taken.there, taken.header, known.place), (There::Stays, [9; 32], Place::Here));
        assert!(account.is_whole(&taken).await.unwrap());
    }
    // Another maildrop has other messages.
    assert!(account.placements(RemoteId(78), &names).unwrap().iter().all(Option::is_none));
    // What the owner deletes, or marks as deleted, is not here.
    account
        .store(
            inbox,
            mailbox::operations::Store {
                uids: uids([1]),
                ..flags(FlagMode::Add, Flags::DELETED, &[])
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (place(&account, "a"), place(&account, "b")),
        (Some(Place::Deleted), Some(Place::Here))
    );
    let archive = id_of(&account, "Archive");
    account.copy(inbox, &uids([2]), archive).await.unwrap();
    account.remove(inbox, &uids([1, 2])).await.unwrap();
    assert_eq!(
        (place(&account, "a"), place(&account, "b")),
        (Some(Place::Deleted), Some(Place::Here))
    );
    account.remove(archive, &uids([1])).await.unwrap();
    assert_eq!(place(&account, "b"), Some(Place::Deleted));
    sound(&bench.accounts, &account);
}

async fn the_same_message_comes_once(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    for (text, new) in [("one\r\n", 1), ("one\r\n", 0), ("another\r\n", 1), ("another\r\n", 0)] {
        let again = vec![found(&bench, "a", text).await];
        assert_eq!(account.append_found(inbox, REMOTE, again, Vec::new()).await.unwrap(), new);
    }
    assert_eq!(messages(&account, inbox), 2);
    // Also after the owner has deleted it: it was here.
    account.remove(inbox, &uids([1, 2])).await.unwrap();
    let again = vec![found(&bench, "a", "another\r\n").await];
    assert_eq!(account.append_found(inbox, REMOTE, again, Vec::new()).await.unwrap(), 0);
    assert_eq!(messages(&account, inbox), 0);
    sound(&bench.accounts, &account);
}

async fn a_refused_message_leaves_no_note(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    account.set_quota(Some(8), None).await.unwrap();
    let two = vec![found(&bench, "a", "one\r\n").await, found(&bench, "b", "two\r\n").await];
    let refusal = refused(account.append_found(inbox, REMOTE, two, Vec::new()).await);
    assert!(matches!(refusal, Refused::OverQuota(_)), "{refusal:?}");
    assert_eq!((place(&account, "a"), messages(&account, inbox)), (None, 0));
    sound(&bench.accounts, &account);
}

async fn what_was_found_is_forgotten_in_steps(bench: Bench) {
    let account = bench.account().await;
    let state = PlacementState::Passed { octets_min: None, date: None };
    let placement =
        Placement { since: Timestamp(5), listed_octets: None, missing_since: None, state };
    let notes = (0..2_500).map(|n| (name(&format!("{n:04}")), Some(placement.clone()))).collect();
    account.note_placements(REMOTE, notes).await.unwrap();
    account.note_placements(RemoteId(78), vec![(name("x"), Some(placement))]).await.unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let some = account.placements_after(REMOTE, after.as_ref()).unwrap();
        let Some((last, _)) = some.last() else { break };
        after = Some(last.clone());
        seen.extend(some.into_iter().map(|(name, _)| name));
    }
    assert!(seen.len() == 2_500 && seen.is_sorted());
    assert_eq!(account.forget_remote(REMOTE).await.unwrap(), 2_500);
    assert!(account.placements_after(REMOTE, None).unwrap().is_empty());
    assert_eq!(account.placements_after(RemoteId(78), None).unwrap().len(), 1);
    sound(&bench.accounts, &account);
}

async fn what_is_mirrored_is_carried_with_its_note(bench: Bench) {
    let account = bench.account().await;
    let (inbox, archive) = (id_of(&account, "INBOX"), id_of(&account, "Archive"));
    let mirrored = |called: &str| -> Option<Mirrored> {
        let placed = account.placements(REMOTE, &[name(called)]).unwrap().remove(0)?;
        let PlacementState::Mirrored(mirrored) = placed.placement.state else { return None };
        Some(mirrored)
    };
    let mut one = found(&bench, "a", "one\r\n").await;
    one.known_as = KnownAs::Mirrored;
    one.message.flags = flags(FlagMode::Add, Flags::SEEN, &["work"]).flags;
    // The same again is known, and appended once.
    for new in [1, 0] {
        let again = vec![one.clone()];
        assert_eq!(account.append_found(inbox, REMOTE, again, Vec::new()).await.unwrap(), new);
    }
    let known = mirrored("a").unwrap();
    assert_eq!((known.mailbox, known.uid.number()), (inbox, 1));
    assert_eq!(known.flags, one.message.flags);
    let carried =
        |before: &str, after: &str, to| Carried { before: name(before), name: name(after), to };
    let both = vec![carried("a", "b", archive), carried("x", "y", archive)];
    assert_eq!(account.carry_found(REMOTE, both).await.unwrap(), [true, false]);
    let (known, state) = (mirrored("b").unwrap(), account.state(archive).unwrap());
    assert_eq!(
        (known.mailbox, messages(&account, inbox), messages(&account, archive)),
        (archive, 0, 1)
    );
    assert_eq!(state.entries.find(known.uid).unwrap().email, known.taken.email);
    assert!(mirrored("a").is_none());
    // Under another name in the same mailbox it stays where it is.
    assert_eq!(
        account.carry_found(REMOTE, vec![carried("b", "c", archive)]).await.unwrap(),
        [true]
    );
    assert_eq!(mirrored("c"), Some(known));
    // What was deleted here is not carried.
    account.remove(archive, &mailbox::UidSet::all()).await.unwrap();
    assert_eq!(account.carry_found(REMOTE, vec![carried("c", "d", inbox)]).await.unwrap(), [false]);
    sound(&bench.accounts, &account);
}
