//! A patch of an email: its keywords and its mailboxes are all that changes (RFC 8621, 4.6).

use mailbox::{
    Destroy, EmailChange, EmailId, Emails, FlagNames, KeywordChange, MailboxId, MailboxesChange,
};
use serde_json::{Map, Value};

use super::placing::{flag, flags_of, set_of};
use super::properties::Wanted;
use crate::arguments::Arguments;
use crate::call::Created;
use crate::error::{MethodError, SetError};
use crate::mail::Spent;
use crate::server::{Context, ids};
use crate::standard::Patch;

/// Reads a patch. Properties that are given as they are say nothing.
pub(super) fn read(
    email: EmailId,
    patch: &Patch,
    created: &Created,
    as_they_are: &[&str],
) -> Result<EmailChange, SetError> {
    let mut change = EmailChange { email, keywords: None, mailboxes: None, destroy: Destroy::No };
    let mailbox = |name: &str| created.find(name).as_ref().and_then(ids::mailbox_of);
    let mut wrong: Vec<&str> = Vec::new();
    for (path, value) in patch.parts() {
        let is_right = match path {
            [name] if name == "keywords" => set_keywords(&mut change, value),
            [name, keyword] if name == "keywords" => patch_keyword(&mut change, keyword, value),
            [name] if name == "mailboxIds" => {
                let set = set_of(value, mailbox);
                change.mailboxes = set.map(MailboxesChange::Set);
                change.mailboxes.is_some()
            }
            [name, id] if name == "mailboxIds" => patch_mailbox(&mut change, mailbox(id), value),
            [name] => as_they_are.contains(&name.as_str()),
            _ => false,
        };
        if let Some(name) = path.first().filter(|_| !is_right) {
            wrong.push(name);
        }
    }
    wrong.dedup();
    if wrong.is_empty() {
        Ok(change)
    } else {
        Err(SetError::properties(
            &wrong,
            "only keywords and mailboxIds change, to what they can be",
        ))
    }
}

impl Context {
    /// The properties of a patch that cannot change and are given as they are, which is no fault: clients may send whole objects back
    /// (RFC 8620, 5.3).
    pub(super) fn as_they_are<'p>(
        &self,
        emails: &Emails,
        email: EmailId,
        patch: &'p Patch,
    ) -> Result<Vec<&'p str>, MethodError> {
        let fixed = patch.parts().filter_map(|(path, value)| match path {
            [name] if !["keywords", "mailboxIds"].contains(&name.as_str()) => Some((name, value)),
            _ => None,
        });
        let fixed: Vec<(&String, &Value)> = fixed.collect();
        if fixed.is_empty() {
            return Ok(Vec::new());
        }
        let names = fixed.iter().map(|(name, _)| (*name).clone()).collect();
        // Where one of them is no property, none of them need be looked at.
        let Ok(wanted) = Wanted::take(&mut Arguments::of(Map::new()), Some(names)) else {
            return Ok(Vec::new());
        };
        let object = self.one(emails, email, &wanted, &mut Spent::default())?.unwrap_or_default();
        let is_same = |(name, value): &(&String, &Value)| object.get(*name) == Some(value);
        Ok(fixed.into_iter().filter(is_same).map(|(name, _)| name.as_str()).collect())
    }
}

fn set_keywords(change: &mut EmailChange, value: &Value) -> bool {
    let set = if value.is_null() { Some(FlagNames::default()) } else { flags_of(value) };
    change.keywords = set.map(KeywordChange::Set);
    change.keywords.is_some()
}

fn patch_keyword(change: &mut EmailChange, keyword: &str, value: &Value) -> bool {
    let nothing =
        || KeywordChange::Patch { add: FlagNames::default(), remove: FlagNames::default() };
    // Patches make sure that the whole set is not said besides.
    let KeywordChange::Patch { add, remove } = change.keywords.get_or_insert_with(nothing) else {
        return false;
    };
    match value {
        Value::Bool(true) => flag(keyword, add),
        Value::Null => flag(keyword, remove),
        Value::Bool(false)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => false,
    }
}

fn patch_mailbox(change: &mut EmailChange, mailbox: Option<MailboxId>, value: &Value) -> bool {
    let nothing = || MailboxesChange::Patch { add: Vec::new(), remove: Vec::new() };
    let MailboxesChange::Patch { add, remove } = change.mailboxes.get_or_insert_with(nothing)
    else {
        return false;
    };
    match (value, mailbox) {
        (Value::Bool(true), Some(mailbox)) => add.push(mailbox),
        (Value::Null, Some(mailbox)) => remove.push(mailbox),
        // It is not in a mailbox that there is not.
        (Value::Null, None) => {}
        _ => return false,
    }
    true
}
