//! Checking: what is damaged or missing, and which files of which snapshots that hits.

use std::collections::{BTreeMap, BTreeSet};

use rustic_core::CheckOptions;
use sha2::{Digest as _, Sha256};

use crate::fault::Fault;
use crate::limits::HIT_NAMED_MAX;
use crate::place::{File, FileKind};
use crate::reading::Reading;
use crate::repository::{Repository, placed};
use crate::watch::Step;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// All but the packs: whether all that is needed is there, in its length.
    Structure,
    /// Every octet.
    Everything,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file of the repository; none: something that has no file of its own.
    pub file: Option<File>,
    /// What is wrong with it.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// How many files were looked at.
    pub files: u64,
    /// How many octets were read.
    pub octets: u64,
    /// How many snapshots there are.
    pub snapshots: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What cannot be restored whole any more: the folder of the snapshot and the path, each once.
    pub hit: Vec<String>,
    /// How many more there are.
    pub hit_more: u64,
}

impl Repository {
    /// Looks through the whole repository.
    pub fn check(&self, depth: Depth) -> Result<Checked, Fault> {
        let mut checked = Checked::default();
        let mut bad_packs = BTreeSet::new();
        for file in self.read_files(depth, &mut checked)? {
            if file.kind == FileKind::Pack {
                bad_packs.insert(file.id.clone());
            }
        }
        // With a damaged index or snapshot nobody can say what hangs together; they are named already.
        match self.trouble.instead(self.library.check(CheckOptions::default())) {
            Ok(results) => {
                for (_, finding) in &results.0 {
                    let what = finding.to_string();
                    // A run that was cut off, or that is under way, has brought packs that nothing names yet.
                    if !what.contains("not referenced in index") {
                        let file = None;
                        checked.findings.push(Finding { file, what: one_line(&what) });
                    }
                }
            }
            Err(fault) => {
                if checked.findings.is_empty() {
                    checked.findings.push(Finding { file: None, what: fault.to_string() });
                }
            }
        }
        if !checked.findings.is_empty() {
            self.name_hit(&bad_packs, &mut checked);
        }
        Ok(checked)
    }

    /// Reads files and compares them with their names. Gives those that are damaged.
    fn read_files(&self, depth: Depth, checked: &mut Checked) -> Result<Vec<File>, Fault> {
        let kinds = FileKind::NAMED_BY_CONTENT.into_iter();
        let mut files = Vec::new();
        for kind in kinds {
            let listed = self.place.list(kind);
            let listed = placed(&*self.place, "listing", kind.folder(), listed)?;
            if kind == FileKind::Snapshot {
                checked.snapshots = u64::try_from(listed.len()).unwrap_or(u64::MAX);
            }
            checked.files =
                checked.files.saturating_add(u64::try_from(listed.len()).unwrap_or(u64::MAX));
            if kind != FileKind::Pack || depth == Depth::Everything {
                files.extend(listed);
            }
        }
        let of = files.iter().map(|(_, octets)| octets).sum();
        let mut damaged = Vec::new();
        for (file, octets) in files {
            let what = match self.place.read(&file) {
                Ok(octets) if digest(&octets) == file.id => None,
                Ok(_) => Some("it is not what was written".to_owned()),
                Err(error) => Some(format!("it cannot be read: {error}")),
            };
            checked.octets = checked.octets.saturating_add(octets);
            self.watch.step(Step { done: checked.octets, of });
            if let Some(what) = what {
                checked.findings.push(Finding { file: Some(file.clone()), what });
                damaged.push(file);
            }
        }
        Ok(damaged)
    }

    /// Names what cannot be restored whole. What cannot even be listed is a finding already.
    fn name_hit(&self, bad_packs: &BTreeSet<String>, checked: &mut Checked) {
        let Ok(reading) = self.read_in() else { return };
        let Ok(snapshots) = self.snapshots_that_can_be_read() else { return };
        let mut hit: BTreeMap<String, ()> = BTreeMap::new();
        for snapshot in snapshots {
            let mut found = Vec::new();
            let name = |path: &str| format!("{}/{path}", snapshot.path);
            let mut missing = |path: &str, _| {
                hit.insert(name(path), ());
                Ok(())
            };
            let _ = reading.walk(&snapshot, &mut |entry| found.push(entry), &mut missing);
            let broken = found.into_iter().filter(|entry| !reading.is_whole(entry, bad_packs));
            hit.extend(broken.map(|entry| (name(&entry.path), ())));
        }
        let all = hit.len();
        checked.hit = hit.into_keys().take(HIT_NAMED_MAX).collect();
        checked.hit_more = u64::try_from(all.saturating_sub(checked.hit.len())).unwrap_or(u64::MAX);
    }

    /// The snapshots, without those that are damaged.
    fn snapshots_that_can_be_read(&self) -> Result<Vec<crate::Snapshot>, Fault> {
        let listed = self.place.list(FileKind::Snapshot);
        let listed = placed(&*self.place, "listing", "snapshots", listed)?;
        let ids: Vec<String> = listed.into_iter().map(|(file, _)| file.id).collect();
        let one = |id: &String| self.trouble.instead(self.library.get_snapshots(&[id])).ok();
        let files = ids.iter().filter_map(one).flatten();
        Ok(files.map(crate::Snapshot::of).collect())
    }
}

impl Reading {
    /// Whether all pieces of a file are known, and none lies in a pack that is damaged.
    fn is_whole(&self, entry: &crate::Entry, bad_packs: &BTreeSet<String>) -> bool {
        entry.node.content.iter().flatten().all(|piece| {
            self.library
                .get_index_entry(piece)
                .is_ok_and(|found| !bad_packs.contains(found.pack.to_hex().as_str()))
        })
    }
}

/// The name of a file with these octets.
pub(crate) fn digest(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
