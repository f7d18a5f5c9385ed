//! SORT: finds messages and puts them in order (RFC 5256, 3; ESORT: RFC 5267, 3; DISPLAY: RFC 5957; RELEVANCY: RFC 6203, 6;
//! MODSEQ: Cyrus).

use std::sync::Arc;

use mailbox::{Direction, Entry, MailboxState, ModSeq, Ranked, SortField, SortKey, UidSet};

use super::search::{
    SearchReturn, Wanted, check_ranks, has_modseq, look, names_numbers, query, warn_of_damage,
};
use crate::capability::Capability;
use crate::command::{Command, News, Request, Row, uid_prefix};
use crate::contexts::Results;
use crate::limits::SORT_KEYS_MAX;
use crate::response::{Esearch, Response, SearchNumbers};
use crate::search::{Key, parse_program, print_program};
use crate::server::Run;
use crate::server::limits::QUICK_ENTRIES_MAX;
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::view::SequenceNumber;
use crate::wire::{Args, By, CommandWriter, SequenceSet};
use crate::{Syntax, Tag};

pub(super) const ROW: Row = Row::with_uid("SORT", parse)
    .brings(&[
        Capability::AfterLogin("SORT"),
        Capability::AfterLogin("SORT=DISPLAY"),
        Capability::AfterLogin("SORT=MODSEQ"),
        Capability::AfterLogin("ESORT"),
    ])
    .hears(News::AROUND);

/// Finds messages and puts them in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What the answer's numbers mean.
    pub by: By,
    /// What to answer; none: RETURN was not said.
    pub returns: Option<SearchReturn>,
    /// By what; the first counts most.
    pub keys: Vec<SortKey>,
    /// The charset of the texts.
    pub charset: String,
    /// What the messages have to fulfil.
    pub key: Key,
}

/// The names of the criteria.
const FIELDS: [(&str, SortField); 11] = [
    ("ARRIVAL", SortField::Arrival),
    ("CC", SortField::Cc),
    ("DATE", SortField::Date),
    ("DISPLAYFROM", SortField::DisplayFrom),
    ("DISPLAYTO", SortField::DisplayTo),
    ("FROM", SortField::From),
    ("MODSEQ", SortField::ModSeq),
    ("RELEVANCY", SortField::Relevancy),
    ("SIZE", SortField::Size),
    ("SUBJECT", SortField::Subject),
    ("TO", SortField::To),
];

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    let returns = SearchReturn::parse(args)?;
    args.space()?;
    let keys = args.list(SORT_KEYS_MAX, parse_key)?;
    args.space()?;
    let charset = args.astring_text()?.into_owned();
    args.space()?;
    let key = parse_program(args, Some(&charset))?;
    let sort = Sort { by, returns, keys, charset, key };
    check_ranks(args, &sort.key, sort.ranks())?;
    args.end()?;
    Ok(Command::new(sort))
}

impl Sort {
    /// Whether it takes how relevant messages are.
    fn ranks(&self) -> bool {
        self.returns.as_ref().is_some_and(|returns| returns.relevancy) || ranks(&self.keys)
    }
}

fn ranks(keys: &[SortKey]) -> bool {
    keys.iter().any(|key| key.field == SortField::Relevancy)
}

fn parse_key(args: &mut Args<'_>) -> Result<SortKey, Syntax> {
    let direction =
        if args.eat_text("REVERSE ") { Direction::Descending } else { Direction::Ascending };
    let error = args.expected("a sort key like DATE, FROM or SUBJECT");
    let name = args.word(error.expected)?;
    let known = FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, field)| SortKey { field: *field, direction }).ok_or(error)
}

impl Request for Sort {
    fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("SORT ");
        if let Some(returns) = &self.returns {
            returns.print(out);
        }
        for (index, key) in self.keys.iter().enumerate() {
            out.raw(if index == 0 { "(" } else { " " });
            if key.direction == Direction::Descending {
                out.raw("REVERSE ");
            }
            let name = FIELDS.iter().find(|(_, field)| *field == key.field);
            out.raw(name.map_or("", |(name, _)| name));
        }
        out.raw(") ");
        out.astring(self.charset.as_bytes());
        out.space();
        print_program(&self.key, out);
    }

    fn by(&self) -> By {
        self.by
    }

    fn uses_numbers(&self) -> bool {
        self.by == By::Number || names_numbers(&self.key)
    }
}

/// What was found, in order.
struct Sorted {
    state: Arc<MailboxState>,
    indexes: Vec<u32>,
    /// How relevant each is; empty where that was not asked for.
    relevancies: Vec<u8>,
    highest_modseq: ModSeq,
}

