//! How it is said that something was not done: conditions by their names in XML (RFC 4918, 16), worded here and nowhere else.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dav::{NotXml, Syntax, error, href};
use mailbox::{ContactsRefused, NotEdited};

use super::place::Addresses;
use crate::problem::Problem;

/// Why there is no other answer.
pub(super) enum Failed {
    /// Something that has nothing to do with WebDAV.
    Problem(Problem),
    /// The answer is made.
    Answered(Box<Response>),
    Refused(Refused),
}

/// Something that was understood and not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    /// The condition that was not met, as XML; empty: it has no name.
    pub(super) condition: String,
    pub(super) why: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, condition: &str, why: impl Into<String>) -> Refused {
        Refused { status, condition: condition.to_owned(), why: why.into() }
    }

    pub(super) fn forbidden(condition: &str, why: impl Into<String>) -> Refused {
        Refused::new(StatusCode::FORBIDDEN, condition, why)
    }

    pub(super) fn plain(status: StatusCode, why: &str) -> Refused {
        Refused::new(status, "", why)
    }

    pub(super) fn precondition() -> Refused {
        Refused::plain(StatusCode::PRECONDITION_FAILED, "there is another version of it")
    }

    /// RFC 6352, 6.3.2.1: another card has the uid, which is at this address, if at any.
    pub(super) fn uid_taken(at: Option<&str>) -> Refused {
        let at = at.map(href).unwrap_or_default();
        let condition = format!("<card:no-uid-conflict>{at}</card:no-uid-conflict>");
        Refused::forbidden(&condition, "another card has the uid")
    }

    /// RFC 6352, 6.3.2.1.
    pub(super) fn not_a_card(why: impl Into<String>) -> Refused {
        Refused::forbidden("<card:valid-address-data/>", why)
    }

    pub(super) fn too_large(why: impl Into<String>) -> Refused {
        Refused::forbidden("<card:max-resource-size/>", why)
    }

    /// What the model says no to.
    pub(super) fn of(refused: &ContactsRefused) -> Refused {
        let why = refused.to_string();
        let plain = |status| Refused::new(status, "", why.clone());
        match refused {
            // RFC 4918, 9.7.1: what a card would be in is not there.
            ContactsRefused::NoSuchBook | ContactsRefused::NoBook => plain(StatusCode::CONFLICT),
            ContactsRefused::NoSuchCard => plain(StatusCode::NOT_FOUND),
            ContactsRefused::NoSuchPhoto | ContactsRefused::NoUid => Refused::not_a_card(why),
            ContactsRefused::UidTaken(_) => Refused::uid_taken(None),
            // RFC 4918, 9.3.1: where something is, nothing can be made.
            ContactsRefused::NameTaken => plain(StatusCode::METHOD_NOT_ALLOWED),
            ContactsRefused::Name | ContactsRefused::Description | ContactsRefused::NotEmpty => {
                plain(StatusCode::FORBIDDEN)
            }
            ContactsRefused::TooLarge { .. } => Refused::too_large(why),
            ContactsRefused::TooMany { .. } => {
                Refused::new(StatusCode::INSUFFICIENT_STORAGE, "<d:quota-not-exceeded/>", why)
            }
        }
    }
}

impl From<&Syntax> for Refused {
    fn from(syntax: &Syntax) -> Refused {
        let why = syntax.to_string();
        match syntax {
            Syntax::NotXml(NotXml::TooMuch) => Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "", why),
            // RFC 4918, 20.6: entities are refused, and it is said that they are.
            Syntax::NotXml(NotXml::Entities) => {
                Refused::forbidden("<d:no-external-entities/>", why)
            }
            Syntax::NotXml(NotXml::Malformed) | Syntax::Expected(_) => {
                Refused::new(StatusCode::BAD_REQUEST, "", why)
            }
            Syntax::Collation(_) => Refused::forbidden("<card:supported-collation/>", why),
            Syntax::NoSuchReport => Refused::forbidden("<d:supported-report/>", why),
            Syntax::AddressData => Refused::forbidden("<card:supported-address-data/>", why),
        }
    }
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Failed {
        Failed::Problem(problem)
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Failed {
        Failed::Refused(refused)
    }
}

impl From<Syntax> for Failed {
    fn from(syntax: Syntax) -> Failed {
        Failed::Refused(Refused::from(&syntax))
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        match self {
            Failed::Problem(problem) => problem.into_response(),
            Failed::Answered(response) => *response,
            Failed::Refused(refused) => {
                xml(refused.status, error(&refused.condition, &refused.why).into())
            }
        }
    }
}

/// An answer in XML.
pub(super) fn xml(status: StatusCode, body: axum::body::Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/xml; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// What came of a step of an edit; a fault of ours ends the edit.
pub(super) fn stepped<T>(step: Result<T, NotEdited>) -> Result<Result<T, Refused>, mailbox::Error> {
    match step {
        Ok(done) => Ok(Ok(done)),
        Err(NotEdited::Refused(refused)) => Ok(Err(Refused::of(&refused))),
        Err(NotEdited::Fault(fault)) => Err(mailbox::Error::Fault(fault)),
    }
}

/// The conflict with another card of an account, at its address.
pub(super) fn taken_by(addresses: &Addresses, path: &str, name: &str) -> Refused {
    Refused::uid_taken(Some(&addresses.card(path, name)))
}
