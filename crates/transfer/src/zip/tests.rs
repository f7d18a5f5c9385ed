//! Archives as programs write them, and as attackers do.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use super::{Method, members};
use crate::mail_file::MailFile;

fn on_disk(path: &std::path::Path) -> Box<dyn crate::Content> {
    Box::new(machine::files::open(path).unwrap())
}

/// How an archive is written.
#[derive(Clone, Copy, Default)]
struct How {
    zip64: bool,
    stored: bool,
    flags: u16,
    /// Octets more than there are, as the directory says.
    more: u32,
}

fn deflated(octets: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    to.write_all(octets).unwrap();
    to.finish().unwrap()
}

fn archive(files: &[(&str, &[u8])], how: How) -> Vec<u8> {
    let (mut all, mut directory) = (Vec::new(), Vec::new());
    for (name, octets) in files {
        let packed = if how.stored { octets.to_vec() } else { deflated(octets) };
        let mut crc = flate2::Crc::new();
        crc.update(octets);
        let method: u16 = if how.stored { 0 } else { 8 };
        let at = all.len() as u64;
        let (size, small) = (octets.len() as u32 + how.more, packed.len() as u32);
        let mut shared = Vec::new();
        shared.extend(20u16.to_le_bytes());
        shared.extend(how.flags.to_le_bytes());
        shared.extend(method.to_le_bytes());
        shared.extend([0; 4]);
        shared.extend(crc.sum().to_le_bytes());
        all.extend(b"PK\x03\x04");
        all.extend(&shared);
        all.extend(small.to_le_bytes());
        all.extend(size.to_le_bytes());
        all.extend((name.len() as u16).to_le_bytes());
        all.extend([0; 2]);
        all.extend(name.as_bytes());
        all.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&shared);
        let mut extra = b"UT\x01\0x".to_vec();
        let wide = |number: u32| if how.zip64 { u32::MAX } else { number };
        if how.zip64 {
            extra.extend([1, 0, 24, 0]);
            extra.extend(u64::from(size).to_le_bytes());
            extra.extend(u64::from(small).to_le_bytes());
            extra.extend(at.to_le_bytes());
        }
        directory.extend(wide(small).to_le_bytes());
        directory.extend(wide(size).to_le_bytes());
        directory.extend((name.len() as u16).to_le_bytes());
        directory.extend((extra.len() as u16).to_le_bytes());
        directory.extend([0; 10]);
        directory.extend(wide(at as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        directory.extend(extra);
    }
    let (at, octets) = (all.len() as u64, directory.len() as u64);
    all.extend(directory);
    let count = files.len() as u64;
    if how.zip64 {
        let end = all.len() as u64;
        all.extend(b"PK\x06\x06");
        all.extend(44u64.to_le_bytes());
        all.extend([45, 0, 45, 0]);
        all.extend([0; 8]);
        [count, count, octets, at].iter().for_each(|number| all.extend(number.to_le_bytes()));
        all.extend(b"PK\x06\x07\0\0\0\0");
        all.extend(end.to_le_bytes());
        all.extend([1, 0, 0, 0]);
    }
    all.extend(b"PK\x05\x06\0\0\0\0");
    let count = if how.zip64 { u16::MAX } else { count as u16 };
    all.extend(count.to_le_bytes());
    all.extend(count.to_le_bytes());
    [octets, at].into_iter().for_each(|number| {
        all.extend((if how.zip64 { u32::MAX } else { number as u32 }).to_le_bytes());
    });
    all.extend(b"\x07\0comment");
    all
}

/// An archive of files, deflated.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    archive(files, How::default())
}

/// An archive on the disk.
struct Archive {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Archive {
    fn of(octets: &[u8]) -> Archive {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zip");
        machine::files::write_secret(&path, octets).unwrap();
        Archive { _folder: folder, path }
    }

