//! Fetching many messages: the commands run ahead of the answers, and the octets come as they arrive.

use std::collections::VecDeque;

use bytes::BytesMut;

use super::wire::Wire;
use super::{Fault, Stream, accepted};
use crate::unstuffing::Unstuffer;
use crate::{Command, MessageNumber, Retr};

/// Messages on their way. Call [`Retrieval::next`] for each message and [`Retrieval::octets`] until its end. Dropped
/// with messages under way, it breaks the session; [`Retrieval::finish`] does not.
pub struct Retrieval<'c, S: Stream, I> {
    wire: &'c mut Wire<S>,
    messages: I,
    under_way: VecDeque<MessageNumber>,
    window: usize,
    octets_max: u64,
    /// The message whose octets are coming in, and how many have come.
    current: Option<(Unstuffer, u64)>,
}

impl<'c, S: Stream, I: Iterator<Item = MessageNumber>> Retrieval<'c, S, I> {
    pub(super) fn new(
        wire: &'c mut Wire<S>,
        messages: I,
        window: usize,
        octets_max: u64,
    ) -> Retrieval<'c, S, I> {
        Retrieval { wire, messages, under_way: VecDeque::new(), window, octets_max, current: None }
    }

    /// Goes on to the next message; what was not taken of the one before is thrown away. None: there are no more.
    /// A message that the server refuses (it may be gone) is given with the refusal, and the next one can follow.
    pub async fn next(
        &mut self,
    ) -> Result<Option<(MessageNumber, Result<(), super::Refusal>)>, Fault> {
        while self.octets().await?.is_some() {}
        self.ask().await?;
        let Some(message) = self.under_way.front().copied() else { return Ok(None) };
        let accepted = accepted(self.wire.reply().await?);
        self.under_way.pop_front();
        match accepted {
            Ok(_) => {
                self.current = Some((Unstuffer::new(), 0));
                Ok(Some((message, Ok(()))))
            }
            Err(Fault::Refused(refusal)) => Ok(Some((message, Err(refusal)))),
            Err(fault) => Err(fault),
        }
    }

    /// The next octets of the message; none at its end. A message is whole when this has given none.
    pub async fn octets(&mut self) -> Result<Option<BytesMut>, Fault> {
        let Some((unstuffer, octets)) = &mut self.current else { return Ok(None) };
        let piece = self.wire.piece(unstuffer).await?;
        match &piece {
            Some(piece) => {
                *octets = octets.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                if *octets > self.octets_max {
                    let max = self.octets_max;
                    let fault = Fault::TooMuch { what: "octets in a message", max };
                    return Err(self.wire.break_off(fault));
                }
            }
            None => self.current = None,
        }
        Ok(piece)
    }

    /// Takes in what is under way, and asks for no more.
    pub async fn finish(mut self) -> Result<(), Fault> {
        while self.octets().await?.is_some() {}
        while self.under_way.pop_front().is_some() {
            match accepted(self.wire.reply().await?) {
                Ok(_) => {
                    let mut unstuffer = Unstuffer::new();
                    while self.wire.piece(&mut unstuffer).await?.is_some() {}
                }
                Err(Fault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Asks for more messages once half of the window is empty, so that several commands leave together. A command
    /// has at most 17 octets: a window of them fits any socket buffer (RFC 2449, 6.6).
    async fn ask(&mut self) -> Result<(), Fault> {
        if self.under_way.len() > self.window / 2 {
            return Ok(());
        }
        let mut text = Vec::new();
        while self.under_way.len() < self.window {
            let Some(message) = self.messages.next() else { break };
            Command::Retr(Retr { message }).print(&mut text);
            self.under_way.push_back(message);
        }
        if text.is_empty() { Ok(()) } else { self.wire.send(&text).await }
    }
}

impl<S: Stream, I> Drop for Retrieval<'_, S, I> {
    fn drop(&mut self) {
        if self.current.is_some() || !self.under_way.is_empty() {
            self.wire.break_off(Fault::Broken);
        }
    }
}
