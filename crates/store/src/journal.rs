//! The end of the journal, where records are added.

use std::io;
use std::sync::Arc;

use mailbox::Fault;

use crate::disk::{Disk, DiskFile, is_full};
use crate::encoding::octets_of;
use crate::fault::Doing;
use crate::options::Options;
use crate::record::{HEADER_OCTETS, Kind, Position, Run};
use crate::scan::{Stand, open_payload};
use crate::segment::{JOURNAL, Segments, name};

const CLOSING: &str = "closing a segment of the journal";
const UNBORN: &str = "next";

fn unborn() -> String {
    format!("{JOURNAL}/{UNBORN}")
}

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The disk has no room. Nothing has changed.
    Full,
    /// A call of the disk failed before anything of this was written. The journal has to begin anew.
    Failed(Fault),
    /// A call of the disk failed while this was written or made durable: what is on the disk is not known before the
    /// journal has begun anew.
    InDoubt(Fault),
}

impl WriteError {
    fn of(doing: &'static str, error: io::Error) -> WriteError {
        if is_full(&error) {
            WriteError::Full
        } else {
            WriteError::Failed(Fault::caused(doing, error))
        }
    }
}

impl From<Fault> for WriteError {
    fn from(fault: Fault) -> WriteError {
        WriteError::Failed(fault)
    }
}

/// The journal as its one writer sees it.
#[derive(Debug)]
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    segments: Arc<Segments>,
    file: Arc<dyn DiskFile>,
    /// Where the next record goes.
    end: Stand,
    /// Up to here everything is durable.
    durable: Stand,
    /// Whether the segment is closed, durably, and the next one has no name yet.
    closed: bool,
    /// Up to where the file has room.
    allocated: u64,
    /// How many octets were written since.
    unsynced_octets: u64,
    segment_octets: u64,
    allocation_step_octets: u64,
}

impl Journal {
    /// Goes on at the end of a journal that was read. All of it must be durable.
    pub(crate) fn resume(
        disk: Arc<dyn Disk>,
        segments: Arc<Segments>,
        file: Arc<dyn DiskFile>,
        end: Stand,
        options: &Options,
    ) -> Result<Journal, Fault> {
        let allocated = file.octets().doing("asking for the length of a segment")?;
        Ok(Journal {
            disk,
            segments,
            file,
            end,
            durable: end,
            closed: false,
            allocated,
            unsynced_octets: 0,
            segment_octets: options.segment_octets,
            allocation_step_octets: options.allocation_step_octets.max(1),
        })
    }

    /// Writes the beginning of a segment into a file that has not its name yet: a segment that has its name also
    /// has its first record.
    fn prepare(
        disk: &Arc<dyn Disk>,
        segment: u32,
        sequence: u64,
        room: u64,
    ) -> io::Result<(Arc<dyn DiskFile>, Stand)> {
        if disk.list(JOURNAL)?.iter().any(|file| file == UNBORN) {
            disk.remove(&unborn())?;
        }
        let file = disk.create(&unborn())?;
        let salt = disk.random()?;
        let position = Position { segment, offset: 0 };
        let mut run = Run::new(position, 0, sequence, salt, sequence.saturating_sub(1));
        run.push(Kind::Open, &open_payload(segment));
        if room > 0 {
            file.allocate(0, run.end().saturating_add(room))?;
        }
        file.write_at(0, &run.octets)?;
        file.sync_data()?;
        let position = Position { segment, offset: run.end() };
        Ok((file, Stand { position, chain: run.chain, salt, sequence: run.sequence }))
    }

    /// Gives a prepared segment its name, durably.
    fn name_prepared(disk: &Arc<dyn Disk>, segment: u32) -> io::Result<()> {
        disk.rename(&unborn(), &name(segment))?;
        disk.sync_directory(JOURNAL)
    }

    /// Begins a journal, or the segment after one that is sealed and durable.
    pub(crate) fn begin_segment(
        disk: &Arc<dyn Disk>,
        segment: u32,
        sequence: u64,
    ) -> Result<(Arc<dyn DiskFile>, Stand), Fault> {
        let doing = "beginning a segment of the journal";
        let prepared = Journal::prepare(disk, segment, sequence, 0).doing(doing)?;
        Journal::name_prepared(disk, segment).doing(doing)?;
        Ok(prepared)
    }

    /// Where the next record goes.
    pub(crate) fn end(&self) -> Stand {
        self.end
    }

    /// The segment that is written to.
    pub(crate) fn segment(&self) -> u32 {
        self.end.position.segment
    }

    /// Says whether a run of so many octets should go to the next segment.
    pub(crate) fn is_full_for(&self, octets: u64) -> bool {
        let Stand { position, .. } = self.end;
        // The first record of a segment alone does not make it full, however long the run.
        position.offset > HEADER_OCTETS.saturating_add(8)
            && position.offset.saturating_add(octets) > self.segment_octets
    }

