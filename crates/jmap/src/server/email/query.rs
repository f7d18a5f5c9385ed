//! Email/query (RFC 8621, 4.4).
//!
//! An order that was worked out stays with the view of the emails that it is of: the next part of it costs nothing.

mod at_once;
mod attached;
pub(super) mod condition;
pub(super) mod find;
mod order;

use std::collections::HashSet;
use std::sync::Arc;

use mailbox::{EmailId, Emails};
use serde_json::{Map, Value};

use condition::{Condition, condition};
use order::Sort;

use super::CAPABILITY;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{ORDER_KEY_OCTETS_MAX, QUERY_IDS_MAX};
use crate::run::{Answered, Row};
use crate::server::{Context, ids};
use crate::standard::{Comparator, Filter, Query, QueryAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Email/query", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let arguments = call.arguments();
        let key = key(&arguments);
        let mut arguments = Arguments::of(arguments);
        let query = Query::take(&mut arguments, condition)?;
        let threads = Threads::take(&mut arguments)?;
        arguments.end()?;
        let emails = call.context.emails(&query.account).await?;
        let asked = Asked::of(query.filter.as_ref(), &query.sort, threads)?;
        let order = call.context.order(&emails, key, &asked).await?;
        let total = u64::try_from(order.len()).unwrap_or(u64::MAX);
        let find = |id: &Id| {
            let anchor = ids::email_of(id)?;
            u64::try_from(order.iter().position(|other| *other == anchor)?).ok()
        };
        let range = query.window.range(total, QUERY_IDS_MAX, find)?;
        let [from, to] =
            [range.start, range.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
        let some = order.get(from..to).unwrap_or_default();
        QueryAnswer {
            account_id: query.account,
            query_state: emails.states().email.to_string(),
            can_calculate_changes: asked.is_told_by_changes(),
            position: range.start,
            ids: some.iter().map(|id| ids::email(*id)).collect(),
            total: query.total.of(total),
            limit: query.window.limit_told(QUERY_IDS_MAX),
        }
        .arguments()
    })
}

/// Whether each thread is given once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Threads {
    /// By the first of its emails (RFC 8621, 4.4.3).
    Collapsed,
    Whole,
}

impl Threads {
    pub(super) fn take(arguments: &mut Arguments) -> Result<Threads, MethodError> {
        let is_collapsed = arguments.or("collapseThreads", false)?;
        Ok(if is_collapsed { Threads::Collapsed } else { Threads::Whole })
    }
}

/// What an order is made of.
pub(super) struct Asked<'q> {
    filter: Option<&'q Filter<Condition>>,
    sort: Sort,
    threads: Threads,
}

impl<'q> Asked<'q> {
    pub(super) fn of(
        filter: Option<&'q Filter<Condition>>,
        sort: &[Comparator],
        threads: Threads,
    ) -> Result<Asked<'q>, MethodError> {
        Ok(Asked { filter, sort: Sort::of(sort)?, threads })
    }

    /// Whether what becomes of an email in the results follows from the email alone, so that its changes tell how they change.
    pub(super) fn is_told_by_changes(&self) -> bool {
        let is_of_threads = |filter: &Filter<Condition>| filter.any(&|it| it.is_of_threads());
        self.threads == Threads::Whole
            && !self.sort.is_of_threads()
            && !self.filter.is_some_and(is_of_threads)
    }
}

/// What an order is kept as: what it was asked for with.
pub(super) fn key(arguments: &Map<String, Value>) -> String {
    let part = |name: &str| arguments.get(name).unwrap_or(&Value::Null);
    let parts = ["filter", "sort", "collapseThreads"].map(part);
    serde_json::to_string(&parts).unwrap_or_default()
}

impl Context {
    /// All emails that match, in order.
    pub(super) async fn order(
        &self,
        emails: &Arc<Emails>,
        key: String,
        asked: &Asked<'_>,
    ) -> Result<Arc<[EmailId]>, MethodError> {
        if let Some(order) = emails.kept(&key) {
            return Ok(order);
        }
        let found = self.find(emails, asked.filter).await?;
        let sorted = self.sorted(emails, found, &asked.sort).await?;
        let entries = sorted.iter().filter_map(|index| {
            emails.all().entries.get(usize::try_from(*index).ok()?).map(|entry| entry.email)
        });
        let order: Arc<[EmailId]> = match asked.threads {
            Threads::Whole => entries.collect(),
            Threads::Collapsed => {
                let mut seen = HashSet::new();
                entries.filter(|email| seen.insert(emails.thread_of(*email))).collect()
            }
        };
        if key.len() <= ORDER_KEY_OCTETS_MAX {
            emails.keep(key, Arc::clone(&order));
        }
        Ok(order)
    }
}
