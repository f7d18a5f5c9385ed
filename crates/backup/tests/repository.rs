//! Repositories as a whole: what is backed up comes back, whatever is cut, full, damaged or done at the same time.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests may be blunt"
)]

mod places;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use backup::{
    At, Content, Contents, Depth, Fault, FileKind, FileTaken, Folder, Keep, NotRead, Place,
    Pruning, Repository, Snapshot, Taken, Taking, Watch, Writing,
};

use self::places::{Failing, FailingAt};

const PASSWORD: &str = "a long password";
const PATH: &str = "/ana@example.org";

/// What is backed up, by paths.
type Model = BTreeMap<String, Vec<u8>>;

/// Gives the files of a model, and counts those that are asked for.
struct Given {
    files: Vec<Vec<u8>>,
    asked: AtomicU64,
    damaged: Option<u64>,
}

impl Contents for Given {
    fn open(&self, number: u64) -> Result<Box<dyn Read + Send>, NotRead> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.damaged == Some(number) {
            return Err(NotRead::LeftOut("it is damaged".to_owned()));
        }
        let octets = self.files[number as usize].clone();
        Ok(Box::new(io::Cursor::new(octets)))
    }
}

fn mark(octets: &[u8]) -> [u8; 8] {
    let sum = octets.iter().fold(7u64, |sum, octet| {
        sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(u64::from(*octet) + 1)
    });
    sum.to_be_bytes()
}

fn given(model: &Model) -> Given {
    let files = model.values().cloned().collect();
    Given { files, asked: AtomicU64::new(0), damaged: None }
}

fn taking(model: &Model, time_s: i64) -> Taking {
    let files = model.iter().enumerate().map(|(number, (path, octets))| FileTaken {
        path: path.clone(),
        octets: octets.len() as u64,
        time_s: 1_700_000_000,
        mark: mark(octets),
        content: Content::Asked(number as u64),
    });
    Taking {
        path: PATH.to_owned(),
        machine: "machine".to_owned(),
        tags: vec!["mail".to_owned()],
        time_s,
        files: files.collect(),
        writing: Writing::Write,
    }
}

fn back_up(repository: &Repository, model: &Model, time_s: i64) -> Result<Taken, Fault> {
    repository.back_up(taking(model, time_s), Arc::new(given(model)))
}

fn restored(repository: &Repository, snapshot: &Snapshot) -> Model {
    let reading = repository.read_in().unwrap();
    let files = reading.files(snapshot).unwrap();
    files.iter().map(|entry| (entry.path.clone(), reading.octets(entry).unwrap())).collect()
}

fn folder(root: &Path) -> Arc<dyn Place> {
    Arc::new(Folder::new(root.join("repository")))
}

fn create(place: &Arc<dyn Place>) -> Repository {
    Repository::create(Arc::clone(place), PASSWORD, Watch::nobody()).unwrap()
}

/// Octets that do not compress, the same each time.
fn noise(seed: u64, octets: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2) | 1;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..octets).map(|_| next()).collect()
}

fn mail() -> Model {
    let mut model = Model::new();
    for number in 0..40 {
        let path = format!("INBOX/correio-2026-{:02}/{number}.eml", number % 3 + 1);
        model.insert(path, noise(number, 2000 + number as usize * 37));
    }
    model.insert("Work/2026/1.eml".to_owned(), b"From: a\r\n\r\nb".to_vec());
    model.insert("Work/large.eml".to_owned(), noise(99, 3 << 20));
    model.insert("empty.eml".to_owned(), Vec::new());
    model
}

#[test]
fn what_is_backed_up_comes_back_and_only_what_is_new_is_read() {
    let root = tempfile::tempdir().unwrap();
    let repository = create(&folder(root.path()));
    let mut model = mail();
    let mut kept: Vec<(Snapshot, Model)> = Vec::new();
    for round in 0..6u64 {
        let contents = Arc::new(given(&model));
        let taken = repository.back_up(taking(&model, 1000 + round as i64), contents.clone());
        let taken = taken.unwrap();
        let asked = contents.asked.load(Ordering::Relaxed);
        let new = match kept.last() {
            None => model.len(),
            Some((_, before)) => {
                model.iter().filter(|(path, octets)| before.get(*path) != Some(octets)).count()
            }
        };
        assert_eq!((asked, taken.new_files), (new as u64, new as u64), "round {round}");
        assert_eq!(taken.is_same, kept.last().is_some_and(|(_, before)| *before == model));
        kept.push((taken.snapshot, model.clone()));
        match round {
            0 => {}
            1 => drop(model.remove("Work/large.eml")),
            2 => {
                model.insert("Sent/1.eml".to_owned(), noise(5, 4000));
                model.insert("INBOX/correio-2026-01/0.eml".to_owned(), noise(6, 2000));
            }
            _ => drop(model.pop_first()),
        }
    }
    for (snapshot, model) in &kept {
        assert!(restored(&repository, snapshot) == *model, "{}", snapshot.id);
    }
    let snapshots = repository.snapshots().unwrap();
    let at = |at| Snapshot::find(snapshots.iter(), at).unwrap().map(|found| found.time_s);
    assert_eq!(at(At::Newest), Some(1005));
    assert_eq!(at(At::Moment(1003)), Some(1003));
    assert_eq!(at(At::Moment(999)), None);
    assert_eq!(at(At::Named(&snapshots[2].id[..10])), Some(1002));
    assert!(Snapshot::find(snapshots.iter(), At::Named("")).is_err());
    let checked = repository.check(Depth::Everything).unwrap();
    assert_eq!((checked.findings, checked.snapshots), (vec![], 6));
}

