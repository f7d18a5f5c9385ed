//! The client's end of a connection: commands out; replies, lines and content in, within limits.
//!
//! Commands are queued and leave while answers are read. So the client never waits to be heard without listening: a
//! server that does not read because nobody takes its answers cannot lock both ends (RFC 2449, 6.6).

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{Fault, Stream};
use crate::Command;
use crate::limits::{CLIENT_LINE_OCTETS_MAX, CLIENT_READ_OCTETS};
use crate::reply::Reply;
use crate::unstuffing::{Piece, Unstuffer};

pub(super) struct Wire<S> {
    stream: S,
    input: BytesMut,
    output: BytesMut,
    flush: Flush,
    pub(super) timeout: Duration,
    /// Set when a fault left an answer half read: what comes next would be taken for something else.
    broken: bool,
}

enum Flush {
    Done,
    Due,
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S, timeout: Duration) -> Wire<S> {
        let (input, output) = (BytesMut::new(), BytesMut::new());
        Wire { stream, input, output, flush: Flush::Done, timeout, broken: false }
    }

    /// Lets a command leave with the next reading, together with others.
    pub(super) fn queue(&mut self, command: &Command<'_>) {
        let mut text = Vec::new();
        command.print(&mut text);
        self.output.extend_from_slice(&text);
    }

    /// The same with a line that is no command of the table; its line end is added.
    pub(super) fn queue_line(&mut self, line: &[u8]) {
        self.output.extend_from_slice(line);
        self.output.extend_from_slice(b"\r\n");
    }

    /// Sends of what is queued as much as goes without waiting.
    async fn nudge(&mut self) -> Result<(), Fault> {
        self.whole()?;
        if !self.output.is_empty() {
            // What fails here fails again when more must be read, and only then matters.
            poll_fn(|context| {
                drop(self.poll_send(context));
                Poll::Ready(())
            })
            .await;
        }
        Ok(())
    }

    /// Reads the first line of an answer.
    pub(super) async fn reply(&mut self) -> Result<Reply, Fault> {
        let line = self.line().await?;
        Reply::parse(&line)
            .ok_or(Fault::Syntax("+OK or -ERR"))
            .map_err(|fault| self.break_off(fault))
    }

    /// Reads a line, without its line end.
    pub(super) async fn line(&mut self) -> Result<BytesMut, Fault> {
        self.nudge().await?;
        let mut searched = 0usize;
        loop {
            let unsearched = self.input.get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unsearched) {
                let mut line = self.input.split_to(searched.saturating_add(at).saturating_add(1));
                let content = line.trim_ascii_end().len();
                line.truncate(content);
                return Ok(line);
            }
            searched = self.input.len();
            if searched > CLIENT_LINE_OCTETS_MAX {
                let max = u64::try_from(CLIENT_LINE_OCTETS_MAX).unwrap_or(u64::MAX);
                return Err(self.break_off(Fault::TooMuch { what: "octets in a line", max }));
            }
            self.fill().await?;
        }
    }

    /// Reads a line of a listing; none at its end. No listing has lines that begin with a dot of their own.
    pub(super) async fn listed(&mut self) -> Result<Option<BytesMut>, Fault> {
        let line = self.line().await?;
        Ok(if line.as_ref() == b"." { None } else { Some(line) })
    }

    /// Reads the next octets of a multi-line answer; none at its end.
    pub(super) async fn piece(
        &mut self,
        unstuffer: &mut Unstuffer,
    ) -> Result<Option<BytesMut>, Fault> {
        self.nudge().await?;
        loop {
            match unstuffer.take(&mut self.input) {
                Piece::Octets(octets) => return Ok(Some(octets)),
                Piece::End => return Ok(None),
                Piece::More => self.fill().await?,
            }
        }
    }

    /// Reads a whole multi-line answer.
    pub(super) async fn content(&mut self, octets_max: u64) -> Result<Vec<u8>, Fault> {
        let mut unstuffer = Unstuffer::new();
        let mut content = Vec::new();
        while let Some(piece) = self.piece(&mut unstuffer).await? {
            content.extend_from_slice(&piece);
            if u64::try_from(content.len()).unwrap_or(u64::MAX) > octets_max {
                let fault = Fault::TooMuch { what: "octets in an answer", max: octets_max };
                return Err(self.break_off(fault));
            }
        }
        Ok(content)
    }

    /// Remembers that the connection cannot be used any more.
    pub(super) fn break_off(&mut self, fault: Fault) -> Fault {
        self.broken = true;
        fault
    }

    /// Gives the stream back, provided nothing was left over.
    pub(super) fn into_clean_stream(self) -> Result<S, Fault> {
        if self.input.is_empty() && self.output.is_empty() && !self.broken {
            Ok(self.stream)
        } else {
            Err(Fault::Syntax("nothing between the answer to STLS and the TLS handshake"))
        }
    }

    pub(super) async fn close(&mut self) {
        drop(timeout(self.timeout, self.stream.shutdown()).await);
    }

    fn whole(&self) -> Result<(), Fault> {
        if self.broken { Err(Fault::Broken) } else { Ok(()) }
    }

    /// Waits for more octets; meanwhile sends what is queued.
    async fn fill(&mut self) -> Result<(), Fault> {
        self.whole()?;
        self.input.reserve(CLIENT_READ_OCTETS);
        let patience = self.timeout;
        let exchanged = poll_fn(|context| {
            let sent = self.poll_send(context);
            match (self.poll_receive(context), sent) {
                // Of a connection that takes nothing more, what the server said last is still heard.
                (Poll::Ready(Ok(0)) | Poll::Pending, Err(error)) => Poll::Ready(Err(error)),
                (received, _) => received,
            }
        });
        let fault = match timeout(patience, exchanged).await {
            Ok(Ok(0)) => Fault::Closed,
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => Fault::Connection(error),
            Err(_) => Fault::TimedOut(patience.as_secs()),
        };
        Err(self.break_off(fault))
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> std::io::Result<()> {
        while !self.output.is_empty() {
            match Pin::new(&mut self.stream).poll_write(context, &self.output) {
                Poll::Ready(Ok(0)) => return Err(std::io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(sent)) => self.output.advance(sent),
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Ok(()),
            }
            self.flush = Flush::Due;
        }
        if matches!(self.flush, Flush::Due)
            && let Poll::Ready(flushed) = Pin::new(&mut self.stream).poll_flush(context)
        {
            flushed?;
            self.flush = Flush::Done;
        }
        Ok(())
    }

    fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        // Reading keeps nothing between two polls, so it can begin anew each time.
        let read = pin!(self.stream.read_buf(&mut self.input));
        Poll::Ready(Ok(ready!(read.poll(context))?))
    }
}
