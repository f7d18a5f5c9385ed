//! Lines of JSON over a stream, in both directions. After the line of a message come its octets in pieces: a length of
//! four octets each, big-endian; a piece of length 0 ends it, and the length 2^32-1 says that it does not become whole.

use std::io;

use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
};

/// The longest line.
const LINE_OCTETS_MAX: u64 = 16 << 20;

/// Reads a line; none at the end of the stream.
pub(crate) async fn read<T: DeserializeOwned>(
    from: &mut (impl AsyncBufRead + Unpin),
) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    let octets = from.take(LINE_OCTETS_MAX).read_until(b'\n', &mut line).await?;
    if octets == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the line was cut short"));
    }
    serde_json::from_slice(&line).map(Some).map_err(io::Error::from)
}

/// Writes a line. It may wait in the writer until it is flushed.
pub(crate) async fn write<T: Serialize>(
    to: &mut (impl AsyncWrite + Unpin),
    line: &T,
) -> io::Result<()> {
    let mut octets = serde_json::to_vec(line)?;
    octets.push(b'\n');
    to.write_all(&octets).await
}

/// The longest piece.
pub(crate) const PIECE_OCTETS_MAX: usize = 64 << 10;

/// Writes octets of a message; none at all end it.
pub(crate) async fn write_piece(
    to: &mut (impl AsyncWrite + Unpin),
    octets: &[u8],
) -> io::Result<()> {
    if octets.is_empty() {
        return to.write_all(&0u32.to_be_bytes()).await;
    }
    for piece in octets.chunks(PIECE_OCTETS_MAX) {
        let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
        to.write_all(&length.to_be_bytes()).await?;
        to.write_all(piece).await?;
    }
    Ok(())
}

/// Says that a message does not become whole.
pub(crate) async fn write_abandoned(to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    to.write_all(&ABANDONED.to_be_bytes()).await
}

const ABANDONED: u32 = u32::MAX;

/// A piece of a message.
pub(crate) enum Piece {
    Octets(Vec<u8>),
    /// The message is whole.
    End,
    /// It does not become whole.
    Abandoned,
}

/// Reads a piece of a message.
pub(crate) async fn read_piece(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Piece> {
    let mut length = [0; 4];
    from.read_exact(&mut length).await?;
    let length = match u32::from_be_bytes(length) {
        0 => return Ok(Piece::End),
        ABANDONED => return Ok(Piece::Abandoned),
        length => usize::try_from(length).map_err(io::Error::other)?,
    };
    if length > PIECE_OCTETS_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a piece is too long"));
    }
    let mut octets = vec![0; length];
    from.read_exact(&mut octets).await?;
    Ok(Piece::Octets(octets))
}
