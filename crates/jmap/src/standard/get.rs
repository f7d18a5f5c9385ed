//! `/get`: objects by their ids (RFC 8620, 5.1).

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::as_arguments;
use crate::arguments::{Arguments, invalid};
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::Limits;

/// What is to be got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Get {
    /// Of which account.
    pub account: Id,
    /// Which objects, each once; none: all.
    pub ids: Option<Vec<Id>>,
    /// Which of their properties; none: all.
    pub properties: Option<Vec<String>>,
}

/// What was got.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAnswer {
    /// Of which account.
    pub account_id: Id,
    /// The state of all objects of the kind.
    pub state: String,
    /// The objects.
    pub list: Vec<Map<String, Value>>,
    /// The ids of those that are not there.
    pub not_found: Vec<Id>,
}

impl Get {
    /// Takes the arguments that all such methods have.
    pub fn take(arguments: &mut Arguments, limits: &Limits) -> Result<Get, MethodError> {
        let account = arguments.required("accountId")?;
        Get::of(account, arguments, limits)
    }

    /// Takes those of methods that are about no account: this one stands for it.
    pub fn of(account: Id, arguments: &mut Arguments, limits: &Limits) -> Result<Get, MethodError> {
        let ids: Option<Vec<Id>> = arguments.optional("ids")?;
        let properties = arguments.optional("properties")?;
        let ids = ids.map(|ids| {
            let mut seen = HashSet::new();
            ids.into_iter().filter(|id| seen.insert(id.clone())).collect::<Vec<_>>()
        });
        if ids.as_ref().is_some_and(|ids| ids.len() > limits.objects_in_get_max) {
            let description = format!("ids: more than {}", limits.objects_in_get_max);
            return Err(MethodError::RequestTooLarge { description });
        }
        Ok(Get { account, ids, properties })
    }

    /// Refuses properties that objects of the type do not have (RFC 8620, 5.1).
    pub fn check_properties(&self, known: &[&str]) -> Result<(), MethodError> {
        let wanted = self.properties.iter().flatten();
        match wanted.map(String::as_str).find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(other) => Err(invalid("properties", &format!("there is no {other}"))),
        }
    }

    /// Of an object what is wanted; its id always is.
    pub fn wanted(&self, mut object: Map<String, Value>) -> Map<String, Value> {
        object.retain(|name, _| name == "id" || self.wants(name));
        object
    }

    /// Whether a property is wanted.
    pub fn wants(&self, property: &str) -> bool {
        self.properties.as_ref().is_none_or(|wanted| wanted.iter().any(|name| name == property))
    }
}

impl GetAnswer {
    /// As arguments.
    pub fn arguments(&self) -> Result<Map<String, Value>, MethodError> {
        as_arguments(self)
    }
}
