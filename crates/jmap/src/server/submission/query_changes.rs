//! EmailSubmission/queryChanges (RFC 8621, 7.4).

use serde_json::{Map, Value};

use super::query::{condition, results};
use super::{CAPABILITY, Submission};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, drawer, ids};
use crate::standard::QueryChanges;

pub(super) const ROW: Row<Context> = Row {
    name: "EmailSubmission/queryChanges",
    capability: CAPABILITY,
    run: |call| Box::pin(run(call)),
};

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let asked = QueryChanges::take(&mut arguments, condition)?;
    arguments.end()?;
    call.context.check_account(&asked.account)?;
    let drawer = drawer::open::<Submission>(call.context).await?;
    let touched = drawer.touched(&asked.since)?;
    let found = results(&drawer, asked.filter.as_ref(), &asked.sort)?;
    let removed = touched.removed.into_iter().map(ids::submission).collect();
    let created: Vec<_> = touched.created.into_iter().map(ids::submission).collect();
    asked.answer(drawer.state(), removed, &created, found.into_iter())?.arguments()
}
