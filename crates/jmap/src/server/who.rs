//! Who did something to mail, as JMAP shows it.

use mailbox::{Account, Door, Who};
use serde_json::{Value, json};

/// The names of doors.
pub(super) const DOORS: [(&str, Door); 8] = [
    ("imap", Door::Imap),
    ("pop3", Door::Pop3),
    ("delivery", Door::Delivery),
    ("submission", Door::Submission),
    ("jmap", Door::Jmap),
    ("admin", Door::Admin),
    ("sync", Door::Sync),
    ("system", Door::System),
];

/// The name of a door.
pub(super) fn door(door: Door) -> &'static str {
    DOORS.iter().find(|(_, it)| *it == door).map_or("system", |(name, _)| name)
}

/// Door, device and address; and which user, where it was not the owner of the account.
pub(super) fn value(account: &Account, who: &Who) -> Value {
    let mut value = json!({
        "door": door(who.door),
        "device": who.device,
        "address": who.address.map(|address| address.to_string()),
    });
    if let (Some(user), Some(object)) = (who.user, value.as_object_mut()) {
        object.insert("user".to_owned(), json!(account.name_of(user)));
    }
    value
}
