//! A patch of an email: its keywords and its mailboxes are all that changes (RFC 8621, 4.6).

use mailbox::{
    Destroy, EmailChange, EmailId, FlagNames, KeywordChange, MailboxId, MailboxesChange,
};
use serde_json::Value;

use super::placing::{flag, flags_of, set_of};
use crate::call::Created;
use crate::error::SetError;
use crate::server::ids;
use crate::standard::Patch;

/// Reads a patch.
pub(super) fn read(
    email: EmailId,
    patch: &Patch,
    created: &Created,
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
