//! ContactCard/copy (RFC 9610, 3.6).

use serde_json::{Map, Value};

use super::CAPABILITY;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::Context;
use crate::standard::Copy;

pub(super) const ROW: Row<Context> =
    Row { name: "ContactCard/copy", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let asked = Copy::take(Arguments::of(call.arguments()))?;
    Err(asked.refused(|account| call.context.check_account(account)))
}
