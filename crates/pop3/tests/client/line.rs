//! A line to the server that can be cut behind any octet of either side, that makes commands unknown to the server, and
//! that can be long.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, ReadHalf, WriteHalf,
    duplex, split,
};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep_until};

/// Where the line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Never,
    /// Behind so many octets of the server's.
    Server(usize),
    /// Behind so many octets of the client's.
    Client(usize),
}

/// How much went over a line.
#[derive(Default)]
pub(crate) struct Went {
    pub(crate) server: AtomicUsize,
    pub(crate) client: AtomicUsize,
}

pub(crate) struct Line {
    stream: DuplexStream,
    cut: Cut,
    went: Arc<Went>,
    /// Set when the cut is reached, if the client dies of it.
    dead: Option<Arc<AtomicBool>>,
    /// Commands that the server shall not know.
    hidden: &'static [&'static str],
}

impl Line {
    pub(crate) fn new(
        stream: DuplexStream,
        cut: Cut,
        dead: Option<Arc<AtomicBool>>,
        hidden: &'static [&'static str],
    ) -> (Line, Arc<Went>) {
        let went = Arc::new(Went::default());
        (Line { stream, cut, went: Arc::clone(&went), dead, hidden }, went)
    }

    fn cut(&self) {
        if let Some(dead) = &self.dead {
            dead.store(true, Ordering::SeqCst);
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        let went = this.went.server.load(Ordering::SeqCst);
        let left = match this.cut {
            Cut::Server(at) => at.saturating_sub(went),
            Cut::Never | Cut::Client(_) => usize::MAX,
        };
        if left == 0 {
            this.cut();
            return Poll::Ready(Ok(()));
        }
        let most = left.min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
        ready!(Pin::new(&mut this.stream).poll_read(context, &mut part))?;
        let read = part.filled().len();
        buffer.advance(read);
        this.went.server.store(went + read, Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let this = self.get_mut();
        let went = this.went.client.load(Ordering::SeqCst);
        let left = match this.cut {
            Cut::Client(at) => at.saturating_sub(went),
            Cut::Never | Cut::Server(_) => usize::MAX,
        };
        if left == 0 {
            this.cut();
            return Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()));
        }
        let mut text = String::from_utf8(octets.to_vec()).unwrap();
        for command in this.hidden {
            text = text.replace(command, &format!("X{}", &command[1..]));
        }
        let part = &text.as_bytes()[..left.min(text.len())];
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, part))?;
        this.went.client.store(went + written, Ordering::SeqCst);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// Moves the far end of a stream away: what goes in on either side comes out so much later.
pub(crate) fn far_away(stream: DuplexStream, delay: Duration) -> DuplexStream {
    let (near, far) = duplex(1 << 20);
    let ((near_read, near_write), (read, write)) = (split(far), split(stream));
    carry(near_read, write, delay);
    carry(read, near_write, delay);
    near
}

fn carry(mut from: ReadHalf<DuplexStream>, mut to: WriteHalf<DuplexStream>, delay: Duration) {
    let (sender, mut under_way) = unbounded_channel();
    tokio::spawn(async move {
        let mut octets = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from.read(&mut octets).await {
            drop(sender.send((Instant::now() + delay, octets[..read].to_vec())));
        }
    });
    tokio::spawn(async move {
        while let Some((arrives, octets)) = under_way.recv().await {
            sleep_until(arrives).await;
            drop(to.write_all(&octets).await);
        }
        drop(to.shutdown().await);
    });
}
