//! Email/changes (RFC 8621, 4.3).

use super::CAPABILITY;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::{Answered, Row};
use crate::server::{Context, ids, states};
use crate::standard::Changes;

pub(super) const ROW: Row<Context> = Row { name: "Email/changes", capability: CAPABILITY, run };

fn run<'a>(call: &'a mut Call<'_, Context>) -> Answered<'a> {
    Box::pin(async {
        let mut arguments = Arguments::of(call.arguments());
        let asked = Changes::take(&mut arguments)?;
        arguments.end()?;
        let emails = call.context.emails(&asked.account).await?;
        let since = states::read(&asked.since)?;
        call.context.look_back(&emails, since).await;
        let most = states::most(&asked);
        let found = call.context.account.email_changes(&emails, since, most);
        let found = found.map_err(|fault| call.context.failed(&fault))?;
        let changed = found.ok_or(MethodError::CannotCalculateChanges)?;
        states::answer(asked, changed, ids::email).arguments()
    })
}
