//! Opens a store: locks it, finds the journal's end, brings the index up to it, and starts the committer.

use std::io;
use std::sync::Arc;

use mailbox::Fault;

use crate::aside::keep_aside;
use crate::backend::Backend;
use crate::changes::{Changes, Forget};
use crate::committer::Committer;
use crate::disk::{Disk, DiskFile};
use crate::fault::{Doing, OpenError};
use crate::index::{INDEX, Index, Proof, UNBORN};
use crate::journal::Journal;
use crate::mark::{Live, Mark};
use crate::options::Options;
use crate::record::Position;
use crate::replay::{End, Replay, Tail};
use crate::reserve::Reserve;
use crate::scan::Stand;
use crate::segment::{JOURNAL, Segments, numbers};
use crate::shared::Shared;
use crate::suspicion::Suspicion;
use crate::unfinished;
use crate::visible::Visible;

/// The store format that this program writes, and the last that it reads.
///
/// 1: as it was in the beginning. 2: large batches lie in parts. 3: each change has a checksum of its own. 4: what is
/// written of an email has the zone of its internal date. 5: there are indexes of words. 6: what an email is sorted by has a
/// key of its own. 7: words for searches are folded by i;unicode-casemap, and there may be keys of what users have seen in
/// mailboxes of others. 8: an entry says when its email came. 9: a line of the change log
/// says which emails became visible or went, a mailbox may have a place among others, and there may be keys of uploads. 10: there may be
/// keys of messages that were found elsewhere. 11: there may be keys of cards and address books. 12: what was found elsewhere
/// may be mirrored, and may be a folder. 13: a mailbox may be shared, and what changed may be by another than its owner. 14: there may be
/// keys of annotations, and lines of the change log about them. Records and values say themselves how they are written, so that
/// a store of an earlier format is one of this as it is; only what comes from now on cannot be read by earlier programs.
const FORMAT: u32 = 14;
const FORMAT_FILE: &str = "format";
const FORMAT_BEGIN: &str = "correio store ";
/// Octets are rewritten in pieces of this size.
const PIECE_OCTETS: u64 = 1 << 20;
/// The file that is there while a repair is under way.
pub(crate) const REPAIRING: &str = "repairing";

/// What opening makes ready.
pub(crate) struct Opened {
    pub(crate) shared: Arc<Shared>,
    pub(crate) committer: Committer,
    pub(crate) lock: Box<dyn Send + Sync>,
    pub(crate) started: Started,
}

/// What opening a store had to do besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// The index was damaged, for this reason, and was made anew from the journal. The damaged one is in the directory
    /// `aside`.
    pub index_made_anew: Option<String>,
    /// The store had this earlier format, and has today's from now on.
    pub upgraded_from: Option<u32>,
}

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// To work. A damaged index is made anew.
    ToServe,
    /// To be checked. A damaged index is refused.
    ForCheck,
    /// To end a repair.
    ForRepair,
}

/// Opens the store on a disk, or makes one there.
pub(crate) fn open_for(
    opening: Opening,
    disk: Arc<dyn Disk>,
    options: Options,
) -> Result<Opened, OpenError> {
    let lock = lock(&*disk)?;
    let doing = "opening the store";
    let is_unfinished = disk.list("").doing(doing)?.iter().any(|file| file == REPAIRING);
    if is_unfinished && opening != Opening::ForRepair {
        return Err(OpenError::RepairUnfinished);
    }
    let upgraded_from = make_or_check_format(&*disk)?;
    // A name that can be seen may be in memory only, if whoever made it was stopped before its sync.
    disk.sync_directory("").doing(doing)?;
    disk.sync_directory(JOURNAL).doing(doing)?;
    let reserve = Arc::new(Reserve::find(disk.clone(), options.reserve_octets).doing(doing)?);
    let segments = find_segments(&disk, options.open_segments_max)?;
    let (mut up, made) = find_index(opening, &disk, &segments, &reserve, &options)?;
    let (file, stand) = ready_for_more(&disk, &segments, &up.end)?;
    if let Made::Anew { .. } = &made {
        up.mark = Mark { stand, live: up.mark.live };
        name_index(&*disk, &up, &made)?;
    }
    let journal = Journal::resume(disk.clone(), segments.clone(), file, stand, &options)?;
    let shared = Arc::new(Shared::new(disk, options, segments, reserve, up.visible));
    shared.counting.records_replayed.add(up.end.records);
    let durable_segment = up.mark.stand.position.segment;
    let mut committer =
        Committer::new(shared.clone(), journal, up.index, up.mark.live, durable_segment);
    if up.end.records > 0 && made == Made::Before {
        // So that the next checkpoint takes it in, and opening again need not do it all anew.
        committer.written(up.end.octets.max(1), up.end.changes);
    }
    let index_made_anew = match made {
        Made::Anew { because } => because,
        Made::Before => None,
    };
    let started = Started { index_made_anew, upgraded_from };
    Ok(Opened { shared, committer, lock, started })
}

