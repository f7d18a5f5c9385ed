//! Mailbox/query (RFC 8621, 2.3).

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use mailbox::{Collation, Mailbox, MailboxId};
use serde_json::{Map, Value};

use super::CAPABILITY;
use super::listing::{self, Listing};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::run::{Answered, Row};
use crate::server::{Context, ids};
use crate::standard::{Comparator, Filter, Query, QueryAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Mailbox/query", capability: CAPABILITY, run };

/// What has to be of a mailbox.
#[derive(Debug, Default)]
pub(super) struct Condition {
    parent: Option<Option<Id>>,
    /// In the form in which it is looked for.
    name: Option<String>,
    role: Option<Option<String>>,
    has_any_role: Option<bool>,
    is_subscribed: Option<bool>,
}

/// Reads a condition. What there is none of is not supported, and so is a value of another type.
pub(super) fn condition(object: Map<String, Value>) -> Result<Condition, MethodError> {
    fn read<T: serde::de::DeserializeOwned>(name: &str, value: Value) -> Result<T, MethodError> {
        serde_json::from_value(value)
            .map_err(|error| crate::arguments::invalid("filter", &format!("{name}: {error}")))
    }
    let mut condition = Condition::default();
    for (name, value) in object {
        match name.as_str() {
            "parentId" => condition.parent = Some(read(&name, value)?),
            "name" => condition.name = Some(folded(&read::<String>(&name, value)?)),
            "role" => condition.role = Some(read(&name, value)?),
            "hasAnyRole" => condition.has_any_role = Some(read(&name, value)?),
            "isSubscribed" => condition.is_subscribed = Some(read(&name, value)?),
            _ => return Err(MethodError::UnsupportedFilter { description: name }),
        }
    }
    Ok(condition)
}

fn folded(text: &str) -> String {
    String::from_utf8_lossy(&Collation::default().key(text)).into_owned()
}

impl Condition {
    fn matches(&self, listing: &Listing<'_>, mailbox: &Mailbox) -> bool {
        let role = listing::role(mailbox);
        let parent = || listing.parent(mailbox).map(ids::mailbox);
        self.parent.as_ref().is_none_or(|wanted| *wanted == parent())
            && self.name.as_ref().is_none_or(|text| folded(listing::name(mailbox)).contains(text))
            && self.role.as_ref().is_none_or(|wanted| wanted.as_deref() == role)
            && self.has_any_role.is_none_or(|wanted| wanted == role.is_some())
            && self.is_subscribed.is_none_or(|wanted| wanted == listing.is_subscribed(mailbox))
    }
}

/// Whether mailboxes are taken as a tree: in their order, and in what matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AsTree {
    sort: bool,
    filter: bool,
}

impl AsTree {
    pub(super) fn take(arguments: &mut Arguments) -> Result<AsTree, MethodError> {
        let sort = arguments.or("sortAsTree", false)?;
        Ok(AsTree { sort, filter: arguments.or("filterAsTree", false)? })
    }

    /// Whether what becomes of a mailbox in the results follows from the mailbox alone.
    pub(super) fn is_plain(self) -> bool {
        !self.sort && !self.filter
    }
}

/// By what mailboxes are compared, ready.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Order(u32),
    Name(Vec<u8>),
}

struct Order(Vec<By>);

/// What of a mailbox is compared, and how.
struct By {
    key: fn(&Mailbox, Collation) -> Key,
    collation: Collation,
    is_ascending: bool,
}

impl Order {
    fn of(sort: &[Comparator]) -> Result<Order, MethodError> {
        let mut keys = Vec::with_capacity(sort.len());
        for comparator in sort {
            let key: fn(&Mailbox, Collation) -> Key = match comparator.property.as_str() {
                "sortOrder" => |mailbox, _| Key::Order(listing::sort_order(mailbox)),
                "name" => |mailbox, by| Key::Name(by.key(listing::name(mailbox))),
                other => {
                    return Err(MethodError::UnsupportedSort { description: other.to_owned() });
                }
            };
            let collation = comparator.collation()?;
            keys.push(By { key, collation, is_ascending: comparator.is_ascending });
        }
        Ok(Order(keys))
    }

