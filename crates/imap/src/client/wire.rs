//! The client's end of a connection: commands out, responses in.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::time::timeout;

use super::reader::{Reader, Step};
use super::{Fault, Stream};
use crate::Dialect;
use crate::limits::CLIENT_READ_AHEAD_OCTETS_MAX;

pub(super) struct Wire<S> {
    stream: S,
    pub(super) reader: Reader,
    out: BytesMut,
    pub(super) timeout: Duration,
    /// Set when a fault left an answer half read: what comes next would be taken for something else.
    broken: bool,
}

impl<S> Wire<S> {
    /// Remembers that the session was left in the middle of something.
    pub(super) fn abandon(&mut self) {
        self.broken = true;
    }
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S, timeout: Duration) -> Wire<S> {
        Wire { stream, reader: Reader::new(), out: BytesMut::new(), timeout, broken: false }
    }

    /// Puts octets behind what is still to be sent.
    pub(super) fn queue(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }

    /// How many octets are still to be sent.
    pub(super) fn queued(&self) -> usize {
        self.out.len()
    }

    /// Sends what is queued.
    pub(super) async fn flush(&mut self) -> Result<(), Fault> {
        if self.broken {
            return Err(Fault::Broken);
        }
        if self.out.is_empty() {
            return Ok(());
        }
        let wait = self.timeout;
        let sent = match timeout(wait, poll_fn(|context| self.poll_flush(context))).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => Fault::Connection(error),
            Err(_) => Fault::TimedOut(wait.as_secs()),
        };
        Err(self.break_off(sent))
    }

    /// Writes, and reads meanwhile: a server that has answers to give may not take more commands before it has given
    /// them, and were nobody to read, both would wait for ever.
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.out.is_empty() {
                return Pin::new(&mut self.stream).poll_flush(context);
            }
            match Pin::new(&mut self.stream).poll_write(context, &self.out) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(octets)) => self.out.advance(octets.min(self.out.len())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    if self.reader.room().len() >= CLIENT_READ_AHEAD_OCTETS_MAX {
                        return Poll::Pending;
                    }
                    if ready!(self.poll_read(context))? == 0 {
                        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                    }
                }
            }
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut octets = [0u8; 4096];
        let mut buffer = ReadBuf::new(&mut octets);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        self.reader.room().extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// The next step that is not `More`. What is queued is sent before it is waited for.
    pub(super) async fn step_within(
        &mut self,
        dialect: Dialect,
        wait: Duration,
    ) -> Result<Step, Fault> {
        loop {
            if self.broken {
                return Err(Fault::Broken);
            }
            match self.reader.step(dialect) {
                Ok(Step::More) => {
                    self.flush().await?;
                    self.fill(wait).await?;
                }
                Ok(step) => return Ok(step),
                Err(fault) => return Err(self.break_off(fault)),
            }
        }
    }

    async fn fill(&mut self, wait: Duration) -> Result<(), Fault> {
        let fault = match timeout(wait, self.stream.read_buf(self.reader.room())).await {
            Ok(Ok(0)) => Fault::Closed,
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => Fault::Connection(error),
            // Nothing was lost: it may be tried again (IDLE does).
            Err(_) => return Err(Fault::TimedOut(wait.as_secs())),
        };
        Err(self.break_off(fault))
    }

    /// Remembers that the connection cannot be used any more.
    pub(super) fn break_off(&mut self, fault: Fault) -> Fault {
        self.broken = true;
        fault
    }

    /// Gives the stream back, provided nothing was left over.
    pub(super) fn into_clean_stream(self) -> Result<S, Fault> {
        if self.reader.is_empty() && !self.broken {
            Ok(self.stream)
        } else {
            Err(Fault::Unprotected)
        }
    }

    /// Closes the connection.
    pub(super) async fn close(&mut self) {
        drop(timeout(self.timeout, self.stream.shutdown()).await);
    }
}