#[test]
fn the_newest_is_the_newest_also_when_both_are_of_one_second() {
    let root = tempfile::tempdir().unwrap();
    let repository = create(&folder(root.path()));
    let mut model = mail();
    // The last clock is wrong by too much to be followed.
    for (time_s, want) in [(1000, 1000), (1000, 1001), (1000, 1002), (990, 1003), (500, 500)] {
        model.pop_first();
        let taken = back_up(&repository, &model, time_s).unwrap();
        assert_eq!(taken.snapshot.time_s, want);
        let snapshots = repository.snapshots().unwrap();
        let newest = Snapshot::find(snapshots.iter(), At::Newest).unwrap().unwrap();
        assert_eq!(newest.id == taken.snapshot.id, want >= 1000);
    }
}

#[test]
fn pretending_writes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let place = folder(root.path());
    let repository = create(&place);
    let model = mail();
    let pretended = Taking { writing: Writing::Pretend, ..taking(&model, 1) };
    let taken = repository.back_up(pretended, Arc::new(given(&model))).unwrap();
    assert_eq!(taken.new_files, model.len() as u64);
    assert!(repository.snapshots().unwrap().is_empty());
    assert!(place.list(FileKind::Pack).unwrap().is_empty());
}

#[test]
fn a_file_that_is_damaged_is_left_out_and_named() {
    let root = tempfile::tempdir().unwrap();
    let repository = create(&folder(root.path()));
    let model = mail();
    let contents = Given { damaged: Some(3), ..given(&model) };
    let taken = repository.back_up(taking(&model, 1), Arc::new(contents)).unwrap();
    let left_out = model.keys().nth(3).unwrap();
    assert_eq!(taken.left_out.len(), 1);
    assert_eq!(&taken.left_out[0].path, left_out);
    let mut rest = model.clone();
    rest.remove(left_out);
    assert!(restored(&repository, &taken.snapshot) == rest);
    // It is tried again the next time.
    let taken = back_up(&repository, &model, 2).unwrap();
    assert_eq!((taken.new_files, taken.left_out.len()), (1, 0));
    assert!(restored(&repository, &taken.snapshot) == model);
}

#[test]
fn a_run_that_is_cut_anywhere_leaves_a_whole_repository_and_the_next_completes_it() {
    let model = mail();
    let mut before = model.clone();
    before.retain(|path, _| path.contains("2026-01"));
    for full in [io::ErrorKind::StorageFull, io::ErrorKind::BrokenPipe] {
        for write in 0.. {
            let root = tempfile::tempdir().unwrap();
            let inner = folder(root.path());
            drop(create(&inner));
            let failing = Arc::new(Failing::new(Arc::clone(&inner)));
            let repository = Repository::open(failing.clone(), PASSWORD, Watch::nobody()).unwrap();
            back_up(&repository, &before, 1).unwrap();
            failing.fail(FailingAt { write, kind: full });
            let cut = back_up(&repository, &model, 2);
            failing.work_again();
            if let Ok(taken) = cut {
                assert!(write > 2, "packs, an index and a snapshot are written");
                assert!(restored(&repository, &taken.snapshot) == model);
                break;
            }
            let fault = cut.unwrap_err();
            assert_eq!(fault.is_full(), full == io::ErrorKind::StorageFull, "{fault}");
            let snapshots = repository.snapshots().unwrap();
            assert_eq!(snapshots.len(), 1, "write {write}: no snapshot of what is not whole");
            assert!(restored(&repository, &snapshots[0]) == before);
            let checked = repository.check(Depth::Everything).unwrap();
            assert_eq!(checked.findings, [], "write {write}");
            let taken = back_up(&repository, &model, 3).unwrap();
            assert!(restored(&repository, &taken.snapshot) == model);
        }
    }
}

