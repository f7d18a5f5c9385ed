//! Threads: every email a member of its own, every known Message-ID noted with one of them.

use std::collections::HashMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;

use super::Mending;
use crate::{layout, records};

pub(super) fn mend(mending: &mut Mending<'_>) {
    let account = mending.account;
    let emails: Vec<_> = mending.survey.emails.iter().map(|(id, e)| (*id, e.thread)).collect();
    for (email, thread) in emails {
        if let Entry::Vacant(vacant) = mending.survey.members.entry((thread, email)) {
            vacant.insert(Vec::new());
            mending.put(layout::member(account, thread, email), Bytes::new());
            mending.done(|| format!("email {email} is a member of its thread again"));
        }
    }
    let mut put_down = HashMap::new();
    for ((thread, email), hashes) in std::mem::take(&mut mending.survey.members) {
        let key = layout::member(account, thread, email);
        if mending.survey.emails.get(&email).is_none_or(|email| email.thread != thread) {
            mending.delete(key);
            mending.done(|| format!("thread {thread} had a member {email} that is not its"));
            continue;
        }
        let mut own = hashes.clone();
        own.retain(|hash| put_down.insert(*hash, thread).is_none());
        if own != hashes {
            let value = if own.is_empty() { Bytes::new() } else { records::write_hashes(&own) };
            mending.put(key, value);
        }
        mending.survey.members.insert((thread, email), own);
    }
    for (hash, thread) in std::mem::take(&mut mending.survey.message_ids) {
        match put_down.remove(&hash) {
            Some(right) if right == thread => {}
            Some(right) => {
                mending.put(layout::message_id(account, hash), records::write_thread(right));
            }
            None => mending.delete(layout::message_id(account, hash)),
        }
    }
    for (hash, thread) in put_down {
        mending.put(layout::message_id(account, hash), records::write_thread(thread));
    }
}