    fn keys(&self, mailbox: &Mailbox) -> Vec<Key> {
        self.0.iter().map(|by| (by.key)(mailbox, by.collation)).collect()
    }

    /// Those that are equal stay in the order of their ids, which never changes.
    fn compare(&self, one: &(Vec<Key>, MailboxId), other: &(Vec<Key>, MailboxId)) -> Ordering {
        let pairs = one.0.iter().zip(&other.0).zip(&self.0);
        let compared = pairs.map(|((one, other), by)| {
            let order = one.cmp(other);
            if by.is_ascending { order } else { order.reverse() }
        });
        compared.fold(Ordering::Equal, Ordering::then).then_with(|| one.1.cmp(&other.1))
    }
}

/// Those that match, in order.
pub(super) fn results(
    listing: &Listing<'_>,
    filter: Option<&Filter<Condition>>,
    sort: &[Comparator],
    as_tree: AsTree,
) -> Result<Vec<Id>, MethodError> {
    let order = Order::of(sort)?;
    let matches = |mailbox: &Mailbox| {
        filter.is_none_or(|filter| filter.matches(&mut |it| it.matches(listing, mailbox)))
    };
    let mut matching = HashSet::new();
    // Each comes before those below it.
    for mailbox in listing.iter() {
        let above = || listing.parent(mailbox).is_none_or(|parent| matching.contains(&parent));
        if matches(mailbox) && (!as_tree.filter || above()) {
            matching.insert(mailbox.id);
        }
    }
    let mut all: Vec<(Vec<Key>, MailboxId)> = if as_tree.sort {
        listing.iter().map(|it| (order.keys(it), it.id)).collect()
    } else {
        let found = listing.iter().filter(|it| matching.contains(&it.id));
        found.map(|it| (order.keys(it), it.id)).collect()
    };
    all.sort_by(|one, other| order.compare(one, other));
    let mut sorted: Vec<MailboxId> = all.into_iter().map(|(_, id)| id).collect();
    if as_tree.sort {
        sorted = as_a_tree(listing, &sorted);
        sorted.retain(|id| matching.contains(id));
    }
    Ok(sorted.into_iter().map(ids::mailbox).collect())
}

/// All mailboxes, each with those below it behind it; siblings in the order given.
fn as_a_tree(listing: &Listing<'_>, sorted: &[MailboxId]) -> Vec<MailboxId> {
    let parents: HashMap<MailboxId, Option<MailboxId>> =
        listing.iter().map(|it| (it.id, listing.parent(it))).collect();
    let mut children: HashMap<Option<MailboxId>, Vec<MailboxId>> = HashMap::new();
    for id in sorted {
        children.entry(parents.get(id).copied().flatten()).or_default().push(*id);
    }
    let mut left: Vec<MailboxId> = children.remove(&None).unwrap_or_default();
    left.reverse();
    let mut tree = Vec::with_capacity(sorted.len());
    while let Some(id) = left.pop() {
        tree.push(id);
        left.extend(children.remove(&Some(id)).unwrap_or_default().into_iter().rev());
    }
    tree
}

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let query = Query::take(&mut arguments, condition)?;
        let as_tree = AsTree::take(&mut arguments)?;
        arguments.end()?;
        let emails = call.context.emails(&query.account).await?;
        let listing = Listing::of(call.context, &emails)?;
        let found = results(&listing, query.filter.as_ref(), &query.sort, as_tree)?;
        let state = emails.states().mailbox.to_string();
        let answer = QueryAnswer::of(query.account, &query.window, query.total, state, found)?;
        QueryAnswer { can_calculate_changes: as_tree.is_plain(), ..answer }.arguments()
    })
}
