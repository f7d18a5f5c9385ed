//! Address books (RFC 9610, 2). They are not shared, so that their owner may do everything with them but share them.

mod changes;
mod get;
mod set;

use mailbox::{Book, BookFields, BookId};
use serde_json::{Map, Value, json};

use super::super::{Context, ids};
use super::CAPABILITY;
use crate::error::SetError;
use crate::run::Row;

pub(super) const ROWS: &[Row<Context>] = &[get::ROW, changes::ROW, set::ROW];

const PROPERTIES: [&str; 8] = [
    "id",
    "name",
    "description",
    "sortOrder",
    "isDefault",
    "isSubscribed",
    "shareWith",
    "myRights",
];

/// An address book as JMAP shows it.
fn object(book: &Book, default: Option<BookId>) -> Map<String, Value> {
    let BookFields { name, description, sort_order, is_subscribed } = &book.fields;
    let values = [
        json!(ids::book(book.id)),
        json!(name),
        json!(description),
        json!(sort_order),
        json!(default == Some(book.id)),
        json!(is_subscribed),
        Value::Null,
        json!({"mayRead": true, "mayWrite": true, "mayShare": false, "mayDelete": true}),
    ];
    PROPERTIES.iter().map(|name| (*name).to_owned()).zip(values).collect()
}

/// What the owner says of an address book, of an object that is whole. What only the server says has to be as it is (RFC 8620, 5.3).
fn fields(said: &Map<String, Value>, shown: &Map<String, Value>) -> Result<BookFields, SetError> {
    let wrong = |name: &str, why: &str| Err(SetError::properties(&[name], why));
    let mut fields = BookFields { is_subscribed: true, ..BookFields::default() };
    for (name, value) in said {
        match (name.as_str(), value) {
            ("name", Value::String(text)) => fields.name.clone_from(text),
            ("description", Value::String(text)) => fields.description = Some(text.clone()),
            ("description", Value::Null) => fields.description = None,
            ("isSubscribed", Value::Bool(is_subscribed)) => fields.is_subscribed = *is_subscribed,
            ("sortOrder", Value::Number(number)) => {
                let order = number.as_u64().and_then(|number| u32::try_from(number).ok());
                match order.filter(|order| *order < 1 << 31) {
                    Some(order) => fields.sort_order = order,
                    None => return wrong(name, "it is not from 0 to 2147483647"),
                }
            }
            ("name" | "description" | "isSubscribed" | "sortOrder", _) => {
                return wrong(name, "it is of another type");
            }
            ("id" | "isDefault" | "myRights" | "shareWith", value) => {
                if shown.get(name).unwrap_or(&Value::Null) != value {
                    return wrong(name, "only the server says it");
                }
            }
            _ => return wrong(name, "there is no such property"),
        }
    }
    Ok(fields)
}
