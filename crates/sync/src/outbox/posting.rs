//! Sends one message of the outbox to the provider, and notes what came of it.

use std::io;

use bytes::Bytes;
use mailbox::Clock;
use queue::limits::RECIPIENTS_AT_ONCE;
use queue::{Notifies, Outcome, Said, outcome};
use sasl::Ready;
use smtp::client::{Body, Fault};
use smtp::command::{Mail, Rcpt};

use super::parcel::{Envelope, State};
use super::shelf::{OutboxShelf, Parcel, ParcelId};
use super::words::CannotTake;
use crate::letter::Sum;
use crate::session::Submission;
use crate::{Endpoint, Trouble, Words};

/// Called with how many octets of a message are sent, of how many.
pub type PostWatch<'w> = &'w mut (dyn FnMut(u64, u64) + Send);

/// Why a message was not sent, or not noted as sent.
pub(super) enum PostFault<F> {
    /// The session is of no more use.
    Trouble(Trouble),
    /// The outbox does not do what it should.
    Shelf(F),
}

/// What does not change while messages are sent.
pub(super) struct Desk<'d, S> {
    pub(super) shelf: &'d S,
    pub(super) clock: &'d dyn Clock,
    pub(super) words: Words,
    pub(super) endpoint: &'d Endpoint,
}

impl<S: OutboxShelf> Desk<'_, S> {
    /// Sends a message to all who are due. What came of it stands in its state, which is durable.
    pub(super) async fn post(
        &self,
        client: &mut Submission,
        parcel: &mut Parcel,
        watch: PostWatch<'_>,
    ) -> Result<(), PostFault<S::Fault>> {
        if !self.is_whole(parcel).map_err(PostFault::Shelf)? {
            parcel.state.damaged();
            return self.keep(parcel);
        }
        if let Some(cannot) = CannotTake::of(&parcel.envelope, client.capabilities()) {
            let all = parcel.state.due(self.clock.now());
            let refused =
                Outcome::Refused { said: self.ours(cannot.status(), &cannot.tell(self.words)) };
            let outcomes = all.into_iter().map(|index| (index, refused.clone())).collect();
            parcel.state.settle(outcomes, self.clock.now());
            return self.keep(parcel);
        }
        let due = parcel.state.due(self.clock.now());
        for some in due.chunks(RECIPIENTS_AT_ONCE) {
            self.post_to(client, parcel, some, watch).await?;
        }
        Ok(())
    }

    /// Sends a message to some, in one transaction.
    async fn post_to(
        &self,
        client: &mut Submission,
        parcel: &mut Parcel,
        some: &[usize],
        watch: PostWatch<'_>,
    ) -> Result<(), PostFault<S::Fault>> {
        let Parcel { id, envelope, state } = parcel;
        let Some((mail, recipients)) = transaction(envelope, state, some) else {
            let said = self.ours("5.1.3", "an address cannot be read");
            let broken = |index: &usize| (*index, Outcome::Refused { said: said.clone() });
            state.settle(some.iter().map(broken).collect(), self.clock.now());
            return self.keep(parcel);
        };
        let notifies = match client.capabilities().has("DSN") {
            true => Notifies::Yes,
            false => Notifies::No,
        };
        let octets = envelope.octets;
        let mut text =
            Text { shelf: self.shelf, clock: self.clock, id, state, sent: 0, octets, watch };
        let sent = client.send(&mail, &recipients, &mut text).await;
        let now = self.clock.now();
        match sent {
            Ok(replies) => {
                let host = self.endpoint.host.as_str();
                let outcomes = replies.iter().map(|reply| outcome(reply, host, notifies, now));
                parcel.state.settle(some.iter().copied().zip(outcomes).collect(), now);
                self.keep(parcel)
            }
            Err(fault) => {
                if let Fault::Body(error) = fault {
                    return Err(match error.downcast::<S::Fault>() {
                        Ok(fault) => PostFault::Shelf(fault),
                        Err(error) => {
                            PostFault::Trouble(Trouble::Storage { why: error.to_string() })
                        }
                    });
                }
                let trouble = Trouble::of_submission(fault, self.endpoint);
                let why = trouble.tell(self.words);
                match parcel.state.is_ending() {
                    true => parcel.state.answer_lost(why, now),
                    false => parcel.state.hindered(why, now),
                }
                self.keep(parcel)?;
                Err(PostFault::Trouble(trouble))
            }
        }
    }

    fn keep(&self, parcel: &Parcel) -> Result<(), PostFault<S::Fault>> {
        self.shelf.keep(&parcel.id, &parcel.state).map_err(PostFault::Shelf)
    }

    /// Whether the octets are what came into the outbox: what a disk has spoiled is not sent.
    fn is_whole(&self, parcel: &Parcel) -> Result<bool, S::Fault> {
        let (mut sum, mut from) = (Sum::default(), 0_u64);
        loop {
            let part = self.shelf.part(&parcel.id, from)?;
            if part.is_empty() {
                return Ok(sum.finish() == parcel.envelope.sha256);
            }
            sum.take(&part);
            from = from.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        }
    }

    /// A word of our own.
    fn ours(&self, status: &str, text: &str) -> Said {
        Said::new(None, status, text, self.clock.now())
    }
}

/// Both parts of the envelope; none if one of them cannot be read.
fn transaction(envelope: &Envelope, state: &State, some: &[usize]) -> Option<(Mail, Vec<Rcpt>)> {
    let recipient = |index: &usize| {
        let recipient = state.recipients.get(*index)?;
        envelope.rcpt(&recipient.address)
    };
    let recipients: Option<Vec<Rcpt>> = some.iter().map(recipient).collect();
    Some((envelope.mail()?, recipients?))
}

/// The text of a message as it is sent. Before its end goes out it is noted that it does: from then on the provider may have it,
/// whatever becomes of the connection, of this program or of this computer.
struct Text<'t, S> {
    shelf: &'t S,
    clock: &'t dyn Clock,
    id: &'t ParcelId,
    state: &'t mut State,
    sent: u64,
    octets: u64,
    watch: PostWatch<'t>,
}

impl<S: OutboxShelf> Text<'_, S> {
    fn read(&mut self) -> Result<Option<Bytes>, S::Fault> {
        (self.watch)(self.sent, self.octets);
        let part = self.shelf.part(self.id, self.sent)?;
        if !part.is_empty() {
            self.sent = self.sent.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
            return Ok(Some(part.into()));
        }
        self.state.ends(self.clock.now());
        self.shelf.keep(self.id, self.state)?;
        Ok(None)
    }
}

impl<S: OutboxShelf> Body for Text<'_, S> {
    fn octets(&self) -> u64 {
        self.octets
    }

    fn piece(&mut self) -> Ready<'_, io::Result<Option<Bytes>>> {
        let piece = self.read().map_err(io::Error::other);
        if piece.is_err() {
            // The end was not sent.
            self.state.ending_since = None;
        }
        Box::pin(async move { piece })
    }
}
