//! Quotas: what may be used, and what is (RFC 9425). One for octets and one for the number of messages, each where it has a limit.

mod changes;
mod get;
mod query;
mod query_changes;

use std::fmt;
use std::str::FromStr;

use mailbox::operations::Quota as Use;
use mailbox::{Account, Fault};
use serde_json::{Map, Value, json};

use super::Context;
use super::capabilities::Capability;
use super::mail;
use crate::error::MethodError;
use crate::id::Id;
use crate::run::Row;

const CAPABILITY: &str = "urn:ietf:params:jmap:quota";

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account: |_| json!({}) };

pub(super) const ROWS: &[Row<Context>] = &[get::ROW, changes::ROW, query::ROW, query_changes::ROW];

/// All properties (RFC 9425, 4.1).
const PROPERTIES: [&str; 10] = [
    "id",
    "resourceType",
    "used",
    "hardLimit",
    "scope",
    "name",
    "types",
    "warnLimit",
    "softLimit",
    "description",
];

/// A quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quota {
    kind: &'static Kind,
    used: u64,
    limit: u64,
}

/// What is counted.
#[derive(Debug, PartialEq, Eq)]
struct Kind {
    id: &'static str,
    resource: &'static str,
    name: &'static str,
}

const OCTETS: Kind = Kind { id: "Q1", resource: "octets", name: "Storage" };
const COUNT: Kind = Kind { id: "Q2", resource: "count", name: "Messages" };

/// The quotas of an account at one moment. As a text they are their state: the figures themselves, so that it can be told of any state
/// what changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas([(&'static Kind, u64, Option<u64>); 2]);

impl Quotas {
    /// Those of an account now.
    pub fn now(account: &Account) -> Result<Quotas, Fault> {
        let Use { octets, octets_max, messages, messages_max } = account.quota()?;
        let octets_max = octets_max.map(|most| most.0);
        Ok(Quotas([(&OCTETS, octets.0, octets_max), (&COUNT, messages, messages_max)]))
    }

    fn of(context: &Context) -> Result<Quotas, MethodError> {
        Quotas::now(&context.account).map_err(|fault| context.failed(&fault))
    }

    /// Those that there are.
    fn iter(&self) -> impl Iterator<Item = Quota> {
        let quota = |(kind, used, limit): &(&'static Kind, u64, Option<u64>)| {
            limit.map(|limit| Quota { kind, used: *used, limit })
        };
        self.0.iter().filter_map(quota)
    }

    fn find(&self, kind: &Kind) -> Option<Quota> {
        self.iter().find(|quota| quota.kind == kind)
    }
}

impl fmt::Display for Quotas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (_, used, limit)) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { "-" };
            match limit {
                Some(limit) => write!(f, "{between}{used}-{limit}")?,
                None => write!(f, "{between}{used}-none")?,
            }
        }
        Ok(())
    }
}

/// A text that is no state of quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no state of quotas")]
pub struct NoQuotas;

impl FromStr for Quotas {
    type Err = NoQuotas;

    fn from_str(state: &str) -> Result<Quotas, NoQuotas> {
        let parts: Vec<&str> = state.split('-').collect();
        let [octets, octets_max, messages, messages_max] =
            <[&str; 4]>::try_from(parts).map_err(|_| NoQuotas)?;
        let used = |text: &str| text.parse().map_err(|_| NoQuotas);
        let limit = |text: &str| match text {
            "none" => Ok(None),
            number => used(number).map(Some),
        };
        Ok(Quotas([
            (&OCTETS, used(octets)?, limit(octets_max)?),
            (&COUNT, used(messages)?, limit(messages_max)?),
        ]))
    }
}

/// What came, changed and went.
#[derive(Default)]
struct Changed {
    created: Vec<Id>,
    updated: Vec<Id>,
    destroyed: Vec<Id>,
    /// Whether `used` is all that changed.
    only_used: bool,
}

impl Changed {
    fn between(before: &Quotas, now: &Quotas) -> Changed {
        let mut changed = Changed { only_used: true, ..Changed::default() };
        for kind in [&OCTETS, &COUNT] {
            let id = Id::made(kind.id.to_owned());
            match (before.find(kind), now.find(kind)) {
                (None, Some(_)) => changed.created.push(id),
                (Some(_), None) => changed.destroyed.push(id),
                (Some(before), Some(now)) if before != now => {
                    changed.only_used &= before.limit == now.limit;
                    changed.updated.push(id);
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        changed
    }
}

impl Quota {
    fn id(&self) -> Id {
        Id::made(self.kind.id.to_owned())
    }

    /// The types it is about, of those that the client knows (RFC 9425, 4.1). None of them: there is no such quota for it.
    fn types(using: &[String]) -> Option<Vec<&'static str>> {
        using.iter().any(|name| name == mail::CAPABILITY).then(|| vec!["Email"])
    }

    fn object(&self, types: &[&str]) -> Map<String, Value> {
        let values = [
            json!(self.kind.id),
            json!(self.kind.resource),
            json!(self.used),
            json!(self.limit),
            json!("account"),
            json!(self.kind.name),
            json!(types),
            Value::Null,
            Value::Null,
            Value::Null,
        ];
        PROPERTIES.iter().map(|name| (*name).to_owned()).zip(values).collect()
    }
}
