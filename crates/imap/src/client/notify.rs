//! NOTIFY: says what we want to hear, and hears it (RFC 5465).

use std::time::Duration;

use super::reader::Step;
use super::{Client, Fault, Stream};
use crate::Response;
use crate::commands::{EventGroup, Notify};
use crate::response::MailboxStatus;

impl<S: Stream> Client<S> {
    /// Asks for news of these kinds, in place of those asked for before, and for the figures of the mailboxes whose messages are
    /// watched.
    pub async fn watch_with_status(
        &mut self,
        groups: Vec<EventGroup>,
    ) -> Result<Vec<MailboxStatus>, Fault> {
        let done = self.run(Notify::Set { status: true, groups }).await?;
        Ok(self.sort(done.responses, |response| {
            if let Response::MailboxStatus(status) = response { Ok(status) } else { Err(response) }
        }))
    }

    /// Asks for news of these kinds, in place of those asked for before. None: no news any more, not even of the open mailbox.
    pub async fn watch(&mut self, groups: Vec<EventGroup>) -> Result<(), Fault> {
        let notify = match groups.is_empty() {
            true => Notify::Nothing,
            false => Notify::Set { status: false, groups },
        };
        self.run_only(notify).await
    }

    /// The next piece of news while no command is under way; none when the time has passed without any.
    pub async fn listen(&mut self, wait: Duration) -> Result<Option<Response>, Fault> {
        if !self.pending.is_empty() {
            return Err(Fault::Busy);
        }
        if let Some(response) = self.news.pop_front() {
            return Ok(Some(response));
        }
        loop {
            match self.step_within(wait).await {
                Ok(Step::Response(Response::Tagged(..) | Response::Continue(_), _)) => {
                    return Err(self.wire.break_off(Fault::Unexpected("news")));
                }
                Ok(Step::Response(response, _)) => return Ok(Some(response)),
                Ok(Step::More | Step::Body(..) | Step::Chunk(_) | Step::Broken(_)) => {}
                Err(Fault::TimedOut(_)) => return Ok(None),
                Err(fault) => return Err(fault),
            }
        }
    }
}
