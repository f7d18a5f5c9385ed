//! The octets to and from the client. Nothing is held while nothing is under way: an idle session has no buffers.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use lane::Turns;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Duration, timeout};

use super::deflate::{Deflate, PieceRest};
use super::limits::{READ_OCTETS_MAX, STEPS_PER_BREATH, UNSENT_OCTETS_KEPT, UNSENT_OCTETS_MAX};
use crate::frame::{FrameLimits, Framer};

/// What a session runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A stream with the framer of what came, and what is to be sent.
pub(crate) struct Channel<'s> {
    stream: &'s mut dyn Stream,
    /// What came and was not used yet, cut into commands.
    pub(crate) framer: Framer,
    unsent: Vec<u8>,
    deflate: Option<Box<Deflate>>,
    piece_rest: PieceRest,
    write_patience: Duration,
    /// How often octets went out.
    sends: u64,
    /// What long work for this client takes in the slow lane, once it has logged in.
    turns: Option<Turns>,
    /// Counts the steps of a loop, of which only some look at the clock.
    steps: u32,
}

/// A place in the output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    sends: u64,
    octets: usize,
}

impl<'s> Channel<'s> {
    pub(crate) fn new(stream: &'s mut dyn Stream, write_patience: Duration) -> Channel<'s> {
        Channel {
            stream,
            framer: Framer::new(FrameLimits::BEFORE_LOGIN),
            unsent: Vec::new(),
            deflate: None,
            piece_rest: PieceRest::default(),
            write_patience,
            sends: 0,
            turns: None,
            steps: 0,
        }
    }

    /// Takes the turns of whoever has logged in; none: nobody is any more.
    pub(crate) fn set_turns(&mut self, turns: Option<Turns>) {
        self.turns = turns;
    }

    /// Goes on in the slow lane, until the command is done.
    pub(crate) async fn slow(&mut self) {
        lane::slow(self.turns.as_ref()).await;
    }

    /// Said after work that may be long, whatever it was about.
    pub(crate) async fn breathe_now(&mut self) {
        lane::breathe(self.turns.as_ref()).await;
    }

    /// Said at each step of a loop over messages or mailboxes: what has become long goes on in the slow lane.
    pub(crate) async fn breathe(&mut self) {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(STEPS_PER_BREATH) {
            lane::breathe(self.turns.as_ref()).await;
        }
    }

    /// Waits for more octets. `UnexpectedEof` when the client is gone.
    pub(crate) async fn fill(&mut self) -> io::Result<()> {
        self.rest();
        poll_fn(|context| self.poll_fill(context)).await
    }

    /// Looks for more octets. They are read onto the stack first, so that waiting costs no memory.
    pub(crate) fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(deflate) = &mut self.deflate
            && deflate.inflate_rest(self.framer.room())?
        {
            return Poll::Ready(Ok(()));
        }
        loop {
            let mut space = [std::mem::MaybeUninit::<u8>::uninit(); READ_OCTETS_MAX];
            let mut space = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut *self.stream).poll_read(context, &mut space))?;
            let came = space.filled();
            if came.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            match &mut self.deflate {
                None => {
                    let came = self.piece_rest.strip(came);
                    if came.is_empty() {
                        continue;
                    }
                    self.framer.room().extend_from_slice(came);
                }
                Some(deflate) => {
                    if !deflate.inflate(came, self.framer.room())? {
                        continue;
                    }
                }
            }
            return Poll::Ready(Ok(()));
        }
    }

    /// Notices that the connection broke, during long work. Takes in what the client sends meanwhile, within bounds.
    /// One that has only ended its own side is still answered: `printf ... | nc -N` does so behind its last command.
    pub(crate) async fn check(&mut self) -> io::Result<()> {
        poll_fn(|context| {
            if !self.framer.is_empty() {
                return Poll::Ready(Ok(()));
            }
            match self.poll_fill(context) {
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    Poll::Ready(Ok(()))
                }
                Poll::Ready(result) => Poll::Ready(result),
                Poll::Pending => Poll::Ready(Ok(())),
            }
        })
        .await?;
        lane::breathe(self.turns.as_ref()).await;
        Ok(())
    }

    /// Where small pieces of output are put. Call `send_when_full` now and then, and `flush` at the end.
    pub(crate) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.unsent
    }

    /// Sends what waits if it is much.
    pub(crate) async fn send_when_full(&mut self) -> io::Result<()> {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(STEPS_PER_BREATH) {
            lane::give_way().await;
        }
        if self.unsent.len() >= UNSENT_OCTETS_MAX { self.send().await } else { Ok(()) }
    }

    /// Sends a piece that may be large: without copying it when it is, and in one go with what waits before it.
    pub(crate) async fn send_octets(&mut self, octets: &[u8]) -> io::Result<()> {
        lane::give_way().await;
        let small = self.unsent.len().saturating_add(octets.len()) < UNSENT_OCTETS_MAX;
        if small || self.deflate.is_some() {
            self.unsent.extend_from_slice(octets);
            return self.send_when_full().await;
        }
        let unsent = std::mem::take(&mut self.unsent);
        self.write(Buf::chain(&*unsent, octets)).await?;
        self.keep(unsent);
        Ok(())
    }

    async fn write(&mut self, mut octets: impl Buf) -> io::Result<()> {
        self.sends = self.sends.wrapping_add(1);
        let sent = AsyncWriteExt::write_all_buf(&mut self.stream, &mut octets);
        timeout(self.write_patience, sent).await?
    }

    /// Hands what waits to the stream.
    pub(crate) async fn send(&mut self) -> io::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let mut unsent = std::mem::take(&mut self.unsent);
        if let Some(deflate) = &mut self.deflate {
            unsent = deflate.deflate(&unsent)?;
        }
        self.write(&*unsent).await?;
        self.keep(unsent);
        Ok(())
    }

    /// A buffer of modest size is used again while a command is under way; `rest` lets go of it.
    fn keep(&mut self, mut sent: Vec<u8>) {
        if sent.capacity() <= UNSENT_OCTETS_KEPT {
            sent.clear();
            self.unsent = sent;
        }
    }

    /// Sends what waits, and waits until the stream has passed it on.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.send().await?;
        timeout(self.write_patience, self.stream.flush()).await?
    }

    /// Lets go of empty buffers before a wait that may be long.
    pub(crate) fn rest(&mut self) {
        if self.unsent.is_empty() {
            self.unsent = Vec::new();
        }
        self.framer.release();
    }

    /// This place in the output.
    pub(crate) fn mark(&self) -> Mark {
        Mark { sends: self.sends, octets: self.unsent.len() }
    }

    /// Takes back what was put out since. Whether that was possible: it is not once octets went out.
    pub(crate) fn take_back(&mut self, mark: Mark) -> bool {
        if self.sends == mark.sends {
            self.unsent.truncate(mark.octets);
        }
        self.sends == mark.sends
    }

    /// Whether both directions are squeezed.
    pub(crate) fn is_squeezed(&self) -> bool {
        self.deflate.is_some()
    }

    /// Squeezes both directions from here on (RFC 4978). What came already counts as squeezed.
    pub(crate) fn squeeze(&mut self) -> io::Result<()> {
        let mut deflate = Box::new(Deflate::new());
        let came = self.framer.take_unseen();
        deflate.inflate(&came, self.framer.room())?;
        self.deflate = Some(deflate);
        Ok(())
    }

    /// Ends the squeezing of both directions. What has to go out squeezed was sent.
    pub(crate) fn expand(&mut self) {
        if let Some(deflate) = self.deflate.take() {
            let (plain, rest) = deflate.end();
            self.framer.room().extend_from_slice(&plain);
            self.piece_rest = rest;
        }
    }

    /// Ends the writing side.
    pub(crate) async fn shut_down(&mut self) -> io::Result<()> {
        self.flush().await?;
        timeout(self.write_patience, self.stream.shutdown()).await?
    }
}
