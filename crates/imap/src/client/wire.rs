//! The client's end of a connection: commands out, responses in.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::reader::{Reader, Step};
use super::{Fault, Stream};
use crate::Dialect;
use crate::limits::CLIENT_READ_AHEAD_OCTETS_MAX;
use crate::server::deflate::{Deflate, PieceRest};

pub(super) struct Wire<S> {
    stream: S,
    pub(super) reader: Reader,
    /// Not squeezed yet.
    queued: BytesMut,
    /// As it goes over the wire.
    sending: BytesMut,
    deflate: Option<Box<Deflate>>,
    piece_rest: PieceRest,
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
        Wire {
            stream,
            reader: Reader::new(),
            queued: BytesMut::new(),
            sending: BytesMut::new(),
            deflate: None,
            piece_rest: PieceRest::default(),
            timeout,
            broken: false,
        }
    }

    /// Puts octets behind what is still to be sent.
    pub(super) fn queue(&mut self, octets: &[u8]) {
        self.queued.extend_from_slice(octets);
    }

    /// How many octets are still to be sent.
    pub(super) fn queued(&self) -> usize {
        self.queued.len()
    }

    /// Sends what is queued.
    pub(super) async fn flush(&mut self) -> Result<(), Fault> {
        if self.broken {
            return Err(Fault::Broken);
        }
        if !self.queued.is_empty() {
            let octets = self.queued.split();
            match &mut self.deflate {
                None if self.sending.is_empty() => self.sending = octets,
                None => self.sending.extend_from_slice(&octets),
                Some(deflate) => match deflate.deflate(&octets) {
                    Ok(squeezed) => self.sending.extend_from_slice(&squeezed),
                    Err(error) => return Err(self.break_off(Fault::Connection(error))),
                },
            }
        }
        if self.sending.is_empty() {
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
            if self.sending.is_empty() {
                return Pin::new(&mut self.stream).poll_flush(context);
            }
            match Pin::new(&mut self.stream).poll_write(context, &self.sending) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(octets)) => {
                    self.sending.advance(octets.min(self.sending.len()));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    if self.reader.room().len() >= CLIENT_READ_AHEAD_OCTETS_MAX {
                        return Poll::Pending;
                    }
                    ready!(self.poll_fill(context))?;
                }
            }
        }
    }

    /// Reads more octets, at least one.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(deflate) = &mut self.deflate else {
            let before = self.reader.room().len();
            let octets = ready!(poll_read(&mut self.stream, self.reader.room(), context))?;
            let came = self.reader.room().split_off(before);
            self.reader.room().extend_from_slice(self.piece_rest.strip(&came));
            return Poll::Ready(if octets == 0 { Err(closed()) } else { Ok(()) });
        };
        if deflate.inflate_rest(self.reader.room())? {
            return Poll::Ready(Ok(()));
        }
        let mut squeezed = BytesMut::with_capacity(8 << 10);
        loop {
            if ready!(poll_read(&mut self.stream, &mut squeezed, context))? == 0 {
                return Poll::Ready(Err(closed()));
            }
            if deflate.inflate(&squeezed.split(), self.reader.room())? {
                return Poll::Ready(Ok(()));
            }
        }
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
                    let before = self.reader.room().len();
                    self.flush().await?;
                    // The answer may have come whole while its command was still being sent.
                    if self.reader.room().len() == before {
                        self.fill(wait).await?;
                    }
                }
                Ok(step) => return Ok(step),
                Err(fault) => return Err(self.break_off(fault)),
            }
        }
    }

    async fn fill(&mut self, wait: Duration) -> Result<(), Fault> {
        let fault = match timeout(wait, poll_fn(|context| self.poll_fill(context))).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Fault::Closed,
            Ok(Err(error)) => Fault::Connection(error),
            // Nothing was lost: it may be tried again (IDLE does).
            Err(_) => return Err(Fault::TimedOut(wait.as_secs())),
        };
        Err(self.break_off(fault))
    }

    /// Squeezes both directions from here on (RFC 4978). What came already counts as squeezed.
    pub(super) fn squeeze(&mut self) -> Result<(), Fault> {
        let mut deflate = Box::new(Deflate::new());
        let came = std::mem::take(self.reader.room());
        if let Err(error) = deflate.inflate(&came, self.reader.room()) {
            return Err(self.break_off(Fault::Connection(error)));
        }
        self.deflate = Some(deflate);
        Ok(())
    }

    /// Ends the squeezing of both directions.
    pub(super) fn expand(&mut self) {
        if let Some(deflate) = self.deflate.take() {
            let (plain, rest) = deflate.end();
            self.reader.room().extend_from_slice(&plain);
            self.piece_rest = rest;
        }
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

/// Appends what there is to read; 0 octets at the end of the connection.
fn poll_read(
    stream: &mut impl Stream,
    room: &mut BytesMut,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    // The future holds no state of its own, so it can be begun again at each call.
    pin!(stream.read_buf(room)).poll(context)
}

fn closed() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}
