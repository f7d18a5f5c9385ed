//! The frame format of the `lz4` program: frames behind each other, with checksums of their own.

use std::io::{self, BufRead, Chain, Read};

use lz4_flex::frame::FrameDecoder;

use super::wrong;

pub(super) const SIGNATURE: &[u8] = b"\x04\x22\x4d\x18";

/// The last three octets of frames for other programs, which are to be passed over; the first is 0x50 to 0x5f.
const SKIPPED: &[u8] = b"\x2a\x4d\x18";

/// Unpacks frames.
pub(super) struct Lz4<R: BufRead>(State<R>);

enum State<R: BufRead> {
    Between(R),
    Within(Box<Frame<R>>),
    End,
}

/// A frame that is being unpacked, its signature put before it again.
type Frame<R> = FrameDecoder<Watched<Chain<&'static [u8], R>>>;

/// Sees whether a frame was read beyond the end of the file: the decoder takes that for the end of the frame.
struct Watched<R> {
    from: R,
    ended: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.ended |= read == 0 && !to.is_empty();
        Ok(read)
    }
}

impl<R: BufRead> Lz4<R> {
    pub(super) fn new(from: R) -> Lz4<R> {
        Lz4(State::Between(from))
    }
}

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.0, State::End) {
                State::End => return Ok(0),
                State::Between(from) => self.0 = begin(from)?,
                State::Within(mut frame) => {
                    let read = frame.read(to)?;
                    if read > 0 || to.is_empty() {
                        self.0 = State::Within(frame);
                        return Ok(read);
                    }
                    let Watched { from, ended } = frame.into_inner();
                    if ended {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    self.0 = State::Between(from.into_inner().1);
                }
            }
        }
    }
}

fn begin<R: BufRead>(mut from: R) -> io::Result<State<R>> {
    if from.fill_buf()?.is_empty() {
        return Ok(State::End);
    }
    let mut signature = [0; SIGNATURE.len()];
    from.read_exact(&mut signature)?;
    if signature == SIGNATURE {
        // A decoder makes its buffers for one frame, whose blocks have at most 4 MB.
        let from = SIGNATURE.chain(from);
        let frame = FrameDecoder::new(Watched { from, ended: false });
        return Ok(State::Within(Box::new(frame)));
    }
    if signature.get(1..) != Some(SKIPPED) || signature.first().is_none_or(|octet| octet >> 4 != 5)
    {
        return Err(wrong("something that is no frame of LZ4"));
    }
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u64::from(u32::from_le_bytes(length));
    let passed = io::copy(&mut from.by_ref().take(length), &mut io::sink())?;
    if passed < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(State::Between(from))
}
