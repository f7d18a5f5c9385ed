//! Proves a store right: every record, every body, every way to a body, and the index against the journal.

use std::sync::Arc;

use mailbox::{BodyHash, Fault, keys};

use crate::base::Base;
use crate::body;
use crate::changes::reference_prefix;
use crate::disk::Disk;
use crate::encoding::octets_of;
use crate::entry::Entry;
use crate::fault::{Doing, OpenError, unpanicked};
use crate::finding::{Finding, Findings, Report};
use crate::index::Index;
use crate::location::Location;
use crate::mark::Live;
use crate::open::{Opened, Opening, has_format, lock, open_for, replay_all};
use crate::options::Options;
use crate::record::{Kind, Position};
use crate::scan::{Scanner, Stand, Step};
use crate::segment::{Segments, numbers};
use crate::store::Store;

/// Bodies are read in pieces of this size.
const PIECE_OCTETS: u64 = 1 << 20;
const UNBORN: &str = "check.next";

/// What a check came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong, as far as it fits; nothing if all is right.
    pub findings: Vec<Finding>,
    /// How many findings there were.
    pub count: u64,
    /// Records looked at.
    pub records: u64,
    /// Keys looked at.
    pub keys: u64,
    /// Bodies looked at.
    pub bodies: u64,
    /// Octets of them.
    pub octets: u64,
}

