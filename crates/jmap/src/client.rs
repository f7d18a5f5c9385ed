//! The other half: requests as a client makes them, and responses as it reads them (RFC 8620, 3.3 and 3.4).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::id::Id;
use crate::json;
use crate::request::{Invocation, invocation};

/// A request in the making.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    using: Vec<&'static str>,
    calls: Vec<Asked>,
}

/// A call that was put into a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    name: &'static str,
    id: String,
    arguments: Map<String, Value>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    answers: Vec<Invocation>,
    /// The ids of what was created, if the request told some.
    pub created_ids: BTreeMap<Id, Id>,
    /// The state of the session object.
    pub session_state: String,
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// The server says what is wrong.
    #[error("the server refused {call}: {kind}{}", description.as_ref().map(|it| format!(", {it}")).unwrap_or_default())]
    Error {
        /// The method.
        call: &'static str,
        /// The type of the error, such as `cannotCalculateChanges`.
        kind: String,
        /// What the server says besides.
        description: Option<String>,
    },
    /// There is no answer, or one of another shape.
    #[error("the server's answer to {0} does not fit")]
    Unfit(&'static str),
}

/// A response that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no JMAP response: {0}")]
pub struct NotAResponse(String);

impl Asking {
    /// Uses these capabilities.
    pub fn using(using: &[&'static str]) -> Asking {
        Asking { using: using.to_vec(), calls: Vec::new() }
    }

    /// Adds a call. Arguments that are no object are taken for none.
    pub fn call(&mut self, name: &'static str, arguments: Value) -> Asked {
        let arguments = if let Value::Object(it) = arguments { it } else { Map::new() };
        let asked = Asked { name, id: format!("c{}", self.calls.len()), arguments };
        self.calls.push(asked.clone());
        asked
    }

    /// The request as JSON.
    pub fn octets(&self) -> Vec<u8> {
        let calls: Vec<Value> =
            self.calls.iter().map(|call| json!([call.name, call.arguments, call.id])).collect();
        json!({"using": self.using, "methodCalls": calls}).to_string().into_bytes()
    }
}

impl Asked {
    /// A reference to a part of what this call comes to, for an argument whose name begins with `#`.
    pub fn result(&self, path: &str) -> Value {
        json!({"resultOf": self.id, "name": self.name, "path": path})
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorArguments {
    #[serde(rename = "type")]
    kind: String,
    description: Option<String>,
}

impl Heard {
    /// Reads a response.
    pub fn read(octets: &[u8]) -> Result<Heard, NotAResponse> {
        let wrong = |why: &str| NotAResponse(why.to_owned());
        let value = json::read(octets).map_err(|error| NotAResponse(error.to_string()))?;
        let Value::Object(mut object) = value else { return Err(wrong("it is not an object")) };
        let Some(Value::Array(answers)) = object.remove("methodResponses") else {
            return Err(wrong("`methodResponses` is not a list"));
        };
        let answers: Option<Vec<Invocation>> = answers.into_iter().map(invocation).collect();
        let answers = answers.ok_or_else(|| wrong("an answer is not one"))?;
        let created_ids = match object.remove("createdIds") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(ids) => serde_json::from_value(ids)
                .map_err(|_| wrong("`createdIds` is not an object of ids"))?,
        };
        let Some(Value::String(session_state)) = object.remove("sessionState") else {
            return Err(wrong("`sessionState` is not a string"));
        };
        Ok(Heard { answers, created_ids, session_state })
    }

    /// The arguments of the answer to a call.
    pub fn answer(&self, to: &Asked) -> Result<&Map<String, Value>, AnswerFault> {
        let answer = self.answers.iter().find(|answer| answer.id == to.id);
        let answer = answer.ok_or(AnswerFault::Unfit(to.name))?;
        if answer.name == to.name {
            return Ok(&answer.arguments);
        }
        let error = serde_json::from_value(Value::Object(answer.arguments.clone()));
        match error {
            Ok(ErrorArguments { kind, description }) if answer.name == "error" => {
                Err(AnswerFault::Error { call: to.name, kind, description })
            }
            Ok(_) | Err(_) => Err(AnswerFault::Unfit(to.name)),
        }
    }

    /// The answers to a call behind its own, by their names.
    pub fn implied(&self, by: &Asked) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        let of_call = self.answers.iter().filter(|answer| answer.id == by.id).skip(1);
        of_call.map(|answer| (answer.name.as_str(), &answer.arguments))
    }
}
