//! The client's end of a connection: commands out; replies, lines and content in, within limits.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{Fault, Stream};
use crate::limits::{CLIENT_LINE_OCTETS_MAX, READ_OCTETS};
use crate::reply::Reply;
use crate::unstuffing::{Piece, Unstuffer};

pub(super) struct Wire<S> {
    stream: S,
    input: BytesMut,
    pub(super) timeout: Duration,
    /// Set when a fault left an answer half read: what comes next would be taken for something else.
    broken: bool,
}

impl<S: Stream> Wire<S> {
    pub(super) fn new(stream: S, timeout: Duration) -> Wire<S> {
        Wire { stream, input: BytesMut::new(), timeout, broken: false }
    }

    /// Sends commands.
    pub(super) async fn send(&mut self, text: &[u8]) -> Result<(), Fault> {
        if self.broken {
            return Err(Fault::Broken);
        }
        let stream = &mut self.stream;
        let sent = timeout(self.timeout, async {
            stream.write_all(text).await?;
            stream.flush().await
        });
        let sent = match sent.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => Fault::Connection(error),
            Err(_) => Fault::TimedOut(self.timeout.as_secs()),
        };
        Err(self.break_off(sent))
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
        if self.input.is_empty() && !self.broken {
            Ok(self.stream)
        } else {
            Err(Fault::Syntax("nothing between the answer to STLS and the TLS handshake"))
        }
    }

    /// Closes the connection.
    pub(super) async fn close(&mut self) {
        drop(timeout(self.timeout, self.stream.shutdown()).await);
    }

    async fn fill(&mut self) -> Result<(), Fault> {
        if self.broken {
            return Err(Fault::Broken);
        }
        self.input.reserve(READ_OCTETS);
        let fault = match timeout(self.timeout, self.stream.read_buf(&mut self.input)).await {
            Ok(Ok(0)) => Fault::Closed,
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => Fault::Connection(error),
            Err(_) => Fault::TimedOut(self.timeout.as_secs()),
        };
        Err(self.break_off(fault))
    }
}
