//! EmailSubmission/query (RFC 8621, 7.3).

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{CAPABILITY, Submission};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::mail::read_utc_date;
use crate::run::Row;
use crate::server::drawer::{self, Drawer};
use crate::server::{Context, ids};
use crate::standard::{Comparator, Filter, Query, QueryAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "EmailSubmission/query", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Condition {
    identity_ids: Option<Vec<Id>>,
    email_ids: Option<Vec<Id>>,
    thread_ids: Option<Vec<Id>>,
    undo_status: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

pub(super) fn condition(object: Map<String, Value>) -> Result<Condition, MethodError> {
    let wrong = |description| MethodError::UnsupportedFilter { description };
    let condition: Condition =
        serde_json::from_value(object.into()).map_err(|error| wrong(error.to_string()))?;
    let mut dates = condition.before.iter().chain(&condition.after);
    match dates.find(|date| read_utc_date(date).is_none()) {
        Some(date) => Err(wrong(format!("{date} is no UTCDate"))),
        None => Ok(condition),
    }
}

impl Condition {
    fn matches(&self, submission: &Submission) -> bool {
        let email = ids::email(mailbox::EmailId(submission.email));
        let thread = ids::thread(mailbox::ThreadId(submission.thread));
        let among =
            |list: &Option<Vec<Id>>, id: &Id| list.as_ref().is_none_or(|it| it.contains(id));
        let date = |date: &Option<String>| date.as_deref().and_then(read_utc_date);
        among(&self.identity_ids, &ids::identity(submission.identity))
            && among(&self.email_ids, &email)
            && among(&self.thread_ids, &thread)
            && self.undo_status.as_deref().is_none_or(|undo| undo == submission.undo.name())
            && date(&self.before).is_none_or(|before| submission.send_at < before)
            && date(&self.after).is_none_or(|after| submission.send_at >= after)
    }
}

type Order = fn(&Submission, &Submission) -> Ordering;

/// Those that match, in order; the one that was made first comes first where nothing else says.
pub(super) fn results(
    drawer: &Drawer<Submission>,
    filter: Option<&Filter<Condition>>,
    sort: &[Comparator],
) -> Result<Vec<Id>, MethodError> {
    let mut orders: Vec<(Order, bool)> = Vec::with_capacity(sort.len());
    for comparator in sort {
        comparator.collation()?;
        let order: Order = match comparator.property.as_str() {
            "emailId" => |one, other| one.email.cmp(&other.email),
            "threadId" => |one, other| one.thread.cmp(&other.thread),
            // RFC 8621, 7.3 says sentAt; the property is called sendAt.
            "sentAt" | "sendAt" => |one, other| one.send_at.cmp(&other.send_at),
            other => return Err(MethodError::UnsupportedSort { description: other.to_owned() }),
        };
        orders.push((order, comparator.is_ascending));
    }
    let says = |submission: &Submission| {
        filter.is_none_or(|filter| filter.matches(&mut |condition| condition.matches(submission)))
    };
    let mut found: Vec<(u64, &Submission)> = drawer.iter().filter(|(_, it)| says(it)).collect();
    found.sort_by(|(_, one), (_, other)| {
        orders.iter().fold(Ordering::Equal, |so_far, (order, is_ascending)| {
            let order = order(one, other);
            so_far.then(if *is_ascending { order } else { order.reverse() })
        })
    });
    Ok(found.into_iter().map(|(number, _)| ids::submission(number)).collect())
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let query = Query::take(&mut arguments, condition)?;
    arguments.end()?;
    call.context.check_account(&query.account)?;
    let drawer = drawer::open::<Submission>(call.context).await?;
    let found = results(&drawer, query.filter.as_ref(), &query.sort)?;
    QueryAnswer::of(query.account, &query.window, query.total, drawer.state(), found)?.arguments()
}
