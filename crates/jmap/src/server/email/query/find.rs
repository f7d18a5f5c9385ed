//! Finds the emails that match a filter.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use mailbox::search::Query;
use mailbox::{Emails, Timestamp, Uid, UidSet};

use super::super::keywords::Named;
use super::at_once;
use super::condition::{Condition, Field, Term};
use crate::error::MethodError;
use crate::limits::{COMPUTING_MAX, QUICK_EMAILS_MAX, SEARCH_WORDS_MAX, WALKED_QUICKLY_EMAILS_MAX};
use crate::server::Context;
use crate::standard::{Filter, Operator};

/// How much is read and matched before others get their turn.
const STEP_OCTETS: u64 = 256 << 10;

impl Context {
    /// The indexes among all emails of those that match, ascending.
    pub(in crate::server) async fn find(
        &self,
        emails: &Arc<Emails>,
        filter: Option<&Filter<Condition>>,
    ) -> Result<Vec<u32>, MethodError> {
        if emails.len() > WALKED_QUICKLY_EMAILS_MAX {
            lane::slow(Some(self.account.turns())).await;
        }
        let Some(filter) = filter else {
            return Ok((0..u32::try_from(emails.len()).unwrap_or(u32::MAX)).collect());
        };
        if let Some(found) = at_once::matching(emails, filter) {
            return Ok(found);
        }
        let is_long = filter.any(&|it| it.is_of_threads() || it.asks_for_mailboxes());
        if is_long && emails.len() > QUICK_EMAILS_MAX {
            lane::slow(Some(self.account.turns())).await;
        }
        check_words(filter)?;
        // Whether an email has attachments its record says, which is read only where all else matches.
        let wants_attachment = attachments_at_the_top(filter);
        let attached = if filter.any(&|it| it.asks_for_attachments()) && wants_attachment.is_empty()
        {
            Some(self.all_attached(emails).await?)
        } else {
            None
        };
        let query = Asking { emails, attached: attached.as_ref() }.query(filter);
        let mut found = self.search(emails, query).await?;
        for wanted in wants_attachment {
            found = self.attached_among(emails, found, wanted).await?;
        }
        Ok(found)
    }

    async fn search(&self, emails: &Emails, query: Query) -> Result<Vec<u32>, MethodError> {
        let search = self.account.search(emails.all(), query);
        let mut search = search.map_err(|fault| self.failed(&fault))?;
        let mut found = Vec::new();
        let patience = Patience::begin();
        while let Some(some) = search.step(STEP_OCTETS).map_err(|fault| self.failed(&fault))? {
            found.extend(some.into_iter().filter_map(|(index, _)| u32::try_from(index).ok()));
            lane::breathe(Some(self.account.turns())).await;
            patience.check()?;
        }
        Ok(found)
    }
}

/// How long one query may compute.
#[derive(Clone, Copy)]
pub(in crate::server) struct Patience {
    until: Duration,
}

impl Patience {
    pub(in crate::server) fn begin() -> Patience {
        Patience { until: lane::computed().saturating_add(COMPUTING_MAX) }
    }

    /// RFC 8620, 5.5: the user shall ask for something simpler.
    pub(in crate::server) fn check(self) -> Result<(), MethodError> {
        if lane::computed() < self.until {
            return Ok(());
        }
        Err(MethodError::UnsupportedFilter { description: "that takes too long".to_owned() })
    }
}

fn check_words(filter: &Filter<Condition>) -> Result<(), MethodError> {
    let mut count = 0_usize;
    filter.each(&mut |condition| count = count.saturating_add(condition.count_of_words()));
    if count <= SEARCH_WORDS_MAX {
        return Ok(());
    }
    let description = format!("more than {SEARCH_WORDS_MAX} words");
    Err(MethodError::UnsupportedFilter { description })
}

impl Condition {
    fn asks_for_attachments(&self) -> bool {
        self.0.iter().any(|term| matches!(term, Term::HasAttachment(_)))
    }

    fn asks_for_mailboxes(&self) -> bool {
        self.0.iter().any(|term| matches!(term, Term::InOtherThan(_)))
    }

    fn count_of_words(&self) -> usize {
        let words = |term: &Term| if let Term::Text(_, words) = term { words.len() } else { 0 };
        self.0.iter().map(words).fold(0, usize::saturating_add)
    }
}

