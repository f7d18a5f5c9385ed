//! EmailSubmission/get (RFC 8621, 7.1).

use serde_json::{Map, Value};

use super::{CAPABILITY, PROPERTIES, Submission};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, drawer, ids};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "EmailSubmission/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&get.account)?;
    get.check_properties(&PROPERTIES)?;
    let drawer = drawer::open::<Submission>(call.context).await?;
    let all = || drawer.iter().map(|(number, _)| ids::submission(number)).collect();
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for id in get.ids.clone().unwrap_or_else(all) {
        match ids::submission_of(&id).and_then(|number| Some((number, drawer.get(number)?))) {
            Some((number, submission)) => list.push(get.wanted(submission.object(number))),
            None => not_found.push(id),
        }
    }
    GetAnswer { account_id: get.account, state: drawer.state(), list, not_found }.arguments()
}
