//! The plain model: an account as a few maps, with nothing clever in it. What it says is right.

mod pop3;
mod steps;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use pop3::{DEVICES, choice};
pub(super) use steps::Step;

use mailbox::operations::Store;
use mailbox::{
    EmailId, Entry, FlagMode, FlagNames, Flags, MailboxId, MailboxName, MailboxState, ModSeq,
    QuotaResource, Refused, ThreadId, Timestamp, Uid, UidSet,
};

/// An entry, with nothing packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlainEntry {
    pub(super) email: EmailId,
    pub(super) system: Flags,
    pub(super) keywords: BTreeSet<String>,
    pub(super) modseq: ModSeq,
    /// Which identity it has for POP3.
    pub(super) uidl: String,
}

#[derive(Clone, Debug)]
pub(super) struct PlainMailbox {
    pub(super) parent: Option<MailboxId>,
    pub(super) level: String,
    pub(super) selectable: bool,
    pub(super) uid_validity: u32,
    pub(super) uid_next: u32,
    pub(super) entries: BTreeMap<Uid, PlainEntry>,
}

#[derive(Clone, Debug)]
pub(super) struct PlainEmail {
    /// Which of the messages it is.
    pub(super) message: usize,
    pub(super) thread: ThreadId,
}

#[derive(Clone, Debug)]
struct PlainRetained {
    modseq: ModSeq,
    time: Timestamp,
    mailbox: MailboxId,
    name: MailboxName,
    uid: Uid,
    entry: PlainEntry,
}

pub(super) struct Model {
    pub(super) mailboxes: BTreeMap<MailboxId, PlainMailbox>,
    pub(super) emails: BTreeMap<EmailId, PlainEmail>,
    pub(super) subscriptions: BTreeSet<MailboxName>,
    /// What each device has.
    seen: Vec<pop3::Seen>,
    retained: Vec<PlainRetained>,
    octets_max: Option<u64>,
    messages_max: Option<u64>,
    next_mailbox: u32,
    next_email: u64,
    last_uid_validity: u32,
    created: Timestamp,
}

const INBOX: MailboxId = MailboxId(1);
const TRASH: MailboxId = MailboxId(5);

impl Model {
    pub(super) fn new(created: Timestamp) -> Model {
        let mut model = Model {
            mailboxes: BTreeMap::new(),
            emails: BTreeMap::new(),
            subscriptions: BTreeSet::new(),
            seen: vec![pop3::Seen::new(); DEVICES.len()],
            retained: Vec::new(),
            octets_max: None,
            messages_max: None,
            next_mailbox: 1,
            next_email: 1,
            last_uid_validity: created.0 as u32,
            created,
        };
        for level in ["INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"] {
            // The first ones count on, whatever the time.
            model.make(None, level, Timestamp(0));
            model.subscriptions.insert(super::name(level));
        }
        model
    }

