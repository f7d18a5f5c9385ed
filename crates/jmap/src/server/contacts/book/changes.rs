//! AddressBook/changes (RFC 9610, 2.2).

use serde_json::{Map, Value};

use super::CAPABILITY;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::run::Row;
use crate::server::contacts::card::told;
use crate::server::{Context, ids};
use crate::standard::Changes;

pub(super) const ROW: Row<Context> =
    Row { name: "AddressBook/changes", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let asked = Changes::take(&mut arguments)?;
    arguments.end()?;
    let contacts = call.context.contacts(&asked.account).await?;
    told(asked, |since, most| contacts.book_changes(since, most), ids::book)?.arguments()
}
