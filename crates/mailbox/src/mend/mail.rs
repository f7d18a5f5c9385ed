//! Entries, what emails note of them, and retained entries: what lost its email goes, what lost its entry comes to `Recovered`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Mending, RECOVERED, tree};
use crate::check::counted;
use crate::operations::What;
use crate::records::{self, Record};
use crate::table::ROOT;
use crate::{
    Arrival, Door, EmailId, Entry, Flags, MailboxId, MailboxKind, MailboxName, Octets, Uid, Who,
    layout,
};

pub(super) fn mend(mending: &mut Mending<'_>) {
    let mut touched = std::mem::take(&mut mending.touched);
    entries(mending, &mut touched);
    let held = retained(mending);
    email_entries(mending, &held);
    recover(mending, &mut touched);
    leftovers(mending, &mut touched);
    for id in touched {
        // Whoever knows this mailbox compares all of it.
        let range: Vec<_> = mending.survey.vanished.iter().filter(|v| v.0 == id).cloned().collect();
        for (mailbox, modseq, _) in range {
            mending.delete(layout::vanished(mending.account, mailbox, modseq));
        }
        if let Some(mut record) = mending.survey.records.get(&id).cloned() {
            record.highest_modseq = mending.modseq;
            record.vanished_floor = mending.modseq;
            tree::set(mending, id, record);
        }
    }
}

/// Drops what stands for nothing, and mends what differs from its email.
fn entries(mending: &mut Mending<'_>, touched: &mut BTreeSet<MailboxId>) {
    let account = mending.account;
    let all: Vec<_> = mending.survey.entries.iter().map(|(name, e)| (*name, *e)).collect();
    for ((mailbox, uid), entry) in all {
        let record = mending.survey.records.get(&mailbox);
        let shown = record.is_some_and(|record| record.kind == MailboxKind::Selectable);
        let email = mending.survey.emails.get(&entry.email).copied();
        let Some(email) = email.filter(|_| shown) else {
            mending.delete(layout::entry(account, mailbox, uid));
            mending.survey.entries.remove(&(mailbox, uid));
            touched.insert(mailbox);
            if email.is_none() {
                mending.lost.insert(entry.email);
                mending.report.lost = mending.report.lost.saturating_add(1);
                mending.done(|| format!("entry {uid} of mailbox {mailbox} has lost its email"));
            }
            continue;
        };
        let keywords = mending.survey.keywords.get(&mailbox).copied().unwrap_or(0);
        let known = (0..keywords).filter_map(Flags::keyword).fold(Flags::SYSTEM, Flags::with);
        let flags = Flags(entry.flags.0 & known.0).with(email.marks);
        let octets = u32::try_from(email.octets.0).unwrap_or(u32::MAX);
        let unknown = entry.arrived == Arrival::UNKNOWN;
        let arrived = if unknown { entry.arrived } else { email.arrived };
        let right = Entry { flags, octets, arrived, ..entry };
        if right != entry || entry.modseq > mending.modseq {
            let right = Entry { modseq: mending.modseq, ..right };
            mending.put(layout::entry(account, mailbox, uid), records::write_entry(&right));
            mending.survey.entries.insert((mailbox, uid), right);
            touched.insert(mailbox);
            mending.done(|| format!("entry {uid} of mailbox {mailbox} is as its email again"));
        }
        if mending.survey.email_entries.insert((entry.email, mailbox, uid)) {
            let key = layout::email_entry(account, entry.email, mailbox, uid);
            mending.put(key, records::write_save_date(mending.now));
            mending
                .done(|| format!("entry {uid} of mailbox {mailbox} is noted with its email again"));
        }
    }
}

