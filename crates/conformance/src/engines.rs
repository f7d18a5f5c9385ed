//! The port by itself: batches are whole, checks hold, keys are in order, snapshots stand still, bodies live as long as
//! something refers to them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, CommitError, Engine, Snapshot, StagedBody};
use mailbox::{AccountId, BodyHash, EmailId, keys};

use super::Random;

/// Runs the tests of the port.
pub async fn run(make: impl Fn() -> Arc<dyn Engine>) {
    what_is_put_is_there_and_what_is_deleted_is_not(make()).await;
    a_batch_whose_check_fails_changes_nothing(make()).await;
    of_two_batches_with_the_same_check_one_passes(make()).await;
    ranges_are_in_order_and_end_where_asked(make()).await;
    the_last_key_of_a_range_is_found(make()).await;
    snapshots_stand_still(make()).await;
    random_batches_agree_with_a_plain_map(make()).await;
    bodies_are_kept_once_and_read_in_ranges(make()).await;
    a_body_lives_as_long_as_one_of_its_references(make()).await;
    a_body_that_went_can_come_again(make()).await;
    a_batch_that_is_refused_leaves_no_body(make()).await;
    large_bodies_go_through_a_writer(make()).await;
    a_body_writer_that_is_dropped_leaves_nothing(make()).await;
    batches_at_the_same_time_all_pass(make()).await;
    commits_are_seen_by_the_next_snapshot(make()).await;
    empty_and_long_values_are_kept(make()).await;
}

/// A key in a space of its own.
fn key(text: &str) -> Vec<u8> {
    [&[keys::SETTINGS], text.as_bytes()].concat()
}

