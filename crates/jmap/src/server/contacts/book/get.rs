//! AddressBook/get (RFC 9610, 2.1).

use serde_json::{Map, Value};

use super::{CAPABILITY, PROPERTIES, object};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::{Context, ids};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "AddressBook/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&get.account)?;
    get.check_properties(&PROPERTIES)?;
    let contacts = call.context.contacts(&get.account).await?;
    let all = || contacts.books().iter().map(|book| ids::book(book.id)).collect();
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for id in get.ids.clone().unwrap_or_else(all) {
        match ids::book_of(&id).and_then(|book| contacts.book(book)) {
            Some(book) => list.push(get.wanted(object(book, contacts.default_book()))),
            None => not_found.push(id),
        }
    }
    let state = contacts.states().books.to_string();
    GetAnswer { account_id: get.account, state, list, not_found }.arguments()
}
