//! A line that breaks where it is told to.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Where the line breaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    Never,
    /// Behind so many octets of the server.
    Server(usize),
    /// Behind so many octets of the client.
    Client(usize),
}

/// The client's end of a line.
pub(crate) struct Line<S> {
    stream: S,
    read: usize,
    write: usize,
}

impl<S> Line<S> {
    /// A line that breaks there.
    pub(crate) fn new(stream: S, cut: Cut) -> Line<S> {
        let (mut read, mut write) = (usize::MAX, usize::MAX);
        match cut {
            Cut::Never => {}
            Cut::Server(octets) => read = octets,
            Cut::Client(octets) => write = octets,
        }
        Line { stream, read, write }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read == 0 {
            return Poll::Ready(Ok(()));
        }
        // Through a buffer of its own: no more may come than is left.
        let mut own = vec![0; into.remaining().min(self.read)];
        let mut some = ReadBuf::new(&mut own);
        let read = Pin::new(&mut self.stream).poll_read(context, &mut some);
        into.put_slice(some.filled());
        self.read -= some.filled().len();
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.write == 0 {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let some = &octets[..octets.len().min(self.write)];
        let wrote = Pin::new(&mut self.stream).poll_write(context, some);
        if let Poll::Ready(Ok(octets)) = wrote {
            self.write -= octets;
        }
        wrote
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
