//! What comes in and what goes out (RFC 8620, 3.2 to 3.4).

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeTuple as _, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::RequestError;
use crate::id::Id;
use crate::json;
use crate::limits::Limits;

/// A call, or an answer to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The method, or the name of the answer.
    pub name: String,
    /// By name.
    pub arguments: Map<String, Value>,
    /// What the client calls it.
    pub id: String,
}

/// A request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The capabilities it uses.
    pub using: Vec<String>,
    /// The calls, in their order.
    pub calls: Vec<Invocation>,
    /// The ids that earlier requests gave to what they created; none if the client does not want to hear of them.
    pub created_ids: Option<BTreeMap<Id, Id>>,
}

/// What a call came to: an [`Invocation`] as JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct MethodResponse(pub(crate) Box<RawValue>);

impl MethodResponse {
    /// Its JSON.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }
}

/// A response.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// What the calls came to, in their order.
    pub method_responses: Vec<MethodResponse>,
    /// The ids that were given, if the request told some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_ids: Option<BTreeMap<Id, Id>>,
    /// The state of the session object.
    pub session_state: String,
}

impl Response {
    /// As JSON. What is written is let go piece by piece, so that an answer does not take its room twice.
    pub fn into_octets(self) -> serde_json::Result<Vec<u8>> {
        let Response { method_responses, created_ids, session_state } = self;
        let rest = Response { method_responses: Vec::new(), created_ids, session_state };
        // The list comes first, and is empty.
        let rest = serde_json::to_vec(&rest)?;
        let (head, tail) = rest.split_at(rest.len().min(HEAD.len()));
        let octets = |answer: &MethodResponse| answer.as_json().len().saturating_add(1);
        let all = method_responses.iter().map(octets).fold(rest.len(), usize::saturating_add);
        let mut written = Vec::with_capacity(all);
        written.extend_from_slice(head);
        for (index, answer) in method_responses.into_iter().enumerate() {
            if index > 0 {
                written.push(b',');
            }
            written.extend_from_slice(answer.as_json().as_bytes());
        }
        written.extend_from_slice(tail);
        Ok(written)
    }
}

/// How a response begins.
const HEAD: &str = "{\"methodResponses\":[";

impl Serialize for Invocation {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut tuple = to.serialize_tuple(3)?;
        tuple.serialize_element(&self.name)?;
        tuple.serialize_element(&self.arguments)?;
        tuple.serialize_element(&self.id)?;
        tuple.end()
    }
}

impl Request {
    /// Reads a request. Whether its capabilities are known is not looked at here.
    pub fn read(octets: &[u8], limits: &Limits) -> Result<Request, RequestError> {
        if octets.len() > limits.request_octets_max {
            return Err(RequestError::Limit("maxSizeRequest"));
        }
        let value = json::read(octets).map_err(|error| RequestError::NotJson(error.to_string()))?;
        let wrong = RequestError::NotRequest;
        let Value::Object(mut object) = value else {
            return Err(wrong("it is not an object"));
        };
        let using = match object.remove("using") {
            Some(Value::Array(using)) => using.into_iter().map(text).collect(),
            _ => None,
        };
        let using = using.ok_or_else(|| wrong("`using` is not a list of strings"))?;
        let Some(Value::Array(calls)) = object.remove("methodCalls") else {
            return Err(wrong("`methodCalls` is not a list"));
        };
        let calls: Option<Vec<Invocation>> = calls.into_iter().map(invocation).collect();
        let calls = calls.ok_or_else(|| {
            wrong("a call is not a list of its name, an object of arguments and its id")
        })?;
        let created_ids = match object.remove("createdIds") {
            None | Some(Value::Null) => None,
            Some(ids) => {
                let ids = serde_json::from_value(ids);
                Some(ids.map_err(|_| wrong("`createdIds` is not an object of ids"))?)
            }
        };
        if calls.len() > limits.calls_max {
            return Err(RequestError::Limit("maxCallsInRequest"));
        }
        Ok(Request { using, calls, created_ids })
    }
}

fn text(value: Value) -> Option<String> {
    if let Value::String(text) = value { Some(text) } else { None }
}

pub(crate) fn invocation(value: Value) -> Option<Invocation> {
    let Value::Array(parts) = value else { return None };
    let [name, arguments, id] = <[Value; 3]>::try_from(parts).ok()?;
    let Value::Object(arguments) = arguments else { return None };
    Some(Invocation { name: text(name)?, arguments, id: text(id)? })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::value::RawValue;

    use super::{MethodResponse, Request, RequestError, Response};
    use crate::limits::Limits;

    fn read(text: &str) -> Result<Request, RequestError> {
        Request::read(text.as_bytes(), &Limits { calls_max: 2, ..Limits::default() })
    }

    #[test]
    fn what_is_no_request_is_told_from_what_is_no_json() {
        let problem = |text: &str| read(text).unwrap_err().problem();
        let base = "urn:ietf:params:jmap:error:";
        for (text, kind) in [
            ("{", "notJSON"),
            ("[]", "notRequest"),
            (r#"{"using":[1],"methodCalls":[]}"#, "notRequest"),
            (r#"{"using":[]}"#, "notRequest"),
            (r#"{"using":[],"methodCalls":[["a",{}]]}"#, "notRequest"),
            (r#"{"using":[],"methodCalls":[["a",[],"c"]]}"#, "notRequest"),
            (r#"{"using":[],"methodCalls":[["a",{},1]]}"#, "notRequest"),
            (r#"{"using":[],"methodCalls":[],"createdIds":{"a":"not an id"}}"#, "notRequest"),
        ] {
            assert_eq!(problem(text)["type"], format!("{base}{kind}"), "{text}");
        }
        let call = r#"["Core/echo",{},"c"]"#;
        let many = format!(r#"{{"using":[],"methodCalls":[{call},{call},{call}]}}"#);
        assert_eq!(problem(&many)["limit"], "maxCallsInRequest");
        let long =
            Request::read(&[b' '; 11], &Limits { request_octets_max: 10, ..Limits::default() });
        assert_eq!(long, Err(RequestError::Limit("maxSizeRequest")));
    }

    #[test]
    fn a_response_is_written_as_it_is_told() {
        let one = |text: &str| MethodResponse(RawValue::from_string(text.to_owned()).unwrap());
        for answers in [&[][..], &["[1]"], &["[1]", r#"["a",{"b":"\""},"c"]"#, "[2]"]] {
            for created_ids in [None, Some(BTreeMap::new())] {
                let method_responses = answers.iter().map(|text| one(text)).collect();
                let session_state = "s\"".to_owned();
                let response = Response { method_responses, created_ids, session_state };
                let wanted = serde_json::to_vec(&response).unwrap();
                assert_eq!(response.into_octets().unwrap(), wanted);
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        let request = read(
            r#"{"using":["x"],"methodCalls":[["a",{"b":1},"c"]],"later":{"d":2},"createdIds":{"k":"M1"}}"#,
        );
        let request = request.unwrap();
        assert_eq!(request.using, ["x"]);
        assert_eq!((&*request.calls[0].name, &*request.calls[0].id), ("a", "c"));
        assert_eq!(request.calls[0].arguments["b"], 1);
        assert_eq!(request.created_ids.unwrap().len(), 1);
    }
}
