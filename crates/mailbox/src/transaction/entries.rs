//! Entries in a transaction: put in, taken out, flagged. Counts, quota and mod-sequences follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Transaction;
use crate::limits::KEYWORDS_MAX;
use crate::records::{self, RetainedItem};
use crate::{
    Arrival, EmailId, Entry, Error, Fault, FlagNames, Flags, Keyword, MailboxId, MailboxState,
    ModSeq, Refused, Uid, UidSet, layout,
};

/// What to do about a keyword that the mailbox does not know and has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Refuse the operation.
    Refuse,
    /// Leave the keyword away.
    Drop,
    /// Do not even make room: it is about taking keywords away.
    Ignore,
}

/// An entry to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewEntry {
    pub(crate) email: EmailId,
    pub(crate) octets: u32,
    pub(crate) flags: Flags,
    pub(crate) arrived: Arrival,
}

impl NewEntry {
    /// One of the email of another, with other flags.
    pub(crate) fn like(entry: &Entry, flags: Flags) -> NewEntry {
        NewEntry { email: entry.email, octets: entry.octets, flags, arrived: entry.arrived }
    }
}

/// How an entry came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Its email is new.
    New,
    /// It is a copy.
    Copy,
    /// It comes from another mailbox or from what was retained, and began as this copy, if it was one.
    Carried(Option<(MailboxId, Uid)>),
}

impl Transaction<'_, '_> {
    /// Puts an email into a mailbox that holds messages, under the next UID.
    pub(crate) fn add_entry(
        &mut self,
        mailbox: MailboxId,
        NewEntry { email, octets, flags, arrived }: NewEntry,
        modseq: ModSeq,
        origin: Origin,
    ) -> Result<Uid, Error> {
        let account = self.account();
        let touched = self.touch(mailbox);
        let record = touched.record.as_mut().ok_or(Refused::NoSuchMailbox)?;
        let record = Arc::make_mut(record);
        let uid = record.uid_next.ok_or_else(|| Fault::new("a mailbox has used up its UIDs"))?;
        let entry = Entry { uid, octets, flags, modseq, email, arrived };
        record.uid_next = uid.next();
        record.highest_modseq = modseq;
        record.count_in(&entry);
        touched.entries.set.push(entry);
        self.note_visible(None, Some(&entry));
        self.put(layout::entry(account, mailbox, uid), records::write_entry(&entry));
        let saved = records::write_save_date(self.now());
        self.put(layout::email_entry(account, email, mailbox, uid), saved);
        let copy = match origin {
            Origin::New => None,
            Origin::Copy => Some((mailbox, uid)),
            Origin::Carried(copy) => copy,
        };
        if let Some(copy) = copy {
            self.put(layout::copied(account, mailbox, uid), records::write_copy(copy));
        }
        let head = self.head_mut();
        head.messages = head.messages.saturating_add(1);
        head.octets = head.octets.saturating_add(octets.into());
        Ok(uid)
    }

    /// Takes an entry out of its mailbox. Its email goes on noting it, for those who may bring it back.
    pub(crate) fn remove_entry(&mut self, mailbox: MailboxId, entry: &Entry, modseq: ModSeq) {
        let account = self.account();
        let touched = self.touch(mailbox);
        if let Some(record) = &mut touched.record {
            let record = Arc::make_mut(record);
            record.highest_modseq = modseq;
            record.count_out(entry);
        }
        touched.entries.removed.push(entry.uid);
        self.note_visible(Some(entry), None);
        self.delete(layout::entry(account, mailbox, entry.uid));
        let head = self.head_mut();
        head.messages = head.messages.saturating_sub(1);
        head.octets = head.octets.saturating_sub(entry.octets.into());
    }

    /// Gives an entry other flags.
    pub(crate) fn set_flags(
        &mut self,
        mailbox: MailboxId,
        old: &Entry,
        flags: Flags,
        modseq: ModSeq,
    ) {
        let account = self.account();
        let entry = Entry { flags, modseq, ..*old };
        let touched = self.touch(mailbox);
        if let Some(record) = &mut touched.record {
            let record = Arc::make_mut(record);
            record.highest_modseq = modseq;
            record.count_out(old);
            record.count_in(&entry);
        }
        touched.entries.set.push(entry);
        self.note_visible(Some(old), Some(&entry));
        self.put(layout::entry(account, mailbox, entry.uid), records::write_entry(&entry));
    }

