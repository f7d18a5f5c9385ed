//! What lies between the stream and the session: lines in, replies out, and the text of messages.

mod text;

pub use text::{Dots, Flaw, Stuffer, Taken, Text};

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout, timeout_at};

use crate::limits::{COMMAND_OCTETS_MAX, READ_OCTETS, WRITE_TIMEOUT_S};

/// A stream with what was read and not yet used, and what is to be written. While it waits it holds no buffers.
pub(crate) struct Wire<S> {
    stream: S,
    inbound: BytesMut,
    outbound: Vec<u8>,
}

/// What came of waiting for a line.
pub(crate) enum Heard {
    /// A line.
    Line(Line),
    /// A line beyond the limit; it was thrown away.
    TooLong,
    /// No line; none will come.
    Ended(Ending),
}

/// Why no line comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The peer closed.
    Closed,
    /// The deadline passed.
    TimedOut,
    /// The host ends.
    Stopping,
}

/// A line with its end.
pub(crate) struct Line(BytesMut);

impl Line {
    /// The line without its end.
    pub(crate) fn strip(&self) -> &[u8] {
        let line = self.0.strip_suffix(b"\n").unwrap_or(&self.0);
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Whether it ends as it should.
    pub(crate) fn ends_in_crlf(&self) -> bool {
        self.0.ends_with(b"\r\n")
    }

    /// Whether it is as short as a command must be. AUTH may be longer (RFC 4954, 4).
    pub(crate) fn fits_a_command(&self) -> bool {
        let is_auth = self.0.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH "));
        self.0.len() <= COMMAND_OCTETS_MAX || is_auth || self.is_tls_hello()
    }

    /// Whether a client began TLS on a clear port: it cannot read what we would say.
    pub(crate) fn is_tls_hello(&self) -> bool {
        self.0.starts_with(b"\x16\x03")
    }
}

impl<S> Wire<S> {
    pub(crate) fn new(stream: S) -> Wire<S> {
        Wire { stream, inbound: BytesMut::new(), outbound: Vec::new() }
    }

    /// What waits to be written.
    pub(crate) fn outbound(&mut self) -> &mut Vec<u8> {
        &mut self.outbound
    }

    /// What was read and not used.
    pub(crate) fn inbound(&self) -> &[u8] {
        &self.inbound
    }

    /// Takes octets off the front of what was read.
    pub(crate) fn take(&mut self, octets: usize) -> BytesMut {
        let taken = self.inbound.split_to(octets.min(self.inbound.len()));
        if self.inbound.is_empty() {
            self.inbound = BytesMut::new();
        }
        taken
    }

    /// Whether a whole line is there to be heard without waiting.
    pub(crate) fn holds_line(&self) -> bool {
        memchr::memchr(b'\n', &self.inbound).is_some()
    }

    /// Gives the stream back if nothing was read that was not used.
    pub(crate) fn into_stream(self) -> Option<S> {
        self.inbound.is_empty().then_some(self.stream)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Reads once. Waiting costs no buffer: the octets arrive on the stack and are copied only when there are some.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        let Wire { stream, inbound, .. } = self;
        poll_fn(|context| {
            let mut space = [const { MaybeUninit::<u8>::uninit() }; READ_OCTETS];
            let mut buffer = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
            inbound.extend_from_slice(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        })
        .await
    }

    /// Whether the peer talks before it was greeted.
    pub(crate) async fn has_early_talk(&mut self) -> io::Result<bool> {
        match timeout(Duration::ZERO, self.fill()).await {
            Ok(read) => read.map(|octets| octets > 0),
            Err(_) => Ok(false),
        }
    }

    /// Waits for a line of at most so many octets, with its end.
    pub(crate) async fn line(&mut self, octets_max: usize, deadline: Instant) -> io::Result<Heard> {
        let mut searched = 0;
        let mut too_long = false;
        loop {
            let fresh = self.inbound.get(searched..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', fresh) {
                let octets = searched.saturating_add(end).saturating_add(1);
                let line = self.take(octets);
                let fits = octets <= octets_max && !too_long;
                return Ok(if fits { Heard::Line(Line(line)) } else { Heard::TooLong });
            }
            searched = self.inbound.len();
            if searched > octets_max || too_long {
                too_long = true;
                searched = 0;
                self.inbound = BytesMut::new();
            }
            match timeout_at(deadline, self.fill()).await {
                Ok(Ok(0)) => return Ok(Heard::Ended(Ending::Closed)),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error),
                Err(_) => return Ok(Heard::Ended(Ending::TimedOut)),
            }
            if self.inbound.starts_with(b"\x16\x03") {
                return Ok(Heard::Line(Line(self.take(usize::MAX))));
            }
        }
    }

    /// Writes what waits.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if self.outbound.is_empty() {
            return Ok(());
        }
        let octets = std::mem::take(&mut self.outbound);
        self.write(&octets).await
    }

    /// Writes octets now, after what waits.
    pub(crate) async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.outbound);
        let all = async {
            self.stream.write_all(&waiting).await?;
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        timeout(Duration::from_secs(WRITE_TIMEOUT_S), all)
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the peer does not read"))?
    }

    /// Tells the peer that no more comes.
    pub(crate) async fn shut_down(&mut self) {
        // The peer may be gone already; then there is nobody to tell.
        let _ = timeout(Duration::from_secs(5), self.stream.shutdown()).await;
    }
}
