//! Types of which a user has some objects that are kept together in a drawer: `/get` and `/changes` (RFC 8620, 5.1 and 5.2).

use serde_json::{Map, Value};

use super::Context;
use super::drawer::{self, Object};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::standard::{Changes, Get, GetAnswer};

/// Such a type.
pub(super) trait Listed: Object {
    /// What it has, the id among it.
    const PROPERTIES: &'static [&'static str];

    /// The id of a number.
    fn id(number: u64) -> Id;

    /// The number of an id; none: it is no id of this type.
    fn number(id: &Id) -> Option<u64>;

    /// As clients see it.
    fn object(&self, number: u64) -> Map<String, Value>;
}

/// `/get` of such a type.
pub(super) async fn get<T: Listed>(
    call: &mut Call<'_, Context>,
) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&get.account)?;
    get.check_properties(T::PROPERTIES)?;
    let drawer = drawer::open::<T>(call.context).await?;
    let all = || drawer.iter().map(|(number, _)| T::id(number)).collect();
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for id in get.ids.clone().unwrap_or_else(all) {
        match T::number(&id).and_then(|number| Some((number, drawer.get(number)?))) {
            Some((number, object)) => list.push(get.wanted(object.object(number))),
            None => not_found.push(id),
        }
    }
    GetAnswer { account_id: get.account, state: drawer.state(), list, not_found }.arguments()
}

/// `/changes` of such a type.
pub(super) async fn changes<T: Listed>(
    call: &mut Call<'_, Context>,
) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let changes = Changes::take(&mut arguments)?;
    arguments.end()?;
    call.context.check_account(&changes.account)?;
    let drawer = drawer::open::<T>(call.context).await?;
    drawer.changes(changes, T::id)?.arguments()
}
