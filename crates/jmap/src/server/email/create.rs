//! Creating emails in Email/set (RFC 8621, 4.6).

use mailbox::{AddedEmail, Error, ModSeq, NewEmail, Received, Refused};
use serde_json::{Map, Value, json};

use super::placing::Placing;
use super::written::{self, Outcome};
use crate::call::Created;
use crate::error::{MethodError, SetError};
use crate::mail::Draft;
use crate::server::{Context, ids};

/// The state that the first new email of a call is made for (RFC 8620, 5.3); none: any, or it was made.
pub(super) type IfState = Option<ModSeq>;

/// Creates one, and gives the properties that the client did not say.
pub(super) async fn create(
    context: &Context,
    created: &Created,
    if_state: &mut IfState,
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
        Ok(received) => add(context, if_state, received, placing).await,
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

/// Puts a message where it goes. That the state is the one that the client wants is looked at within the commit.
pub(super) async fn add(
    context: &Context,
    if_state: &mut IfState,
    received: Received,
    placing: Placing,
) -> Outcome<Map<String, Value>> {
    let Placing { mailboxes, keywords, received: internal_date } = placing;
    let new = NewEmail { received, mailboxes, keywords, internal_date };
    let added = match *if_state {
        Some(state) => context.account.add_email_at(new, state).await,
        None => context.account.add_email(new).await.map(Some),
    };
    match added {
        Ok(Some(added)) => {
            // It moves the state.
            *if_state = None;
            Ok(Ok(described(added)))
        }
        Ok(None) => Err(MethodError::StateMismatch),
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
