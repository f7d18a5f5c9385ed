//! Fetching many messages: the commands run ahead of the answers, and the octets come as they arrive.

use std::collections::VecDeque;

use bytes::BytesMut;

use super::wire::Wire;
use super::{Fault, Refusal, Stream, accepted};
use crate::limits::CLIENT_WINDOW_OCTETS;
use crate::unstuffing::Unstuffer;
use crate::{Command, MessageNumber, Retr, Top};

/// A message or the top of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number in this session.
    pub message: MessageNumber,
    /// All of it or not.
    pub part: Part,
    /// About how many octets that will be; 0 when nobody knows. So many messages are under way at once that they have
    /// `CLIENT_WINDOW_OCTETS` together.
    pub octets: u64,
}

/// How much of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it, by RETR.
    Whole,
    /// The header and so many lines of the body, by TOP.
    Top(u64),
}

impl From<MessageNumber> for Request {
    fn from(message: MessageNumber) -> Request {
        Request { message, part: Part::Whole, octets: 0 }
    }
}

/// Messages on their way. Call [`Retrieval::next`] for each message and [`Retrieval::octets`] until its end. Dropped
/// with messages under way, it breaks the session; [`Retrieval::finish`] does not.
pub struct Retrieval<'c, S: Stream, I> {
    wire: &'c mut Wire<S>,
    /// What is still to be asked for; none: no more is to be.
    requests: Option<I>,
    /// The next request, when it has to wait for room in the window.
    waiting: Option<Request>,
    under_way: VecDeque<Request>,
    under_way_octets: u64,
    window: usize,
    octets_max: u64,
    /// The message whose octets are coming in, and how many have come.
    current: Option<(Unstuffer, u64)>,
}

impl<'c, S: Stream, I: Iterator<Item: Into<Request>>> Retrieval<'c, S, I> {
    pub(super) fn new(
        wire: &'c mut Wire<S>,
        requests: I,
        window: usize,
        octets_max: u64,
    ) -> Retrieval<'c, S, I> {
        Retrieval {
            wire,
            requests: Some(requests),
            waiting: None,
            under_way: VecDeque::new(),
            under_way_octets: 0,
            window,
            octets_max,
            current: None,
        }
    }

    /// Goes on to the next message; what was not taken of the one before is thrown away. None: there are no more.
    /// A message that the server refuses (it may be gone) is given with the refusal, and the next one can follow.
    pub async fn next(&mut self) -> Result<Option<(MessageNumber, Result<(), Refusal>)>, Fault> {
        while self.octets().await?.is_some() {}
        self.ask();
        let Some(message) = self.under_way.front().map(|request| request.message) else {
            return Ok(None);
        };
        let accepted = accepted(self.wire.reply().await?);
        self.answered();
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

    /// Asks for no more. What is under way still comes with `next`.
    pub fn stop(&mut self) {
        (self.requests, self.waiting) = (None, None);
    }

    /// Takes in what is under way, and asks for no more.
    pub async fn finish(mut self) -> Result<(), Fault> {
        self.stop();
        while self.next().await?.is_some() {}
        Ok(())
    }

    fn answered(&mut self) {
        if let Some(request) = self.under_way.pop_front() {
            self.under_way_octets = self.under_way_octets.saturating_sub(request.octets);
        }
    }

    /// Asks for more messages once half of the window is empty, so that several commands leave together.
    fn ask(&mut self) {
        let half = CLIENT_WINDOW_OCTETS / 2;
        if self.under_way.len() > self.window / 2 || self.under_way_octets > half {
            return;
        }
        while self.under_way.len() < self.window {
            let next = self.waiting.take();
            let next = next.or_else(|| self.requests.as_mut()?.next().map(Into::into));
            let Some(request) = next else { break };
            let octets = self.under_way_octets.saturating_add(request.octets);
            if octets > CLIENT_WINDOW_OCTETS && !self.under_way.is_empty() {
                self.waiting = Some(request);
                break;
            }
            let message = request.message;
            self.wire.queue(&match request.part {
                Part::Whole => Command::Retr(Retr { message }),
                Part::Top(lines) => Command::Top(Top { message, lines }),
            });
            self.under_way.push_back(request);
            self.under_way_octets = octets;
        }
    }
}

impl<S: Stream, I> Drop for Retrieval<'_, S, I> {
    fn drop(&mut self) {
        if self.current.is_some() || !self.under_way.is_empty() {
            self.wire.break_off(Fault::Broken);
        }
    }
}
