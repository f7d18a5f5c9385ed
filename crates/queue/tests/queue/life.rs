//! Lives of messages: sent, refused, late, given up; many at once; the worker.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use mailbox::Timestamp;
use queue::{OutboundQueue, Progress, run};
use smtp::server::Phase;
use tokio::sync::watch;

use crate::world::{
    BORN, Does, Listener, Script, Shaky, TEXT, TEXT_SKIPPED, body, clock, open, submission,
};

/// Tries what is due until nothing is left, and lets time pass in between.
async fn live(
    queue: &OutboundQueue,
    clock: &mailbox::SetClock,
    script: &Script,
    listener: &Listener,
) {
    while let Some((id, queued)) = queue.list(1).unwrap().pop() {
        clock.set(Timestamp(queued.due));
        queue.attempt(id, script, listener).await.unwrap();
    }
}

#[tokio::test]
async fn each_recipient_has_its_own_fate_and_nothing_stays_behind() {
    let (engine, clock, listener) = (Shaky::new(None), clock(), Listener::default());
    let queue = open(&engine, &clock).await.unwrap();
    let script = Script::new(&[
        ("a@x.example", &[Does::Takes]),
        ("b@x.example", &[Does::Refuses]),
        ("c@x.example", &[Does::Defers, Does::Defers, Does::Takes]),
        ("d@x.example", &[Does::Defers]),
    ]);
    let to = ["a@x.example", "b@x.example", "c@x.example", "d@x.example"];
    queue.add(&submission(&to), body(TEXT)).await.unwrap();
    live(&queue, &clock, &script, &listener).await;
    let taken = script.taken.lock().unwrap().clone();
    let text = TEXT[TEXT_SKIPPED as usize..].to_vec();
    assert_eq!(taken, [("a@x.example".to_owned(), text.clone()), ("c@x.example".to_owned(), text)]);
    assert_eq!(listener.count("Action: failed"), 2);
    assert_eq!(listener.count("Action: delayed"), 1);
    assert_eq!(listener.count("Final-Recipient: rfc822; d@x.example"), 2);
    assert_eq!(listener.count("Status: 4.4.7"), 1);
    assert_eq!(engine.keys(), [b"Qn".to_vec()], "only the counter stays");
}

#[tokio::test]
async fn two_workers_do_not_send_the_same_message() {
    let (engine, clock, listener) = (Shaky::new(None), clock(), Listener::default());
    let queue = open(&engine, &clock).await.unwrap();
    let script = Script::new(&[("a@x.example", &[Does::Takes])]);
    let id = queue.add(&submission(&["a@x.example"]), body(TEXT)).await.unwrap();
    let (one, two) =
        tokio::join!(queue.attempt(id, &script, &listener), queue.attempt(id, &script, &listener));
    one.unwrap();
    two.unwrap();
    assert_eq!(script.taken_by("a@x.example"), 1);
}

#[tokio::test]
async fn messages_added_at_the_same_time_have_their_own_numbers() {
    let (engine, clock) = (Shaky::new(None), clock());
    let queue = Arc::new(open(&engine, &clock).await.unwrap());
    let adding = (0..50).map(|_| {
        let queue = queue.clone();
        tokio::spawn(
            async move { queue.add(&submission(&["a@x.example"]), body(TEXT)).await.unwrap() },
        )
    });
    let mut ids = HashSet::new();
    for added in adding.collect::<Vec<_>>() {
        ids.insert(added.await.unwrap());
    }
    assert_eq!(ids.len(), 50);
    assert_eq!(queue.list(usize::MAX).unwrap().len(), 50);
    assert_eq!(queue.waiting().unwrap().messages, 50);
}

#[tokio::test]
async fn a_message_can_be_taken_out_and_hurried() {
    let (engine, clock, listener) = (Shaky::new(None), clock(), Listener::default());
    let queue = open(&engine, &clock).await.unwrap();
    let script = Script::new(&[("a@x.example", &[Does::Defers, Does::Takes])]);
    let id = queue.add(&submission(&["a@x.example"]), body(TEXT)).await.unwrap();
    queue.attempt(id, &script, &listener).await.unwrap();
    let queued = queue.find(id).unwrap().unwrap();
    let next_at = BORN + 300;
    assert_eq!(queued.recipients[0].progress, Progress::Waiting { next_at, tries: 1 });
    queue.attempt(id, &script, &listener).await.unwrap();
    assert_eq!(script.taken_by("a@x.example"), 0, "it is not due");
    queue.try_now(id).await.unwrap();
    queue.attempt(id, &script, &listener).await.unwrap();
    assert_eq!(script.taken_by("a@x.example"), 1);
    let id = queue.add(&submission(&["a@x.example"]), body(TEXT)).await.unwrap();
    assert!(queue.remove(id).await.unwrap().is_some());
    assert!(queue.remove(id).await.unwrap().is_none());
    assert!(queue.list(1).unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_worker_sends_what_comes_and_ends_when_it_is_told() {
    let (engine, clock) = (Shaky::new(None), clock());
    let queue = Arc::new(open(&engine, &clock).await.unwrap());
    let script = Arc::new(Script::new(&[("a@x.example", &[Does::Defers, Does::Takes])]));
    let (phase_setter, phase) = watch::channel(Phase::Serving);
    let worker =
        tokio::spawn(run(queue.clone(), script.clone(), Arc::new(Listener::default()), phase));
    for _ in 0..100 {
        queue.add(&submission(&["a@x.example"]), body(TEXT)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    // The first try was put off; all the others found a host that takes.
    assert_eq!((script.taken_by("a@x.example"), queue.list(200).unwrap().len()), (99, 1));
    clock.set(Timestamp(BORN + 300));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((script.taken_by("a@x.example"), queue.list(200).unwrap().len()), (100, 0));
    phase_setter.send_replace(Phase::Stopping);
    worker.await.unwrap();
}
