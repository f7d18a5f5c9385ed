//! Blob/lookup: what a blob is found in (RFC 9404, 4.3).

use mailbox::Emails;
use serde_json::{Map, Value, json};

use super::{CAPABILITY, Named};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::run::Row;
use crate::server::{Context, ids, mail};

pub(super) const ROW: Row<Context> =
    Row { name: "Blob/lookup", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// The types of objects that blobs are found in.
pub(super) const TYPES: [&str; 3] = ["Mailbox", "Thread", "Email"];

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let types: Vec<String> = arguments.required("typeNames")?;
    let blobs: Vec<Id> = arguments.required("ids")?;
    arguments.end()?;
    call.context.check_account(&account)?;
    let uses_mail = call.using.iter().any(|name| name == mail::CAPABILITY);
    if !uses_mail || types.iter().any(|name| !TYPES.contains(&name.as_str())) {
        return Err(MethodError::UnknownDataType);
    }
    if blobs.len() > call.limits.objects_in_get_max {
        let description = format!("ids: more than {}", call.limits.objects_in_get_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    let context = &*call.context;
    let emails = context.account.emails().await.map_err(|error| context.not_done(&error))?;
    let list: Vec<Value> = blobs
        .iter()
        .map(|blob| json!({"id": blob, "matchedIds": matched(&emails, blob, &types)}))
        .collect();
    let mut answer = Map::new();
    answer.insert("accountId".to_owned(), json!(account));
    answer.insert("list".to_owned(), list.into());
    Ok(answer)
}

/// What is not there, or not to be seen, is found in nothing.
fn matched(emails: &Emails, blob: &Id, types: &[String]) -> Map<String, Value> {
    let email = match ids::blob_of(blob) {
        Some(Named::Email(email, _)) => emails.thread_of(email).map(|thread| (email, thread)),
        Some(Named::Upload(..)) | None => None,
    };
    let of_type = |name: &str| -> Vec<Id> {
        let Some((email, thread)) = email else { return Vec::new() };
        match name {
            "Mailbox" => emails.places(email).iter().map(|(it, _)| ids::mailbox(*it)).collect(),
            "Thread" => vec![ids::thread(thread)],
            _ => vec![ids::email(email)],
        }
    };
    types.iter().map(|name| (name.clone(), json!(of_type(name)))).collect()
}
