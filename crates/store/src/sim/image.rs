//! The octets of a simulated file: those that can be read, those that are durable, and the changes between.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "a tool of tests: a panic here is a failed test"
)]

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::Dice;

/// Files are kept in pages of this size.
pub(super) const PAGE_OCTETS: u64 = 4_096;

type Page = [u8; PAGE_OCTETS as usize];

/// One file.
#[derive(Clone, Debug, Default)]
pub(super) struct FileImage {
    seen: Pages,
    durable: Pages,
    pending: Vec<Change>,
}

/// A change of a file's octets.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Write { offset: u64, octets: Arc<[u8]> },
    Allocate { offset: u64, octets: u64 },
    SetLen { octets: u64 },
}

impl Change {
    /// What a write leaves that ends in the middle.
    pub(super) fn first_half(self) -> Change {
        match self {
            Change::Write { offset, octets } => {
                Change::Write { offset, octets: octets[..octets.len() / 2].into() }
            }
            other @ (Change::Allocate { .. } | Change::SetLen { .. }) => other,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Pages {
    octets: u64,
    pages: BTreeMap<u64, Arc<Page>>,
}

impl Pages {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { offset, octets } => self.write(*offset, octets),
            Change::Allocate { offset, octets } => {
                self.octets = self.octets.max(offset + octets);
                for page in offset / PAGE_OCTETS..(offset + octets).div_ceil(PAGE_OCTETS) {
                    self.pages.entry(page).or_insert_with(|| Arc::new([0; PAGE_OCTETS as usize]));
                }
            }
            Change::SetLen { octets } => {
                if *octets < self.octets {
                    self.pages.retain(|page, _| page * PAGE_OCTETS < *octets);
                    let within = (octets % PAGE_OCTETS) as usize;
                    if let Some(page) = self.pages.get_mut(&(octets / PAGE_OCTETS)) {
                        Arc::make_mut(page)[within..].fill(0);
                    }
                }
                self.octets = *octets;
            }
        }
    }

    fn write(&mut self, mut offset: u64, mut octets: &[u8]) {
        self.octets = self.octets.max(offset + octets.len() as u64);
        while !octets.is_empty() {
            let within = (offset % PAGE_OCTETS) as usize;
            let now = octets.len().min(PAGE_OCTETS as usize - within);
            let page = self
                .pages
                .entry(offset / PAGE_OCTETS)
                .or_insert_with(|| Arc::new([0; PAGE_OCTETS as usize]));
            Arc::make_mut(page)[within..within + now].copy_from_slice(&octets[..now]);
            octets = &octets[now..];
            offset += now as u64;
        }
    }

    fn read(&self, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        if offset + out.len() as u64 > self.octets {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while !out.is_empty() {
            let within = (offset % PAGE_OCTETS) as usize;
            let now = out.len().min(PAGE_OCTETS as usize - within);
            let (front, back) = std::mem::take(&mut out).split_at_mut(now);
            match self.pages.get(&(offset / PAGE_OCTETS)) {
                Some(page) => front.copy_from_slice(&page[within..within + now]),
                None => front.fill(0),
            }
            out = back;
            offset += now as u64;
        }
        Ok(())
    }
}

impl FileImage {
    pub(super) fn octets(&self) -> u64 {
        self.seen.octets
    }

    /// How many pages the file takes.
    pub(super) fn pages(&self) -> u64 {
        self.seen.pages.len() as u64
    }

    /// How many pages a change would add.
    pub(super) fn new_pages(&self, change: &Change) -> u64 {
        let (offset, octets) = match change {
            Change::Write { offset, octets } => (*offset, octets.len() as u64),
            Change::Allocate { offset, octets } => (*offset, *octets),
            Change::SetLen { .. } => return 0,
        };
        (offset / PAGE_OCTETS..(offset + octets).div_ceil(PAGE_OCTETS))
            .filter(|page| !self.seen.pages.contains_key(page))
            .count() as u64
    }

    pub(super) fn change(&mut self, change: Change) {
        self.seen.apply(&change);
        self.pending.push(change);
    }

    pub(super) fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.seen.read(offset, out)
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            self.durable.apply(&change);
        }
    }

    /// A sync that fails: some of the changes got to the disk, and the rest counts as written although it never
    /// will be, as Linux has it.
    pub(super) fn fail_sync(&mut self, dice: &mut Dice) {
        self.durable = self.torn(dice);
        self.pending.clear();
    }

    /// The file after a power cut.
    pub(super) fn after_power_cut(&self, dice: &mut Dice) -> FileImage {
        let pages = self.torn(dice);
        FileImage { seen: pages.clone(), durable: pages, pending: Vec::new() }
    }

    pub(super) fn flip_bit(&mut self, bit: u64) {
        let mut octet = [0];
        if self.seen.read(bit / 8, &mut octet).is_ok() {
            octet[0] ^= 1 << (bit % 8);
            self.seen.write(bit / 8, &octet);
            self.durable.write(bit / 8, &octet);
        }
    }

    pub(super) fn overwrite(&mut self, offset: u64, octets: &[u8]) {
        let room = self.seen.octets.saturating_sub(offset).min(octets.len() as u64);
        let octets = &octets[..room as usize];
        self.seen.write(offset, octets);
        self.durable.write(offset, octets);
    }

    pub(super) fn cut(&mut self, octets: u64) {
        let change = Change::SetLen { octets: octets.min(self.seen.octets) };
        self.seen.apply(&change);
        self.durable.apply(&change);
    }

    /// The file with all that can be read made durable.
    pub(super) fn settled(&self) -> FileImage {
        FileImage { seen: self.seen.clone(), durable: self.seen.clone(), pending: Vec::new() }
    }

    /// What is durable, with some of the sectors that were written since and not synced.
    fn torn(&self, dice: &mut Dice) -> Pages {
        let mut pages = self.durable.clone();
        let sector = *dice.one_of(&[512_u64, 4_096]).unwrap_or(&512);
        // All, none, a few lost, a few kept: each finds other faults.
        let percent = *dice.one_of(&[0, 20, 50, 80, 95, 100]).unwrap_or(&50);
        for change in &self.pending {
            let Change::Write { offset, octets } = change else {
                if dice.chance(percent) {
                    pages.apply(change);
                }
                continue;
            };
            let (mut at, mut rest) = (*offset, &octets[..]);
            while !rest.is_empty() {
                let now = rest.len().min((sector - at % sector) as usize);
                if dice.chance(percent) {
                    pages.write(at, &rest[..now]);
                }
                rest = &rest[now..];
                at += now as u64;
            }
        }
        pages
    }
}
