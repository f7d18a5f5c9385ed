//! Preferences/get.

use serde_json::{Map, Value};

use super::{CAPABILITY, PROPERTIES, Preferences, SINGLETON};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, drawer};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "Preferences/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&get.account)?;
    get.check_properties(&PROPERTIES)?;
    let drawer = drawer::open::<Preferences>(call.context).await?;
    let preferences =
        drawer.iter().next().map(|(_, preferences)| preferences.clone()).unwrap_or_default();
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    match get.ids.clone() {
        None => list.push(get.wanted(preferences.object())),
        Some(ids) => {
            for id in ids {
                if id.as_str() == SINGLETON {
                    list.push(get.wanted(preferences.object()));
                } else {
                    not_found.push(id);
                }
            }
        }
    }
    GetAnswer { account_id: get.account, state: drawer.state(), list, not_found }.arguments()
}
