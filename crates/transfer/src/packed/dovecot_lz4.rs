//! The LZ4 of Dovecot's zlib plugin: a signature, the largest size of a chunk (four octets, big-endian), and chunks, each
//! behind the length that it has packed. It is not the frame format of the `lz4` program.

use std::io::{self, Read};

use super::wrong;

pub(super) const SIGNATURE: &[u8] = b"Dovecot-LZ4\x0d\x2a\x9b\xc5";

/// The largest chunk that Dovecot reads; it writes chunks of 64 KB.
const CHUNK_OCTETS_MAX: u32 = 16 << 20;

/// Unpacks chunks.
pub(super) struct DovecotLz4<R> {
    from: R,
    chunk_octets_max: usize,
    packed: Vec<u8>,
    chunk: Vec<u8>,
    given: usize,
}

impl<R: Read> DovecotLz4<R> {
    pub(super) fn new(mut from: R) -> io::Result<DovecotLz4<R>> {
        let mut signature = [0; SIGNATURE.len()];
        from.read_exact(&mut signature)?;
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        let most = u32::from_be_bytes(length);
        if most == 0 || most > CHUNK_OCTETS_MAX {
            return Err(wrong("an LZ4 file of Dovecot with chunks of a wrong size"));
        }
        let chunk_octets_max = usize::try_from(most).map_err(wrong)?;
        Ok(DovecotLz4 { from, chunk_octets_max, packed: Vec::new(), chunk: Vec::new(), given: 0 })
    }

    /// Unpacks the next chunk; false at the end of the file.
    fn next_chunk(&mut self) -> io::Result<bool> {
        let mut start = Vec::new();
        self.from.by_ref().take(4).read_to_end(&mut start)?;
        if start.is_empty() {
            return Ok(false);
        }
        let cut_short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let length = <[u8; 4]>::try_from(start.as_slice()).map_err(|_| cut_short())?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(wrong)?;
        // What does not become smaller is packed all the same, and grows by little.
        if length == 0 || length > self.chunk_octets_max.saturating_mul(2) {
            return Err(wrong("a chunk of LZ4 has a wrong length"));
        }
        self.packed.resize(length, 0);
        self.from.read_exact(&mut self.packed)?;
        self.chunk.resize(self.chunk_octets_max, 0);
        let read =
            lz4_flex::block::decompress_into(&self.packed, &mut self.chunk).map_err(wrong)?;
        self.chunk.truncate(read);
        self.given = 0;
        Ok(true)
    }
}

impl<R: Read> Read for DovecotLz4<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.chunk.len() {
            if !self.next_chunk()? {
                return Ok(0);
            }
        }
        let rest = self.chunk.get(self.given..).unwrap_or_default();
        let length = rest.len().min(to.len());
        if let (Some(to), Some(from)) = (to.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.given = self.given.saturating_add(length);
        Ok(length)
    }
}
