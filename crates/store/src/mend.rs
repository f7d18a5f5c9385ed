//! Mends one segment: every record that is whole stays where it is, and what is damaged or lost becomes a gap that
//! holds the octets that were there. So all ways to bodies stay right, and what is whole within a gap still counts.

use std::sync::Arc;

use mailbox::{BodyHash, Fault};

use crate::aside::keep_aside;
use crate::change::{Change, ChangeReader};
use crate::disk::{Disk, DiskFile, SECTOR_OCTETS, read_what_can_be};
use crate::encoding::octets_of;
use crate::fault::Doing;
use crate::finding::{Finding, Findings};
use crate::limits::RECORD_OCTETS_MAX;
use crate::location::Location;
use crate::record::{Encoding, HEADER_OCTETS, Header, Kind, Position, payload_checksum};
use crate::salvage::Salvage;
use crate::scan::{Scanner, Stand, Step, open_payload};
use crate::seal::{Sealed, Sealer};
use crate::segment::{JOURNAL, Segments, name};

const MENDING: &str = "mending a segment of the journal";
const UNBORN: &str = "mended";
/// The first record of every segment is so long.
const FIRST_RECORD_OCTETS: u64 = 56;
/// Octets are copied in pieces of this size.
const PIECE_OCTETS: u64 = 1 << 20;

/// What the segments before and after say about one, and what the index knows.
#[derive(Debug)]
pub(crate) struct Between {
    /// The sequence that its first record must have.
    pub(crate) follows: Option<u64>,
    /// The sequence that comes after those of all segments before it.
    pub(crate) at_least: u64,
    /// The sequence of the next segment's first record.
    pub(crate) before_next: Option<u64>,
    /// Everything before this was durable once.
    pub(crate) proven: u64,
}

/// Whether records can be added to a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Closed,
    Last,
}

/// A segment, mended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mended {
    /// The sequence that comes next.
    pub(crate) next_sequence: u64,
    /// Whether it was replaced.
    pub(crate) is_replaced: bool,
    /// Whether records of it were damaged or lost, now or before.
    pub(crate) has_gaps: bool,
}

/// Reads one segment and replaces it if it is damaged. One that is not there is made, so that what lay in it is known
/// to be lost.
pub(crate) fn mend(
    disk: &Arc<dyn Disk>,
    segments: &Arc<Segments>,
    segment: u32,
    role: Role,
    between: &Between,
    findings: &mut Findings<'_>,
) -> Result<Mended, Fault> {
    let file = segments.file(segment)?;
    let survey = match &file {
        Some(file) => Survey::of(segment, file.clone(), role, between.proven, findings)?,
        None => Survey::lost(segment, findings),
    };
    if !survey.damaged {
        if survey.torn {
            // Opening will cut it off; perhaps somebody wants to look at it.
            keep_aside(&**disk, &name(segment), &format!("{segment:08}.seg"))?;
        }
        let has_gaps = survey.has_gaps();
        let next_sequence = survey.next_sequence;
        return Ok(Mended { next_sequence, is_replaced: false, has_gaps });
    }
    let unborn = format!("{JOURNAL}/{UNBORN}");
    if disk.list(JOURNAL).doing(MENDING)?.iter().any(|it| it == UNBORN) {
        disk.remove(&unborn).doing(MENDING)?;
    }
    let mended = disk.create(&unborn).doing(MENDING)?;
    let salt = disk.random().doing(MENDING)?;
    let next_sequence = write_mended(&survey, file.as_deref(), &*mended, role, between, salt)?;
    mended.sync_data().doing(MENDING)?;
    if file.is_some() {
        keep_aside(&**disk, &name(segment), &format!("{segment:08}.seg"))?;
    }
    // In one step: at no moment is there no segment of this number.
    disk.rename(&unborn, &name(segment)).doing(MENDING)?;
    disk.sync_directory(JOURNAL).doing(MENDING)?;
    Ok(Mended { next_sequence, is_replaced: true, has_gaps: true })
}

