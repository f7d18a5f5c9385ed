//! ContactCard/copy (RFC 9610, 3.6). It copies from one account to another, and a user has one so far.

use serde_json::{Map, Value};

use super::CAPABILITY;
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::run::Row;
use crate::server::Context;

pub(super) const ROW: Row<Context> =
    Row { name: "ContactCard/copy", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let from: Id = arguments.required("fromAccountId")?;
    let account: Id = arguments.required("accountId")?;
    let _: Option<String> = arguments.optional("ifFromInState")?;
    let _: Option<String> = arguments.optional("ifInState")?;
    let _: Map<String, Value> = arguments.required("create")?;
    let _: bool = arguments.or("onSuccessDestroyOriginal", false)?;
    let _: Option<String> = arguments.optional("destroyFromIfInState")?;
    arguments.end()?;
    call.context.check_account(&account)?;
    call.context.check_account(&from).map_err(|_| MethodError::FromAccountNotFound)?;
    // RFC 8620, 5.4: the two are different.
    Err(invalid("fromAccountId", "it is the account to copy to"))
}
