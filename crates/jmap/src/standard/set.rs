//! `/set`: objects made, changed and destroyed (RFC 8620, 5.3).

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Patch, as_arguments};
use crate::arguments::Arguments;
use crate::call::Created;
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::limits::Limits;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// In which account.
    pub account: Id,
    /// The state that has to be the present one, if any.
    pub if_in_state: Option<String>,
    /// What is made, by creation id.
    pub create: BTreeMap<Id, Map<String, Value>>,
    /// What is changed, by id, or by creation id with `#` before it.
    pub update: BTreeMap<String, Map<String, Value>>,
    /// What is destroyed, like that.
    pub destroy: Vec<String>,
}

/// What was done. Of an empty list null is said (RFC 8620, 5.3): programs look for all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetAnswer {
    /// In which account.
    pub account_id: Id,
    /// The state before.
    pub old_state: Option<String>,
    /// The state now.
    pub new_state: String,
    /// What was made, by creation id, with the properties that the client did not say.
    #[serde(serialize_with = "or_null")]
    pub created: BTreeMap<Id, Map<String, Value>>,
    /// What was changed, with the properties that changed besides; none: nothing else.
    #[serde(serialize_with = "or_null")]
    pub updated: BTreeMap<Id, Option<Map<String, Value>>>,
    /// What was destroyed.
    #[serde(serialize_with = "or_null")]
    pub destroyed: Vec<Id>,
    /// What was not made, by creation id.
    #[serde(serialize_with = "or_null")]
    pub not_created: BTreeMap<Id, SetError>,
    /// What was not changed, by what the client called it.
    #[serde(serialize_with = "or_null")]
    pub not_updated: BTreeMap<String, SetError>,
    /// What was not destroyed, by what the client called it.
    #[serde(serialize_with = "or_null")]
    pub not_destroyed: BTreeMap<String, SetError>,
}

/// Writes what there is, or null where there is nothing.
fn or_null<'l, L, S>(list: &'l L, serializer: S) -> Result<S::Ok, S::Error>
where
    L: Serialize,
    &'l L: IntoIterator,
    S: Serializer,
{
    match list.into_iter().next() {
        Some(_) => list.serialize(serializer),
        None => serializer.serialize_none(),
    }
}

impl Set {
    /// Takes the arguments that all such methods have.
    pub fn take(arguments: &mut Arguments, limits: &Limits) -> Result<Set, MethodError> {
        let account = arguments.required("accountId")?;
        Set::of(account, arguments, limits)
    }

    /// Takes those of methods that are about no account: this one stands for it.
    pub fn of(account: Id, arguments: &mut Arguments, limits: &Limits) -> Result<Set, MethodError> {
        let if_in_state = arguments.optional("ifInState")?;
        let create: BTreeMap<Id, _> = arguments.optional("create")?.unwrap_or_default();
        let update: BTreeMap<String, _> = arguments.optional("update")?.unwrap_or_default();
        let destroy: Vec<String> = arguments.optional("destroy")?.unwrap_or_default();
        let objects = create.len().saturating_add(update.len()).saturating_add(destroy.len());
        if objects > limits.objects_in_set_max {
            let description = format!("more than {} objects together", limits.objects_in_set_max);
            return Err(MethodError::RequestTooLarge { description });
        }
        Ok(Set { account, if_in_state, create, update, destroy })
    }

    /// Refuses to go on when the state is another one than the client wants.
    pub fn check_state(&self, state: &str) -> Result<(), MethodError> {
        match &self.if_in_state {
            Some(wanted) if wanted != state => Err(MethodError::StateMismatch),
            Some(_) | None => Ok(()),
        }
    }
}

impl SetAnswer {
    /// Nothing done so far.
    pub fn begin(account_id: Id, old_state: String) -> SetAnswer {
        SetAnswer {
            account_id,
            new_state: old_state.clone(),
            old_state: Some(old_state),
            created: BTreeMap::new(),
            updated: BTreeMap::new(),
            destroyed: Vec::new(),
            not_created: BTreeMap::new(),
            not_updated: BTreeMap::new(),
            not_destroyed: BTreeMap::new(),
        }
    }

    /// The objects to change that can be: their ids and patches. What the others are called is noted with why not. What will be
    /// destroyed by the same call is not changed before.
    pub fn updates(
        &mut self,
        update: BTreeMap<String, Map<String, Value>>,
        destroy: &[String],
        created: &Created,
    ) -> Vec<(Id, Patch)> {
        let gone: Vec<Id> = destroy.iter().filter_map(|name| created.find(name)).collect();
        let mut can = Vec::with_capacity(update.len());
        for (name, patch) in update {
            let made = match created.find(&name) {
                None => Err(SetError::of("notFound")),
                Some(id) if gone.contains(&id) => Err(SetError::of("willDestroy")),
                Some(id) => Patch::read(patch).map(|patch| (id, patch)),
            };
            match made {
                Ok(made) => can.push(made),
                Err(error) => drop(self.not_updated.insert(name, error)),
            }
        }
        can
    }

    /// As arguments.
    pub fn arguments(&self) -> Result<Map<String, Value>, MethodError> {
        as_arguments(self)
    }
}
