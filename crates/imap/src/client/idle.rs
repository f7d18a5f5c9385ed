//! IDLE: waiting for news (RFC 9051, 6.3.13).

use std::time::Duration;

use super::reader::Step;
use super::{Client, Fault, Stream, Ticket};
use crate::Response;
use crate::commands::Idle;

/// A session that waits for news. End it with `done`; dropped without, the session cannot be used any more.
pub struct Idling<'a, S> {
    client: &'a mut Client<S>,
    ticket: Ticket,
    done: bool,
}

impl<S: Stream> Client<S> {
    /// Begins to wait for news.
    pub async fn idle(&mut self) -> Result<Idling<'_, S>, Fault> {
        if !self.pending.is_empty() {
            return Err(Fault::Busy);
        }
        let ticket = self.send(Idle).await?;
        self.continuation(ticket).await?;
        Ok(Idling { client: self, ticket, done: false })
    }
}

impl<S: Stream> Idling<'_, S> {
    /// The next piece of news; none when the time has passed without any.
    pub async fn next(&mut self, wait: Duration) -> Result<Option<Response>, Fault> {
        loop {
            match self.client.step_within(wait).await {
                Ok(Step::Response(Response::Tagged(..) | Response::Continue(_), _)) => {
                    let fault = Fault::Unexpected("news");
                    return Err(self.client.wire.break_off(fault));
                }
                Ok(Step::Response(response, _)) => return Ok(Some(response)),
                Ok(Step::More | Step::Body(..) | Step::Chunk(_) | Step::Broken(_)) => {}
                Err(Fault::TimedOut(_)) => return Ok(None),
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Ends the waiting. What came meanwhile is kept as news.
    pub async fn done(mut self) -> Result<(), Fault> {
        self.done = true;
        self.client.wire.queue(b"DONE\r\n");
        let done = self.client.finish(self.ticket).await?;
        done.responses.into_iter().for_each(|response| self.client.keep_news(response));
        Ok(())
    }
}

impl<S> Drop for Idling<'_, S> {
    fn drop(&mut self) {
        if !self.done {
            self.client.wire.abandon();
        }
    }
}
