//! Creating emails in Email/set (RFC 8621, 4.6).

use mailbox::{AddedEmail, Error, NewEmail, Received, Refused};
use serde_json::{Map, Value, json};

use super::placing::Placing;
use super::written::{self, Outcome};
use crate::call::Created;
use crate::error::SetError;
use crate::mail::Draft;
use crate::server::{Context, ids};

/// Creates one, and gives the properties that the client did not say.
pub(super) async fn create(
    context: &Context,
    created: &Created,
    mut object: Map<String, Value>,
) -> Outcome<Map<String, Value>> {
    let mailboxes = context.account.mailboxes().map_err(|fault| context.failed(&fault))?;
    let placing = Placing::take(&mut object, &mailboxes, created);
    for (name, value) in &mut object {
        if matches!(name.as_str(), "bodyStructure" | "textBody" | "htmlBody" | "attachments") {
            written::resolve_blobs(value, created);
        }
    }
    let draft = Draft::read(object);
    let (placing, draft) = match (placing, draft) {
        (Ok(placing), Ok(draft)) => (placing, draft),
        (Err(one), Err(other)) => return Ok(Err(both(one, other))),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Ok(Err(error)),
    };
    match written::build(context, draft).await? {
        Ok(received) => add(context, received, placing).await,
        Err(error) => Ok(Err(error)),
    }
}

/// All properties that are wrong, wherever they were found.
fn both(one: SetError, other: SetError) -> SetError {
    let mut properties = one.properties.unwrap_or_default();
    properties.extend(other.properties.unwrap_or_default());
    let description = [one.description, other.description];
    let description = description.into_iter().flatten().collect::<Vec<_>>().join("; ");
    SetError {
        properties: Some(properties),
        description: Some(description),
        ..SetError::of("invalidProperties")
    }
}

/// Puts a message where it goes.
pub(super) async fn add(
    context: &Context,
    received: Received,
    placing: Placing,
) -> Outcome<Map<String, Value>> {
    let Placing { mailboxes, keywords, received: internal_date } = placing;
    let added =
        context.account.add_email(NewEmail { received, mailboxes, keywords, internal_date });
    match added.await {
        Ok(added) => Ok(Ok(described(added))),
        // It went a moment ago.
        Err(Error::Refused(Refused::NoSuchMailbox)) => {
            Ok(Err(SetError::properties(&["mailboxIds"], "a mailbox is not there any more")))
        }
        Err(error) => context.not_set(&error).map(Err),
    }
}

fn described(added: AddedEmail) -> Map<String, Value> {
    let AddedEmail { email, thread, octets } = added;
    let properties = [
        ("id", json!(ids::email(email))),
        ("blobId", json!(ids::blob(email))),
        ("threadId", json!(ids::thread(thread))),
        ("size", json!(octets)),
    ];
    properties.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}
