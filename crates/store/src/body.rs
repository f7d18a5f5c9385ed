//! Reads bodies from the journal, and gives back nothing that is not proven right.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use mailbox::engine::{BodySource, StagedBody, cut};
use mailbox::{BodyHash, Fault};

use crate::changes::reference_prefix;
use crate::disk::DiskFile;
use crate::encoding::octets_of;
use crate::fault::Doing;
use crate::group::staged_location;
use crate::limits::{BODY_BLOCK_OCTETS, BODY_READ_OCTETS_MAX};
use crate::location::{Extent, Location};
use crate::segment::Segments;
use crate::shared::Shared;

impl Shared {
    /// Reads octets of a body.
    pub(crate) fn read_body(&self, hash: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        if let Some(location) = self.locations.find(hash)
            && let Some(octets) = read(&self.segments, hash, &location, range.clone())?
        {
            self.counting.octets_read.add(octets_of(&octets));
            return Ok(octets);
        }
        // Not known, or moved since by the rewriting of its segment; that can happen again while we look.
        for _ in 0..3 {
            let Some(location) = self.view().location(hash)? else {
                return Err(self.not_there(hash));
            };
            if let Some(octets) = read(&self.segments, hash, &location, range.clone())? {
                self.locations.remember(hash, &location);
                self.counting.octets_read.add(octets_of(&octets));
                return Ok(octets);
            }
        }
        Err(Fault::damaged(format!("body {hash} lies in a segment that is lost")))
    }

    /// Reads octets of a body that is staged and perhaps not committed yet.
    pub(crate) fn read_staged(&self, body: &StagedBody, range: Range<u64>) -> Result<Bytes, Fault> {
        let note = match &body.source {
            BodySource::Memory(octets) => return Ok(cut(octets, range)),
            BodySource::Engine(note) => note,
        };
        let location = staged_location(&self.segments, note, body)?;
        match read(&self.segments, &body.hash, &location, range)? {
            Some(octets) => Ok(octets),
            None => Err(Fault::new("the segment of a message that is received is gone")),
        }
    }

    /// Says why a body is not there: nothing refers to it any more, or something does and it is lost.
    fn not_there(&self, hash: &BodyHash) -> Fault {
        match self.view().has_prefix(&reference_prefix(hash)) {
            Ok(true) => Fault::damaged(format!("body {hash} is lost")),
            Ok(false) => Fault::new(format!("there is no body {hash}")),
            Err(fault) => fault,
        }
    }
}

/// One read of the disk takes at most so many octets.
const READ_AT_ONCE: usize = 1 << 20;

/// Reads octets of a body at a location; none if a segment is not there any more.
pub(crate) fn read(
    segments: &Segments,
    hash: &BodyHash,
    location: &Location,
    range: Range<u64>,
) -> Result<Option<Bytes>, Fault> {
    let begin = range.start.min(location.octets);
    let end = range.end.min(location.octets).min(begin.saturating_add(BODY_READ_OCTETS_MAX));
    if begin >= end && location.octets > 0 {
        return Ok(Some(Bytes::new()));
    }
    // Whole blocks are read, since only whole blocks can be proven right.
    let first_block = begin / BODY_BLOCK_OCTETS;
    let from = first_block.saturating_mul(BODY_BLOCK_OCTETS);
    let to =
        end.checked_next_multiple_of(BODY_BLOCK_OCTETS).unwrap_or(u64::MAX).min(location.octets);
    let wanted = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    let mut octets = Vec::with_capacity(wanted.min(READ_AT_ONCE));
    for piece in location.pieces(from, to) {
        let Some(file) = segments.file(piece.segment)? else { return Ok(None) };
        match read_piece(&*file, piece, &mut octets) {
            // The segment was cut.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(damaged(hash));
            }
            read => read.doing("reading a body")?,
        }
    }
    // Once on the way to a reader is enough; `check` and the scrub compare the whole with its name as well.
    if octets.len() != wanted || !location.blocks_are_right(first_block, &octets) {
        return Err(damaged(hash));
    }
    let octets = Bytes::from(octets);
    let cut = |offset: u64| usize::try_from(offset.saturating_sub(from)).unwrap_or(usize::MAX);
    Ok(Some(octets.slice(cut(begin)..cut(end))))
}

fn damaged(hash: &BodyHash) -> Fault {
    Fault::damaged(format!("body {hash} is damaged on the disk"))
}

/// Reads a piece, bit by bit, so that a location which claims more than there is does not cost memory.
fn read_piece(file: &dyn DiskFile, piece: Extent, octets: &mut Vec<u8>) -> io::Result<()> {
    let mut offset = piece.offset;
    let mut left = usize::try_from(piece.octets).unwrap_or(usize::MAX);
    while left > 0 {
        let now = left.min(READ_AT_ONCE);
        let begin = octets.len();
        octets.resize(begin.saturating_add(now), 0);
        if let Some(room) = octets.get_mut(begin..) {
            file.read_at(offset, room)?;
        }
        offset = offset.saturating_add(u64::try_from(now).unwrap_or(u64::MAX));
        left = left.saturating_sub(now);
    }
    Ok(())
}
