//! `/query`: which objects match, in which order (RFC 8620, 5.5).

use std::ops::Range;

use mailbox::Collation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::as_arguments;
use crate::arguments::{Arguments, invalid};
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{FILTER_PARTS_MAX, QUERY_IDS_MAX, SORT_KEYS_MAX};
use crate::mail::read_utc_date;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Query<F> {
    /// Of which account.
    pub account: Id,
    /// What has to be; none: nothing.
    pub filter: Option<Filter<F>>,
    /// By what they are in order, the first first.
    pub sort: Vec<Comparator>,
    /// Which part is wanted.
    pub window: Window,
    /// Whether the number of all is wanted.
    pub total: Total,
}

/// What has to be of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter<F> {
    /// Something of its kind.
    Condition(F),
    /// Others together.
    Operator(Operator, Vec<Filter<F>>),
}

/// How conditions go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operator {
    /// All of them.
    And,
    /// Any of them.
    Or,
    /// None of them.
    Not,
}

/// By what objects are compared.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparator {
    /// The property.
    pub property: String,
    /// Whether the lower comes first.
    #[serde(default = "yes")]
    pub is_ascending: bool,
    /// How texts are compared.
    pub collation: Option<String>,
    /// What belongs to some properties only.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Whether the number of all results is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// It is.
    Wanted,
    /// It need not be known.
    Unwanted,
}

impl Total {
    pub(super) fn take(arguments: &mut Arguments) -> Result<Total, MethodError> {
        let is_wanted = arguments.or("calculateTotal", false)?;
        Ok(if is_wanted { Total::Wanted } else { Total::Unwanted })
    }

    /// The number where it is wanted.
    pub fn of(self, count: u64) -> Option<u64> {
        match self {
            Total::Wanted => Some(count),
            Total::Unwanted => None,
        }
    }
}

impl Comparator {
    /// The collation that texts are compared by; the usual one of a server if none is said.
    pub fn collation(&self) -> Result<Collation, MethodError> {
        let Some(name) = &self.collation else { return Ok(Collation::default()) };
        let named = Collation::ALL.into_iter().find(|collation| collation.name() == name);
        named.ok_or_else(|| MethodError::UnsupportedSort { description: format!("by {name}") })
    }
}

fn yes() -> bool {
    true
}

/// The part of the results that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The index of the first, from the end when it is below 0.
    pub position: i64,
    /// The object that the position is counted from, and how far from it.
    pub anchor: Option<(Id, i64)>,
    /// How many.
    pub limit: Option<u64>,
}

impl<F> Query<F> {
    /// Takes the arguments that all such methods have. `condition` reads a condition of its kind.
    pub fn take(
        arguments: &mut Arguments,
        condition: impl FnMut(Map<String, Value>) -> Result<F, MethodError>,
    ) -> Result<Query<F>, MethodError> {
        let account = arguments.required("accountId")?;
        let filter = take_filter(arguments, condition)?;
        let sort = take_sort(arguments)?;
        let position = arguments.or("position", 0)?;
        let offset = arguments.or("anchorOffset", 0)?;
        let anchor: Option<Id> = arguments.optional("anchor")?;
        let anchor = anchor.map(|anchor| (anchor, offset));
        let window = Window { position, anchor, limit: arguments.optional("limit")? };
        Ok(Query { account, filter, sort, window, total: Total::take(arguments)? })
    }
}

/// Which objects match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryAnswer {
    /// Of which account.
    pub account_id: Id,
    /// The state of the results.
    pub query_state: String,
    /// Whether `/queryChanges` can tell how these results change.
    pub can_calculate_changes: bool,
    /// The index of the first of the ids among all results.
    pub position: u64,
    /// The part that is wanted.
    pub ids: Vec<Id>,
    /// How many results there are, if that is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// How many are given at most, if that is not what the client said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl QueryAnswer {
    /// The part that is wanted of results that are few, all of which are given if the client does not say how many. How they
    /// change can be told.
    pub fn of(
        account_id: Id,
        window: &Window,
        total: Total,
        query_state: String,
        results: Vec<Id>,
    ) -> Result<QueryAnswer, MethodError> {
        let count = u64::try_from(results.len()).unwrap_or(u64::MAX);
        let find = |id: &Id| results.iter().position(|other| other == id);
        let range = window
            .range(count, u64::MAX, |id| find(id).and_then(|index| u64::try_from(index).ok()))?;
        let [skipped, taken] = [range.start, range.end.saturating_sub(range.start)]
            .map(|number| usize::try_from(number).unwrap_or(usize::MAX));
        Ok(QueryAnswer {
            account_id,
            query_state,
            can_calculate_changes: true,
            position: range.start,
            ids: results.into_iter().skip(skipped).take(taken).collect(),
            total: total.of(count),
            limit: None,
        })
    }

    /// The part that is wanted of results that may be many: at most `QUERY_IDS_MAX` at once. How they change cannot be told. `read`
    /// and `write` are how a result and its id belong together.
    pub fn of_many<F, R: PartialEq>(
        query: Query<F>,
        query_state: String,
        results: &[R],
        read: impl Fn(&Id) -> Option<R>,
        write: impl Fn(&R) -> Id,
    ) -> Result<QueryAnswer, MethodError> {
        let Query { account: account_id, window, total, .. } = query;
        let count = u64::try_from(results.len()).unwrap_or(u64::MAX);
        let find = |id: &Id| {
            let result = read(id)?;
            u64::try_from(results.iter().position(|other| *other == result)?).ok()
        };
        let range = window.range(count, QUERY_IDS_MAX, find)?;
        let [from, to] =
            [range.start, range.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        Ok(QueryAnswer {
            account_id,
            query_state,
            can_calculate_changes: false,
            position: range.start,
            ids: results.get(from..to).unwrap_or_default().iter().map(write).collect(),
            total: total.of(count),
            limit: window.limit_told(QUERY_IDS_MAX),
        })
    }

    /// As arguments.
    pub fn arguments(&self) -> Result<Map<String, Value>, MethodError> {
        as_arguments(self)
    }
}

