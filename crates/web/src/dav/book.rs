//! Address books: MKCOL (RFC 5689), PROPPATCH (RFC 4918, 9.2) and DELETE.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use dav::limits::XML_OCTETS_MAX;
use dav::{Answer, BookChange, Field, PropStat, read_mkcol, read_proppatch};
use mailbox::{BookFields, ContactsEdit, Contents};

use super::place::{Place, id_at};
use super::refused::{Failed, Refused, stepped, xml};
use super::{Asking, Edited, bare, not_here};

/// Makes an address book. They stand side by side below the home, and nothing else can be made there.
pub(super) async fn make(asking: Asking, body: Body) -> Result<Response, Failed> {
    let Place::Book(path) = asking.place.clone() else {
        let condition = "<card:addressbook-collection-location-ok/>";
        return Err(match asking.place {
            Place::Root | Place::Principal | Place::Home => not_here(),
            Place::Book(_) | Place::Card(..) => {
                Refused::forbidden(condition, "address books stand below the home").into()
            }
        });
    };
    let (octets, room) = asking.whole(body, XML_OCTETS_MAX).await?;
    let Some(said) = read_mkcol(&octets)? else {
        let why = "only address books can be made here";
        return Err(Refused::forbidden("<d:valid-resourcetype/>", why).into());
    };
    drop((octets, room));
    // The first one is there before any other is made.
    asking.contacts().await?;
    if let Some(stats) = not_changed(&said) {
        return Ok(xml(StatusCode::FORBIDDEN, Answer::mkcol(&stats).into()));
    }
    let usual = BookFields { name: path.clone(), is_subscribed: true, ..BookFields::default() };
    let fields = apply(usual, &said);
    let work = move |edit: &mut ContactsEdit<'_, '_, '_>| -> Edited<()> {
        Ok(stepped(edit.add_book(fields.clone(), Some(&path)))?.map(drop))
    };
    asking.edit(1, work).await?;
    Ok(bare(StatusCode::CREATED))
}

/// What a change makes of what is said of an address book.
fn apply(mut fields: BookFields, changes: &[BookChange]) -> BookFields {
    for change in changes {
        match change.field {
            Some(Field::DisplayName) => fields.name = change.value.clone().unwrap_or_default(),
            Some(Field::Description) => fields.description.clone_from(&change.value),
            None => {}
        }
    }
    fields
}

/// Where one of the changes cannot be made: none is (RFC 4918, 9.2).
fn not_changed(changes: &[BookChange]) -> Option<Vec<PropStat>> {
    let is_right = |change: &&BookChange| match change.field {
        // An address book has a name.
        Some(Field::DisplayName) => change.value.as_ref().is_some_and(|name| !name.is_empty()),
        Some(Field::Description) => true,
        None => false,
    };
    let (others, wrong): (Vec<_>, Vec<_>) = changes.iter().partition(is_right);
    if wrong.is_empty() {
        return None;
    }
    let stat = |status, changes: Vec<&BookChange>| PropStat {
        status,
        properties: changes.into_iter().map(|it| (it.name.clone(), String::new())).collect(),
    };
    let stats = [stat(403, wrong), stat(424, others)];
    Some(stats.into_iter().filter(|stat| !stat.properties.is_empty()).collect())
}

/// Changes what is said of an address book.
pub(super) async fn change(asking: Asking, body: Body) -> Result<Response, Failed> {
    let (octets, room) = asking.whole(body, XML_OCTETS_MAX).await?;
    let changes = read_proppatch(&octets)?;
    drop((octets, room));
    let Place::Book(path) = asking.place.clone() else {
        return Err(Refused::plain(StatusCode::FORBIDDEN, "nothing of this can be changed").into());
    };
    let mut answer = Answer::begin();
    let at = asking.at.of_place(&asking.place);
    if let Some(stats) = not_changed(&changes) {
        answer.response(&at, &stats);
        return Ok(xml(StatusCode::MULTI_STATUS, answer.end().into()));
    }
    let names = changes.iter().map(|change| (change.name.clone(), String::new())).collect();
    let work = move |edit: &mut ContactsEdit<'_, '_, '_>| -> Edited<()> {
        let book = edit.books()?.into_iter().find(|book| book.path == path);
        let Some(book) = book else { return Ok(Err(no_such_book())) };
        let fields = apply(book.fields.clone(), &changes);
        if fields == book.fields {
            return Ok(Ok(()));
        }
        stepped(edit.change_book(book.id, fields))
    };
    asking.edit(1, work).await?;
    answer.response(&at, &[PropStat { status: 200, properties: names }]);
    Ok(xml(StatusCode::MULTI_STATUS, answer.end().into()))
}

fn no_such_book() -> Refused {
    Refused::plain(StatusCode::NOT_FOUND, "there is no such address book")
}

/// Removes an address book, with the cards that are in no other (RFC 4918, 9.6.1).
pub(super) async fn delete(asking: Asking) -> Result<Response, Failed> {
    let Place::Book(path) = asking.place.clone() else { return Err(not_here()) };
    let objects = asking.contacts().await?.cards().len().saturating_add(1);
    let work = move |edit: &mut ContactsEdit<'_, '_, '_>| -> Edited<()> {
        let Some(book) = id_at(&edit.books()?, &path) else { return Ok(Err(no_such_book())) };
        stepped(edit.remove_book(book, Contents::Remove))
    };
    asking.edit(objects, work).await?;
    Ok(bare(StatusCode::NO_CONTENT))
}
