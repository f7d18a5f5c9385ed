//! The host fails at every commit, before and after it: nothing is lost, and nothing is sent more than twice.

use mailbox::Timestamp;

use crate::world::{
    BORN, Does, Fails, Listener, Script, Shaky, TEXT, body, clock, open, submission,
};

/// Lives through the script, opening anew after each failure. Gives how many commits it took.
async fn live_through(fails: Option<(usize, Fails)>) -> usize {
    let (engine, clock, listener) = (Shaky::new(fails), clock(), Listener::default());
    let script = Script::new(&[
        ("a@x.example", &[Does::Takes]),
        ("b@x.example", &[Does::Refuses]),
        ("c@x.example", &[Does::Defers, Does::Takes]),
        ("d@x.example", &[Does::Defers]),
    ]);
    let to = ["a@x.example", "b@x.example", "c@x.example", "d@x.example"];
    let mut acknowledged = false;
    let mut now = BORN;
    for _ in 0..1_000 {
        let Ok(queue) = open(&engine, &clock).await else { continue };
        if !acknowledged {
            // The client sends again what was not acknowledged, unless it sees that it came after all.
            let there = !queue.list(1).unwrap().is_empty();
            acknowledged = there || queue.add(&submission(&to), body(TEXT)).await.is_ok();
            continue;
        }
        loop {
            let Some((id, queued)) = queue.list(1).unwrap().pop() else {
                check(&script, &listener, &engine, fails);
                return engine.commits();
            };
            now = now.max(queued.due);
            clock.set(Timestamp(now));
            if queue.attempt(id, &script, &listener).await.is_err() {
                break;
            }
        }
    }
    panic!("{fails:?}: the queue does not come to an end");
}

fn check(script: &Script, listener: &Listener, engine: &Shaky, fails: Option<(usize, Fails)>) {
    let most = if fails.is_some() { 2 } else { 1 };
    for address in ["a@x.example", "c@x.example"] {
        assert!((1..=most).contains(&script.taken_by(address)), "{fails:?} {address}");
    }
    for address in ["b@x.example", "d@x.example"] {
        let line = format!("Final-Recipient: rfc822; {address}\r\nAction: failed");
        assert!((1..=most).contains(&listener.count(&line)), "{fails:?} {address}");
        assert_eq!(script.taken_by(address), 0);
    }
    assert_eq!(engine.keys(), [b"Qn".to_vec()], "{fails:?}");
}

#[tokio::test]
async fn a_failure_at_any_commit_loses_nothing_and_doubles_once_at_most() {
    let commits = live_through(None).await;
    assert!(commits > 50, "{commits}");
    for number in 0..commits {
        for fails in [Fails::Before, Fails::After] {
            live_through(Some((number, fails))).await;
        }
    }
}
