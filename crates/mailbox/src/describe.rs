//! What people call things by: the mailbox, the UID, and of a message From, Subject and date. For reports about damage,
//! so damage in between costs no more than the words that stand there.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::engine::Snapshot;
use crate::operations::Email;
use crate::reading::Reading;
use crate::search::address_text;
use crate::table::Table;
use crate::{
    About, AccountId, Accounts, BodyHash, EmailId, Fault, MailboxId, Timestamp, Uid, hot, keys,
    layout, records,
};

/// How people recognize what a finding is about; what is not known is left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The mailbox.
    pub mailbox: Option<String>,
    /// The UID.
    pub uid: Option<Uid>,
    /// Whether the message is in the mailbox.
    pub kept: Kept,
    /// From, as people write it.
    pub from: Option<String>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// When it came in.
    pub date: Option<Timestamp>,
    /// Its size.
    pub octets: Option<u64>,
}

impl Description {
    /// What the octets of a message say about it.
    pub fn of_message(octets: &[u8]) -> Description {
        let mut reading = Reading::default();
        reading.push(octets);
        let content = reading.finish();
        let (from, subject) = from_and_subject(&content.outline);
        let (date, octets) = (content.sent.map(|(sent, _)| sent), u64::try_from(octets.len()).ok());
        Description { from, subject, date, octets, ..Description::default() }
    }
}

/// Where a message is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// In its mailbox.
    #[default]
    Listed,
    /// It was expunged and can be brought back.
    Retained,
}

impl Accounts {
    /// What people call these things, a description for each.
    pub fn describe(&self, id: AccountId, about: &[About]) -> Result<Vec<Description>, Fault> {
        let snapshot = self.engine().snapshot()?;
        let table = self.readable_table(id, &*snapshot);
        let view = View { account: id, table, snapshot: &*snapshot };
        about.iter().map(|about| view.describe(*about)).collect()
    }

    /// All places where an email is or was: one description each, at least one.
    pub fn places(&self, id: AccountId, email: EmailId) -> Result<Vec<Description>, Fault> {
        let snapshot = self.engine().snapshot()?;
        let table = self.readable_table(id, &*snapshot);
        let view = View { account: id, table, snapshot: &*snapshot };
        view.places(email)
    }

    /// The emails that have one of these bodies, by account.
    pub fn emails_of(
        &self,
        bodies: &BTreeSet<BodyHash>,
    ) -> Result<Vec<(AccountId, EmailId, BodyHash)>, Fault> {
        let snapshot = self.engine().snapshot()?;
        let mut found = Vec::new();
        for hash in bodies {
            let mut prefix = vec![keys::BODY_REFERENCE];
            prefix.extend_from_slice(&hash.0);
            hot::each(&*snapshot, &layout::under(prefix), |key, _| {
                let (account, rest) = layout::take32(key.get(33..)?)?;
                let (email, _) = layout::take64(rest)?;
                found.push((AccountId(account), EmailId(email), *hash));
                Some(())
            })?;
        }
        Ok(found)
    }

    /// The mailboxes that can be read.
    fn readable_table(&self, id: AccountId, snapshot: &dyn Snapshot) -> Table {
        let mut table = Table::default();
        // A record that cannot be read costs its name only.
        let read = hot::each(snapshot, &layout::all(id, layout::Kind::Mailbox), |key, value| {
            let (mailbox, _) = layout::take32(layout::tail(key))?;
            if let Some(record) = records::Record::read(value) {
                table.set(MailboxId(mailbox), record.into());
            }
            Some(())
        });
        if let Err(fault) = read {
            tracing::warn!(user = self.name(id), %fault, "mailboxes cannot be named");
        }
        table
    }
}

/// One consistent view of an account.
struct View<'s> {
    account: AccountId,
    table: Table,
    snapshot: &'s dyn Snapshot,
}

impl View<'_> {
    fn describe(&self, about: About) -> Result<Description, Fault> {
        match about {
            About::Account => Ok(Description::default()),
            About::Mailbox(mailbox) => {
                Ok(Description { mailbox: Some(self.name(mailbox)), ..Description::default() })
            }
            About::Entry(mailbox, uid) => self.entry(mailbox, uid),
            About::Email(email) => {
                let places = self.places(email)?;
                Ok(places.into_iter().next().unwrap_or_default())
            }
        }
    }

    fn entry(&self, mailbox: MailboxId, uid: Uid) -> Result<Description, Fault> {
        let value = self.snapshot.get(&layout::entry(self.account, mailbox, uid))?;
        let email = match value.and_then(|value| records::read_entry(uid, &value)) {
            Some(entry) => self.email(entry.email)?,
            None => None,
        };
        Ok(Description {
            mailbox: Some(self.name(mailbox)),
            uid: Some(uid),
            ..of_email(email.as_ref())
        })
    }

    fn places(&self, id: EmailId) -> Result<Vec<Description>, Fault> {
        let email = self.email(id)?;
        let mut noted = Vec::new();
        let range = layout::of_number(self.account, layout::Kind::EmailEntry, id.0);
        hot::each(self.snapshot, &range, |key, _| {
            let (_, rest) = layout::take64(layout::tail(key))?;
            noted.push(layout::take_entry(rest)?);
            Some(())
        })?;
        let mut places = Vec::with_capacity(noted.len().max(1));
        for (mailbox, uid) in noted {
            let value = self.snapshot.get(&layout::entry(self.account, mailbox, uid))?;
            let entry = value.and_then(|value| records::read_entry(uid, &value));
            let is_listed = entry.is_some_and(|entry| entry.email == id);
            places.push(Description {
                mailbox: Some(self.name(mailbox)),
                uid: Some(uid),
                kept: if is_listed { Kept::Listed } else { Kept::Retained },
                ..of_email(email.as_ref())
            });
        }
        if places.is_empty() {
            places.push(of_email(email.as_ref()));
        }
        Ok(places)
    }

    fn email(&self, id: EmailId) -> Result<Option<Email>, Fault> {
        let value: Option<Bytes> = self.snapshot.get(&layout::email(self.account, id))?;
        Ok(value.and_then(|value| records::read_email(id, &value)))
    }

    fn name(&self, mailbox: MailboxId) -> String {
        match self.table.name(mailbox) {
            Some(name) => name.to_string(),
            None => format!("(mailbox {mailbox}, which is gone)"),
        }
    }
}

fn of_email(email: Option<&Email>) -> Description {
    let Some(email) = email else { return Description::default() };
    let (from, subject) = from_and_subject(&email.outline);
    let (date, octets) = (Some(email.internal_date.time), Some(email.octets));
    Description { from, subject, date, octets, ..Description::default() }
}

/// From and Subject as people read them; none where there is nothing to read.
fn from_and_subject(outline: &[u8]) -> (Option<String>, Option<String>) {
    let Some(envelope) = message::decode_envelope(outline) else { return (None, None) };
    let from = address_text(envelope.from);
    let subject = envelope.subject.map(|subject| message::decode_words(subject).to_string());
    (Some(from).filter(|from| !from.is_empty()), subject.filter(|subject| !subject.is_empty()))
}
