//! Cards (RFC 9610, 3).

mod changes;
mod copy;
mod get;
mod photos;
mod query;
mod query_changes;
mod set;
mod shown;

use mailbox::ContactsChanged;

use super::super::Context;
use super::CAPABILITY;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::CHANGES_IDS_MAX;
use crate::run::Row;
use crate::standard::{Changes, ChangesAnswer};

pub(super) const ROWS: &[Row<Context>] =
    &[get::ROW, changes::ROW, query::ROW, query_changes::ROW, set::ROW, copy::ROW];

/// A state that a client says it knows. One that is none of ours cannot be told from.
fn state_of(text: &str) -> Result<u64, MethodError> {
    let number: Option<u64> = text.parse().ok();
    let number = number.filter(|number| number.to_string() == text);
    number.ok_or(MethodError::CannotCalculateChanges)
}

/// What changed since the state that a client knows.
pub(super) fn told<I: Copy>(
    asked: Changes,
    changes: impl Fn(u64, u64) -> Option<ContactsChanged<I>>,
    id: impl Fn(I) -> Id,
) -> Result<ChangesAnswer, MethodError> {
    let since = state_of(&asked.since)?;
    let most = asked.most.map_or(CHANGES_IDS_MAX, |most| most.get().min(CHANGES_IDS_MAX));
    let changed = changes(since, most).ok_or(MethodError::CannotCalculateChanges)?;
    let ids = |list: &[I]| list.iter().map(|it| id(*it)).collect();
    Ok(ChangesAnswer {
        account_id: asked.account,
        old_state: asked.since,
        new_state: changed.to.to_string(),
        has_more_changes: changed.has_more,
        created: ids(&changed.created),
        updated: ids(&changed.updated),
        destroyed: ids(&changed.destroyed),
    })
}
