//! Search: what a search asks (RFC 9051, 6.4.4; RFC 8621, 4.4.1), and the run that answers it in bounded steps.
//! Text is matched as substrings, in decoded text, as the collation says: without regard to case, if nothing else is wanted.

mod arriving;
mod found;
mod fuzzy;
mod key;
mod plan;
mod relevance;
mod sources;
mod text;

use std::sync::Arc;

pub use arriving::Arriving;
use plan::{Match, Plan};
use relevance::Relevance;
pub(crate) use sources::{Read, Sources};
pub(crate) use text::address_text;

use crate::shared::AccountShared;
use crate::{
    Collation, EmailId, Entry, Fault, Flags, Keyword, MailboxState, ModSeq, ThreadId, Timestamp,
    UidSet,
};

/// What a search asks of an entry. Doors translate sequence numbers into UIDs first.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Any entry.
    All,
    /// All of these.
    And(Vec<Query>),
    /// At least one of these.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
    /// One of these UIDs.
    Uids(UidSet),
    /// All these system flags set.
    Has(Flags),
    /// This keyword set.
    Keyword(Keyword),
    /// Mod-sequence at least this (RFC 7162, 3.1.5).
    ModSeqFrom(ModSeq),
    /// More octets than this.
    Larger(u64),
    /// Fewer octets than this.
    Smaller(u64),
    /// Internal date: on this day (days since 1970-01-01, UTC) or later.
    SinceDay(i32),
    /// Internal date: before this day.
    BeforeDay(i32),
    /// Date field, as written: on this day or later.
    SentSinceDay(i32),
    /// Date field, as written: before this day.
    SentBeforeDay(i32),
    /// Came into its mailbox (RFC 8514) on this day, in UTC, or later.
    SavedSinceDay(i32),
    /// Came into its mailbox before this day, in UTC.
    SavedBeforeDay(i32),
    /// Came in at this time or later.
    Since(Timestamp),
    /// Came in so many seconds ago or earlier (RFC 5032, 2: OLDER).
    Older(u32),
    /// Came in so many seconds ago or later (RFC 5032, 2: YOUNGER).
    Younger(u32),
    /// The header field of this name holds the text; an empty text: the field is there.
    Header(String, String),
    /// The From field holds the text.
    From(String),
    /// The To field holds the text.
    To(String),
    /// The Cc field holds the text.
    Cc(String),
    /// The Bcc field holds the text.
    Bcc(String),
    /// The Subject field holds the text.
    Subject(String),
    /// The text of the body holds the text.
    Body(String),
    /// Header or body holds the text.
    Text(String),
    /// This email (RFC 8474, 5.3).
    Email(EmailId),
    /// This thread.
    Thread(ThreadId),
    /// This, with texts matched as people mean them (RFC 6203): by their words, each in any form and with or without
    /// diacritics, in any order. TEXT looks through subject, addresses and body. What is no such text is matched as it is.
    Fuzzy(Box<Query>),
    /// None: a key that can match nothing here.
    Nothing,
}

/// What looking at an entry in memory costs, in octets of reading.
const ENTRY_COST_OCTETS: u64 = 32;

/// A search on its way through a mailbox.
pub struct Search {
    sources: Sources,
    state: Arc<MailboxState>,
    plan: Plan,
    /// The index of the next entry to look at.
    at: usize,
    /// The entry before it, while not all that must be asked about it was.
    asking: Option<(usize, Entry)>,
    /// Those of which it cannot be told whether they match.
    damaged: UidSet,
    /// How relevant those given are, where somebody wants to know.
    relevance: Option<Relevance>,
}

impl Search {
    pub(crate) fn begin(
        account: Arc<AccountShared>,
        state: Arc<MailboxState>,
        query: Query,
        collation: Collation,
    ) -> Search {
        let plan = Plan::new(query, &state, &account, collation);
        Search {
            sources: Sources::new(account, collation),
            state,
            plan,
            at: 0,
            asking: None,
            damaged: UidSet::new(),
            relevance: None,
        }
    }

    /// Also finds out how relevant each message is. To be said before the first step.
    #[must_use]
    pub fn with_relevancy(mut self) -> Search {
        self.relevance = Some(Relevance::default());
        self
    }

