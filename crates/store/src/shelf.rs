//! What was put aside can be looked at: which files there are, which messages are whole in them, and how a segment comes
//! back.

use std::sync::Arc;

use mailbox::{BodyHash, Fault};

use crate::aside::{ASIDE, keep_aside, put_aside};
use crate::change::{Change, ChangeReader};
use crate::disk::Disk;
use crate::encoding::octets_of;
use crate::fault::{Doing, OpenError};
use crate::index::INDEX;
use crate::open::lock;
use crate::record::{Encoding, Header};
use crate::salvage::Salvage;
use crate::scan::{Scanner, Stand};
use crate::seal::{Sealed, Sealer};
use crate::segment::{JOURNAL, name};

const LOOKING: &str = "looking at what was put aside";

/// A file that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Its name there.
    pub name: String,
    /// Its size.
    pub octets: u64,
    /// The segment that it was; none: it was something else, such as the index.
    pub segment: Option<u32>,
}

/// What is called with each body and its octets.
pub type EachBody<'e> = &'e mut dyn FnMut(BodyHash, &[u8]) -> Result<(), Fault>;

/// What was put aside, by name.
pub fn list_aside(disk: &dyn Disk) -> Result<Vec<Aside>, Fault> {
    let mut all = Vec::new();
    for name in disk.list(ASIDE).doing(LOOKING)? {
        let file = disk.open(&format!("{ASIDE}/{name}")).doing(LOOKING)?;
        let octets = file.map_or(Ok(0), |file| file.octets()).doing(LOOKING)?;
        let segment = segment_of(&name);
        all.push(Aside { name, octets, segment });
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// `00000003.seg.1` was segment 3.
fn segment_of(name: &str) -> Option<u32> {
    let (number, rest) = name.split_once('.')?;
    rest.starts_with("seg").then(|| number.parse().ok()).flatten()
}

/// Gives all bodies that are whole in a segment that was put aside, those too whose records are damaged. The segment is
/// held in memory meanwhile.
pub fn bodies_aside(disk: &dyn Disk, aside: &Aside, each: EachBody<'_>) -> Result<(), Fault> {
    let Some(segment) = aside.segment else { return Ok(()) };
    let file = disk.open(&format!("{ASIDE}/{}", aside.name)).doing(LOOKING)?;
    let file = file.ok_or_else(|| Fault::new(format!("{} went away", aside.name)))?;
    let mut octets = vec![0; usize::try_from(file.octets().doing(LOOKING)?).unwrap_or(0)];
    file.read_at(0, &mut octets).doing(LOOKING)?;
    let mut scanner = Scanner::new(file, Stand::at_start(segment))?;
    let Some((mut offset, mut header)) = scanner.find_header(0)? else { return Ok(()) };
    let mut give = |change: Change<'_>| give(segment, &octets, change, each);
    for kind in [Sealed::InBatch, Sealed::InPart] {
        let sealer = Sealer::new(segment, header.salt, kind);
        Salvage::new(&octets, segment, 0, sealer).try_for_each(&mut give)?;
    }
    // Changes without checksums of their own are only found by their records.
    loop {
        scanner.go_to(offset, &header);
        for change in plain(&mut scanner, segment, &header)? {
            give(change)?;
        }
        match scanner.find_header(offset.saturating_add(1))? {
            Some(next) => (offset, header) = next,
            None => return Ok(()),
        }
    }
}

/// The bodies in a record of the first formats, each as a change.
fn plain(
    scanner: &mut Scanner,
    segment: u32,
    header: &Header,
) -> Result<Vec<Change<'static>>, Fault> {
    if header.encoding != Encoding::Plain {
        return Ok(Vec::new());
    }
    let Some((header, payload, offset)) = scanner.unchecked_record()? else {
        return Ok(Vec::new());
    };
    let reader = ChangeReader::new(payload, header.encoding, segment, offset);
    let bodies = reader.filter_map(|change| match change {
        Change::Body(hash, location) => Some(Change::Body(hash, location)),
        Change::Put(..) | Change::Delete(_) => None,
    });
    Ok(bodies.collect())
}

/// Gives a body whose octets lie in these, and are what its name says.
fn give(segment: u32, octets: &[u8], change: Change<'_>, each: EachBody<'_>) -> Result<(), Fault> {
    let Change::Body(hash, location) = change else { return Ok(()) };
    let mut body = Vec::new();
    for extent in &location.extents {
        let begin = usize::try_from(extent.offset).unwrap_or(usize::MAX);
        let length = usize::try_from(extent.octets).unwrap_or(usize::MAX);
        let piece = octets.get(begin..).and_then(|rest| rest.get(..length));
        match piece.filter(|_| extent.segment == segment) {
            Some(piece) => body.extend_from_slice(piece),
            // Some of it lies in another segment.
            None => return Ok(()),
        }
    }
    let is_whole = octets_of(&body) == location.octets && *blake3::hash(&body).as_bytes() == hash.0;
    if is_whole { each(hash, &body) } else { Ok(()) }
}

/// Puts a segment that was put aside back to where it was, in place of the one that is there, which is put aside with the
/// index: both are kept. What the store then says when it is opened or repaired is what it said before.
pub fn restore_aside(disk: &Arc<dyn Disk>, aside: &Aside) -> Result<(), OpenError> {
    let _held = lock(&**disk)?;
    let Some(segment) = aside.segment else {
        let what = format!(
            "{} is no segment of the journal; an index is made anew from the journal, so it need not come back",
            aside.name
        );
        return Err(Fault::new(what).into());
    };
    disk.sync_directory(ASIDE).doing(LOOKING)?;
    if disk.open(INDEX).doing(LOOKING)?.is_some() {
        put_aside(&**disk, INDEX, INDEX)?;
        disk.sync_directory("").doing(LOOKING)?;
    }
    if disk.open(&name(segment)).doing(LOOKING)?.is_some() {
        keep_aside(&**disk, &name(segment), &format!("{segment:08}.seg"))?;
    }
    disk.rename(&format!("{ASIDE}/{}", aside.name), &name(segment)).doing(LOOKING)?;
    disk.sync_directory(JOURNAL).doing(LOOKING)?;
    disk.sync_directory(ASIDE).doing(LOOKING)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::segment_of;

    #[test]
    fn names_tell_segments_from_all_else() {
        assert_eq!(segment_of("00000003.seg.1"), Some(3));
        for other in ["index.redb.1", "seg", "x.seg", "00000003.old"] {
            assert_eq!(segment_of(other), None, "{other}");
        }
    }
}
