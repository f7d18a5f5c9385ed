//! Mends a store that cannot be opened: keeps every record that can be read, says what was lost, and makes the index
//! anew. Nothing is deleted: what is replaced is put aside.

use std::sync::Arc;

use mailbox::{BodyHash, Fault};

use crate::backup::copy_octets;
use crate::change::{Change, ChangeReader};
use crate::check::{Checked, check, unpanicked};
use crate::disk::{Disk, DiskFile};
use crate::encoding::octets_of;
use crate::fault::{Doing, OpenError};
use crate::finding::{Finding, Findings, Report};
use crate::index::{INDEX, Index};
use crate::location::Location;
use crate::open::{has_format, lock, open};
use crate::options::Options;
use crate::record::{HEADER_OCTETS, Header, Kind, Position, payload_checksum};
use crate::reserve::Reserve;
use crate::scan::{Scanner, Stand, Step, open_payload};
use crate::segment::{JOURNAL, Segments, name, numbers};

const ASIDE: &str = "aside";
const REPAIRING: &str = "repairing the store";
const UNBORN: &str = "mended";
/// A gap record is at most so long.
const GAP_OCTETS_MAX: u64 = 32 << 20;

/// What a repair came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// What could not be kept, as far as it fits.
    pub findings: Vec<Finding>,
    /// Segments that were replaced; the damaged ones are in the directory `aside`.
    pub segments: Vec<u32>,
    /// What a check says afterwards. Bodies that were damaged or lost are still named there.
    pub checked: Checked,
}

/// Repairs a store that is not open. The index is made anew from the segments in any case. It needs room for a
/// second index and for a copy of each damaged segment.
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
    let mut findings = Findings::new(report);
    disk.create_directory(ASIDE).doing(REPAIRING)?;
    disk.sync_directory("").doing(REPAIRING)?;
    let found = numbers(&**disk).doing("listing the journal")?;
    let segments = Arc::new(Segments::new(disk.clone(), &found));
    let mut sequence = 1_u64;
    let of = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let proven = proven_sequence(disk, options);
    let mut before = 0_u32;
    for (done, segment) in (0_u64..).zip(found.iter().copied()) {
        findings.progress("reading the journal", done, of);
        let between = Between {
            follows: (segment == before.saturating_add(1)).then_some(sequence),
            before_next: first_sequence(&segments, segment.saturating_add(1)),
            proven,
        };
        let role = if Some(&segment) == found.last() { Role::Last } else { Role::Closed };
        let (next, mended) = mend(disk, &segments, segment, role, &between, &mut findings)?;
        (sequence, before) = (next, segment);
        repaired.segments.extend(mended);
    }
    if disk.open(INDEX).doing(REPAIRING)?.is_some() {
        put_aside(&**disk, INDEX, INDEX)?;
        disk.sync_directory("").doing(REPAIRING)?;
    }
    repaired.findings = findings.list;
    drop(held);
    drop(open(disk.clone(), options.clone())?);
    repaired.checked = check(disk, options, report)?;
    Ok(repaired)
}

/// What the segments before and after say about the sequences of one.
#[derive(Debug)]
struct Between {
    /// The sequence that its first record must have.
    follows: Option<u64>,
    /// The sequence of the next segment's first record.
    before_next: Option<u64>,
    /// Everything before this was durable once.
    proven: u64,
}

/// What the index knows to have been durable, if it can be asked.
fn proven_sequence(disk: &Arc<dyn Disk>, options: &Options) -> u64 {
    let mark = unpanicked(|| {
        let file = disk.open(INDEX).ok()??;
        let reserve = Arc::new(Reserve::find(disk.clone(), 0).ok()?);
        Index::open(file, reserve, options.index_cache_octets).ok()?.mark().ok()?
    });
    mark.ok().flatten().map_or(0, |mark| mark.stand.sequence)
}

