//! A message that has come and is in no mailbox yet, asked as a search asks those that are: what rules look at before they say
//! where it goes.

use std::sync::Arc;

use super::Query;
use super::key::Key;
use super::sources::Sources;
use crate::operations::Email;
use crate::reader::Reader;
use crate::shared::AccountShared;
use crate::{
    Arrival, Collation, EmailId, Entry, Fault, Flags, ModSeq, Received, ThreadId, Timestamp, Uid,
};

/// No email has this number; the message gets its own when it is kept.
const NONE: u64 = 0;

/// Such a message.
pub struct Arriving {
    sources: Sources,
    entry: Entry,
    account: Arc<AccountShared>,
    received: Received,
    /// Its thread, once somebody asked; none: it begins one.
    thread: Option<Option<ThreadId>>,
}

impl Arriving {
    /// As a message would come into an account now.
    pub(crate) fn new(account: Arc<AccountShared>, received: &Received) -> Arriving {
        let (content, body) = (&received.content, &received.body);
        let now: Timestamp = account.ports.clock.now();
        let email = Email {
            id: EmailId(NONE),
            thread: ThreadId(NONE),
            hash: body.hash,
            octets: body.octets,
            octets_in_lines: body.octets.saturating_add(content.line_ends_missing),
            marks: content.marks,
            internal_date: now.into(),
            sent_date: content.sent.map_or(now, |(sent, _)| sent),
            sent_day: content.sent.map(|(_, day)| day),
            outline: content.outline.clone(),
        };
        let entry = Entry {
            uid: Uid::MIN,
            octets: u32::try_from(body.octets).unwrap_or(u32::MAX),
            flags: Flags::NONE,
            modseq: ModSeq(NONE),
            email: email.id,
            arrived: Arrival::of(now.into()),
        };
        let sources =
            Sources::of_staged(Arc::clone(&account), Collation::default(), email, body.clone());
        Arriving { sources, entry, account, received: received.clone(), thread: None }
    }

    /// Whether the message is one that a search would find: the answer is that of `Account::search` once it is in a mailbox,
    /// without flags. What only a mailbox says (UIDs, keywords, mod-sequences, when it came into it) nothing matches, and words
    /// are matched as they are. It recurses as deep as the query does.
    pub fn matches(&mut self, query: &Query) -> Result<bool, Fault> {
        match query {
            Query::All => Ok(true),
            Query::Not(inner) => self.matches(inner).map(|matches| !matches),
            Query::Fuzzy(inner) => self.matches(inner),
            Query::And(all) => {
                for query in all {
                    if !self.matches(query)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Query::Or(all) => {
                for query in all {
                    if self.matches(query)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Query::Thread(thread) => Ok(self.thread()? == Some(*thread)),
            Query::Nothing
            | Query::Uids(_)
            | Query::Keyword(_)
            | Query::ModSeqFrom(_)
            | Query::SavedSinceDay(_)
            | Query::SavedBeforeDay(_)
            | Query::Email(_) => Ok(false),
            Query::Has(_)
            | Query::Larger(_)
            | Query::Smaller(_)
            | Query::SinceDay(_)
            | Query::BeforeDay(_)
            | Query::SentSinceDay(_)
            | Query::SentBeforeDay(_)
            | Query::Since(_)
            | Query::Older(_)
            | Query::Younger(_)
            | Query::Header(..)
            | Query::From(_)
            | Query::To(_)
            | Query::Cc(_)
            | Query::Bcc(_)
            | Query::Subject(_)
            | Query::Body(_)
            | Query::Text(_) => match Key::of_message(query.clone(), Collation::default()) {
                Some(key) => key.ask(&self.entry, &mut self.sources),
                None => Ok(false),
            },
        }
    }

    /// What was read and matched since this was last asked, in octets.
    pub fn take_cost(&mut self) -> u64 {
        self.sources.take_cost()
    }

    /// The message.
    pub fn received(&self) -> &Received {
        &self.received
    }

    fn thread(&mut self) -> Result<Option<ThreadId>, Fault> {
        if let Some(thread) = self.thread {
            return Ok(thread);
        }
        let reader = Reader::new(self.account.id, self.account.snapshot()?);
        let thread = reader.thread_joined(&self.received.content.thread_hashes)?;
        self.thread = Some(thread);
        Ok(thread)
    }
}
