//! VacationResponse/set (RFC 8621, 8.2). There is one, and so none is made or destroyed (RFC 8620, 5.3).

use serde_json::{Map, Value};

use super::{CAPABILITY, PROPERTIES, SINGLETON, Vacation};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::{MethodError, SetError};
use crate::limits::VACATION_OCTETS_MAX;
use crate::run::Row;
use crate::server::Context;
use crate::server::drawer::{self, Drawer};
use crate::standard::{Patch, Set, SetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "VacationResponse/set", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&set.account)?;
    let known = &*call.created;
    let edited = drawer::edit::<Vacation, SetAnswer>(call.context, |drawer| {
        set.check_state(&drawer.state())?;
        let mut answer = SetAnswer::begin(set.account.clone(), drawer.state());
        for creation in set.create.keys() {
            answer.not_created.insert(creation.clone(), SetError::of("singleton"));
        }
        for (id, patch) in answer.updates(set.update.clone(), &[], known) {
            let updated = if id.as_str() == SINGLETON {
                update(drawer, &patch)
            } else {
                Err(SetError::of("notFound"))
            };
            match updated {
                Ok(()) => drop(answer.updated.insert(id, None)),
                Err(error) => drop(answer.not_updated.insert(id.into(), error)),
            }
        }
        for name in &set.destroy {
            let kind = if name == SINGLETON { "singleton" } else { "notFound" };
            answer.not_destroyed.insert(name.clone(), SetError::of(kind));
        }
        answer.new_state = drawer.state();
        Ok(answer)
    });
    edited.await?.0.arguments()
}

fn update(drawer: &mut Drawer<Vacation>, patch: &Patch) -> Result<(), SetError> {
    let Some((number, before)) = drawer.iter().next() else {
        return Err(SetError::of("notFound"));
    };
    if let Some(other) = patch.properties().find(|name| !PROPERTIES.contains(name) || *name == "id")
    {
        return Err(SetError::properties(&[other], "there is no such property to change"));
    }
    let mut object = patch.apply(&before.object())?;
    object.remove("id");
    for (name, value) in &object {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        let read: Option<Vacation> = serde_json::from_value(alone.into()).ok();
        if read.and_then(Vacation::with_dates).is_none() {
            return Err(SetError::properties(&[name], "it is of another type"));
        }
    }
    let texts = ["subject", "textBody", "htmlBody"].map(|name| object.get(name));
    let octets = texts.into_iter().flatten().filter_map(Value::as_str).map(str::len);
    if octets.fold(0, usize::saturating_add) > VACATION_OCTETS_MAX {
        let description = format!("it has more than {VACATION_OCTETS_MAX} octets");
        return Err(SetError { description: Some(description), ..SetError::of("tooLarge") });
    }
    let read: Option<Vacation> = serde_json::from_value(object.into()).ok();
    let changed =
        read.and_then(Vacation::with_dates).ok_or_else(|| SetError::of("invalidPatch"))?;
    if changed != *before {
        drawer.replace(number, changed);
    }
    Ok(())
}
