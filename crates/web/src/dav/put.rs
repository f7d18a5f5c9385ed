//! PUT: a card comes in as a vCard (RFC 6352, 6.3.2).
//!
//! It is kept as it was written, so that it comes back octet for octet, and as JSContact beside that. What JSContact says and a vCard cannot
//! say stays as it was ([`cards::vcard::merged`]).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use cards::limits::CARD_OCTETS_MAX;
use cards::vcard::{VCard, merged};
use cards::{Card, uid_of};
use mailbox::{BookId, CardId, ContactsEdit, ContactsRefused, KeptCard};
use serde_json::Value;

use super::card::tagged;
use super::etag::{Conditions, etag};
use super::place::{Addresses, Place, id_at};
use super::refused::{Failed, Refused, stepped, taken_by};
use super::{Asking, Edited, bare, not_here, shown};
use crate::incoming::{is_of_type, length};
use crate::limits::VCARD_OCTETS_MAX;
use crate::problem::Problem;

/// What a vCard is called; some clients say nothing.
const TYPES: [&str; 3] = ["text/vcard", "text/x-vcard", "text/directory"];

/// A card on its way in.
struct Putting {
    book: String,
    name: String,
    conditions: Conditions,
    card: VCard,
    /// The text, where it can be kept as it is.
    text: Option<String>,
    /// The uid of a card that says none.
    fresh: String,
    /// The present, as a UTCDate.
    now: Value,
    at: Addresses,
}

enum Done {
    Made(String),
    Changed(String),
}

pub(super) async fn put(asking: Asking, body: Body) -> Result<Response, Failed> {
    let Place::Card(book, name) = asking.place.clone() else { return Err(not_here()) };
    let is_typed = asking.headers.contains_key(header::CONTENT_TYPE);
    if is_typed && !TYPES.iter().any(|kind| is_of_type(&asking.headers, kind)) {
        let condition = "<card:supported-address-data/>";
        return Err(Refused::forbidden(condition, "a card comes as text/vcard").into());
    }
    let most = u64::try_from(VCARD_OCTETS_MAX).unwrap_or(u64::MAX);
    if length(&asking.headers).is_some_and(|length| length > most) {
        let why = format!("a card has at most {VCARD_OCTETS_MAX} octets");
        return Err(Refused::too_large(why).into());
    }
    let (octets, _room) = asking.whole(body, VCARD_OCTETS_MAX).await?;
    let weight = octets.len();
    let text = String::from_utf8(octets).map_err(|_| Refused::not_a_card("it is not UTF-8"))?;
    let card = VCard::read(&text).map_err(|wrong| Refused::not_a_card(wrong.to_string()))?;
    // Everybody has a first address book.
    asking.contacts().await?;
    let context = &asking.context;
    let fresh = context.ports.fresh.name().map_err(|fault| Problem::of_fault(&fault))?;
    let is_whole = text.len() <= CARD_OCTETS_MAX && card.uid().is_some();
    let is_kept = is_whole;
    let putting = Putting {
        book,
        name,
        conditions: Conditions::of(&asking.headers),
        card,
        text: is_whole.then_some(text),
        fresh: uid_of(&fresh),
        now: jmap::mail::utc_date(context.ports.accounts.clock().now().0).into(),
        at: asking.at.clone(),
    };
    // A large one is as much work as several.
    let objects = weight.div_ceil(4_096);
    let done = asking.edit(objects, move |edit| putting.carry_out(edit)).await?;
    let (status, tag) = match done {
        Done::Made(tag) => (StatusCode::CREATED, tag),
        Done::Changed(tag) => (StatusCode::NO_CONTENT, tag),
    };
    // RFC 6352, 6.3.2.3: only who gets back what was put may take the tag as that of their own text.
    Ok(if is_kept { tagged(bare(status), &tag) } else { bare(status) })
}