    /// Notes what vanished, for QRESYNC.
    pub(crate) fn note_vanished(&mut self, mailbox: MailboxId, modseq: ModSeq, uids: &UidSet) {
        let key = layout::vanished(self.account(), mailbox, modseq);
        self.put(key, records::write_uids(uids));
    }

    /// The bits of flags in a mailbox; keywords it does not know are added to its table.
    pub(crate) fn flags_of(
        &mut self,
        mailbox: MailboxId,
        names: &FlagNames,
        missing: Missing,
    ) -> Result<Flags, Error> {
        let mut flags = Flags(names.system.0 & Flags::SYSTEM.0);
        for keyword in &names.keywords {
            flags = flags.with(self.flag_of(mailbox, keyword, missing)?);
        }
        Ok(flags)
    }

    fn flag_of(
        &mut self,
        mailbox: MailboxId,
        keyword: &Keyword,
        missing: Missing,
    ) -> Result<Flags, Error> {
        let known = self.keywords(mailbox)?;
        if let Some(index) = known.iter().position(|k| k == keyword) {
            return Ok(Flags::keyword(index).unwrap_or_default());
        }
        match (Flags::keyword(known.len()), missing) {
            (_, Missing::Ignore) | (None, Missing::Drop) => Ok(Flags::NONE),
            (None, Missing::Refuse) => {
                let max = u64::try_from(KEYWORDS_MAX).unwrap_or(u64::MAX);
                Err(Refused::TooMany { what: "keywords in this mailbox", max }.into())
            }
            (Some(flag), Missing::Refuse | Missing::Drop) => {
                let grown = known.iter().cloned().chain([keyword.clone()]).collect();
                self.touch(mailbox).keywords = Some(grown);
                Ok(flag)
            }
        }
    }

    /// Forgets the keyword table of a mailbox that goes.
    pub(crate) fn forget_keywords(&mut self, mailbox: MailboxId) {
        self.touch(mailbox).keywords = Some(Arc::default());
    }

    /// Flags of one keyword table in terms of a mailbox's own.
    pub(crate) fn translated(
        &mut self,
        flags: Flags,
        keywords: &[Keyword],
        to: MailboxId,
    ) -> Result<Flags, Error> {
        let mut result = Flags(flags.0 & Flags::SYSTEM.with(Flags::INTERNAL).0);
        for keyword in flags.keyword_indexes().filter_map(|index| keywords.get(index)) {
            result = result.with(self.flag_of(to, keyword, Missing::Drop)?);
        }
        Ok(result)
    }

    /// The entries that an email has, and those that it had and that can be brought back: in which mailbox, under which UID.
    pub(crate) fn noted_entries(&mut self, email: EmailId) -> Result<Vec<(MailboxId, Uid)>, Fault> {
        let noted = layout::of_number(self.account(), layout::Kind::EmailEntry, email.0);
        let keys = self.range(&noted, usize::MAX)?.into_keys();
        keys.map(|key| {
            let rest = layout::take64(layout::tail(&key)).map(|(_, rest)| rest);
            rest.and_then(layout::take_entry).ok_or_else(|| records::damaged(&key))
        })
        .collect()
    }

    /// Where the copies were made that some of these entries began as.
    pub(crate) fn copies(
        &mut self,
        mailbox: MailboxId,
        entries: &[Entry],
    ) -> Result<BTreeMap<Uid, (MailboxId, Uid)>, Fault> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return Ok(BTreeMap::new());
        };
        let account = self.account();
        let end = layout::successor(&layout::copied(account, mailbox, last.uid));
        let range = layout::copied(account, mailbox, first.uid)..end;
        let mut copies = BTreeMap::new();
        for (key, value) in self.range(&range, usize::MAX)? {
            let found = layout::take_entry(layout::tail(&key));
            let (_, uid) = found.ok_or_else(|| records::damaged(&key))?;
            // Between the first and the last there may be others.
            if entries.binary_search_by_key(&uid, |entry| entry.uid).is_ok() {
                let copy = records::read_copy(&value).ok_or_else(|| records::damaged(&key))?;
                copies.insert(uid, copy);
            }
        }
        Ok(copies)
    }

    /// What is retained of an entry.
    pub(crate) fn retained_item(entry: &Entry, copy: Option<(MailboxId, Uid)>) -> RetainedItem {
        RetainedItem {
            uid: entry.uid,
            email: entry.email,
            octets: entry.octets,
            flags: entry.flags,
            copy,
        }
    }
}

/// The entries of a set, ascending.
pub(crate) fn entries_of(state: &MailboxState, uids: &UidSet) -> Vec<Entry> {
    state.entries.of(uids).copied().collect()
}
