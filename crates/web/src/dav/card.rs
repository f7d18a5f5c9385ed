//! One card: GET and DELETE (RFC 6352, 6.3.2).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use cards::Card;
use cards::vcard::Version;
use mailbox::{BookId, CardId, ContactsEdit, Fault};

use super::etag::{Conditions, etag};
use super::place::{Place, book_at, id_at};
use super::properties::VCARD;
use super::refused::{Failed, Refused, stepped};
use super::{Asking, Edited, bare, not_here, shown};
use crate::problem::Problem;

/// Shows a card: as it was written, unless another version is asked for.
pub(super) async fn get(asking: Asking) -> Result<Response, Failed> {
    let Place::Card(book, name) = &asking.place else { return Err(not_here()) };
    let contacts = asking.contacts().await?;
    let note = book_at(&contacts, book).and_then(|book| contacts.with_name(book.id, name));
    let note = note.ok_or_else(Problem::not_found)?;
    let tag = etag(note.id, note.changed);
    let conditions = Conditions::of(&asking.headers);
    if !conditions.hold(Some(&tag)) {
        // RFC 9110, 13.2.2.
        if asking.headers.contains_key(header::IF_MATCH) {
            return Err(Refused::precondition().into());
        }
        return Ok(tagged(bare(StatusCode::NOT_MODIFIED), &tag));
    }
    let of_fault = |fault: Fault| Failed::Problem(Problem::of_fault(&fault));
    let kept = contacts.kept(note.id).map_err(of_fault)?.ok_or_else(Problem::not_found)?;
    lane::breathe(Some(asking.context.account.turns())).await;
    let text =
        shown::text(&contacts, note.id, &kept, accepted(&asking.headers)).map_err(of_fault)?;
    let mut answer = Response::new(Body::from(text));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(VCARD));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    // A browser that comes here keeps it and runs nothing.
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(tagged(answer, &tag))
}

pub(super) fn tagged(mut answer: Response, tag: &str) -> Response {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

/// The version that is asked for: `text/vcard; version=4.0`.
fn accepted(headers: &HeaderMap) -> Option<Version> {
    let values = headers.get_all(header::ACCEPT).into_iter();
    let elements = values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
    let mut versions = elements.filter_map(|element| {
        let mut parts = element.split(';').map(str::trim);
        let is_vcard = parts.next()?.eq_ignore_ascii_case("text/vcard");
        let said = parts.filter_map(|part| part.split_once('='));
        let mut said = said.filter(|(name, _)| name.trim().eq_ignore_ascii_case("version"));
        Version::read(said.next().filter(|_| is_vcard)?.1.trim().trim_matches('"'))
    });
    versions.next()
}

/// Takes a card out of an address book, and removes it where it is in no other.
pub(super) async fn delete(asking: Asking) -> Result<Response, Failed> {
    let Place::Card(book, name) = asking.place.clone() else { return Err(not_here()) };
    let conditions = Conditions::of(&asking.headers);
    let work = move |edit: &mut ContactsEdit<'_, '_, '_>| -> Edited<()> {
        let found = found(edit, &book, &name)?;
        let Some((book, card)) = found else {
            return Ok(Err(Refused::plain(StatusCode::NOT_FOUND, "there is no such card")));
        };
        let changed = edit.card(card)?.map_or(0, |kept| kept.changed);
        if !conditions.hold(Some(&etag(card, changed))) {
            return Ok(Err(Refused::precondition()));
        }
        take_out(edit, card, book)
    };
    asking.edit(1, work).await?;
    Ok(bare(StatusCode::NO_CONTENT))
}

/// The card that has a name in an address book.
pub(super) fn found(
    edit: &mut ContactsEdit<'_, '_, '_>,
    book: &str,
    name: &str,
) -> Result<Option<(BookId, CardId)>, Fault> {
    let Some(book) = id_at(&edit.books()?, book) else { return Ok(None) };
    Ok(edit.with_name(book, name)?.map(|card| (book, card)))
}

/// Takes a card out of an address book.
pub(super) fn take_out(
    edit: &mut ContactsEdit<'_, '_, '_>,
    card: CardId,
    book: BookId,
) -> Edited<()> {
    let Some(kept) = edit.card(card)? else { return Ok(Ok(())) };
    let mut places: BTreeMap<BookId, Option<String>> =
        kept.places.keys().map(|book| (*book, None)).collect();
    places.remove(&book);
    if places.is_empty() {
        return stepped(edit.remove_card(card));
    }
    let same = Card { object: kept.object, written: kept.written, photos: BTreeMap::new() };
    Ok(stepped(edit.put_card(Some(card), &same, &places))?.map(drop))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use cards::vcard::Version;

    use super::accepted;

    #[test]
    fn the_version_is_the_one_that_is_asked_for() {
        for (accept, want) in [
            ("*/*", None),
            ("text/vcard", None),
            ("text/vcard;version=4.0", Some(Version::V4)),
            ("text/html, Text/vCard ; charset=utf-8 ; Version=\"3.0\"", Some(Version::V3)),
            ("text/vcard; version=2.1, text/vcard; version=3.0", Some(Version::V3)),
            ("text/html; version=4.0", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(accepted(&headers), want, "{accept}");
        }
    }
}
