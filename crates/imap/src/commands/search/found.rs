//! What a search found, and its answer.

use std::sync::Arc;

use mailbox::search::Query;
use mailbox::{Account, Entry, MailboxState, ModSeq, Uid, UidSet};

use super::{Looked, SearchReturn, has_modseq, look_in};
use crate::Tag;
use crate::response::Esearch;
use crate::search::Key;
use crate::server::computing::ComputingLimit;
use crate::server::outcome::Stop;
use crate::server::session::Session;
use crate::view::SequenceNumber;
use crate::wire::{By, SequenceSet};

/// What was found.
pub(in crate::commands) struct Found {
    /// Numbers or UIDs, ascending.
    pub(in crate::commands) numbers: Vec<u32>,
    by: By,
    /// The messages as the client numbers them.
    state: Arc<MailboxState>,
    pub(in crate::commands) highest_modseq: ModSeq,
    pub(in crate::commands) looked: Looked,
}

impl Found {
    /// Looks for messages in a state of a mailbox; whether to find out how relevant they are.
    pub(in crate::commands) async fn in_state(
        session: &mut Session<'_>,
        (account, state): (Account, Arc<MailboxState>),
        query: (Query, bool),
        by: By,
        limit: ComputingLimit,
    ) -> Result<Found, Stop> {
        let (mut numbers, mut highest_modseq) = (Vec::new(), ModSeq(0));
        let looked = look_in(session, (&account, &state), query, limit, |index, entry| {
            numbers.push(match by {
                By::Number => SequenceNumber::at(index).number(),
                By::Uid => entry.uid.number(),
            });
            highest_modseq = highest_modseq.max(entry.modseq);
        })
        .await?;
        Ok(Found { numbers, by, state, highest_modseq, looked })
    }

    fn entry(&self, place: usize) -> Option<Entry> {
        let number = *self.numbers.get(place)?;
        match self.by {
            By::Number => {
                let index = usize::try_from(number).ok()?.checked_sub(1)?;
                self.state.entries.get(index)
            }
            By::Uid => self.state.entries.find(Uid::new(number)?),
        }
    }

    /// The messages that are saved, or whose mod-sequence is shown.
    fn told(&self, returns: &SearchReturn) -> impl Iterator<Item = Entry> {
        returns.told(self.numbers.len()).filter_map(|place| self.entry(place))
    }

    /// What `$` is to stand for.
    pub(in crate::commands) fn saved(&self, returns: &SearchReturn) -> UidSet {
        let mut uids: Vec<Uid> = self.told(returns).map(|entry| entry.uid).collect();
        uids.sort_unstable();
        uids.into_iter().collect()
    }

    /// The mod-sequence to show.
    fn modseq(&self, returns: &SearchReturn) -> ModSeq {
        self.told(returns).map(|entry| entry.modseq).max().unwrap_or(ModSeq(0))
    }

    /// The answer of IMAP4rev2 (RFC 9051, 7.3.4).
    pub(in crate::commands) fn esearch(
        &self,
        key: &Key,
        returns: &SearchReturn,
        tag: Option<&Tag>,
    ) -> Esearch {
        let mut answer = Esearch::new(tag.map(|tag| tag.as_str().to_owned()), self.by);
        let count = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        answer.min = self.numbers.first().copied().filter(|_| returns.min);
        answer.max = self.numbers.last().copied().filter(|_| returns.max);
        answer.count = returns.count.then_some(count);
        if returns.all {
            answer.all = SequenceSet::from_numbers(self.numbers.iter().copied());
        }
        answer.partial = returns.partial.map(|range| {
            let some = self.numbers.get(range.of(self.numbers.len())).unwrap_or_default();
            (range, SequenceSet::from_numbers(some.iter().copied()))
        });
        if has_modseq(key) && !self.numbers.is_empty() {
            answer.modseq = Some(self.modseq(returns));
        }
        answer.relevancies = returns.relevancies(&self.looked.relevancies);
        answer
    }
}
