//! Quota/queryChanges (RFC 9425, 4.5).

use super::super::Context;
use super::query::{condition, results};
use super::{CAPABILITY, Changed, Quota, Quotas};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::{Answered, Row};
use crate::standard::QueryChanges;

pub(super) const ROW: Row<Context> =
    Row { name: "Quota/queryChanges", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let asked = QueryChanges::take(&mut arguments, condition)?;
        arguments.end()?;
        call.context.check_account(&asked.account)?;
        let before =
            asked.since.parse::<Quotas>().map_err(|_| MethodError::CannotCalculateChanges)?;
        let now = Quotas::of(call.context)?;
        let found = results(&now, call.using, asked.filter.as_ref(), &asked.sort)?;
        let Changed { created, updated, destroyed, .. } = Changed::between(&before, &now);
        let removed = [destroyed, updated].concat();
        asked.answer(now.to_string(), removed, &created, found.iter().map(Quota::id))?.arguments()
    })
}
