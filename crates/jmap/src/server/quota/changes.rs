//! Quota/changes (RFC 9425, 4.3).

use serde_json::json;

use super::super::Context;
use super::{CAPABILITY, Changed, Quotas};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::{Answered, Row};
use crate::standard::{Changes, ChangesAnswer};

pub(super) const ROW: Row<Context> = Row { name: "Quota/changes", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let changes = Changes::take(&mut arguments)?;
        arguments.end()?;
        call.context.check_account(&changes.account)?;
        let before =
            changes.since.parse::<Quotas>().map_err(|_| MethodError::CannotCalculateChanges)?;
        let now = Quotas::of(call.context)?;
        let Changed { created, updated, destroyed, only_used } = Changed::between(&before, &now);
        let count = created.len().saturating_add(updated.len()).saturating_add(destroyed.len());
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        // There is no state between the two.
        if changes.most.is_some_and(|most| most.get() < count) {
            return Err(MethodError::CannotCalculateChanges);
        }
        let only_used = only_used && !updated.is_empty();
        let answer = ChangesAnswer {
            account_id: changes.account,
            old_state: changes.since,
            new_state: now.to_string(),
            has_more_changes: false,
            created,
            updated,
            destroyed,
        };
        let mut answer = answer.arguments()?;
        let properties = if only_used { json!(["used"]) } else { json!(null) };
        answer.insert("updatedProperties".to_owned(), properties);
        Ok(answer)
    })
}
