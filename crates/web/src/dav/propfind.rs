//! PROPFIND (RFC 4918, 9.1): what is known of a resource, and of what stands directly in it.

use axum::body::Body;
use axum::response::Response;
use dav::limits::XML_OCTETS_MAX;
use dav::{Filter, Propfind, read_propfind};
use mailbox::{Book, ContactsAt};

use super::Asking;
use super::listing::{End, Is, Listing, Member};
use super::place::{Place, book_at};
use super::properties::{Resource, stats};
use super::refused::{Failed, Refused};
use crate::problem::Problem;

pub(super) async fn find(asking: Asking, body: Body) -> Result<Response, Failed> {
    let depth = asking.headers.get("depth").map(|depth| depth.as_bytes().to_ascii_lowercase());
    let is_deep = match depth.as_deref() {
        Some(b"0") => false,
        Some(b"1") => true,
        // RFC 4918, 9.1: a server need not walk through all that it has. In a card there is nothing.
        _ if matches!(asking.place, Place::Card(..)) => false,
        _ => {
            let why = "Depth has to be 0 or 1";
            return Err(Refused::forbidden("<d:propfind-finite-depth/>", why).into());
        }
    };
    let (octets, _room) = asking.whole(body, XML_OCTETS_MAX).await?;
    let wanted = read_propfind(&octets)?;
    drop(octets);
    let contacts = asking.contacts().await?;
    let mut members = own(&asking, &contacts, &wanted)?;
    if is_deep {
        members.extend(inner(&asking, &contacts, &wanted));
    }
    drop(contacts);
    let listing = Listing {
        members,
        properties: wanted,
        data: None,
        filter: Filter::default(),
        limit: u64::MAX,
        end: End::Nothing,
    };
    Ok(listing.answer(asking))
}

/// The resource itself.
fn own(asking: &Asking, contacts: &ContactsAt, wanted: &Propfind) -> Result<Vec<Member>, Failed> {
    let book = |path: &str| book_at(contacts, path).ok_or_else(Problem::not_found);
    let known = |resource| Is::Known(stats(resource, &asking.at, wanted));
    let is = match &asking.place {
        Place::Root => known(Resource::Root),
        Place::Principal => known(Resource::Principal(&asking.context.user.name)),
        Place::Home => known(Resource::Home),
        Place::Book(path) => known(Resource::Book(book(path)?, contacts.step())),
        Place::Card(path, name) => {
            let card = contacts.with_name(book(path)?.id, name).ok_or_else(Problem::not_found)?;
            Is::Card(card.id, card.changed)
        }
    };
    Ok(vec![Member { path: asking.at.of_place(&asking.place), is }])
}

/// What stands in it.
fn inner(asking: &Asking, contacts: &ContactsAt, wanted: &Propfind) -> Vec<Member> {
    let at = &asking.at;
    let known = |path, resource| Member { path, is: Is::Known(stats(resource, at, wanted)) };
    match &asking.place {
        Place::Root => {
            vec![known(at.principal(), Resource::Principal(&asking.context.user.name))]
        }
        Place::Principal => vec![known(at.home(), Resource::Home)],
        Place::Home => {
            let mut books: Vec<&Book> = contacts.books().iter().collect();
            books.sort_by_key(|book| (book.fields.sort_order, book.id));
            let each = books.into_iter();
            each.map(|it| known(at.book(&it.path), Resource::Book(it, contacts.step()))).collect()
        }
        Place::Book(path) => {
            book_at(contacts, path).map(|book| cards(asking, contacts, book)).unwrap_or_default()
        }
        Place::Card(..) => Vec::new(),
    }
}

/// All cards of an address book.
pub(super) fn cards(asking: &Asking, contacts: &ContactsAt, book: &Book) -> Vec<Member> {
    let cards = contacts.cards();
    let named = cards.filter_map(|card| Some((card, card.name_in(book.id)?)));
    let member = |(card, name): (&std::sync::Arc<mailbox::CardNote>, &str)| Member {
        path: asking.at.card(&book.path, name),
        is: Is::Card(card.id, card.changed),
    };
    named.map(member).collect()
}
