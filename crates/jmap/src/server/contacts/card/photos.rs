//! The blobs that cards are to get as photos: read before anything is changed, and all of them together bounded.

use std::collections::BTreeMap;

use bytes::Bytes;
use cards::limits::PHOTO_OCTETS_MAX;
use cards::{Card, PhotoName, image_type};
use serde_json::{Map, Value};

use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::limits::PHOTOS_READ_OCTETS_MAX;
use crate::server::Context;
use crate::server::blob::Blob;

/// What is known of blobs.
#[derive(Default)]
pub(super) struct Photos(BTreeMap<String, Result<Bytes, SetError>>);

impl Photos {
    /// Reads all blobs that these values name.
    pub(super) async fn read(
        context: &Context,
        values: impl Iterator<Item = &Map<String, Value>>,
    ) -> Result<Photos, MethodError> {
        let mut names = Vec::new();
        for object in values {
            for (path, value) in object {
                named(path, value, &mut names);
            }
        }
        let mut photos = Photos::default();
        let mut left = PHOTOS_READ_OCTETS_MAX;
        for name in names {
            if photos.0.contains_key(&name) {
                continue;
            }
            let found = photo(context, &name, &mut left).await?;
            photos.0.insert(name, found);
        }
        Ok(photos)
    }

    /// Has the media of a card name its photos, each new one with its octets (RFC 9610, 3). `is_own` says which it has already.
    pub(super) fn put_into(
        &self,
        card: &mut Card,
        is_own: impl Fn(&str) -> Option<PhotoName>,
    ) -> Result<(), SetError> {
        let wrong = |why: &str| Err(SetError::properties(&["media"], why));
        let mut photos = std::mem::take(&mut card.photos);
        for media in card.media_mut() {
            let is_picture =
                matches!(media.get("kind").and_then(Value::as_str), Some("photo" | "logo"));
            let blob = match media.get("blobId") {
                None if media.contains_key("uri") => continue,
                None => return wrong("a medium has neither uri nor blobId"),
                Some(Value::String(blob)) => blob.clone(),
                Some(_) => return wrong("a blobId is not an id"),
            };
            if media.contains_key("uri") {
                return wrong("a medium has both uri and blobId");
            }
            // One that came as a data: address is taken out already.
            let taken = PhotoName::read(&blob).and_then(|name| photos.get(&name)).cloned();
            if let Some(name) = is_own(&blob).filter(|_| taken.is_none()) {
                media.insert("blobId".to_owned(), name.as_str().into());
                continue;
            }
            let octets = match (taken, self.0.get(&blob)) {
                (Some(octets), _) => octets,
                (None, Some(Ok(octets))) => octets.clone(),
                (None, Some(Err(error))) => return Err(error.clone()),
                (None, None) => return wrong("there is no such blob"),
            };
            let known = image_type(&octets);
            if is_picture && known.is_none() {
                return wrong("it is not a picture of a known type");
            }
            let usual = known.unwrap_or("application/octet-stream");
            if is_picture || !media.contains_key("mediaType") {
                media.insert("mediaType".to_owned(), usual.into());
            }
            let name = PhotoName::of(&octets);
            media.insert("blobId".to_owned(), name.as_str().into());
            photos.insert(name, octets);
        }
        card.photos = photos;
        Ok(())
    }
}

/// The blobs that a value names: what stands as `blobId` somewhere in it, or is put there by a patch.
fn named(path: &str, value: &Value, names: &mut Vec<String>) {
    let last = path.rsplit('/').next().unwrap_or_default();
    if let Some(text) = value.as_str().filter(|_| last == "blobId") {
        names.push(text.to_owned());
    }
    // Media lie at most two deep; deeper values are none of ours.
    for (name, value) in value.as_object().into_iter().flatten() {
        let own = value.as_str().filter(|_| name == "blobId");
        let inner = value.get("blobId").and_then(Value::as_str);
        names.extend(own.or(inner).map(str::to_owned));
    }
}

async fn photo(
    context: &Context,
    name: &str,
    left: &mut u64,
) -> Result<Result<Bytes, SetError>, MethodError> {
    let no_blob = || SetError::properties(&["media"], format!("there is no blob {name}"));
    let Ok(id) = Id::try_from(name.to_owned()) else { return Ok(Err(no_blob())) };
    let Some(blob) = Blob::find(context, &id).await? else { return Ok(Err(no_blob())) };
    let octets = blob.octets(context).await?;
    let most = u64::try_from(PHOTO_OCTETS_MAX).unwrap_or(u64::MAX);
    if octets > most.min(*left) {
        let description = format!("a photo has more than {} octets", most.min(*left));
        return Ok(Err(SetError { description: Some(description), ..SetError::of("tooLarge") }));
    }
    *left = left.saturating_sub(octets);
    Ok(Ok(blob.range(context, 0..octets).await?.into()))
}
