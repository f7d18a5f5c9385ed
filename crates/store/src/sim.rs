//! A simulated disk: it counts calls, fails any of them, tears what was not synced, and can lose power at any write.
//! For the tests of this crate and of what is built on it.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a tool of tests: a panic here is a failed test"
)]

mod any;
mod dice;
mod directory;
mod image;
mod trouble;

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile, Linked};
pub use any::try_as_journal;
pub use dice::Dice;
use directory::Directory;
use image::{Change, FileImage, PAGE_OCTETS};
use trouble::Happens;
pub use trouble::{Trouble, sweep};

/// A disk in memory. Clones are the same disk.
///
/// What is written can be read at once, but lasts only once it was synced: a file's octets by `sync_data`, its name
/// by `sync_directory`. `restart` shows what a power cut leaves.
#[derive(Clone, Debug)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    files: BTreeMap<u64, FileImage>,
    names: Directory,
    next_file: u64,
    calls: u64,
    reads: u64,
    /// From which call on, up to which, and what.
    trouble: Option<(u64, u64, Trouble)>,
    happened: bool,
    powered: bool,
    locked: bool,
    capacity: Option<u64>,
    without_links: bool,
    /// Octets of files that cannot be read.
    unreadable: Vec<(u64, Range<u64>)>,
    dice: Dice,
}

impl SimulatedDisk {
    /// An empty disk. The seed decides what a failed sync leaves behind, and the numbers nobody can foresee.
    pub fn new(seed: u64) -> SimulatedDisk {
        let state = State {
            files: BTreeMap::new(),
            names: Directory::default(),
            next_file: 1,
            calls: 0,
            reads: 0,
            trouble: None,
            happened: false,
            powered: true,
            locked: false,
            capacity: None,
            without_links: false,
            unreadable: Vec::new(),
            dice: Dice::new(seed),
        };
        SimulatedDisk { state: Arc::new(Mutex::new(state)) }
    }

    /// Has trouble happen at a call: the n-th from now on (counted from 1) that changes something, or, for
    /// `Trouble::ReadError`, that reads. It happens once.
    pub fn trouble_at(&self, call: u64, trouble: Trouble) {
        self.trouble_for(call, 1, trouble);
    }

    /// Has trouble happen like `trouble_at`, and to so many calls one after another.
    pub fn trouble_for(&self, call: u64, calls: u64, trouble: Trouble) {
        let mut state = self.lock_state();
        state.happened = false;
        let now = if trouble == Trouble::ReadError { state.reads } else { state.calls };
        let first = now + call;
        state.trouble = Some((first, first.saturating_add(calls), trouble));
    }

    /// Says whether the trouble has happened.
    pub fn has_happened(&self) -> bool {
        self.lock_state().happened
    }

    /// Lets no trouble happen any more.
    pub fn calm(&self) {
        self.lock_state().trouble = None;
    }

    /// How many calls changed something so far.
    pub fn calls(&self) -> u64 {
        self.lock_state().calls
    }

    /// Sets how much the disk can hold; `None`: as much as one likes.
    pub fn set_capacity(&self, octets: Option<u64>) {
        self.lock_state().capacity = octets;
    }

    /// Makes it a disk on which a file has one name only.
    pub fn forbid_links(&self) {
        self.lock_state().without_links = true;
    }

    /// How much the files hold now.
    pub fn used_octets(&self) -> u64 {
        self.lock_state().used()
    }

    /// Flips one bit of a file, durably.
    pub fn flip_bit(&self, name: &str, bit: u64) {
        let mut state = self.lock_state();
        if let Some(file) = state.names.find(name)
            && let Some(image) = state.files.get_mut(&file)
        {
            image.flip_bit(bit);
        }
    }

    /// Overwrites octets of a file, durably; nothing beyond its end.
    pub fn overwrite(&self, name: &str, offset: u64, octets: &[u8]) {
        let mut state = self.lock_state();
        if let Some(file) = state.names.find(name)
            && let Some(image) = state.files.get_mut(&file)
        {
            image.overwrite(offset, octets);
        }
    }

    /// Makes some octets of a file unreadable for good, as bad sectors are.
    pub fn make_unreadable(&self, name: &str, octets: Range<u64>) {
        let mut state = self.lock_state();
        if let Some(file) = state.names.find(name) {
            state.unreadable.push((file, octets));
        }
    }

