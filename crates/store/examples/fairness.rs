//! Measures how long small commits take while another task commits huge batches, beside a bare write and fdatasync
//! in the same run. `cargo run --release -p store --example fairness -- DIRECTORY [SECONDS] [CHANGES]...`
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for measuring, not part of the product"
)]

use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::{Options, RealDisk, Rewriting, Store};

const OCTETS: usize = 8 << 10;

/// What the other tasks do meanwhile.
#[derive(Clone, Copy)]
enum Load {
    /// Nothing.
    Idle,
    /// Batches of so many puts, one after another.
    Puts(u64),
    /// Batches that put so many keys and then batches that delete them.
    Deletes(u64),
    /// Segments are rewritten.
    Rewriting,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| "/tmp/store-fairness".to_owned());
    let seconds = arguments.next().map_or(8, |number| number.parse().unwrap());
    let mut sizes: Vec<u64> = arguments.map(|number| number.parse().unwrap()).collect();
    if sizes.is_empty() {
        sizes = vec![200_000, 2_000_000];
    }
    let mut loads = vec![("nothing else".to_owned(), Load::Idle)];
    for size in sizes {
        loads.push((format!("batches of {size} puts"), Load::Puts(size)));
        loads.push((format!("batches of {size} puts or deletes"), Load::Deletes(size)));
    }
    loads.push(("rewriting".to_owned(), Load::Rewriting));
    for (name, load) in loads {
        drop(std::fs::remove_dir_all(&directory));
        measure(&directory, &name, load, Duration::from_secs(seconds));
    }
    drop(std::fs::remove_dir_all(&directory));
}

fn measure(directory: &str, name: &str, load: Load, time: Duration) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = match load {
        // Small segments, so that there are some to rewrite.
        Load::Rewriting => Options { segment_octets: 32 << 20, ..Options::default() },
        Load::Idle | Load::Puts(_) | Load::Deletes(_) => Options::default(),
    };
    let store = Store::open(Arc::new(RealDisk::new(directory).unwrap()), options).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    if matches!(load, Load::Rewriting) {
        runtime.block_on(fill(&store));
    }
    let other = match load {
        Load::Idle => None,
        Load::Rewriting => {
            let (store, over, count) = (store.clone(), over.clone(), count.clone());
            Some(runtime.spawn_blocking(move || rewrite(&store, &over, &count)))
        }
        Load::Puts(size) | Load::Deletes(size) => {
            let deletes = matches!(load, Load::Deletes(_));
            let (store, over, count) = (store.clone(), over.clone(), count.clone());
            Some(runtime.spawn(async move { huge(&store, size, deletes, &over, &count).await }))
        }
    };
    let bare = {
        let (directory, over) = (directory.to_owned(), over.clone());
        std::thread::spawn(move || bare(&directory, &over))
    };
    let small =
        runtime.block_on(async { runtime.spawn(small(store.clone(), time)).await.unwrap() });
    over.store(true, Ordering::Relaxed);
    let bare = bare.join().unwrap();
    if let Some(other) = other {
        runtime.block_on(other).unwrap();
    }
    println!("{name} ({} of them):", count.load(Ordering::Relaxed));
    show("small commits", small);
    show("bare write and fdatasync", bare);
    println!("  memory at most {} MiB", memory_mib());
}

fn show(what: &str, mut times: Vec<u64>) {
    times.sort_unstable();
    println!(
        "  {what:<25} {:>6}: p50 {:>7.2} ms, p99 {:>8.2} ms, p99.9 {:>8.2} ms, max {:>8.2} ms",
        times.len(),
        times[times.len() / 2] as f64 / 1e3,
        times[times.len() * 99 / 100] as f64 / 1e3,
        times[times.len() * 999 / 1000] as f64 / 1e3,
        *times.last().unwrap() as f64 / 1e3,
    );
}

/// The most memory that this process has had.
fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn key(account: u32, kind: u8, number: u64) -> Vec<u8> {
    let mut key = vec![keys::ACCOUNT];
    key.extend_from_slice(&account.to_be_bytes());
    key.push(kind);
    key.extend_from_slice(&number.to_be_bytes());
    key.extend_from_slice(&[b'.'; 16]);
    key
}

