//! ContactCard/set (RFC 9610, 3.5): one commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use cards::{Card, PhotoName, check, uid_of};
use mailbox::{BookId, CardId, ContactsEdit, Error, Fault};
use serde_json::{Map, Value};

use super::CAPABILITY;
use super::photos::Photos;
use super::shown::object;
use crate::arguments::Arguments;
use crate::call::{Call, Created};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::mail::utc_date;
use crate::run::Row;
use crate::server::contacts::stepped;
use crate::server::{Context, ids};
use crate::standard::{Patch, Set, SetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "ContactCard/set", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// What is asked, and what is needed for it.
struct Asked {
    set: Set,
    created: Created,
    photos: Photos,
    /// A uid for each card that is made.
    uids: BTreeMap<Id, String>,
    /// The present, as a UTCDate.
    now: Value,
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    arguments.end()?;
    let context = &*call.context;
    // There is a first address book from then on.
    context.contacts(&set.account).await?;
    let photos = Photos::read(context, set.create.values().chain(set.update.values())).await?;
    let mut uids = BTreeMap::new();
    for creation in set.create.keys() {
        let fresh = context.ports.fresh.name().map_err(|fault| context.failed(&fault))?;
        uids.insert(creation.clone(), uid_of(&fresh));
    }
    let now = utc_date(context.ports.accounts.clock().now().0).into();
    let objects =
        set.create.len().saturating_add(set.update.len()).saturating_add(set.destroy.len());
    let objects = u64::try_from(objects).unwrap_or(u64::MAX);
    let asked = Arc::new(Asked { set, created: call.created.clone(), photos, uids, now });
    let edited = context.account.edit_contacts(objects, move |edit| asked.carry_out(edit));
    let answer = edited.await.map_err(|error| context.not_done(&error))??;
    for (creation, made) in &answer.created {
        let id = made.get("id").and_then(Value::as_str).map(|id| Id::try_from(id.to_owned()));
        if let Some(Ok(id)) = id {
            call.created.note(creation.clone(), id);
        }
    }
    answer.arguments()
}

type Edit<'a, 'e, 'g, 's> = &'a mut ContactsEdit<'e, 'g, 's>;
type Tried<T> = Result<Result<T, SetError>, Error>;
type Places = BTreeMap<BookId, Option<String>>;

/// Goes on with what worked; what was refused is the answer.
macro_rules! or_refused {
    ($tried:expr) => {
        match $tried {
            Ok(done) => done,
            Err(error) => return Ok(Err(error)),
        }
    };
}

impl Asked {
    fn carry_out(
        &self,
        edit: Edit<'_, '_, '_, '_>,
    ) -> Result<Result<SetAnswer, MethodError>, Error> {
        let old = edit.states().cards.to_string();
        if let Err(error) = self.set.check_state(&old) {
            return Ok(Err(error));
        }
        let mut answer = SetAnswer::begin(self.set.account.clone(), old);
        let mut created = self.created.clone();
        for (creation, said) in &self.set.create {
            match self.create(edit, creation, said)? {
                Ok((id, made)) => {
                    created.note(creation.clone(), ids::card(id));
                    answer.created.insert(creation.clone(), made);
                }
                Err(error) => drop(answer.not_created.insert(creation.clone(), error)),
            }
        }
        for (id, patch) in answer.updates(self.set.update.clone(), &self.set.destroy, &created) {
            match self.update(edit, &id, &patch)? {
                Ok(told) => drop(answer.updated.insert(id, told)),
                Err(error) => drop(answer.not_updated.insert(id.into(), error)),
            }
        }
        for name in &self.set.destroy {
            let id = created.find(name);
            let card = id.as_ref().and_then(ids::card_of);
            let removed = match card {
                Some(card) => stepped(edit.remove_card(card))?.map(|()| card),
                None => Err(SetError::of("notFound")),
            };
            match removed {
                Ok(card) => answer.destroyed.push(ids::card(card)),
                Err(_) if id.is_some_and(|id| answer.destroyed.contains(&id)) => {}
                Err(error) => drop(answer.not_destroyed.insert(name.clone(), error)),
            }
        }
        answer.new_state = edit.states().cards.to_string();
        Ok(Ok(answer))
    }

    fn create(
        &self,
        edit: Edit<'_, '_, '_, '_>,
        creation: &Id,
        said: &Map<String, Value>,
    ) -> Tried<(CardId, Map<String, Value>)> {
        let mut object = said.clone();
        object.retain(|_, value| !value.is_null());
        if object.contains_key("id") {
            return Ok(Err(SetError::properties(&["id"], "only the server says it")));
        }
        let places = or_refused!(self.places(object.remove("addressBookIds")));
        or_refused!(checked(&object, |_| true));
        let uid = self.uids.get(creation).cloned().unwrap_or_default();
        for (name, usual) in [
            ("@type", "Card".into()),
            ("version", "1.0".into()),
            ("uid", uid.into()),
            ("created", self.now.clone()),
            ("updated", self.now.clone()),
        ] {
            object.entry(name).or_insert(usual);
        }
        let mut card = Card::of(object);
        or_refused!(self.photos.put_into(&mut card, |_| None));
        let id = or_refused!(stepped(edit.put_card(None, &card, &places))?);
        let mut made = shown(edit, id)?;
        made.retain(|name, value| name == "id" || said.get(name) != Some(value));
        if said.contains_key("addressBookIds") {
            made.remove("addressBookIds");
        }
        Ok(Ok((id, made)))
    }

    fn update(
        &self,
        edit: Edit<'_, '_, '_, '_>,
        id: &Id,
        patch: &Patch,
    ) -> Tried<Option<Map<String, Value>>> {
        let kept = match ids::card_of(id) {
            Some(card) => edit.card(card)?.map(|kept| (card, kept)),
            None => None,
        };
        let Some((card, kept)) = kept else { return Ok(Err(SetError::of("notFound"))) };
        let written = kept.written.clone();
        let before = object(card, kept);
        let mut patched = or_refused!(patch.apply(&before));
        let said = patched.clone();
        if patched.remove("id").as_ref() != before.get("id") {
            return Ok(Err(SetError::properties(&["id"], "it does not change")));
        }
        let places = or_refused!(self.places(patched.remove("addressBookIds")));
        let is_named = |name: &str| patch.properties().any(|named| named == name);
        or_refused!(checked(&patched, is_named));
        let only_books = patch.properties().all(|name| name == "addressBookIds");
        if !only_books && !is_named("updated") {
            patched.insert("updated".to_owned(), self.now.clone());
        }
        let mut changed = Card::of(patched);
        changed.written = written.filter(|_| only_books);
        let is_own = |blob: &str| -> Option<PhotoName> {
            let (of, name) = ids::photo_of(&Id::try_from(blob.to_owned()).ok()?)?;
            Some(name).filter(|_| of == card)
        };
        or_refused!(self.photos.put_into(&mut changed, is_own));
        or_refused!(stepped(edit.put_card(Some(card), &changed, &places))?);
        let now = shown(edit, card)?;
        let differs = |(name, value): (String, Value)| {
            (name != "addressBookIds" && said.get(&name) != Some(&value)).then_some((name, value))
        };
        let told: Map<String, Value> = now.into_iter().filter_map(differs).collect();
        Ok(Ok(Some(told).filter(|told| !told.is_empty())))
    }

    /// The address books that a card is to lie in (RFC 9610, 3).
    fn places(&self, said: Option<Value>) -> Result<Places, SetError> {
        let wrong = |why: &str| Err(SetError::properties(&["addressBookIds"], why));
        let Some(Value::Object(said)) = said else {
            return wrong("a card has to be in an address book");
        };
        let mut places = Places::new();
        for (name, value) in said {
            if value != true {
                return wrong("a value is not true");
            }
            match self.created.find(&name).as_ref().and_then(ids::book_of) {
                Some(book) => drop(places.insert(book, None)),
                None => return wrong("there is no such address book"),
            }
        }
        Ok(places)
    }
}

fn checked(object: &Map<String, Value>, is_asked: impl Fn(&str) -> bool) -> Result<(), SetError> {
    check(object, is_asked)
        .map_err(|wrong| SetError::properties(&[wrong.property()], wrong.to_string()))
}

/// A card as it is now.
fn shown(edit: Edit<'_, '_, '_, '_>, id: CardId) -> Result<Map<String, Value>, Error> {
    let kept = edit.card(id)?.ok_or_else(|| Fault::new("a card was put in and is gone"))?;
    Ok(object(id, kept))
}
