//! PushSubscription/get (RFC 8620, 7.2.1).

use serde_json::{Map, Value};

use super::{PushSubscription, SHOWN};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::core::CAPABILITY;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, drawer, ids};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "PushSubscription/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::of(call.context.account_id(), &mut arguments, call.limits)?;
    arguments.end()?;
    let is_secret = |name: &String| name == "url" || name == "keys";
    if get.properties.iter().flatten().any(is_secret) {
        return Err(MethodError::Forbidden);
    }
    get.check_properties(&SHOWN)?;
    let credential = &call.context.user.credential;
    let drawer = drawer::open::<PushSubscription>(call.context).await?;
    let own = |number: u64| drawer.get(number).filter(|it| it.credential == *credential);
    let shown = |number: u64, it: &PushSubscription| get.wanted(it.object(number));
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    match get.ids.clone() {
        None => list.extend(
            drawer
                .iter()
                .filter(|(number, _)| own(*number).is_some())
                .map(|(number, it)| shown(number, it)),
        ),
        Some(ids) => {
            for id in ids {
                match ids::push_subscription_of(&id).and_then(|number| Some((number, own(number)?)))
                {
                    Some((number, it)) => list.push(shown(number, it)),
                    None => not_found.push(id),
                }
            }
        }
    }
    let answer = GetAnswer { account_id: get.account, state: String::new(), list, not_found };
    let mut arguments = answer.arguments()?;
    // They are of no account, and have no state.
    arguments.retain(|name, _| name == "list" || name == "notFound");
    Ok(arguments)
}
