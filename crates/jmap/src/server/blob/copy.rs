//! Blob/copy (RFC 8620, 6.3). A user has one account so far, so that what is copied is where it was.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Blob;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::core;
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::run::Row;
use crate::server::Context;

pub(super) const ROW: Row<Context> =
    Row { name: "Blob/copy", capability: core::CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let from: Id = arguments.required("fromAccountId")?;
    let account: Id = arguments.required("accountId")?;
    let ids: Vec<Id> = arguments.required("blobIds")?;
    arguments.end()?;
    let context = &*call.context;
    context.check_account(&account)?;
    context.check_account(&from).map_err(|_| MethodError::FromAccountNotFound)?;
    if ids.len() > call.limits.objects_in_set_max {
        let description = format!("blobIds: more than {}", call.limits.objects_in_set_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    let (mut copied, mut not_copied) = (BTreeMap::new(), BTreeMap::new());
    for id in ids {
        match Blob::find(context, &id).await? {
            Some(_) => drop(copied.insert(id.clone(), id)),
            None => drop(not_copied.insert(id, SetError::of("notFound"))),
        }
    }
    let mut answer = Map::new();
    answer.insert("fromAccountId".to_owned(), json!(from));
    answer.insert("accountId".to_owned(), json!(account));
    answer.insert("copied".to_owned(), or_null(&copied, copied.is_empty()));
    answer.insert("notCopied".to_owned(), or_null(&not_copied, not_copied.is_empty()));
    Ok(answer)
}

fn or_null(map: &impl serde::Serialize, is_empty: bool) -> Value {
    if is_empty { Value::Null } else { json!(map) }
}
