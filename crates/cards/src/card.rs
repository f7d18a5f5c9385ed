//! A card as it is kept: a JSContact object, with its photos beside it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::Summary;

/// The name of a photo within its card: the beginning of the BLAKE3 hash of its octets, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhotoName(String);

/// A card that is kept and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no card")]
pub struct Unreadable;

/// A card. Media with octets of their own have `blobId` in place of `uri`, the name of a photo, whose octets stand beside the object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// The JSContact object (RFC 9553).
    pub object: Map<String, Value>,
    /// The octets of photos that are new with it; of others only the names are known.
    pub photos: BTreeMap<PhotoName, Bytes>,
    /// The vCard that it was written as, as long as nobody changed it in another way.
    pub written: Option<String>,
}

impl PhotoName {
    /// Of octets.
    pub fn of(octets: &[u8]) -> PhotoName {
        let hex = blake3::hash(octets).to_hex();
        PhotoName(hex.get(..32).unwrap_or_default().to_owned())
    }

    /// As it was written; none: it is no such name.
    pub fn read(text: &str) -> Option<PhotoName> {
        let is_digit = |octet: u8| octet.is_ascii_digit() || matches!(octet, b'a'..=b'f');
        (text.len() == 32 && text.bytes().all(is_digit)).then(|| PhotoName(text.to_owned()))
    }

    /// As a text of 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A uid (RFC 9553, 2.1.9), a UUID of version 4, made of a text that nobody can guess.
pub fn uid_of(fresh: &str) -> String {
    let hash = blake3::hash(fresh.as_bytes());
    let [front @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hash.as_bytes();
    let mut number = u128::from_be_bytes(*front);
    // RFC 9562, 5.4: the version and the variant.
    number = number & !(0xf << 76) | 4 << 76;
    number = number & !(0b11 << 62) | 0b10 << 62;
    let hex = format!("{number:032x}");
    let part = |range| hex.get(range).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0..8),
        part(8..12),
        part(12..16),
        part(16..20),
        part(20..32)
    )
}

impl Card {
    /// A card of an object, whose media with `data:` addresses (RFC 2397) become photos.
    pub fn of(object: Map<String, Value>) -> Card {
        let mut card = Card { object, ..Card::default() };
        let mut photos = BTreeMap::new();
        for media in card.media_mut() {
            let uri = media.get("uri").and_then(Value::as_str);
            let Some((kind, octets)) = uri.and_then(data_of) else { continue };
            let name = PhotoName::of(&octets);
            media.remove("uri");
            media.insert("blobId".to_owned(), name.as_str().into());
            if !media.contains_key("mediaType") {
                media.insert("mediaType".to_owned(), kind.into());
            }
            photos.insert(name, octets);
        }
        card.photos = photos;
        card
    }

    /// Reads the object of a card that is kept.
    pub fn read(octets: &[u8]) -> Result<Map<String, Value>, Unreadable> {
        serde_json::from_slice(octets).map_err(|_| Unreadable)
    }

    /// The object as it is kept.
    pub fn octets(&self) -> Vec<u8> {
        // An object whose keys are texts can always be written.
        serde_json::to_vec(&self.object).unwrap_or_default()
    }

    /// The uid; empty: it has none.
    pub fn uid(&self) -> &str {
        self.object.get("uid").and_then(Value::as_str).unwrap_or_default()
    }

    /// What a list knows of it.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.object)
    }

    /// Its media.
    pub fn media_mut(&mut self) -> impl Iterator<Item = &mut Map<String, Value>> {
        let media = self.object.get_mut("media").and_then(Value::as_object_mut);
        media.into_iter().flat_map(|media| media.values_mut()).filter_map(Value::as_object_mut)
    }

    /// The names of all its photos.
    pub fn photo_names(&self) -> Vec<PhotoName> {
        let media = self.object.get("media").and_then(Value::as_object);
        let named = media.into_iter().flat_map(|media| media.values());
        let named = named.filter_map(|media| PhotoName::read(media.get("blobId")?.as_str()?));
        let mut names: Vec<PhotoName> = named.collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Media type and octets of a `data:` address (RFC 2397).
fn data_of(uri: &str) -> Option<(String, Bytes)> {
    let (scheme, rest) = uri.split_at_checked(5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    let (described, data) = rest.split_once(',')?;
    let (kind, octets) = match described.strip_suffix(";base64") {
        Some(kind) => {
            let plain: String = data.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            let plain = percent_encoding::percent_decode_str(&plain).collect::<Vec<u8>>();
            let read = STANDARD.decode(&plain).or_else(|_| STANDARD_NO_PAD.decode(&plain));
            (kind, read.ok()?)
        }
        None => (described, percent_encoding::percent_decode_str(data).collect()),
    };
    let kind = if kind.is_empty() { "text/plain" } else { kind };
    Some((kind.to_owned(), octets.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Card, PhotoName, data_of};

    #[test]
    fn photos_come_out_of_the_card_and_are_known_by_what_they_are() {
        let Value::Object(object) = json!({"uid": "u", "media": {
            "p": {"kind": "photo", "uri": "data:image/png;base64,AAEC"},
            "q": {"kind": "photo", "uri": "data:image/png;base64,AAEC", "mediaType": "image/x"},
            "r": {"kind": "logo", "uri": "https://example.org"},
        }}) else {
            panic!()
        };
        let card = Card::of(object);
        let name = PhotoName::of(&[0, 1, 2]);
        assert_eq!(card.photo_names(), std::slice::from_ref(&name));
        assert_eq!(card.photos[&name], &[0, 1, 2][..]);
        let media = &card.object["media"];
        assert_eq!(
            media["p"],
            json!({"kind": "photo", "blobId": name.as_str(), "mediaType": "image/png"})
        );
        assert_eq!(media["q"]["mediaType"], "image/x");
        assert_eq!(media["r"]["uri"], "https://example.org");
        assert_eq!(Card::read(&card.octets()).unwrap(), card.object);
        assert_eq!(PhotoName::read(name.as_str()), Some(name));
        assert_eq!(PhotoName::read("U7"), None);
    }

    #[test]
    fn uids_are_uuids_of_version_4() {
        let uid = super::uid_of("x");
        let parts: Vec<_> = uid.strip_prefix("urn:uuid:").unwrap().split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && "89ab".contains(&parts[3][..1]));
        assert_ne!(uid, super::uid_of("y"));
    }

    #[test]
    fn addresses_with_octets_in_them_are_read() {
        let data = |uri: &str| data_of(uri).map(|(kind, octets)| (kind, octets.to_vec()));
        assert_eq!(data("data:,a%20b"), Some(("text/plain".to_owned(), b"a b".to_vec())));
        assert_eq!(data("DATA:image/png;base64,AA=="), Some(("image/png".to_owned(), vec![0])));
        assert_eq!(data("data:image/png;base64,AA"), Some(("image/png".to_owned(), vec![0])));
        for other in ["data:", "data:x", "http://a,b", "data:;base64,?", "é", ""] {
            assert_eq!(data(other), None, "{other}");
        }
    }
}
