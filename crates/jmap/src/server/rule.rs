//! Rules: what becomes of mail that comes, by what it is (`docs/jmap/rules.md`). They are kept here and acted upon at delivery.

mod condition;
mod set;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::capabilities::Capability;
use super::drawer::Object;
use super::listed::{self, Listed};
use super::ports::NoteKind;
use super::{Context, ids, own};
use crate::id::Id;
use crate::limits::{RULE_OCTETS_MAX, RULES_MAX};
use crate::run::Row;

pub use verdict::{Rules, Verdict};

const CAPABILITY: &str = own::RULES;

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

pub(super) const ROWS: &[Row<Context>] = &[
    Row {
        name: "Rule/get",
        capability: CAPABILITY,
        run: |call| Box::pin(listed::get::<Rule>(call)),
    },
    Row {
        name: "Rule/changes",
        capability: CAPABILITY,
        run: |call| Box::pin(listed::changes::<Rule>(call)),
    },
    set::ROW,
];

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Rule {
    /// What the user calls it.
    name: String,
    is_enabled: bool,
    /// Rules of a lower number are looked at first, and of those of one number the oldest.
    sort_order: u64,
    /// What has to be of the mail; none: nothing.
    filter: Option<Map<String, Value>>,
    /// Where it goes; none: the rule does not say.
    mailbox_ids: Option<BTreeMap<Id, IsTrue>>,
    /// What it is marked with.
    keywords: BTreeMap<String, IsTrue>,
    /// Whether no rule behind it is looked at where it fits.
    is_last: bool,
}

/// The one value that members of a set have (RFC 8620, 1.6.1 and RFC 8621, 4.1.1 write sets so).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
struct IsTrue;

impl TryFrom<bool> for IsTrue {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<IsTrue, &'static str> {
        if value { Ok(IsTrue) } else { Err("what is in a set is true") }
    }
}

impl From<IsTrue> for bool {
    fn from(_: IsTrue) -> bool {
        true
    }
}

impl Default for Rule {
    fn default() -> Rule {
        Rule {
            name: String::new(),
            is_enabled: true,
            sort_order: 0,
            filter: None,
            mailbox_ids: None,
            keywords: BTreeMap::new(),
            is_last: false,
        }
    }
}

impl Object for Rule {
    const NOTE: NoteKind = NoteKind::Rules;
}

impl Listed for Rule {
    const PROPERTIES: &'static [&'static str] =
        &["id", "name", "isEnabled", "sortOrder", "filter", "mailboxIds", "keywords", "isLast"];

    fn id(number: u64) -> Id {
        ids::rule(number)
    }

    fn number(id: &Id) -> Option<u64> {
        ids::rule_of(id)
    }

    fn object(&self, number: u64) -> Map<String, Value> {
        let mut object = if let Ok(Value::Object(object)) = serde_json::to_value(self) {
            object
        } else {
            Map::new()
        };
        object.insert("id".to_owned(), json!(ids::rule(number)));
        object
    }
}

impl Rule {
    /// The ids of where it says that mail goes.
    fn mailboxes(&self) -> impl Iterator<Item = &Id> {
        self.mailbox_ids.iter().flatten().map(|(id, _)| id)
    }

    /// The names of what it marks mail with.
    fn marks(&self) -> BTreeSet<&str> {
        self.keywords.keys().map(String::as_str).collect()
    }
}

fn of_account(_: &Context) -> Value {
    json!({
        "maxRules": RULES_MAX,
        "maxSizeRule": RULE_OCTETS_MAX,
        "filterConditions": condition::NAMES,
    })
}