/// Checks a store that is not open. It needs room for a second index.
pub fn check(
    disk: &Arc<dyn Disk>,
    options: &Options,
    report: &mut dyn FnMut(Report<'_>),
) -> Result<Checked, OpenError> {
    let mut findings = Findings::new(report);
    let mut checked = Checked::default();
    let held = lock(&**disk)?;
    if !has_format(&**disk)? {
        return Err(OpenError::NotAStore {
            what: "it has no file that says its format".to_owned(),
        });
    }
    let found = numbers(&**disk).doing("listing the journal")?;
    let segments = Arc::new(Segments::new(disk.clone(), &found, options.open_segments_max));
    check_journal(&segments, None, &mut findings, &mut checked)?;
    drop(held);
    // Opening proves more, and brings the index up to the journal's end.
    match open_for(Opening::ForCheck, disk.clone(), options.clone()) {
        Ok(mut opened) => check_opened(&mut opened, options, &mut findings, &mut checked)?,
        Err(error @ (OpenError::InUse | OpenError::NewerFormat { .. })) => return Err(error),
        Err(error) => findings.add(Finding::Index { what: error.to_string() }),
    }
    checked.count = findings.count;
    checked.findings = findings.list;
    Ok(checked)
}

impl Store {
    /// Checks the journal and all bodies while the store works. What only `check` can prove on a store that is not
    /// open: that the index is what the journal says.
    pub fn check(&self, report: &mut dyn FnMut(Report<'_>)) -> Result<Checked, Fault> {
        let mut findings = Findings::new(report);
        let mut checked = Checked::default();
        // The index is looked at as it is on the disk.
        self.checkpoint()?;
        let (stand, view, pin) = self.errand(|committer| {
            let shared = &committer.shared;
            Ok((committer.journal.end(), shared.visible.base(), shared.segments.pin_all()))
        })?;
        let segments = &self.shared().segments;
        check_journal(segments, Some(stand.position), &mut findings, &mut checked)?;
        check_view(segments, &view, &mut findings, &mut checked)?;
        drop(pin);
        checked.count = findings.count;
        checked.findings = findings.list;
        Ok(checked)
    }
}

/// Looks at every record of every segment, up to a place if one is given.
fn check_journal(
    segments: &Segments,
    end: Option<Position>,
    findings: &mut Findings<'_>,
    checked: &mut Checked,
) -> Result<(), Fault> {
    let numbers = segments.numbers();
    let last = numbers.last().copied();
    let of = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
    for (done, segment) in (0_u64..).zip(numbers.iter().copied()) {
        findings.progress("checking the journal", done, of);
        let bad = |offset, what: String| Finding::Journal { segment, offset, what };
        let Some(file) = segments.file(segment)? else { continue };
        let mut scanner = Scanner::new(file, Stand::at_start(segment))?;
        let mut sealed = false;
        loop {
            let offset = scanner.stand().position.offset;
            if end.is_some_and(|end| end.segment == segment && offset >= end.offset) {
                break;
            }
            let what = match scanner.step() {
                Ok(Step::Record(record)) => {
                    sealed = record.header.kind == Kind::Seal;
                    checked.records = checked.records.saturating_add(1);
                    continue;
                }
                Ok(Step::End) if sealed || Some(segment) == last => {
                    check_after_end(&mut scanner, segment, findings)?;
                    break;
                }
                Ok(Step::End) => "it ends before it was closed".to_owned(),
                Ok(Step::Bad(what)) => what.to_owned(),
                Err(fault) => cause_of(&fault),
            };
            findings.add(bad(offset, what));
            match scanner.find_header(offset.saturating_add(1)) {
                Ok(Some((found, header))) => scanner.go_to(found, &header),
                Ok(None) => break,
                Err(fault) => {
                    findings.add(bad(offset, cause_of(&fault)));
                    break;
                }
            }
        }
    }
    Ok(())
}

/// After the last record there are only zeros, else something was there.
fn check_after_end(
    scanner: &mut Scanner,
    segment: u32,
    findings: &mut Findings<'_>,
) -> Result<(), Fault> {
    let offset = scanner.stand().position.offset;
    if !scanner.only_zeros_from(offset)? {
        let what = "there is something behind the last record".to_owned();
        findings.add(Finding::Journal { segment, offset, what });
    }
    Ok(())
}

pub(crate) fn cause_of(fault: &Fault) -> String {
    let cause = std::error::Error::source(fault);
    cause.map_or_else(|| fault.to_string(), |cause| format!("{fault}: {cause}"))
}

/// Looks at what an opened store has, and compares it with all segments replayed.
fn check_opened(
    opened: &mut Opened,
    options: &Options,
    findings: &mut Findings<'_>,
    checked: &mut Checked,
) -> Result<(), Fault> {
    opened.committer.checkpoint_now()?;
    let segments = &opened.shared.segments;
    let view = opened.shared.visible.base();
    let looked = unpanicked(|| check_view(segments, &view, findings, checked));
    if let Err(fault) = looked {
        findings.add(Finding::Index { what: cause_of(&fault) });
    }
    findings.progress("comparing the index with the journal", 0, 1);
    let disk = &opened.shared.disk;
    let index = Index::make(&**disk, UNBORN, &opened.shared.reserve, options.index_cache_octets)?;
    match replay_all(index, segments, options) {
        Ok(up) => {
            let live = (&opened.committer.live, &up.mark.live);
            let anew = up.visible.base();
            let compared = unpanicked(|| compare(&view, &anew, live, findings));
            if let Err(fault) = compared {
                findings.add(Finding::Index { what: cause_of(&fault) });
            }
        }
        Err(error) => findings.add(Finding::Differs { what: error.to_string() }),
    }
    disk.remove(UNBORN).doing("removing the second index")?;
    Ok(())
}

/// Looks at all keys and bodies of a view.
fn check_view(
    segments: &Segments,
    view: &Base,
    findings: &mut Findings<'_>,
    checked: &mut Checked,
) -> Result<(), Fault> {
    let mut last = None;
    let mut lost = Vec::new();
    view.each_key(&mut |key, octets| {
        checked.keys = checked.keys.saturating_add(1);
        if Entry::parse(key, octets).is_err() {
            findings
                .add(Finding::Index { what: format!("the value of key {key:02x?} is damaged") });
        }
        if let Some(hash) = keys::referenced_body(key)
            && last != Some(hash)
        {
            last = Some(hash);
            if !matches!(view.body(&hash), Ok(Some(_))) {
                lost.push(hash);
            }
        }
        Ok(())
    })?;
    lost.into_iter().for_each(|hash| findings.add(Finding::Lost { hash }));
    view.each_body(&mut |key, octets| {
        checked.bodies = checked.bodies.saturating_add(1);
        if checked.bodies.is_multiple_of(1_000) {
            findings.progress("checking bodies", checked.bodies, checked.keys);
        }
        let hash = key.first_chunk::<32>().map(|hash| BodyHash(*hash));
        let (Some(hash), Some(location)) = (hash, Location::parse(octets)) else {
            findings.add(Finding::Index { what: format!("the way to body {key:02x?} is damaged") });
            return Ok(());
        };
        checked.octets = checked.octets.saturating_add(location.octets);
        if let Err(fault) = check_body(segments, &hash, &location) {
            findings.add(Finding::Body { hash, what: cause_of(&fault) });
        }
        if !view.has_prefix(&reference_prefix(&hash))? {
            findings.add(Finding::Unreferenced { hash });
        }
        Ok(())
    })
}

/// Reads a whole body and compares it with its name.
pub(crate) fn check_body(
    segments: &Segments,
    hash: &BodyHash,
    location: &Location,
) -> Result<(), Fault> {
    let mut hasher = blake3::Hasher::new();
    let mut begin = 0_u64;
    while begin < location.octets {
        let end = begin.saturating_add(PIECE_OCTETS);
        let octets = body::read(segments, hash, location, begin..end)?
            .ok_or_else(|| Fault::new("it lies in a segment that is not there"))?;
        hasher.update(&octets);
        begin = begin.saturating_add(octets_of(&octets).max(1));
    }
    if *hasher.finalize().as_bytes() == hash.0 {
        Ok(())
    } else {
        Err(Fault::new("its octets are not what its name says"))
    }
}

/// Compares an index with one made anew.
fn compare(
    view: &Base,
    anew: &Base,
    live: (&Live, &Live),
    findings: &mut Findings<'_>,
) -> Result<(), Fault> {
    let mut differs = |what: String| findings.add(Finding::Differs { what });
    let mut keys = 0_u64;
    let mut bodies = 0_u64;
    anew.each_key(&mut |key, octets| {
        keys = keys.saturating_add(1);
        if !view.keeps_key(key, octets)? {
            differs(format!("key {key:02x?}"));
        }
        Ok(())
    })?;
    anew.each_body(&mut |hash, octets| {
        bodies = bodies.saturating_add(1);
        if !view.keeps_body(hash, octets)? {
            differs(format!("the way to body {hash:02x?}"));
        }
        Ok(())
    })?;
    view.each_key(&mut |key, octets| {
        if !anew.keeps_key(key, octets)? {
            differs(format!("key {key:02x?} is there, and should not be or be otherwise"));
        }
        keys = keys.saturating_sub(1);
        Ok(())
    })?;
    view.each_body(&mut |hash, octets| {
        if !anew.keeps_body(hash, octets)? {
            differs(format!("the way to body {hash:02x?} is there, and should not be"));
        }
        bodies = bodies.saturating_sub(1);
        Ok(())
    })?;
    if keys > 0 || bodies > 0 {
        differs("entries that can be looked up are not found in order".to_owned());
    }
    if !live.0.is_same_as(live.1) {
        differs("how much of each segment lives".to_owned());
    }
    Ok(())
}
