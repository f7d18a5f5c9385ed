//! Emails are changed: keywords on all their entries, mailboxes by copying, moving and expunging (ADR 23).

use std::collections::BTreeMap;

use super::super::Account;
use super::super::copy::{copy_each, move_each};
use super::super::expunge::expunge_each;
use super::undo::{EmailStep, StepDone, flags_before};
use crate::emails::is_of_emails;
use crate::limits::CHANGES_STEP_LINES;
use crate::operations::What;
use crate::records::damaged;
use crate::room::Comes;
use crate::transaction::{Missing, Transaction};
use crate::{
    EmailId, Entry, Error, Fault, FlagNames, Flags, MailboxId, MailboxKind, ModSeq, Refused, Who,
    layout, records,
};

/// What becomes of one email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailChange {
    /// Which.
    pub email: EmailId,
    /// Its keywords; none: they stay.
    pub keywords: Option<KeywordChange>,
    /// Its mailboxes; none: they stay.
    pub mailboxes: Option<MailboxesChange>,
    /// Whether it goes, from wherever it is.
    pub destroy: Destroy,
}

/// Whether an email goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the type says it")]
pub enum Destroy {
    Yes,
    No,
}

/// What becomes of keywords. `\Deleted` is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeywordChange {
    /// It has exactly these.
    Set(FlagNames),
    /// It also has some, and does not have others any more.
    Patch {
        /// Those that it has.
        add: FlagNames,
        /// Those that it has not.
        remove: FlagNames,
    },
}

/// What becomes of the mailboxes of an email. Two entries in one mailbox stay two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailboxesChange {
    /// It is in exactly these.
    Set(Vec<MailboxId>),
    /// It is also in some, and in others not any more.
    Patch {
        /// Those that it is in.
        add: Vec<MailboxId>,
        /// Those that it is not in.
        remove: Vec<MailboxId>,
    },
}

/// What became of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailsChanged {
    /// Of each, in the order given.
    pub outcomes: Vec<Result<(), Refused>>,
    /// What was done, so that it can be undone, the first first.
    pub steps: Vec<EmailStep>,
    /// The account's counter after it.
    pub modseq: ModSeq,
}

impl Account {
    /// Changes emails, each wholly or not at all, all in one commit; says what became of each, in the order given. What one refuses
    /// stays as it is: `NoSuchMessage`, `NoSuchMailbox` (also where it would be in none), `NotSelectable`, quota and limits. None: some
    /// email changed after the state that all this is for, and nothing was done.
    pub async fn change_emails(
        &self,
        changes: Vec<EmailChange>,
        if_state: Option<ModSeq>,
    ) -> Result<Option<EmailsChanged>, Error> {
        let count = u64::try_from(changes.len()).unwrap_or(u64::MAX);
        self.write_more(count, move |transaction, who| {
            if let Some(state) = if_state
                && is_changed_since(transaction, state)?
            {
                return Ok(None);
            }
            let mut plan = Plan::default();
            let mut changed = EmailsChanged::default();
            for change in &changes {
                changed.outcomes.push(match plan.take(transaction, change) {
                    Ok(()) => Ok(()),
                    Err(Error::Refused(refused)) => Err(refused),
                    Err(fault) => return Err(fault),
                });
            }
            changed.steps = plan.carry_out(transaction, who)?;
            changed.modseq = transaction.head().modseq;
            Ok(Some(changed))
        })
        .await
    }
}

/// Whether some email changed after a state, or it cannot be said.
pub(super) fn is_changed_since(
    transaction: &mut Transaction<'_, '_>,
    state: ModSeq,
) -> Result<bool, Fault> {
    let (present, floor) = (transaction.head().modseq, transaction.head().log_floor);
    if state > present || state < floor {
        return Ok(true);
    }
    let account = transaction.account();
    let mut range = layout::all(account, layout::Kind::Change);
    let mut at = state;
    while at < present {
        range.start = layout::change(account, ModSeq(at.0.saturating_add(1)));
        let lines = transaction.range(&range, CHANGES_STEP_LINES)?;
        // Each change writes a line; where some are missing it cannot be said.
        if lines.is_empty() {
            return Ok(true);
        }
        for (key, value) in lines {
            let modseq = layout::take64(layout::tail(&key)).map(|(number, _)| ModSeq(number));
            let line = modseq.and_then(|modseq| records::read_change(modseq, &value));
            let line = line.ok_or_else(|| damaged(&key))?;
            if is_of_emails(&line) {
                return Ok(true);
            }
            at = line.modseq;
        }
    }
    Ok(false)
}

/// An entry, and the flags that it is to have where it will be.
type Flagged = (Entry, Flags);