    /// Cuts a file to this length, durably.
    pub fn cut(&self, name: &str, octets: u64) {
        let mut state = self.lock_state();
        if let Some(file) = state.names.find(name)
            && let Some(image) = state.files.get_mut(&file)
        {
            image.cut(octets);
        }
    }

    /// A disk of its own that holds what can be read of this one.
    pub fn copy(&self) -> SimulatedDisk {
        let state = self.lock_state();
        let copy = SimulatedDisk::new(0);
        {
            let mut to = copy.lock_state();
            to.names = state.names.settled();
            to.files = state.files.iter().map(|(file, it)| (*file, it.settled())).collect();
            to.next_file = state.next_file;
            to.capacity = state.capacity;
            to.without_links = state.without_links;
        }
        copy
    }

    /// The names of all files with their lengths.
    pub fn files(&self) -> Vec<(String, u64)> {
        let state = self.lock_state();
        let octets = |file: u64| state.files.get(&file).map_or(0, FileImage::octets);
        state.names.all().map(|(name, file)| (name.to_owned(), octets(file))).collect()
    }

    /// Cuts the power: every call from now on fails.
    pub fn cut_power(&self) {
        self.lock_state().powered = false;
    }

    /// The disk after a power cut: what was synced is there; of the rest, the seed decides what is. Stores that had
    /// this disk open keep the old one, which has no power.
    pub fn restart(&self, seed: u64) -> SimulatedDisk {
        let mut state = self.lock_state();
        state.powered = false;
        let mut dice = Dice::new(seed);
        let names = state.names.after_power_cut(&mut dice);
        let mut files = BTreeMap::new();
        for (_, file) in names.all() {
            if let Some(image) = state.files.get(&file) {
                files.insert(file, image.after_power_cut(&mut dice));
            }
        }
        let next = SimulatedDisk::new(dice.next());
        {
            let mut started = next.lock_state();
            started.files = files;
            started.names = names;
            started.next_file = state.next_file;
            started.capacity = state.capacity;
        }
        next
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, file: u64) -> Arc<dyn DiskFile> {
        Arc::new(SimulatedFile { disk: self.clone(), file })
    }
}

impl State {
    fn used(&self) -> u64 {
        self.names
            .all()
            .filter_map(|(_, file)| self.files.get(&file))
            .map(|image| image.pages() * PAGE_OCTETS)
            .sum()
    }

    fn free(&self) -> u64 {
        self.capacity.map_or(1 << 40, |capacity| capacity.saturating_sub(self.used()))
    }

    /// Counts a call that changes something, and says what happens to it.
    fn change(&mut self) -> io::Result<Happens> {
        if !self.powered {
            return Err(trouble::no_power());
        }
        self.calls += 1;
        match self.trouble {
            Some((from, to, trouble))
                if (from..to).contains(&self.calls) && trouble != Trouble::ReadError =>
            {
                self.happened = true;
                self.powered = trouble != Trouble::PowerCut;
                Ok(Happens::Trouble(trouble))
            }
            _ => Ok(Happens::AsUsual),
        }
    }

    /// Counts a call that reads.
    fn read(&mut self) -> io::Result<()> {
        if !self.powered {
            return Err(trouble::no_power());
        }
        self.reads += 1;
        if let Some((from, to, Trouble::ReadError)) = self.trouble
            && (from..to).contains(&self.reads)
        {
            self.happened = true;
            return Err(Trouble::ReadError.error());
        }
        Ok(())
    }

    /// A change of names: with trouble it is not done, except that a power cut may come just after it.
    fn change_names(
        &mut self,
        change: impl FnOnce(&mut State) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.change()? {
            Happens::AsUsual => change(self),
            Happens::Trouble(trouble) => {
                if trouble == Trouble::PowerCut && self.dice.chance(50) {
                    change(self)?;
                }
                Err(trouble.error())
            }
        }
    }

    fn image(&mut self, file: u64) -> io::Result<&mut FileImage> {
        self.files.get_mut(&file).ok_or_else(|| io::Error::other("no such file"))
    }
}

