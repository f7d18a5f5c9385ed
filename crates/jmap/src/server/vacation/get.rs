//! VacationResponse/get (RFC 8621, 8.1).

use serde_json::{Map, Value};

use super::{CAPABILITY, PROPERTIES, SINGLETON, Vacation};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, drawer};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "VacationResponse/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&get.account)?;
    get.check_properties(&PROPERTIES)?;
    let drawer = drawer::open::<Vacation>(call.context).await?;
    let vacation = drawer.iter().next().map(|(_, vacation)| vacation.clone()).unwrap_or_default();
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    match get.ids.clone() {
        None => list.push(get.wanted(vacation.object())),
        Some(ids) => {
            for id in ids {
                if id.as_str() == SINGLETON {
                    list.push(get.wanted(vacation.object()));
                } else {
                    not_found.push(id);
                }
            }
        }
    }
    GetAnswer { account_id: get.account, state: drawer.state(), list, not_found }.arguments()
}
