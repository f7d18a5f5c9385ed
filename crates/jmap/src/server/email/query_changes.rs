//! Email/queryChanges (RFC 8621, 4.5).

use super::CAPABILITY;
use super::query::condition::condition;
use super::query::{Asked, Threads, key};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::{Answered, Row};
use crate::server::{Context, ids, states};
use crate::standard::QueryChanges;

pub(super) const ROW: Row<Context> =
    Row { name: "Email/queryChanges", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let arguments = call.arguments();
        let key = key(&arguments);
        let mut arguments = Arguments::of(arguments);
        let changes = QueryChanges::take(&mut arguments, condition)?;
        let threads = Threads::take(&mut arguments)?;
        arguments.end()?;
        let emails = call.context.emails(&changes.account).await?;
        let asked = Asked::of(changes.filter.as_ref(), &changes.sort, threads)?;
        // What becomes of an email may move others of its thread, which did not change.
        if !asked.is_told_by_changes() {
            return Err(MethodError::CannotCalculateChanges);
        }
        let since = states::read(&changes.since)?;
        call.context.look_back(&emails, since).await;
        let found = call.context.account.email_changes(&emails, since, None);
        let found = found.map_err(|fault| call.context.failed(&fault))?;
        let found = found.ok_or(MethodError::CannotCalculateChanges)?;
        let order = call.context.order(&emails, key, &asked).await?;
        drop(asked);
        let ids = |list: &[mailbox::EmailId]| list.iter().map(|id| ids::email(*id)).collect();
        let before = [found.destroyed, found.updated].concat();
        let created: Vec<_> = ids(&found.created);
        let state = emails.states().email.to_string();
        let results = order.iter().map(|id| ids::email(*id));
        changes.answer(state, ids(&before), &created, results)?.arguments()
    })
}
