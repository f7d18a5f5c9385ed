//! Identity/set (RFC 8621, 6.3).

use serde_json::{Map, Value};

use super::{CAPABILITY, Identity};
use crate::arguments::Arguments;
use crate::call::Call;
use crate::error::{MethodError, SetError};
use crate::limits::{IDENTITIES_MAX, SIGNATURE_OCTETS_MAX};
use crate::run::Row;
use crate::server::drawer::{self, Drawer};
use crate::server::listed::Listed as _;
use crate::server::{Context, ids};
use crate::standard::{Patch, Set, SetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "Identity/set", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&set.account)?;
    let (context, known) = (&*call.context, &*call.created);
    let mut read = Vec::new();
    for (creation, object) in &set.create {
        read.push((creation, of_client(context, object.clone())?));
    }
    let (answer, _) = drawer::edit::<Identity, SetAnswer>(context, |drawer| {
        set.check_state(&drawer.state())?;
        let mut answer = SetAnswer::begin(set.account.clone(), drawer.state());
        for (creation, identity) in &read {
            match identity.clone().and_then(|identity| insert(drawer, identity)) {
                Ok(made) => drop(answer.created.insert((*creation).clone(), made)),
                Err(error) => drop(answer.not_created.insert((*creation).clone(), error)),
            }
        }
        for (id, patch) in answer.updates(set.update.clone(), &set.destroy, known) {
            let updated = ids::identity_of(&id).ok_or_else(|| SetError::of("notFound"));
            match updated.and_then(|number| update(drawer, number, &patch)) {
                Ok(()) => drop(answer.updated.insert(id, None)),
                Err(error) => drop(answer.not_updated.insert(id.into(), error)),
            }
        }
        for name in &set.destroy {
            let id = known.find(name);
            match (id.as_ref().and_then(ids::identity_of), id) {
                (Some(number), Some(id)) => match destroy(drawer, number) {
                    Ok(()) => answer.destroyed.push(id),
                    Err(_) if answer.destroyed.contains(&id) => {}
                    Err(error) => drop(answer.not_destroyed.insert(name.clone(), error)),
                },
                _ => drop(answer.not_destroyed.insert(name.clone(), SetError::of("notFound"))),
            }
        }
        answer.new_state = drawer.state();
        Ok(answer)
    })
    .await?;
    call.created.note_made(&answer.created);
    answer.arguments()
}

/// An identity as a client says it; null stands for what is usual.
fn of_client(
    context: &Context,
    mut object: Map<String, Value>,
) -> Result<Result<Identity, SetError>, MethodError> {
    object.retain(|_, value| !value.is_null());
    for name in ["id", "mayDelete"] {
        if object.contains_key(name) {
            return Ok(Err(SetError::properties(&[name], "only the server says it")));
        }
    }
    let identity = match read(object) {
        Ok(identity) => identity,
        Err(error) => return Ok(Err(error)),
    };
    let may = context.ports.outbox.may_send_as(context.account.id(), &identity.email);
    Ok(if may.map_err(|fault| context.failed(&fault))? {
        Ok(identity)
    } else {
        Err(SetError::of("forbiddenFrom"))
    })
}

fn read(object: Map<String, Value>) -> Result<Identity, SetError> {
    let known = |name: &&String| !Identity::PROPERTIES.contains(&name.as_str());
    if let Some(other) = object.keys().find(known) {
        return Err(SetError::properties(&[other], "there is no such property"));
    }
    // Each by itself, so that what is wrong can be named.
    for (name, value) in &object {
        let mut alone = Map::from_iter([("email".to_owned(), Value::from(""))]);
        alone.insert(name.clone(), value.clone());
        if serde_json::from_value::<Identity>(alone.into()).is_err() {
            return Err(SetError::properties(&[name], "it is of another type"));
        }
    }
    let identity: Identity = serde_json::from_value(object.into())
        .map_err(|_| SetError::properties(&["email"], "it is missing"))?;
    let of_lists = identity.reply_to.iter().chain(&identity.bcc).flatten();
    let addresses =
        of_lists.map(|it| it.email.len().saturating_add(it.name.as_ref().map_or(0, String::len)));
    let texts = [&identity.name, &identity.text_signature, &identity.html_signature];
    let octets = addresses.chain(texts.map(String::len)).fold(0, usize::saturating_add);
    if octets > SIGNATURE_OCTETS_MAX {
        let description = format!("it has more than {SIGNATURE_OCTETS_MAX} octets");
        return Err(SetError { description: Some(description), ..SetError::of("tooLarge") });
    }
    Ok(identity)
}

fn insert(
    drawer: &mut Drawer<Identity>,
    identity: Identity,
) -> Result<Map<String, Value>, SetError> {
    if drawer.len() >= IDENTITIES_MAX {
        let description = format!("a user has at most {IDENTITIES_MAX} identities");
        return Err(SetError { description: Some(description), ..SetError::of("overQuota") });
    }
    let number = drawer.insert(identity.clone());
    // What the client said is left out, and told all the same where it is what is usual.
    let mut object = identity.object(number);
    object.remove("email");
    Ok(object)
}

fn update(drawer: &mut Drawer<Identity>, number: u64, patch: &Patch) -> Result<(), SetError> {
    let before = drawer.get(number).ok_or_else(|| SetError::of("notFound"))?;
    for name in patch.properties() {
        if matches!(name, "id" | "email" | "mayDelete") {
            return Err(SetError::properties(&[name], "it does not change"));
        }
    }
    let mut object = patch.apply(&before.object(number))?;
    object.remove("id");
    let may_delete = object.remove("mayDelete");
    let changed = Identity { may_delete: may_delete == Some(true.into()), ..read(object)? };
    drawer.replace(number, changed);
    Ok(())
}

fn destroy(drawer: &mut Drawer<Identity>, number: u64) -> Result<(), SetError> {
    let identity = drawer.get(number).ok_or_else(|| SetError::of("notFound"))?;
    if !identity.may_delete {
        return Err(SetError::of("forbidden"));
    }
    drawer.remove(number);
    Ok(())
}
