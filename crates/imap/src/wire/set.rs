//! Sets of sequence numbers or UIDs as a peer writes them: ranges whose ends may be `*` (RFC 9051, 9: sequence-set).

use mailbox::{Uid, UidSet};

use super::{Args, print};
use crate::Syntax;
use crate::limits::SEQUENCE_SET_RANGES_MAX;

/// What the numbers of a command mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Message sequence numbers.
    Number,
    /// UIDs: the command stands behind `UID`.
    Uid,
}

/// One end of a range: a number from 1, or `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Point(u32);

impl Point {
    /// `*`: the largest number in use.
    pub const LAST: Point = Point(0);

    /// A number; 0 is none.
    pub const fn new(number: u32) -> Option<Point> {
        if number == 0 { None } else { Some(Point(number)) }
    }

    /// The number; none for `*`.
    pub const fn number(self) -> Option<u32> {
        if self.0 == 0 { None } else { Some(self.0) }
    }

    /// The number, where `*` is `last`.
    pub const fn resolve(self, last: u32) -> u32 {
        if self.0 == 0 { last } else { self.0 }
    }

    /// Takes a number or `*`.
    pub fn parse(args: &mut Args<'_>) -> Result<Point, Syntax> {
        if args.eat(b'*') {
            return Ok(Point::LAST);
        }
        let error = args.expected("a number from 1 to 4294967295, or *");
        args.nz_number().map(Point).map_err(|_| error)
    }

    /// Appends it as written on the wire.
    pub fn print(self, out: &mut Vec<u8>) {
        match self.number() {
            Some(number) => print::number(out, u64::from(number)),
            None => out.push(b'*'),
        }
    }
}

/// A set as written: at least one range, in the order given; neighbours that follow each other are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceSet {
    ranges: Vec<(Point, Point)>,
}

impl SequenceSet {
    /// `1:*`
    pub fn all() -> SequenceSet {
        SequenceSet { ranges: vec![(Point(1), Point::LAST)] }
    }

    /// One number, or `*`.
    pub fn one(point: Point) -> SequenceSet {
        SequenceSet { ranges: vec![(point, point)] }
    }

    /// Takes ranges in the order they shall be written; none if there are none.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (Point, Point)>) -> Option<SequenceSet> {
        let mut set = SequenceSet { ranges: Vec::new() };
        ranges.into_iter().for_each(|range| set.push(range));
        (!set.ranges.is_empty()).then_some(set)
    }

    /// Takes numbers in the order they shall be written, leaving out 0; none if there are none.
    pub fn from_numbers(numbers: impl IntoIterator<Item = u32>) -> Option<SequenceSet> {
        Self::from_ranges(numbers.into_iter().filter_map(Point::new).map(|point| (point, point)))
    }

    /// The UIDs of a set; none if it is empty.
    pub fn from_uids(uids: &UidSet) -> Option<SequenceSet> {
        let point = |uid: Uid| Point(uid.number());
        Self::from_ranges(uids.ranges().iter().map(|(a, b)| (point(*a), point(*b))))
    }

    /// The UIDs it names, where `*` is `last`; without one, `*` names nothing.
    pub fn uids(&self, last: Option<Uid>) -> UidSet {
        let ranges = self.resolve(last.map_or(0, Uid::number));
        UidSet::from_ranges(
            ranges.into_iter().filter_map(|(a, b)| Some((Uid::new(a)?, Uid::new(b)?))),
        )
    }

    /// The ranges in the order given. Their ends may be in any order.
    pub fn ranges(&self) -> &[(Point, Point)] {
        &self.ranges
    }

    /// Whether `*` occurs.
    pub fn mentions_last(&self) -> bool {
        self.ranges.iter().any(|(a, b)| *a == Point::LAST || *b == Point::LAST)
    }

    /// The ranges with `*` read as `last`, ascending, without overlap; 0 (from `last`) is left out.
    /// Takes `n log n` in the number of ranges.
    pub fn resolve(&self, last: u32) -> Vec<(u32, u32)> {
        let mut ranges: Vec<(u32, u32)> = self
            .ranges
            .iter()
            .map(|(a, b)| (a.resolve(last), b.resolve(last)))
            .map(|(a, b)| (a.min(b).max(1), a.max(b)))
            .filter(|(_, b)| *b > 0)
            .collect();
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let joins = next.0 <= kept.1.saturating_add(1);
            if joins {
                kept.1 = kept.1.max(next.1);
            }
            joins
        });
        ranges
    }

    /// The numbers in the order given, without `*`. The caller bounds how many it takes.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|(a, b)| match (a.number(), b.number()) {
            (Some(a), Some(b)) => a.min(b)..=a.max(b),
            #[expect(clippy::reversed_empty_ranges, reason = "an empty range is meant")]
            _ => 1..=0,
        })
    }

    /// How many numbers it names, where overlaps count twice and `*` is left out.
    pub fn count(&self) -> u64 {
        let one = |range: &(Point, Point)| match (range.0.number(), range.1.number()) {
            (Some(a), Some(b)) => u64::from(a.abs_diff(b)).saturating_add(1),
            _ => 0,
        };
        self.ranges.iter().map(one).fold(0, u64::saturating_add)
    }

    /// Takes a set.
    pub fn parse(args: &mut Args<'_>) -> Result<SequenceSet, Syntax> {
        let mut set = SequenceSet { ranges: Vec::new() };
        loop {
            let first = Point::parse(args)?;
            let last = if args.eat(b':') { Point::parse(args)? } else { first };
            set.push((first, last));
            if set.ranges.len() > SEQUENCE_SET_RANGES_MAX {
                return Err(args.expected("fewer ranges"));
            }
            if !args.eat(b',') {
                return Ok(set);
            }
        }
    }

    /// Appends the set as written on the wire.
    pub fn print(&self, out: &mut Vec<u8>) {
        for (index, (first, last)) in self.ranges.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            first.print(out);
            if first != last {
                out.push(b':');
                last.print(out);
            }
        }
    }

    fn push(&mut self, (first, last): (Point, Point)) {
        if let Some(end) = self.ranges.last_mut() {
            let ascending = end.0.0 != 0 && end.0.0 <= end.1.0 && first.0 != 0;
            if ascending && first.0 <= last.0 && end.1.0.checked_add(1) == Some(first.0) {
                end.1 = last;
                return;
            }
        }
        self.ranges.push((first, last));
    }
}

/// Which messages a command is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Messages {
    /// These.
    Set(SequenceSet),
    /// `$`: the saved result of a search (RFC 5182, 2.1).
    Saved,
}

impl Messages {
    /// Takes a set or `$`.
    pub fn parse(args: &mut Args<'_>) -> Result<Messages, Syntax> {
        if args.eat(b'$') {
            Ok(Messages::Saved)
        } else {
            SequenceSet::parse(args).map(Messages::Set)
        }
    }

    /// Appends it as written on the wire.
    pub fn print(&self, out: &mut Vec<u8>) {
        match self {
            Messages::Set(set) => set.print(out),
            Messages::Saved => out.push(b'$'),
        }
    }
}

impl From<SequenceSet> for Messages {
    fn from(set: SequenceSet) -> Messages {
        Messages::Set(set)
    }
}
