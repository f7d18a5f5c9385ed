//! Reads everything that is kept, piece by piece while the store works, so that damage is found before somebody needs
//! what was hit. How fast is up to the caller, who waits between the pieces and keeps the place over restarts.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use mailbox::{BodyHash, Fault, keys};

use crate::base::{Base, Kept};
use crate::changes::reference_prefix;
use crate::check::{cause_of, check_body};
use crate::encoding::octets_of;
use crate::entry::Entry;
use crate::finding::{Finding, Findings, Report};
use crate::location::Location;
use crate::record::{Kind, Position};
use crate::scan::{Scanner, Stand, Step};
use crate::store::Store;

/// One step reads at most about so many octets, or one record.
const STEP_OCTETS: u64 = 1 << 20;
/// One step looks at most at so many entries of the index.
const STEP_ENTRIES: usize = 2_000;

/// Where a scrub stands: first the segments, then the keys of the index, then its bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrubPlace(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Segment(Position),
    Keys(Vec<u8>),
    Bodies(Vec<u8>),
}

impl ScrubPlace {
    /// The beginning.
    pub fn start() -> ScrubPlace {
        ScrubPlace(Place::Segment(Position { segment: 0, offset: 0 }))
    }
}

impl fmt::Display for ScrubPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (table, after) = match &self.0 {
            Place::Segment(Position { segment, offset }) => {
                return write!(f, "segment {segment} {offset}");
            }
            Place::Keys(after) => ("keys", after),
            Place::Bodies(after) => ("bodies", after),
        };
        write!(f, "{table} ")?;
        after.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl FromStr for ScrubPlace {
    type Err = Fault;

    fn from_str(text: &str) -> Result<ScrubPlace, Fault> {
        parse(text).map(ScrubPlace).ok_or_else(|| Fault::new("no place of a scrub"))
    }
}

fn parse(text: &str) -> Option<Place> {
    let (table, rest) = text.split_once(' ')?;
    let octets = || -> Option<Vec<u8>> {
        rest.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect()
    };
    match table {
        "segment" => {
            let (segment, offset) = rest.split_once(' ')?;
            let position =
                Position { segment: segment.parse().ok()?, offset: offset.parse().ok()? };
            Some(Place::Segment(position))
        }
        "keys" => octets().map(Place::Keys),
        "bodies" => octets().map(Place::Bodies),
        _ => None,
    }
}

/// What one step of a scrub came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// Where to go on; none: everything was read.
    pub next: Option<ScrubPlace>,
    /// How many octets were read.
    pub octets: u64,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
}

impl Store {
    /// Reads a bounded piece of what is kept and says what is wrong with it. A damaged record is named together with
    /// the bodies that are damaged in it. A damaged index is noted, so that the next start makes it anew. Waits for the
    /// disk.
    pub fn scrub_step(&self, from: &ScrubPlace) -> Result<Scrubbed, Fault> {
        let mut quiet = |_: Report<'_>| {};
        let mut findings = Findings::new(&mut quiet);
        let (next, octets) = match &from.0 {
            Place::Segment(position) => self.scrub_segment(*position, &mut findings)?,
            Place::Keys(after) => self.scrub_entries(Kept::Keys, after, &mut findings)?,
            Place::Bodies(after) => self.scrub_entries(Kept::Bodies, after, &mut findings)?,
        };
        Ok(Scrubbed { next: next.map(ScrubPlace), octets, findings: findings.list })
    }

