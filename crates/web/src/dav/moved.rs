//! COPY and MOVE of a card between address books (RFC 4918, 9.8 and 9.9). A contact is one card: a copy of it in another address book is the
//! same card, which lies in both.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use cards::Card;
use mailbox::{BookId, ContactsEdit, ContactsRefused, Error, Fault};

use super::card::{found, take_out};
use super::etag::{Conditions, etag};
use super::place::{Addresses, Place, id_at};
use super::refused::{Failed, Refused, stepped, taken_by};
use super::{Asking, Edited, bare, not_here};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Copy,
    Move,
}

/// What is to be where.
struct Moving {
    way: Way,
    from: (String, String),
    to: (String, String),
    overwrite: Overwrite,
    conditions: Conditions,
    at: Addresses,
}

/// Whether what is at the other place may go (RFC 4918, 10.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Overwrite {
    Yes,
    No,
}

pub(super) async fn moved(asking: Asking, way: Way) -> Result<Response, Failed> {
    let Place::Card(book, name) = asking.place.clone() else { return Err(not_here()) };
    let header = |name: &str| asking.headers.get(name).and_then(|value| value.to_str().ok());
    let to = header("destination").and_then(|to| asking.at.meant(to));
    let Some(Place::Card(to_book, to_name)) = to else {
        let why = "Destination is no address of a card";
        return Err(Refused::plain(StatusCode::FORBIDDEN, why).into());
    };
    let overwrite = match header("overwrite") {
        Some("F" | "f") => Overwrite::No,
        Some(_) | None => Overwrite::Yes,
    };
    let moving = Moving {
        way,
        from: (book, name),
        to: (to_book, to_name),
        overwrite,
        conditions: Conditions::of(&asking.headers),
        at: asking.at.clone(),
    };
    let was_there = asking.edit(2, move |edit| moving.carry_out(edit)).await?;
    Ok(bare(if was_there { StatusCode::NO_CONTENT } else { StatusCode::CREATED }))
}

impl Moving {
    /// Says whether something was at the other place.
    fn carry_out(&self, edit: &mut ContactsEdit<'_, '_, '_>) -> Edited<bool> {
        let plain = |status, why| Ok(Err(Refused::plain(status, why)));
        let Some((from, card)) = found(edit, &self.from.0, &self.from.1)? else {
            return plain(StatusCode::NOT_FOUND, "there is no such card");
        };
        let Some(to) = id_at(&edit.books()?, &self.to.0) else {
            return Ok(Err(Refused::of(&ContactsRefused::NoSuchBook)));
        };
        let kept = edit.card(card)?.ok_or_else(|| Fault::new("a card has a name and is gone"))?;
        if !self.conditions.hold(Some(&etag(card, kept.changed))) {
            return Ok(Err(Refused::precondition()));
        }
        if self.from == self.to {
            return plain(StatusCode::FORBIDDEN, "it is there already");
        }
        let there = edit.with_name(to, &self.to.1)?;
        if there.is_some() && self.overwrite == Overwrite::No {
            return Ok(Err(Refused::precondition()));
        }
        let mut places: BTreeMap<BookId, Option<String>> =
            kept.places.keys().map(|book| (*book, None)).collect();
        if self.way == Way::Move {
            places.remove(&from);
        }
        // Whoever has it there under another name would have it twice.
        if places.contains_key(&to) && there != Some(card) {
            let name = kept.places.get(&to).map(String::as_str).unwrap_or_default();
            return Ok(Err(taken_by(&self.at, &self.to.0, name)));
        }
        if let Some(other) = there.filter(|other| *other != card) {
            whole(take_out(edit, other, to)?)?;
        }
        places.insert(to, Some(self.to.1.clone()));
        let same = Card { object: kept.object, written: kept.written, photos: BTreeMap::new() };
        let put = stepped(edit.put_card(Some(card), &same, &places))?;
        if there.is_some() {
            whole(put)?;
        } else if let Err(refused) = put {
            return Ok(Err(refused));
        }
        Ok(Ok(there.is_some()))
    }
}

/// Once something was taken out, a refusal ends all of it, so that nothing is done by half.
fn whole<T>(done: Result<T, Refused>) -> Result<T, Error> {
    done.map_err(|refused| Fault::new(format!("a card could not be moved: {}", refused.why)).into())
}
