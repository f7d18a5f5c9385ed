//! A card as JMAP shows it: the JSContact object with its id and address books, and photos as blobs (RFC 9610, 3).

use cards::PhotoName;
use mailbox::{BookId, CardId, KeptCard};
use serde_json::{Map, Value};

use crate::server::ids;

/// The object of a card.
pub(super) fn object(id: CardId, kept: KeptCard) -> Map<String, Value> {
    let KeptCard { mut object, places, .. } = kept;
    if let Some(Value::Object(media)) = object.get_mut("media") {
        for media in media.values_mut().filter_map(Value::as_object_mut) {
            let named = media.get("blobId").and_then(Value::as_str).and_then(PhotoName::read);
            if let Some(name) = named {
                media.insert("blobId".to_owned(), ids::photo(id, &name).as_str().into());
            }
        }
    }
    object.insert("id".to_owned(), ids::card(id).as_str().into());
    object.insert("addressBookIds".to_owned(), books(places.keys().copied()));
    object
}

fn books(books: impl Iterator<Item = BookId>) -> Value {
    let set = books.map(|book| (ids::book(book).as_str().to_owned(), Value::Bool(true)));
    Value::Object(set.collect())
}
