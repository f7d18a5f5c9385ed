//! Activity/query: what happened last comes first.

use mailbox::ModSeq;
use mailbox::operations::Change;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{CAPABILITY, action, id, mailboxes, modseq_of};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::QUERY_IDS_MAX;
use crate::run::Row;
use crate::server::{Context, ids, who};
use crate::standard::{Filter, Query, QueryAnswer, Total, Window, filter_date};

pub(super) const ROW: Row<Context> =
    Row { name: "Activity/query", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// How many lines are looked at before others get their turn.
const STEP_LINES: usize = 128;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Said {
    after: Option<String>,
    before: Option<String>,
    door: Option<String>,
    device: Option<String>,
    in_mailbox: Option<Id>,
    action: Option<String>,
}

/// What has to be of a change.
#[derive(Debug)]
struct Condition {
    said: Said,
    after: Option<i64>,
    before: Option<i64>,
}

fn condition(object: Map<String, Value>) -> Result<Condition, MethodError> {
    let said: Said = serde_json::from_value(Value::Object(object))
        .map_err(|error| MethodError::UnsupportedFilter { description: error.to_string() })?;
    let after = filter_date("after", said.after.as_deref())?;
    let before = filter_date("before", said.before.as_deref())?;
    Ok(Condition { said, after, before })
}

impl Condition {
    fn matches(&self, change: &Change) -> bool {
        let Said { door, device, in_mailbox, action: wanted, .. } = &self.said;
        let is_in = |id: &Id| {
            let mailbox = ids::mailbox_of(id);
            let (to, from) = mailboxes(&change.what);
            mailbox.is_some() && (to == mailbox || from == mailbox)
        };
        self.after.is_none_or(|after| change.time.0 >= after)
            && self.before.is_none_or(|before| change.time.0 < before)
            && door.as_ref().is_none_or(|name| who::door(change.who.door) == name)
            && device.as_ref().is_none_or(|name| change.who.device.as_ref() == Some(name))
            && in_mailbox.as_ref().is_none_or(is_in)
            && wanted.as_ref().is_none_or(|name| action(&change.what) == name)
    }
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let query = Query::take(&mut arguments, condition)?;
    arguments.end()?;
    let context = &*call.context;
    context.check_account(&query.account)?;
    let wrong = query.sort.iter().find(|it| it.property != "at" || it.is_ascending);
    if let Some(comparator) = wrong {
        return Err(MethodError::UnsupportedSort { description: comparator.property.clone() });
    }
    let state = *context.account.bell().borrow();
    let enough = enough(&query.window, query.total);
    let found = context.activities(query.filter.as_ref(), state, enough).await?;
    QueryAnswer::of_many(query, state.to_string(), &found, modseq_of, |it| id(*it))?.arguments()
}

/// How many results there must be to answer; none: all.
fn enough(window: &Window, total: Total) -> Option<u64> {
    let from = u64::try_from(window.position).ok()?;
    let is_enough = window.anchor.is_none() && total == Total::Unwanted;
    let limit = window.limit.unwrap_or(QUERY_IDS_MAX).min(QUERY_IDS_MAX);
    is_enough.then(|| from.saturating_add(limit))
}

impl Context {
    /// Walks back through the log, of which a bounded number of lines is kept.
    async fn activities(
        &self,
        filter: Option<&Filter<Condition>>,
        last: ModSeq,
        enough: Option<u64>,
    ) -> Result<Vec<ModSeq>, MethodError> {
        let enough = enough.map_or(usize::MAX, |it| usize::try_from(it).unwrap_or(usize::MAX));
        let (mut found, mut up_to) = (Vec::new(), last);
        loop {
            let lines = self.account.changes_up_to(up_to, STEP_LINES);
            let lines = lines.map_err(|fault| self.failed(&fault))?;
            let fits = |line: &&Change| {
                filter.is_none_or(|it| it.matches(&mut |condition| condition.matches(line)))
            };
            found.extend(lines.iter().filter(fits).map(|line| line.modseq));
            let next = lines.last().and_then(|line| line.modseq.0.checked_sub(1));
            match next.filter(|_| found.len() < enough) {
                Some(next) => up_to = ModSeq(next),
                None => return Ok(found),
            }
            lane::breathe(Some(self.account.turns())).await;
        }
    }
}
