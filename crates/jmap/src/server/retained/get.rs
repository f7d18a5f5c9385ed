//! RetainedEmail/get: what is known of mail that can be brought back, without reading it.

use std::collections::BTreeMap;

use mailbox::operations::{Email, Retained, RetainedEntry};
use mailbox::{Account, EmailId, FlagNames};
use message::Outline;
use serde_json::{Map, Value, json};

use super::{CAPABILITY, grouped, named};
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::mail::{Bodies, HeaderProperty, utc_date};
use crate::run::Row;
use crate::server::email::keywords;
use crate::server::{Context, ids, who};
use crate::standard::{Get, GetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "RetainedEmail/get", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

const PROPERTIES: [&str; 16] = [
    "id",
    "emailId",
    "threadId",
    "mailboxId",
    "mailboxName",
    "keywords",
    "size",
    "deletedAt",
    "deletedBy",
    "keptUntil",
    "receivedAt",
    "subject",
    "from",
    "to",
    "hasAttachment",
    "preview",
];

/// What its record says.
const OF_RECORD: [&str; 7] =
    ["threadId", "receivedAt", "subject", "from", "to", "hasAttachment", "preview"];

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let get = Get::take(&mut arguments, call.limits)?;
    arguments.end()?;
    let context = &*call.context;
    context.check_account(&get.account)?;
    get.check_properties(&PROPERTIES)?;
    let Some(asked) = get.ids.clone() else {
        return Err(invalid("ids", "ask RetainedEmail/query for them"));
    };
    let state = context.retained_state()?;
    let mut found = BTreeMap::new();
    for ((modseq, mailbox), uids) in grouped(&asked) {
        let group = context.account.retained_of(modseq, mailbox, &uids);
        if let Some(group) = group.map_err(|fault| context.failed(&fault))? {
            context.show(&get, &group, &mut found)?;
        }
        lane::breathe(Some(context.account.turns())).await;
    }
    let (mut list, mut not_found) = (Vec::new(), Vec::new());
    for id in asked {
        match found.remove(&id) {
            Some(object) => list.push(object),
            None => not_found.push(id),
        }
    }
    GetAnswer { account_id: get.account, state, list, not_found }.arguments()
}

impl Context {
    fn show(
        &self,
        get: &Get,
        group: &Retained,
        found: &mut BTreeMap<Id, Map<String, Value>>,
    ) -> Result<(), MethodError> {
        let entries: Vec<EmailId> = group.entries.iter().map(|entry| entry.email).collect();
        let records = if OF_RECORD.iter().any(|name| get.wants(name)) {
            let records = self.account.reader().and_then(|reader| reader.emails(&entries));
            records.map_err(|fault| self.failed(&fault))?
        } else {
            Vec::new()
        };
        let mut records = records.into_iter();
        let retention_s = self.ports.accounts.policy().retention_s;
        for (named, entry) in named(group) {
            let record = records.next().and_then(Result::ok).flatten();
            let mut object = of_entry(&self.account, group, entry, retention_s);
            object.insert("id".to_owned(), json!(named.id()));
            object.extend(of_record(record.as_ref()));
            found.insert(named.id(), get.wanted(object));
        }
        Ok(())
    }
}

fn of_entry(
    account: &Account,
    group: &Retained,
    entry: &RetainedEntry,
    retention_s: i64,
) -> Map<String, Value> {
    let names = FlagNames { system: entry.flags, keywords: entry.keywords.clone() };
    let values = [
        ("emailId", json!(ids::email(entry.email))),
        ("mailboxId", json!(ids::mailbox(group.mailbox))),
        ("mailboxName", json!(group.mailbox_name.as_str())),
        ("keywords", keywords::object(&names)),
        ("size", json!(entry.octets)),
        ("deletedAt", json!(utc_date(group.time.0))),
        ("deletedBy", who::value(account, &group.who)),
        ("keptUntil", json!(utc_date(group.time.0.saturating_add(retention_s)))),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What is damaged says nothing, and can be brought back all the same.
fn of_record(record: Option<&Email>) -> Map<String, Value> {
    let outline = record.and_then(|record| Outline::decode(&record.outline));
    let of_header = |name: &str| {
        let envelope = outline.as_ref()?.envelope();
        HeaderProperty::named(name)?.of_envelope(&envelope)
    };
    let values = [
        ("threadId", json!(record.map(|record| ids::thread(record.thread)))),
        ("receivedAt", json!(record.and_then(|record| utc_date(record.internal_date.time.0)))),
        ("subject", json!(of_header("subject"))),
        ("from", json!(of_header("from"))),
        ("to", json!(of_header("to"))),
        ("hasAttachment", json!(outline.as_ref().is_some_and(|it| Bodies::of(it).has_attachment))),
        ("preview", json!(outline.as_ref().map(Outline::preview).unwrap_or_default())),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