/// Drops what is retained of lost emails or is there anyway. Gives the entries of the rest.
fn retained(mending: &mut Mending<'_>) -> HashSet<(EmailId, MailboxId, Uid)> {
    let mut held = HashSet::new();
    for ((modseq, mailbox, number), chunk) in std::mem::take(&mut mending.survey.retained) {
        let count = chunk.items.len();
        let mut right = chunk;
        right.items.retain(|item| {
            mending.survey.emails.contains_key(&item.email)
                && !mending.survey.entries.contains_key(&(mailbox, item.uid))
                && held.insert((item.email, mailbox, item.uid))
        });
        let gone = count.saturating_sub(right.items.len());
        if gone > 0 {
            let key = layout::retained(mending.account, modseq, mailbox, number);
            mending.done(|| format!("{gone} retained entries of mailbox {mailbox} are lost"));
            if right.items.is_empty() {
                mending.delete(key);
            } else {
                mending.put(key, right.write());
            }
        }
        mending.survey.retained.insert((modseq, mailbox, number), right);
    }
    let mut missing: Vec<_> = held
        .iter()
        .filter(|entry| !mending.survey.email_entries.contains(entry))
        .copied()
        .collect();
    missing.sort_unstable();
    for (email, mailbox, uid) in missing {
        mending.survey.email_entries.insert((email, mailbox, uid));
        let key = layout::email_entry(mending.account, email, mailbox, uid);
        mending.put(key, records::write_save_date(mending.now));
        mending.done(|| format!("retained entry {uid} of {mailbox} is noted with its email again"));
    }
    held
}

/// Drops what emails note of entries that are not there.
fn email_entries(mending: &mut Mending<'_>, held: &HashSet<(EmailId, MailboxId, Uid)>) {
    for (email, mailbox, uid) in std::mem::take(&mut mending.survey.email_entries) {
        let entry = mending.survey.entries.get(&(mailbox, uid));
        let live = entry.is_some_and(|entry| entry.email == email);
        if live || held.contains(&(email, mailbox, uid)) {
            mending.survey.email_entries.insert((email, mailbox, uid));
        } else {
            mending.delete(layout::email_entry(mending.account, email, mailbox, uid));
            mending
                .done(|| format!("email {email} was said to be in mailbox {mailbox}, but is not"));
        }
    }
}

/// Puts the emails that are nowhere into a mailbox of their own.
fn recover(mending: &mut Mending<'_>, touched: &mut BTreeSet<MailboxId>) {
    let placed: HashSet<EmailId> =
        mending.survey.email_entries.iter().map(|(email, _, _)| *email).collect();
    let nowhere: Vec<_> = mending
        .survey
        .emails
        .iter()
        .filter(|(id, _)| !placed.contains(id))
        .map(|(id, email)| (*id, *email))
        .collect();
    if nowhere.is_empty() {
        return;
    }
    let there = mending.survey.records.iter().find(|(_, record)| {
        record.parent == ROOT
            && &*record.level == RECOVERED
            && record.kind == MailboxKind::Selectable
    });
    let to = match there.map(|(id, _)| *id) {
        Some(id) => id,
        None => tree::make(mending, &free_name(mending)),
    };
    let mut next = mending.survey.records.get(&to).and_then(|record| record.uid_next);
    let last = mending.survey.entries.range((to, Uid::MIN)..=(to, Uid::MAX)).next_back();
    if let Some(((_, last), _)) = last {
        next = next.max(last.next());
    }
    let mut uids = crate::UidSet::new();
    for (email, note) in nowhere {
        let Some(uid) = next else { break };
        next = uid.next();
        let octets = u32::try_from(note.octets.0).unwrap_or(u32::MAX);
        let (flags, modseq, arrived) = (note.marks, mending.modseq, note.arrived);
        let entry = Entry { uid, octets, flags, modseq, email, arrived };
        mending.put(layout::entry(mending.account, to, uid), records::write_entry(&entry));
        let key = layout::email_entry(mending.account, email, to, uid);
        mending.put(key, records::write_save_date(mending.now));
        mending.survey.entries.insert((to, uid), entry);
        mending.survey.email_entries.insert((email, to, uid));
        mending.report.recovered = mending.report.recovered.saturating_add(1);
        uids.insert(uid);
    }
    touched.insert(to);
    let (count, who) = (mending.report.recovered, Who::at(Door::System));
    mending.done(|| format!("{count} emails that were nowhere are now in {RECOVERED}"));
    let what = What::Added { mailbox: to, uids };
    let line = records::write_change(mending.now, &who, &what, None);
    mending.put(layout::change(mending.account, mending.modseq), line);
}

