//! A stream of which the first octets were read, to find out what is spoken, and are given again.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// A stream of which some octets were read before.
pub struct Rewound<S> {
    stream: S,
    read: Vec<u8>,
    given: usize,
}

impl<S> Rewound<S> {
    /// One of which nothing was read.
    pub fn fresh(stream: S) -> Rewound<S> {
        Rewound::after(stream, Vec::new())
    }

    /// One of which these octets were read.
    pub(crate) fn after(stream: S, read: Vec<u8>) -> Rewound<S> {
        Rewound { stream, read, given: 0 }
    }
}

/// Reads no further than to see which of these signatures a stream begins with, if any; gives what was read.
pub(crate) async fn read_signature<S: AsyncRead + Unpin>(
    stream: &mut S,
    signatures: &[&'static [u8]],
) -> io::Result<(Vec<u8>, Option<&'static [u8]>)> {
    let mut read = Vec::new();
    loop {
        let found = signatures.iter().copied().find(|signature| *signature == read);
        let may_become = signatures.iter().any(|signature| signature.starts_with(&read));
        let mut octet = [0];
        if found.is_some() || !may_become || stream.read(&mut octet).await? == 0 {
            return Ok((read, found));
        }
        read.extend(octet);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = self.read.get(self.given..).unwrap_or_default();
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let count = left.len().min(buffer.remaining());
        buffer.put_slice(left.get(..count).unwrap_or_default());
        self.given = self.given.saturating_add(count);
        if self.given < self.read.len() {
            return Poll::Ready(Ok(()));
        }
        (self.read, self.given) = (Vec::new(), 0);
        // What comes behind it comes with it: readers that get a request in pieces take larger buffers. What goes wrong here is
        // met again by the next read.
        if buffer.remaining() > 0 {
            let _more = Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
