//! COMPRESS=DEFLATE (RFC 4978): raw deflate both ways. What comes is inflated piece by piece, so that a small packet
//! cannot become a large amount of memory.

use std::io;

use bytes::BytesMut;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::limits::INFLATED_OCTETS_MAX;

/// How each piece ends that is compressed: with an empty block, as a sync flush makes it.
const PIECE_END: u32 = 0x0000_ffff;

/// Both directions of a squeezed stream.
pub(crate) struct Deflate {
    inflate: Decompress,
    deflate: Compress,
    /// Came, not inflated yet.
    squeezed: Vec<u8>,
    /// The last four octets that were inflated.
    recent: u32,
    /// Whether the other end has ended its stream.
    over: bool,
    /// Whether the last step filled its space, so that more may be inside the machine.
    more: bool,
}

impl Deflate {
    pub(crate) fn new() -> Deflate {
        Deflate {
            inflate: Decompress::new(false),
            // The best trade between time and size for mail; higher levels gain about 1 %.
            deflate: Compress::new(Compression::new(5), false),
            squeezed: Vec::new(),
            recent: u32::MAX,
            over: false,
            more: false,
        }
    }

    /// Takes squeezed octets and appends some of what is in them. Says whether anything was appended.
    pub(crate) fn inflate(&mut self, came: &[u8], plain: &mut BytesMut) -> io::Result<bool> {
        self.squeezed.extend_from_slice(came);
        self.inflate_some(plain)
    }

    /// Appends more of what came before. Says whether anything was appended.
    pub(crate) fn inflate_rest(&mut self, plain: &mut BytesMut) -> io::Result<bool> {
        if self.squeezed.is_empty() && !self.more { Ok(false) } else { self.inflate_some(plain) }
    }

    fn inflate_some(&mut self, plain: &mut BytesMut) -> io::Result<bool> {
        while !self.inflate_step(plain)? {
            if self.squeezed.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Inflates at most up to the end of a piece: behind it the compression may be over.
    fn inflate_step(&mut self, plain: &mut BytesMut) -> io::Result<bool> {
        let piece = self.squeezed.get(..self.piece_octets()).unwrap_or_default();
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let mut space = vec![0; INFLATED_OCTETS_MAX];
        let status = self
            .inflate
            .decompress(piece, &mut space, FlushDecompress::Sync)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let used = self.inflate.total_in().saturating_sub(before.0);
        let made = self.inflate.total_out().saturating_sub(before.1);
        let used = usize::try_from(used).unwrap_or(usize::MAX).min(self.squeezed.len());
        let made = usize::try_from(made).unwrap_or(usize::MAX).min(space.len());
        for octet in self.squeezed.drain(..used) {
            self.recent = shift(self.recent, octet);
        }
        if self.squeezed.is_empty() {
            self.squeezed = Vec::new();
        }
        self.more = made == space.len();
        self.over |= status == Status::StreamEnd;
        plain.extend_from_slice(space.get(..made).unwrap_or_default());
        match status {
            // A client that ends its stream has no way to go on (RFC 4978, 4 knows no end but the connection's).
            Status::StreamEnd if made == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            Status::BufError if used == 0 && made == 0 && !self.squeezed.is_empty() => {
                Err(io::ErrorKind::InvalidData.into())
            }
            Status::Ok | Status::BufError | Status::StreamEnd => Ok(made > 0),
        }
    }

    fn piece_octets(&self) -> usize {
        let mut recent = self.recent;
        let end = self.squeezed.iter().position(|octet| {
            recent = shift(recent, *octet);
            recent == PIECE_END
        });
        end.map_or(self.squeezed.len(), |index| index.saturating_add(1))
    }

    /// Ends the compression behind the last piece. Gives what came behind it, as it is.
    pub(crate) fn end(self) -> (Vec<u8>, PieceRest) {
        let ended = self.over || self.recent == PIECE_END;
        let mut rest = PieceRest { recent: (!ended).then_some(self.recent) };
        let plain = rest.strip(&self.squeezed).to_vec();
        (plain, rest)
    }

    /// Squeezes octets, so that the client can read all of them at once.
    pub(crate) fn deflate(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut squeezed = Vec::with_capacity((plain.len() / 2).saturating_add(64));
        let mut rest = plain;
        loop {
            let before = self.deflate.total_in();
            self.deflate
                .compress_vec(rest, &mut squeezed, FlushCompress::Sync)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let used = self.deflate.total_in().saturating_sub(before);
            rest = rest.get(usize::try_from(used).unwrap_or(usize::MAX)..).unwrap_or_default();
            if rest.is_empty() && squeezed.len() < squeezed.capacity() {
                return Ok(squeezed);
            }
            squeezed.reserve(squeezed.capacity().max(64));
        }
    }
}

fn shift(recent: u32, octet: u8) -> u32 {
    recent << 8 | u32::from(octet)
}

/// What is still to come of the last piece when all that it says is known already: the end of its last block.
#[derive(Debug, Default)]
pub(crate) struct PieceRest {
    /// The last four octets, until the piece is at its end.
    recent: Option<u32>,
}

impl PieceRest {
    /// What came, without it.
    pub(crate) fn strip<'o>(&mut self, mut came: &'o [u8]) -> &'o [u8] {
        while let Some(recent) = self.recent
            && let Some((first, others)) = came.split_first()
        {
            let recent = shift(recent, *first);
            self.recent = (recent != PIECE_END).then_some(recent);
            came = others;
        }
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_squeezed_comes_out_again_and_a_bomb_only_piece_by_piece() {
        let mut here = Deflate::new();
        let mut there = Deflate::new();
        for plain in [vec![b'x'; 3], vec![0; 10 << 20], (0..100_000u32).map(|n| n as u8).collect()]
        {
            let squeezed = here.deflate(&plain).unwrap();
            let mut out = BytesMut::new();
            there.inflate(&squeezed, &mut out).unwrap();
            assert!(out.len() <= INFLATED_OCTETS_MAX);
            while there.inflate_rest(&mut out).unwrap() {}
            assert!(out[..] == plain[..]);
        }
    }

    #[test]
    fn what_comes_behind_the_last_piece_is_plain_wherever_it_is_cut() {
        let mut all = Deflate::new().deflate(b"first").unwrap();
        let pieces = all.len();
        all.extend_from_slice(b"second");
        for cut in 1..all.len() {
            let mut there = Deflate::new();
            let mut out = BytesMut::new();
            let mut at = 0;
            for end in [cut, pieces.max(cut)] {
                there.inflate(&all[at..end], &mut out).unwrap();
                at = end;
                if out == b"first"[..] {
                    break;
                }
                while there.inflate_rest(&mut out).unwrap() {}
            }
            assert!(out == b"first"[..], "{cut}");
            let (mut plain, mut rest) = there.end();
            plain.extend_from_slice(rest.strip(&all[at..]));
            assert_eq!(plain, b"second", "{cut}");
        }
    }

    #[test]
    fn pieces_may_come_octet_by_octet() {
        let (mut here, mut there) = (Deflate::new(), Deflate::new());
        for text in ["a1 NOOP\r\n", "a2 UNAUTHENTICATE\r\n", "a3 NOOP\r\n"] {
            let mut out = BytesMut::new();
            for octet in here.deflate(text.as_bytes()).unwrap() {
                there.inflate(&[octet], &mut out).unwrap();
            }
            assert_eq!(out, text.as_bytes());
        }
    }

    #[test]
    fn rubbish_is_an_error() {
        let mut plain = BytesMut::new();
        assert!(Deflate::new().inflate(&[0xff; 100], &mut plain).is_err());
    }
}
