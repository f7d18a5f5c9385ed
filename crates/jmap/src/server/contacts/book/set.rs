//! AddressBook/set (RFC 9610, 2.3): one commit.

use std::sync::Arc;

use mailbox::{BookId, ContactsEdit, Contents, Error, Fault, NotEdited};
use serde_json::{Map, Value};

use super::{CAPABILITY, fields, object};
use crate::arguments::Arguments;
use crate::call::{Call, Created};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::run::Row;
use crate::server::contacts::stepped;
use crate::server::{Context, ids};
use crate::standard::{Patch, Set, SetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "AddressBook/set", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// What is asked.
struct Asked {
    set: Set,
    contents: Contents,
    default: Option<String>,
    created: Created,
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    let removes: bool = arguments.or("onDestroyRemoveContents", false)?;
    let default: Option<String> = arguments.optional("onSuccessSetIsDefault")?;
    arguments.end()?;
    let contacts = call.context.contacts(&set.account).await?;
    let contents = if removes { Contents::Remove } else { Contents::Keep };
    // Cards that go with their address book are as much work as others.
    let cards = if removes && !set.destroy.is_empty() { contacts.cards().len() } else { 0 };
    let objects = u64::try_from(cards).unwrap_or(u64::MAX).saturating_add(1);
    let asked = Arc::new(Asked { set, contents, default, created: call.created.clone() });
    let edited = call.context.account.edit_contacts(objects, move |edit| asked.carry_out(edit));
    let answer = edited.await.map_err(|error| call.context.not_done(&error))??;
    for (creation, made) in &answer.created {
        let id = made.get("id").and_then(Value::as_str).map(|id| Id::try_from(id.to_owned()));
        if let Some(Ok(id)) = id {
            call.created.note(creation.clone(), id);
        }
    }
    answer.arguments()
}

impl Asked {
    fn carry_out(
        &self,
        edit: &mut ContactsEdit<'_, '_, '_>,
    ) -> Result<Result<SetAnswer, MethodError>, Error> {
        let old = edit.states().books.to_string();
        if let Err(error) = self.set.check_state(&old) {
            return Ok(Err(error));
        }
        let mut answer = SetAnswer::begin(self.set.account.clone(), old);
        let mut created = self.created.clone();
        for (creation, said) in &self.set.create {
            match create(edit, said)? {
                Ok((id, made)) => {
                    created.note(creation.clone(), ids::book(id));
                    answer.created.insert(creation.clone(), made);
                }
                Err(error) => drop(answer.not_created.insert(creation.clone(), error)),
            }
        }
        for (id, patch) in answer.updates(self.set.update.clone(), &self.set.destroy, &created) {
            match update(edit, &id, &patch)? {
                Ok(()) => drop(answer.updated.insert(id, None)),
                Err(error) => drop(answer.not_updated.insert(id.into(), error)),
            }
        }
        for name in &self.set.destroy {
            let id = created.find(name);
            match destroy(edit, id.as_ref(), self.contents)? {
                Ok(id) => answer.destroyed.push(ids::book(id)),
                Err(_) if id.is_some_and(|id| answer.destroyed.contains(&id)) => {}
                Err(error) => drop(answer.not_destroyed.insert(name.clone(), error)),
            }
        }
        self.set_default(edit, &created, &mut answer)?;
        answer.new_state = edit.states().books.to_string();
        Ok(Ok(answer))
    }

    /// RFC 9610, 2.3: where all else worked, and it is there; else nothing is said about it.
    fn set_default(
        &self,
        edit: &mut ContactsEdit<'_, '_, '_>,
        created: &Created,
        answer: &mut SetAnswer,
    ) -> Result<(), Error> {
        let all_worked = answer.not_created.is_empty()
            && answer.not_updated.is_empty()
            && answer.not_destroyed.is_empty();
        let wanted = self.default.as_deref().and_then(|name| created.find(name));
        let wanted = wanted.as_ref().and_then(ids::book_of);
        let Some(wanted) = wanted.filter(|_| all_worked) else { return Ok(()) };
        if edit.default_book() == Some(wanted) {
            return Ok(());
        }
        let Ok(before) = stepped(edit.set_default(wanted))? else { return Ok(()) };
        let id = ids::book(wanted);
        let as_made = |made: &&mut Map<String, Value>| {
            made.get("id").and_then(Value::as_str) == Some(id.as_str())
        };
        match answer.created.values_mut().find(as_made) {
            Some(made) => drop(made.insert("isDefault".to_owned(), true.into())),
            None => tell(answer, id, true),
        }
        if let Some(before) = before {
            tell(answer, ids::book(before), false);
        }
        Ok(())
    }
}

fn tell(answer: &mut SetAnswer, id: Id, is_default: bool) {
    let told = answer.updated.entry(id).or_default().get_or_insert_default();
    told.insert("isDefault".to_owned(), is_default.into());
}

type Tried<T> = Result<Result<T, SetError>, Error>;

fn create(
    edit: &mut ContactsEdit<'_, '_, '_>,
    said: &Map<String, Value>,
) -> Tried<(BookId, Map<String, Value>)> {
    let read = fields(said, &Map::from_iter([("isDefault".to_owned(), false.into())]));
    let fields = match read {
        Ok(fields) => fields,
        Err(error) => return Ok(Err(error)),
    };
    let id = match stepped(edit.add_book(fields, None))? {
        Ok(id) => id,
        Err(error) => return Ok(Err(error)),
    };
    let book = edit.book(id)?.ok_or_else(|| Fault::new("an address book was made and is gone"))?;
    let mut made = object(&book, edit.default_book());
    made.retain(|name, value| name == "id" || said.get(name) != Some(value));
    Ok(Ok((id, made)))
}

fn update(edit: &mut ContactsEdit<'_, '_, '_>, id: &Id, patch: &Patch) -> Tried<()> {
    let book = match ids::book_of(id) {
        Some(id) => edit.book(id)?,
        None => None,
    };
    let Some(book) = book else { return Ok(Err(SetError::of("notFound"))) };
    let shown = object(&book, edit.default_book());
    let patched = patch.apply(&shown).and_then(|said| {
        // Whoever takes the name away gets none; what else is missing is what is usual.
        fields(&said, &shown)
    });
    match patched {
        Ok(fields) => stepped(edit.change_book(book.id, fields)),
        Err(error) => Ok(Err(error)),
    }
}

fn destroy(
    edit: &mut ContactsEdit<'_, '_, '_>,
    id: Option<&Id>,
    contents: Contents,
) -> Tried<BookId> {
    let Some(id) = id.and_then(ids::book_of) else { return Ok(Err(SetError::of("notFound"))) };
    match edit.book(id) {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(Err(SetError::of("notFound"))),
        Err(fault) => return Err(fault.into()),
    }
    let removed: Result<(), NotEdited> = edit.remove_book(id, contents);
    Ok(stepped(removed)?.map(|()| id))
}