    /// How relevant those given so far are, in their order: from 1 to 100, which at least one of them has (RFC 6203, 4). To be
    /// asked at the end; empty without `with_relevancy`.
    pub fn relevancies(&self) -> Vec<u8> {
        self.relevance.as_ref().map(Relevance::scores).unwrap_or_default()
    }

    /// How many of the entries are done with, from the first on.
    pub fn passed(&self) -> usize {
        self.at.min(self.state.entries.len())
    }

    /// Looks at more entries, about `cost_octets` worth of reading and matching, and gives those that match with their
    /// indexes, ascending. `None` once the end is reached. However many keys there are, a step ends in the middle of them
    /// when they cost too much, and the next one goes on there.
    pub fn step(&mut self, cost_octets: u64) -> Result<Option<Vec<(usize, Entry)>>, Fault> {
        if self.asking.is_none() && self.at >= self.state.entries.len() {
            return Ok(None);
        }
        if !self.plan.prepare(cost_octets)? {
            return Ok(Some(Vec::new()));
        }
        let mut found = Vec::new();
        let mut spent = 0u64;
        while spent < cost_octets {
            let (index, entry) = match self.asking.take() {
                Some(asking) => asking,
                None => match self.next_candidate() {
                    None => {
                        self.at = self.state.entries.len();
                        break;
                    }
                    Some((index, entry)) => {
                        self.at = index.saturating_add(1);
                        if let Some(matches) = self.plan.matches_in_memory(&entry, &mut spent) {
                            spent = spent.saturating_add(ENTRY_COST_OCTETS);
                            if matches {
                                self.give(&mut found, index, entry, &mut spent)?;
                            }
                            continue;
                        }
                        self.plan.turn_to(&entry, &mut self.sources);
                        spent = spent.saturating_add(ENTRY_COST_OCTETS);
                        (index, entry)
                    }
                },
            };
            match self.plan.matches(&entry, &mut self.sources, &mut spent, cost_octets)? {
                Some(Match::Yes) => self.give(&mut found, index, entry, &mut spent)?,
                Some(Match::No) => {}
                // A message that was dropped for good while we looked has lost its octets too.
                Some(Match::Unknown) if self.sources.is_gone(&entry)? => {}
                Some(Match::Unknown) => self.damaged.insert(entry.uid),
                None => self.asking = Some((index, entry)),
            }
        }
        // Nothing of the store is held while others have their turn; of an email only what is still asked about.
        self.sources.let_store_go();
        if self.asking.is_none() {
            self.sources.forget();
        }
        Ok(Some(found))
    }

    /// Gives a message that matches.
    fn give(
        &mut self,
        found: &mut Vec<(usize, Entry)>,
        index: usize,
        entry: Entry,
        spent: &mut u64,
    ) -> Result<(), Fault> {
        if let Some(relevance) = &mut self.relevance {
            self.sources.turn_to(entry.email);
            self.plan.weigh(&entry, &mut self.sources, relevance)?;
            *spent = spent.saturating_add(self.sources.take_cost());
        }
        found.push((index, entry));
        Ok(())
    }

    /// The messages seen so far that may match or not, because what would tell is damaged. They were not given.
    pub fn damaged(&self) -> &UidSet {
        &self.damaged
    }

    /// The next entry among those that the query names by UID.
    fn next_candidate(&self) -> Option<(usize, Entry)> {
        let entry = self.state.entries.get(self.at)?;
        let Some(uids) = self.plan.uids() else { return Some((self.at, entry)) };
        let after = uids.ranges().partition_point(|(_, last)| *last < entry.uid);
        let (first, _) = uids.ranges().get(after)?;
        if *first <= entry.uid {
            return Some((self.at, entry));
        }
        let index = self.state.entries.lower_bound(*first);
        // The range may name no entry at all: the one found may lie behind it.
        let found = self.state.entries.get(index)?;
        if uids.contains(found.uid) {
            Some((index, found))
        } else {
            let (first, _) = uids.ranges().iter().find(|(_, last)| *last >= found.uid)?;
            let index = self.state.entries.lower_bound(*first);
            self.state.entries.get(index).map(|entry| (index, entry))
        }
    }
}
