//! The server's end of a connection: lines in, gathered answers out. While it waits for a line it holds no buffer.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use mailbox::Fault;
use tokio::io::{AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Answer, Language, Stream};
use crate::limits::{GATHERED_OCTETS, LOGIN_LINE_OCTETS_MAX, READ_OCTETS, SKIPPED_OCTETS_MAX};
use crate::reply::print_line;

/// A connection with what was read ahead and what is gathered to be sent.
pub(crate) struct Wire<S> {
    stream: S,
    input: BytesMut,
    output: Vec<u8>,
    /// How long the client may leave our answers lying.
    pub(crate) patience: Duration,
    /// What LANG chose.
    pub(crate) language: Language,
    flushes: u64,
}

/// A line from the client.
pub(crate) enum Line {
    /// The line without its line end.
    Whole(BytesMut),
    /// It was too long and has been thrown away.
    TooLong,
}

/// Why the connection is over. Whatever the reason, nothing that was marked is removed after it.
#[derive(Debug)]
pub(crate) enum Gone {
    /// The session came to its end, and the client was told.
    Finished,
    /// The client hung up, or the network did.
    Peer,
    /// The client was silent, or left our answers lying, for too long.
    TimedOut,
    /// It sent a line without end.
    Endless,
    /// It sent something along with STLS.
    Injection,
    /// We failed in the middle of an answer; only hanging up can tell.
    Fault(Fault),
}

impl Gone {
    fn reason(&self) -> &'static str {
        match self {
            Gone::Finished => "the session ended",
            Gone::Peer => "the client hung up",
            Gone::TimedOut => "the client was silent for too long",
            Gone::Endless => "a line without end",
            Gone::Injection => "more came along with STLS",
            Gone::Fault(_) => "a failure of this server",
        }
    }
}

impl<S: Stream> Wire<S> {
    pub(crate) fn new(stream: S, patience: Duration) -> Wire<S> {
        Wire {
            stream,
            input: BytesMut::new(),
            output: Vec::new(),
            patience,
            language: Language::English,
            flushes: 0,
        }
    }

    /// The stream, for what comes next on it.
    pub(crate) fn into_stream(self) -> S {
        self.stream
    }

    /// Whether something has come in that was not looked at yet.
    pub(crate) fn has_input(&self) -> bool {
        !self.input.is_empty()
    }