/// Keeps other processes out.
pub(crate) fn lock(disk: &dyn Disk) -> Result<Box<dyn Send + Sync>, OpenError> {
    disk.lock().map_err(|error| {
        if error.kind() == io::ErrorKind::WouldBlock {
            OpenError::InUse
        } else {
            Fault::caused("locking the data directory", error).into()
        }
    })
}

/// Makes sure that the store has the format that this program writes: marks an older one, makes an empty one where
/// there is nothing. Gives back the earlier format.
fn make_or_check_format(disk: &dyn Disk) -> Result<Option<u32>, OpenError> {
    if let Some(found) = find_format(disk)? {
        if found == FORMAT {
            return Ok(None);
        }
        // Before anything is written that an earlier version cannot read. Nothing else changes, so that it takes no time
        // and there is nothing to go back to but this number.
        tracing::info!(found, to = FORMAT, "marking the store with a later format");
        write_format(disk)?;
        return Ok(Some(found));
    }
    let doing = "reading the store's format";
    let there = disk.list(JOURNAL).doing(doing)?;
    if there.iter().any(|file| crate::segment::number_of(file).is_some()) {
        let what = "it has segments of a journal, but no file that says which format they have";
        return Err(OpenError::NotAStore { what: what.to_owned() });
    }
    let doing = "making the store";
    disk.create_directory(JOURNAL).doing(doing)?;
    disk.sync_directory("").doing(doing)?;
    write_format(disk)?;
    Ok(None)
}

/// Says whether there is a store, of a format that this program knows.
pub(crate) fn has_format(disk: &dyn Disk) -> Result<bool, OpenError> {
    find_format(disk).map(|found| found.is_some())
}

/// The format of the store, if there is one; it must be one that this program knows. A copy that was not finished is
/// no store: what is missing in it is not known.
fn find_format(disk: &dyn Disk) -> Result<Option<u32>, OpenError> {
    if unfinished::is_there(disk)? {
        let what = "a copy of a store was begun here and not finished; run the same backup or restore again, or remove the folder";
        return Err(OpenError::NotAStore { what: what.to_owned() });
    }
    let file = disk.open(FORMAT_FILE).doing("reading the store's format")?;
    file.map(|file| read_format(&*file)).transpose()
}

/// Says durably that this is a store, of the format that this program writes.
pub(crate) fn write_format(disk: &dyn Disk) -> Result<(), Fault> {
    let doing = "making the store";
    let unborn = "format.next";
    if disk.list("").doing(doing)?.iter().any(|file| file == unborn) {
        disk.remove(unborn).doing(doing)?;
    }
    let file = disk.create(unborn).doing(doing)?;
    file.write_at(0, format!("{FORMAT_BEGIN}{FORMAT}\n").as_bytes()).doing(doing)?;
    file.sync_data().doing(doing)?;
    disk.rename(unborn, FORMAT_FILE).doing(doing)?;
    disk.sync_directory("").doing(doing)
}

fn read_format(file: &dyn DiskFile) -> Result<u32, OpenError> {
    let doing = "reading the store's format";
    let octets = file.octets().doing(doing)?.min(64);
    let mut text = vec![0; usize::try_from(octets).unwrap_or(0)];
    file.read_at(0, &mut text).doing(doing)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let found = text.strip_prefix(FORMAT_BEGIN).and_then(|rest| rest.trim().parse().ok());
    match found {
        Some(found) if found <= FORMAT => Ok(found),
        Some(found) => Err(OpenError::NewerFormat { found, known: FORMAT }),
        None => Err(OpenError::NotAStore { what: format!("its format file says {text:?}") }),
    }
}