impl Disk for SimulatedDisk {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn DiskFile>>> {
        let mut state = self.lock_state();
        state.read()?;
        Ok(state.names.find(name).map(|file| self.file(file)))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock_state();
        let file = state.next_file;
        state.next_file += 1;
        state.change_names(|state| {
            if state.names.find(name).is_some() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            state.files.insert(file, FileImage::default());
            state.names.set(name, file);
            Ok(())
        })?;
        Ok(self.file(file))
    }

    fn create_directory(&self, _directory: &str) -> io::Result<()> {
        self.lock_state().change_names(|_| Ok(()))
    }

    fn list(&self, directory: &str) -> io::Result<Vec<String>> {
        let mut state = self.lock_state();
        state.read()?;
        Ok(state.names.list(directory))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.lock_state().change_names(|state| state.names.remove(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.lock_state().change_names(|state| state.names.rename(from, to))
    }

    fn sync_directory(&self, directory: &str) -> io::Result<()> {
        self.lock_state().change_names(|state| {
            state.names.sync(directory);
            Ok(())
        })
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let mut state = self.lock_state();
        state.read()?;
        if std::mem::replace(&mut state.locked, true) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Lock(self.clone())))
    }

    fn free_octets(&self) -> io::Result<u64> {
        Ok(self.lock_state().free())
    }

    fn link(&self, _name: &str, _target: &dyn Disk) -> io::Result<Linked> {
        Ok(Linked::NotPossible)
    }

    fn link_within(&self, name: &str, second: &str) -> io::Result<Linked> {
        let mut state = self.lock_state();
        if state.without_links {
            return Ok(Linked::NotPossible);
        }
        state.change_names(|state| {
            let file = state.names.find(name).ok_or(io::ErrorKind::NotFound)?;
            if state.names.find(second).is_some() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            state.names.set(second, file);
            Ok(())
        })?;
        Ok(Linked::Done)
    }

    fn random(&self) -> io::Result<u64> {
        Ok(self.lock_state().dice.next())
    }

    fn root(&self) -> Option<&Path> {
        None
    }
}

#[derive(Debug)]
struct Lock(SimulatedDisk);

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.lock_state().locked = false;
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    file: u64,
}

impl SimulatedFile {
    /// Changes the file's octets, unless something happens.
    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.disk.lock_state();
        let happens = state.change()?;
        let room = state.free();
        let image = state.image(self.file)?;
        if image.new_pages(&change) * PAGE_OCTETS > room {
            return Err(Trouble::Full.error());
        }
        match happens {
            Happens::AsUsual => {
                image.change(change);
                Ok(())
            }
            Happens::Trouble(trouble) => {
                match trouble {
                    Trouble::ShortWrite => image.change(change.first_half()),
                    Trouble::PowerCut => image.change(change),
                    Trouble::Error | Trouble::Full | Trouble::ReadError => {}
                }
                Err(trouble.error())
            }
        }
    }
}

impl DiskFile for SimulatedFile {
    fn read_at(&self, offset: u64, octets: &mut [u8]) -> io::Result<()> {
        let mut state = self.disk.lock_state();
        state.read()?;
        let end = offset + octets.len() as u64;
        let is_bad = |(file, bad): &(u64, Range<u64>)| {
            *file == self.file && bad.start < end && bad.end > offset
        };
        if state.unreadable.iter().any(is_bad) {
            return Err(Trouble::ReadError.error());
        }
        state.image(self.file)?.read(offset, octets)
    }

    fn write_at(&self, offset: u64, octets: &[u8]) -> io::Result<()> {
        self.change(Change::Write { offset, octets: octets.into() })
    }

    fn allocate(&self, offset: u64, octets: u64) -> io::Result<()> {
        self.change(Change::Allocate { offset, octets })
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.lock_state();
        let happens = state.change()?;
        let mut dice = Dice::new(state.dice.next());
        let image = state.image(self.file)?;
        match happens {
            Happens::AsUsual => {
                image.sync();
                Ok(())
            }
            Happens::Trouble(trouble) => {
                if trouble != Trouble::PowerCut {
                    image.fail_sync(&mut dice);
                }
                Err(trouble.error())
            }
        }
    }

    fn set_len(&self, octets: u64) -> io::Result<()> {
        self.change(Change::SetLen { octets })
    }

    fn octets(&self) -> io::Result<u64> {
        let mut state = self.disk.lock_state();
        state.read()?;
        Ok(state.image(self.file)?.octets())
    }
}
