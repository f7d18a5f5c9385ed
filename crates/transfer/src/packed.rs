//! Opens files that were packed: gzip, bzip2, Zstandard, xz, and the LZ4 of Dovecot. What a file is says its content, not
//! its name. How much comes out of a file has a limit.

mod dovecot_lz4;
mod lz4;
mod zstandard;

use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use self::dovecot_lz4::DovecotLz4;
use self::lz4::Lz4;
use self::zstandard::Zstandard;
use crate::letters::Span;
use crate::limits::{UNPACKED_FACTOR_MAX, UNPACKED_OCTETS_FREE, UNPACKING_OCTETS_MAX};
use crate::mail_file::Content;
use crate::zip::{Member, Method};

/// So much of a file is read at once.
const BUFFER_OCTETS: usize = 64 << 10;

/// What a file was packed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// RFC 1952; also several parts behind each other.
    Gzip,
    Bzip2,
    /// RFC 8878.
    Zstandard,
    Xz,
    /// The frames of the `lz4` program.
    Lz4,
    /// Dovecot's own framing of LZ4 blocks.
    DovecotLz4,
    /// A file in a ZIP archive.
    Zip,
}

/// The first octets of a packed file.
const SIGNATURES: [(&[u8], Packing); 6] = [
    (b"\x1f\x8b\x08", Packing::Gzip),
    (b"BZh", Packing::Bzip2),
    (b"\x28\xb5\x2f\xfd", Packing::Zstandard),
    (b"\xfd7zXZ\0", Packing::Xz),
    (lz4::SIGNATURE, Packing::Lz4),
    (dovecot_lz4::SIGNATURE, Packing::DovecotLz4),
];

/// What programs add to the names of files that they pack.
pub(crate) const EXTENSIONS: [&str; 8] = ["gz", "gzip", "bz2", "bzip2", "zst", "zstd", "xz", "lz4"];

impl Packing {
    fn of(start: &[u8]) -> Option<Packing> {
        let found = SIGNATURES.iter().find(|(signature, _)| start.starts_with(signature));
        let packing = found.map(|(_, packing)| *packing)?;
        // The level and the first block follow, or the end of an empty file: letters alone could be text.
        let bzip2 = matches!(
            start.get(3..10),
            Some(
                [b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]
                    | [b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90]
            )
        );
        (packing != Packing::Bzip2 || bzip2).then_some(packing)
    }
}

/// A file that is open, and gives what was packed into it.
pub(crate) struct Opened {
    pub(crate) from: Box<dyn Read + Send>,
    pub(crate) packing: Option<Packing>,
}

impl Opened {
    /// Gives a part of it alone.
    pub(crate) fn part(mut self, span: Span) -> io::Result<Opened> {
        io::copy(&mut self.from.by_ref().take(span.at), &mut io::sink())?;
        let from = Box::new(Part { from: self.from, left: span.octets });
        Ok(Opened { from, ..self })
    }
}

/// A part of a file. That the file ends before it does is an error.
struct Part {
    from: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Part {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(to.len());
        let to = to.get_mut(..most).unwrap_or_default();
        if to.is_empty() {
            return Ok(0);
        }
        let read = self.from.read(to)?;
        if read == 0 {
            return Err(wrong("the file ends before the message in it does"));
        }
        self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

/// Opens a file.
pub(crate) fn open(mut file: Box<dyn Content>) -> io::Result<Opened> {
    let mut start = Vec::new();
    (&mut file).take(16).read_to_end(&mut start)?;
    file.rewind()?;
    let Some(packing) = Packing::of(&start) else {
        return Ok(Opened { from: Box::new(file), packing: None });
    };
    let from = Guarded::new(file, packing)?;
    Ok(Opened { from: Box::new(from), packing: Some(packing) })
}

/// Opens a file in an archive.
pub(crate) fn open_member(archive: Box<dyn Content>, member: &Member) -> io::Result<Opened> {
    if let Some(at) = member.plain_at() {
        let mut archive = archive;
        archive.seek(SeekFrom::Start(at))?;
        let buffered = BufReader::with_capacity(BUFFER_OCTETS, archive);
        let from = Box::new(Part { from: Box::new(buffered), left: member.octets });
        return Ok(Opened { from, packing: None });
    }
    let packed = Arc::new(AtomicU64::new(0));
    let counted = Counted { file: member.seek(archive)?, octets: Arc::clone(&packed) };
    let counted = BufReader::with_capacity(BUFFER_OCTETS, counted.take(member.packed));
    let from: Box<dyn Read + Send> = match member.method {
        Method::Stored => Box::new(counted),
        Method::Deflated => Box::new(flate2::bufread::DeflateDecoder::new(counted)),
        Method::Encrypted | Method::Other | Method::Plain => {
            return Err(wrong("it is packed in a rare way"));
        }
    };
    let from = Box::new(Summed { from, crc: flate2::Crc::new(), member: member.clone() });
    let from = Guarded { from, packed, unpacked: 0 };
    Ok(Opened { from: Box::new(from), packing: Some(Packing::Zip) })
}

/// A file in an archive, whose size and checksum are compared with those in the directory.
struct Summed {
    from: Box<dyn Read + Send>,
    crc: flate2::Crc,
    member: Member,
}

impl Read for Summed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.crc.update(to.get(..read).unwrap_or_default());
        // The sum counts in 32 bits.
        let counts_as = self.member.octets & u64::from(u32::MAX);
        let same =
            self.crc.sum() == self.member.checksum && u64::from(self.crc.amount()) == counts_as;
        if read == 0 && !to.is_empty() && !same {
            return Err(wrong("its checksum in the ZIP archive is another"));
        }
        Ok(read)
    }
}

/// Counts what is read of a file.
struct Counted {
    file: Box<dyn Content>,
    octets: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(to)?;
        self.octets.fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(read)
    }
}

/// Unpacks, and stops when far more comes out than went in.
struct Guarded {
    from: Box<dyn Read + Send>,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

impl Guarded {
    fn new(file: Box<dyn Content>, packing: Packing) -> io::Result<Guarded> {
        let packed = Arc::new(AtomicU64::new(0));
        let counted = Counted { file, octets: Arc::clone(&packed) };
        let counted = BufReader::with_capacity(BUFFER_OCTETS, counted);
        let memory_kib = u32::try_from(UNPACKING_OCTETS_MAX >> 10).unwrap_or(u32::MAX);
        let from: Box<dyn Read + Send> = match packing {
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
            Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(counted)),
            Packing::Zstandard => Box::new(Zstandard::new(counted)),
            Packing::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(counted, true, memory_kib)),
            Packing::Lz4 => Box::new(Lz4::new(counted)),
            Packing::DovecotLz4 => Box::new(DovecotLz4::new(counted)?),
            // They are in archives, not alone.
            Packing::Zip => return Err(wrong("a ZIP archive is no packed file")),
        };
        Ok(Guarded { from, packed, unpacked: 0 })
    }
}

impl Read for Guarded {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.unpacked = self.unpacked.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        let most = self.packed.load(Ordering::Relaxed).saturating_mul(UNPACKED_FACTOR_MAX);
        if self.unpacked > most.max(UNPACKED_OCTETS_FREE) {
            return Err(wrong(format!(
                "more than {UNPACKED_FACTOR_MAX} times its size was packed into it, which is no mail; if it is, unpack it first"
            )));
        }
        Ok(read)
    }
}

fn wrong(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests;