impl Run for Sort {
    async fn run(mut self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let saves = self.returns.as_ref().is_some_and(|returns| returns.save);
        let updates = self.returns.as_ref().is_some_and(|returns| returns.update);
        if updates {
            session.check_context_tag()?;
        }
        let sorted = sort(&mut self, session).await;
        if saves && sorted.is_err() {
            // RFC 5182, 2.1: a search that fails empties `$`.
            session.view_mut()?.save(UidSet::new());
        }
        let sorted = sorted?;
        let with_modseq = has_modseq(&self.key) && !sorted.indexes.is_empty();
        let Some(returns) = self.returns.clone().map(SearchReturn::or_all) else {
            let modseq = with_modseq.then_some(sorted.highest_modseq);
            let numbers = sorted.numbers(self.by).collect();
            session.print(&Response::Sort(SearchNumbers { numbers, modseq }));
            return Ok(Done::completed());
        };
        // What it names by number or as `$` is what that is now (RFC 5267, 4.3).
        let query = query(&self.key, session.view()?)?;
        if returns.save {
            session.view_mut()?.save(sorted.saved(&returns));
        }
        if !returns.only_saves() {
            let mut answer = sorted.esearch(self.by, &returns, session.tag.as_ref());
            answer.modseq = with_modseq.then(|| sorted.modseq(&returns));
            answer.relevancies = returns.relevancies(&sorted.relevancies);
            session.print(&Response::Esearch(Box::new(answer)));
        }
        if updates && ranks(&self.keys) {
            // Every message that comes can move all others.
            session.say_no_update("What is sorted by relevancy is not kept current");
        } else if updates {
            let uids = sorted.indexes.iter().filter_map(|index| Some(sorted.entry(*index)?.uid));
            let keys = directed(&self.keys, session.comparator.direction);
            let results = Results::Sorted(keys, uids.collect());
            session.begin_context(self.by, query, (results, &returns.update_items))?;
        }
        Ok(Done::completed())
    }
}

async fn sort(sort: &mut Sort, session: &mut Session<'_>) -> Result<Sorted, Stop> {
    let (mut found, mut highest_modseq) = (Vec::new(), ModSeq(0));
    let ranks = sort.ranks();
    let wanted = Wanted { charset: Some(&sort.charset), key: &mut sort.key, ranks };
    let looked = look(session, wanted, |index, entry| {
        found.extend(u32::try_from(index));
        highest_modseq = highest_modseq.max(entry.modseq);
    })
    .await?;
    warn_of_damage(session, &looked.damaged);
    if found.len() > QUICK_ENTRIES_MAX {
        session.channel.slow().await;
    }
    let state = Arc::clone(session.view()?.state());
    let limit = session.computing_limit();
    let comparator = session.comparator;
    let keys = directed(&sort.keys, comparator.direction);
    let ranked = Ranked { indexes: &found, relevancies: &looked.relevancies };
    let sorted = session.opened()?.sort_by(&state, ranked, &keys, comparator.collation);
    let indexes = limit.bounds(sorted).await??;
    // As they were found they ascend.
    let relevancy = |index| looked.relevancies.get(found.binary_search(index).ok()?).copied();
    let relevancies = indexes.iter().filter_map(relevancy).collect();
    Ok(Sorted { state, indexes, relevancies, highest_modseq })
}

/// The keys with those of texts turned where the comparator puts texts in order from the other end (RFC 4790, 4.2.4).
fn directed(keys: &[SortKey], direction: Direction) -> Vec<SortKey> {
    let turned = |key: &SortKey| SortKey { direction: key.direction.turned(), ..*key };
    let is_text = |key: &SortKey| direction == Direction::Descending && key.field.is_text();
    keys.iter().map(|key| if is_text(key) { turned(key) } else { *key }).collect()
}

impl Sorted {
    fn entry(&self, index: u32) -> Option<Entry> {
        self.state.entries.get(usize::try_from(index).ok()?)
    }

    fn number(&self, index: u32, by: By) -> Option<u32> {
        match by {
            By::Number => Some(SequenceNumber::at(usize::try_from(index).ok()?).number()),
            By::Uid => self.entry(index).map(|entry| entry.uid.number()),
        }
    }

    fn numbers(&self, by: By) -> impl Iterator<Item = u32> {
        self.indexes.iter().filter_map(move |index| self.number(*index, by))
    }

    /// The messages that are saved, or whose mod-sequence is shown.
    fn told(&self, returns: &SearchReturn) -> impl Iterator<Item = Entry> {
        let places = returns.told(self.indexes.len());
        places.filter_map(|place| self.entry(*self.indexes.get(place)?))
    }

    fn saved(&self, returns: &SearchReturn) -> UidSet {
        let mut uids: Vec<_> = self.told(returns).map(|entry| entry.uid).collect();
        uids.sort_unstable();
        uids.into_iter().collect()
    }

    fn modseq(&self, returns: &SearchReturn) -> ModSeq {
        self.told(returns).map(|entry| entry.modseq).max().unwrap_or(self.highest_modseq)
    }

    /// RFC 5267, 3.1: MIN and MAX are the first and the last of the order.
    fn esearch(&self, by: By, returns: &SearchReturn, tag: Option<&Tag>) -> Esearch {
        let mut answer = Esearch::new(tag.map(|tag| tag.as_str().to_owned()), by);
        let number = |index: Option<&u32>| index.and_then(|index| self.number(*index, by));
        answer.min = number(self.indexes.first()).filter(|_| returns.min);
        answer.max = number(self.indexes.last()).filter(|_| returns.max);
        let count = u32::try_from(self.indexes.len()).unwrap_or(u32::MAX);
        answer.count = returns.count.then_some(count);
        if returns.all {
            answer.all = SequenceSet::from_numbers(self.numbers(by));
        }
        answer.partial = returns.partial.map(|range| {
            let some = self.indexes.get(range.of(self.indexes.len())).unwrap_or_default();
            let numbers = some.iter().filter_map(|index| self.number(*index, by));
            (range, SequenceSet::from_numbers(numbers))
        });
        answer
    }
}