/// Lists the segments; begins the first one in an empty store.
fn find_segments(disk: &Arc<dyn Disk>, open_max: usize) -> Result<Arc<Segments>, OpenError> {
    let mut found = numbers(&**disk).doing("listing the journal")?;
    if found.is_empty() {
        let has_index = disk.open(INDEX).doing("opening the index")?.is_some();
        if has_index {
            return Err(OpenError::JournalDamaged {
                segment: 1,
                offset: 0,
                what: "there is an index, but no journal".to_owned(),
            });
        }
        Journal::begin_segment(disk, 1, 1)?;
        found.push(1);
    }
    Ok(Arc::new(Segments::new(disk.clone(), &found, open_max)))
}

/// An index, and in memory what it has not taken in yet.
pub(crate) struct Up {
    pub(crate) index: Index,
    pub(crate) visible: Arc<Visible>,
    /// What the index has taken in.
    pub(crate) mark: Mark,
    pub(crate) end: End,
}

/// Whether the index was there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Made {
    Before,
    /// There was none, or it was damaged.
    Anew {
        because: Option<String>,
    },
}

/// Opens the index, or makes it anew beside the damaged one. That gets its name once the journal is ready.
fn find_index(
    opening: Opening,
    disk: &Arc<dyn Disk>,
    segments: &Arc<Segments>,
    reserve: &Arc<Reserve>,
    options: &Options,
) -> Result<(Up, Made), OpenError> {
    let doing = "opening the index";
    let suspicion = Arc::new(Suspicion::new(disk.clone()));
    let because = match disk.open(INDEX).doing(doing)? {
        None => None,
        Some(_) if opening != Opening::ForCheck && Suspicion::is_there(&**disk)? => {
            Some("something in it was found damaged while the store worked".to_owned())
        }
        Some(file) => {
            let octets = file.octets().doing(doing)?;
            let is_small = octets <= options.index_proof_octets_max;
            let is_proven = is_small || opening == Opening::ForCheck;
            let proof = if is_proven { Proof::Wanted } else { Proof::NotWanted };
            let backend = Backend::new(file, reserve.clone());
            match bring_up((backend, proof), segments, &suspicion, options) {
                Err(OpenError::IndexDamaged { what }) if opening != Opening::ForCheck => Some(what),
                up => return Ok((up?, Made::Before)),
            }
        }
    };
    if let Some(what) = &because {
        tracing::warn!(%what, "the index is damaged; making it anew from the journal");
    }
    let index = Index::make(&**disk, UNBORN, reserve, options.index_cache_octets)?;
    let up = replay_all(index.watched_by(suspicion), segments, options)?;
    Ok((up, Made::Anew { because }))
}

/// Gives an index that was made anew its name. A damaged one is kept under another.
fn name_index(disk: &dyn Disk, up: &Up, made: &Made) -> Result<(), OpenError> {
    if let Made::Anew { because: Some(_) } = made {
        keep_aside(disk, INDEX, INDEX)?;
    }
    up.index.name(disk, &up.mark)?;
    Suspicion::forget(disk)?;
    Ok(())
}

/// Opens the index and carries into memory what it has not taken in yet.
fn bring_up(
    (backend, proof): (Backend, Proof),
    segments: &Arc<Segments>,
    suspicion: &Arc<Suspicion>,
    options: &Options,
) -> Result<Up, OpenError> {
    try_bring_up((backend, proof), segments, suspicion, options).map_err(|error| {
        if let OpenError::Fault(fault) = &error
            && fault.is_damaged()
        {
            return OpenError::IndexDamaged { what: fault.to_string() };
        }
        error
    })
}

