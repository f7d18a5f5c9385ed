//! Mailbox/changes (RFC 8621, 2.2).

use mailbox::OnlyCounts;
use serde_json::{Value, json};

use super::CAPABILITY;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::{Answered, Row};
use crate::server::{Context, ids, states};
use crate::standard::Changes;

pub(super) const ROW: Row<Context> = Row { name: "Mailbox/changes", capability: CAPABILITY, run };

/// What changes with the mail in a mailbox.
const COUNTS: [&str; 4] = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"];

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let asked = Changes::take(&mut arguments)?;
        arguments.end()?;
        let emails = call.context.emails(&asked.account).await?;
        let since = states::read(&asked.since)?;
        call.context.look_back(&emails, since).await;
        let most = states::most(&asked);
        let found = call.context.account.mailbox_changes(&emails, since, most);
        let found = found.map_err(|fault| call.context.failed(&fault))?;
        let (changed, only) = found.ok_or(MethodError::CannotCalculateChanges)?;
        let updated_properties = match only {
            OnlyCounts::Yes if !changed.updated.is_empty() => json!(COUNTS),
            OnlyCounts::Yes | OnlyCounts::No => Value::Null,
        };
        let mut answer = states::answer(asked, changed, ids::mailbox).arguments()?;
        answer.insert("updatedProperties".to_owned(), updated_properties);
        Ok(answer)
    })
}
