//! The suite that every engine passes, on a real directory and on a simulated disk.
#![allow(clippy::unwrap_used, reason = "tests may be blunt")]

use std::sync::{Arc, Mutex};

use mailbox::engine::Engine;
use store::sim::SimulatedDisk;
use store::{Options, RealDisk, Store};

#[tokio::test]
async fn the_store_passes_the_suite_on_a_simulated_disk() {
    conformance::run(|| {
        let disk = Arc::new(SimulatedDisk::new(1));
        let engine: Arc<dyn Engine> = Arc::new(Store::open(disk, Options::tiny()).unwrap());
        engine
    })
    .await;
}

#[tokio::test]
async fn the_store_passes_the_suite_on_a_real_directory() {
    let directories = Mutex::new(Vec::new());
    conformance::run(|| {
        let directory = tempfile::tempdir().unwrap();
        let disk = Arc::new(RealDisk::new(directory.path()).unwrap());
        directories.lock().unwrap().push(directory);
        let engine: Arc<dyn Engine> = Arc::new(Store::open(disk, Options::default()).unwrap());
        engine
    })
    .await;
}
