//! Identities: what a user is called in mail that they write (RFC 8621, 6).

mod set;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::drawer::{Drawer, Object};
use super::listed::{self, Listed};
use super::ports::NoteKind;
use super::submission::CAPABILITY;
use super::{Context, ids};
use crate::id::Id;
use crate::run::Row;

/// RFC 8621, 6.1 and 6.2.
pub(super) const ROWS: &[Row<Context>] = &[
    Row {
        name: "Identity/get",
        capability: CAPABILITY,
        run: |call| Box::pin(listed::get::<Identity>(call)),
    },
    Row {
        name: "Identity/changes",
        capability: CAPABILITY,
        run: |call| Box::pin(listed::changes::<Identity>(call)),
    },
    set::ROW,
];

/// An identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Identity {
    #[serde(default)]
    pub(super) name: String,
    pub(super) email: String,
    #[serde(default)]
    reply_to: Option<Vec<EmailAddress>>,
    #[serde(default)]
    bcc: Option<Vec<EmailAddress>>,
    #[serde(default)]
    text_signature: String,
    #[serde(default)]
    html_signature: String,
    /// The client does not say it.
    #[serde(default = "yes")]
    may_delete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailAddress {
    #[serde(default)]
    name: Option<String>,
    email: String,
}

fn yes() -> bool {
    true
}

impl Object for Identity {
    const NOTE: NoteKind = NoteKind::Identities;

    /// One for each address that the user has.
    fn at_first(context: &Context, drawer: &mut Drawer<Identity>) {
        for (number, email) in context.user.addresses.iter().enumerate() {
            drawer.insert(Identity {
                name: String::new(),
                email: email.clone(),
                reply_to: None,
                bcc: None,
                text_signature: String::new(),
                html_signature: String::new(),
                may_delete: number > 0,
            });
        }
    }
}

impl Listed for Identity {
    /// RFC 8621, 6.
    const PROPERTIES: &'static [&'static str] =
        &["id", "name", "email", "replyTo", "bcc", "textSignature", "htmlSignature", "mayDelete"];

    fn id(number: u64) -> Id {
        ids::identity(number)
    }

    fn number(id: &Id) -> Option<u64> {
        ids::identity_of(id)
    }

    fn object(&self, number: u64) -> Map<String, Value> {
        let mut object = if let Ok(Value::Object(object)) = serde_json::to_value(self) {
            object
        } else {
            Map::new()
        };
        object.insert("id".to_owned(), json!(ids::identity(number)));
        object
    }
}
