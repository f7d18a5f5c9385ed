//! EmailSubmission/changes (RFC 8621, 7.2).

use serde_json::{Map, Value};

use super::{CAPABILITY, Submission};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, drawer, ids};
use crate::standard::Changes;

pub(super) const ROW: Row<Context> = Row {
    name: "EmailSubmission/changes",
    capability: CAPABILITY,
    run: |call| Box::pin(run(call)),
};

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let changes = Changes::take(&mut arguments)?;
    arguments.end()?;
    call.context.check_account(&changes.account)?;
    let drawer = drawer::open::<Submission>(call.context).await?;
    drawer.changes(changes, ids::submission)?.arguments()
}
