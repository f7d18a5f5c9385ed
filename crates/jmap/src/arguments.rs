//! The arguments of a call, taken one by one (RFC 8620, 3.5). What is left over at the end is an argument that is not known.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::MethodError;

/// The arguments that were not taken yet.
#[derive(Clone, Debug)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// Of a call.
    pub fn of(arguments: Map<String, Value>) -> Arguments {
        Arguments(arguments)
    }

    /// Takes one that has to be there.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, MethodError> {
        self.optional(name)?.ok_or_else(|| invalid(name, "it is missing"))
    }

    /// Takes one that may be absent, which is the same as null.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, MethodError> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let read = serde_json::from_value(value);
                read.map(Some).map_err(|error| invalid(name, &error.to_string()))
            }
        }
    }

    /// Takes one that has a value when it is absent. Null is not that value.
    pub fn or<T: DeserializeOwned>(&mut self, name: &str, usual: T) -> Result<T, MethodError> {
        match self.0.remove(name) {
            None => Ok(usual),
            Some(value) => {
                serde_json::from_value(value).map_err(|error| invalid(name, &error.to_string()))
            }
        }
    }

    /// Refuses arguments that nobody took.
    pub fn end(self) -> Result<(), MethodError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(invalid(name, "there is no such argument")),
        }
    }
}

/// An argument that is wrong.
pub fn invalid(name: &str, why: &str) -> MethodError {
    MethodError::InvalidArguments { description: format!("{name}: {why}") }
}
