//! A ZIP archive as it goes out (PKWARE's APPNOTE 6.3): each file deflated, its sizes behind it (4.3.9), the directory at the end, with
//! ZIP64 (4.3.14, 4.5.3) where it is needed. No file has 4 GB.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Sizes stand behind the file; names are UTF-8.
const FLAGS: u16 = (1 << 3) | (1 << 11);
const DEFLATED: u16 = 8;
/// What a reader has to know: 2.0, and 4.5 for ZIP64.
const NEEDED: u16 = 20;
const NEEDED_ZIP64: u16 = 45;
/// Where the number is elsewhere.
const SEE_ZIP64: u32 = u32::MAX;

/// A ZIP archive. It holds the directory: some 150 octets a file.
#[derive(Default)]
pub(super) struct Zip {
    /// How many octets are out.
    at: u64,
    files: u64,
    directory: Vec<u8>,
    open: Option<File>,
}

/// The file that is being written.
struct File {
    name: String,
    header_at: u64,
    stamp: [u8; 4],
    unix_s: i64,
    crc: Crc,
    octets: u32,
    packed: u32,
    encoder: DeflateEncoder<Vec<u8>>,
}

impl Zip {
    /// Begins a file, or a folder, whose name ends with a slash.
    pub(super) fn begin(&mut self, name: &str, unix_s: i64, to: &mut Vec<u8>) {
        let before = to.len();
        let stamp = dos_time(unix_s);
        to.extend_from_slice(b"PK\x03\x04");
        for number in [NEEDED, FLAGS, DEFLATED] {
            to.extend_from_slice(&number.to_le_bytes());
        }
        to.extend_from_slice(&stamp);
        // Checksum and sizes stand behind the file.
        to.extend_from_slice(&[0; 12]);
        to.extend_from_slice(&short(name.len()).to_le_bytes());
        let more = unix_time(unix_s);
        to.extend_from_slice(&short(more.len()).to_le_bytes());
        to.extend_from_slice(name.as_bytes());
        to.extend_from_slice(&more);
        self.open = Some(File {
            name: name.to_owned(),
            header_at: self.at,
            stamp,
            unix_s,
            crc: Crc::new(),
            octets: 0,
            packed: 0,
            encoder: DeflateEncoder::new(Vec::new(), Compression::fast()),
        });
        self.count(before, to);
    }

    pub(super) fn write(&mut self, octets: &[u8], to: &mut Vec<u8>) {
        let before = to.len();
        if let Some(file) = &mut self.open {
            file.crc.update(octets);
            file.octets = file.octets.saturating_add(long(octets.len()));
            // Writing into memory does not fail.
            let _ = file.encoder.write_all(octets);
            file.take(to);
        }
        self.count(before, to);
    }

    pub(super) fn end(&mut self, to: &mut Vec<u8>) {
        let before = to.len();
        if let Some(mut file) = self.open.take() {
            let _ = file.encoder.try_finish();
            file.take(to);
            to.extend_from_slice(b"PK\x07\x08");
            for number in [file.crc.sum(), file.packed, file.octets] {
                to.extend_from_slice(&number.to_le_bytes());
            }
            file.list(&mut self.directory);
            self.files = self.files.saturating_add(1);
        }
        self.count(before, to);
    }