/// `Recovered`, or that with a number when a container has the name.
fn free_name(mending: &Mending<'_>) -> String {
    let taken = |level: &str| {
        mending.survey.records.values().any(|r| r.parent == ROOT && &*r.level == level)
    };
    let numbered = (2u32..).map(|number| format!("{RECOVERED} {number}"));
    let mut names = std::iter::once(RECOVERED.to_owned()).chain(numbered);
    names
        .find(|level| !taken(level) && MailboxName::new(level).is_ok())
        .unwrap_or_else(|| RECOVERED.to_owned())
}

/// Drops notes about what is not there.
fn leftovers(mending: &mut Mending<'_>, touched: &mut BTreeSet<MailboxId>) {
    let account = mending.account;
    for (mailbox, uid) in std::mem::take(&mut mending.survey.copied) {
        if !mending.survey.entries.contains_key(&(mailbox, uid)) {
            mending.delete(layout::copied(account, mailbox, uid));
        }
    }
    for email in std::mem::take(&mut mending.survey.sorts) {
        if !mending.survey.emails.contains_key(&email) {
            mending.delete(layout::sort(account, email));
        }
    }
    let strange: Vec<_> = mending.survey.keywords.keys().copied().collect();
    for mailbox in strange {
        if !mending.survey.records.contains_key(&mailbox) {
            mending.delete(layout::keywords(account, mailbox));
        }
    }
    for (mailbox, modseq, uids) in &mending.survey.vanished {
        let Some(record) = mending.survey.records.get(mailbox) else {
            mending.changes.insert(layout::vanished(account, *mailbox, *modseq), None);
            continue;
        };
        let order = record.vanished_floor < *modseq && *modseq <= record.highest_modseq;
        let back = uids.iter().any(|uid| mending.survey.entries.contains_key(&(*mailbox, uid)));
        if !order || back {
            touched.insert(*mailbox);
        }
    }
}

/// Counts anew what can be counted.
pub(super) fn count(mending: &mut Mending<'_>) {
    let mut highest: BTreeMap<MailboxId, Entry> = BTreeMap::new();
    for ((mailbox, _), entry) in &mending.survey.entries {
        let top = highest.entry(*mailbox).or_insert(*entry);
        top.uid = top.uid.max(entry.uid);
        top.modseq = top.modseq.max(entry.modseq);
    }
    for (id, counted) in counted(mending.survey) {
        let Some(record) = mending.survey.records.get(&id).cloned() else { continue };
        let mut right = Record {
            messages: counted.messages,
            unseen: counted.unseen,
            deleted: counted.deleted,
            octets: counted.octets,
            ..record.clone()
        };
        if let Some(top) = highest.get(&id) {
            right.highest_modseq = right.highest_modseq.max(top.modseq);
            right.uid_next = right.uid_next.and_then(|next| top.uid.next().map(|n| n.max(next)));
        }
        if right != record {
            mending.done(|| format!("mailbox {id} is counted anew"));
            tree::set(mending, id, right);
        }
    }
    let octets = mending.survey.entries.values().map(|entry| u64::from(entry.octets));
    let octets = Octets(octets.fold(0, u64::saturating_add));
    let messages = u64::try_from(mending.survey.entries.len()).unwrap_or(u64::MAX);
    let last = mending.survey.emails.keys().next_back().map_or(0, |id| id.0);
    let members = mending.survey.members.keys().map(|(_, email)| email.0).max().unwrap_or(0);
    let uploads = mending.survey.uploads.keys().next_back().map_or(0, |id| id.0);
    let placements = mending.survey.placements.values();
    let placed = placements.filter_map(|placement| Some(placement.state.message()?.email.0));
    let last = last.max(members).max(uploads).max(placed.max().unwrap_or(0));
    let head = &mut mending.head;
    head.next_email = head.next_email.max(last.saturating_add(1));
    if (head.octets, head.messages) != (octets.0, messages) {
        (head.octets, head.messages) = (octets.0, messages);
        mending.done(|| "the quota is counted anew".to_owned());
    }
}