async fn huge(store: &Store, size: u64, deletes: bool, over: &AtomicBool, count: &AtomicU64) {
    let mut first = 0;
    while !over.load(Ordering::Relaxed) {
        let all = first..first + size;
        let puts = all.clone().map(|it| (key(1, b'S', it), Bytes::copy_from_slice(&[7; 25])));
        let mut batches = vec![Batch { puts: puts.collect(), ..Batch::default() }];
        if deletes {
            let deletes = all.map(|it| key(1, b'S', it)).collect();
            batches.push(Batch { deletes, ..Batch::default() });
        }
        for batch in batches {
            tokio::task::yield_now().await;
            store.commit(batch).await.unwrap();
            count.fetch_add(1, Ordering::Relaxed);
        }
        first += size;
    }
}

/// About what an APPEND writes.
fn append(email: u64) -> Batch {
    let mut octets = vec![0; OCTETS];
    blake3::Hasher::new().update(&email.to_le_bytes()).finalize_xof().fill(&mut octets);
    let hash = BodyHash(*blake3::hash(&octets).as_bytes());
    let mut puts: Vec<(Vec<u8>, Bytes)> =
        (b'a'..b'j').map(|kind| (key(2, kind, email), Bytes::from(vec![3; 60]))).collect();
    puts.push((keys::body_reference(&hash, AccountId(2), EmailId(email)), Bytes::new()));
    let body =
        StagedBody { hash, octets: OCTETS as u64, source: BodySource::Memory(octets.into()) };
    Batch { puts, bodies: vec![body], ..Batch::default() }
}

async fn small(store: Store, time: Duration) -> Vec<u64> {
    let end = Instant::now() + time;
    let mut times = Vec::new();
    while Instant::now() < end {
        let batch = append(times.len() as u64);
        let begin = Instant::now();
        store.commit(batch).await.unwrap();
        times.push(begin.elapsed().as_micros() as u64);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    times
}

fn bare(directory: &str, over: &AtomicBool) -> Vec<u64> {
    let file = std::fs::File::create(format!("{directory}.bare")).unwrap();
    let mut times = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let begin = Instant::now();
        file.write_all_at(&[9; OCTETS], (times.len() * OCTETS) as u64).unwrap();
        file.sync_data().unwrap();
        times.push(begin.elapsed().as_micros() as u64);
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(std::fs::remove_file(format!("{directory}.bare")));
    times
}

/// Fills some segments with mail and small entries, of which then a third is left.
async fn fill(store: &Store) {
    for part in 0..20 {
        let mut tasks = Vec::new();
        for email in 0..1_500 {
            let store = store.clone();
            let batch = append((1 << 32) + part * 1_500 + email);
            tasks.push(tokio::spawn(async move { store.commit(batch).await.unwrap() }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let puts =
            (0..60_000).map(|it| (key(3, b'S', part * 60_000 + it), Bytes::from_static(&[7; 25])));
        store.commit(Batch { puts: puts.collect(), ..Batch::default() }).await.unwrap();
        let gone = (0..60_000).filter(|it| it % 3 != 0).map(|it| key(3, b'S', part * 60_000 + it));
        let mut deletes: Vec<Vec<u8>> = gone.collect();
        for email in (0..1_500).filter(|it| it % 3 != 0) {
            deletes.push(append((1 << 32) + part * 1_500 + email).puts.pop().unwrap().0);
        }
        store.commit(Batch { deletes, ..Batch::default() }).await.unwrap();
    }
    let store = store.clone();
    tokio::task::spawn_blocking(move || store.checkpoint().unwrap()).await.unwrap();
}

fn rewrite(store: &Store, over: &AtomicBool, count: &AtomicU64) {
    while !over.load(Ordering::Relaxed) {
        match store.rewrite_step().unwrap() {
            Rewriting::Nothing => std::thread::sleep(Duration::from_millis(10)),
            Rewriting::Working { .. } => {}
            Rewriting::Removed { .. } => drop(count.fetch_add(1, Ordering::Relaxed)),
        }
    }
}
