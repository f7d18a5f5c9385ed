//! Mends a store: keeps everything that can be read, from the journal and from the index, says what was lost, and makes
//! the index anew. Nothing is deleted: what is replaced is put aside.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::aside::put_aside;
use crate::check::{Checked, check};
use crate::disk::Disk;
use crate::fault::{Doing, OpenError};
use crate::finding::{Finding, Findings, Report};
use crate::index::{INDEX, Index, UNBORN};
use crate::journal::Journal;
use crate::mend::{Between, Role, first_sequence, mend};
use crate::open::{Opening, REPAIRING, has_format, lock, open_for, ready_for_more, replay_all};
use crate::options::Options;
use crate::reserve::Reserve;
use crate::segment::{Segments, numbers};
use crate::suspicion::Suspicion;
use crate::witness::{Told, Witness};

const DOING: &str = "repairing the store";

/// What a repair came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// What was damaged, as far as it fits.
    pub findings: Vec<Finding>,
    /// Segments that were replaced; the damaged ones are in the directory `aside`.
    pub segments: Vec<u32>,
    /// Changes that the journal had lost and the index still knew.
    pub restored: u64,
    /// What a check says afterwards: bodies that are damaged or lost for good.
    pub checked: Checked,
}

/// Repairs a store that is not open. The index is made anew from the segments in any case. It needs room for a
/// second index and for a copy of each damaged segment.
///
/// Killed anywhere, it leaves a store that is not opened until it has been repaired to the end.
pub fn repair(
    disk: &Arc<dyn Disk>,
    options: &Options,
    report: &mut dyn FnMut(Report<'_>),
) -> Result<Repaired, OpenError> {
    let mut repaired = Repaired::default();
    let held = lock(&**disk)?;
    if !has_format(&**disk)? {
        return Err(OpenError::NotAStore {
            what: "it has no file that says its format".to_owned(),
        });
    }
    begin(&**disk)?;
    let mut findings = Findings::new(report);
    let witness = Witness::find(&**disk, options)?;
    let mended = mend_all(disk, options, witness.as_ref(), &mut findings)?;
    repaired.segments = mended.replaced;
    if let Some(witness) = &witness {
        findings.progress("comparing the journal with the index", 0, 1);
        repaired.restored = restore(disk, options, witness, &mended.with_gaps)?;
    }
    drop(witness);
    repaired.findings = findings.list;
    if disk.open(INDEX).doing(DOING)?.is_some() {
        put_aside(&**disk, INDEX, INDEX)?;
        disk.sync_directory("").doing(DOING)?;
    }
    drop(held);
    drop(open_for(Opening::ForRepair, disk.clone(), options.clone())?);
    Suspicion::forget(&**disk)?;
    end(&**disk)?;
    repaired.checked = check(disk, options, report)?;
    Ok(repaired)
}

/// Notes durably that a repair is under way.
fn begin(disk: &dyn Disk) -> Result<(), OpenError> {
    if !disk.list("").doing(DOING)?.iter().any(|file| file == REPAIRING) {
        disk.create(REPAIRING).doing(DOING)?;
    }
    disk.sync_directory("").doing(DOING)?;
    Ok(())
}

fn end(disk: &dyn Disk) -> Result<(), OpenError> {
    disk.remove(REPAIRING).doing(DOING)?;
    disk.sync_directory("").doing(DOING)?;
    Ok(())
}

/// What mending all segments came to.
struct Mending {
    replaced: Vec<u32>,
    with_gaps: BTreeSet<u32>,
}

/// Mends all segments, and makes those that the index counts on and that are gone.
fn mend_all(
    disk: &Arc<dyn Disk>,
    options: &Options,
    witness: Option<&Witness>,
    findings: &mut Findings<'_>,
) -> Result<Mending, OpenError> {
    let there = numbers(&**disk).doing("listing the journal")?;
    let segments = Arc::new(Segments::new(disk.clone(), &there, options.open_segments_max));
    let wanted = witness.into_iter().flat_map(Witness::counts_on);
    let all: BTreeSet<u32> = there.iter().copied().chain(wanted).collect();
    let of = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let proven = witness.map(|it| it.mark.stand);
    let mut mending = Mending { replaced: Vec::new(), with_gaps: BTreeSet::new() };
    let mut sequence = 1_u64;
    let mut before = 0_u32;
    for (done, segment) in (0_u64..).zip(all.iter().copied()) {
        findings.progress("reading the journal", done, of);
        let between = Between {
            follows: (segment == before.saturating_add(1)).then_some(sequence),
            at_least: sequence,
            before_next: first_sequence(&segments, segment.saturating_add(1)),
            proven: proven.map_or(0, |stand| stand.sequence),
        };
        let role = if Some(&segment) == all.last() { Role::Last } else { Role::Closed };
        let mended = mend(disk, &segments, segment, role, &between, findings)?;
        (sequence, before) = (mended.next_sequence, segment);
        if mended.is_replaced {
            mending.replaced.push(segment);
        }
        // A segment may also have been cut where nobody sees it but the index.
        let is_cut = proven.is_some_and(|stand| {
            stand.position.segment == segment && stand.sequence > mended.next_sequence
        });
        if mended.has_gaps || is_cut {
            mending.with_gaps.insert(segment);
        }
    }
    Ok(mending)
}

/// Writes to the journal what only the index knows.
fn restore(
    disk: &Arc<dyn Disk>,
    options: &Options,
    witness: &Witness,
    with_gaps: &BTreeSet<u32>,
) -> Result<u64, OpenError> {
    let there = numbers(&**disk).doing("listing the journal")?;
    let segments = Arc::new(Segments::new(disk.clone(), &there, options.open_segments_max));
    let reserve = Arc::new(Reserve::find(disk.clone(), 0).doing(DOING)?);
    let index = Index::make(&**disk, UNBORN, &reserve, options.index_cache_octets)?;
    let up = replay_all(index, &segments, options)?;
    let (file, stand) = ready_for_more(disk, &segments, &up.end)?;
    let mut journal = Journal::resume(disk.clone(), segments.clone(), file, stand, options)?;
    let base = up.visible.base();
    let told = Told { base: &base, segments: &segments, with_gaps };
    let restored = witness.restore(&told, &mut journal, options)?;
    drop((base, up));
    disk.remove(UNBORN).doing(DOING)?;
    Ok(restored)
}
