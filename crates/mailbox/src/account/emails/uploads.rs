//! What was uploaded and belongs to no email yet (RFC 8620, 6): kept for a day, within bounds, like bodies of emails.

use std::ops::{ControlFlow, Range};

use bytes::Bytes;

use super::super::Account;
use crate::engine::Snapshot;
use crate::limits::{UPLOADS_MAX, UPLOADS_OCTETS_MAX, UPLOADS_S};
use crate::records::{self, damaged};
use crate::transaction::Transaction;
use crate::{AccountId, BodyHash, EmailId, Error, Fault, Received, Timestamp, keys, layout};

/// The number of an upload. No email of the account has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(pub u64);

/// What was uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The name of its octets.
    pub hash: BodyHash,
    /// How many there are.
    pub octets: u64,
    /// When it came.
    pub time: Timestamp,
}

impl Upload {
    /// The key by which it refers to its octets.
    pub(crate) fn reference(&self, account: AccountId, id: UploadId) -> Vec<u8> {
        keys::body_reference(&self.hash, account, EmailId(id.0))
    }
}

impl Account {
    /// Keeps what was uploaded. Where there is too much, or it is too old, the oldest goes.
    pub async fn keep_upload(&self, received: Received) -> Result<UploadId, Error> {
        let body = received.body;
        self.write(move |transaction, _| {
            let account = transaction.account();
            let head = transaction.head_mut();
            let id = UploadId(head.next_email);
            head.next_email = head.next_email.saturating_add(1);
            let (hash, octets, time) = (body.hash, body.octets, transaction.now());
            let upload = Upload { hash, octets, time };
            transaction.put(layout::upload(account, id), records::write_upload(&upload));
            transaction.put(upload.reference(account, id), Bytes::new());
            transaction.keep_body(body.clone());
            drop_surplus(transaction)?;
            Ok(id)
        })
        .await
    }

    /// What was uploaded under a number; none: nothing, or it went.
    pub fn upload(&self, id: UploadId) -> Result<Option<Upload>, Fault> {
        let key = layout::upload(self.id(), id);
        let value = self.shared().snapshot()?.get(&key)?;
        value.map(|value| records::read_upload(&value).ok_or_else(|| damaged(&key))).transpose()
    }

    /// Octets of what was uploaded. A range past its end is cut to what there is.
    pub fn upload_octets(&self, upload: &Upload, range: Range<u64>) -> Result<Bytes, Fault> {
        self.shared().ports.body(&upload.hash, range)
    }

    /// Drops what was uploaded too long ago.
    pub(crate) async fn drop_uploads(&self) -> Result<(), Error> {
        self.write(|transaction, _| drop_surplus(transaction)).await
    }
}

/// Drops the oldest, as long as there is too much, or it is too old.
fn drop_surplus(transaction: &mut Transaction<'_, '_>) -> Result<(), Error> {
    let account = transaction.account();
    let kept = transaction.range(&layout::all(account, layout::Kind::Upload), usize::MAX)?;
    let mut uploads = Vec::with_capacity(kept.len());
    for (key, value) in kept {
        let upload = records::read_upload(&value).ok_or_else(|| damaged(&key))?;
        let (number, _) = layout::take64(layout::tail(&key)).ok_or_else(|| damaged(&key))?;
        uploads.push((key, UploadId(number), upload));
    }
    let mut octets = uploads.iter().map(|(_, _, it)| it.octets).fold(0, u64::saturating_add);
    let mut count = uploads.len();
    // Whatever its size, the newest stays: somebody is about to use it.
    let older = uploads.len().saturating_sub(1);
    for (key, id, upload) in uploads.into_iter().take(older) {
        if count <= UPLOADS_MAX
            && octets <= UPLOADS_OCTETS_MAX
            && !is_old(&upload, transaction.now())
        {
            break;
        }
        count = count.saturating_sub(1);
        octets = octets.saturating_sub(upload.octets);
        transaction.delete(key);
        transaction.delete(upload.reference(account, id));
    }
    Ok(())
}

fn is_old(upload: &Upload, now: Timestamp) -> bool {
    upload.time.0 < now.0.saturating_sub(UPLOADS_S)
}

/// Whether something was uploaded too long ago and is not the only thing.
pub(crate) fn uploads_due(
    account: AccountId,
    snapshot: &dyn Snapshot,
    now: Timestamp,
) -> Result<bool, Fault> {
    let range = layout::all(account, layout::Kind::Upload);
    let (mut count, mut is_due) = (0usize, false);
    snapshot.range(layout::borrow(&range), &mut |_, value| {
        is_due |= records::read_upload(value).is_some_and(|upload| is_old(&upload, now));
        count = count.saturating_add(1);
        if count < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(is_due && count > 1)
}
