//! ContactCard/query (RFC 9610, 3.3). A text is found anywhere in a word, in any case and without its accents; several words have to
//! be there all, and quotes keep a phrase together.

use std::cmp::Ordering;

use cards::{Field, Sought};
use mailbox::{BookId, CardId, CardNote, Collation, Contacts};
use serde_json::{Map, Value};

use super::CAPABILITY;
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{CARD_LOOKS_QUICK_MAX, SEARCH_WORDS_MAX};
use crate::run::Row;
use crate::server::{Context, ids, sought};
use crate::standard::{Comparator, Filter, Query, QueryAnswer, filter_date};

pub(super) const ROW: Row<Context> =
    Row { name: "ContactCard/query", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// The conditions that are texts, with where these are looked for; nowhere named: everywhere.
const TEXTS: &[(&str, &[Field])] = &[
    ("text", &[]),
    ("name", &[Field::Name, Field::Given, Field::Surname, Field::Surname2]),
    ("name/given", &[Field::Given]),
    ("name/surname", &[Field::Surname]),
    ("name/surname2", &[Field::Surname2]),
    ("nickname", &[Field::Nickname]),
    ("organization", &[Field::Organization]),
    ("email", &[Field::Email]),
    ("phone", &[Field::Phone]),
    ("onlineService", &[Field::OnlineService]),
    ("address", &[Field::Address]),
    ("note", &[Field::Note]),
];

/// How many cards are looked at before others get their turn.
const STEP_CARDS: usize = 256;

/// One property of a condition: all of them have to hold.
#[derive(Clone, Debug)]
enum Holds {
    /// It is in this address book; none: there is no such one.
    In(Option<BookId>),
    Uid(String),
    HasMember(String),
    Kind(String),
    /// An instant, by which of the two, and whether it is before.
    Created(i64, Side),
    Updated(i64, Side),
    /// Each word or phrase is in some of these.
    Texts(&'static [Field], Vec<Sought>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Before,
    /// At that time, or after it.
    After,
}

/// A condition of a filter.
#[derive(Clone, Debug)]
pub(super) struct Condition(Vec<Holds>);

pub(super) fn condition(object: Map<String, Value>) -> Result<Condition, MethodError> {
    let mut all = Vec::with_capacity(object.len());
    for (name, value) in object {
        let Value::String(text) = value else {
            return Err(invalid("filter", &format!("{name}: it is not a text")));
        };
        all.push(holds(&name, text)?);
    }
    Ok(Condition(all))
}

fn holds(name: &str, text: String) -> Result<Holds, MethodError> {
    let date = || filter_date(name, Some(&text)).map(Option::unwrap_or_default);
    Ok(match name {
        "inAddressBook" => {
            let id = Id::try_from(text).map_err(|_| invalid("filter", "inAddressBook: no id"))?;
            Holds::In(ids::book_of(&id))
        }
        "uid" => Holds::Uid(text),
        "hasMember" => Holds::HasMember(text),
        "kind" => Holds::Kind(text),
        "createdBefore" => Holds::Created(date()?, Side::Before),
        "createdAfter" => Holds::Created(date()?, Side::After),
        "updatedBefore" => Holds::Updated(date()?, Side::Before),
        "updatedAfter" => Holds::Updated(date()?, Side::After),
        other => {
            let known = TEXTS.iter().find(|(name, _)| *name == other);
            let Some((_, fields)) = known else {
                return Err(MethodError::UnsupportedFilter { description: other.to_owned() });
            };
            let parts = sought::parts(&text);
            Holds::Texts(fields, parts.iter().map(|part| Sought::of(part)).collect())
        }
    })
}

impl Condition {
    fn matches(&self, card: &CardNote) -> bool {
        self.0.iter().all(|holds| holds.matches(card))
    }

    fn words(&self) -> usize {
        let words = self
            .0
            .iter()
            .map(|holds| if let Holds::Texts(_, parts) = holds { parts.len() } else { 0 });
        words.fold(0, usize::saturating_add)
    }
}

impl Side {
    /// What has no date is neither before nor after any.
    fn is_of(self, date: Option<i64>, instant: i64) -> bool {
        date.is_some_and(|date| match self {
            Side::Before => date < instant,
            Side::After => date >= instant,
        })
    }
}

impl Holds {
    fn matches(&self, card: &CardNote) -> bool {
        let summary = &card.summary;
        match self {
            Holds::In(book) => book.is_some_and(|book| card.is_in(book)),
            Holds::Uid(uid) => summary.uid == *uid,
            Holds::HasMember(uid) => summary.members.contains(uid),
            Holds::Kind(kind) => summary.kind == *kind,
            Holds::Created(instant, side) => side.is_of(summary.created_s, *instant),
            Holds::Updated(instant, side) => side.is_of(summary.updated_s, *instant),
            Holds::Texts(fields, parts) => parts.iter().all(|part| summary.has(fields, part)),
        }
    }
}

/// What cards are put in order by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// What has no date comes first.
    Date(Option<i64>),
    Text(Vec<u8>),
}

/// How a key is made of a card.
type Order = (fn(&CardNote, Collation) -> Key, Collation, bool);

fn text(card: &CardNote, by: Collation, at: usize) -> Key {
    Key::Text(by.key(card.summary.names.get(at).map_or("", String::as_str)))
}

fn orders(sort: &[Comparator]) -> Result<Vec<Order>, MethodError> {
    let order = |comparator: &Comparator| {
        let key: fn(&CardNote, Collation) -> Key = match comparator.property.as_str() {
            "created" => |card, _| Key::Date(card.summary.created_s),
            "updated" => |card, _| Key::Date(card.summary.updated_s),
            "name/given" => |card, by| text(card, by, 0),
            "name/surname" => |card, by| text(card, by, 1),
            "name/surname2" => |card, by| text(card, by, 2),
            other => return Err(MethodError::UnsupportedSort { description: other.to_owned() }),
        };
        Ok((key, comparator.collation()?, comparator.is_ascending))
    };
    sort.iter().map(order).collect()
}

impl Context {
    /// The cards that match, in order; the one that was made first comes first where nothing else says.
    pub(super) async fn found_cards(
        &self,
        contacts: &Contacts,
        filter: Option<&Filter<Condition>>,
        sort: &[Comparator],
    ) -> Result<Vec<CardId>, MethodError> {
        let orders = orders(sort)?;
        let mut words = sort.len().saturating_add(1);
        if let Some(filter) = filter {
            filter.each(&mut |condition| words = words.saturating_add(condition.words()));
        }
        if words > SEARCH_WORDS_MAX {
            let description = format!("the filter has more than {SEARCH_WORDS_MAX} words");
            return Err(MethodError::UnsupportedFilter { description });
        }
        if contacts.cards().len().saturating_mul(words) > CARD_LOOKS_QUICK_MAX {
            lane::slow(Some(self.account.turns())).await;
        }
        let mut found: Vec<(Vec<Key>, CardId)> = Vec::new();
        for (at, card) in contacts.cards().enumerate() {
            if at % STEP_CARDS == 0 {
                lane::breathe(Some(self.account.turns())).await;
            }
            if filter.is_none_or(|it| it.matches(&mut |condition| condition.matches(card))) {
                let keys = orders.iter().map(|(key, by, _)| key(card, *by)).collect();
                found.push((keys, card.id));
            }
        }
        found.sort_by(|(one, _), (other, _)| {
            let pairs = one.iter().zip(other).zip(&orders);
            let compared = pairs.map(|((one, other), (.., is_ascending))| {
                let order = one.cmp(other);
                if *is_ascending { order } else { order.reverse() }
            });
            compared.fold(Ordering::Equal, Ordering::then)
        });
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let query = Query::take(&mut arguments, condition)?;
    arguments.end()?;
    let contacts = call.context.contacts(&query.account).await?;
    let found = call.context.found_cards(&contacts, query.filter.as_ref(), &query.sort).await?;
    let state = contacts.states().cards.to_string();
    let answer = QueryAnswer::of_many(query, state, &found, ids::card_of, |id| ids::card(*id))?;
    QueryAnswer { can_calculate_changes: true, ..answer }.arguments()
}
