//! What goes wrong, at each of the three levels (RFC 8620, 3.6 and 5.3).

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::id::Id;

/// Why a request is refused as a whole (RFC 8620, 3.6.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is not I-JSON.
    #[error("the request is not I-JSON: {0}")]
    NotJson(String),
    /// It is JSON, and no request.
    #[error("this is no JMAP request: {0}")]
    NotRequest(&'static str),
    /// It uses what is not offered.
    #[error("the capability {0} is not offered")]
    UnknownCapability(String),
    /// It is beyond a limit, by its name in the session object.
    #[error("the request is beyond the limit {0}")]
    Limit(&'static str),
}

impl RequestError {
    /// The status of the HTTP answer.
    pub fn status(&self) -> u16 {
        400
    }

    /// The problem details (RFC 7807) that go back.
    pub fn problem(&self) -> Value {
        let kind = match self {
            RequestError::NotJson(_) => "notJSON",
            RequestError::NotRequest(_) => "notRequest",
            RequestError::UnknownCapability(_) => "unknownCapability",
            RequestError::Limit(_) => "limit",
        };
        let mut problem = json!({
            "type": format!("urn:ietf:params:jmap:error:{kind}"),
            "status": self.status(),
            "detail": self.to_string(),
        });
        if let (RequestError::Limit(limit), Value::Object(problem)) = (self, &mut problem) {
            problem.insert("limit".to_owned(), (*limit).into());
        }
        problem
    }
}

/// Why a call failed (RFC 8620, 3.6.2, and the standard methods of section 5). Nothing was changed, unless nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MethodError {
    /// Something is not available at the moment.
    ServerUnavailable,
    /// We failed.
    ServerFail {
        /// What happened; no secrets.
        description: String,
    },
    /// Nobody knows what of it was done; the client looks again at what it may have changed.
    ServerPartialFail,
    /// There is no such method among those that the request uses.
    UnknownMethod,
    /// An argument is wrong or missing.
    InvalidArguments {
        /// Which, and why.
        description: String,
    },
    /// A reference to an earlier result leads nowhere.
    InvalidResultReference {
        /// Which, and why.
        description: String,
    },
    /// Not allowed.
    Forbidden,
    /// There is no such account for this user.
    AccountNotFound,
    /// The account has nothing of this kind.
    AccountNotSupportedByMethod,
    /// The account can only be read.
    AccountReadOnly,
    /// Too many objects, or too much.
    RequestTooLarge {
        /// What is too large.
        description: String,
    },
    /// It is not known any more what changed since then.
    CannotCalculateChanges,
    /// The state is another one than `ifInState` says.
    StateMismatch,
    /// The anchor is not among the results.
    AnchorNotFound,
    /// Results cannot be sorted that way.
    UnsupportedSort {
        /// Which way.
        description: String,
    },
    /// There is no such filter.
    UnsupportedFilter {
        /// Which.
        description: String,
    },
    /// There are more changes than the client wants to hear.
    TooManyChanges,
    /// The account to copy from is not there.
    FromAccountNotFound,
    /// The account to copy from has nothing of this kind.
    FromAccountNotSupportedByMethod,
    /// A type of objects is not known, or not one that this is asked of (RFC 9404, 4.3).
    UnknownDataType,
    /// Another number matches than the client expects.
    UnexpectedTotal {
        /// How many do.
        total: u64,
    },
    /// Nothing can be undone by that token, or not any more.
    UndoNotFound,
}

impl MethodError {
    fn words(&self) -> (&'static str, Option<&str>) {
        match self {
            MethodError::ServerUnavailable => ("serverUnavailable", None),
            MethodError::ServerFail { description } => ("serverFail", Some(description)),
            MethodError::ServerPartialFail => ("serverPartialFail", None),
            MethodError::UnknownMethod => ("unknownMethod", None),
            MethodError::InvalidArguments { description } => {
                ("invalidArguments", Some(description))
            }
            MethodError::InvalidResultReference { description } => {
                ("invalidResultReference", Some(description))
            }
            MethodError::Forbidden => ("forbidden", None),
            MethodError::AccountNotFound => ("accountNotFound", None),
            MethodError::AccountNotSupportedByMethod => ("accountNotSupportedByMethod", None),
            MethodError::AccountReadOnly => ("accountReadOnly", None),
            MethodError::RequestTooLarge { description } => ("requestTooLarge", Some(description)),
            MethodError::CannotCalculateChanges => ("cannotCalculateChanges", None),
            MethodError::StateMismatch => ("stateMismatch", None),
            MethodError::AnchorNotFound => ("anchorNotFound", None),
            MethodError::UnsupportedSort { description } => ("unsupportedSort", Some(description)),
            MethodError::UnsupportedFilter { description } => {
                ("unsupportedFilter", Some(description))
            }
            MethodError::TooManyChanges => ("tooManyChanges", None),
            MethodError::FromAccountNotFound => ("fromAccountNotFound", None),
            MethodError::FromAccountNotSupportedByMethod => {
                ("fromAccountNotSupportedByMethod", None)
            }
            MethodError::UnknownDataType => ("unknownDataType", None),
            MethodError::UnexpectedTotal { .. } => ("unexpectedTotal", None),
            MethodError::UndoNotFound => ("undoNotFound", None),
        }
    }

    /// The arguments of the `error` response.
    pub fn arguments(&self) -> Map<String, Value> {
        let (kind, description) = self.words();
        let mut arguments = Map::new();
        arguments.insert("type".to_owned(), kind.into());
        if let Some(description) = description {
            arguments.insert("description".to_owned(), description.into());
        }
        if let MethodError::UnexpectedTotal { total } = self {
            arguments.insert("total".to_owned(), (*total).into());
        }
        arguments
    }
}

/// Why one record was not created, updated or destroyed (RFC 8620, 5.3). Types of other specifications have names of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetError {
    /// The type, such as `notFound`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// For whoever wrote the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// With `invalidProperties`: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Vec<String>>,
    /// With `alreadyExists`: the record that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing_id: Option<Id>,
    /// What some types have besides.
    #[serde(flatten)]
    pub more: Option<More>,
}

/// What some types of errors have besides (RFC 8621, 4.6 and 7.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum More {
    /// With `blobNotFound`: all blobs that are not there.
    NotFound(Vec<Id>),
    /// With `invalidRecipients`: which.
    InvalidRecipients(Vec<String>),
    /// With `tooManyRecipients`: how many there may be.
    MaxRecipients(u64),
    /// With `tooLarge` of a message to be sent: how many octets it may have.
    MaxSize(u64),
}

impl SetError {
    /// One of a type alone.
    pub fn of(kind: &'static str) -> SetError {
        SetError { kind, ..SetError::default() }
    }

    /// Properties that are wrong.
    pub fn properties(names: &[&str], description: impl Into<String>) -> SetError {
        SetError {
            description: Some(description.into()),
            properties: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..SetError::of("invalidProperties")
        }
    }
}
