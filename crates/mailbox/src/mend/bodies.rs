//! Emails and their bodies: an email that has lost its body stays, for its envelope can still be read; a body that has
//! lost its email gets one again.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{Mending, Passed, commit};
use crate::accounts::Accounts;
use crate::check::{references, stray_references};
use crate::engine::{Batch, Engine, Snapshot};
use crate::reading::Reading;
use crate::records::{EmailValue, read_email, write_email};
use crate::survey::EmailNote;
use crate::{
    AccountId, BodyHash, EmailId, Error, Fault, MailboxId, ThreadId, Timestamp, hot, keys, layout,
};

impl Accounts {
    /// Sees to the references to bodies whose emails are not there: where the body can be read the email is made anew of
    /// it, otherwise the reference is dropped. Before accounts are mended, so that they find these emails. Gives how
    /// many references there were.
    pub async fn mend_references(&self) -> Result<u64, Error> {
        let snapshot = self.engine().snapshot()?;
        let stray = stray_references(&snapshot)?;
        for key in &stray {
            let mut batch = Batch::default();
            match self.remade(&*snapshot, key, &mut batch)? {
                Some((email, value)) => batch.puts.push((email, value)),
                None => batch.deletes.push(key.clone()),
            }
            // Somebody else at work on this account: what is stray is found again the next time.
            if commit(&**self.engine(), batch).await? == Passed::No {
                tracing::debug!("an account changed while its references were mended");
            }
        }
        Ok(u64::try_from(stray.len()).unwrap_or(u64::MAX))
    }

    /// The record of the email that a stray reference names, made anew. None if that cannot be.
    fn remade(
        &self,
        snapshot: &dyn Snapshot,
        key: &[u8],
        batch: &mut Batch,
    ) -> Result<Option<(Vec<u8>, Bytes)>, Fault> {
        let Some((hash, account, email)) = parts(key) else { return Ok(None) };
        if snapshot.last(layout::borrow(&layout::account(account)))?.is_none() {
            return Ok(None);
        }
        // As it is, readable or not: nobody may change the account meanwhile.
        let head = layout::head(account);
        let head_value = snapshot.get(&head)?;
        batch.checks.push((head, head_value));
        let record = layout::email(account, email);
        let kept = snapshot.get(&record)?;
        let kept = kept.and_then(|value| read_email(email, &value));
        // An email that has a body it refers to keeps that one.
        if let Some(kept) = kept
            && snapshot.get(&keys::body_reference(&kept.hash, account, email))?.is_some()
        {
            return Ok(None);
        }
        let thread = thread_of(account, email, snapshot)?;
        let made = read_body(&**self.engine(), &hash, thread, self.clock().now());
        Ok(made.map(|(value, _)| (record, value)))
    }
}

/// Hash, account and email in a reference key.
fn parts(key: &[u8]) -> Option<(BodyHash, AccountId, EmailId)> {
    let hash = keys::referenced_body(key)?;
    let (account, rest) = layout::take32(key.get(33..)?)?;
    let (email, _) = layout::take64(rest)?;
    Some((hash, AccountId(account), EmailId(email)))
}

/// The thread that an email is a member of; a new one if it is of none.
fn thread_of(
    account: AccountId,
    email: EmailId,
    snapshot: &dyn Snapshot,
) -> Result<ThreadId, Fault> {
    let mut found = ThreadId(email.0);
    let range = layout::all(account, layout::Kind::Member);
    hot::each(snapshot, &range, |key, _| {
        let (thread, rest) = layout::take64(layout::tail(key))?;
        if layout::take64(rest)?.0 == email.0 {
            found = ThreadId(thread);
        }
        Some(())
    })?;
    Ok(found)
}