/// The sequence of a segment's first record, if that can be read.
pub(crate) fn first_sequence(segments: &Segments, segment: u32) -> Option<u64> {
    let file = segments.file(segment).ok()??;
    let mut scanner = Scanner::new(file, Stand::at_start(segment)).ok()?;
    match scanner.step() {
        Ok(Step::Record(record)) => Some(record.header.sequence),
        Ok(Step::End | Step::Bad(_)) | Err(_) => None,
    }
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stays {
    AsItIs,
    AsGap,
}

/// A record of which the header is right.
#[derive(Clone, Copy, Debug)]
struct Piece {
    offset: u64,
    header: Header,
    stays: Stays,
}

/// What a segment holds.
#[derive(Debug)]
struct Survey {
    segment: u32,
    pieces: Vec<Piece>,
    next_sequence: u64,
    damaged: bool,
    /// The last record is cut off, as by a power cut while it was written.
    torn: bool,
    /// Up to where there is something behind the last piece that was durable once.
    lost_up_to: u64,
}

impl Survey {
    /// A segment that is not there any more.
    fn lost(segment: u32, findings: &mut Findings<'_>) -> Survey {
        let what = "the segment is not there".to_owned();
        findings.add(Finding::Journal { segment, offset: 0, what });
        Survey { damaged: true, ..Survey::new(segment) }
    }

    fn new(segment: u32) -> Survey {
        Survey {
            segment,
            pieces: Vec::new(),
            next_sequence: 1,
            damaged: false,
            torn: false,
            lost_up_to: 0,
        }
    }

    /// Reads a segment from end to end.
    fn of(
        segment: u32,
        file: Arc<dyn DiskFile>,
        role: Role,
        proven: u64,
        findings: &mut Findings<'_>,
    ) -> Result<Survey, Fault> {
        let mut scanner = Scanner::new(file, Stand::at_start(segment))?;
        let mut survey = Survey::new(segment);
        loop {
            let at = scanner.stand();
            let what = match survey.step(&mut scanner) {
                Ok(Found::Record) => continue,
                Ok(Found::Bad(what)) => what,
                // Perhaps it is only this once.
                Err(_) => match survey.step(&mut scanner) {
                    Ok(Found::Record) => continue,
                    Ok(Found::Bad(what)) => what,
                    Err(_) => "it cannot be read there",
                },
            };
            if survey.take_bad(&mut scanner, at, (role, proven), what, findings)? == Goes::Over {
                return Ok(survey);
            }
        }
    }

    /// Takes in the next record.
    fn step(&mut self, scanner: &mut Scanner) -> Result<Found, Fault> {
        let offset = scanner.stand().position.offset;
        Ok(match scanner.step()? {
            Step::Record(record) => {
                let header = record.header;
                self.keep(offset, header, Stays::AsItIs);
                Found::Record
            }
            Step::End => Found::Bad("it ends there, although there is more after it"),
            Step::Bad(what) => Found::Bad(what),
        })
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
        let end = match scanner.only_zeros_from(offset) {
            Ok(true) => offset,
            Ok(false) | Err(_) => scanner.file_octets(),
        };
        if end == offset && (role == Role::Last || self.is_sealed()) && !self.pieces.is_empty() {
            return Ok(Goes::Over);
        }
        if self.is_sealed() {
            findings.add(bad("there is something behind the last record"));
            self.damaged = true;
            return Ok(Goes::Over);
        }
        // Of a last record nobody knows whether it was acknowledged; then what is whole of it is rather kept than lost.
        let was_synced = role == Role::Closed
            || self.pieces.is_empty()
            || at.sequence < proven
            || knows_of(scanner, at)
            || scanner.holds_whole_changes().unwrap_or(false);
        if !was_synced {
            findings.add(bad("the last record is damaged, or its writing was cut off"));
            self.torn = true;
            return Ok(Goes::Over);
        }
        self.damaged = true;
        if let Ok(Some(header)) = scanner.with_wrong_bodies() {
            // Only octets of a body are wrong. The mail is kept; who reads the body hears that it is damaged.
            findings.add(bad("a damaged body"));
            self.keep(offset, header, Stays::AsItIs);
            scanner.skip(&header)?;
            return Ok(Goes::On);
        }
        findings.add(bad(what));
        if let Ok(Some(header)) = scanner.header_here() {
            self.keep(offset, header, Stays::AsGap);
            scanner.skip(&header)?;
            return Ok(Goes::On);
        }
        if let Some((found, header)) = find_readable(scanner, offset) {
            scanner.go_to(found, &header);
            return Ok(Goes::On);
        }
        self.lost_up_to = end;
        if role == Role::Last {
            self.next_sequence = self.next_sequence.max(proven);
        }
        Ok(Goes::Over)
    }

    fn keep(&mut self, offset: u64, header: Header, stays: Stays) {
        self.next_sequence = header.sequence.saturating_add(1);
        self.pieces.push(Piece { offset, header, stays });
    }

    fn is_sealed(&self) -> bool {
        self.pieces
            .last()
            .is_some_and(|it| it.header.kind == Kind::Seal && it.stays == Stays::AsItIs)
    }

    fn has_gaps(&self) -> bool {
        self.damaged || self.pieces.iter().any(|it| it.header.kind == Kind::Gap)
    }

    /// The sequence for the first record, if that was lost.
    fn first_sequence(&self, between: &Between) -> u64 {
        let kept = self.pieces.first().map(|piece| match piece.header.kind {
            Kind::Open => piece.header.sequence,
            // The gap between takes one, too.
            Kind::Batch | Kind::Chunk | Kind::Seal | Kind::Gap | Kind::Part | Kind::Whole => {
                let gap = u64::from(piece.offset > FIRST_RECORD_OCTETS);
                piece.header.sequence.saturating_sub(1).saturating_sub(gap)
            }
        });
        between.follows.or(kept).unwrap_or(between.at_least)
    }
}

/// What comes next in a segment.
enum Found {
    Record,
    Bad(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    On,
    Over,
}

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
    /// Says whether something can be kept of the batch at the stand.
    fn holds_whole_changes(&mut self) -> Result<bool, Fault> {
        let segment = self.stand().position.segment;
        let Some((header, payload, offset)) = self.unchecked_record()? else { return Ok(false) };
        let sealer = Sealer::new(segment, header.salt, Sealed::InBatch);
        let mut whole = Salvage::new(payload, segment, offset, sealer);
        Ok(header.kind == Kind::Batch && whole.next().is_some())
    }

    /// The header at the stand with a new payload checksum, if all that is wrong with a record is a body. Changes that
    /// have no checksums of their own cannot be told right in any other way.
    fn with_wrong_bodies(&mut self) -> Result<Option<Header>, Fault> {
        let segment = self.stand().position.segment;
        let Some((header, payload, offset)) = self.unchecked_record()? else { return Ok(None) };
        let has_changes = matches!(header.kind, Kind::Batch | Kind::Part);
        if !has_changes || header.encoding != Encoding::Plain {
            return Ok(None);
        }
        let mut reader = ChangeReader::new(payload, header.encoding, segment, offset);
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

/// Writes a segment anew. Gives back the sequence that comes next.
fn write_mended(
    survey: &Survey,
    from: Option<&dyn DiskFile>,
    to: &dyn DiskFile,
    role: Role,
    between: &Between,
    new_salt: u64,
) -> Result<u64, Fault> {
    let mut writer = Writer {
        from,
        to,
        segment: survey.segment,
        salt: survey.pieces.first().map_or(new_salt, |piece| piece.header.salt),
        chain: 0,
        sequence: survey.first_sequence(between),
        end: 0,
    };
    writer.record(Kind::Open, &open_payload(survey.segment), writer.sequence)?;
    for Piece { offset, header, stays } in &survey.pieces {
        if header.kind == Kind::Open {
            continue;
        }
        writer.fill_gap(*offset, header.sequence)?;
        match stays {
            Stays::AsItIs => writer.copy(header)?,
            Stays::AsGap => writer.gap(u64::from(header.octets), header.sequence)?,
        }
    }
    // As long as a header alone, it was the seal of a closed segment: a seal takes its place.
    let lost = survey.lost_up_to.saturating_sub(writer.end);
    if lost > HEADER_OCTETS {
        writer.fill_gap(survey.lost_up_to, survey.next_sequence)?;
    }
    if role == Role::Closed && !survey.is_sealed() {
        let before_next = between.before_next.map_or(0, |sequence| sequence.saturating_sub(1));
        writer.record(Kind::Seal, &[], writer.sequence.max(before_next))?;
    }
    Ok(writer.sequence)
}

/// Writes the records of a mended segment.
struct Writer<'a> {
    from: Option<&'a dyn DiskFile>,
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
            encoding: Encoding::Plain,
            octets: u32::try_from(payload.len()).unwrap_or(u32::MAX),
            chain: self.chain,
            salt: self.salt,
            sequence,
            synced: sequence.saturating_sub(1),
            payload_checksum: payload_checksum(payload),
        };
        self.frame(&header)?;
        self.to.write_at(self.end, payload).doing(MENDING)?;
        self.end = self.end.saturating_add(octets_of(payload));
        Ok(())
    }

    fn frame(&mut self, header: &Header) -> Result<(), Fault> {
        let position = Position { segment: self.segment, offset: self.end };
        let (octets, checksum) = header.print(position);
        self.to.write_at(self.end, &octets).doing(MENDING)?;
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
            let octets = if octets > RECORD_OCTETS_MAX { RECORD_OCTETS_MAX / 2 } else { octets };
            let last = self.end.saturating_add(HEADER_OCTETS).saturating_add(octets) >= offset;
            let sequence = if last { before.saturating_sub(1) } else { self.sequence };
            self.gap(octets, sequence)?;
        }
        if self.end == offset { Ok(()) } else { Err(Fault::new("a gap too small for a record")) }
    }

    /// Puts a gap in place of what was there: a header over whatever began here, then the octets that followed.
    fn gap(&mut self, octets: u64, sequence: u64) -> Result<(), Fault> {
        let payload = self.octets_there(self.end.saturating_add(HEADER_OCTETS), octets);
        self.record(Kind::Gap, &payload, sequence.max(self.sequence))
    }

    /// What can be read of some octets; zeros where nothing can.
    fn octets_there(&self, offset: u64, octets: u64) -> Vec<u8> {
        let mut held = vec![0; usize::try_from(octets).unwrap_or(0)];
        if let Some(from) = self.from {
            read_what_can_be(from, offset, &mut held);
        }
        held
    }

    /// Copies a record to the place that it has.
    fn copy(&mut self, header: &Header) -> Result<(), Fault> {
        let Some(from) = self.from else { return Ok(()) };
        let sequence = header.sequence.max(self.sequence);
        let synced = header.synced.min(sequence.saturating_sub(1));
        let header = Header { chain: self.chain, salt: self.salt, sequence, synced, ..*header };
        self.frame(&header)?;
        let end = self.end.saturating_add(u64::from(header.octets));
        while self.end < end {
            let piece = end.saturating_sub(self.end).min(PIECE_OCTETS);
            let mut held = vec![0; usize::try_from(piece).unwrap_or(0)];
            from.read_at(self.end, &mut held).doing(MENDING)?;
            self.to.write_at(self.end, &held).doing(MENDING)?;
            self.end = self.end.saturating_add(piece);
        }
        Ok(())
    }
}