    fn read(&self, index: usize) -> std::io::Result<Vec<u8>> {
        let member = members(on_disk(&self.path))?.swap_remove(index);
        let mut octets = Vec::new();
        let file = MailFile::of(&self.path).holding(member);
        file.open()?.from.read_to_end(&mut octets)?;
        Ok(octets)
    }
}

#[test]
fn files_come_out_as_they_went_in() {
    let text: Vec<u8> = (0..100_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
    let files = [("a/b.txt", &text[..]), ("a/", b""), ("caf\u{e9}", b"x")];
    for zip64 in [false, true] {
        for stored in [false, true] {
            let archive = Archive::of(&archive(&files, How { zip64, stored, ..How::default() }));
            let found = members(on_disk(&archive.path)).unwrap();
            let names: Vec<&str> = found.iter().map(|member| member.name.as_str()).collect();
            assert_eq!(names, ["a/b.txt", "a/", "caf\u{e9}"]);
            assert!(archive.read(0).unwrap() == text);
            assert_eq!(archive.read(2).unwrap(), b"x");
        }
    }
}

#[test]
fn damage_is_found_and_nothing_else_happens() {
    let text = b"From a to b, and from b to a again, and again, and again";
    let whole = archive(&[("a.txt", text)], How::default());
    // The length of the comment, and the comment itself, say nothing.
    for end in 0..whole.len() - 9 {
        let archive = Archive::of(&whole[..end]);
        assert!(archive.read(0).is_err(), "{end}");
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        // Where nothing of it counts, as in a comment, all is as it was.
        let archive = Archive::of(&damaged);
        let found = std::panic::catch_unwind(|| {
            let count = members(on_disk(&archive.path)).map_or(0, |members| members.len());
            (0..count)
                .all(|index| archive.read(index).is_err() || archive.read(index).unwrap() == text)
        });
        assert!(found.unwrap(), "{at} {:?} {:?}", members(on_disk(&archive.path)), archive.read(0));
    }
}

#[test]
fn archives_that_were_made_to_fill_disks_are_refused() {
    let zeros = vec![0; 40 << 20];
    let bomb = Archive::of(&archive(&[("a", &zeros[..])], How::default()));
    let error = members(on_disk(&bomb.path)).unwrap_err();
    assert!(error.to_string().contains("200 times larger"), "{error}");
    // One that says less than it becomes.
    let mut lies = archive(&[("a", &zeros[..])], How::default());
    let size = (zeros.len() as u32).to_le_bytes();
    while let Some(at) = lies.windows(4).position(|octets| octets == size) {
        lies[at..at + 4].copy_from_slice(&9u32.to_le_bytes());
    }
    assert!(Archive::of(&lies).read(0).is_err());
    let more = How { more: 5, ..How::default() };
    assert!(Archive::of(&archive(&[("a", b"text")], more)).read(0).is_err());
    // Many files that are the same octets.
    let one = archive(
        &[("a", b"0123456789 0123456789 0123456789")],
        How { stored: true, ..How::default() },
    );
    let start = one.windows(4).position(|octets| octets == b"PK\x01\x02").unwrap();
    let end = one.windows(4).position(|octets| octets == b"PK\x05\x06").unwrap();
    let mut many = one[..start].to_vec();
    (0..1000).for_each(|_| many.extend(&one[start..end]));
    let mut tail = one[end..].to_vec();
    tail[8..12].copy_from_slice(&[232, 3, 232, 3]);
    tail[12..16].copy_from_slice(&((end - start) as u32 * 1000).to_le_bytes());
    many.extend(tail);
    members(on_disk(&Archive::of(&many).path)).unwrap();
    let mut over = many.clone();
    let header = start + 20;
    over[header..header + 4].copy_from_slice(&(many.len() as u32).to_le_bytes());
    let error = members(on_disk(&Archive::of(&over).path)).unwrap_err();
    assert!(error.to_string().contains("over each other"), "{error}");
}

#[test]
fn what_cannot_be_read_is_told() {
    let encrypted = archive(&[("a", b"text")], How { flags: 1, ..How::default() });
    let found = members(on_disk(&Archive::of(&encrypted).path)).unwrap();
    assert_eq!(found[0].method, Method::Encrypted);
    let mut parts = archive(&[("a", b"text")], How::default());
    let end = parts.len() - 29;
    parts[end + 4] = 2;
    let error = members(on_disk(&Archive::of(&parts).path)).unwrap_err();
    assert!(error.to_string().contains("several parts"), "{error}");
}