/// The second of a date in a condition, if there is one.
pub(crate) fn filter_date(name: &str, date: Option<&str>) -> Result<Option<i64>, MethodError> {
    let Some(date) = date else { return Ok(None) };
    let second = read_utc_date(date);
    let wrong = || invalid("filter", &format!("{name}: {date} is no UTCDate"));
    second.map(Some).ok_or_else(wrong)
}

pub(super) fn take_sort(arguments: &mut Arguments) -> Result<Vec<Comparator>, MethodError> {
    let sort: Vec<Comparator> = arguments.optional("sort")?.unwrap_or_default();
    if sort.len() > SORT_KEYS_MAX {
        let description = format!("by more than {SORT_KEYS_MAX} properties");
        return Err(MethodError::UnsupportedSort { description });
    }
    Ok(sort)
}

pub(crate) fn take_filter<F>(
    arguments: &mut Arguments,
    mut condition: impl FnMut(Map<String, Value>) -> Result<F, MethodError>,
) -> Result<Option<Filter<F>>, MethodError> {
    let filter: Option<Map<String, Value>> = arguments.optional("filter")?;
    let mut parts_left = FILTER_PARTS_MAX;
    filter.map(|filter| Filter::read(filter, &mut condition, &mut parts_left)).transpose()
}

impl<F> Filter<F> {
    pub(crate) fn read(
        mut object: Map<String, Value>,
        condition: &mut impl FnMut(Map<String, Value>) -> Result<F, MethodError>,
        parts_left: &mut usize,
    ) -> Result<Filter<F>, MethodError> {
        let Some(fewer) = parts_left.checked_sub(1) else {
            let description = format!("the filter has more than {FILTER_PARTS_MAX} parts");
            return Err(MethodError::UnsupportedFilter { description });
        };
        *parts_left = fewer;
        let Some(operator) = object.remove("operator") else {
            return condition(object).map(Filter::Condition);
        };
        let operator: Operator = serde_json::from_value(operator)
            .map_err(|_| invalid("filter", "an operator is AND, OR or NOT"))?;
        let Some(Value::Array(conditions)) = object.remove("conditions") else {
            return Err(invalid("filter", "an operator has a list of conditions"));
        };
        if let Some(name) = object.keys().next() {
            return Err(invalid("filter", &format!("an operator has no {name}")));
        }
        let mut read = Vec::with_capacity(conditions.len());
        for part in conditions {
            let Value::Object(part) = part else {
                return Err(invalid("filter", "a condition is an object"));
            };
            read.push(Filter::read(part, condition, parts_left)?);
        }
        Ok(Filter::Operator(operator, read))
    }

    /// Shows each condition.
    pub fn each(&self, show: &mut impl FnMut(&F)) {
        match self {
            Filter::Condition(condition) => show(condition),
            Filter::Operator(_, parts) => parts.iter().for_each(|part| part.each(show)),
        }
    }

    /// Whether any condition is so.
    pub fn any(&self, is_so: &impl Fn(&F) -> bool) -> bool {
        match self {
            Filter::Condition(condition) => is_so(condition),
            Filter::Operator(_, parts) => parts.iter().any(|part| part.any(is_so)),
        }
    }

    /// Whether an object matches, by what its conditions say.
    pub fn matches(&self, says: &mut impl FnMut(&F) -> bool) -> bool {
        match self {
            Filter::Condition(condition) => says(condition),
            Filter::Operator(Operator::And, parts) => parts.iter().all(|part| part.matches(says)),
            Filter::Operator(Operator::Or, parts) => parts.iter().any(|part| part.matches(says)),
            Filter::Operator(Operator::Not, parts) => !parts.iter().any(|part| part.matches(says)),
        }
    }
}

impl Window {
    /// The indexes of the part that is wanted, of so many results and at most so many. `find` says where an object is among them.
    pub fn range(
        &self,
        total: u64,
        most: u64,
        find: impl FnOnce(&Id) -> Option<u64>,
    ) -> Result<Range<u64>, MethodError> {
        let begin = match &self.anchor {
            Some((anchor, offset)) => {
                let at = find(anchor).ok_or(MethodError::AnchorNotFound)?;
                at.saturating_add_signed(*offset)
            }
            None if self.position < 0 => total.saturating_add_signed(self.position),
            None => u64::try_from(self.position).unwrap_or(0),
        };
        let limit = self.limit.unwrap_or(most).min(most);
        Ok(begin.min(total)..begin.saturating_add(limit).min(total))
    }