    /// The message of a number. Four conversations, each with a beginning and answers to it.
    pub(super) fn message(number: usize) -> String {
        let (conversation, answer) = (number % 4, number / 4);
        let mut text = format!("Message-ID: <{conversation}.{answer}@x>\r\n");
        if answer > 0 {
            text.push_str(&format!("References: <{conversation}.0@x>\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(&"word ".repeat(number));
        text
    }

    fn octets(&self, email: EmailId) -> u64 {
        Model::message(self.emails[&email].message).len() as u64
    }

    pub(super) fn used(&self) -> (u64, u64) {
        let all = || self.mailboxes.values().flat_map(|mailbox| mailbox.entries.values());
        (all().map(|entry| self.octets(entry.email)).sum(), all().count() as u64)
    }

    pub(super) fn set_quota(&mut self, octets_max: Option<u64>, messages_max: Option<u64>) {
        (self.octets_max, self.messages_max) = (octets_max, messages_max);
    }

    fn room_for(&self, octets: u64, messages: u64) -> Result<(), Refused> {
        self.room_for_times(1, octets, messages)
    }

    /// What copies to Trash may fill is so many times the quota.
    fn room_for_times(&self, times: u64, octets: u64, messages: u64) -> Result<(), Refused> {
        let (used, held) = self.used();
        if octets > 0 && self.octets_max.is_some_and(|max| used + octets > max * times) {
            return Err(Refused::OverQuota(QuotaResource::Storage));
        }
        if messages > 0 && self.messages_max.is_some_and(|max| held + messages > max * times) {
            return Err(Refused::OverQuota(QuotaResource::Message));
        }
        Ok(())
    }

    pub(super) fn selectable(&self) -> Vec<MailboxId> {
        self.mailboxes.iter().filter(|(_, m)| m.selectable).map(|(id, _)| *id).collect()
    }

    fn open(&mut self, id: MailboxId) -> Result<&mut PlainMailbox, Refused> {
        let mailbox = self.mailboxes.get_mut(&id).ok_or(Refused::NoSuchMailbox)?;
        if mailbox.selectable { Ok(mailbox) } else { Err(Refused::NotSelectable) }
    }

    /// What is seen of an entry, with nothing packed.
    pub(super) fn plain(&self, state: &MailboxState, entry: &Entry, uidl: &str) -> PlainEntry {
        let keywords = state.keywords_of(entry.flags).map(|k| k.as_str().to_lowercase());
        PlainEntry {
            email: entry.email,
            system: Flags(entry.flags.0 & Flags::SYSTEM.0),
            keywords: keywords.collect(),
            modseq: entry.modseq,
            uidl: uidl.to_owned(),
        }
    }

    fn put(&mut self, to: MailboxId, entry: PlainEntry) -> Uid {
        let mailbox = self.mailboxes.get_mut(&to).unwrap();
        let uid = Uid::new(mailbox.uid_next).unwrap();
        mailbox.uid_next += 1;
        mailbox.entries.insert(uid, entry);
        uid
    }

    pub(super) fn append(
        &mut self,
        to: MailboxId,
        messages: &[(usize, FlagNames)],
        modseq: ModSeq,
    ) -> Result<Vec<(Uid, EmailId)>, Refused> {
        self.open(to)?;
        let octets = messages.iter().map(|(n, _)| Model::message(*n).len() as u64).sum();
        self.room_for(octets, messages.len() as u64)?;
        let mut pairs = Vec::new();
        for (number, flags) in messages {
            let email = EmailId(self.next_email);
            self.next_email += 1;
            let known = self.emails.values().find(|e| e.message % 4 == number % 4);
            let thread = known.map_or(ThreadId(email.0), |known| known.thread);
            self.emails.insert(email, PlainEmail { message: *number, thread });
            let entry = PlainEntry {
                email,
                system: flags.system,
                keywords: flags.keywords.iter().map(|k| k.as_str().to_lowercase()).collect(),
                modseq,
                uidl: format!("{:x}-7.{:x}", self.created.0, email.0),
            };
            pairs.push((self.put(to, entry), email));
        }
        Ok(pairs)
    }

    fn chosen(&mut self, from: MailboxId, uids: &UidSet) -> Result<Vec<Uid>, Refused> {
        let entries = &self.open(from)?.entries;
        Ok(entries.keys().copied().filter(|uid| uids.contains(*uid)).collect())
    }

    pub(super) fn copy(
        &mut self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
        modseq: ModSeq,
    ) -> Result<Vec<(Uid, Uid)>, Refused> {
        self.open(to)?;
        let chosen = self.chosen(from, uids)?;
        let entries: Vec<PlainEntry> =
            chosen.iter().map(|uid| self.mailboxes[&from].entries[uid].clone()).collect();
        let octets = entries.iter().map(|entry| self.octets(entry.email)).sum();
        if !chosen.is_empty() {
            let times = if to == TRASH { 2 } else { 1 };
            self.room_for_times(times, octets, entries.len() as u64)?;
        }
        let mut pairs = Vec::new();
        for (old, mut entry) in chosen.into_iter().zip(entries) {
            let next = self.mailboxes[&to].uid_next;
            entry.uidl = format!("{:x}-7.{:x}.{:x}.{next:x}", self.created.0, entry.email.0, to.0);
            entry.modseq = modseq;
            pairs.push((old, self.put(to, entry)));
        }
        Ok(pairs)
    }

    pub(super) fn move_(
        &mut self,
        from: MailboxId,
        uids: &UidSet,
        to: MailboxId,
        modseq: ModSeq,
    ) -> Result<Vec<(Uid, Uid)>, Refused> {
        let chosen = self.chosen(from, uids)?;
        self.open(to)?;
        let mut pairs = Vec::new();
        for old in chosen {
            let mut entry = self.open(from)?.entries.remove(&old).unwrap();
            entry.modseq = modseq;
            pairs.push((old, self.put(to, entry)));
        }
        Ok(pairs)
    }

    pub(super) fn store(
        &mut self,
        mailbox: MailboxId,
        change: &Store,
        modseq: ModSeq,
    ) -> Result<(UidSet, UidSet), Refused> {
        let chosen = self.chosen(mailbox, &change.uids)?;
        let gone = change.uids.difference(&chosen.iter().copied().collect());
        let keywords: BTreeSet<String> =
            change.flags.keywords.iter().map(|k| k.as_str().to_lowercase()).collect();
        let mut modified = UidSet::new();
        for uid in chosen {
            let entry = self.open(mailbox)?.entries.get_mut(&uid).unwrap();
            if change.unchanged_since.is_some_and(|since| entry.modseq > since) {
                modified.insert(uid);
                continue;
            }
            let before = entry.clone();
            match change.mode {
                FlagMode::Replace => {
                    entry.system = change.flags.system;
                    entry.keywords = keywords.clone();
                }
                FlagMode::Add => {
                    entry.system = entry.system.with(change.flags.system);
                    entry.keywords.extend(keywords.iter().cloned());
                }
                FlagMode::Remove => {
                    entry.system = entry.system.without(change.flags.system);
                    entry.keywords.retain(|keyword| !keywords.contains(keyword));
                }
            }
            if *entry != before {
                entry.modseq = modseq;
            }
        }
        Ok((modified, gone))
    }

    pub(super) fn expunge(
        &mut self,
        mailbox: MailboxId,
        uids: Option<&UidSet>,
        modseq: ModSeq,
        now: Timestamp,
    ) -> Result<UidSet, Refused> {
        let all = UidSet::all();
        let chosen = self.chosen(mailbox, uids.unwrap_or(&all))?;
        let entries = &self.mailboxes[&mailbox].entries;
        let deleted = |uid: &Uid| entries[uid].system.contains(Flags::DELETED);
        let gone: UidSet = chosen.into_iter().filter(deleted).collect();
        self.remove(mailbox, &gone, modseq, now)
    }

    pub(super) fn remove(
        &mut self,
        mailbox: MailboxId,
        uids: &UidSet,
        modseq: ModSeq,
        time: Timestamp,
    ) -> Result<UidSet, Refused> {
        let chosen = self.chosen(mailbox, uids)?;
        let name = self.name(mailbox);
        for uid in &chosen {
            let entry = self.open(mailbox)?.entries.remove(uid).unwrap();
            let (name, uid) = (name.clone(), *uid);
            self.retained.push(PlainRetained { modseq, time, mailbox, name, uid, entry });
        }
        if !chosen.is_empty() {
            self.drop_excess();
        }
        Ok(chosen.into_iter().collect())
    }

    pub(super) fn bring_back(
        &mut self,
        removed_by: ModSeq,
        uids: Option<&UidSet>,
        modseq: ModSeq,
        now: Timestamp,
    ) -> Result<Vec<(Uid, EmailId)>, Refused> {
        let wanted = |retained: &PlainRetained| {
            retained.modseq == removed_by && uids.is_none_or(|uids| uids.contains(retained.uid))
        };
        let back: Vec<PlainRetained> =
            self.retained.iter().filter(|r| wanted(r)).cloned().collect();
        let Some(first) = back.first() else { return Err(Refused::NoSuchMessage) };
        let (mailbox, name) = (first.mailbox, first.name.clone());
        let octets = back.iter().map(|retained| self.octets(retained.entry.email)).sum();
        self.room_for(octets, back.len() as u64)?;
        let to = match (self.open(mailbox).is_ok(), self.find(&name)) {
            (true, _) => mailbox,
            (false, Some(id)) if self.open(id).is_ok() => id,
            (false, Some(_) | None) => self.create(&name, now)?,
        };
        self.retained.retain(|retained| !wanted(retained));
        let mut pairs = Vec::new();
        for retained in back {
            let system = retained.entry.system.without(Flags::DELETED);
            let entry = PlainEntry { system, modseq, ..retained.entry };
            let email = entry.email;
            self.show_anew(&(email, entry.uidl.clone()));
            pairs.push((self.put(to, entry), email));
        }
        Ok(pairs)
    }

    /// No more is retained than the quota allows to be there.
    fn drop_excess(&mut self) {
        let octets = |model: &Model| -> u64 {
            model.retained.iter().map(|retained| model.octets(retained.entry.email)).sum()
        };
        while self.octets_max.is_some_and(|max| octets(self) > max) {
            self.drop_oldest_while(|dropped, _| dropped == 0);
        }
    }

    pub(super) fn drop_retained(&mut self, before: Timestamp) -> u64 {
        self.drop_oldest_while(|_, retained| retained.time < before)
    }

    /// Drops the oldest, up to the first that stays. Gives how many went.
    fn drop_oldest_while(&mut self, goes: impl Fn(u64, &PlainRetained) -> bool) -> u64 {
        let held = self.retained.len();
        let (mut ended, mut dropped) = (false, 0);
        self.retained.sort_by_key(|retained| (retained.modseq, retained.uid));
        self.retained.retain(|retained| {
            ended |= !goes(dropped, retained);
            dropped += 1;
            ended
        });
        let live: BTreeSet<EmailId> = self
            .mailboxes
            .values()
            .flat_map(|mailbox| mailbox.entries.values())
            .chain(self.retained.iter().map(|retained| &retained.entry))
            .map(|entry| entry.email)
            .collect();
        self.emails.retain(|email, _| live.contains(email));
        for seen in &mut self.seen {
            seen.retain(|(email, _), _| live.contains(email));
        }
        (held - self.retained.len()) as u64
    }

    pub(super) fn retained_groups(&self) -> Vec<(ModSeq, usize)> {
        let mut groups: BTreeMap<ModSeq, usize> = BTreeMap::new();
        for retained in &self.retained {
            *groups.entry(retained.modseq).or_default() += 1;
        }
        groups.into_iter().collect()
    }
}
