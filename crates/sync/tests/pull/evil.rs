//! Servers that lie, stall, babble, and change their minds.

use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags, Timestamp, UidSet};
use pop3::client::Fault;
use pop3::client::pull::{PullFault, WithoutIds};
use sync::companion::AtProvider;
use sync::{Exit, Trouble, Wanted};

use crate::home::{Home, wanted};
use crate::line::Cut;
use crate::maildrop::{Shared, Ways};

const ONE: &[u8] = b"Subject: one\r\n\r\nHello\r\n";
const TWO: &[u8] = b"Subject: two\r\n\r\nHello\r\n";

async fn moved(home: &Home, drop: &Shared) -> sync::PullDone {
    home.pull(drop, &wanted(AtProvider::Move), Cut::Never).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn sizes_that_are_lies_change_nothing() {
    for sizes in [(|_| 0) as fn(usize) -> u64, |index| index as u64 * 7, |_| 99_000] {
        let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
        drop.ways(|ways| ways.sizes = Some(sizes));
        let done = moved(&home, &drop).await;
        assert_eq!((done.new, done.summary.removed), (2, 2), "{:?}", done.fault);
    }
    // One that is said to be too large stays.
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    drop.ways(|ways| ways.sizes = Some(|index| if index == 0 { u64::MAX } else { 5 }));
    let done = moved(&home, &drop).await;
    assert_eq!((done.new, done.summary.too_large, drop.count()), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_message_without_end_is_passed_over_and_stays() {
    let long = b"x".repeat(150_000);
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", &long), ("c", TWO)]));
    drop.ways(|ways| ways.sizes = Some(|_| 5));
    let done = moved(&home, &drop).await;
    assert!(
        matches!(done.fault, Some(PullFault::Server(Fault::TooMuch { .. }))),
        "{:?}",
        done.fault
    );
    let done = moved(&home, &drop).await;
    assert!(done.fault.is_none(), "{:?}", done.fault);
    assert_eq!((home.mail().len(), drop.count()), (2, 1));
    assert!(drop.has(&long));
}

#[tokio::test(start_paused = true)]
async fn two_messages_with_one_id_both_come() {
    let (home, drop) = (Home::new().await, Shared::of(&[("same", ONE), ("same", TWO)]));
    let done = moved(&home, &drop).await;
    assert_eq!((done.new, done.summary.removed, drop.count()), (2, 2, 0));
    assert_eq!(home.mail().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_given_again_takes_nothing_for_another() {
    let (mut home, drop) = (Home::new().await, Shared::of(&[("a", ONE)]));
    moved(&home, &drop).await;
    // Another message of the same size, under the id of one that is gone.
    drop.add("a", TWO);
    assert_eq!(ONE.len(), TWO.len());
    let done = moved(&home, &drop).await;
    assert_eq!((done.new, done.summary.removed, drop.count()), (1, 1, 0));
    home.restart(1);
    assert_eq!(home.mail().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn ids_that_all_change_delete_nothing_that_is_not_here() {
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    home.pull(&drop, &wanted(AtProvider::Keep), Cut::Never).await.unwrap();
    drop.0.lock().unwrap().messages =
        vec![("b".to_owned(), ONE.to_vec()), ("x".to_owned(), TWO.to_vec())];
    let done = moved(&home, &drop).await;
    assert!(done.fault.is_none());
    let mail = home.mail();
    assert!(mail.contains_key(ONE) && mail.contains_key(TWO));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_keeps_what_it_says_it_deleted_gives_it_once() {
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    drop.ways(|ways| ways.keeps_all = true);
    for (new, removed) in [(2, 2), (0, 2), (0, 2)] {
        drop.heard();
        let done = moved(&home, &drop).await;
        assert_eq!((done.new, done.summary.removed), (new, removed));
    }
    // They were known again by their headers.
    assert!(drop.heard().iter().all(|said| !said.starts_with("RETR")));
    assert_eq!(home.mail().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_in_the_middle_costs_that_message_alone() {
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    drop.ways(|ways| ways.refuses = Some(0));
    let done = moved(&home, &drop).await;
    assert_eq!((done.new, done.summary.refused, drop.count()), (1, 1, 1));
    assert!(drop.has(ONE));
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_no_answers_end_the_session_and_harm_nothing() {
    let endless = [b"+OK\r\n".to_vec(), b"1 5\r\n".repeat(3), b"y".repeat(5_000)].concat();
    let hostile = b"-ERR \x1b[2J\x07\xe2\x80\xaeevil\r\n".to_vec();
    for (verb, answer) in [
        ("LIST", endless),
        ("LIST", b"+OK\r\n1 2 3\r\nx\r\n.\r\n".to_vec()),
        ("UIDL", b"+OK\r\nno number\r\n.\r\n".to_vec()),
        ("LIST", Vec::new()),
        ("LIST", hostile.clone()),
        ("RETR", b"HTTP/1.1 200 OK\r\n".to_vec()),
        ("RETR", Vec::new()),
        ("RETR", hostile.clone()),
        ("DELE", Vec::new()),
        ("DELE", hostile.clone()),
        ("QUIT", Vec::new()),
        ("QUIT", hostile),
    ] {
        let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
        drop.ways(|ways| ways.instead = vec![(verb, answer.clone())]);
        let done = moved(&home, &drop).await;
        if let Some(fault) = done.fault {
            assert_eq!(drop.count(), 2, "{verb}: nothing is deleted unless it says so");
            let trouble = Trouble::of_pull(fault, &"pop3s://pop.example.org".parse().unwrap());
            assert_eq!(trouble.exit(), Exit::Network, "{verb}");
            let told = trouble.tell(sync::Words::English);
            assert!(!told.contains(char::is_control), "{told:?}");
        }
        drop.ways(|ways| *ways = Ways::default());
        let done = moved(&home, &drop).await;
        assert!(done.fault.is_none());
        assert_eq!((home.mail().len(), drop.count()), (2, 0), "{verb}");
        home.is_sound();
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_maildrop_today_and_the_old_one_tomorrow_double_nothing() {
    let (mut home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    let keep = wanted(AtProvider::Keep);
    home.pull(&drop, &keep, Cut::Never).await.unwrap();
    let messages = std::mem::take(&mut drop.0.lock().unwrap().messages);
    for days in [1, 89] {
        home.now = Timestamp(home.now.0 + days * 86_400);
        home.pull(&drop, &keep, Cut::Never).await.unwrap();
    }
    drop.0.lock().unwrap().messages = messages;
    let done = home.pull(&drop, &keep, Cut::Never).await.unwrap();
    assert_eq!((done.new, done.summary.held_before), (0, 2));
    // What is not there for long is forgotten.
    drop.0.lock().unwrap().messages.clear();
    for days in [1, 91] {
        home.now = Timestamp(home.now.0 + days * 86_400);
        home.pull(&drop, &keep, Cut::Never).await.unwrap();
    }
    let remote = sync::remote_id(&"pop3s://pop.example.org".parse().unwrap(), "ana");
    assert!(home.account.placements_after(remote, None).unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn mail_goes_after_its_days_or_when_it_is_deleted_here() {
    let (mut home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    let until = wanted(AtProvider::UntilLocalDelete);
    home.pull(&drop, &until, Cut::Never).await.unwrap();
    let inbox = home.state().id;
    let first: UidSet = home.state().entries.iter().take(1).map(|entry| entry.uid).collect();
    let flags = FlagNames { system: Flags::SEEN, keywords: Vec::new() };
    let read = Store { uids: UidSet::all(), mode: FlagMode::Add, flags, unchanged_since: None };
    home.account.store(inbox, read).await.unwrap();
    assert_eq!(home.pull(&drop, &until, Cut::Never).await.unwrap().summary.removed, 0);
    home.account.remove(inbox, &first).await.unwrap();
    let done = home.pull(&drop, &until, Cut::Never).await.unwrap();
    assert_eq!((done.summary.removed, done.new, drop.count()), (1, 0, 1));
    let days = wanted(AtProvider::KeepDays(3));
    home.now = Timestamp(home.now.0 + 3 * 86_400 - 1);
    assert_eq!(home.pull(&drop, &days, Cut::Never).await.unwrap().summary.removed, 0);
    home.now = Timestamp(home.now.0 + 1);
    assert_eq!(home.pull(&drop, &days, Cut::Never).await.unwrap().summary.removed, 1);
}

#[tokio::test(start_paused = true)]
async fn without_unique_ids_nothing_is_deleted_unless_it_was_said() {
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    drop.ways(|ways| ways.unknown = vec!["UIDL"]);
    let stored = Wanted { without_ids: WithoutIds::Leave, ..wanted(AtProvider::Move) };
    for new in [2, 0] {
        let done = home.pull(&drop, &stored, Cut::Never).await.unwrap();
        assert_eq!((done.new, done.summary.kept_without_id, drop.count()), (new, 2, 2));
    }
    assert_eq!((moved(&home, &drop).await.summary.removed, drop.count()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_back_is_not_deleted() {
    let (home, drop) = (Home::new().await, Shared::of(&[("a", ONE), ("b", TWO)]));
    home.pull(&drop, &wanted(AtProvider::Keep), Cut::Never).await.unwrap();
    // The octets of one message go bad on the disk.
    let mut spoiled = 0;
    for (name, octets) in home.disk.files() {
        let mut all = vec![0; octets as usize];
        store::Disk::open(&home.disk, &name).unwrap().unwrap().read_at(0, &mut all).unwrap();
        for (at, _) in all.windows(ONE.len()).enumerate().filter(|(_, it)| *it == ONE) {
            home.disk.flip_bit(&name, (at as u64 + 17) * 8);
            spoiled += 1;
        }
    }
    assert!(spoiled > 0);
    let done = moved(&home, &drop).await;
    assert_eq!((done.summary.removed, done.summary.unreadable), (1, 1), "{:?}", done.fault);
    assert!(drop.has(ONE));
}
