//! Floods of guesses: none is free, and they keep nobody out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mailbox::{SetClock, Timestamp};
use sasl::{Attempt, Denied, Directory, Login, Proof, Secret};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{log_in, logins, logins_at, peer};
use crate::limits::{
    FAILURES_PER_ADDRESS_MAX, HASHES_AT_ONCE_MAX, VERDICT_RIGHT_S, WAITING_PER_SOURCE_MAX,
};
use crate::logins::Logins;

const HOME: &str = "198.51.100.7";
const OFFENDER: &str = "192.0.2.1";

async fn offend(logins: &Logins, from: &str) {
    for number in 0..FAILURES_PER_ADDRESS_MAX {
        let name = format!("nobody{number}");
        assert_eq!(log_in(logins, &name, "a guess", from).await, Err(Denied::Wrong));
    }
}

/// All of these at once, and those that were answered before `ana` tried.
async fn at_once(
    logins: &Arc<Logins>,
    attempts: impl Iterator<Item = (String, String, String)>,
) -> JoinSet<Result<Login, Denied>> {
    let mut running = JoinSet::new();
    for (name, password, from) in attempts {
        let logins = Arc::clone(logins);
        running.spawn(async move { log_in(&logins, &name, &password, &from).await });
    }
    // Each gets as far as it can without waiting. The scheduler runs some dozens between two looks at the test.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    running
}

#[tokio::test(start_paused = true)]
async fn a_refused_address_gets_no_free_guesses() {
    let (_, logins) = logins().await;
    log_in(&logins, "ana", "long enough", HOME).await.unwrap();
    offend(&logins, OFFENDER).await;
    // The right one is known from another address; that must not answer a guess.
    let found = log_in(&logins, "ana", "long enough", OFFENDER).await;
    assert!(matches!(found, Err(Denied::TooMany { .. })), "{found:?}");
    log_in(&logins, "ana", "long enough", HOME).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn guesses_at_once_are_no_more_than_guesses_in_turn() {
    let (_, logins) = logins().await;
    let logins = Arc::new(logins);
    let attempts = (0..100).map(|n| ("ana".to_owned(), format!("guess {n}"), OFFENDER.to_owned()));
    let answers = at_once(&logins, attempts).await.join_all().await;
    let looked_at = answers.iter().filter(|answer| **answer == Err(Denied::Wrong)).count();
    let max = usize::try_from(FAILURES_PER_ADDRESS_MAX).unwrap() + HASHES_AT_ONCE_MAX;
    assert!(looked_at <= max.min(WAITING_PER_SOURCE_MAX + HASHES_AT_ONCE_MAX), "{looked_at}");
    // The same over SCRAM, where the client learns the outcome later.
    let from = peer("203.0.113.77");
    let wrong = || logins.scram_done("ana", Proof::Wrong, &from, "imap");
    for _ in 0..FAILURES_PER_ADDRESS_MAX {
        assert_eq!(wrong().await, Err(Denied::Wrong));
    }
    let right = Proof::Right { key: crate::records::MAIN_PASSWORD };
    let found = logins.scram_done("ana", right, &from, "imap").await;
    assert!(matches!(found, Err(Denied::TooMany { .. })), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_gives_no_free_guesses() {
    let (_, logins) = logins().await;
    let logins = Arc::new(logins);
    // The password is remembered as right, so that a guess that hits it would be answered beside the queue.
    log_in(&logins, "ana", "long enough", HOME).await.unwrap();
    let attempts = (0..200).map(|n| ("ana".to_owned(), format!("guess {n}"), OFFENDER.to_owned()));
    let answers = at_once(&logins, attempts).await.join_all().await;
    let refused = |answer: &&Result<_, _>| matches!(answer, Err(Denied::TooMany { .. }));
    let looked_at = answers.len() - answers.iter().filter(refused).count();
    let max = usize::try_from(FAILURES_PER_ADDRESS_MAX).unwrap() + HASHES_AT_ONCE_MAX;
    assert!(looked_at <= max + WAITING_PER_SOURCE_MAX, "{looked_at}");
    let found = log_in(&logins, "ana", "long enough", OFFENDER).await;
    assert!(matches!(found, Err(Denied::TooMany { .. })), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_guesses_from_everywhere_keeps_nobody_out() {
    let clock = Arc::new(SetClock::at(Timestamp(1_000_000_000)));
    let (_, logins) = logins_at(Arc::clone(&clock)).await;
    let logins = Arc::new(logins);
    log_in(&logins, "ana", "long enough", HOME).await.unwrap();
    // What is remembered of the password is too old.
    clock.set(Timestamp(1_000_000_000 + VERDICT_RIGHT_S + 1));
    let attempts = (0..80).map(|n| ("ana".to_owned(), format!("guess {n}"), format!("10.{n}.0.1")));
    let mut flood = at_once(&logins, attempts).await;
    let ana = log_in(&logins, "ana", "long enough", HOME).await;
    assert!(ana.is_ok(), "{ana:?}");
    let mut answered = 0;
    while flood.try_join_next().is_some() {
        answered += 1;
    }
    assert!(answered < 10, "{answered} strangers were looked at before ana");
    // Ana on another network, where nobody ever logged in.
    assert!(log_in(&logins, "ana", "long enough", "203.0.113.5").await.is_ok());
    let wrong = flood.join_all().await;
    assert!(wrong.iter().all(|answer| *answer == Err(Denied::Wrong)), "{wrong:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_prefix_is_slowed_for_those_who_log_in_from_it() {
    let (_, logins) = logins().await;
    log_in(&logins, "ana", "long enough", OFFENDER).await.unwrap();
    offend(&logins, OFFENDER).await;
    let before = Instant::now();
    log_in(&logins, "ana", "long enough", OFFENDER).await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    // Her name cannot be guessed at from there any faster than from elsewhere.
    let before = Instant::now();
    let mut looked_at: u32 = 0;
    for number in 0..200 {
        let guess = format!("guess {number}");
        match log_in(&logins, "ana", &guess, OFFENDER).await {
            Err(Denied::Wrong) => looked_at += 1,
            other => assert!(matches!(other, Err(Denied::TooMany { .. })), "{other:?}"),
        }
    }
    let seconds = before.elapsed().as_secs();
    assert!(u64::from(looked_at) <= 10 + seconds / 10, "{looked_at} in {seconds} s");
    let bob = log_in(&logins, "bob", "long enough", OFFENDER).await;
    assert!(matches!(bob, Err(Denied::TooMany { .. })), "{bob:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_that_is_known_counts_among_the_wrong() {
    let (_, logins) = logins().await;
    for _ in 0..3 {
        let secret = Secret::new("the old one");
        let from = peer(HOME);
        let attempt = Attempt { login: "ana", password: &secret, peer: &from, door: "imap" };
        assert_eq!(Directory::verify(&logins, attempt).await, Err(Denied::Wrong));
    }
    assert_eq!(logins.counts().wrong.load(Ordering::Relaxed), 3);
}
