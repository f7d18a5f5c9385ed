//! Email/copy (RFC 8621, 4.7).

use serde_json::{Map, Value};

use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, mail};
use crate::standard::Copy;

pub(super) const ROW: Row<Context> =
    Row { name: "Email/copy", capability: mail::CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let asked = Copy::take(Arguments::of(call.arguments()))?;
    Err(asked.refused(|account| call.context.check_account(account)))
}
