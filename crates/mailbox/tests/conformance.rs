//! The engine in memory passes what every engine must pass.
#![allow(missing_docs, reason = "tests may be blunt")]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use conformance::Lives;
use mailbox::engine::Engine;
use mailbox::memory::MemoryEngine;

fn make() -> Arc<dyn Engine> {
    Arc::new(MemoryEngine::new())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_is_kept() {
    conformance::engines(make).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gate_keeps_its_promises() {
    conformance::accounts(make).await;
}

#[tokio::test]
async fn random_lives_agree_with_the_plain_model() {
    conformance::lives(make, Lives { seed: 1, count: 500, steps: 100 }).await;
}

#[tokio::test]
async fn a_life_of_a_new_seed_agrees_with_the_plain_model() {
    let seed = RandomState::new().build_hasher().finish();
    println!("seed {seed}");
    conformance::lives(make, Lives { seed, count: 1, steps: 1_000 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pop3_keeps_its_promises() {
    conformance::pop3(make).await;
}
