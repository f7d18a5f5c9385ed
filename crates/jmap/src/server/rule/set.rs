//! Rule/set (`docs/jmap/rules.md`).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{CAPABILITY, Listed as _, Rule, condition};
use crate::arguments::Arguments;
use crate::call::{Call, Created};
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::limits::{RULE_OCTETS_MAX, RULES_MAX};
use crate::run::Row;
use crate::server::drawer::{self, Drawer};
use crate::server::email::keywords::{Named, named};
use crate::server::{Context, ids};
use crate::standard::{Patch, Set, SetAnswer};
use mailbox::Flags;

pub(super) const ROW: Row<Context> =
    Row { name: "Rule/set", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::take(&mut arguments, call.limits)?;
    arguments.end()?;
    call.context.check_account(&set.account)?;
    let (context, known) = (&*call.context, &*call.created);
    let there = Mailboxes::of(context)?;
    let edited = drawer::edit::<Rule, SetAnswer>(context, |drawer| {
        set.check_state(&drawer.state())?;
        let mut answer = SetAnswer::begin(set.account.clone(), drawer.state());
        for (creation, object) in &set.create {
            match create(drawer, object, known, &there) {
                Ok(made) => drop(answer.created.insert(creation.clone(), made)),
                Err(error) => drop(answer.not_created.insert(creation.clone(), error)),
            }
        }
        for (id, patch) in answer.updates(set.update.clone(), &set.destroy, known) {
            match update(drawer, &id, &patch, known, &there) {
                Ok(()) => drop(answer.updated.insert(id, None)),
                Err(error) => drop(answer.not_updated.insert(id.into(), error)),
            }
        }
        for name in &set.destroy {
            let id = known.find(name);
            let removed = id.as_ref().and_then(Rule::number).and_then(|it| drawer.remove(it));
            match (id, removed) {
                (Some(id), Some(_)) => answer.destroyed.push(id),
                (Some(id), None) if answer.destroyed.contains(&id) => {}
                _ => drop(answer.not_destroyed.insert(name.clone(), SetError::of("notFound"))),
            }
        }
        answer.new_state = drawer.state();
        Ok(answer)
    });
    let (answer, _) = edited.await?;
    call.created.note_made(&answer.created);
    answer.arguments()
}

/// The mailboxes that there are.
struct Mailboxes(BTreeSet<Id>);

impl Mailboxes {
    fn of(context: &Context) -> Result<Mailboxes, MethodError> {
        let all = context.account.mailboxes().map_err(|fault| context.failed(&fault))?;
        Ok(Mailboxes(all.iter().map(|mailbox| ids::mailbox(mailbox.id)).collect()))
    }
}

fn create(
    drawer: &mut Drawer<Rule>,
    object: &Map<String, Value>,
    known: &Created,
    there: &Mailboxes,
) -> Result<Map<String, Value>, SetError> {
    if drawer.len() >= RULES_MAX {
        let description = Some(format!("a user has at most {RULES_MAX} rules"));
        return Err(SetError { description, ..SetError::of("overQuota") });
    }
    let mut said = object.clone();
    if said.contains_key("id") {
        return Err(SetError::properties(&["id"], "only the server says it"));
    }
    // Null stands for what is usual.
    said.retain(|_, value| !value.is_null());
    let rule = read(said, known, Some(there))?;
    let number = drawer.insert(rule.clone());
    let mut made = rule.object(number);
    made.retain(|name, value| object.get(name) != Some(value));
    Ok(made)
}

fn update(
    drawer: &mut Drawer<Rule>,
    id: &Id,
    patch: &Patch,
    known: &Created,
    there: &Mailboxes,
) -> Result<(), SetError> {
    let number = Rule::number(id).ok_or_else(|| SetError::of("notFound"))?;
    let before = drawer.get(number).ok_or_else(|| SetError::of("notFound"))?;
    if patch.properties().any(|name| name == "id") {
        return Err(SetError::properties(&["id"], "it does not change"));
    }
    let mut object = patch.apply(&before.object(number))?;
    object.remove("id");
    object.retain(|_, value| !value.is_null());
    // A mailbox that went since the rule was made is no reason to refuse another change of it.
    let moves = patch.properties().any(|name| name == "mailboxIds");
    let after = read(object, known, moves.then_some(there))?;
    if after != *before {
        drawer.replace(number, after);
    }
    Ok(())
}

/// Reads a rule, and checks all that it says; its mailboxes where it is said which there are.
fn read(
    mut object: Map<String, Value>,
    known: &Created,
    there: Option<&Mailboxes>,
) -> Result<Rule, SetError> {
    let of_type = |name: &&String| Rule::PROPERTIES.contains(&name.as_str());
    if let Some(other) = object.keys().find(|name| !of_type(name)) {
        return Err(SetError::properties(&[other], "there is no such property"));
    }
    resolve(&mut object, known);
    // Each by itself, so that what is wrong can be named.
    for (name, value) in &object {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        if let Err(error) = serde_json::from_value::<Rule>(alone.into()) {
            return Err(SetError::properties(&[name], error.to_string()));
        }
    }
    let octets = serde_json::to_vec(&object).map_or(usize::MAX, |octets| octets.len());
    if octets > RULE_OCTETS_MAX {
        let description = Some(format!("it has more than {RULE_OCTETS_MAX} octets"));
        return Err(SetError { description, ..SetError::of("tooLarge") });
    }
    let rule: Rule = serde_json::from_value(object.into())
        .map_err(|error| SetError::properties(&["filter"], error.to_string()))?;
    if let Some(filter) = rule.filter.clone() {
        condition::read(filter).map_err(|error| SetError::properties(&["filter"], why(&error)))?;
    }
    for name in rule.marks() {
        match named(name) {
            None => return Err(SetError::properties(&["keywords"], "it cannot be a keyword")),
            // Nobody wrote it here, and it would be taken for one's own.
            Some(Named::System(Flags::DRAFT)) => {
                return Err(SetError::properties(&["keywords"], "mail that comes is no draft"));
            }
            Some(_) => {}
        }
    }
    if rule.mailbox_ids.as_ref().is_some_and(|ids| ids.is_empty()) {
        return Err(SetError::properties(&["mailboxIds"], "mail has to be in some mailbox"));
    }
    if let Some(Mailboxes(there)) = there
        && let Some(absent) = rule.mailboxes().find(|id| !there.contains(id))
    {
        let description = format!("there is no mailbox {}", absent.as_str());
        return Err(SetError::properties(&["mailboxIds"], &description));
    }
    Ok(rule)
}

/// Mailboxes that the same request made are named by their creation ids.
fn resolve(object: &mut Map<String, Value>, known: &Created) {
    if let Some(Value::Object(ids)) = object.get_mut("mailboxIds") {
        *ids = std::mem::take(ids)
            .into_iter()
            .map(|(name, value)| {
                let found = name.starts_with('#').then(|| known.find(&name)).flatten();
                (found.map_or(name, String::from), value)
            })
            .collect();
    }
}

fn why(error: &MethodError) -> String {
    if let MethodError::UnsupportedFilter { description } = error {
        return format!("a rule cannot ask for this: {description}");
    }
    let arguments = error.arguments();
    arguments.get("description").and_then(Value::as_str).unwrap_or("it is wrong").to_owned()
}
