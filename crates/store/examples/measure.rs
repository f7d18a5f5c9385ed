//! Measures the store on a real directory: commits per second with 1, 16 and 64 writers of 8 KB mails, and how long
//! opening takes after a kill. `cargo run --release -p store --example measure -- DIRECTORY [MESSAGES]`
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a tool for measuring, not part of the product"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, Engine, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};
use store::{Options, RealDisk, Store};

const OCTETS: usize = 8 << 10;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| "/tmp/store-measure".to_owned());
    let messages: u64 = arguments.next().map_or(200_000, |number| number.parse().unwrap());
    let child = arguments.next();
    if child.as_deref() == Some("load") {
        load(&directory, messages);
        std::process::abort();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for writers in [1_u64, 16, 64] {
        drop(std::fs::remove_dir_all(&directory));
        let store = open(&directory);
        let cpu = cpu_us();
        let (count, latencies) = runtime.block_on(write(&store, writers, Duration::from_secs(4)));
        let counters = store.counters();
        println!(
            "{writers} writers: {:.0} commits/s, {} us of processor each, p50 {} us, p99 {} us, max {} ms, {:.1} per sync, {} checkpoints of {} ms",
            count as f64 / 4.0,
            (cpu_us() - cpu) / count,
            latencies[latencies.len() / 2],
            latencies[latencies.len() * 99 / 100],
            latencies.last().unwrap() / 1_000,
            counters.commits as f64 / counters.syncs as f64,
            counters.checkpoints,
            counters.checkpoint_us / 1_000 / counters.checkpoints.max(1),
        );
        if writers == 64 {
            flags(&runtime, &store);
        }
        drop(store);
    }
    opening(&directory, messages);
}

/// How much processor time this process has used, in microseconds.
fn cpu_us() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10_000
}

fn open(directory: &str) -> Store {
    Store::open(Arc::new(RealDisk::new(directory).unwrap()), Options::default()).unwrap()
}

/// About what `Account` writes for a delivery.
fn delivery(account: u32, email: u64, octets: &[u8]) -> Batch {
    let hash = BodyHash(*blake3::hash(octets).as_bytes());
    let key = |kind: u8, rest: &[u8]| {
        let mut key = vec![keys::ACCOUNT];
        key.extend_from_slice(&account.to_be_bytes());
        key.push(kind);
        key.extend_from_slice(rest);
        key
    };
    let uid = email.to_be_bytes();
    let puts = vec![
        (keys::body_reference(&hash, AccountId(account), EmailId(email)), Bytes::new()),
        (key(b'V', &[]), Bytes::copy_from_slice(&uid)),
        (key(b'Q', &[]), Bytes::copy_from_slice(&[1; 16])),
        (key(b'M', &[0, 0, 0, 1]), Bytes::copy_from_slice(&[1; 60])),
        (key(b'E', &uid), Bytes::copy_from_slice(&[2; 300])),
        (key(b'S', &[&[0, 0, 0, 1], &uid[4..]].concat()), Bytes::copy_from_slice(&[3; 24])),
        (key(b'P', &[&uid[..], &[0, 0, 0, 1]].concat()), Bytes::copy_from_slice(&uid[4..])),
        (key(b'L', &uid), Bytes::copy_from_slice(&[4; 30])),
        (key(b'T', &hash.0[..16]), Bytes::copy_from_slice(&uid)),
        (key(b't', &uid), Bytes::copy_from_slice(&uid)),
    ];
    let body = StagedBody {
        hash,
        octets: octets.len() as u64,
        source: BodySource::Memory(Bytes::copy_from_slice(octets)),
    };
    Batch { puts, bodies: vec![body], ..Batch::default() }
}

fn noise(seed: u64) -> Vec<u8> {
    let mut octets = vec![0; OCTETS];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut octets);
    octets
}

async fn write(store: &Store, writers: u64, time: Duration) -> (u64, Vec<u64>) {
    let next = Arc::new(AtomicU64::new(1));
    let end = Instant::now() + time;
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let (store, next) = (store.clone(), next.clone());
        tasks.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            while Instant::now() < end {
                let email = next.fetch_add(1, Ordering::Relaxed);
                let batch = delivery(writer as u32, email, &noise(email));
                let begin = Instant::now();
                store.commit(batch).await.unwrap();
                latencies.push(begin.elapsed().as_micros() as u64);
            }
            latencies
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.unwrap());
    }
    latencies.sort_unstable();
    (latencies.len() as u64, latencies)
}

/// Flag changes: a few small puts, no body.
fn flags(runtime: &tokio::runtime::Runtime, store: &Store) {
    let time = Duration::from_secs(3);
    let end = Instant::now() + time;
    let count = runtime.block_on(async {
        let mut tasks = Vec::new();
        for writer in 0..64_u32 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                let mut count = 0_u64;
                while Instant::now() < end {
                    let mut batch = delivery(writer, count, b"");
                    batch.bodies.clear();
                    batch.puts.remove(0);
                    batch.puts.truncate(4);
                    store.commit(batch).await.unwrap();
                    count += 1;
                }
                count
            }));
        }
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    println!("64 writers of flags: {:.0} commits/s", count as f64 / time.as_secs_f64());
}

/// Fills a store with many writers at once.
fn load(directory: &str, messages: u64) {
    let store = open(directory);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let begin = Instant::now();
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for writer in 0..64_u64 {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                for email in (writer..messages).step_by(64) {
                    store
                        .commit(delivery((email % 20) as u32, email, &noise(email)))
                        .await
                        .unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    let counters = store.counters();
    println!(
        "load: {:.0} messages/s, {} octets written each, {} checkpoints of {} ms",
        messages as f64 / begin.elapsed().as_secs_f64(),
        counters.octets_written / messages,
        counters.checkpoints,
        counters.checkpoint_us / 1_000 / counters.checkpoints.max(1),
    );
}

/// Kills a process that has just loaded many messages, and opens what it left.
fn opening(directory: &str, messages: u64) {
    drop(std::fs::remove_dir_all(directory));
    let program = std::env::current_exe().unwrap();
    let killed = std::process::Command::new(program)
        .args([directory, &messages.to_string(), "load"])
        .status()
        .unwrap();
    assert!(!killed.success());
    let begin = Instant::now();
    let store = open(directory);
    println!(
        "opening {messages} messages after a kill: {} ms, {} records replayed",
        begin.elapsed().as_millis(),
        store.counters().records_replayed
    );
    let begin = Instant::now();
    for email in 0..2_000 {
        let octets = noise(email * (messages / 2_000).max(1));
        let hash = BodyHash(*blake3::hash(&octets).as_bytes());
        assert_eq!(store.body(&hash, 0..u64::MAX).unwrap(), octets);
    }
    println!("reading a body: {} us", begin.elapsed().as_micros() / 2_000);
    store.close().unwrap();
    drop(store);
    let begin = Instant::now();
    drop(open(directory));
    println!("opening after a close: {} ms", begin.elapsed().as_millis());
}