impl Putting {
    fn carry_out(&self, edit: &mut ContactsEdit<'_, '_, '_>) -> Edited<Done> {
        let Some(book) = id_at(&edit.books()?, &self.book) else {
            return Ok(Err(Refused::of(&ContactsRefused::NoSuchBook)));
        };
        let there = match edit.with_name(book, &self.name)? {
            Some(card) => edit.card(card)?.map(|kept| (card, kept)),
            None => None,
        };
        let tag = there.as_ref().map(|(card, kept)| etag(*card, kept.changed));
        if !self.conditions.hold(tag.as_deref()) {
            return Ok(Err(Refused::precondition()));
        }
        let was =
            |kept: &KeptCard| kept.object.get("uid").and_then(Value::as_str).map(str::to_owned);
        let uid = self.card.uid().or_else(|| there.as_ref().and_then(|(_, kept)| was(kept)));
        let uid = uid.unwrap_or_else(|| self.fresh.clone());
        let is_new = there.is_none();
        let before = match self.of_uid(edit, book, &uid, there)? {
            Ok(before) => before,
            Err(refused) => return Ok(Err(refused)),
        };
        let card = self.merged(edit, &uid, before.as_ref())?;
        let mut places: BTreeMap<BookId, Option<String>> = BTreeMap::new();
        if let Some((_, kept)) = &before {
            places.extend(kept.places.keys().map(|book| (*book, None)));
        }
        places.insert(book, Some(self.name.clone()));
        let id = before.map(|(id, _)| id);
        let id = match stepped(edit.put_card(id, &card, &places))? {
            Ok(id) => id,
            Err(refused) => return Ok(Err(refused)),
        };
        let tag = etag(id, edit.card(id)?.map_or(0, |kept| kept.changed));
        Ok(Ok(if is_new { Done::Made(tag) } else { Done::Changed(tag) }))
    }

    /// The card that this takes the place of. One with the uid that lies in other address books only is the same contact, and lies in
    /// this one, too, from then on.
    fn of_uid(
        &self,
        edit: &mut ContactsEdit<'_, '_, '_>,
        book: BookId,
        uid: &str,
        there: Option<(CardId, KeptCard)>,
    ) -> Edited<Option<(CardId, KeptCard)>> {
        let of_uid = edit.with_uid(uid)?;
        match (there, of_uid) {
            (Some((card, kept)), Some(of_uid)) if card == of_uid => Ok(Ok(Some((card, kept)))),
            (None, None) => Ok(Ok(None)),
            // RFC 6352, 6.3.2.1: a card does not become another one.
            (Some(_), None) => Ok(Err(taken_by(&self.at, &self.book, &self.name))),
            (there, Some(of_uid)) => {
                let Some(kept) = edit.card(of_uid)? else { return Ok(Ok(there)) };
                match (there, kept.places.get(&book)) {
                    (None, None) => Ok(Ok(Some((of_uid, kept)))),
                    (_, Some(name)) => Ok(Err(taken_by(&self.at, &self.book, name))),
                    (Some(_), None) => Ok(Err(Refused::uid_taken(None))),
                }
            }
        }
    }

    /// What is kept from then on.
    fn merged(
        &self,
        edit: &mut ContactsEdit<'_, '_, '_>,
        uid: &str,
        before: Option<&(CardId, KeptCard)>,
    ) -> Result<Card, mailbox::Error> {
        let mut object = self.card.object();
        object.insert("uid".to_owned(), uid.into());
        let mut card = Card::of(object);
        card.written.clone_from(&self.text);
        let Some((id, kept)) = before else {
            for name in ["created", "updated"] {
                card.object.entry(name).or_insert_with(|| self.now.clone());
            }
            return Ok(card);
        };
        let version = self.card.version();
        let shown = match shown::written(kept).filter(|written| written.version() == version) {
            Some(written) => written,
            None => {
                let made = shown::made(kept, version, |name| edit.photo(*id, name))?;
                VCard::read(&made.print()).unwrap_or(made)
            }
        };
        let shown = Card::of(shown.object()).object;
        let is_same_moment = card.object.get("updated") == shown.get("updated");
        card.object = merged(&kept.object, &shown, card.object);
        if is_same_moment {
            card.object.insert("updated".to_owned(), self.now.clone());
        }
        Ok(card)
    }
}
