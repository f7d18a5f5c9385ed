//! What a change of emails did, step by step, and how it is undone: whatever nobody changed since goes back to what it was.

use std::collections::BTreeMap;

use super::super::Account;
use super::super::copy::move_each;
use super::super::expunge::expunge_each;
use super::super::undo::bring_back_from;
use super::edit::entries_of;
use crate::operations::{Change, What};
use crate::transaction::{Missing, Transaction};
use crate::{
    EmailId, Entry, Error, FlagNames, Flags, Keyword, MailboxId, MailboxKind, ModSeq, Refused, Uid,
    UidSet, Who,
};

/// One thing that a change of emails did: one line of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailStep {
    /// The mailbox that it was done in.
    pub mailbox: MailboxId,
    /// The account's counter after it, by which entries tell whether somebody changed them since.
    pub modseq: ModSeq,
    /// What it was.
    pub done: StepDone,
}

/// Which flags entries had before, by those flags. The entries are those that are there now.
pub type FlagsBefore = Vec<(FlagNames, UidSet)>;

/// What was done to entries of one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepDone {
    /// They got other flags.
    Flagged(FlagsBefore),
    /// They were made, as copies.
    Copied(UidSet),
    /// They came from another mailbox.
    Moved(MailboxId, FlagsBefore),
    /// So many went.
    Expunged(u64),
}

/// What came of undoing a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// The emails that are as they were again, as far as the step goes.
    pub emails: Vec<EmailId>,
    /// How many entries stay as they are: somebody changed them since, or they are gone.
    pub left: u64,
}

impl Account {
    /// Undoes a step, in one commit. All is refused where there is no room for it.
    pub async fn undo_step(&self, step: EmailStep) -> Result<Undone, Error> {
        let count = step.count();
        self.write_more(count, move |transaction, who| undo(transaction, who, &step)).await
    }
}

impl Account {
    /// What undoing a line of the change log would undo, of what nobody changed since. None: such a change cannot be undone by
    /// `undo_step`, or nothing of it is left. The log does not say which flags there were before: what was moved keeps those that it has.
    pub fn step_of(&self, change: &Change) -> Result<Option<EmailStep>, Error> {
        let (mailbox, from, uids) = match &change.what {
            What::Moved { from, mailbox, uids, .. } => (*mailbox, Some(*from), uids),
            What::Copied { mailbox, uids, .. } => (*mailbox, None, uids),
            What::Created { .. }
            | What::Renamed { .. }
            | What::Deleted { .. }
            | What::Added { .. }
            | What::Flagged { .. }
            | What::Expunged { .. }
            | What::BroughtBack { .. }
            | What::Subscribed { .. }
            | What::Annotated { .. }
            | What::QuotaSet
            | What::Contacts(_) => return Ok(None),
        };
        let is_there =
            |id| self.mailbox(id).map(|it| it.is_some_and(|it| it.kind == MailboxKind::Selectable));
        if !is_there(mailbox)? || from.map(is_there).transpose()? == Some(false) {
            return Ok(None);
        }
        let state = self.state(mailbox)?;
        let same: Vec<Entry> =
            state.entries.of(uids).filter(|entry| entry.modseq == change.modseq).copied().collect();
        if same.is_empty() {
            return Ok(None);
        }
        let done = match from {
            Some(from) => {
                let flags = same.iter().map(|entry| (entry.flags, entry.uid));
                StepDone::Moved(from, flags_before(flags, &state.keywords))
            }
            None => StepDone::Copied(same.iter().map(|entry| entry.uid).collect()),
        };
        Ok(Some(EmailStep { mailbox, modseq: change.modseq, done }))
    }
}

impl EmailStep {
    /// How many entries it is about.
    pub fn count(&self) -> u64 {
        match &self.done {
            StepDone::Copied(uids) => uids.len(),
            StepDone::Expunged(count) => *count,
            StepDone::Flagged(before) | StepDone::Moved(_, before) => {
                before.iter().map(|(_, uids)| uids.len()).fold(0, u64::saturating_add)
            }
        }
    }
}

/// Entries sorted by the flags that they had, given by the flags and the UID that each has now.
pub(super) fn flags_before(
    entries: impl Iterator<Item = (Flags, Uid)>,
    keywords: &[Keyword],
) -> FlagsBefore {
    let mut groups: BTreeMap<u64, Vec<Uid>> = BTreeMap::new();
    for (flags, uid) in entries {
        groups.entry(flags.0).or_default().push(uid);
    }
    let named = |(bits, uids): (u64, Vec<Uid>)| {
        let flags = Flags(bits);
        let keywords = flags.keyword_indexes().filter_map(|index| keywords.get(index)).cloned();
        let system = Flags(bits & Flags::SYSTEM.0);
        let names = FlagNames { system, keywords: keywords.collect() };
        (names, uids.into_iter().collect())
    };
    groups.into_iter().map(named).collect()
}

