//! How far the index has taken in the journal, and how much of each segment lives. Written with every checkpoint.

use std::collections::BTreeMap;

use crate::encoding::{Reader, put_number};
use crate::record::Position;
use crate::scan::Stand;

/// What a checkpoint notes besides the keys and bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Everything before this is in the index.
    pub(crate) stand: Stand,
    /// How many octets of each segment are current values and located bodies.
    pub(crate) live: Live,
}

impl Mark {
    pub(crate) fn print(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let Stand { position, chain, salt, sequence } = self.stand;
        put_number(&mut out, u64::from(position.segment));
        put_number(&mut out, position.offset);
        put_number(&mut out, u64::from(chain));
        put_number(&mut out, salt);
        put_number(&mut out, sequence);
        for (segment, octets) in &self.live.octets {
            put_number(&mut out, u64::from(*segment));
            put_number(&mut out, u64::try_from(*octets).unwrap_or(0));
        }
        let checksum = crc32fast::hash(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out
    }

    pub(crate) fn parse(octets: &[u8]) -> Option<Mark> {
        let (checked, checksum) = octets.split_last_chunk::<4>()?;
        if crc32fast::hash(checked) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let mut reader = Reader::new(checked);
        let position =
            Position { segment: u32::try_from(reader.number()?).ok()?, offset: reader.number()? };
        let stand = Stand {
            position,
            chain: u32::try_from(reader.number()?).ok()?,
            salt: reader.number()?,
            sequence: reader.number()?,
        };
        let mut live = Live::default();
        while !reader.is_empty() {
            let segment = u32::try_from(reader.number()?).ok()?;
            live.octets.insert(segment, i64::try_from(reader.number()?).ok()?);
        }
        Some(Mark { stand, live })
    }
}

/// How many octets of each segment live.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Live {
    octets: BTreeMap<u32, i64>,
}

impl Live {
    /// Counts octets in.
    pub(crate) fn add(&mut self, segment: u32, octets: u64) {
        let sum = self.octets.entry(segment).or_insert(0);
        *sum = sum.saturating_add(i64::try_from(octets).unwrap_or(i64::MAX));
    }

    /// Counts octets out.
    pub(crate) fn subtract(&mut self, segment: u32, octets: u64) {
        let sum = self.octets.entry(segment).or_insert(0);
        *sum = sum.saturating_sub(i64::try_from(octets).unwrap_or(i64::MAX));
    }

    /// Says whether both count the same, whether or not they name segments with nothing in them.
    pub(crate) fn is_same_as(&self, other: &Live) -> bool {
        let counted = |live: &Live| {
            let octets = live.octets.iter().filter(|(_, octets)| **octets != 0);
            octets.map(|(segment, octets)| (*segment, *octets)).collect::<Vec<_>>()
        };
        counted(self) == counted(other)
    }

    /// Forgets a segment.
    pub(crate) fn remove(&mut self, segment: u32) {
        self.octets.remove(&segment);
    }

    /// How many octets of a segment live.
    pub(crate) fn of(&self, segment: u32) -> u64 {
        self.octets.get(&segment).map_or(0, |octets| u64::try_from(*octets).unwrap_or(0))
    }

    /// How many octets live in all.
    pub(crate) fn sum(&self) -> u64 {
        self.octets.keys().map(|segment| self.of(*segment)).fold(0, u64::saturating_add)
    }

    /// The segments that have living octets.
    pub(crate) fn segments(&self) -> impl Iterator<Item = u32> + '_ {
        self.octets.iter().filter(|(_, octets)| **octets > 0).map(|(segment, _)| *segment)
    }
}
