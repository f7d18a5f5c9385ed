//! Tar archives (POSIX.1-2017, pax: ustar and pax; GNU's long names), as if they were a folder of files that are stored. What is
//! neither a file nor a folder is passed over.

use std::io::{self, Read as _, SeekFrom};

use crate::limits::{ARCHIVE_DIRECTORY_OCTETS_MAX, ARCHIVE_MEMBERS_MAX};
use crate::mail_file::Content;
use crate::names;
use crate::zip::Member;

/// What stands in the header of each file, and where.
pub(crate) const SIGNATURE: &[u8] = b"ustar";
pub(crate) const SIGNATURE_AT: usize = 257;

const BLOCK_OCTETS: usize = 512;
/// The longest list of what a header has no room for.
const EXTENDED_OCTETS_MAX: u64 = 64 << 10;

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a tar archive {what}"))
}

/// The files in an archive. One that is cut short is damaged as a whole: nobody knows what is missing.
pub(crate) fn members(mut file: Box<dyn Content>) -> io::Result<Vec<Member>> {
    let length = file.seek(SeekFrom::End(0))?;
    let (mut members, mut at, mut names_octets) = (Vec::new(), 0_u64, 0_u64);
    let (mut long_name, mut long_size) = (None, None);
    loop {
        let mut header = [0; BLOCK_OCTETS];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut header).map_err(|_| damaged("that is cut short"))?;
        if header.iter().all(|octet| *octet == 0) {
            return Ok(members);
        }
        let header = Header::of(&header)?;
        let begin = at.saturating_add(512);
        let octets = long_size.take().unwrap_or(header.octets);
        let end = begin.checked_add(octets).filter(|end| *end <= length);
        let end = end.ok_or_else(|| damaged("that is cut short"))?;
        at = end.checked_next_multiple_of(512).ok_or_else(|| damaged("that is cut short"))?;
        match header.kind {
            b'x' | b'L' if octets <= EXTENDED_OCTETS_MAX => {
                let mut text = Vec::new();
                (&mut *file).take(octets).read_to_end(&mut text)?;
                if header.kind == b'x' {
                    let size = record(&text, b"size");
                    long_size = size.and_then(|size| str::from_utf8(size).ok()?.parse().ok());
                    long_name = record(&text, b"path").map(<[u8]>::to_vec).or(long_name);
                } else {
                    long_name = Some(until_nul(&text).to_vec());
                }
                continue;
            }
            b'0' | 0 => {}
            // A folder, a link, a device, or something for all files behind it.
            _ => {
                (long_name, long_size) = (None, None);
                continue;
            }
        }
        let name = names::of_octets(&long_name.take().unwrap_or(header.name));
        names_octets = names_octets.saturating_add(u64::try_from(name.len()).unwrap_or(u64::MAX));
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if count >= ARCHIVE_MEMBERS_MAX || names_octets > ARCHIVE_DIRECTORY_OCTETS_MAX {
            return Err(damaged("with too many files; unpack it first"));
        }
        members.push(Member::plain(name, octets, begin));
    }
}

struct Header {
    name: Vec<u8>,
    octets: u64,
    kind: u8,
}

impl Header {
    fn of(header: &[u8; BLOCK_OCTETS]) -> io::Result<Header> {
        let field = |from: usize, to: usize| header.get(from..to).unwrap_or_default();
        // Its own place counts as spaces.
        let sum = header.iter().enumerate().fold(0_u64, |sum, (at, octet)| {
            let octet = if (148..156).contains(&at) { b' ' } else { *octet };
            sum.saturating_add(octet.into())
        });
        if number(field(148, 156)) != Some(sum) {
            return Err(damaged("that is damaged"));
        }
        let octets = number(field(124, 136)).ok_or_else(|| damaged("that is damaged"))?;
        let mut name = until_nul(field(0, 100)).to_vec();
        let prefix = until_nul(field(345, 500));
        // GNU's own headers have other things there.
        if field(257, 263) == b"ustar\0" && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        Ok(Header { name, octets, kind: header.get(156).copied().unwrap_or_default() })
    }
}

fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|octet| *octet == 0).next().unwrap_or_default()
}

/// An octal number; a large one is written in binary, with the first bit set.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        let start = u64::from(first & 0x7f);
        return rest.iter().try_fold(start, |number, octet| {
            number.checked_mul(256)?.checked_add(u64::from(*octet))
        });
    }
    let text = str::from_utf8(until_nul(field)).ok()?.trim();
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

/// The value of a name in a pax header, each line of which begins with its own length.
fn record<'t>(text: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    let mut rest = text;
    loop {
        let space = rest.iter().position(|octet| *octet == b' ')?;
        let length: usize = str::from_utf8(rest.get(..space)?).ok()?.parse().ok()?;
        let line = rest.get(space.checked_add(1)?..length)?.strip_suffix(b"\n")?;
        if let Some(value) = line.strip_prefix(name).and_then(|line| line.strip_prefix(b"=")) {
            return Some(value);
        }
        rest = rest.get(length..)?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::{members, number, record};

    fn header(name: &str, kind: u8, octets: usize) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{octets:011o}").as_bytes());
        header[156] = kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|octet| u32::from(*octet)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        header
    }

    fn archive(files: &[(&str, u8, &[u8])]) -> Vec<u8> {
        let mut all = Vec::new();
        for (name, kind, octets) in files {
            all.extend(header(name, *kind, octets.len()));
            all.extend_from_slice(octets);
            all.resize(all.len().next_multiple_of(512), 0);
        }
        all.extend([0; 1_024]);
        all
    }

    fn names(archive: Vec<u8>) -> std::io::Result<Vec<(String, u64)>> {
        let found = members(Box::new(Cursor::new(archive)))?;
        Ok(found.into_iter().map(|member| (member.name, member.octets)).collect())
    }

    #[test]
    fn files_are_found_with_long_names_and_nothing_else() {
        let found = names(archive(&[
            ("cur/", b'5', b""),
            ("cur/1", b'0', b"Subject: x\n\nx\n"),
            ("link", b'2', b""),
            ("pax", b'x', b"14 path=long/a\n"),
            ("short", b'0', b"y"),
            ("././@LongLink", b'L', b"longer/b\0"),
            ("short", 0, b""),
            ("global", b'g', b"14 path=wrong!\n"),
            ("last", b'0', b"z"),
        ]));
        let want = [("cur/1", 14), ("short", 1), ("longer/b", 0), ("last", 1)];
        let want = want.map(|(name, octets)| (name.to_owned(), octets));
        // The record of 15 octets says 14, and so is none.
        assert_eq!(found.unwrap(), want);
        let found = names(archive(&[("pax", b'x', b"15 path=long/a\n"), ("short", b'0', b"y")]));
        assert_eq!(found.unwrap(), [("long/a".to_owned(), 1)]);
    }

    #[test]
    fn what_is_cut_or_damaged_is_told() {
        let whole = archive(&[("a", b'0', &[b'x'; 700]), ("b", b'0', b"y")]);
        for length in [0, 100, 512, 1_000, 1_536, 2_000, 2_560] {
            assert!(names(whole[..length].to_vec()).is_err(), "{length}");
        }
        assert!(names(whole.clone()).is_ok());
        for at in [0, 124, 150, 300] {
            let mut other = whole.clone();
            other[at] ^= 1;
            assert!(names(other).is_err(), "{at}");
        }
    }

    #[test]
    fn numbers_and_records_are_read() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"        "), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\x02"), Some(258));
        assert_eq!(number(&[0xff; 12]), None);
        assert_eq!(number(b"99"), None);
        assert_eq!(record(b"6 a=b\n9 size=7\n10 path=x\n", b"path"), Some(&b"x"[..]));
        for wrong in [&b""[..], b"x", b"0 a=b\n", b"99999 a=b\n", b"99999999999999999999 a=b\n"] {
            assert_eq!(record(wrong, b"a"), None);
        }
    }
}