    /// Takes the next line. CRLF ends it; a bare LF is forgiven, for people at a terminal. Before it waits, it sends
    /// what was gathered: so the answers to commands that came together leave together.
    pub(crate) async fn line(&mut self, deadline: Instant) -> Result<Line, Gone> {
        let mut searched = 0usize;
        let mut skipped = 0usize;
        loop {
            let unsearched = self.input.get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unsearched) {
                let mut line = self.input.split_to(searched.saturating_add(at).saturating_add(1));
                if skipped > 0 || line.len() > LOGIN_LINE_OCTETS_MAX.saturating_add(2) {
                    return Ok(Line::TooLong);
                }
                line.truncate(line.len().saturating_sub(1));
                if line.ends_with(b"\r") {
                    line.truncate(line.len().saturating_sub(1));
                }
                return Ok(Line::Whole(line));
            }
            searched = self.input.len();
            if skipped > 0 || searched > LOGIN_LINE_OCTETS_MAX.saturating_add(2) {
                skipped = skipped.saturating_add(searched);
                (self.input, searched) = (BytesMut::new(), 0);
                if skipped > SKIPPED_OCTETS_MAX {
                    return Err(Gone::Endless);
                }
            }
            self.fill(deadline).await?;
        }
    }

    /// Waits for octets. What has come in already is taken before anything is sent: so the answers to commands that
    /// came in several packets leave together as well.
    async fn fill(&mut self, deadline: Instant) -> Result<(), Gone> {
        if !self.output.is_empty() && self.output.len() < GATHERED_OCTETS {
            match self.read_now().await {
                Some(Ok(1..)) => return Ok(()),
                // It may have closed only its half, and want our answers yet.
                Some(Ok(0)) => {
                    self.flush().await?;
                    return Err(Gone::Peer);
                }
                Some(Err(_)) => return Err(Gone::Peer),
                None => {}
            }
        }
        self.flush().await?;
        // An idle session keeps no buffer of what it sent last.
        self.output = Vec::new();
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        match timeout_at(deadline, poll_fn(|context| self.poll_fill(context))).await {
            Ok(Ok(1..)) => Ok(()),
            Ok(Ok(0) | Err(_)) => Err(Gone::Peer),
            Err(_) => Err(Gone::TimedOut),
        }
    }

    /// Takes what is there; none if nothing is.
    async fn read_now(&mut self) -> Option<std::io::Result<usize>> {
        poll_fn(|context| {
            Poll::Ready(match self.poll_fill(context) {
                Poll::Ready(read) => Some(read),
                Poll::Pending => None,
            })
        })
        .await
    }

    /// What is read lies on the stack until there is something to keep.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        let mut octets = [std::mem::MaybeUninit::<u8>::uninit(); READ_OCTETS];
        let mut buffer = ReadBuf::uninit(&mut octets);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
        self.input.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// How often what was gathered has been sent.
    pub(crate) fn flushes(&self) -> u64 {
        self.flushes
    }

    /// Gathers the first line of an answer.
    pub(crate) fn answer(&mut self, answer: &Answer<'_>) {
        let words = answer.words.spoken(self.language);
        print_line(answer.status, answer.code.as_ref(), &words, &mut self.output);
    }

    /// Gathers text as it is.
    pub(crate) fn text(&mut self, text: &str) {
        self.output.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn number(&mut self, number: u64) {
        push_decimal(number, &mut self.output);
    }

    /// Where to gather octets.
    pub(crate) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Sends what was gathered, if that is much.
    pub(crate) async fn drain(&mut self) -> Result<(), Gone> {
        if self.output.len() >= GATHERED_OCTETS { self.flush().await } else { Ok(()) }
    }

    /// Sends what was gathered.
    pub(crate) async fn flush(&mut self) -> Result<(), Gone> {
        if self.output.is_empty() {
            return Ok(());
        }
        let (stream, output) = (&mut self.stream, &self.output);
        let sent = timeout(self.patience, async {
            stream.write_all(output).await?;
            stream.flush().await
        });
        match sent.await {
            Ok(Ok(())) => {
                self.output.clear();
                self.flushes = self.flushes.wrapping_add(1);
            }
            Ok(Err(_)) => return Err(Gone::Peer),
            Err(_) => return Err(Gone::TimedOut),
        }
        Ok(())
    }

    /// Closes the connection, and notes why when it was not the client's wish.
    pub(crate) async fn close(&mut self, gone: &Gone) {
        match gone {
            Gone::Finished | Gone::Peer => {}
            Gone::TimedOut | Gone::Endless | Gone::Injection => {
                tracing::debug!(reason = gone.reason(), "POP3 connection closed");
            }
            Gone::Fault(fault) => {
                let fault: &dyn std::error::Error = fault;
                tracing::error!(fault, "POP3 answer broken off");
            }
        }
        // TLS has a last word of its own; a client that does not take it is not waited for.
        drop(timeout(Duration::from_secs(1), self.stream.shutdown()).await);
    }
}

/// Appends a number in decimal. Listings have hundreds of thousands of them.
fn push_decimal(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut used = 0usize;
    for place in digits.iter_mut().rev() {
        *place = b'0'.saturating_add(u8::try_from(number % 10).unwrap_or_default());
        number /= 10;
        used = used.saturating_add(1);
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len().saturating_sub(used)..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::push_decimal;

    #[test]
    fn numbers_are_printed_as_everybody_prints_them() {
        for number in [0, 1, 9, 10, 99, 100, 4_294_967_296, u64::MAX] {
            let mut out = b"x".to_vec();
            push_decimal(number, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{number}"));
        }
    }
}
