//! MDN/parse (RFC 9007, 2.2).

use message::{DispositionNotification, Outline, Part};
use serde_json::{Map, Value, json};

use super::{CAPABILITY, object};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::PARSED_IN_MEMORY_OCTETS_MAX;
use crate::run::Row;
use crate::server::Context;
use crate::server::blob::Blob;

pub(super) const ROW: Row<Context> =
    Row { name: "MDN/parse", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let blobs: Vec<String> = arguments.required("blobIds")?;
    arguments.end()?;
    call.context.check_account(&account)?;
    if blobs.len() > call.limits.objects_in_get_max {
        let description = format!("blobIds: more than {}", call.limits.objects_in_get_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    let (mut parsed, mut not_parsable, mut not_found) = (Map::new(), Vec::new(), Vec::new());
    for name in blobs {
        if parsed.contains_key(&name) || not_parsable.contains(&name) || not_found.contains(&name) {
            continue;
        }
        let found = match call.created.find(&name) {
            Some(id) => Blob::find(call.context, &id).await?,
            None => None,
        };
        let Some(blob) = found else {
            not_found.push(name);
            continue;
        };
        lane::breathe(Some(call.context.account.turns())).await;
        // What tells stands before the message that is sent back.
        let octets = blob.range(call.context, 0..PARSED_IN_MEMORY_OCTETS_MAX).await?;
        match read(&octets) {
            Some(mdn) => drop(parsed.insert(name, mdn.into())),
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

/// What a message says that is such a report; none: it is none.
fn read(octets: &[u8]) -> Option<Map<String, Value>> {
    let outline = Outline::of(octets);
    let parts: Vec<Part<'_>> = outline.parts().collect();
    let is_report = parts.first().is_some_and(|root| root.is("multipart", "report"));
    let is_notification = |part: &&Part<'_>| {
        ["disposition-notification", "global-disposition-notification"]
            .iter()
            .any(|subtype| part.is("message", subtype))
            && part.parent == Some(0)
    };
    let notification = parts.iter().find(is_notification).filter(|_| is_report)?;
    let body = octets_of(octets, notification)?;
    let decoded = message::decode_transfer(notification.encoding, body)?;
    let mut mdn = object(DispositionNotification::of(&decoded));
    let before = |part: &&Part<'_>| part.index < notification.index && part.is("text", "plain");
    let text = parts.iter().find(before).map(|part| message::part_text(part, octets));
    let original = |part: &Part<'_>| {
        part.index > notification.index
            && ["rfc822", "global"].iter().any(|subtype| part.is("message", subtype))
    };
    let header = octets.get(..usize::try_from(outline.header().end).ok()?)?;
    let subject = message::find(header, "Subject");
    let subject = subject.map(|field| message::decode_words(&field.unfolded()).trim().to_owned());
    mdn.insert("subject".to_owned(), json!(subject));
    mdn.insert("textBody".to_owned(), json!(text));
    mdn.insert("includeOriginalMessage".to_owned(), parts.iter().any(original).into());
    Some(mdn)
}

fn octets_of<'m>(message: &'m [u8], part: &Part<'_>) -> Option<&'m [u8]> {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(message.len());
    message.get(at(part.body.start)..at(part.body.end))
}
