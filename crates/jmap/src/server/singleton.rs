//! Types of which a user has one object, that is neither made nor destroyed (RFC 8620, 5.3).

use serde_json::{Map, Value};

use super::Context;
use super::drawer::{self, Drawer, Object};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::{MethodError, SetError};
use crate::standard::{Get, GetAnswer, Patch, Set, SetAnswer};

/// The id of the one that there is.
pub(super) const ID: &str = "singleton";

/// Such a type.
pub(super) trait Singleton: Object + Default {
    /// What it has, the id among it.
    const PROPERTIES: &'static [&'static str];

    /// As clients see it.
    fn object(&self) -> Map<String, Value>;

    /// As it is after a change.
    fn patched(&self, patch: &Patch) -> Result<Self, SetError>;
}

/// `/get` of such a type.
pub(super) async fn get<T: Singleton>(
    call: &mut Call<'_, Context>,
) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&get.account)?;
    get.check_properties(T::PROPERTIES)?;
    let drawer = drawer::open::<T>(call.context).await?;
    let object = drawer.iter().next().map(|(_, it)| it.object());
    let object = object.unwrap_or_else(|| T::default().object());
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    match get.ids.clone() {
        None => list.push(get.wanted(object)),
        Some(ids) => {
            for id in ids {
                if id.as_str() == ID {
                    list.push(get.wanted(object.clone()));
                } else {
                    not_found.push(id);
                }
            }
        }
    }
    GetAnswer { account_id: get.account, state: drawer.state(), list, not_found }.arguments()
}

/// `/set` of such a type.
pub(super) async fn set<T: Singleton>(
    call: &mut Call<'_, Context>,
) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&set.account)?;
    let known = &*call.created;
    let edited = drawer::edit::<T, SetAnswer>(call.context, |drawer| {
        set.check_state(&drawer.state())?;
        let mut answer = SetAnswer::begin(set.account.clone(), drawer.state());
        for creation in set.create.keys() {
            answer.not_created.insert(creation.clone(), SetError::of("singleton"));
        }
        for (id, patch) in answer.updates(set.update.clone(), &[], known) {
            let updated = if id.as_str() == ID { update(drawer, &patch) } else { Err(not_found()) };
            match updated {
                Ok(()) => drop(answer.updated.insert(id, None)),
                Err(error) => drop(answer.not_updated.insert(id.into(), error)),
            }
        }
        for name in &set.destroy {
            let error = if name == ID { SetError::of("singleton") } else { not_found() };
            answer.not_destroyed.insert(name.clone(), error);
        }
        answer.new_state = drawer.state();
        Ok(answer)
    });
    edited.await?.0.arguments()
}

fn not_found() -> SetError {
    SetError::of("notFound")
}

fn update<T: Singleton>(drawer: &mut Drawer<T>, patch: &Patch) -> Result<(), SetError> {
    let (number, before) = drawer.iter().next().ok_or_else(not_found)?;
    let after = before.patched(patch)?;
    if after != *before {
        drawer.replace(number, after);
    }
    Ok(())
}
