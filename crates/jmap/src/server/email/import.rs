//! Email/import: messages that were uploaded (RFC 8621, 4.8).

use std::collections::BTreeMap;

use mailbox::ModSeq;
use serde_json::{Map, Value, json};

use super::create::{IfState, add};
use super::placing::Placing;
use super::written::{self, Outcome};
use crate::arguments::Arguments;
use crate::call::{Call, Created};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::run::Row;
use crate::server::blob::Blob;
use crate::server::{Context, mail};

pub(super) const ROW: Row<Context> =
    Row { name: "Email/import", capability: mail::CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let if_in_state: Option<String> = arguments.optional("ifInState")?;
    let emails: BTreeMap<Id, Map<String, Value>> = arguments.required("emails")?;
    arguments.end()?;
    call.context.check_account(&account)?;
    if emails.len() > call.limits.objects_in_set_max {
        let description = format!("emails: more than {}", call.limits.objects_in_set_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    let old = state(call.context).await?;
    if if_in_state.as_ref().is_some_and(|wanted| *wanted != old.to_string()) {
        return Err(MethodError::StateMismatch);
    }
    let mut if_state = if_in_state.map(|_| old);
    let (mut created, mut not_created) = (Map::new(), Map::new());
    for (creation, object) in emails {
        match import(call.context, call.created, &mut if_state, object).await? {
            Ok(made) => {
                let id = made.get("id").and_then(Value::as_str).map(str::to_owned);
                if let Some(Ok(id)) = id.map(Id::try_from) {
                    call.created.note(creation.clone(), id);
                }
                created.insert(creation.into(), made.into());
            }
            Err(error) => drop(not_created.insert(creation.into(), json!(error))),
        }
    }
    let mut answer = vec![
        ("accountId", json!(account)),
        ("oldState", json!(old.to_string())),
        ("newState", json!(state(call.context).await?.to_string())),
    ];
    // What there is none of is left out. RFC 8621, 4.8 has null there, which himalaya does not read; no client has been seen that needs it.
    let listed = [("created", created), ("notCreated", not_created)];
    answer
        .extend(listed.into_iter().filter(|(_, it)| !it.is_empty()).map(|(n, it)| (n, it.into())));
    Ok(answer.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

async fn state(context: &Context) -> Result<ModSeq, MethodError> {
    let emails = context.account.emails().await.map_err(|error| context.not_done(&error))?;
    Ok(emails.states().email)
}

async fn import(
    context: &Context,
    created: &Created,
    if_state: &mut IfState,
    mut object: Map<String, Value>,
) -> Outcome<Map<String, Value>> {
    let mailboxes = context.account.mailboxes().map_err(|fault| context.failed(&fault))?;
    let blob = object.remove("blobId");
    let blob = blob.as_ref().and_then(Value::as_str).and_then(|name| created.find(name));
    let mut placing = match Placing::take(&mut object, &mailboxes, created) {
        Ok(placing) => placing,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(other) = object.keys().next() {
        return Ok(Err(SetError::properties(&[other], "there is no such property")));
    }
    let blob = match &blob {
        Some(id) => Blob::find(context, id).await?,
        None => None,
    };
    let Some(blob) = blob else {
        return Ok(Err(SetError::properties(&["blobId"], "there is no such blob")));
    };
    let received = match written::take(context, &blob).await? {
        Ok(received) => received,
        Err(error) => return Ok(Err(error)),
    };
    if placing.received.is_none() {
        let header = written::header_of(context, &blob, &received).await?;
        placing.received = written::received_at(&header);
    }
    add(context, if_state, received, placing).await
}
