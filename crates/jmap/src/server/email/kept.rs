//! Emails that are kept in mailboxes, as they are shown.

use std::ops::Range;

use bytes::Bytes;
use mailbox::operations::Email;
use mailbox::{Account, EmailId, Emails, Fault};
use message::Outline;
use serde_json::{Map, Value, json};

use super::keywords;
use super::properties::Wanted;
use crate::error::MethodError;
use crate::mail::{NotShown, Octets, Spent, utc_date};
use crate::server::{Context, ids};

/// The octets of a message that is kept.
pub(in crate::server) struct KeptOctets<'k> {
    pub(in crate::server) account: &'k Account,
    pub(in crate::server) email: &'k Email,
}

impl Octets for KeptOctets<'_> {
    type Fault = Fault;

    /// What is damaged is left out: all that is whole is shown.
    fn read(&self, range: Range<u64>) -> Result<Bytes, Fault> {
        match self.account.body(self.email, range) {
            Err(fault) if fault.is_damaged() => {
                tracing::error!(user = self.account.name(), %fault, "a message met with damage");
                Ok(Bytes::new())
            }
            read => read,
        }
    }
}

/// Those of a message that is lost.
struct NoOctets;

impl Octets for NoOctets {
    type Fault = std::convert::Infallible;

    fn read(&self, _: Range<u64>) -> Result<Bytes, std::convert::Infallible> {
        Ok(Bytes::new())
    }
}

impl Context {
    /// What is known of an email without its message. None: it is not visible.
    pub(super) fn metadata(
        &self,
        emails: &Emails,
        id: EmailId,
        wanted: &Wanted,
    ) -> Option<Map<String, Value>> {
        let entry = emails.entry(id)?;
        let thread = emails.thread_of(id)?;
        let mut object = Map::new();
        object.insert("id".to_owned(), json!(ids::email(id)));
        for name in &wanted.metadata {
            let value = match *name {
                "blobId" => json!(ids::blob(id)),
                "threadId" => json!(ids::thread(thread)),
                "mailboxIds" => mailbox_ids(emails, id),
                "keywords" => keywords::object(&emails.keywords(id)),
                "size" => json!(entry.octets),
                "receivedAt" => {
                    json!(entry.arrived.time().and_then(|arrived| utc_date(arrived.time.0)))
                }
                _ => continue,
            };
            object.insert((*name).to_owned(), value);
        }
        Some(object)
    }

    /// One email. None: it is not visible.
    pub(super) fn one(
        &self,
        emails: &Emails,
        id: EmailId,
        wanted: &Wanted,
        spent: &mut Spent,
    ) -> Result<Option<Map<String, Value>>, MethodError> {
        let Some(mut object) = self.metadata(emails, id, wanted) else { return Ok(None) };
        match self.account.reader().and_then(|reader| reader.email(id)) {
            Ok(None) => return Ok(None),
            Ok(Some(email)) => self.complete(&mut object, &email, wanted, spent)?,
            Err(fault) if fault.is_damaged() => {
                self.complete_damaged(&mut object, id, wanted, &fault);
            }
            Err(fault) => return Err(self.failed(&fault)),
        }
        Ok(Some(object))
    }

    /// Adds what there is to say of a message whose record is damaged: nothing. All others are shown as they are.
    pub(super) fn complete_damaged(
        &self,
        object: &mut Map<String, Value>,
        id: EmailId,
        wanted: &Wanted,
        fault: &Fault,
    ) {
        self.failed(fault);
        let spent = &mut Spent::default();
        let shown = wanted.show(&Outline::of(b""), &NoOctets, ids::blob(id), spent);
        object.extend(shown.unwrap_or_default());
    }

    /// Adds to what is known without the record of an email what is known with it.
    pub(super) fn complete(
        &self,
        object: &mut Map<String, Value>,
        email: &Email,
        wanted: &Wanted,
        spent: &mut Spent,
    ) -> Result<(), MethodError> {
        let exact = [
            ("size", json!(email.octets)),
            ("receivedAt", json!(utc_date(email.internal_date.time.0))),
        ];
        for (name, value) in exact {
            if wanted.metadata.contains(&name) {
                object.insert(name.to_owned(), value);
            }
        }
        if wanted.is_only_metadata() {
            return Ok(());
        }
        let empty = || Outline::of(b"");
        let outline = Outline::decode(&email.outline).unwrap_or_else(empty);
        let octets = KeptOctets { account: &self.account, email };
        let shown = wanted.show(&outline, &octets, ids::blob(email.id), spent);
        object.extend(shown.map_err(|not| self.not_shown(not))?);
        Ok(())
    }

    pub(in crate::server) fn not_shown(&self, not: NotShown<Fault>) -> MethodError {
        match not {
            NotShown::Fault(fault) => self.failed(&fault),
            NotShown::TooMuch => MethodError::RequestTooLarge {
                description: "more than one call may read; ask for fewer emails".to_owned(),
            },
        }
    }
}

/// The mailboxes in which an email is.
pub(super) fn mailbox_ids(emails: &Emails, id: EmailId) -> Value {
    let places = emails.places(id).iter();
    let object: Map<String, Value> =
        places.map(|(mailbox, _)| (String::from(ids::mailbox(*mailbox)), true.into())).collect();
    object.into()
}