    pub(super) fn finish(self, to: &mut Vec<u8>) {
        let Zip { at, files, directory, .. } = self;
        let length = u64::try_from(directory.len()).unwrap_or(u64::MAX);
        to.extend_from_slice(&directory);
        let few = u16::try_from(files).ok().filter(|files| *files < u16::MAX);
        let fit = |number: u64| u32::try_from(number).ok().filter(|number| *number < SEE_ZIP64);
        let (fits_length, fits_at) = (fit(length), fit(at));
        if few.is_none() || fits_length.is_none() || fits_at.is_none() {
            let end_at = at.saturating_add(length);
            to.extend_from_slice(b"PK\x06\x06");
            to.extend_from_slice(&44_u64.to_le_bytes());
            to.extend_from_slice(&NEEDED_ZIP64.to_le_bytes());
            to.extend_from_slice(&NEEDED_ZIP64.to_le_bytes());
            to.extend_from_slice(&[0; 8]);
            for number in [files, files, length, at] {
                to.extend_from_slice(&number.to_le_bytes());
            }
            to.extend_from_slice(b"PK\x06\x07");
            to.extend_from_slice(&0_u32.to_le_bytes());
            to.extend_from_slice(&end_at.to_le_bytes());
            to.extend_from_slice(&1_u32.to_le_bytes());
        }
        to.extend_from_slice(b"PK\x05\x06");
        to.extend_from_slice(&[0; 4]);
        let files = few.unwrap_or(u16::MAX).to_le_bytes();
        to.extend_from_slice(&files);
        to.extend_from_slice(&files);
        to.extend_from_slice(&fits_length.unwrap_or(SEE_ZIP64).to_le_bytes());
        to.extend_from_slice(&fits_at.unwrap_or(SEE_ZIP64).to_le_bytes());
        to.extend_from_slice(&[0; 2]);
    }

    fn count(&mut self, before: usize, to: &[u8]) {
        let more = to.len().saturating_sub(before);
        self.at = self.at.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
    }
}

impl File {
    /// Takes what is packed so far.
    fn take(&mut self, to: &mut Vec<u8>) {
        let packed = self.encoder.get_mut();
        self.packed = self.packed.saturating_add(long(packed.len()));
        to.append(packed);
    }

    /// Its line in the directory (4.3.12).
    fn list(&self, directory: &mut Vec<u8>) {
        let mut more = unix_time(self.unix_s).to_vec();
        let at = u32::try_from(self.header_at).ok().filter(|at| *at < SEE_ZIP64);
        let needed = if at.is_some() { NEEDED } else { NEEDED_ZIP64 };
        if at.is_none() {
            more.extend_from_slice(&[1, 0, 8, 0]);
            more.extend_from_slice(&self.header_at.to_le_bytes());
        }
        directory.extend_from_slice(b"PK\x01\x02");
        // Made by UNIX, so that the rights count that stand below.
        for number in [(3 << 8) | needed, needed, FLAGS, DEFLATED] {
            directory.extend_from_slice(&number.to_le_bytes());
        }
        directory.extend_from_slice(&self.stamp);
        for number in [self.crc.sum(), self.packed, self.octets] {
            directory.extend_from_slice(&number.to_le_bytes());
        }
        for number in [short(self.name.len()), short(more.len()), 0, 0, 0] {
            directory.extend_from_slice(&number.to_le_bytes());
        }
        let rights: u32 = if self.name.ends_with('/') { 0o040_700 } else { 0o100_600 };
        directory.extend_from_slice(&(rights << 16).to_le_bytes());
        directory.extend_from_slice(&at.unwrap_or(SEE_ZIP64).to_le_bytes());
        directory.extend_from_slice(self.name.as_bytes());
        directory.extend_from_slice(&more);
    }
}

/// The time in seconds since 1970, where it fits (Info-ZIP's extra field 0x5455).
fn unix_time(unix_s: i64) -> Vec<u8> {
    let Ok(unix_s) = i32::try_from(unix_s) else { return Vec::new() };
    let mut field = vec![0x55, 0x54, 5, 0, 1];
    field.extend_from_slice(&unix_s.to_le_bytes());
    field
}

/// Time and date as MS-DOS has them (4.4.6), in UTC, from 1980 on.
fn dos_time(unix_s: i64) -> [u8; 4] {
    let time = jiff::Timestamp::from_second(unix_s).unwrap_or_default();
    let civil = jiff::tz::Offset::UTC.to_datetime(time);
    let part = |number: i8| u16::try_from(number).unwrap_or(0);
    let year = civil.year().clamp(1980, 2107);
    let years = u16::try_from(year.saturating_sub(1980)).unwrap_or(0);
    let clock =
        (part(civil.hour()) << 11) | (part(civil.minute()) << 5) | (part(civil.second()) >> 1);
    let date = (years << 9) | (part(civil.month()) << 5) | part(civil.day());
    let ([one, two], [three, four]) = (clock.to_le_bytes(), date.to_le_bytes());
    [one, two, three, four]
}

/// Names and fields are shorter.
fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// Messages are smaller.
fn long(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
