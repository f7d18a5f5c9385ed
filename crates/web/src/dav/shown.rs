//! A card as text.

use bytes::Bytes;
use cards::PhotoName;
use cards::vcard::{VCard, Version};
use mailbox::{CardId, ContactsAt, Fault, KeptCard};

/// The vCard of a card, in this version, and how that is printed: as it was written, where it was in this version, else as it is
/// made of the card.
pub(super) fn vcard(
    contacts: &ContactsAt,
    id: CardId,
    kept: &KeptCard,
    version: Version,
) -> Result<VCard, Fault> {
    if let Some(written) = written(kept).filter(|written| written.version() == version) {
        return Ok(written);
    }
    made(kept, version, |name| contacts.photo(id, name))
}

/// The vCard that a card is made into.
pub(super) fn made(
    kept: &KeptCard,
    version: Version,
    mut photo: impl FnMut(&PhotoName) -> Result<Option<Bytes>, Fault>,
) -> Result<VCard, Fault> {
    let mut photos = std::collections::BTreeMap::new();
    let media = kept.object.get("media").and_then(|media| media.as_object());
    for medium in media.into_iter().flat_map(|media| media.values()) {
        let name = medium.get("blobId").and_then(|name| name.as_str()).and_then(PhotoName::read);
        if let Some(name) = name
            && let Some(octets) = photo(&name)?
        {
            photos.insert(name, octets);
        }
    }
    Ok(VCard::of(&kept.object, version, |name| photos.get(name).cloned()))
}

/// What it was written as.
pub(super) fn written(kept: &KeptCard) -> Option<VCard> {
    kept.written.as_deref().and_then(|text| VCard::read(text).ok())
}

/// The text of a card in a version; none: in that which it was written in, or else 3.0, which all programs read.
pub(super) fn text(
    contacts: &ContactsAt,
    id: CardId,
    kept: &KeptCard,
    version: Option<Version>,
) -> Result<String, Fault> {
    if let Some(text) = &kept.written
        && version.is_none_or(|version| written(kept).is_some_and(|it| it.version() == version))
    {
        return Ok(text.clone());
    }
    let version = version.unwrap_or(Version::V3);
    Ok(made(kept, version, |name| contacts.photo(id, name))?.print())
}