#[test]
fn a_bit_that_flips_is_found_and_what_it_hits_is_named() {
    let root = tempfile::tempdir().unwrap();
    let place = folder(root.path());
    let repository = create(&place);
    let model = mail();
    back_up(&repository, &model, 1).unwrap();
    let mut kinds = 0;
    for kind in FileKind::NAMED_BY_CONTENT {
        let files = place.list(kind).unwrap();
        assert!(!files.is_empty());
        for (file, octets) in files {
            kinds += 1;
            let path = root.path().join("repository").join(file.path());
            let whole = std::fs::read(&path).unwrap();
            let mut damaged = whole.clone();
            damaged[octets as usize / 3] ^= 0x10;
            std::fs::write(&path, &damaged).unwrap();
            let checked = repository.check(Depth::Everything).unwrap();
            let named = checked.findings.iter().any(|one| one.file.as_ref() == Some(&file));
            assert!(named, "{file}: {:?}", checked.findings);
            if kind == FileKind::Pack {
                assert!(!checked.hit.is_empty(), "{file}");
                let ours = checked.hit.iter().all(|hit| hit.starts_with(PATH));
                assert!(ours, "{:?}", checked.hit);
            }
            std::fs::write(&path, &whole).unwrap();
        }
    }
    assert!(kinds >= 5, "a key, a snapshot, an index, packs of files and of folders");
    assert_eq!(repository.check(Depth::Everything).unwrap().findings, []);
    // A pack that is gone, or cut, is found without reading all.
    let (file, _) = place.list(FileKind::Pack).unwrap().remove(0);
    place.remove(&file).unwrap();
    assert!(!repository.check(Depth::Structure).unwrap().findings.is_empty());
}

#[test]
fn a_damaged_key_or_configuration_is_no_wrong_password() {
    let root = tempfile::tempdir().unwrap();
    let place = folder(root.path());
    drop(create(&place));
    let open = |password| Repository::open(Arc::clone(&place), password, Watch::nobody());
    assert!(matches!(open("another").unwrap_err(), Fault::Password(_)));
    assert!(open(PASSWORD).unwrap().snapshots().unwrap().is_empty());
    for (kind, at) in [(FileKind::Key, 200), (FileKind::Config, 40)] {
        let (file, _) = place.list(kind).unwrap().remove(0);
        let path = root.path().join("repository").join(file.path());
        let whole = std::fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let fault = open(PASSWORD).unwrap_err();
        assert!(
            matches!(&fault, Fault::Damaged { file: named, .. } if *named == file.path()),
            "{fault}"
        );
        std::fs::write(&path, &whole).unwrap();
    }
    let nowhere: Arc<dyn Place> = Arc::new(Folder::new(root.path().join("nowhere")));
    assert!(matches!(
        Repository::open(nowhere, PASSWORD, Watch::nobody()).unwrap_err(),
        Fault::Missing(_)
    ));
}

#[test]
fn two_runs_at_once_both_succeed_and_nobody_prunes_meanwhile() {
    let root = tempfile::tempdir().unwrap();
    let place = folder(root.path());
    let repository = create(&place);
    let (one, mut two) = (mail(), mail());
    two.insert("more.eml".to_owned(), noise(77, 9000));
    let taken = std::thread::scope(|scope| {
        let both = [&one, &two].map(|model| scope.spawn(|| back_up(&repository, model, 5)));
        both.map(|run| run.join().unwrap().unwrap())
    });
    assert!(restored(&repository, &taken[0].snapshot) == one);
    assert!(restored(&repository, &taken[1].snapshot) == two);
    assert_eq!(repository.check(Depth::Everything).unwrap().findings, []);
    let other: Arc<dyn Place> = folder(root.path());
    let held = other.hold(backup::Sharing::Shared).unwrap();
    assert!(matches!(repository.prune(pruning(Writing::Write)).unwrap_err(), Fault::Busy(_)));
    drop(held);
    repository.prune(pruning(Writing::Write)).unwrap();
}

fn pruning(writing: Writing) -> Pruning {
    let keep = Keep { daily: 2, monthly: 2, ..Keep::default() };
    Pruning { keep, at_once: true, writing, now_s: 40 * 86_400 }
}

#[test]
fn pruning_keeps_what_the_rules_say_and_gives_room_back() {
    let root = tempfile::tempdir().unwrap();
    let place = folder(root.path());
    let repository = create(&place);
    let mut models = Vec::new();
    for day in 0..5i64 {
        let mut model = mail();
        model.insert("day.eml".to_owned(), noise(200 + day as u64, 300_000));
        back_up(&repository, &model, (30 + day) * 86_400).unwrap();
        models.push(model);
    }
    let room = || place.list(FileKind::Pack).unwrap().iter().map(|(_, octets)| octets).sum::<u64>();
    let before = room();
    let said = repository.prune(pruning(Writing::Pretend)).unwrap();
    assert_eq!((said.kept.len(), said.forgotten.len()), (3, 2));
    assert_eq!((room(), repository.snapshots().unwrap().len()), (before, 5));
    let done = repository.prune(pruning(Writing::Write)).unwrap();
    assert_eq!((done.kept.len(), done.forgotten.len()), (3, 2));
    let snapshots = repository.snapshots().unwrap();
    assert_eq!(snapshots.iter().map(|one| one.time_s / 86_400).collect::<Vec<_>>(), [30, 33, 34]);
    assert!(room() + 500_000 < before, "{} of {before}", room());
    for (snapshot, day) in snapshots.iter().zip([0, 3, 4]) {
        assert!(restored(&repository, snapshot) == models[day]);
    }
    assert_eq!(repository.check(Depth::Everything).unwrap().findings, []);
}