/// What a filter that asks for attachments at its top only wants of them. Empty: it does not ask, or deeper as well.
fn attachments_at_the_top(filter: &Filter<Condition>) -> Vec<bool> {
    let mut wanted = Vec::new();
    let mut note = |condition: &Condition| {
        for term in &condition.0 {
            if let Term::HasAttachment(attached) = term {
                wanted.push(*attached);
            }
        }
    };
    match filter {
        Filter::Condition(condition) => note(condition),
        Filter::Operator(Operator::And, parts) => {
            for part in parts {
                match part {
                    Filter::Condition(condition) => note(condition),
                    Filter::Operator(..) if part.any(&|it| it.asks_for_attachments()) => {
                        return Vec::new();
                    }
                    Filter::Operator(..) => {}
                }
            }
        }
        Filter::Operator(Operator::Or | Operator::Not, _) => {}
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

/// Turns filters into what the model is asked.
struct Asking<'a> {
    emails: &'a Emails,
    /// The emails with attachments; none: whether they have some is looked at in the end.
    attached: Option<&'a UidSet>,
}

impl Asking<'_> {
    /// The parser bounds how deep filters lie (`DEPTH_MAX`).
    fn query(&self, filter: &Filter<Condition>) -> Query {
        match filter {
            Filter::Condition(Condition(terms)) => {
                Query::And(terms.iter().map(|term| self.term(term)).collect())
            }
            Filter::Operator(operator, parts) => {
                let parts = parts.iter().map(|part| self.query(part)).collect();
                match operator {
                    Operator::And => Query::And(parts),
                    Operator::Or => Query::Or(parts),
                    Operator::Not => Query::Not(Box::new(Query::Or(parts))),
                }
            }
        }
    }

    fn term(&self, term: &Term) -> Query {
        let not = |query| Query::Not(Box::new(query));
        match term {
            Term::InMailbox(None) => Query::Nothing,
            Term::InMailbox(Some(id)) => Query::Uids(UidSet::clone(&self.emails.in_mailbox(*id))),
            Term::InOtherThan(ids) => {
                let mut inside = UidSet::new();
                for id in ids {
                    inside = inside.union(&self.emails.in_mailbox(*id));
                }
                let is_only_there = |uid: &Uid| {
                    let places = self.emails.places(Emails::email_of(*uid));
                    places.iter().all(|(mailbox, _)| ids.contains(mailbox))
                };
                not(Query::Uids(inside.iter().filter(is_only_there).collect()))
            }
            Term::Since(second) => Query::Since(Timestamp(*second)),
            Term::Before(second) => not(Query::Since(Timestamp(*second))),
            Term::MinSize(octets) => at_least(*octets),
            Term::MaxSize(octets) => Query::Smaller(*octets),
            Term::Has(Named::System(flag)) => Query::Has(*flag),
            Term::HasNot(Named::System(flag)) => not(Query::Has(*flag)),
            Term::Has(keyword) => Query::Uids(having(self.emails, keyword)),
            Term::HasNot(keyword) => not(Query::Uids(having(self.emails, keyword))),
            Term::SomeInThreadHave(keyword) => {
                Query::Uids(some_in_thread_have(self.emails, keyword))
            }
            Term::NoneInThreadHave(keyword) => {
                not(Query::Uids(some_in_thread_have(self.emails, keyword)))
            }
            Term::AllInThreadHave(keyword) => Query::Uids(all_in_thread_have(self.emails, keyword)),
            Term::HasAttachment(wanted) => match (self.attached, wanted) {
                (None, _) => Query::All,
                (Some(attached), true) => Query::Uids(attached.clone()),
                (Some(attached), false) => not(Query::Uids(attached.clone())),
            },
            Term::Text(field, words) => texts(field, words),
        }
    }
}

fn at_least(octets: u64) -> Query {
    Query::Not(Box::new(Query::Smaller(octets)))
}

fn texts(field: &Field, words: &[String]) -> Query {
    Query::And(words.iter().map(|word| text(field, word.clone())).collect())
}

/// What is asked of a message that is in no mailbox yet.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::server) enum OfMessage {
    /// A search would find it.
    Found(Query),
    /// It has attachments, or none.
    Attached(bool),
}

impl Condition {
    /// What it asks, as far as a message answers it by itself. What only a mailbox or a thread says, no message has.
    pub(in crate::server) fn of_message(&self) -> impl Iterator<Item = OfMessage> {
        self.0.iter().map(|term| match term {
            Term::HasAttachment(wanted) => OfMessage::Attached(*wanted),
            Term::MinSize(octets) => OfMessage::Found(at_least(*octets)),
            Term::MaxSize(octets) => OfMessage::Found(Query::Smaller(*octets)),
            Term::Text(field, words) => OfMessage::Found(texts(field, words)),
            Term::InMailbox(_)
            | Term::InOtherThan(_)
            | Term::Since(_)
            | Term::Before(_)
            | Term::AllInThreadHave(_)
            | Term::SomeInThreadHave(_)
            | Term::NoneInThreadHave(_)
            | Term::Has(_)
            | Term::HasNot(_) => OfMessage::Found(Query::Nothing),
        })
    }
}

fn text(field: &Field, word: String) -> Query {
    match field {
        Field::Anywhere => Query::Text(word),
        Field::From => Query::From(word),
        Field::To => Query::To(word),
        Field::Cc => Query::Cc(word),
        Field::Bcc => Query::Bcc(word),
        Field::Subject => Query::Subject(word),
        Field::Body => Query::Body(word),
        Field::Header(name) => Query::Header(name.clone(), word),
    }
}

/// The emails that have a keyword.
pub(super) fn having(emails: &Emails, keyword: &Named) -> UidSet {
    match keyword {
        Named::Other(keyword) => emails.with_keyword(keyword),
        Named::System(flag) => {
            let has = emails.all().entries.iter().filter(|entry| entry.flags.contains(*flag));
            has.map(|entry| entry.uid).collect()
        }
    }
}

/// The emails in whose threads some email has a keyword.
pub(super) fn some_in_thread_have(emails: &Emails, keyword: &Named) -> UidSet {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for uid in having(emails, keyword).iter() {
        let thread = emails.thread_of(Emails::email_of(uid));
        if let Some(thread) = thread.filter(|thread| seen.insert(*thread)) {
            found.extend(emails.thread(thread).into_iter().filter_map(Emails::uid_of));
        }
    }
    found.into_iter().collect()
}

/// The emails in whose threads all emails have a keyword.
pub(super) fn all_in_thread_have(emails: &Emails, keyword: &Named) -> UidSet {
    let having = having(emails, keyword);
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for uid in having.iter() {
        let thread = emails.thread_of(Emails::email_of(uid));
        let Some(thread) = thread.filter(|thread| seen.insert(*thread)) else { continue };
        let members: Vec<Uid> =
            emails.thread(thread).into_iter().filter_map(Emails::uid_of).collect();
        if members.iter().all(|member| having.contains(*member)) {
            found.extend(members);
        }
    }
    found.into_iter().collect()
}
