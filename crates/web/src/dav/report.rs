//! REPORT: queries, many cards at once, and what changed (RFC 6352, 8; RFC 6578).

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use dav::limits::XML_OCTETS_MAX;
use dav::{AddressData, Filter, Multiget, Query, Report, Sync, Wanted, read_report};
use mailbox::{Book, CardPlace, ContactsAt};

use super::Asking;
use super::listing::{End, Is, Listing, Member, Rest, names_data};
use super::place::{Place, book_at};
use super::properties::{step_of, sync_token};
use super::propfind::cards;
use super::refused::{Failed, Refused};
use crate::problem::Problem;

pub(super) async fn report(asking: Asking, body: Body) -> Result<Response, Failed> {
    let (octets, room) = asking.whole(body, XML_OCTETS_MAX).await?;
    let asked = read_report(&octets)?;
    drop((octets, room));
    let contacts = asking.contacts().await?;
    let Place::Book(path) = &asking.place else {
        let why = "only address books have reports";
        return Err(Refused::forbidden("<d:supported-report/>", why).into());
    };
    let book = book_at(&contacts, path).ok_or_else(Problem::not_found)?;
    let listing = match asked {
        Report::Query(asked) => query(&asking, &contacts, book, asked),
        Report::Multiget(asked) => multiget(&asking, &contacts, book, asked),
        Report::Sync(asked) => sync(&asking, &contacts, book, asked)?,
    };
    drop(contacts);
    Ok(listing.answer(asking))
}

/// How cards are shown, if they are wanted.
fn data(wanted: &Wanted) -> Option<AddressData> {
    names_data(&wanted.properties).then(|| wanted.data.clone())
}

fn query(asking: &Asking, contacts: &ContactsAt, book: &Book, asked: Query) -> Listing {
    Listing {
        members: cards(asking, contacts, book),
        data: data(&asked.wanted),
        properties: asked.wanted.properties,
        filter: asked.filter,
        limit: asked.limit.unwrap_or(u64::MAX),
        end: End::Nothing,
    }
}

/// Each address is answered as it was written.
fn multiget(asking: &Asking, contacts: &ContactsAt, book: &Book, asked: Multiget) -> Listing {
    let member = |path: String| {
        let card = match asking.at.meant(&path) {
            Some(Place::Card(of, name)) if of == book.path => contacts.with_name(book.id, &name),
            _ => None,
        };
        let is = card.map_or(Is::Gone, |card| Is::Card(card.id, card.changed));
        Member { path, is }
    };
    Listing {
        members: asked.hrefs.into_iter().map(member).collect(),
        data: data(&asked.wanted),
        properties: asked.wanted.properties,
        filter: Filter::default(),
        limit: u64::MAX,
        end: End::Nothing,
    }
}

/// What changed since a token, in the order in which it did, so that a part of it is one up to a state.
fn sync(
    asking: &Asking,
    contacts: &ContactsAt,
    book: &Book,
    asked: Sync,
) -> Result<Listing, Failed> {
    let mut changes: Vec<(u64, Member)> = match asked.token.as_deref() {
        None => {
            let all = cards(asking, contacts, book).into_iter();
            all.map(|member| (changed(&member), member)).collect()
        }
        Some(token) => {
            let since = step_of(token).and_then(|since| contacts.place_changes(book.id, since));
            let since = since.ok_or_else(|| {
                Refused::forbidden("<d:valid-sync-token/>", "that state is not known any more")
            })?;
            let told = since.into_iter().map(|change| {
                let card = match change.place {
                    CardPlace::There(card) => contacts.card(card),
                    CardPlace::Gone => None,
                };
                let is = card.map_or(Is::Gone, |card| Is::Card(card.id, card.changed));
                (change.at, Member { path: asking.at.card(&book.path, &change.name), is })
            });
            told.collect()
        }
    };
    changes.sort_by_key(|(at, _)| *at);
    let most = asked.limit.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let (mut to, mut rest) = (contacts.step(), Rest::None);
    if changes.len() > most {
        changes.truncate(most);
        to = changes.last().map_or(to, |(at, _)| *at);
        rest = Rest::More;
        if contacts.place_changes(book.id, to).is_none() {
            // What changed before is not remembered so far back: nobody could go on from there.
            let condition = "<d:number-of-matches-within-limits/>";
            let why = "all of it can be told, but not a part of it";
            return Err(Refused::new(StatusCode::INSUFFICIENT_STORAGE, condition, why).into());
        }
    }
    Ok(Listing {
        members: changes.into_iter().map(|(_, member)| member).collect(),
        data: data(&asked.wanted),
        properties: asked.wanted.properties,
        filter: Filter::default(),
        limit: u64::MAX,
        end: End::Token(sync_token(to), rest),
    })
}

fn changed(member: &Member) -> u64 {
    match member.is {
        Is::Card(_, changed) => changed,
        Is::Known(_) | Is::Gone => 0,
    }
}