/// What has to be done for all changes together.
#[derive(Default)]
struct Plan {
    flags: BTreeMap<MailboxId, Vec<Flagged>>,
    moves: BTreeMap<(MailboxId, MailboxId), Vec<Flagged>>,
    copies: BTreeMap<(MailboxId, MailboxId), Vec<Flagged>>,
    gone: BTreeMap<MailboxId, Vec<Entry>>,
    copied_octets: u64,
    copied: u64,
    moved: u64,
}

impl Plan {
    /// Takes in one change, or refuses it.
    fn take(
        &mut self,
        transaction: &mut Transaction<'_, '_>,
        change: &EmailChange,
    ) -> Result<(), Error> {
        let entries = entries_of(transaction, change.email)?;
        let is_hidden = |entry: &Entry| entry.flags.contains(Flags::DELETED);
        if entries.iter().all(|(_, entry)| is_hidden(entry)) {
            return Err(Refused::NoSuchMessage.into());
        }
        if change.destroy == Destroy::Yes {
            for (mailbox, entry) in entries {
                self.gone.entry(mailbox).or_default().push(entry);
            }
            return Ok(());
        }
        let visible: Vec<_> = entries.into_iter().filter(|(_, entry)| !is_hidden(entry)).collect();
        let mut placed = Vec::with_capacity(visible.len());
        for (mailbox, entry) in &visible {
            let flags = flags_after(transaction, *mailbox, entry, change.keywords.as_ref())?;
            placed.push((*mailbox, (*entry, flags)));
        }
        let wanted = wanted(&visible, change.mailboxes.as_ref());
        if wanted.is_empty() {
            return Err(Refused::NoSuchMailbox.into());
        }
        let is_in = |mailbox: &MailboxId| visible.iter().any(|(it, _)| it == mailbox);
        let mut adding = wanted.iter().copied().filter(|mailbox| !is_in(mailbox)).peekable();
        let base = placed.first().copied();
        let (staying, leaving): (Vec<_>, Vec<_>) =
            placed.into_iter().partition(|(mailbox, _)| wanted.contains(mailbox));
        let (mut moves, mut copies, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for (from, flagged) in leaving {
            match adding.next() {
                Some(to) => moves.push(self.moved(transaction, (from, to), flagged)?),
                None => gone.push((from, flagged.0)),
            }
        }
        if let Some((from, flagged)) = base {
            for to in adding {
                copies.push(self.copied(transaction, (from, to), flagged, copies.len())?);
            }
        }
        for (mailbox, flagged) in staying {
            if flagged.0.flags != flagged.1 {
                self.flags.entry(mailbox).or_default().push(flagged);
            }
        }
        self.moved = self.moved.saturating_add(wide(moves.len()));
        for (way, flagged) in moves {
            self.moves.entry(way).or_default().push(flagged);
        }
        for (way, flagged) in copies {
            self.copied = self.copied.saturating_add(1);
            self.copied_octets = self.copied_octets.saturating_add(flagged.0.octets.into());
            self.copies.entry(way).or_default().push(flagged);
        }
        for (mailbox, entry) in gone {
            self.gone.entry(mailbox).or_default().push(entry);
        }
        Ok(())
    }

    /// An entry that goes elsewhere, if it may.
    fn moved(
        &self,
        transaction: &mut Transaction<'_, '_>,
        (from, to): (MailboxId, MailboxId),
        (entry, flags): Flagged,
    ) -> Result<((MailboxId, MailboxId), Flagged), Error> {
        let more = self.moved.saturating_add(self.copied).saturating_add(1);
        transaction.room_for(to, Comes::Moved, 0, more)?;
        let keywords = transaction.keywords(from)?;
        Ok(((from, to), (entry, transaction.translated(flags, &keywords, to)?)))
    }

    /// An entry that is made elsewhere too, if it may be; so many others of the same change are.
    fn copied(
        &self,
        transaction: &mut Transaction<'_, '_>,
        (from, to): (MailboxId, MailboxId),
        (entry, flags): Flagged,
        others: usize,
    ) -> Result<((MailboxId, MailboxId), Flagged), Error> {
        let more = wide(others).saturating_add(1);
        let octets = u64::from(entry.octets).saturating_mul(more);
        let messages = self.copied.saturating_add(more);
        let sum = self.copied_octets.saturating_add(octets);
        transaction.room_for(to, Comes::Copied, sum, messages)?;
        let keywords = transaction.keywords(from)?;
        Ok(((from, to), (entry, transaction.translated(flags, &keywords, to)?)))
    }

    /// Does it: each kind of thing in each mailbox is one change of the log, and one step.
    fn carry_out(
        self,
        transaction: &mut Transaction<'_, '_>,
        who: &Who,
    ) -> Result<Vec<EmailStep>, Error> {
        let mut steps = Vec::new();
        for (mailbox, mut list) in self.flags {
            list.sort_by_key(|(entry, _)| entry.uid);
            let modseq = transaction.next_modseq();
            for (entry, flags) in &list {
                transaction.set_flags(mailbox, entry, *flags, modseq);
            }
            let uids = list.iter().map(|(entry, _)| entry.uid).collect();
            transaction.log(modseq, who, &What::Flagged { mailbox, uids });
            let keywords = transaction.keywords(mailbox)?;
            let entries = list.iter().map(|(entry, _)| (entry.flags, entry.uid));
            let done = StepDone::Flagged(flags_before(entries, &keywords));
            steps.push(EmailStep { mailbox, modseq, done });
        }
        for (way, list) in self.copies {
            let (entries, mut flags) = apart(list);
            let pairs = copy_each(transaction, who, way, &entries, |_, _| {
                Ok(flags.next().unwrap_or_default())
            })?;
            let done = StepDone::Copied(pairs.into_iter().map(|(_, new)| new).collect());
            steps.push(EmailStep { mailbox: way.1, modseq: transaction.head().modseq, done });
        }
        for (way, list) in self.moves {
            let (entries, mut flags) = apart(list);
            let pairs = move_each(transaction, who, way, &entries, |_, _| {
                Ok(flags.next().unwrap_or_default())
            })?;
            let keywords = transaction.keywords(way.0)?;
            let moved = entries.iter().zip(pairs).map(|(entry, (_, new))| (entry.flags, new));
            let done = StepDone::Moved(way.0, flags_before(moved, &keywords));
            steps.push(EmailStep { mailbox: way.1, modseq: transaction.head().modseq, done });
        }
        for (mailbox, mut entries) in self.gone {
            entries.sort_by_key(|entry| entry.uid);
            let keywords = transaction.keywords(mailbox)?;
            expunge_each(transaction, who, (mailbox, &keywords), &entries)?;
            let done = StepDone::Expunged(wide(entries.len()));
            steps.push(EmailStep { mailbox, modseq: transaction.head().modseq, done });
        }
        Ok(steps)
    }
}

/// Entries by UID, and the flags of each in the same order.
fn apart(mut list: Vec<Flagged>) -> (Vec<Entry>, impl Iterator<Item = Flags>) {
    list.sort_by_key(|(entry, _)| entry.uid);
    let (entries, flags): (Vec<Entry>, Vec<Flags>) = list.into_iter().unzip();
    (entries, flags.into_iter())
}

/// The entries of an email, marked ones too, by mailbox and UID.
pub(super) fn entries_of(
    transaction: &mut Transaction<'_, '_>,
    email: EmailId,
) -> Result<Vec<(MailboxId, Entry)>, Error> {
    let mut entries = Vec::new();
    for (mailbox, uid) in transaction.noted_entries(email)? {
        // What was expunged is noted too, as long as it can be brought back.
        let is_there =
            transaction.record(mailbox).is_some_and(|it| it.kind == MailboxKind::Selectable);
        if !is_there {
            continue;
        }
        let found = transaction.state(mailbox)?.entries.find(uid);
        entries.extend(found.filter(|it| it.email == email).map(|entry| (mailbox, entry)));
    }
    Ok(entries)
}

/// The flags of an entry after a change of keywords.
fn flags_after(
    transaction: &mut Transaction<'_, '_>,
    mailbox: MailboxId,
    entry: &Entry,
    change: Option<&KeywordChange>,
) -> Result<Flags, Error> {
    match change {
        None => Ok(entry.flags),
        Some(KeywordChange::Set(names)) => {
            let flags = transaction.flags_of(mailbox, names, Missing::Refuse)?;
            Ok(flags.with(Flags(entry.flags.0 & Flags::INTERNAL.0)))
        }
        Some(KeywordChange::Patch { add, remove }) => {
            let add = transaction.flags_of(mailbox, add, Missing::Refuse)?;
            let remove = transaction.flags_of(mailbox, remove, Missing::Ignore)?;
            Ok(entry.flags.without(remove).with(add))
        }
    }
}

/// The mailboxes that an email is to be in.
fn wanted(visible: &[(MailboxId, Entry)], change: Option<&MailboxesChange>) -> Vec<MailboxId> {
    let present = || visible.iter().map(|(mailbox, _)| *mailbox);
    let mut wanted: Vec<MailboxId> = match change {
        None => present().collect(),
        Some(MailboxesChange::Set(mailboxes)) => mailboxes.clone(),
        Some(MailboxesChange::Patch { add, remove }) => {
            present().filter(|it| !remove.contains(it)).chain(add.iter().copied()).collect()
        }
    };
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
