//! Quota/query (RFC 9425, 4.4).

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::Context;
use super::{CAPABILITY, Quota, Quotas};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::{Answered, Row};
use crate::standard::{Comparator, Filter, Query, QueryAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Quota/query", capability: CAPABILITY, run };

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Condition {
    name: Option<String>,
    scope: Option<String>,
    resource_type: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn condition(object: Map<String, Value>) -> Result<Condition, MethodError> {
    serde_json::from_value(Value::Object(object))
        .map_err(|error| MethodError::UnsupportedFilter { description: error.to_string() })
}

impl Condition {
    fn matches(&self, quota: &Quota, types: &[&str]) -> bool {
        self.name.as_deref().is_none_or(|text| quota.kind.name.contains(text))
            && self.scope.as_deref().is_none_or(|scope| scope == "account")
            && self.resource_type.as_deref().is_none_or(|kind| kind == quota.kind.resource)
            && self.kind.as_deref().is_none_or(|kind| types.contains(&kind))
    }
}

/// Those that match, in order.
pub(super) fn results(
    quotas: &Quotas,
    using: &[String],
    filter: Option<&Filter<Condition>>,
    sort: &[Comparator],
) -> Result<Vec<Quota>, MethodError> {
    let mut orders: Vec<fn(&Quota, &Quota) -> Ordering> = Vec::with_capacity(sort.len());
    for comparator in sort {
        comparator.collation()?;
        orders.push(match (comparator.property.as_str(), comparator.is_ascending) {
            ("name", true) => |one, other| one.kind.name.cmp(other.kind.name),
            ("name", false) => |one, other| other.kind.name.cmp(one.kind.name),
            ("used", true) => |one, other| one.used.cmp(&other.used),
            ("used", false) => |one, other| other.used.cmp(&one.used),
            (other, _) => {
                return Err(MethodError::UnsupportedSort { description: other.to_owned() });
            }
        });
    }
    let Some(types) = Quota::types(using) else { return Ok(Vec::new()) };
    let says = |quota: &Quota| {
        filter
            .is_none_or(|filter| filter.matches(&mut |condition| condition.matches(quota, &types)))
    };
    let mut found: Vec<Quota> = quotas.iter().filter(says).collect();
    found.sort_by(|one, other| {
        orders.iter().fold(Ordering::Equal, |so_far, order| so_far.then_with(|| order(one, other)))
    });
    Ok(found)
}

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let query = Query::take(&mut arguments, condition)?;
        arguments.end()?;
        call.context.check_account(&query.account)?;
        let quotas = Quotas::of(call.context)?;
        let found = results(&quotas, call.using, query.filter.as_ref(), &query.sort)?;
        let ids = found.iter().map(Quota::id).collect();
        QueryAnswer::of(query.account, &query.window, query.total, quotas.to_string(), ids)?
            .arguments()
    })
}
