//! Whoever waits between commits until the store is settled leaves little in memory, however slowly the index is made
//! durable; others wait for nothing.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;

use bytes::Bytes;
use mailbox::engine::{Batch, Engine};
use store::disk::{Disk, DiskFile, Linked};
use store::sim::SimulatedDisk;
use store::{Checkpoints, Options, Store};

const VALUE_OCTETS: usize = 5_000;
const LIMIT_OCTETS: u64 = 20_000;

/// How often the index may still be made durable: it waits for that.
#[derive(Debug, Default)]
struct Gate {
    open: Mutex<Open>,
    opened: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    is_shut: bool,
    waiting: u64,
}

impl Gate {
    fn shut(&self) {
        self.open.lock().unwrap().is_shut = true;
    }

    fn open(&self) {
        self.open.lock().unwrap().is_shut = false;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let mut open = self.open.lock().unwrap();
        open.waiting += 1;
        self.opened.notify_all();
        while open.is_shut {
            open = self.opened.wait(open).unwrap();
        }
        open.waiting -= 1;
    }

    /// Waits until somebody stands before it.
    fn wait_for_one(&self) {
        let mut open = self.open.lock().unwrap();
        while open.waiting == 0 {
            open = self.opened.wait(open).unwrap();
        }
    }
}

/// A disk on which the index waits for the gate before it is synced.
#[derive(Debug)]
struct SlowDisk {
    inner: SimulatedDisk,
    gate: Arc<Gate>,
}

#[derive(Debug)]
struct SlowFile {
    inner: Arc<dyn DiskFile>,
    gate: Arc<Gate>,
}

impl SlowDisk {
    fn file(&self, name: &str, inner: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        if name.starts_with("index") {
            Arc::new(SlowFile { inner, gate: self.gate.clone() })
        } else {
            inner
        }
    }
}

impl Disk for SlowDisk {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn DiskFile>>> {
        Ok(self.inner.open(name)?.map(|file| self.file(name, file)))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(self.file(name, self.inner.create(name)?))
    }

    fn create_directory(&self, directory: &str) -> io::Result<()> {
        self.inner.create_directory(directory)
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        self.inner.list(directory)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.inner.remove(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.inner.rename(from, to)
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        self.inner.sync_directory(directory)
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        self.inner.lock()
    }

    fn free_octets(&self) -> io::Result<u64> {
        self.inner.free_octets()
    }

    fn link(&self, name: &str, target: &dyn Disk) -> io::Result<Linked> {
        self.inner.link(name, target)
    }

    fn link_within(&self, name: &str, second: &str) -> io::Result<Linked> {
        self.inner.link_within(name, second)
    }

    fn random(&self) -> io::Result<u64> {
        self.inner.random()
    }

    fn root(&self) -> Option<&Path> {
        None
    }
}

impl DiskFile for SlowFile {
    fn read_at(&self, offset: u64, octets: &mut [u8]) -> io::Result<()> {
        self.inner.read_at(offset, octets)
    }

    fn write_at(&self, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.inner.write_at(offset, octets)
    }

    fn allocate(&self, offset: u64, octets: u64) -> io::Result<()> {
        self.inner.allocate(offset, octets)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.gate.pass();
        self.inner.sync_data()
    }

    fn set_len(&self, octets: u64) -> io::Result<()> {
        self.inner.set_len(octets)
    }

    fn octets(&self) -> io::Result<u64> {
        self.inner.octets()
    }
}

fn open(gate: &Arc<Gate>) -> Store {
    let disk = SlowDisk { inner: SimulatedDisk::new(1), gate: gate.clone() };
    let options = Options {
        checkpoints: Checkpoints::Beside,
        checkpoint_held_octets: LIMIT_OCTETS,
        checkpoint_octets: 1 << 20,
        checkpoint_changes: 100_000,
        ..Options::tiny()
    };
    Store::open(Arc::new(disk), options).unwrap()
}

fn put(number: u32) -> Batch {
    let key = format!("A{number:06}").into_bytes();
    Batch { puts: vec![(key, Bytes::from(vec![7; VALUE_OCTETS]))], ..Batch::default() }
}

type Settled = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whether the store is settled already.
async fn is_settled(store: &Store, settled: &mut Settled) -> bool {
    let mut poll = async || {
        std::future::poll_fn(|context| Poll::Ready(settled.as_mut().poll(context).is_ready())).await
    };
    if poll().await {
        return true;
    }
    // The committer has answered what it was asked when it does something else.
    drop(store.hold().unwrap());
    poll().await
}

#[tokio::test]
async fn who_waits_until_the_store_is_settled_leaves_little_in_memory() {
    let gate = Arc::new(Gate::default());
    let store = open(&gate);
    gate.shut();
    let mut waits = 0;
    for number in 0..100 {
        store.commit(put(number)).await.unwrap();
        let held = store.counters().held_octets;
        assert!(held <= LIMIT_OCTETS + 5_000, "{held} octets after {number} commits");
        let mut settled = store.settled();
        if !is_settled(&store, &mut settled).await {
            gate.wait_for_one();
            gate.open();
            settled.await;
            gate.shut();
            waits += 1;
        }
    }
    assert!(waits > 10, "{waits} times");
    gate.open();
    store.close().unwrap();
    assert_eq!(store.counters().held_octets, 0);
}

#[tokio::test]
async fn who_does_not_ask_commits_while_others_wait() {
    let gate = Arc::new(Gate::default());
    let store = open(&gate);
    gate.shut();
    for number in 0..6 {
        store.commit(put(number)).await.unwrap();
    }
    gate.wait_for_one();
    let mut settled = store.settled();
    store.commit(put(6)).await.unwrap();
    assert!(!is_settled(&store, &mut settled).await);
    store.commit(put(7)).await.unwrap();
    gate.open();
    settled.await;
    store.close().unwrap();
}

#[tokio::test]
async fn large_values_of_a_large_batch_count() {
    let gate = Arc::new(Gate::default());
    let store = open(&gate);
    gate.shut();
    let mut batch = Batch::default();
    (0..30).for_each(|number| batch.puts.extend(put(number).puts));
    store.commit(batch).await.unwrap();
    assert_eq!(store.counters().held_octets, 30 * 5_000);
    gate.open();
    store.settled().await;
    assert!(store.counters().held_octets <= LIMIT_OCTETS);
    store.close().unwrap();
}
