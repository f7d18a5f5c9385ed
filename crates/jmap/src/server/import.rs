//! MailFile/import: takes the mail out of an uploaded file (`docs/jmap/import.md`). What is in the file the host knows.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use mailbox::{Fault, MailboxName};
use serde_json::{Map, Value, json};

use super::blob::Blob;
use super::capabilities::Capability;
use super::ports::{Again, Imported, Importing, ReadAt};
use super::{Context, ids, own};
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::IMPORTED_NAME_CHARACTERS_MAX;
use crate::run::Row;
use crate::standard::as_arguments;

pub(super) const DESCRIBED: Capability =
    Capability { name: own::IMPORT, of_session: || json!({}), of_account: |_| json!({}) };

pub(super) const ROWS: &[Row<Context>] =
    &[Row { name: "MailFile/import", capability: own::IMPORT, run: |call| Box::pin(run(call)) }];

/// What a file is called whose name nobody says.
const NAMELESS: &str = "file";

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let account: Id = arguments.required("accountId")?;
    let blob: Id = arguments.required("blobId")?;
    let mailbox: Option<String> = arguments.optional("mailboxId")?;
    let name: Option<String> = arguments.optional("name")?;
    let is_again = arguments.or("again", false)?;
    arguments.end()?;
    let context = &*call.context;
    let before = context.emails(&account).await?.states().email;
    let into = match mailbox {
        None => None,
        Some(mailbox) => {
            let found = call.created.find(&mailbox).as_ref().and_then(ids::mailbox_of);
            let found = found.map(|id| context.account.mailbox(id)).transpose();
            let found = found.map_err(|fault| context.failed(&fault))?.flatten();
            let found = found.ok_or_else(|| invalid("mailboxId", "there is no such mailbox"))?;
            Some(found.name.as_str().to_owned())
        }
    };
    let content = context.stored(&blob).await?;
    lane::slow(Some(context.account.turns())).await;
    let file = Importing {
        name: harmless(name.as_deref().unwrap_or(NAMELESS)),
        into,
        octets: content.octets,
        again: if is_again { Again::Take } else { Again::Skip },
        content: Arc::new(content),
    };
    let imported = context.ports.importers.import(context.account.clone(), file).await;
    let imported = imported.map_err(|error| context.not_done(&error))?;
    let now = context.emails(&account).await?.states().email;
    context.told(&account, (before.to_string(), now.to_string()), &imported)
}

/// No letter that ends a line or leads to another folder.
fn harmless(name: &str) -> String {
    let letter = |c: char| if c.is_control() || "/\\".contains(c) { '_' } else { c };
    let name: String = name.chars().map(letter).take(IMPORTED_NAME_CHARACTERS_MAX).collect();
    if name.is_empty() { NAMELESS.to_owned() } else { name }
}

/// A file that is kept as a blob.
struct Stored {
    context: Context,
    blob: Blob,
    octets: u64,
}

impl ReadAt for Stored {
    fn read(&self, range: Range<u64>) -> Result<Bytes, Fault> {
        // Encoded ones are refused before.
        self.blob.piece(&self.context, &range).unwrap_or_else(|| Ok(Bytes::new()))
    }
}

impl Context {
    async fn stored(&self, id: &Id) -> Result<Stored, MethodError> {
        let blob = Blob::find(self, id).await?;
        let blob = blob.ok_or_else(|| invalid("blobId", "there is no such blob"))?;
        if blob.piece(self, &(0..0)).is_none() {
            return Err(invalid("blobId", "it is an encoded part of a message; upload the file"));
        }
        let octets = blob.octets(self).await?;
        let (account, user, ports) = (self.account.clone(), self.user.clone(), self.ports.clone());
        Ok(Stored { context: Context { account, user, ports }, blob, octets })
    }

    fn told(
        &self,
        account: &Id,
        (before, now): (String, String),
        imported: &Imported,
    ) -> Result<Map<String, Value>, MethodError> {
        let mut mailboxes = Vec::new();
        for row in &imported.mailboxes {
            let name = MailboxName::new(&row.name).ok();
            let found = name.map(|name| self.account.find(&name)).transpose();
            let found = found.map_err(|fault| self.failed(&fault))?.flatten();
            mailboxes.push(json!({
                "mailboxId": found.map(|mailbox| ids::mailbox(mailbox.id)),
                "name": row.name,
                "imported": row.imported,
                "known": row.known,
                "refused": row.refused,
                "size": row.octets,
                "refusals": row.refusals,
            }));
        }
        let error = imported.full.as_ref();
        as_arguments(&json!({
            "accountId": account,
            "oldState": before,
            "newState": now,
            "mailboxes": mailboxes,
            "notes": imported.notes,
            "error": error.map(|why| json!({"type": "overQuota", "description": why})),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;
    use crate::limits::IMPORTED_NAME_CHARACTERS_MAX;

    #[test]
    fn a_name_is_never_more_than_a_name() {
        assert_eq!(harmless("../a\\b\r\nc.mbox"), ".._a_b__c.mbox");
        assert_eq!(harmless(""), "file");
        let long = harmless(&"\u{e9}".repeat(1_000));
        assert_eq!(long.chars().count(), IMPORTED_NAME_CHARACTERS_MAX);
    }
}
