//! Where a new email goes, and what else is said of it that is not in the message (RFC 8621, 4.1.1).

use mailbox::{FlagNames, Mailbox, MailboxId, MailboxKind, Timestamp, ZonedTime};
use serde_json::{Map, Value};

use super::keywords;
use crate::call::Created;
use crate::error::SetError;
use crate::mail::read_utc_date;
use crate::server::ids;

/// What is said of an email besides its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placing {
    pub(super) mailboxes: Vec<MailboxId>,
    pub(super) keywords: FlagNames,
    /// When it was received; none: it is not said.
    pub(super) received: Option<ZonedTime>,
}

impl Placing {
    /// Takes the properties out of an object, and says all that is wrong with them.
    pub(super) fn take(
        object: &mut Map<String, Value>,
        mailboxes: &[Mailbox],
        created: &Created,
    ) -> Result<Placing, SetError> {
        let mut take = |name: &str| object.remove(name).filter(|value| !value.is_null());
        let (placed, keywords) = (take("mailboxIds"), take("keywords"));
        let received = take("receivedAt");
        let mut wrong = Vec::new();
        let placed = placed.and_then(|value| set_of(&value, |id| find(id, mailboxes, created)));
        let placed = placed.filter(|placed| !placed.is_empty()).unwrap_or_else(|| {
            wrong.push("mailboxIds");
            Vec::new()
        });
        let keywords = match keywords {
            None => FlagNames::default(),
            Some(value) => flags_of(&value).unwrap_or_else(|| {
                wrong.push("keywords");
                FlagNames::default()
            }),
        };
        let received = received.and_then(|value| {
            let read = value.as_str().and_then(read_utc_date);
            if read.is_none() {
                wrong.push("receivedAt");
            }
            read.map(|unix_s| ZonedTime::utc(Timestamp(unix_s)))
        });
        if wrong.is_empty() {
            Ok(Placing { mailboxes: placed, keywords, received })
        } else {
            Err(SetError::properties(
                &wrong,
                "a value is missing, wrong, or of nothing that is there",
            ))
        }
    }
}

/// A set as JMAP writes one: an object in which each value is true.
pub(super) fn set_of<T>(value: &Value, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let of = |(name, value): (&String, &Value)| read(name).filter(|_| *value == Value::Bool(true));
    value.as_object()?.iter().map(of).collect()
}

fn find(name: &str, mailboxes: &[Mailbox], created: &Created) -> Option<MailboxId> {
    let id = ids::mailbox_of(&created.find(name)?)?;
    let is_it = |mailbox: &&Mailbox| mailbox.id == id && mailbox.kind == MailboxKind::Selectable;
    mailboxes.iter().find(is_it).map(|mailbox| mailbox.id)
}

/// Keywords, in any case, as IMAP names them.
pub(super) fn flags_of(value: &Value) -> Option<FlagNames> {
    let mut flags = FlagNames::default();
    let names = set_of(value, |name| Some(name.to_owned()))?;
    names.iter().all(|name| flag(name, &mut flags)).then_some(flags)
}

/// Adds a keyword; gives whether it is one.
pub(super) fn flag(name: &str, flags: &mut FlagNames) -> bool {
    match keywords::named(name) {
        None => return false,
        Some(keywords::Named::System(flag)) => flags.system = flags.system.with(flag),
        Some(keywords::Named::Other(keyword)) => {
            if !flags.keywords.contains(&keyword) {
                flags.keywords.push(keyword);
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use mailbox::Flags;
    use serde_json::json;

    use super::flags_of;

    #[test]
    fn keywords_are_those_of_imap_in_any_case() {
        let flags = flags_of(&json!({"$SEEN": true, "$Draft": true, "Work": true, "work": true}));
        let flags = flags.unwrap();
        assert_eq!(flags.system, Flags::SEEN.with(Flags::DRAFT));
        assert_eq!(flags.keywords.len(), 1);
        for wrong in [
            json!({"a": false}),
            json!({"a b": true}),
            json!({"": true}),
            json!({"a]": true}),
            json!([]),
        ] {
            assert_eq!(flags_of(&wrong), None, "{wrong}");
        }
    }
}
