//! What a method is given.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::MethodError;
use crate::id::Id;
use crate::limits::Limits;

/// The ids that were given to what was created in this request, and in those that it knows of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Created(BTreeMap<Id, Id>);

impl Created {
    pub(crate) fn of(known: BTreeMap<Id, Id>) -> Created {
        Created(known)
    }

    pub(crate) fn into_map(self) -> BTreeMap<Id, Id> {
        self.0
    }

    /// Notes what a record that was just created is called.
    pub fn note(&mut self, creation: Id, id: Id) {
        self.0.insert(creation, id);
    }

    /// Notes what all records are called that a `/set` made, by their creation ids.
    pub fn note_made(&mut self, made: &BTreeMap<Id, Map<String, Value>>) {
        for (creation, object) in made {
            let id = object.get("id").and_then(Value::as_str).map(ToOwned::to_owned);
            if let Some(Ok(id)) = id.map(Id::try_from) {
                self.note(creation.clone(), id);
            }
        }
    }

    /// The id of what is called so, as it stands or as `#` and the creation id (RFC 8620, 5.3). None: nothing was created by
    /// that name, or it is no id.
    pub fn find(&self, text: &str) -> Option<Id> {
        match text.strip_prefix('#') {
            Some(creation) => self.0.get(&Id::try_from(creation.to_owned()).ok()?).cloned(),
            None => Id::try_from(text.to_owned()).ok(),
        }
    }
}

/// One call of a method.
pub struct Call<'c, C> {
    /// What the server needs for it, and keeps from call to call.
    pub context: &'c mut C,
    /// What was created so far.
    pub created: &'c mut Created,
    /// What a call may ask for at most.
    pub limits: &'c Limits,
    /// The capabilities that the request uses.
    pub using: &'c [String],
    pub(crate) arguments: Map<String, Value>,
    pub(crate) implied: Vec<(String, Map<String, Value>)>,
}

impl<C> Call<'_, C> {
    /// The arguments, references resolved.
    pub fn arguments(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.arguments)
    }

    /// The arguments as a type of theirs.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<T, MethodError> {
        let arguments = Value::Object(self.arguments());
        serde_json::from_value(arguments)
            .map_err(|error| MethodError::InvalidArguments { description: error.to_string() })
    }

    /// Adds an answer behind the method's own, of what it did besides (such as `onSuccessUpdateEmail`; RFC 8621, 7.5).
    pub fn imply(&mut self, name: impl Into<String>, arguments: Map<String, Value>) {
        self.implied.push((name.into(), arguments));
    }
}
