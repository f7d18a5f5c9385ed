//! Zstandard (RFC 8878): frames behind each other, each with a checksum of its own.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::wrong;
use crate::limits::UNPACKING_OCTETS_MAX;

/// Unpacks frames.
pub(super) struct Zstandard<R: BufRead>(State<R>);

enum State<R: BufRead> {
    Between(R),
    Within(Box<Frame<R>>),
    End,
}

/// A frame that is being unpacked.
struct Frame<R> {
    decoder: FrameDecoder,
    from: R,
}

impl<R: BufRead> Zstandard<R> {
    pub(super) fn new(from: R) -> Zstandard<R> {
        Zstandard(State::Between(from))
    }
}

impl<R: BufRead> Read for Zstandard<R> {
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
                    let decoder = &frame.decoder;
                    let said = decoder.get_checksum_from_data();
                    if said.is_some() && said != decoder.get_calculated_checksum() {
                        return Err(wrong("the checksum of a Zstandard frame is wrong"));
                    }
                    self.0 = State::Between(frame.from);
                }
            }
        }
    }
}

impl<R: Read> Frame<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            let some = BlockDecodingStrategy::UptoBlocks(1);
            self.decoder.decode_blocks(&mut self.from, some).map_err(wrong)?;
        }
        self.decoder.read(to)
    }
}

fn begin<R: BufRead>(mut from: R) -> io::Result<State<R>> {
    if from.fill_buf()?.is_empty() {
        return Ok(State::End);
    }
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(UNPACKING_OCTETS_MAX);
    match decoder.init(&mut from) {
        Ok(()) => {}
        // A frame for other programs, which is to be passed over (RFC 8878, 3.1.2).
        Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
            length,
            ..
        })) => {
            io::copy(&mut from.by_ref().take(u64::from(length)), &mut io::sink())?;
            return Ok(State::Between(from));
        }
        Err(error) => return Err(wrong(error)),
    }
    Ok(State::Within(Box::new(Frame { decoder, from })))
}
