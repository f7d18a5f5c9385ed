//! Threads: an email joins the thread of the first of its ids that is known: its own Message-ID, what it answers, and
//! its references from the last to the first. A thread once given never changes (RFC 8474, 5.2).

use bytes::Bytes;

use crate::limits::THREAD_HASHES_MAX;
use crate::records::{self, damaged};
use crate::transaction::Transaction;
use crate::{EmailId, Fault, ThreadId, layout};

/// Finds the thread of a new email, or begins one, and makes it a member.
pub(super) fn join(
    transaction: &mut Transaction<'_, '_>,
    email: EmailId,
    hashes: &[u64],
) -> Result<ThreadId, Fault> {
    let account = transaction.account();
    let mut found = None;
    let mut unknown = Vec::new();
    for hash in hashes {
        let key = layout::message_id(account, *hash);
        match transaction.get(&key)? {
            None => unknown.push(*hash),
            Some(value) => {
                let thread = records::read_thread(&value).ok_or_else(|| damaged(&key))?;
                found.get_or_insert(thread);
            }
        }
    }
    // A thread is named by its first email.
    let thread = found.unwrap_or(ThreadId(email.0));
    for hash in &unknown {
        transaction.put(layout::message_id(account, *hash), records::write_thread(thread));
    }
    let note = if unknown.is_empty() { Bytes::new() } else { records::write_hashes(&unknown) };
    transaction.put(layout::member(account, thread, email), note);
    Ok(thread)
}

/// Takes an email that is dropped for good out of its thread. The ids noted with it go to another member, and go
/// with the last one.
pub(super) fn leave(
    transaction: &mut Transaction<'_, '_>,
    thread: ThreadId,
    email: EmailId,
) -> Result<(), Fault> {
    let account = transaction.account();
    let own = layout::member(account, thread, email);
    let Some(value) = transaction.get(&own)? else { return Ok(()) };
    let mut hashes = read(&own, &value)?;
    transaction.delete(own.clone());
    if hashes.is_empty() {
        return Ok(());
    }
    let members = layout::of_number(account, layout::Kind::Member, thread.0);
    let other = transaction.range(&members, 2)?.into_iter().find(|(key, _)| *key != own);
    match other {
        None => {
            for hash in hashes {
                transaction.delete(layout::message_id(account, hash));
            }
        }
        Some((key, value)) => {
            let mut all = read(&key, &value)?;
            all.append(&mut hashes);
            // Past the limit the oldest are forgotten: mail that names only those begins a thread of its own.
            let surplus = all.len().saturating_sub(THREAD_HASHES_MAX);
            for hash in all.drain(..surplus) {
                transaction.delete(layout::message_id(account, hash));
            }
            transaction.put(key, records::write_hashes(&all));
        }
    }
    Ok(())
}

fn read(key: &[u8], value: &[u8]) -> Result<Vec<u64>, Fault> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    records::read_hashes(value).ok_or_else(|| damaged(key))
}
