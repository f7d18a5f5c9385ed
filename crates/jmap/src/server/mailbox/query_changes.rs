//! Mailbox/queryChanges (RFC 8621, 2.4).

use super::CAPABILITY;
use super::listing::Listing;
use super::query::{AsTree, condition, results};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::{Answered, Row};
use crate::server::{Context, ids, states};
use crate::standard::QueryChanges;

pub(super) const ROW: Row<Context> =
    Row { name: "Mailbox/queryChanges", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let asked = QueryChanges::take(&mut arguments, condition)?;
        let as_tree = AsTree::take(&mut arguments)?;
        arguments.end()?;
        let emails = call.context.emails(&asked.account).await?;
        let listing = Listing::of(call.context, &emails)?;
        let found = results(&listing, asked.filter.as_ref(), &asked.sort, as_tree)?;
        // In a tree a mailbox goes with those above it, although it does not change itself.
        if !as_tree.is_plain() {
            return Err(MethodError::CannotCalculateChanges);
        }
        let since = states::read(&asked.since)?;
        call.context.look_back(&emails, since).await;
        let changed = call.context.account.mailbox_changes(&emails, since, None);
        let changed = changed.map_err(|fault| call.context.failed(&fault))?;
        let (changed, _) = changed.ok_or(MethodError::CannotCalculateChanges)?;
        let ids = |list: &[mailbox::MailboxId]| list.iter().map(|id| ids::mailbox(*id)).collect();
        let removed = [changed.destroyed, changed.updated].concat();
        let state = emails.states().mailbox.to_string();
        let created: Vec<_> = ids(&changed.created);
        asked.answer(state, ids(&removed), &created, found.into_iter())?.arguments()
    })
}