/// Reads a body and makes the record of its email. None if it cannot be read or is another than it should be.
fn read_body(
    engine: &dyn Engine,
    hash: &BodyHash,
    thread: ThreadId,
    now: Timestamp,
) -> Option<(Bytes, EmailNote)> {
    let body = engine.body(hash, 0..u64::MAX).ok()?;
    if blake3::hash(&body).as_bytes() != &hash.0 {
        return None;
    }
    let mut reading = Reading::default();
    reading.push(&body);
    let content = reading.finish();
    let octets = u64::try_from(body.len()).ok()?;
    // When it came in is not known any more; when it was sent is the best guess.
    let sent_date = content.sent.map_or(now, |(date, _)| date);
    let value = write_email(EmailValue {
        thread,
        hash,
        octets,
        internal_date: sent_date.min(now).into(),
        sent: content.sent,
        line_ends_missing: content.line_ends_missing,
        marks: content.marks,
        outline: &content.outline,
    });
    let email = read_email(EmailId(0), &value)?;
    Some((value, EmailNote::of(&email)))
}

/// Makes emails anew that entries ask for and whose bodies are still referred to.
pub(super) fn bring_back(
    mending: &mut Mending<'_>,
    engine: &dyn Engine,
    snapshot: &dyn Snapshot,
) -> Result<(), Fault> {
    let survey = &mending.survey;
    let asked = survey.entries.values().map(|entry| entry.email);
    let asked = asked.chain(survey.email_entries.iter().map(|(email, _, _)| *email));
    let asked = asked.chain(survey.retained_items().map(|(_, item)| item.email));
    let missing: BTreeSet<EmailId> =
        asked.filter(|email| !survey.emails.contains_key(email)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for key in references(snapshot)? {
        let Some((hash, account, email)) = parts(&key) else { continue };
        if account != mending.account || !missing.contains(&email) {
            continue;
        }
        let known = mending.survey.members.keys().find(|(_, member)| *member == email);
        let thread = known.map_or(ThreadId(email.0), |(thread, _)| *thread);
        if let Some((value, note)) = read_body(engine, &hash, thread, mending.now) {
            mending.put(layout::email(account, email), value);
            mending.survey.emails.insert(email, note);
            mending.done(|| format!("email {email} is made anew of its body"));
        }
    }
    Ok(())
}

/// Has all emails refer to their bodies again, those too whose bodies cannot be read: such a message stays listed.
pub(super) fn refer(mending: &mut Mending<'_>, snapshot: &dyn Snapshot) -> Result<(), Fault> {
    let mut unreferred = Vec::new();
    for (id, email) in &mending.survey.emails {
        let key = keys::body_reference(&email.hash, mending.account, *id);
        if snapshot.get(&key)?.is_none() {
            unreferred.push((*id, key));
        }
    }
    for (id, key) in unreferred {
        mending.put(key, Bytes::new());
        mending.done(|| format!("email {id} refers to its body again"));
    }
    let mut lost = Vec::new();
    for (id, upload) in &mending.survey.uploads {
        if snapshot.get(&upload.reference(mending.account, *id))?.is_none() {
            lost.push(*id);
        }
    }
    // Nobody has it but the program that sent it, which sends it again.
    for id in lost {
        let number = id.0;
        mending.survey.uploads.remove(&id);
        mending.delete(layout::upload(mending.account, id));
        mending.done(|| format!("upload {number} had lost its octets, and is dropped"));
    }
    Ok(())
}

/// Notes the mailboxes that lost what is remembered of their changes.
pub(super) fn drop_damaged(mending: &mut Mending<'_>) {
    for key in std::mem::take(&mut mending.survey.damaged) {
        mending
            .done(|| format!("a value that cannot be read is dropped: key {}", super::shown(&key)));
        let tail = layout::tail(&key);
        let kind = layout::Kind::of(&key);
        if kind == Some(layout::Kind::Vanished) {
            mending.touched.extend(layout::take32(tail).map(|(mailbox, _)| MailboxId(mailbox)));
        }
        if kind == Some(layout::Kind::Change)
            && let Some((modseq, _)) = layout::take64(tail)
        {
            let floor = &mut mending.head.log_floor;
            *floor = crate::ModSeq(modseq).min(mending.modseq).max(*floor);
        }
        mending.delete(key);
    }
}
