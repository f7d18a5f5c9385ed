//! ZIP archives, as Google Takeout gives them (PKWARE's APPNOTE 6.3: 4.3.7 local headers, 4.3.12 the directory, 4.3.14 to
//! 4.3.16 its end, 4.5.3 ZIP64). All is taken from the directory; what is stored or deflated can be read.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use memchr::memmem;

use crate::limits::{
    ARCHIVE_DIRECTORY_OCTETS_MAX, ARCHIVE_MEMBERS_MAX, UNPACKED_FACTOR_MAX, UNPACKED_OCTETS_FREE,
};
use crate::mail_file::Content;
use crate::names;

/// How an archive begins.
pub(crate) const SIGNATURE: &[u8] = b"PK\x03\x04";

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its name, with slashes; a folder ends with one.
    pub(crate) name: String,
    /// How many octets it has.
    pub(crate) octets: u64,
    /// How many it has in the archive.
    pub(crate) packed: u64,
    pub(crate) checksum: u32,
    pub(crate) method: Method,
    /// Where its local header lies.
    header: u64,
}

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Stored,
    Deflated,
    Encrypted,
    Other,
    /// As it is, without a checksum: in a tar archive.
    Plain,
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a ZIP archive {what}"))
}

/// Reads little-endian numbers.
struct Numbers<'o>(&'o [u8]);

impl Numbers<'_> {
    fn octets<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let (octets, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or_else(|| damaged("with a directory that is cut short"))?;
        self.0 = rest;
        Ok(*octets)
    }

    fn two(&mut self) -> io::Result<u16> {
        self.octets().map(u16::from_le_bytes)
    }

    fn four(&mut self) -> io::Result<u32> {
        self.octets().map(u32::from_le_bytes)
    }

    fn eight(&mut self) -> io::Result<u64> {
        self.octets().map(u64::from_le_bytes)
    }
}

/// Where the directory lies.
struct Directory {
    at: u64,
    octets: u64,
    members: u64,
}

/// The end of the directory is so long without a comment, and a comment at most so long.
const END_OCTETS: u64 = 22;
const COMMENT_OCTETS_MAX: u64 = 0xffff;
const LOCATOR_OCTETS: usize = 20;
/// A number that does not fit has this, and is in the part for ZIP64.
const SEE_ZIP64: u32 = u32::MAX;

/// The files in an archive. What a small archive claims to become is bounded here.
pub(crate) fn members(mut file: Box<dyn Content>) -> io::Result<Vec<Member>> {
    let length = file.seek(SeekFrom::End(0))?;
    let directory = directory(&mut *file, length)?;
    if directory.octets > ARCHIVE_DIRECTORY_OCTETS_MAX || directory.members > ARCHIVE_MEMBERS_MAX {
        return Err(damaged("with too many files; unpack it first"));
    }
    file.seek(SeekFrom::Start(directory.at))?;
    let mut from = BufReader::new(file).take(directory.octets);
    let mut members = Vec::new();
    let (mut packed, mut unpacked) = (0u64, 0u64);
    for _ in 0..directory.members {
        let member = member(&mut from)?;
        packed = packed.saturating_add(member.packed);
        unpacked = unpacked.saturating_add(member.octets);
        members.push(member);
    }
    if packed > length {
        return Err(damaged("whose files lie over each other"));
    }
    if unpacked > length.saturating_mul(UNPACKED_FACTOR_MAX).max(UNPACKED_OCTETS_FREE) {
        return Err(damaged("that becomes more than 200 times larger, which is no mail"));
    }
    Ok(members)
}

fn directory(file: &mut dyn Content, length: u64) -> io::Result<Directory> {
    let locator = u64::try_from(LOCATOR_OCTETS).unwrap_or_default();
    let start = length
        .saturating_sub(END_OCTETS.saturating_add(COMMENT_OCTETS_MAX).saturating_add(locator));
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(length).read_to_end(&mut tail)?;
    let at = memmem::rfind(&tail, b"PK\x05\x06")
        .ok_or_else(|| damaged("without a directory: it is not whole"))?;
    let (before, end) = tail.split_at_checked(at).unwrap_or_default();
    let mut end = Numbers(end);
    end.four()?;
    let (disk, first_disk, here, members) = (end.two()?, end.two()?, end.two()?, end.two()?);
    let (octets, at) = (end.four()?, end.four()?);
    if before.len() >= LOCATOR_OCTETS
        && let Some(mut locator) = before
            .get(before.len().saturating_sub(LOCATOR_OCTETS)..)
            .and_then(|l| l.strip_prefix(b"PK\x06\x07"))
            .map(Numbers)
    {
        locator.four()?;
        return zip64_directory(file, locator.eight()?);
    }
    if disk != first_disk || here != members {
        return Err(damaged("in several parts; put them together first"));
    }
    Ok(Directory { at: at.into(), octets: octets.into(), members: members.into() })
}

