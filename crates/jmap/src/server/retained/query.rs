//! RetainedEmail/query: what can be brought back, what was destroyed last first.

use mailbox::operations::Retained;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{CAPABILITY, Named, named};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::run::Row;
use crate::server::{Context, activity, ids, who};
use crate::standard::{Filter, Query, QueryAnswer, Total, filter_date};

pub(super) const ROW: Row<Context> =
    Row { name: "RetainedEmail/query", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// How many values of what is retained are looked at before others get their turn.
const STEP_VALUES: usize = 16;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Said {
    in_mailbox: Option<Id>,
    door: Option<String>,
    activity_id: Option<Id>,
    after: Option<String>,
    before: Option<String>,
}

/// What has to be of what was removed together.
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
    fn matches(&self, group: &Retained) -> bool {
        let Condition { said: Said { in_mailbox, door, activity_id, .. }, after, before } = self;
        in_mailbox.as_ref().is_none_or(|id| ids::mailbox_of(id) == Some(group.mailbox))
            && door.as_ref().is_none_or(|name| who::door(group.who.door) == name)
            && activity_id.as_ref().is_none_or(|id| activity::modseq_of(id) == Some(group.modseq))
            && after.is_none_or(|after| group.time.0 >= after)
            && before.is_none_or(|before| group.time.0 < before)
    }
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let query = Query::take(&mut arguments, condition)?;
    arguments.end()?;
    let context = &*call.context;
    context.check_account(&query.account)?;
    if let Some(comparator) =
        query.sort.iter().find(|it| it.property != "deletedAt" || it.is_ascending)
    {
        return Err(MethodError::UnsupportedSort { description: comparator.property.clone() });
    }
    let state = context.retained_state()?;
    let Found { found, octets } = context.retained(query.filter.as_ref()).await?;
    let total = query.total;
    let answer = QueryAnswer::of_many(query, state, &found, Named::of, |named| named.id())?;
    let mut answer = answer.arguments()?;
    if total == Total::Wanted {
        answer.insert("totalSize".to_owned(), json!(octets));
    }
    Ok(answer)
}

struct Found {
    /// The last first.
    found: Vec<Named>,
    octets: u64,
}

impl Context {
    /// Walks through what is retained, of which an account has a bounded number.
    async fn retained(&self, filter: Option<&Filter<Condition>>) -> Result<Found, MethodError> {
        let (mut all, mut place) = (Found { found: Vec::new(), octets: 0 }, None);
        loop {
            let part = self.account.retained_part(place.as_ref(), STEP_VALUES);
            let (groups, next) = part.map_err(|fault| self.failed(&fault))?;
            for group in groups {
                let fits = |filter: &Filter<Condition>| {
                    filter.matches(&mut |condition| condition.matches(&group))
                };
                if filter.is_none_or(fits) {
                    for (named, entry) in named(&group).rev() {
                        all.found.push(named);
                        all.octets = all.octets.saturating_add(entry.octets.into());
                    }
                }
            }
            place = next;
            if place.is_none() {
                return Ok(all);
            }
            lane::breathe(Some(self.account.turns())).await;
        }
    }
}
