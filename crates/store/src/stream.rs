//! A copy of the store that goes through a stream: the journal and the entries of the index as they are at one moment, given out
//! piece by piece at one end and written to an empty disk at the other. The index comes along as it is the second witness: without
//! it a damaged record at the end of the journal would look like one that was never finished.

use std::sync::Arc;

use mailbox::Fault;

use crate::backup::{COPYING, Copied, Entries, Moment, PIECE_OCTETS, Table, each_entry};
use crate::disk::{Disk, DiskFile};
use crate::encoding::Reader;
use crate::fault::Doing;
use crate::index::{Index, UNBORN};
use crate::limits::{CHANGE_OCTETS_MAX, KEY_OCTETS_MAX};
use crate::mark::Mark;
use crate::open::{has_format, lock, write_format};
use crate::options::Options;
use crate::reserve::Reserve;
use crate::segment::{JOURNAL, name};
use crate::store::Store;
use crate::unfinished;

/// A part of a copy on its way, in the order in which they come: all octets, each segment with its octets, the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// So many octets will come.
    Begin {
        /// All of them.
        octets: u64,
    },
    /// A segment begins.
    Segment(u32),
    /// The index begins.
    Index,
    /// More of what began.
    Octets(&'a [u8]),
}

/// What an entry of the index is on its way: its table, or one of the two ends.
const KEY: u8 = 0;
const BODY: u8 = 1;
/// The mark of the journal: all entries were there.
const MARKED: u8 = 2;
/// The index is damaged: whoever opens the copy makes it from the journal.
const DAMAGED: u8 = 3;

impl Store {
    /// Gives out the store as it is now. What is damaged goes out as it is. Waits for the disk and for whoever takes it; the
    /// store works on meanwhile.
    pub fn give_out(
        &self,
        take: &mut dyn FnMut(Part<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let moment = self.moment()?;
        let files = moment
            .segments()
            .map(|(segment, end)| {
                let file = self.shared().segments.file(segment)?;
                let file =
                    file.ok_or_else(|| Fault::new("a segment went away while it was pinned"))?;
                Ok((segment, end.map_or_else(|| file.octets().doing(COPYING), Ok)?))
            })
            .collect::<Result<Vec<(u32, u64)>, Fault>>()?;
        let all = files.iter().fold(0_u64, |sum, (_, octets)| sum.saturating_add(*octets));
        take(Part::Begin { octets: all })?;
        for (segment, octets) in files {
            take(Part::Segment(segment))?;
            // Opened one after the other: there may be more than there are descriptors for.
            let file = self.shared().segments.file(segment)?;
            let file = file.ok_or_else(|| Fault::new("a segment went away while it was pinned"))?;
            let mut offset = 0_u64;
            while offset < octets {
                let piece = octets.saturating_sub(offset).min(PIECE_OCTETS);
                let mut held = vec![0; usize::try_from(piece).unwrap_or(0)];
                file.read_at(offset, &mut held).doing(COPYING)?;
                take(Part::Octets(&held))?;
                offset = offset.saturating_add(piece);
            }
        }
        take(Part::Index)?;
        give_out_index(&moment, take)
    }
}

fn give_out_index(
    moment: &Moment,
    take: &mut dyn FnMut(Part<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut held = Vec::new();
    let given = each_entry(moment.base(), &mut |table, key, octets| {
        let kind = match table {
            Table::Keys => KEY,
            Table::Bodies => BODY,
        };
        print(&mut held, kind, key, octets)?;
        if held.len() < usize::try_from(PIECE_OCTETS).unwrap_or(usize::MAX) {
            return Ok(());
        }
        take(Part::Octets(&held))?;
        held.clear();
        Ok(())
    });
    match given {
        Ok(()) => print(&mut held, MARKED, &[], &moment.mark().print())?,
        Err(fault) if fault.is_damaged() => {
            tracing::warn!(%fault, "the copy of the store gets no index, since the index is damaged");
            print(&mut held, DAMAGED, &[], &[])?;
        }
        Err(fault) => return Err(fault),
    }
    take(Part::Octets(&held))
}

/// One entry: its kind, the two lengths in four octets each, key and value.
fn print(out: &mut Vec<u8>, kind: u8, key: &[u8], octets: &[u8]) -> Result<(), Fault> {
    let length = |part: &[u8]| {
        u32::try_from(part.len()).map_err(|_| Fault::new("an entry of the index is too long"))
    };
    out.push(kind);
    out.extend_from_slice(&length(key)?.to_le_bytes());
    out.extend_from_slice(&length(octets)?.to_le_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(octets);
    Ok(())
}

/// An entry that came: its kind, its key and what is kept under it.
type Came<'a> = (u8, &'a [u8], &'a [u8]);

/// Reads an entry from the front: none if not all of it has come.
fn parse<'a>(reader: &mut Reader<'a>) -> Result<Option<Came<'a>>, Fault> {
    let (Some(kind), Some(key), Some(octets)) = (reader.u8(), reader.u32(), reader.u32()) else {
        return Ok(None);
    };
    let number = |length: u32| usize::try_from(length).unwrap_or(usize::MAX);
    if number(key) > KEY_OCTETS_MAX || u64::from(octets) > CHANGE_OCTETS_MAX {
        return Err(Fault::new("an entry of the index that came is too long"));
    }
    let Some(key) = reader.take(number(key)) else { return Ok(None) };
    Ok(reader.take(number(octets)).map(|octets| (kind, key, octets)))
}

/// The end that takes a copy in: `begin`, then each segment with its octets, then `finish`.
pub struct Taking {
    target: Arc<dyn Disk>,
    segment: Option<(Arc<dyn DiskFile>, u64)>,
    index: Option<TakingIndex>,
    copied: Copied,
    /// Keeps others from copying to the same place.
    _held: Box<dyn Send + Sync>,
}

/// An index on its way in.
struct TakingIndex {
    /// None once it is known to be damaged where it comes from.
    index: Option<Index>,
    entries: Entries,
    /// Octets of which an entry has not come whole.
    rest: Vec<u8>,
    mark: Option<Mark>,
}

impl Taking {
    /// Begins on an empty disk.
    pub fn begin(target: Arc<dyn Disk>) -> Result<Taking, Fault> {
        let used = has_format(&*target).map_err(|error| Fault::caused(COPYING, error))?;
        if used || !target.list(JOURNAL).doing(COPYING)?.is_empty() {
            return Err(Fault::new("the place for the copy is not empty"));
        }
        let held = lock(&*target).map_err(|error| Fault::caused(COPYING, error))?;
        unfinished::begin(&*target)?;
        target.create_directory(JOURNAL).doing(COPYING)?;
        target.sync_directory("").doing(COPYING)?;
        let copied = Copied::default();
        Ok(Taking { target, segment: None, index: None, copied, _held: held })
    }

