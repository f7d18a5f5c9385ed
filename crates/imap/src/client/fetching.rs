//! FETCH, message by message, large sections in chunks.

use bytes::Bytes;

use super::reader::Step;
use super::{Client, Fault, Stream, Ticket};
use crate::commands::{Fetch, Vanished};
use crate::fetch::{Fetched, Item};
use crate::response::{Condition, Response, Status};
use crate::wire::{By, Messages};

/// An answer to FETCH on its way in. Dropped before its end, the rest is passed over by whatever is done next.
pub struct Fetching<'a, S> {
    client: &'a mut Client<S>,
    ticket: Ticket,
    status: Option<Status>,
}

/// A piece of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchEvent {
    /// All that is told of a message. Sections that came in chunks are `Octets::Streamed`.
    Message(Fetched),
    /// A large section begins: what was told of its message so far, the section last; and its size. Chunks follow.
    Section(Fetched, u64),
    /// Octets of the section that has begun.
    Chunk(Bytes),
    /// Anything else: removals, new messages. Message numbers are as they are at this point.
    News(Response),
}

impl<S: Stream> Client<S> {
    /// Asks for items of messages by UID.
    pub async fn fetch(
        &mut self,
        uids: impl Into<Messages>,
        items: &[Item],
    ) -> Result<Fetching<'_, S>, Fault> {
        self.fetch_with(Fetch {
            by: By::Uid,
            messages: uids.into(),
            items: items.to_vec(),
            changed_since: None,
            vanished: Vanished::Untold,
            partial: None,
        })
        .await
    }

    /// Asks for items of messages.
    pub async fn fetch_with(&mut self, fetch: Fetch) -> Result<Fetching<'_, S>, Fault> {
        let ticket = self.send(fetch).await?;
        Ok(self.fetching(ticket))
    }

    /// Takes the answer to a FETCH that was sent. Commands before it have to be finished.
    pub fn fetching(&mut self, ticket: Ticket) -> Fetching<'_, S> {
        Fetching { client: self, ticket, status: None }
    }

    /// Asks for items of messages by UID, and holds all that is told. Sections too large to be held come as
    /// `Octets::Streamed`, without their octets.
    pub async fn fetch_all(
        &mut self,
        uids: impl Into<Messages>,
        items: &[Item],
    ) -> Result<Vec<Fetched>, Fault> {
        let fetch = Fetch {
            by: By::Uid,
            messages: uids.into(),
            items: items.to_vec(),
            changed_since: None,
            vanished: Vanished::Untold,
            partial: None,
        };
        let done = self.run(fetch).await?;
        Ok(self.sort(done.responses, |response| {
            if let Response::Fetch(fetched) = response { Ok(fetched) } else { Err(response) }
        }))
    }
}

impl<S: Stream> Fetching<'_, S> {
    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<FetchEvent>, Fault> {
        if self.status.is_some() {
            return Ok(None);
        }
        loop {
            match self.client.step().await? {
                Step::More => {}
                // The rest of the answer can still be taken.
                Step::Broken(syntax) => return Err(syntax.into()),
                Step::Body(head, octets) => return Ok(Some(FetchEvent::Section(head, octets))),
                Step::Chunk(chunk) => return Ok(Some(FetchEvent::Chunk(chunk))),
                Step::Response(Response::Fetch(fetched), _) => {
                    return Ok(Some(FetchEvent::Message(fetched)));
                }
                Step::Response(Response::Tagged(tag, status), _) => {
                    // Another tag is that of a command never finished.
                    if self.client.answered(&tag)? != self.ticket {
                        continue;
                    }
                    self.client.note_code(status.code.as_ref());
                    if status.condition != Condition::Ok {
                        return Err(Fault::Refused(Box::new(status)));
                    }
                    self.status = Some(status);
                    return Ok(None);
                }
                Step::Response(other, _) => return Ok(Some(FetchEvent::News(other))),
            }
        }
    }

    /// How the server ended the answer, once it has.
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }
}
