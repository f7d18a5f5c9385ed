//! Files packed with each program, whole, in parts and damaged.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{Packing, dovecot_lz4, lz4, open};
use crate::mail_file::{Content, MailFile};

fn prove(path: &Path) -> io::Result<()> {
    MailFile::of(path).prove()
}

fn text() -> Vec<u8> {
    (0..40_000u32).flat_map(|n| format!("line {n} {}\n", n.wrapping_mul(n)).into_bytes()).collect()
}

fn packed(packing: Packing, text: &[u8]) -> Vec<u8> {
    match packing {
        Packing::Zip => Vec::new(),
        Packing::Gzip => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
        Packing::Bzip2 => {
            let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
        Packing::Zstandard => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            ruzstd::encoding::compress_to_vec(text, level)
        }
        Packing::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut to = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
        Packing::Lz4 => {
            let mut frame = lz4_flex::frame::FrameInfo::new();
            frame.content_checksum = true;
            frame.block_mode = lz4_flex::frame::BlockMode::Linked;
            let mut to = lz4_flex::frame::FrameEncoder::with_frame_info(frame, Vec::new());
            to.write_all(text).unwrap();
            to.finish().unwrap()
        }
        Packing::DovecotLz4 => {
            let mut to = dovecot_lz4::SIGNATURE.to_vec();
            to.extend_from_slice(&65_536u32.to_be_bytes());
            for chunk in text.chunks(65_536) {
                let chunk = lz4_flex::block::compress(chunk);
                to.extend_from_slice(&(chunk.len() as u32).to_be_bytes());
                to.extend_from_slice(&chunk);
            }
            to
        }
    }
}

fn on_disk(path: &Path) -> Box<dyn Content> {
    Box::new(machine::files::open(path).unwrap())
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn file(&self, octets: &[u8]) -> PathBuf {
        let path = self.0.path().join("x");
        machine::files::write_secret(&path, octets).unwrap();
        path
    }
}

const ALL: [Packing; 6] = [
    Packing::Gzip,
    Packing::Bzip2,
    Packing::Zstandard,
    Packing::Xz,
    Packing::Lz4,
    Packing::DovecotLz4,
];

#[test]
fn packed_files_are_opened_by_what_they_hold() {
    let (files, text) = (Files::new(), text());
    for packing in ALL {
        let mut once = packed(packing, &text);
        let mut opened = open(on_disk(&files.file(&once))).unwrap();
        assert_eq!(opened.packing, Some(packing));
        let mut found = Vec::new();
        opened.from.read_to_end(&mut found).unwrap();
        assert!(found == text, "{packing:?}");
        if packing == Packing::DovecotLz4 {
            continue;
        }
        // As `cat a.gz b.gz > c.gz` makes it.
        once.extend(packed(packing, &text));
        let mut found = Vec::new();
        open(on_disk(&files.file(&once))).unwrap().from.read_to_end(&mut found).unwrap();
        assert!(found == [&text[..], &text[..]].concat(), "{packing:?}");
    }
    for plain in [&b"BZh4 is how it begins\n"[..], b"BZh", b"\x1f\x8b", b"", b"Subject: x\n"] {
        assert_eq!(open(on_disk(&files.file(plain))).unwrap().packing, None);
    }
}

#[test]
fn frames_of_lz4_for_other_programs_are_passed_over() {
    let files = Files::new();
    let frame = packed(Packing::Lz4, b"mail");
    let other = b"\x53\x2a\x4d\x18\x03\0\0\0abc";
    let whole = [&frame[..], other, &frame].concat();
    let mut found = Vec::new();
    open(on_disk(&files.file(&whole))).unwrap().from.read_to_end(&mut found).unwrap();
    assert_eq!(found, b"mailmail");
    for wrong in [&other[..10], b"\x53\x2a", b"more", lz4::SIGNATURE] {
        assert!(prove(&files.file(&[&frame[..], wrong].concat())).is_err(), "{wrong:?}");
    }
    // Nowhere is a file that is cut taken for a whole one, not between two blocks either.
    let noise: Vec<u8> = (0..300_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    let frame = packed(Packing::Lz4, &noise);
    for end in (8..frame.len()).rev().step_by(frame.len() / 500) {
        assert!(prove(&files.file(&frame[..end])).is_err(), "{end}");
    }
    let end_mark = frame.len() - 8;
    for end in end_mark - 4..frame.len() {
        assert!(prove(&files.file(&frame[..end])).is_err(), "{end}");
    }
}

#[test]
fn what_is_cut_short_or_damaged_is_an_error() {
    let (files, text) = (Files::new(), text());
    for packing in ALL {
        let whole = packed(packing, &text);
        prove(&files.file(&whole)).unwrap();
        let cut = whole.get(..whole.len() - 5).unwrap();
        assert!(prove(&files.file(cut)).is_err(), "{packing:?}");
        if packing == Packing::DovecotLz4 {
            // It has no checksum.
            continue;
        }
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 0x55;
        assert!(prove(&files.file(&damaged)).is_err(), "{packing:?}");
    }
}

#[test]
fn a_file_that_was_made_to_fill_the_disk_is_not_read_to_its_end() {
    let files = Files::new();
    let zeros = vec![0; 20 << 20];
    for packing in [Packing::Gzip, Packing::Bzip2] {
        let error = prove(&files.file(&packed(packing, &zeros))).unwrap_err();
        assert!(error.to_string().contains("more than 200 times"), "{packing:?}: {error}");
    }
}

#[test]
fn a_file_cannot_ask_for_much_memory() {
    let files = Files::new();
    // A Zstandard frame with a window of 2 GB.
    let huge = b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00";
    assert!(prove(&files.file(huge)).is_err());
    let mut lz4 = dovecot_lz4::SIGNATURE.to_vec();
    lz4.extend_from_slice(&u32::MAX.to_be_bytes());
    assert!(prove(&files.file(&lz4)).is_err());
}
