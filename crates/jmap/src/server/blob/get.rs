//! Blob/get: octets, sizes and digests of blobs within a request (RFC 9404, 4.2).

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use super::{Blob, CAPABILITY};
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::BLOBS_GOT_OCTETS_MAX;
use crate::run::Row;
use crate::server::Context;

pub(super) const ROW: Row<Context> =
    Row { name: "Blob/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// The digests there are, the one to prefer first.
pub(super) const DIGESTS: [&str; 2] = ["sha-256", "sha-512"];

/// What is wanted of each blob.
struct Wanted {
    as_text: bool,
    as_base64: bool,
    /// Whichever fits.
    either: bool,
    digests: Vec<&'static str>,
    size: bool,
    offset: u64,
    length: Option<u64>,
}

impl Wanted {
    fn take(arguments: &mut Arguments) -> Result<Wanted, MethodError> {
        let properties: Option<Vec<String>> = arguments.optional("properties")?;
        let properties = properties.unwrap_or_else(|| vec!["data".to_owned(), "size".to_owned()]);
        let mut wanted = Wanted {
            as_text: false,
            as_base64: false,
            either: false,
            digests: Vec::new(),
            size: false,
            offset: arguments.optional("offset")?.unwrap_or(0),
            length: arguments.optional("length")?,
        };
        for name in &properties {
            let digest = name.strip_prefix("digest:");
            let digest = digest.and_then(|name| DIGESTS.iter().find(|known| **known == name));
            match (name.as_str(), digest) {
                (_, Some(digest)) => wanted.digests.push(digest),
                ("data:asText", None) => wanted.as_text = true,
                ("data:asBase64", None) => wanted.as_base64 = true,
                ("data", None) => wanted.either = true,
                ("size", None) => wanted.size = true,
                ("id" | "isEncodingProblem" | "isTruncated", None) => {}
                (other, None) => {
                    return Err(invalid("properties", &format!("there is no {other}")));
                }
            }
        }
        Ok(wanted)
    }

    fn octets(&self) -> bool {
        self.as_text || self.as_base64 || self.either
    }
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let ids: Vec<String> = arguments.required("ids")?;
    let wanted = Wanted::take(&mut arguments)?;
    arguments.end()?;
    call.context.check_account(&account)?;
    if ids.len() > call.limits.objects_in_get_max {
        let description = format!("ids: more than {}", call.limits.objects_in_get_max);
        return Err(MethodError::RequestTooLarge { description });
    }
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    let mut left = BLOBS_GOT_OCTETS_MAX;
    let mut seen = HashSet::new();
    for name in ids.into_iter().filter(|name| seen.insert(name.clone())) {
        let id = call.created.find(&name);
        let found = match &id {
            Some(id) => Blob::find(call.context, id).await?,
            None => None,
        };
        match (id, found) {
            (Some(id), Some(blob)) => {
                list.push(object(call.context, &id, &blob, &wanted, &mut left).await?);
            }
            _ => not_found.push(name),
        }
    }
    let mut answer = Map::new();
    answer.insert("accountId".to_owned(), json!(account));
    answer.insert("list".to_owned(), json!(list));
    answer.insert("notFound".to_owned(), json!(not_found));
    Ok(answer)
}

async fn object(
    context: &Context,
    id: &Id,
    blob: &Blob,
    wanted: &Wanted,
    left: &mut u64,
) -> Result<Map<String, Value>, MethodError> {
    let size = blob.octets(context).await?;
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    put("id", json!(id));
    if wanted.size {
        put("size", json!(size));
    }
    let asked = wanted.length.map(|length| wanted.offset.saturating_add(length));
    let begin = wanted.offset.min(size);
    let end = asked.unwrap_or(size).min(size).max(begin);
    if wanted.offset > size || asked.is_some_and(|asked| asked > size) {
        put("isTruncated", true.into());
    }
    for name in &wanted.digests {
        let digest = digest(context, blob, name, begin..end).await?;
        put(&format!("digest:{name}"), digest.into());
    }
    if !wanted.octets() {
        return Ok(object);
    }
    let octets = end.saturating_sub(begin);
    *left = left.checked_sub(octets).ok_or_else(|| MethodError::RequestTooLarge {
        description: format!("the blobs have more than {BLOBS_GOT_OCTETS_MAX} octets together"),
    })?;
    let octets = blob.range(context, begin..end).await?;
    let text = std::str::from_utf8(&octets).ok();
    if text.is_none() && (wanted.as_text || wanted.either) {
        put("isEncodingProblem", true.into());
    }
    if wanted.as_text || (wanted.either && text.is_some()) {
        put("data:asText", json!(text));
    }
    if wanted.as_base64 || (wanted.either && text.is_none()) {
        put("data:asBase64", STANDARD.encode(&octets).into());
    }
    Ok(object)
}

async fn digest(
    context: &Context,
    blob: &Blob,
    name: &str,
    range: std::ops::Range<u64>,
) -> Result<String, MethodError> {
    let (mut short, mut long) = (Sha256::new(), Sha512::new());
    let is_short = name == "sha-256";
    let mut reading = blob.read_range(range);
    while let Some(piece) = reading.next(context).await? {
        if is_short {
            short.update(&piece);
        } else {
            long.update(&piece);
        }
    }
    Ok(if is_short { STANDARD.encode(short.finalize()) } else { STANDARD.encode(long.finalize()) })
}
