//! Blob/lookup: what a blob is found in (RFC 9404, 4.3).

use mailbox::Emails;
use serde_json::{Map, Value, json};

use super::{CAPABILITY, Named};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::run::Row;
use crate::server::{Context, contacts, ids, mail};

pub(super) const ROW: Row<Context> =
    Row { name: "Blob/lookup", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// The types of objects that blobs are found in.
pub(super) const TYPES: [&str; 4] = ["Mailbox", "Thread", "Email", "ContactCard"];

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let types: Vec<String> = arguments.required("typeNames")?;
    let blobs: Vec<Id> = arguments.required("ids")?;
    arguments.end()?;
    call.context.check_account(&account)?;
    let uses = |capability: &str| call.using.iter().any(|name| name == capability);
    let is_known = |name: &String| match name.as_str() {
        "ContactCard" => uses(contacts::CAPABILITY),
        name => TYPES.contains(&name) && uses(mail::CAPABILITY),
    };
    if !types.iter().all(is_known) {
        return Err(MethodError::UnknownDataType);
    }
    if blobs.len() > call.limits.objects_in_get_max {
        let description = format!("ids: more than {}", call.limits.objects_in_get_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    let context = &*call.context;
    let emails = context.account.emails().await.map_err(|error| context.not_done(&error))?;
    let mut list: Vec<Value> = Vec::with_capacity(blobs.len());
    for blob in &blobs {
        let card = context.card_of_photo(blob)?;
        let matched = matched(&emails, card.as_ref(), blob, &types);
        list.push(json!({"id": blob, "matchedIds": matched}));
    }
    let mut answer = Map::new();
    answer.insert("accountId".to_owned(), json!(account));
    answer.insert("list".to_owned(), list.into());
    Ok(answer)
}

/// What is not there, or not to be seen, is found in nothing.
fn matched(emails: &Emails, card: Option<&Id>, blob: &Id, types: &[String]) -> Map<String, Value> {
    let email = match ids::blob_of(blob) {
        Some(Named::Email(email, _)) => emails.thread_of(email).map(|thread| (email, thread)),
        Some(Named::Upload(..) | Named::Photo(..)) | None => None,
    };
    let of_type = |name: &str| -> Vec<Id> {
        if name == "ContactCard" {
            return card.cloned().into_iter().collect();
        }
        let Some((email, thread)) = email else { return Vec::new() };
        match name {
            "Mailbox" => emails.places(email).iter().map(|(it, _)| ids::mailbox(*it)).collect(),
            "Thread" => vec![ids::thread(thread)],
            _ => vec![ids::email(email)],
        }
    };
    types.iter().map(|name| (name.clone(), json!(of_type(name)))).collect()
}

impl Context {
    /// The card that has a photo.
    fn card_of_photo(&self, blob: &Id) -> Result<Option<Id>, MethodError> {
        let Some((card, name)) = ids::photo_of(blob) else { return Ok(None) };
        let photo = self.account.card_photo(card, &name).map_err(|fault| self.failed(&fault))?;
        Ok(photo.map(|_| ids::card(card)))
    }
}