    /// Begins a segment; the one before it is made durable.
    pub fn segment(&mut self, segment: u32) -> Result<(), Fault> {
        self.end_segment()?;
        self.segment = Some((self.target.create(&name(segment)).doing(COPYING)?, 0));
        Ok(())
    }

    /// Begins the index; the segment before it is made durable.
    pub fn index(&mut self) -> Result<(), Fault> {
        self.end_segment()?;
        self.target.sync_directory(JOURNAL).doing(COPYING)?;
        let reserve = Arc::new(Reserve::find(self.target.clone(), 0).doing(COPYING)?);
        let cache = Options::default().index_cache_octets;
        let index = Some(Index::make(&*self.target, UNBORN, &reserve, cache)?);
        let (entries, rest) = (Entries::default(), Vec::new());
        self.index = Some(TakingIndex { index, entries, rest, mark: None });
        Ok(())
    }

    /// Takes more octets of the segment, or of the index.
    pub fn octets(&mut self, octets: &[u8]) -> Result<(), Fault> {
        if let Some(index) = &mut self.index {
            return index.octets(octets);
        }
        let Some((file, offset)) = &mut self.segment else {
            return Err(Fault::new("octets of the copy came before their segment"));
        };
        file.write_at(*offset, octets).doing(COPYING)?;
        *offset = offset.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Makes all durable, and a store of it. Without this, half a copy is not taken for one.
    pub fn finish(mut self) -> Result<Copied, Fault> {
        let Some(taken) = self.index.take() else {
            return Err(Fault::new("the index of the copy did not come"));
        };
        match (taken.index, taken.mark) {
            (Some(index), Some(mark)) => {
                self.copied.entries = taken.entries.put_rest(&index)?;
                index.name(&*self.target, &mark)?;
            }
            (None, _) => self.target.remove(UNBORN).doing(COPYING)?,
            (Some(_), None) => return Err(Fault::new("the index of the copy did not come whole")),
        }
        write_format(&*self.target)?;
        unfinished::end(&*self.target)?;
        Ok(self.copied)
    }

    fn end_segment(&mut self) -> Result<(), Fault> {
        if let Some((file, octets)) = self.segment.take() {
            file.sync_data().doing(COPYING)?;
            self.copied.copied = self.copied.copied.saturating_add(1);
            self.copied.octets = self.copied.octets.saturating_add(octets);
        }
        Ok(())
    }
}

impl TakingIndex {
    fn octets(&mut self, octets: &[u8]) -> Result<(), Fault> {
        self.rest.extend_from_slice(octets);
        let mut reader = Reader::new(&self.rest);
        let mut left = reader.left();
        while let Some((kind, key, octets)) = parse(&mut reader)? {
            left = reader.left();
            let table = match kind {
                KEY => Table::Keys,
                BODY => Table::Bodies,
                MARKED => {
                    let mark = Mark::parse(octets);
                    self.mark =
                        Some(mark.ok_or_else(|| Fault::new("the mark of the copy is damaged"))?);
                    continue;
                }
                DAMAGED => {
                    self.index = None;
                    continue;
                }
                _ => return Err(Fault::new("the copy holds an entry of an unknown kind")),
            };
            if let Some(index) = &self.index {
                self.entries.add(index, table, key, octets)?;
            }
        }
        let taken = self.rest.len().saturating_sub(left);
        self.rest.drain(..taken);
        Ok(())
    }
}