fn value(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn puts(pairs: &[(&str, &str)]) -> Batch {
    let puts = pairs.iter().map(|(k, v)| (key(k), value(v))).collect();
    Batch { puts, ..Batch::default() }
}

async fn commit(engine: &Arc<dyn Engine>, batch: Batch) {
    engine.commit(batch).await.expect("the batch passes");
}

fn get(engine: &Arc<dyn Engine>, text: &str) -> Option<Bytes> {
    engine.snapshot().unwrap().get(&key(text)).unwrap()
}

fn all(snapshot: &dyn Snapshot, start: &[u8], end: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    snapshot
        .range(start..end, &mut |key, value| {
            found.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

async fn what_is_put_is_there_and_what_is_deleted_is_not(engine: Arc<dyn Engine>) {
    assert_eq!(get(&engine, "a"), None);
    commit(&engine, puts(&[("a", "1"), ("b", "2")])).await;
    assert_eq!(get(&engine, "a"), Some(value("1")));
    let mut batch = puts(&[("b", "3")]);
    batch.deletes = vec![key("a"), key("never there")];
    commit(&engine, batch).await;
    assert_eq!((get(&engine, "a"), get(&engine, "b")), (None, Some(value("3"))));
}

async fn a_batch_whose_check_fails_changes_nothing(engine: Arc<dyn Engine>) {
    commit(&engine, puts(&[("a", "1")])).await;
    for check in [
        (key("a"), None),
        (key("a"), Some(value("2"))),
        (key("a"), Some(value(""))),
        (key("b"), Some(value("1"))),
        (key("b"), Some(value(""))),
    ] {
        let mut batch = puts(&[("c", "3"), ("a", "9")]);
        batch.deletes = vec![key("d")];
        // One that holds does not help.
        batch.checks = vec![(key("a"), Some(value("1"))), check];
        let refused = engine.commit(batch).await;
        assert!(matches!(refused, Err(CommitError::Conflict)), "{refused:?}");
    }
    assert_eq!((get(&engine, "a"), get(&engine, "c")), (Some(value("1")), None));
    let mut batch = puts(&[("a", "2")]);
    batch.checks = vec![(key("a"), Some(value("1"))), (key("b"), None)];
    commit(&engine, batch).await;
    assert_eq!(get(&engine, "a"), Some(value("2")));
}

async fn of_two_batches_with_the_same_check_one_passes(engine: Arc<dyn Engine>) {
    commit(&engine, puts(&[("counter", "0")])).await;
    let attempts: Vec<_> = (0..20)
        .map(|number| {
            let name = format!("winner {number}");
            let mut batch = puts(&[("counter", "1"), (&name, "x")]);
            batch.checks = vec![(key("counter"), Some(value("0")))];
            tokio::spawn(engine.commit(batch))
        })
        .collect();
    let mut passed = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(()) => passed += 1,
            Err(CommitError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(passed, 1);
    let snapshot = engine.snapshot().unwrap();
    assert_eq!(all(&*snapshot, &key("winner"), &key("winnes")).len(), 1);
}

async fn ranges_are_in_order_and_end_where_asked(engine: Arc<dyn Engine>) {
    let mut batch = Batch::default();
    for first in [0u8, 1, 127, 128, 255] {
        for rest in [&[][..], &[0], &[255], &[0, 255], &[255, 255, 255]] {
            batch.puts.push(([&[keys::SETTINGS, first], rest].concat(), value("v")));
        }
    }
    batch.puts.push((vec![keys::SETTINGS], value("v")));
    let mut keys_put: Vec<Vec<u8>> = batch.puts.iter().map(|(key, _)| key.clone()).collect();
    keys_put.sort();
    commit(&engine, batch).await;
    let snapshot = engine.snapshot().unwrap();
    for start in &keys_put {
        for end in &keys_put {
            let found: Vec<_> = all(&*snapshot, start, end).into_iter().map(|(k, _)| k).collect();
            let inside = |key: &&Vec<u8>| *key >= start && *key < end;
            let want: Vec<Vec<u8>> = keys_put.iter().filter(inside).cloned().collect();
            assert_eq!(found, want, "{start:?} to {end:?}");
        }
    }
    let mut seen = 0;
    let mut visit = |_: &[u8], _: &[u8]| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    snapshot.range(&[keys::SETTINGS]..&[keys::SETTINGS + 1], &mut visit).unwrap();
    assert_eq!(seen, 3);
}

async fn the_last_key_of_a_range_is_found(engine: Arc<dyn Engine>) {
    let names: Vec<String> = (0..500).map(|number| format!("{number:03}")).collect();
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "v")).collect();
    commit(&engine, puts(&pairs)).await;
    let snapshot = engine.snapshot().unwrap();
    let last = |start: &str, end: &str| {
        let found = snapshot.last(&key(start)..&key(end)).unwrap();
        found.map(|(key, _)| String::from_utf8(key[1..].to_vec()).unwrap())
    };
    assert_eq!(last("000", "250"), Some("249".to_owned()));
    assert_eq!(last("000", "2495"), Some("249".to_owned()));
    assert_eq!(last("499", "9"), Some("499".to_owned()));
    assert_eq!(last("000", "001"), Some("000".to_owned()));
    assert_eq!(last("250", "250"), None);
    assert_eq!(last("5", "9"), None);
    assert_eq!(last("", "0"), None);
}

async fn snapshots_stand_still(engine: Arc<dyn Engine>) {
    commit(&engine, puts(&[("a", "1"), ("b", "1")])).await;
    let before = engine.snapshot().unwrap();
    let mut batch = puts(&[("a", "2"), ("c", "2")]);
    batch.deletes = vec![key("b")];
    commit(&engine, batch).await;
    assert_eq!(before.get(&key("a")).unwrap(), Some(value("1")));
    assert_eq!(before.get(&key("b")).unwrap(), Some(value("1")));
    let old = all(&*before, &key(""), &key("z"));
    assert_eq!(old, [(key("a"), b"1".to_vec()), (key("b"), b"1".to_vec())]);
    let after = engine.snapshot().unwrap();
    let new = all(&*after, &key(""), &key("z"));
    assert_eq!(new, [(key("a"), b"2".to_vec()), (key("c"), b"2".to_vec())]);
}

async fn random_batches_agree_with_a_plain_map(engine: Arc<dyn Engine>) {
    let mut random = Random::seeded(5);
    let mut plain: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for round in 0..150u32 {
        let mut batch = Batch::default();
        let mut touched = std::collections::BTreeSet::new();
        for _ in 0..random.below(20) {
            let key = key(&format!("{:02}", random.below(60)));
            if !touched.insert(key.clone()) {
                continue;
            }
            if random.once_in(3) {
                plain.remove(&key);
                batch.deletes.push(key);
            } else {
                let text = format!("{round}{}", "x".repeat(random.below(40)));
                plain.insert(key.clone(), text.clone().into_bytes());
                batch.puts.push((key, value(&text)));
            }
        }
        commit(&engine, batch).await;
        let snapshot = engine.snapshot().unwrap();
        let kept = all(&*snapshot, &key(""), &key("z"));
        assert_eq!(kept, plain.clone().into_iter().collect::<Vec<_>>(), "round {round}");
        let some = key(&format!("{:02}", random.below(60)));
        let got = snapshot.get(&some).unwrap().map(|value| value.to_vec());
        assert_eq!(got.as_ref(), plain.get(&some));
        let asked = random.below(40);
        let mut asked: Vec<_> =
            (0..asked).map(|_| key(&format!("{:02}", random.below(60)))).collect();
        if random.once_in(2) {
            asked.sort();
        }
        let got = snapshot.values(&asked).unwrap().into_iter();
        let got: Vec<_> = got.map(|value| value.map(|value| value.to_vec())).collect();
        let want: Vec<_> = asked.iter().map(|key| plain.get(key).cloned()).collect();
        assert_eq!(got, want, "several values in round {round}");
        let last = snapshot.last(&key("")..&some).unwrap().map(|(key, _)| key.to_vec());
        assert_eq!(last.as_ref(), plain.range(key("")..some).next_back().map(|(key, _)| key));
    }
}

fn body(octets: &[u8]) -> StagedBody {
    StagedBody {
        hash: BodyHash(*blake3::hash(octets).as_bytes()),
        octets: octets.len() as u64,
        source: BodySource::Memory(Bytes::copy_from_slice(octets)),
    }
}

fn reference(body: &StagedBody, account: u32, email: u64) -> Vec<u8> {
    keys::body_reference(&body.hash, AccountId(account), EmailId(email))
}

fn keeping(body: &StagedBody, account: u32, email: u64) -> Batch {
    Batch {
        puts: vec![(reference(body, account, email), Bytes::new())],
        bodies: vec![body.clone()],
        ..Batch::default()
    }
}

fn dropping(body: &StagedBody, account: u32, email: u64) -> Batch {
    Batch { deletes: vec![reference(body, account, email)], ..Batch::default() }
}

async fn bodies_are_kept_once_and_read_in_ranges(engine: Arc<dyn Engine>) {
    let octets: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
    let body = body(&octets);
    // Twice in one batch, and again in another.
    let mut batch = keeping(&body, 1, 1);
    batch.puts.push((reference(&body, 1, 2), Bytes::new()));
    batch.bodies.push(body.clone());
    commit(&engine, batch).await;
    commit(&engine, keeping(&body, 2, 1)).await;
    let end = octets.len();
    for (start, stop) in [
        (0, end),
        (0, 0),
        (5, 6),
        (end - 1, end),
        (70_000, 200_000),
        (end, end + 9),
        (end + 5, end + 9),
    ] {
        let read = engine.body(&body.hash, start as u64..stop as u64).unwrap();
        assert_eq!(&read[..], &octets[start.min(end)..stop.min(end)], "{start} to {stop}");
    }
    let whole = engine.body(&body.hash, 0..u64::MAX).unwrap();
    assert_eq!(whole.len(), end);
    assert!(engine.body(&BodyHash([9; 32]), 0..1).is_err(), "a body that was never kept");
    let nothing = self::body(b"");
    commit(&engine, keeping(&nothing, 1, 3)).await;
    assert!(engine.body(&nothing.hash, 0..10).unwrap().is_empty());
}

async fn a_body_lives_as_long_as_one_of_its_references(engine: Arc<dyn Engine>) {
    let (one, two) = (body(b"one"), body(b"two"));
    commit(&engine, keeping(&one, 1, 1)).await;
    commit(&engine, keeping(&one, 2, 9)).await;
    commit(&engine, keeping(&two, 1, 2)).await;
    commit(&engine, dropping(&one, 1, 1)).await;
    commit(&engine, dropping(&two, 1, 2)).await;
    assert_eq!(&engine.body(&one.hash, 0..9).unwrap()[..], b"one");
    // A copy: a reference to a body that is there already, without its octets.
    let copy = Batch { puts: vec![(reference(&one, 3, 3), Bytes::new())], ..Batch::default() };
    commit(&engine, copy).await;
    commit(&engine, dropping(&one, 2, 9)).await;
    assert_eq!(&engine.body(&one.hash, 0..9).unwrap()[..], b"one");
}

async fn a_body_that_went_can_come_again(engine: Arc<dyn Engine>) {
    let body = body(b"again");
    for round in 0..3 {
        commit(&engine, keeping(&body, 1, round)).await;
        assert_eq!(&engine.body(&body.hash, 0..9).unwrap()[..], b"again");
        commit(&engine, dropping(&body, 1, round)).await;
    }
    // One reference goes in the same batch in which another comes.
    commit(&engine, keeping(&body, 1, 10)).await;
    let mut batch = keeping(&body, 1, 11);
    batch.deletes = vec![reference(&body, 1, 10)];
    commit(&engine, batch).await;
    assert_eq!(&engine.body(&body.hash, 0..9).unwrap()[..], b"again");
}

async fn a_batch_that_is_refused_leaves_no_body(engine: Arc<dyn Engine>) {
    let body = body(b"refused");
    let mut batch = keeping(&body, 1, 1);
    batch.checks = vec![(key("absent"), Some(value("x")))];
    assert!(matches!(engine.commit(batch).await, Err(CommitError::Conflict)));
    assert!(engine.body(&body.hash, 0..9).is_err());
    commit(&engine, keeping(&body, 1, 1)).await;
    assert_eq!(&engine.body(&body.hash, 0..9).unwrap()[..], b"refused");
}

async fn staged(engine: &Arc<dyn Engine>, octets: &[u8]) -> StagedBody {
    let mut writer = engine.write_body().unwrap();
    for piece in octets.chunks(50_000) {
        writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    let source = BodySource::Engine(writer.finish().await.unwrap());
    StagedBody { source, ..body(octets) }
}

async fn large_bodies_go_through_a_writer(engine: Arc<dyn Engine>) {
    let octets: Vec<u8> = (0..700_000u32).map(|n| (n / 7 % 253) as u8).collect();
    let first = staged(&engine, &octets).await;
    assert!(engine.body(&first.hash, 0..9).is_err(), "not committed yet");
    for range in [0..9, 262_140..262_150, 699_999..u64::MAX, 700_000..700_001] {
        let within = |at: u64| usize::try_from(at).unwrap().min(octets.len());
        let want = &octets[within(range.start)..within(range.end)];
        assert_eq!(&engine.staged(&first, range.clone()).unwrap()[..], want, "{range:?}");
    }
    let held = body(b"held in memory");
    assert_eq!(&engine.staged(&held, 5..7).unwrap()[..], b"in");
    commit(&engine, keeping(&first, 1, 1)).await;
    // The same octets again, staged anew and from the same note.
    commit(&engine, keeping(&first, 1, 2)).await;
    let again = staged(&engine, &octets).await;
    commit(&engine, keeping(&again, 2, 1)).await;
    drop((first, again));
    let hash = body(&octets).hash;
    assert_eq!(&engine.body(&hash, 0..u64::MAX).unwrap()[..], &octets[..]);
    assert_eq!(&engine.body(&hash, 650_000..650_010).unwrap()[..], &octets[650_000..650_010]);
}

async fn a_body_writer_that_is_dropped_leaves_nothing(engine: Arc<dyn Engine>) {
    let mut writer = engine.write_body().unwrap();
    writer.write(Bytes::from_static(b"half")).await.unwrap();
    drop(writer);
    let finished = staged(&engine, b"whole, but never committed").await;
    let hash = finished.hash;
    drop(finished);
    assert!(engine.body(&hash, 0..9).is_err());
    commit(&engine, puts(&[("a", "1")])).await;
    assert_eq!(get(&engine, "a"), Some(value("1")));
}

async fn batches_at_the_same_time_all_pass(engine: Arc<dyn Engine>) {
    let commits: Vec<_> = (0..200u64)
        .map(|number| {
            let text = format!("body {}", number % 50);
            let body = body(text.as_bytes());
            let mut batch = keeping(&body, 1, number);
            batch.puts.push((key(&format!("{number:03}")), value(&text)));
            tokio::spawn(engine.commit(batch))
        })
        .collect();
    for commit in commits {
        commit.await.unwrap().unwrap();
    }
    let snapshot = engine.snapshot().unwrap();
    let kept = all(&*snapshot, &key(""), &key("z"));
    assert_eq!(kept.len(), 200);
    for (_, text) in kept {
        let hash = body(&text).hash;
        assert_eq!(&engine.body(&hash, 0..99).unwrap()[..], &text[..]);
    }
}

async fn commits_are_seen_by_the_next_snapshot(engine: Arc<dyn Engine>) {
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                for number in 0..25 {
                    let (name, text) = (format!("writer {writer}"), number.to_string());
                    commit(&engine, puts(&[(&name, &text)])).await;
                    assert_eq!(get(&engine, &name), Some(value(&text)));
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn empty_and_long_values_are_kept(engine: Arc<dyn Engine>) {
    let long = "v".repeat(300_000);
    let name = "k".repeat(1_100);
    commit(&engine, puts(&[("empty", ""), ("long", &long), (&name, "named")])).await;
    assert_eq!(get(&engine, "empty"), Some(Bytes::new()));
    assert_eq!(get(&engine, "long"), Some(value(&long)));
    assert_eq!(get(&engine, &name), Some(value("named")));
}
