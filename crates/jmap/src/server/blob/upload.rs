//! Blob/upload: blobs made within a request, of texts and of pieces of other blobs (RFC 9404, 4.1).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Blob, CAPABILITY, NotUploaded, Uploading};
use crate::arguments::Arguments;
use crate::call::{Call, Created};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::limits::DATA_SOURCES_MAX;
use crate::run::Row;
use crate::server::Context;

pub(super) const ROW: Row<Context> =
    Row { name: "Blob/upload", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UploadObject {
    data: Vec<Source>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

/// Exactly one of the first three.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Source {
    #[serde(rename = "data:asText")]
    text: Option<String>,
    #[serde(rename = "data:asBase64")]
    base64: Option<String>,
    #[serde(rename = "blobId")]
    blob: Option<String>,
    offset: Option<u64>,
    length: Option<u64>,
}

/// What one creation came to.
type Made = Result<Result<Map<String, Value>, SetError>, MethodError>;

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let create: BTreeMap<Id, Value> = arguments.required("create")?;
    arguments.end()?;
    call.context.check_account(&account)?;
    if create.len() > call.limits.objects_in_set_max {
        let description = format!("create: more than {}", call.limits.objects_in_set_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    let (mut created, mut not_created) = (Map::new(), Map::new());
    for (creation, object) in create {
        let octets_max = call.limits.upload_octets_max;
        match make(call.context, call.created, octets_max, object).await? {
            Ok(made) => {
                if let Some(Ok(id)) = made.get("id").map(Id::deserialize) {
                    call.created.note(creation.clone(), id);
                }
                created.insert(creation.into(), made.into());
            }
            Err(error) => drop(not_created.insert(creation.into(), json!(error))),
        }
    }
    let or_null = |map: Map<String, Value>| if map.is_empty() { Value::Null } else { map.into() };
    let mut answer = Map::new();
    answer.insert("accountId".to_owned(), json!(account));
    answer.insert("created".to_owned(), or_null(created));
    answer.insert("notCreated".to_owned(), or_null(not_created));
    Ok(answer)
}

async fn make(context: &Context, known: &Created, octets_max: u64, object: Value) -> Made {
    let UploadObject { data, kind } = match UploadObject::deserialize(&object) {
        Ok(object) => object,
        Err(error) => return Ok(Err(SetError::properties(&["data"], error.to_string()))),
    };
    if data.len() > DATA_SOURCES_MAX {
        let description = format!("there are more than {DATA_SOURCES_MAX} sources");
        return Ok(Err(SetError { description: Some(description), ..SetError::of("tooLarge") }));
    }
    let mut uploading = Uploading::begin(context, octets_max);
    for source in data {
        match write(context, known, &mut uploading, source).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => return Ok(Err(SetError::properties(&["data"], why))),
            Err(error) => return worded(error),
        }
    }
    match uploading.finish(context, String::new()).await {
        Ok(uploaded) => {
            let mut made = Map::new();
            made.insert("id".to_owned(), json!(uploaded.blob_id));
            made.insert("type".to_owned(), json!(kind));
            made.insert("size".to_owned(), json!(uploaded.size));
            Ok(Ok(made))
        }
        Err(error) => worded(error),
    }
}

fn worded(error: NotUploaded) -> Made {
    match error {
        NotUploaded::TooLarge(most) => {
            let description = Some(format!("it has more than {most} octets"));
            Ok(Err(SetError { description, ..SetError::of("tooLarge") }))
        }
        NotUploaded::Failed(error) => Err(error),
    }
}

/// Why a source is none.
type Invalid = &'static str;

/// Adds what a source holds. RFC 9404, 4.1: what is wrong with it is not guessed around.
async fn write(
    context: &Context,
    known: &Created,
    uploading: &mut Uploading,
    source: Source,
) -> Result<Result<(), Invalid>, NotUploaded> {
    let Source { text, base64, blob, offset, length } = source;
    let of_blob = offset.is_some() || length.is_some();
    match (text, base64, blob) {
        (Some(text), None, None) if !of_blob => {
            uploading.write(context, text.as_bytes()).await.map(Ok)
        }
        (None, Some(base64), None) if !of_blob => match STANDARD.decode(base64) {
            Ok(octets) => uploading.write(context, &octets).await.map(Ok),
            Err(_) => Ok(Err("data:asBase64 is not base64")),
        },
        (None, None, Some(blob)) => {
            let found = match known.find(&blob) {
                None => None,
                Some(id) => Blob::find(context, &id).await.map_err(NotUploaded::Failed)?,
            };
            let Some(found) = found else { return Ok(Err("there is no such blob")) };
            let octets = found.octets(context).await.map_err(NotUploaded::Failed)?;
            let begin = offset.unwrap_or(0);
            let end = length.map_or(Some(octets), |length| begin.checked_add(length));
            let Some(end) = end.filter(|end| *end <= octets && begin <= octets) else {
                return Ok(Err("the blob has no such range"));
            };
            let mut reading = found.read_range(begin..end);
            while let Some(piece) = reading.next(context).await.map_err(NotUploaded::Failed)? {
                uploading.write(context, &piece).await?;
            }
            Ok(Ok(()))
        }
        _ => Ok(Err("a source is exactly one of data:asText, data:asBase64 and blobId")),
    }
}