fn undo(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    step: &EmailStep,
) -> Result<Undone, Error> {
    let count = step.count();
    let emails = match &step.done {
        StepDone::Expunged(_) => {
            let there = bring_back_from(transaction, who, step.modseq, step.mailbox);
            match there {
                Ok(back) => back.into_iter().flat_map(|it| it.entries).map(|it| it.1).collect(),
                // It was brought back already, or dropped for good.
                Err(Error::Refused(Refused::NoSuchMessage)) => Vec::new(),
                Err(error) => return Err(error),
            }
        }
        StepDone::Flagged(before) => flag_back(transaction, who, step, before)?,
        StepDone::Moved(from, before) => move_back(transaction, who, step, *from, before)?,
        StepDone::Copied(uids) => take_away(transaction, who, step, uids)?,
    };
    let back = u64::try_from(emails.len()).unwrap_or(u64::MAX);
    Ok(Undone { emails, left: count.saturating_sub(back) })
}

/// Those of some entries that nobody changed since, with the flags that they had. Empty where the mailbox is gone.
fn unchanged(
    transaction: &mut Transaction<'_, '_>,
    step: &EmailStep,
    before: &FlagsBefore,
) -> Result<Vec<(Entry, Flags)>, Error> {
    if transaction.selectable(step.mailbox).is_err() {
        return Ok(Vec::new());
    }
    let state = transaction.state(step.mailbox)?;
    let mut found = Vec::new();
    for (names, uids) in before {
        let flags = transaction.flags_of(step.mailbox, names, Missing::Drop)?;
        let there = state.entries.of(uids).filter(|entry| entry.modseq == step.modseq);
        found.extend(there.map(|entry| {
            let internal = Flags(entry.flags.0 & Flags::INTERNAL.0);
            (*entry, flags.with(internal))
        }));
    }
    found.sort_unstable_by_key(|(entry, _)| entry.uid);
    Ok(found)
}

fn flag_back(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    step: &EmailStep,
    before: &FlagsBefore,
) -> Result<Vec<EmailId>, Error> {
    let found = unchanged(transaction, step, before)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let modseq = transaction.next_modseq();
    for (entry, flags) in &found {
        transaction.set_flags(step.mailbox, entry, *flags, modseq);
    }
    let uids = found.iter().map(|(entry, _)| entry.uid).collect();
    transaction.log(modseq, who, &What::Flagged { mailbox: step.mailbox, uids });
    Ok(found.into_iter().map(|(entry, _)| entry.email).collect())
}

fn move_back(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    step: &EmailStep,
    from: MailboxId,
    before: &FlagsBefore,
) -> Result<Vec<EmailId>, Error> {
    let found = unchanged(transaction, step, before)?;
    if found.is_empty() || transaction.selectable(from).is_err() {
        return Ok(Vec::new());
    }
    let octets = found.iter().map(|(entry, _)| u64::from(entry.octets));
    transaction.room_in(from, crate::room::Comes::Moved, octets)?;
    let keywords = transaction.keywords(step.mailbox)?;
    let (entries, flags): (Vec<Entry>, Vec<Flags>) = found.into_iter().unzip();
    let mut flags = flags.into_iter();
    move_each(transaction, who, (step.mailbox, from), &entries, |transaction, _| {
        transaction.translated(flags.next().unwrap_or_default(), &keywords, from)
    })?;
    Ok(entries.into_iter().map(|entry| entry.email).collect())
}

/// Takes copies away. One whose original went meanwhile stays: nothing is lost by undoing.
fn take_away(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    step: &EmailStep,
    uids: &UidSet,
) -> Result<Vec<EmailId>, Error> {
    let found = unchanged(transaction, step, &vec![(FlagNames::default(), uids.clone())])?;
    let mut going = Vec::with_capacity(found.len());
    for (entry, _) in found {
        let others = entries_of(transaction, entry.email)?;
        let is_other = |(mailbox, other): &(MailboxId, Entry)| {
            (*mailbox, other.uid) != (step.mailbox, entry.uid)
                && !other.flags.contains(Flags::DELETED)
        };
        if others.iter().any(is_other) {
            going.push(entry);
        }
    }
    if !going.is_empty() {
        let keywords = transaction.keywords(step.mailbox)?;
        expunge_each(transaction, who, (step.mailbox, &keywords), &going)?;
    }
    Ok(going.into_iter().map(|entry| entry.email).collect())
}