fn zip64_directory(file: &mut dyn Content, at: u64) -> io::Result<Directory> {
    file.seek(SeekFrom::Start(at))?;
    let mut end = [0; 56];
    file.read_exact(&mut end)?;
    let end =
        end.strip_prefix(b"PK\x06\x06").ok_or_else(|| damaged("that is damaged at its end"))?;
    let mut end = Numbers(end);
    // Its length, versions, and numbers of parts.
    end.octets::<20>()?;
    let (here, members) = (end.eight()?, end.eight()?);
    if here != members {
        return Err(damaged("in several parts; put them together first"));
    }
    Ok(Directory { octets: end.eight()?, at: end.eight()?, members })
}

fn member(from: &mut impl Read) -> io::Result<Member> {
    let mut header = [0; 46];
    from.read_exact(&mut header)?;
    let header =
        header.strip_prefix(b"PK\x01\x02").ok_or_else(|| damaged("whose directory is damaged"))?;
    let mut numbers = Numbers(header);
    numbers.four()?;
    let (flags, method) = (numbers.two()?, numbers.two()?);
    numbers.four()?;
    let checksum = numbers.four()?;
    let (packed, octets) = (numbers.four()?, numbers.four()?);
    let (name, extra, comment) = (numbers.two()?, numbers.two()?, numbers.two()?);
    numbers.octets::<8>()?;
    let at = numbers.four()?;
    let [name, extra, _] = [name, extra, comment].map(|length| taken(from, length));
    let (name, extra) = (name?, extra?);
    let mut zip64 = Numbers(zip64_part(&extra));
    let mut wide = |number: u32| {
        if number == SEE_ZIP64 { zip64.eight() } else { Ok(u64::from(number)) }
    };
    let (octets, packed, header) = (wide(octets)?, wide(packed)?, wide(at)?);
    let method = match method {
        _ if flags & 1 != 0 => Method::Encrypted,
        0 => Method::Stored,
        8 => Method::Deflated,
        _ => Method::Other,
    };
    let name = names::of_octets(&name);
    Ok(Member { name, octets, packed, checksum, method, header })
}

fn taken(from: &mut impl Read, length: u16) -> io::Result<Vec<u8>> {
    let mut octets = vec![0; length.into()];
    from.read_exact(&mut octets)?;
    Ok(octets)
}

/// The part of the additional octets that has the numbers for ZIP64.
fn zip64_part(extra: &[u8]) -> &[u8] {
    let mut rest = extra;
    while let Some((&[kind, kind_2, length, length_2], after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_le_bytes([length, length_2]));
        let Some((part, after)) = after.split_at_checked(length) else { break };
        if u16::from_le_bytes([kind, kind_2]) == 1 {
            return part;
        }
        rest = after;
    }
    &[]
}

impl Member {
    /// A file that lies in an archive as it is, from some place on.
    pub(crate) fn plain(name: String, octets: u64, at: u64) -> Member {
        let (packed, checksum, method, header) = (octets, 0, Method::Plain, at);
        Member { name, octets, packed, checksum, method, header }
    }

    /// Where its octets begin, if they lie there as they are.
    pub(crate) fn plain_at(&self) -> Option<u64> {
        (self.method == Method::Plain).then_some(self.header)
    }

    /// Opens the archive at the octets of the file.
    pub(crate) fn seek(&self, mut file: Box<dyn Content>) -> io::Result<Box<dyn Content>> {
        file.seek(SeekFrom::Start(self.header))?;
        let mut header = [0; 30];
        file.read_exact(&mut header)?;
        if !header.starts_with(SIGNATURE) {
            return Err(damaged("that is damaged where this file begins"));
        }
        let mut lengths = Numbers(header.get(26..).unwrap_or_default());
        let behind = i64::from(lengths.two()?).saturating_add(lengths.two()?.into());
        file.seek(SeekFrom::Current(behind))?;
        Ok(file)
    }
}

#[cfg(test)]
pub(crate) mod tests;
