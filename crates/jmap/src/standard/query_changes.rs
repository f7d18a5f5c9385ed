//! `/queryChanges`: how the results of a query changed since a state of theirs (RFC 8620, 5.6).

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::query::{take_filter, take_sort};
use super::{Comparator, Filter, Total, as_arguments};
use crate::arguments::Arguments;
use crate::error::MethodError;
use crate::id::Id;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryChanges<F> {
    /// Of which account.
    pub account: Id,
    /// What has to be; none: nothing.
    pub filter: Option<Filter<F>>,
    /// By what they are in order, the first first.
    pub sort: Vec<Comparator>,
    /// The state of the results that the client knows.
    pub since: String,
    /// How many changes the client takes at most.
    pub most: Option<u64>,
    /// The last id that the client has; what changed behind it need not be told. We tell it.
    pub up_to: Option<Id>,
    /// Whether the number of all is wanted.
    pub total: Total,
}

/// How the results changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryChangesAnswer {
    /// Of which account.
    pub account_id: Id,
    /// The state that was asked about.
    pub old_query_state: String,
    /// The state now.
    pub new_query_state: String,
    /// How many results there are, if that is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What is to be taken out of the results that the client knows, as far as it is there.
    pub removed: Vec<Id>,
    /// What is to be put in then, by ascending index.
    pub added: Vec<AddedItem>,
}

/// An object among the results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddedItem {
    /// The object.
    pub id: Id,
    /// Where it stands.
    pub index: u64,
}

impl<F> QueryChanges<F> {
    /// Takes the arguments that all such methods have. `condition` reads a condition of its kind.
    pub fn take(
        arguments: &mut Arguments,
        condition: impl FnMut(Map<String, Value>) -> Result<F, MethodError>,
    ) -> Result<QueryChanges<F>, MethodError> {
        Ok(QueryChanges {
            account: arguments.required("accountId")?,
            filter: take_filter(arguments, condition)?,
            sort: take_sort(arguments)?,
            since: arguments.required("sinceQueryState")?,
            most: arguments.optional("maxChanges")?,
            up_to: arguments.optional("upToId")?,
            total: Total::take(arguments)?,
        })
    }

    /// The answer: of the objects that changed or went since, of those that came, and of the results as they are. Whether an object
    /// is among the results, and which of two comes first, must follow from these objects alone.
    pub fn answer(
        self,
        state: String,
        removed: Vec<Id>,
        created: &[Id],
        results: impl Iterator<Item = Id>,
    ) -> Result<QueryChangesAnswer, MethodError> {
        let mut left: BTreeSet<&Id> = removed.iter().chain(created).collect();
        let mut added = Vec::new();
        let mut total = 0_u64;
        for id in results {
            if left.remove(&id) {
                added.push(AddedItem { id, index: total });
            }
            total = total.saturating_add(1);
        }
        let changes = removed.len().saturating_add(added.len());
        let most = self.most.map(|most| usize::try_from(most).unwrap_or(usize::MAX));
        if most.is_some_and(|most| changes > most) {
            return Err(MethodError::TooManyChanges);
        }
        Ok(QueryChangesAnswer {
            account_id: self.account,
            old_query_state: self.since,
            new_query_state: state,
            total: self.total.of(total),
            removed,
            added,
        })
    }
}

impl QueryChangesAnswer {
    /// As arguments.
    pub fn arguments(&self) -> Result<Map<String, Value>, MethodError> {
        as_arguments(self)
    }
}