    /// The limit that the answer has to tell, since it is not the one that was asked for.
    pub fn limit_told(&self, most: u64) -> Option<u64> {
        if self.limit.is_none_or(|limit| limit > most) { Some(most) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Filter, Query, Window};
    use crate::arguments::Arguments;
    use crate::error::MethodError;
    use crate::id::Id;

    fn object(value: Value) -> Map<String, Value> {
        if let Value::Object(object) = value { object } else { Map::new() }
    }

    /// A condition is a number that has to divide another.
    fn query(value: Value) -> Result<Query<u64>, MethodError> {
        let mut arguments = Arguments::of(object(value));
        let query = Query::take(&mut arguments, |mut condition| {
            let number = condition.remove("by").and_then(|by| by.as_u64());
            number.ok_or(MethodError::UnsupportedFilter { description: "by".to_owned() })
        })?;
        arguments.end()?;
        Ok(query)
    }

    #[test]
    fn filters_mean_what_their_operators_say() {
        let asked = query(json!({"accountId": "A1", "filter": {"operator": "AND", "conditions": [
            {"operator": "OR", "conditions": [{"by": 2}, {"by": 3}]},
            {"operator": "NOT", "conditions": [{"by": 5}, {"by": 7}]},
        ]}}));
        let filter = asked.unwrap().filter.unwrap();
        let found: Vec<u64> = (1..16).filter(|n| filter.matches(&mut |by| n % by == 0)).collect();
        assert_eq!(found, [2, 3, 4, 6, 8, 9, 12]);
        let all = |operator| Filter::<u64>::Operator(operator, Vec::new()).matches(&mut |_| true);
        assert_eq!(
            [super::Operator::And, super::Operator::Or, super::Operator::Not].map(all),
            [true, false, true]
        );
    }

    #[test]
    fn what_is_wrong_with_a_query_is_told() {
        for (value, why) in [
            (json!({}), "accountId: it is missing"),
            (json!({"accountId": "A 1"}), "accountId: "),
            (json!({"accountId": "A1", "position": 1.5}), "position: "),
            (json!({"accountId": "A1", "position": null}), "position: "),
            (json!({"accountId": "A1", "limit": -1}), "limit: "),
            (json!({"accountId": "A1", "unknown": 1}), "unknown: there is no such argument"),
            (json!({"accountId": "A1", "filter": {"operator": "XOR"}}), "filter: an operator is"),
            (json!({"accountId": "A1", "filter": {"operator": "OR"}}), "filter: an operator has"),
            (
                json!({"accountId": "A1", "filter": {"operator": "OR", "conditions": [1]}}),
                "filter: a",
            ),
            (json!({"accountId": "A1", "sort": [{"isAscending": true}]}), "sort: missing field"),
        ] {
            let error = query(value.clone()).unwrap_err();
            let MethodError::InvalidArguments { description } = &error else {
                panic!("{value}: {error:?}");
            };
            assert!(description.starts_with(why), "{value}: {description}");
        }
        let many = vec![json!({"by": 2}); 1_000];
        let error =
            query(json!({"accountId": "A1", "filter": {"operator": "OR", "conditions": many}}));
        assert!(matches!(error, Err(MethodError::UnsupportedFilter { .. })));
        let asked =
            query(json!({"accountId": "A1", "sort": [{"property": "hasKeyword", "keyword": "x"}]}));
        let sort = asked.unwrap().sort;
        assert!(sort[0].is_ascending);
        assert_eq!(sort[0].more["keyword"], "x");
    }

    #[test]
    fn windows_lie_where_the_standard_says() {
        let at = |position| Window { position, anchor: None, limit: Some(3) };
        let range = |window: &Window| window.range(10, 5, |_| None).unwrap();
        assert_eq!(range(&at(0)), 0..3);
        assert_eq!(range(&at(8)), 8..10);
        assert_eq!(range(&at(-2)), 8..10);
        assert_eq!(range(&at(-20)), 0..3);
        assert_eq!(range(&at(99)), 10..10);
        let anchor = |offset| Window {
            anchor: Some((Id::try_from("M7".to_owned()).unwrap(), offset)),
            ..at(1)
        };
        let found = |window: &Window, index| window.range(10, 5, |_| index);
        assert_eq!(found(&anchor(0), Some(7)).unwrap(), 7..10);
        assert_eq!(found(&anchor(-2), Some(7)).unwrap(), 5..8);
        assert_eq!(found(&anchor(-9), Some(7)).unwrap(), 0..3);
        assert_eq!(found(&anchor(0), None), Err(MethodError::AnchorNotFound));
        let all = Window { limit: None, ..at(0) };
        assert_eq!((range(&all), all.limit_told(5)), (0..5, Some(5)));
        assert_eq!(at(0).limit_told(5), None);
    }
}