    fn scrub_segment(
        &self,
        from: Position,
        findings: &mut Findings<'_>,
    ) -> Result<(Option<Place>, u64), Fault> {
        // What is not durable yet is none of our business.
        let end = self.errand(|committer| Ok(committer.journal.end().position))?;
        let segments = &self.shared().segments;
        let first = segments.numbers().into_iter().find(|segment| *segment >= from.segment);
        let Some(segment) = first.filter(|segment| *segment <= end.segment) else {
            return Ok((Some(Place::Keys(Vec::new())), 0));
        };
        let _pin = segments.pin([segment]);
        let next = Place::Segment(Position { segment: segment.saturating_add(1), offset: 0 });
        let file = match segments.file(segment) {
            Ok(Some(file)) => file,
            // It was rewritten and removed just now.
            Ok(None) => return Ok((Some(next), 0)),
            Err(fault) if fault.is_damaged() => {
                findings.add(Finding::Journal { segment, offset: 0, what: cause_of(&fault) });
                self.name_bodies_between(segment, 0..u64::MAX, findings)?;
                return Ok((Some(next), 0));
            }
            Err(fault) => return Err(fault),
        };
        let begin = if segment == from.segment { from.offset } else { 0 };
        let until = if segment == end.segment { Until::Offset(end.offset) } else { Until::Seal };
        let mut scanner = Scanner::new(file, Stand::at_start(segment))?;
        if begin > 0 && !go_on_at(&mut scanner, begin)? {
            return Ok((Some(next), 0));
        }
        let looked = look_through(&mut scanner, until, STEP_OCTETS, findings)?;
        for range in looked.damaged {
            self.name_bodies_between(segment, range, findings)?;
        }
        let octets = looked.end.saturating_sub(begin);
        let rest = Place::Segment(Position { segment, offset: looked.end });
        Ok((Some(if looked.is_over { next } else { rest }), octets))
    }

    /// Names the bodies that are damaged within a range of a segment.
    fn name_bodies_between(
        &self,
        segment: u32,
        range: Range<u64>,
        findings: &mut Findings<'_>,
    ) -> Result<(), Fault> {
        let segments = &self.shared().segments;
        let base = self.shared().visible.base();
        base.each_body(&mut |key, octets| {
            let hash = key.first_chunk::<32>().map(|hash| BodyHash(*hash));
            let (Some(hash), Some(location)) = (hash, Location::parse(octets)) else {
                return Ok(());
            };
            let lies_there = location.extents.iter().any(|extent| {
                let end = extent.offset.saturating_add(extent.octets);
                extent.segment == segment && extent.offset < range.end && end > range.start
            });
            if lies_there && let Err(fault) = check_body(segments, &hash, &location) {
                findings.add(Finding::Body { hash, what: cause_of(&fault) });
            }
            Ok(())
        })
    }

    fn scrub_entries(
        &self,
        table: Kept,
        after: &[u8],
        findings: &mut Findings<'_>,
    ) -> Result<(Option<Place>, u64), Fault> {
        let base = self.shared().visible.base();
        let mut octets = 0_u64;
        let looked = base.some_after((table, after), STEP_ENTRIES, &mut |key, value| {
            octets = octets.saturating_add(octets_of(key)).saturating_add(octets_of(value));
            match table {
                Kept::Keys => scrub_key(&base, key, value, findings),
                Kept::Bodies => scrub_body(&base, key, value, findings),
            }
        });
        let last = match looked {
            Ok(last) => last,
            Err(fault) if fault.is_damaged() => {
                findings.add(Finding::Index { what: cause_of(&fault) });
                None
            }
            Err(fault) => return Err(fault),
        };
        let next = match (table, last) {
            (Kept::Keys, Some(last)) => Some(Place::Keys(last)),
            (Kept::Keys, None) => Some(Place::Bodies(Vec::new())),
            (Kept::Bodies, Some(last)) => Some(Place::Bodies(last)),
            (Kept::Bodies, None) => None,
        };
        Ok((next, octets))
    }
}

/// Up to where a segment is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// To the seal with which a closed segment ends.
    Seal,
    /// To where records are added.
    Offset(u64),
}

/// What looking through a part of a segment came to.
struct Looked {
    /// Up to where.
    end: u64,
    is_over: bool,
    /// Where something is damaged.
    damaged: Vec<Range<u64>>,
}