/// The sequence of a segment's first record, if that can be read.
fn first_sequence(segments: &Segments, segment: u32) -> Option<u64> {
    let file = segments.file(segment).ok()??;
    let mut scanner = Scanner::new(file, Stand::at_start(segment)).ok()?;
    match scanner.step() {
        Ok(Step::Record(record)) => Some(record.header.sequence),
        Ok(Step::End | Step::Bad(_)) | Err(_) => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Closed,
    Last,
}

/// Reads one segment and replaces it if it is damaged. Gives back the sequence that comes next, and the segment if
/// it was replaced.
fn mend(
    disk: &Arc<dyn Disk>,
    segments: &Arc<Segments>,
    segment: u32,
    role: Role,
    between: &Between,
    findings: &mut Findings<'_>,
) -> Result<(u64, Option<u32>), Fault> {
    let file = segments.file(segment)?.ok_or_else(|| Fault::new("a segment went away"))?;
    let survey = Survey::of(segment, file.clone(), role, between.proven, findings)?;
    if !survey.damaged {
        if survey.torn {
            // Opening will cut it off; perhaps somebody wants to look at it.
            let copy = free_name(&**disk, &format!("{segment:08}.seg"))?;
            let copy = disk.create(&copy).doing(REPAIRING)?;
            copy_octets(&*file, &*copy, file.octets().doing(REPAIRING)?)?;
            disk.sync_directory(ASIDE).doing(REPAIRING)?;
        }
        return Ok((survey.next_sequence, None));
    }
    if disk.list(JOURNAL).doing(REPAIRING)?.iter().any(|it| it == UNBORN) {
        disk.remove(&unborn()).doing(REPAIRING)?;
    }
    let mended = disk.create(&unborn()).doing(REPAIRING)?;
    let salt = disk.random().doing(REPAIRING)?;
    let next = write_mended(&survey, &*file, &*mended, role, between, salt)?;
    mended.sync_data().doing(REPAIRING)?;
    put_aside(&**disk, &name(segment), &format!("{segment:08}.seg"))?;
    disk.rename(&unborn(), &name(segment)).doing(REPAIRING)?;
    disk.sync_directory(JOURNAL).doing(REPAIRING)?;
    disk.sync_directory(ASIDE).doing(REPAIRING)?;
    Ok((next, Some(segment)))
}

fn unborn() -> String {
    format!("{JOURNAL}/{UNBORN}")
}

/// Moves a file to where nothing else is.
fn put_aside(disk: &dyn Disk, from: &str, as_name: &str) -> Result<(), Fault> {
    disk.rename(from, &free_name(disk, as_name)?).doing(REPAIRING)?;
    disk.sync_directory(ASIDE).doing(REPAIRING)
}

/// A name among the things put aside that nothing has yet.
fn free_name(disk: &dyn Disk, like: &str) -> Result<String, Fault> {
    let there = disk.list(ASIDE).doing(REPAIRING)?;
    let free = (1_u64..).map(|number| format!("{like}.{number}")).find(|it| !there.contains(it));
    Ok(format!("{ASIDE}/{}", free.unwrap_or_else(|| like.to_owned())))
}

/// What a segment holds.
#[derive(Debug)]
struct Survey {
    segment: u32,
    /// The records that are kept, with where they are.
    kept: Vec<(u64, Header)>,
    next_sequence: u64,
    damaged: bool,
    /// The last record is cut off, as by a power cut while it was written.
    torn: bool,
}

impl Survey {
    /// Reads a segment from end to end.
    fn of(
        segment: u32,
        file: Arc<dyn DiskFile>,
        role: Role,
        proven: u64,
        findings: &mut Findings<'_>,
    ) -> Result<Survey, Fault> {
        let mut scanner = Scanner::new(file, Stand::at_start(segment))?;
        let mut survey =
            Survey { segment, kept: Vec::new(), next_sequence: 1, damaged: false, torn: false };
        loop {
            let at = scanner.stand();
            let offset = at.position.offset;
            let what = match scanner.step() {
                Ok(Step::Record(record)) => {
                    let header = record.header;
                    survey.keep(offset, header);
                    continue;
                }
                Ok(Step::End) => "it ends there, although there is more after it",
                Ok(Step::Bad(what)) => what,
                Err(_) => "it cannot be read there",
            };
            if survey.take_bad(&mut scanner, at, (role, proven), what, findings)? == Goes::Over {
                return Ok(survey);
            }
        }
    }

    /// Finds out what can be kept at and after a bad place, and moves the scanner behind it.
    fn take_bad(
        &mut self,
        scanner: &mut Scanner,
        at: Stand,
        (role, proven): (Role, u64),
        what: &str,
        findings: &mut Findings<'_>,
    ) -> Result<Goes, Fault> {
        let Position { segment, offset } = at.position;
        let bad = |what: &str| Finding::Journal { segment, offset, what: what.to_owned() };
        let was_synced = role == Role::Closed || at.sequence < proven || knows_of(scanner, at);
        if was_synced && let Ok(Some(header)) = scanner.keepable() {
            // Only octets of a body are wrong. The mail is kept; who reads the body hears that it is damaged.
            findings.add(bad("a damaged body"));
            self.damaged = true;
            self.keep(offset, header);
            scanner.skip(&header)?;
            return Ok(Goes::On);
        }
        if was_synced && let Some((found, header)) = find_readable(scanner, offset) {
            findings.add(bad(what));
            self.damaged = true;
            scanner.go_to(found, &header);
            return Ok(Goes::On);
        }
        if role == Role::Closed && !self.is_sealed() {
            findings.add(bad(what));
            self.damaged = true;
        } else if role == Role::Last && !matches!(scanner.only_zeros_from(offset), Ok(true)) {
            findings.add(bad("the last record is damaged, or its writing was cut off"));
            self.torn = true;
        }
        Ok(Goes::Over)
    }

    fn keep(&mut self, offset: u64, header: Header) {
        self.next_sequence = header.sequence.saturating_add(1);
        self.kept.push((offset, header));
    }

    fn is_sealed(&self) -> bool {
        self.kept.last().is_some_and(|(_, header)| header.kind == Kind::Seal)
    }

    /// The sequence for the first record, if that was lost.
    fn first_sequence(&self, between: &Between) -> u64 {
        let kept = self.kept.first().map(|(offset, header)| match header.kind {
            Kind::Open => header.sequence,
            // The gap between takes one, too.
            Kind::Batch | Kind::Chunk | Kind::Seal | Kind::Gap | Kind::Part | Kind::Whole => {
                let gap = u64::from(*offset > FIRST_RECORD_OCTETS);
                header.sequence.saturating_sub(1).saturating_sub(gap)
            }
        });
        between.follows.or(kept).unwrap_or(1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    On,
    Over,
}

/// The first record of every segment is so long.
const FIRST_RECORD_OCTETS: u64 = 56;
/// Where the disk cannot be read, it is tried again after so many octets.
const SECTOR_OCTETS: u64 = 4_096;

/// Finds the next header after a place, also behind octets that cannot be read.
fn find_readable(scanner: &mut Scanner, after: u64) -> Option<(u64, Header)> {
    let mut from = after.saturating_add(1);
    while from < scanner.file_octets() {
        if let Ok(found) = scanner.find_header(from) {
            return found;
        }
        from = from.saturating_add(1).checked_next_multiple_of(SECTOR_OCTETS)?;
    }
    None
}

/// Says whether a later record knows that what was at this stand had been synced. Else its writing was cut off, and
/// what follows it was never acknowledged either.
fn knows_of(scanner: &mut Scanner, at: Stand) -> bool {
    let mut after = at.position.offset;
    while let Some((found, header)) = find_readable(scanner, after) {
        if header.synced >= at.sequence {
            return true;
        }
        after = found;
    }
    false
}

impl Scanner {
    /// The header at the stand with a new payload checksum, if all that is wrong with the record is a body.
    fn keepable(&mut self) -> Result<Option<Header>, Fault> {
        let segment = self.stand().position.segment;
        let Some((header, payload, offset)) = self.unchecked_record()? else { return Ok(None) };
        if !matches!(header.kind, Kind::Batch | Kind::Part) {
            return Ok(None);
        }
        let mut reader = ChangeReader::new(payload, segment, offset);
        let mut wrong_bodies = 0_u64;
        for change in reader.by_ref() {
            if let Change::Body(hash, location) = change
                && !is_right(&hash, &location, payload, offset)
            {
                wrong_bodies = wrong_bodies.saturating_add(1);
            }
        }
        let mended = Header { payload_checksum: payload_checksum(payload), ..header };
        Ok((reader.is_whole() && wrong_bodies > 0).then_some(mended))
    }
}

/// Says whether a body that lies within a payload is what its name says; one that lies elsewhere counts as right.
fn is_right(hash: &BodyHash, location: &Location, payload: &[u8], payload_offset: u64) -> bool {
    let [extent] = location.extents.as_slice() else { return true };
    let begin = extent.offset.checked_sub(payload_offset).and_then(|it| usize::try_from(it).ok());
    let octets = begin.and_then(|begin| payload.get(begin..));
    let octets = octets.and_then(|it| it.get(..usize::try_from(extent.octets).ok()?));
    octets.is_none_or(|octets| *blake3::hash(octets).as_bytes() == hash.0)
}

/// Writes a segment anew: what is kept at the same places, so that all ways to it stay right; gaps in between.
fn write_mended(
    survey: &Survey,
    from: &dyn DiskFile,
    to: &dyn DiskFile,
    role: Role,
    between: &Between,
    new_salt: u64,
) -> Result<u64, Fault> {
    let mut writer = Writer {
        to,
        segment: survey.segment,
        salt: survey.kept.first().map_or(new_salt, |(_, header)| header.salt),
        chain: 0,
        sequence: survey.first_sequence(between),
        end: 0,
    };
    writer.record(Kind::Open, &open_payload(survey.segment), writer.sequence)?;
    for (offset, header) in &survey.kept {
        if header.kind != Kind::Open {
            writer.fill_gap(*offset, header.sequence)?;
            writer.copy(from, *offset, header)?;
        }
    }
    if role == Role::Closed && !survey.is_sealed() {
        let before_next = between.before_next.map_or(0, |sequence| sequence.saturating_sub(1));
        writer.record(Kind::Seal, &[], writer.sequence.max(before_next))?;
    }
    Ok(writer.sequence)
}

/// Writes the records of a mended segment.
struct Writer<'a> {
    to: &'a dyn DiskFile,
    segment: u32,
    salt: u64,
    chain: u32,
    sequence: u64,
    end: u64,
}

impl Writer<'_> {
    fn record(&mut self, kind: Kind, payload: &[u8], sequence: u64) -> Result<(), Fault> {
        let header = Header {
            kind,
            octets: u32::try_from(payload.len()).unwrap_or(u32::MAX),
            chain: self.chain,
            salt: self.salt,
            sequence,
            synced: sequence.saturating_sub(1),
            payload_checksum: payload_checksum(payload),
        };
        self.frame(&header)?;
        self.to.write_at(self.end, payload).doing(REPAIRING)?;
        self.end = self.end.saturating_add(octets_of(payload));
        Ok(())
    }

    fn frame(&mut self, header: &Header) -> Result<(), Fault> {
        let position = Position { segment: self.segment, offset: self.end };
        let (octets, checksum) = header.print(position);
        self.to.write_at(self.end, &octets).doing(REPAIRING)?;
        self.chain = checksum;
        self.sequence = header.sequence.saturating_add(1);
        self.end = self.end.saturating_add(HEADER_OCTETS);
        Ok(())
    }

    /// Fills up to this offset, where a record of this sequence comes. What was lost began with a record, so there
    /// is room for a header.
    fn fill_gap(&mut self, offset: u64, before: u64) -> Result<(), Fault> {
        while self.end < offset {
            let octets = offset.saturating_sub(self.end).saturating_sub(HEADER_OCTETS);
            // Never so much that less than a header would be left.
            let octets = if octets > GAP_OCTETS_MAX { GAP_OCTETS_MAX / 2 } else { octets };
            let last = self.end.saturating_add(HEADER_OCTETS).saturating_add(octets) >= offset;
            let sequence = if last { before.saturating_sub(1) } else { self.sequence };
            let payload = vec![0; usize::try_from(octets).unwrap_or(0)];
            self.record(Kind::Gap, &payload, sequence.max(self.sequence))?;
        }
        if self.end == offset { Ok(()) } else { Err(Fault::new("a gap too small for a record")) }
    }

    /// Copies a record to the place that it has.
    fn copy(&mut self, from: &dyn DiskFile, offset: u64, header: &Header) -> Result<(), Fault> {
        let mut payload = vec![0; usize::try_from(header.octets).unwrap_or(0)];
        from.read_at(offset.saturating_add(HEADER_OCTETS), &mut payload).doing(REPAIRING)?;
        let sequence = header.sequence.max(self.sequence);
        let synced = header.synced.min(sequence.saturating_sub(1));
        let header = Header { chain: self.chain, salt: self.salt, sequence, synced, ..*header };
        self.frame(&header)?;
        self.to.write_at(self.end, &payload).doing(REPAIRING)?;
        self.end = self.end.saturating_add(octets_of(&payload));
        Ok(())
    }
}
