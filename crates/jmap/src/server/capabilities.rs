//! What the session object says of each capability (RFC 8620, 2).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Context, activity, blob, contacts, email, export, import, mail, mdn, preferences, quota,
    retained, rule, safe_body, submission, unsubscribe, vacation,
};
use crate::core;
use crate::limits::Limits;

/// A capability that accounts have.
pub(super) struct Capability {
    /// Its name.
    pub(super) name: &'static str,
    /// What is said of it for the whole server.
    pub(super) of_session: fn() -> Value,
    /// What is said of it for one account.
    pub(super) of_account: fn(&Context) -> Value,
}

/// Those of standards first, then this program's own, whose names stand in `own`.
const ALL: &[Capability] = &[
    mail::DESCRIBED,
    blob::DESCRIBED,
    quota::DESCRIBED,
    submission::DESCRIBED,
    vacation::DESCRIBED,
    mdn::DESCRIBED,
    contacts::DESCRIBED,
    preferences::DESCRIBED,
    email::BULK,
    email::SPACE,
    retained::DESCRIBED,
    activity::DESCRIBED,
    export::DESCRIBED,
    import::DESCRIBED,
    rule::DESCRIBED,
    safe_body::DESCRIBED,
    unsubscribe::DESCRIBED,
];

/// By what texts can be compared in sorts (RFC 4790).
const COLLATIONS: [&str; 3] = ["i;ascii-casemap", "i;octet", "i;unicode-casemap"];

/// The names of those that accounts have.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|capability| capability.name)
}

/// What the server can do.
pub(super) fn of_session(limits: &Limits) -> BTreeMap<&'static str, Value> {
    let described = ALL.iter().map(|capability| (capability.name, (capability.of_session)()));
    described.chain([(core::CAPABILITY, core::described(limits, &COLLATIONS))]).collect()
}

/// What can be done in an account.
pub(super) fn of_account(context: &Context) -> BTreeMap<&'static str, Value> {
    ALL.iter().map(|capability| (capability.name, (capability.of_account)(context))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::own;
    use super::names;

    #[test]
    fn a_capability_is_of_a_standard_or_has_a_name_of_our_own() {
        for name in names() {
            let is_own = name.strip_prefix(own::BASE).is_some_and(|rest| !rest.is_empty());
            assert!(is_own || name.starts_with("urn:ietf:params:jmap:"), "{name}");
        }
    }
}
