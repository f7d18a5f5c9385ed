//! The suite passes on an engine whose reads wait. Here is what stays quick: of the accounts' 16,000 reads each waits a
//! tenth of a millisecond, and there are two short lives; `cargo xtask long` runs all of it with 1 ms and 20 ms a read.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests may be blunt")]

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use conformance::{DelayedEngine, Lives};
use mailbox::engine::Engine;
use mailbox::memory::MemoryEngine;

const MILLISECOND: Duration = Duration::from_millis(1);

fn delayed(delay: Duration) -> impl Fn() -> Arc<dyn Engine> {
    move || Arc::new(DelayedEngine::new(Arc::new(MemoryEngine::new()), delay))
}

#[test]
fn every_read_waits_and_is_counted() {
    let engine = DelayedEngine::new(Arc::new(MemoryEngine::new()), MILLISECOND);
    let snapshot = engine.snapshot().unwrap();
    let started = Instant::now();
    snapshot.get(b"key").unwrap();
    snapshot.last(b"a".as_slice()..b"b").unwrap();
    let mut visit = |_: &[u8], _: &[u8]| std::ops::ControlFlow::Continue(());
    snapshot.range(b"a".as_slice()..b"b", &mut visit).unwrap();
    assert!(engine.body(&mailbox::BodyHash([0; 32]), 0..1).is_err());
    assert!(started.elapsed() >= MILLISECOND * 4);
    assert_eq!((engine.counts().total(), engine.counts().at_once()), (4, 0));
    assert_eq!(engine.reads_at_once_max(), 1);
}

#[test]
fn reads_that_wait_at_the_same_time_are_counted_together() {
    let engine = DelayedEngine::new(Arc::new(MemoryEngine::new()), Duration::from_millis(200));
    let begin = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let snapshot = engine.snapshot().unwrap();
                begin.wait();
                snapshot.get(b"key").unwrap();
            });
        }
    });
    assert!(engine.reads_at_once_max() > 1);
    assert_eq!((engine.counts().total(), engine.counts().at_once()), (8, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_is_kept() {
    conformance::engines(delayed(MILLISECOND)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gate_keeps_its_promises() {
    conformance::accounts(delayed(MILLISECOND / 10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pop3_keeps_its_promises() {
    conformance::pop3(delayed(MILLISECOND)).await;
}

#[tokio::test]
async fn random_lives_agree_with_the_plain_model() {
    conformance::lives(delayed(MILLISECOND), Lives { seed: 1, count: 2, steps: 25 }).await;
}