/// Looks at records one after another, until about so many octets are read.
fn look_through(
    scanner: &mut Scanner,
    until: Until,
    octets_max: u64,
    findings: &mut Findings<'_>,
) -> Result<Looked, Fault> {
    let Position { segment, offset: begin } = scanner.stand().position;
    let mut looked = Looked { end: begin, is_over: false, damaged: Vec::new() };
    let mut is_sealed = false;
    loop {
        let offset = scanner.stand().position.offset;
        looked.end = offset;
        let is_over = matches!(until, Until::Offset(end) if offset >= end);
        // What comes after the seal is looked at together with it.
        let is_enough = offset.saturating_sub(begin) >= octets_max && !is_sealed;
        if is_over || is_enough {
            looked.is_over = is_over;
            return Ok(looked);
        }
        let what = match scanner.step() {
            Ok(Step::Record(record)) => {
                is_sealed = record.header.kind == Kind::Seal;
                continue;
            }
            Ok(Step::End) if is_sealed => {
                looked.is_over = true;
                return Ok(looked);
            }
            Ok(Step::End) => "it ends before it was closed".to_owned(),
            Ok(Step::Bad(what)) => what.to_owned(),
            Err(fault) => cause_of(&fault),
        };
        findings.add(Finding::Journal { segment, offset, what });
        let after = behind(scanner, offset)?;
        looked.damaged.push(offset..after.unwrap_or(u64::MAX));
        is_sealed = false;
        if after.is_none() {
            looked.is_over = true;
            return Ok(looked);
        }
    }
}

/// Moves to a record that a step before stopped at; if it is damaged, to the next. Says whether there is one.
fn go_on_at(scanner: &mut Scanner, offset: u64) -> Result<bool, Fault> {
    match scanner.find_header(offset)? {
        Some((found, header)) => {
            scanner.go_to(found, &header);
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Moves behind a damaged record; gives back where that is.
fn behind(scanner: &mut Scanner, offset: u64) -> Result<Option<u64>, Fault> {
    if let Ok(Some(header)) = scanner.header_here() {
        scanner.skip(&header)?;
        return Ok(Some(scanner.stand().position.offset));
    }
    let found = go_on_at(scanner, offset.saturating_add(1))?;
    Ok(found.then(|| scanner.stand().position.offset))
}

fn scrub_key(
    base: &Base,
    key: &[u8],
    octets: &[u8],
    findings: &mut Findings<'_>,
) -> Result<(), Fault> {
    if base.noting(|| Entry::parse(key, octets)).is_err() {
        findings.add(Finding::Index { what: format!("the value of key {key:02x?} is damaged") });
    } else if !base.keeps_key(key, octets)? {
        findings.add(Finding::Index { what: format!("key {key:02x?} cannot be looked up") });
    }
    if let Some(hash) = keys::referenced_body(key)
        && matches!(base.body(&hash), Ok(None))
    {
        findings.add(Finding::Lost { hash });
    }
    Ok(())
}

fn scrub_body(
    base: &Base,
    key: &[u8],
    octets: &[u8],
    findings: &mut Findings<'_>,
) -> Result<(), Fault> {
    let hash = key.first_chunk::<32>().map(|hash| BodyHash(*hash));
    let way = base.noting(|| Location::parse(octets).ok_or_else(Location::damaged));
    let (Some(hash), Ok(_)) = (hash, way) else {
        findings.add(Finding::Index { what: format!("the way to body {key:02x?} is damaged") });
        return Ok(());
    };
    if !base.keeps_body(key, octets)? {
        findings.add(Finding::Index { what: format!("body {hash} cannot be looked up") });
    }
    if !base.has_prefix(&reference_prefix(&hash))? {
        findings.add(Finding::Unreferenced { hash });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back() {
        for place in [
            Place::Segment(Position { segment: 7, offset: 4_096 }),
            Place::Keys(vec![0x41, 0, 0xff]),
            Place::Bodies(Vec::new()),
        ] {
            let place = ScrubPlace(place);
            assert_eq!(place.to_string().parse::<ScrubPlace>().unwrap(), place);
        }
        assert!("keys 0".parse::<ScrubPlace>().is_ok());
        for text in ["", "segment", "segment 1", "keys xy", "else 1"] {
            assert!(text.parse::<ScrubPlace>().is_err(), "{text}");
        }
    }
}
