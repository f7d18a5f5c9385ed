//! Mail that is held (RFC 4865): nobody gets it before its time, until then it can be called back, and then it has its whole life.

use mailbox::Timestamp;
use queue::Submission;

use crate::world::{BORN, Does, Listener, Script, Shaky, TEXT, body, clock, open, submission};

const HELD_S: i64 = 3_600;

fn held() -> Submission {
    let held_until = Some(Timestamp(BORN + HELD_S));
    Submission { held_until, ..submission(&["a@x.example"]) }
}

#[tokio::test]
async fn held_mail_goes_when_its_time_comes_and_not_before() {
    let (engine, clock, listener) = (Shaky::new(None), clock(), Listener::default());
    let script = Script::new(&[("a@x.example", &[Does::Takes])]);
    let queue = open(&engine, &clock).await.unwrap();
    let id = queue.add(&held(), body(TEXT)).await.unwrap();
    clock.set(Timestamp(BORN + HELD_S - 1));
    queue.attempt(id, &script, &listener).await.unwrap();
    assert_eq!(script.taken_by("a@x.example"), 0);
    assert!(queue.is_held("m1").unwrap());
    clock.set(Timestamp(BORN + HELD_S));
    queue.attempt(id, &script, &listener).await.unwrap();
    assert_eq!(script.taken_by("a@x.example"), 1);
    assert!(!queue.is_held("m1").unwrap() && !queue.call_back("m1").await.unwrap());
    assert_eq!(engine.keys(), [b"Qn".to_vec()]);
}

#[tokio::test]
async fn what_is_called_back_is_gone_and_nobody_hears_of_it() {
    let (engine, clock, listener) = (Shaky::new(None), clock(), Listener::default());
    let queue = open(&engine, &clock).await.unwrap();
    let id = queue.add(&held(), body(TEXT)).await.unwrap();
    assert!(!queue.call_back("m2").await.unwrap());
    assert!(queue.call_back("m1").await.unwrap());
    assert!(!queue.call_back("m1").await.unwrap());
    clock.set(Timestamp(BORN + HELD_S));
    let script = Script::new(&[]);
    queue.attempt(id, &script, &listener).await.unwrap();
    assert!(listener.heard.lock().unwrap().is_empty());
    assert_eq!(engine.keys(), [b"Qn".to_vec()]);
}

#[tokio::test]
async fn once_a_try_began_it_cannot_be_called_back() {
    let (engine, clock, listener) = (Shaky::new(None), clock(), Listener::default());
    let script = Script::new(&[("a@x.example", &[Does::Defers, Does::Takes])]);
    let queue = open(&engine, &clock).await.unwrap();
    let id = queue.add(&held(), body(TEXT)).await.unwrap();
    clock.set(Timestamp(BORN + HELD_S));
    queue.attempt(id, &script, &listener).await.unwrap();
    assert!(!queue.call_back("m1").await.unwrap());
    assert_eq!(queue.find(id).unwrap().unwrap().born_at(), BORN + HELD_S);
}

#[tokio::test]
async fn its_life_begins_when_it_is_released() {
    let (engine, clock, listener) = (Shaky::new(None), clock(), Listener::default());
    let script = Script::new(&[("a@x.example", &[Does::Defers])]);
    let queue = open(&engine, &clock).await.unwrap();
    let late = BORN + 10 * queue::limits::LIFE_S;
    let submission = Submission { held_until: Some(Timestamp(late)), ..held() };
    let id = queue.add(&submission, body(TEXT)).await.unwrap();
    clock.set(Timestamp(late));
    queue.attempt(id, &script, &listener).await.unwrap();
    assert!(queue.find(id).unwrap().is_some());
    assert!(listener.heard.lock().unwrap().is_empty());
}