fn try_bring_up(
    (backend, proof): (Backend, Proof),
    segments: &Arc<Segments>,
    suspicion: &Arc<Suspicion>,
    options: &Options,
) -> Result<Up, OpenError> {
    let calls = backend.calls();
    let index = Index::open(backend, options.index_cache_octets, proof)?;
    let index = index.with_calls(calls).watched_by(suspicion.clone());
    let mark = index.mark()?.ok_or_else(|| Fault::damaged("the index has no mark"))?;
    if let Some(missing) = mark.live.segments().find(|it| !segments.numbers().contains(it)) {
        return Err(OpenError::JournalDamaged {
            segment: missing,
            offset: 0,
            what: "mail lies in this segment, and it is not there".to_owned(),
        });
    }
    let visible = Arc::new(Visible::new(index.base()?));
    let replay = Replay::new(segments, mark.stand)?;
    // How much this can be is bounded by how often checkpoints are made.
    let at_once = options.replay_records_at_once;
    let end = replay.run(&visible, Forget::AtOnce, at_once, &mut |_| Ok(()))?;
    Ok(Up { index, visible, mark, end })
}

/// Carries all segments into an empty index.
pub(crate) fn replay_all(
    index: Index,
    segments: &Arc<Segments>,
    options: &Options,
) -> Result<Up, OpenError> {
    let first = segments.numbers().first().copied().unwrap_or(1);
    let stand = Stand::at_start(first);
    let visible = Arc::new(Visible::new(index.base()?));
    let mut live = Live::default();
    let mut flush = |stand: Stand| -> Result<(), Fault> {
        let (lives, base) = index.flush(&visible.freeze(), stand, &live)?;
        live = lives;
        visible.made_durable(base);
        Ok(())
    };
    let most = usize::try_from(options.checkpoint_changes).unwrap_or(usize::MAX);
    let replay = Replay::new(segments, stand)?;
    let at_once = options.replay_records_at_once;
    let end = replay.run(&visible, Forget::Later, at_once, &mut |stand| {
        if visible.entries_in_memory() < most { Ok(()) } else { flush(stand) }
    })?;
    flush(end.stand)?;
    forget_unreferenced(&visible, &mut || flush(end.stand))?;
    Ok(Up { index, visible, mark: Mark { stand: end.stand, live }, end })
}

/// Forgets all bodies that nothing refers to, in bounded steps.
fn forget_unreferenced(
    visible: &Visible,
    flush: &mut dyn FnMut() -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let hashes = visible.base().bodies_after(after.as_ref(), 10_000)?;
        let Some(last) = hashes.last() else { return Ok(()) };
        after = Some(*last);
        let mut changes = Changes::new(visible.begin_turn(), Forget::Later);
        for hash in &hashes {
            changes.forget_unless_referenced(hash)?;
        }
        let turn = changes.into_turn();
        visible.show(&turn);
        if !turn.moved().is_empty() {
            flush()?;
        }
    }
}

/// Makes the end of the journal durable and fit to be written to.
pub(crate) fn ready_for_more(
    disk: &Arc<dyn Disk>,
    segments: &Segments,
    end: &End,
) -> Result<(Arc<dyn DiskFile>, Stand), OpenError> {
    let Stand { position: Position { segment, offset }, sequence, .. } = end.stand;
    let doing = "making the end of the journal durable";
    if end.tail == Tail::Torn {
        tracing::warn!(segment, offset, "cutting off a record whose writing was interrupted");
        end.file.set_len(offset).doing(doing)?;
    }
    write_again(&*end.file, end.unproven_from, offset)?;
    end.file.sync_data().doing(doing)?;
    if end.tail != Tail::Sealed {
        return Ok((end.file.clone(), end.stand));
    }
    let next = segment.saturating_add(1);
    let (file, stand) = Journal::begin_segment(disk, next, sequence)?;
    segments.add(next, file.clone());
    Ok((file, stand))
}

/// Writes octets once more. After a failed sync, Linux may keep octets in memory as if they were on the disk; they
/// can be read, but no later sync writes them (Rebello and others, USENIX ATC 2020).
fn write_again(file: &dyn DiskFile, from: u64, to: u64) -> Result<(), Fault> {
    let doing = "writing the end of the journal once more";
    let mut offset = from;
    while offset < to {
        let octets = to.saturating_sub(offset).min(PIECE_OCTETS);
        let mut piece = vec![0; usize::try_from(octets).unwrap_or(0)];
        file.read_at(offset, &mut piece).doing(doing)?;
        file.write_at(offset, &piece).doing(doing)?;
        offset = offset.saturating_add(octets);
    }
    Ok(())
}
