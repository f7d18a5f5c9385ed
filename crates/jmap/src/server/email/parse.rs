//! Email/parse: blobs as messages that are in no mailbox (RFC 8621, 4.9).

use std::ops::Range;

use bytes::Bytes;
use mailbox::Fault;
use serde_json::{Map, Value, json};

use super::CAPABILITY;
use super::properties::Wanted;
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::PARSED_IN_MEMORY_OCTETS_MAX;
use crate::mail::{Octets, Spent};
use crate::run::Row;
use crate::server::Context;
use crate::server::blob::Blob;

pub(super) const ROW: Row<Context> =
    Row { name: "Email/parse", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// What is shown where a client does not say what it wants (RFC 8621, 4.9).
const USUAL: [&str; 17] = [
    "messageId",
    "inReplyTo",
    "references",
    "sender",
    "from",
    "to",
    "cc",
    "bcc",
    "replyTo",
    "subject",
    "sentAt",
    "hasAttachment",
    "preview",
    "bodyValues",
    "textBody",
    "htmlBody",
    "attachments",
];

/// The octets of a blob.
enum Read<'b> {
    Kept(&'b Context, &'b Blob),
    InMemory(Bytes),
}

impl Octets for Read<'_> {
    type Fault = Fault;

    fn read(&self, range: Range<u64>) -> Result<Bytes, Fault> {
        match self {
            Read::Kept(context, blob) => blob.piece(context, &range).unwrap_or(Ok(Bytes::new())),
            Read::InMemory(octets) => {
                let at =
                    |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(octets.len());
                let (start, end) = (at(range.start), at(range.end));
                Ok(octets.slice(start..end.max(start)))
            }
        }
    }
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let blobs: Vec<String> = arguments.required("blobIds")?;
    let properties: Option<Vec<String>> = arguments.optional("properties")?;
    let usual = || USUAL.iter().map(|name| (*name).to_owned()).collect();
    let wanted = Wanted::take(&mut arguments, Some(properties.unwrap_or_else(usual)))?;
    arguments.end()?;
    call.context.check_account(&account)?;
    if blobs.len() > call.limits.objects_in_get_max {
        let description = format!("blobIds: more than {}", call.limits.objects_in_get_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    let (mut parsed, mut not_parsable, mut not_found) = (Map::new(), Vec::new(), Vec::new());
    let mut spent = Spent::default();
    for name in blobs {
        let id = call.created.find(&name);
        let found = match &id {
            Some(id) => Blob::find(call.context, id).await?,
            None => None,
        };
        let (Some(id), Some(blob)) = (id, found) else {
            if !not_found.contains(&name) {
                not_found.push(name);
            }
            continue;
        };
        if parsed.contains_key(&name) || not_parsable.contains(&name) {
            continue;
        }
        match parse(call.context, &id, &blob, &wanted, &mut spent).await? {
            Some(object) => drop(parsed.insert(name, object.into())),
            None => not_parsable.push(name),
        }
    }
    let or_null = |list: Vec<String>| if list.is_empty() { Value::Null } else { json!(list) };
    let parsed = if parsed.is_empty() { Value::Null } else { parsed.into() };
    let answer = [
        ("accountId", json!(account)),
        ("parsed", parsed),
        ("notParsable", or_null(not_parsable)),
        ("notFound", or_null(not_found)),
    ];
    Ok(answer.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

/// None: it is no message.
async fn parse(
    context: &Context,
    id: &Id,
    blob: &Blob,
    wanted: &Wanted,
    spent: &mut Spent,
) -> Result<Option<Map<String, Value>>, MethodError> {
    let beginning = blob.range(context, 0..BEGINNING_OCTETS).await?;
    if message::has_header(&beginning, true) != Some(true) {
        return Ok(None);
    }
    let outline = blob.outline(context).await?;
    let octets = match blob.piece(context, &(0..0)) {
        Some(_) => Read::Kept(context, blob),
        // A message should not be encoded (RFC 2046, 5.2.1); one that is, is not large.
        None if outline.octets() > PARSED_IN_MEMORY_OCTETS_MAX => return Ok(None),
        None => Read::InMemory(blob.range(context, 0..PARSED_IN_MEMORY_OCTETS_MAX).await?.into()),
    };
    let shown = wanted.show(&outline, &octets, id.clone(), spent);
    let mut object = shown.map_err(|not| context.not_shown(not))?;
    // RFC 8621, 4.9: what is known of emails in mailboxes alone is null.
    for name in &wanted.metadata {
        let value = match *name {
            "blobId" => json!(id),
            "size" => json!(outline.octets()),
            _ => Value::Null,
        };
        object.insert((*name).to_owned(), value);
    }
    Ok(Some(object))
}

/// What is looked at to tell a message from something else.
const BEGINNING_OCTETS: u64 = 64 << 10;