    /// Closes the segment and begins the next, with room for so many octets. What was written before is durable
    /// afterwards. After `Full` nothing has changed.
    pub(crate) fn rotate(&mut self, room: u64) -> Result<(), WriteError> {
        let next = self.segment().saturating_add(1);
        let sequence = self.end.sequence.saturating_add(1);
        let prepared = Journal::prepare(&self.disk, next, sequence, room);
        let (file, end) = prepared.map_err(|error| WriteError::of(CLOSING, error))?;
        if let Err(error) = self.write_seal() {
            self.take_back().doing(CLOSING)?;
            return Err(WriteError::of(CLOSING, error));
        }
        self.close()?;
        self.go_on_in(next, file, end)?;
        Ok(())
    }

    fn write_seal(&mut self) -> io::Result<()> {
        let mut run = self.run();
        run.push(Kind::Seal, &[]);
        self.write(&run)
    }

    /// Makes a segment that has its last record durable.
    fn close(&mut self) -> Result<(), Fault> {
        self.cut().doing(CLOSING)?;
        self.sync()?;
        self.closed = true;
        Ok(())
    }

    /// Gives the prepared segment its name, and goes on there.
    fn go_on_in(&mut self, segment: u32, file: Arc<dyn DiskFile>, end: Stand) -> Result<(), Fault> {
        let allocated = file.octets().doing(CLOSING)?;
        Journal::name_prepared(&self.disk, segment).doing(CLOSING)?;
        self.segments.add(segment, file.clone());
        self.file = file;
        self.allocated = allocated;
        self.end = end;
        self.durable = end;
        self.closed = false;
        Ok(())
    }

    /// Goes on after a call of the disk has failed: what is not known to be durable is taken back, durably, and the
    /// next segment begun. After a failed sync nothing else can be relied on, since Linux may take what it could not
    /// write for written (Rebello and others, USENIX ATC 2020).
    ///
    /// After an error it can be called again.
    pub(crate) fn begin_anew(&mut self) -> Result<(), Fault> {
        if !self.closed {
            self.segments.give_up_from(self.durable.position);
            self.end = self.durable;
            self.unsynced_octets = 0;
            self.cut().doing(CLOSING)?;
            self.write_seal().doing(CLOSING)?;
            self.close()?;
        }
        let next = self.segment().saturating_add(1);
        let doing = "beginning a segment of the journal";
        let prepared = Journal::prepare(&self.disk, next, self.end.sequence, 0);
        let (file, end) = prepared.doing(doing)?;
        self.go_on_in(next, file, end)
    }

    /// An empty run at the end.
    pub(crate) fn run(&self) -> Run {
        let Stand { position, chain, salt, sequence } = self.end;
        Run::new(position, chain, sequence, salt, self.durable.sequence.saturating_sub(1))
    }

    /// Writes a run, which is not durable yet. After `Full` nothing has changed.
    pub(crate) fn append(&mut self, run: &Run) -> Result<(), WriteError> {
        let doing = "writing the journal";
        if let Err(error) = self.write(run) {
            // Whole records of the run may be there, which must not come back once they are refused.
            let taken_back = self.take_back().doing(doing);
            taken_back.map_err(WriteError::InDoubt)?;
            return Err(WriteError::of(doing, error));
        }
        Ok(())
    }

    /// Cuts off, durably, what lies behind the end.
    fn take_back(&mut self) -> io::Result<()> {
        self.cut()?;
        self.file.sync_data()?;
        self.durable = self.end;
        self.unsynced_octets = 0;
        Ok(())
    }

    fn write(&mut self, run: &Run) -> io::Result<()> {
        self.allocate(run.end())?;
        self.file.write_at(run.position.offset, &run.octets)?;
        self.unsynced_octets = self.unsynced_octets.saturating_add(octets_of(&run.octets));
        self.end.position.offset = run.end();
        self.end.chain = run.chain;
        self.end.sequence = run.sequence;
        Ok(())
    }

    /// Takes room up to this offset.
    fn allocate(&mut self, needed: u64) -> io::Result<()> {
        if needed <= self.allocated {
            return Ok(());
        }
        let missing = needed.saturating_sub(self.allocated);
        let step = missing.max(self.allocation_step_octets);
        let taken = match self.file.allocate(self.allocated, step) {
            Err(error) if is_full(&error) => {
                self.file.allocate(self.allocated, missing).map(|()| missing)?
            }
            other => other.map(|()| step)?,
        };
        self.allocated = self.allocated.saturating_add(taken);
        Ok(())
    }

    /// Cuts off what lies behind the end.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.end.position.offset)?;
        self.allocated = self.end.position.offset;
        Ok(())
    }

    /// Makes everything written durable.
    pub(crate) fn sync(&mut self) -> Result<(), Fault> {
        self.file.sync_data().doing("making the journal durable")?;
        self.durable = self.end;
        self.unsynced_octets = 0;
        Ok(())
    }

    /// How many octets have been written that may not be durable.
    pub(crate) fn unsynced_octets(&self) -> u64 {
        self.unsynced_octets
    }

    /// Says whether everything written is durable.
    pub(crate) fn is_synced(&self) -> bool {
        self.durable == self.end
    }
}
