//! What happened to the mail of an account, what of it can be undone, and undoing it.

use std::collections::BTreeMap;

use machine::time_text;
use mailbox::operations::{Change, What};
use mailbox::{Account, Error, MailboxId, ModSeq, Refused, UidSet};

use super::{DeskFault, answers, undo};
use crate::answer::{Answer, Did, UndoableRow, UndoneRow};

/// So many groups of what can be brought back are looked at.
const GROUPS_MAX: usize = 100_000;

/// Shows changes, in the order given.
pub(super) fn rows(account: &Account, changes: &[Change]) -> Result<Vec<UndoableRow>, DeskFault> {
    let names: BTreeMap<MailboxId, String> =
        account.mailboxes()?.iter().map(|mailbox| (mailbox.id, mailbox.name.to_string())).collect();
    let mut retained: BTreeMap<ModSeq, u64> = BTreeMap::new();
    for group in account.retained(GROUPS_MAX)? {
        let count = retained.entry(group.modseq).or_default();
        *count = count.saturating_add(u64::try_from(group.entries.len()).unwrap_or(u64::MAX));
    }
    let mut rows = Vec::with_capacity(changes.len());
    for change in changes {
        let Told { did, mailbox, from, messages } = Told::of(&change.what, &names);
        let can_be_undone = match retained.get(&change.modseq) {
            Some(count) => *count,
            None => can_be_undone(account, change)?,
        };
        rows.push(UndoableRow {
            change: change.modseq.0,
            time: time_text(change.time),
            by: answers::by(account, &change.who),
            did,
            mailbox,
            from,
            messages,
            can_be_undone,
        });
    }
    Ok(rows)
}

/// How much of a change that deleted nothing can be undone.
fn can_be_undone(account: &Account, change: &Change) -> Result<u64, Error> {
    if let What::Renamed { mailbox, from, to } = &change.what {
        let is_named_so = account.mailbox(*mailbox)?.is_some_and(|it| it.name == *to);
        return Ok(u64::from(from != to && is_named_so && account.find(from)?.is_none()));
    }
    Ok(account.step_of(change)?.map_or(0, |step| step.count()))
}

/// Undoes what one change did, as far as nobody changed it since.
pub(super) async fn undo(account: &Account, number: ModSeq) -> Result<Answer, DeskFault> {
    match account.bring_back(number, None).await {
        Ok(back) => {
            let into = undo::rows_of(&back);
            let messages = into.iter().map(|row| row.messages).sum();
            return Ok(Answer::Undone(UndoneRow { messages, left: 0, into }));
        }
        Err(Error::Refused(Refused::NoSuchMessage)) => {}
        Err(error) => return Err(error.into()),
    }
    let before = ModSeq(number.0.saturating_sub(1));
    let change = account.changes_since(before, 1)?.into_iter().find(|it| it.modseq == number);
    let Some(change) = change else { return Err(undo::why_not(account, number)?) };
    if let What::Renamed { mailbox, from, .. } = &change.what
        && can_be_undone(account, &change)? > 0
    {
        account.rename_mailbox(*mailbox, from).await?;
        return Ok(Answer::Undone(UndoneRow::default()));
    }
    let Some(step) = account.step_of(&change)? else {
        return Err(undo::why_not(account, number)?);
    };
    let all = messages_of(&change.what);
    let undone = account.undo_step(step).await?;
    let messages = u64::try_from(undone.emails.len()).unwrap_or(u64::MAX);
    let left = all.saturating_sub(messages);
    Ok(Answer::Undone(UndoneRow { messages, left, into: Vec::new() }))
}

/// A change, taken apart.
struct Told {
    did: Did,
    mailbox: Option<String>,
    from: Option<String>,
    messages: u64,
}

impl Told {
    fn of(what: &What, names: &BTreeMap<MailboxId, String>) -> Told {
        let name = |id: &MailboxId| names.get(id).cloned();
        let (did, mailbox, from) = match what {
            What::Added { mailbox, .. } => (Did::Added, name(mailbox), None),
            What::Copied { from, mailbox, .. } => (Did::Copied, name(mailbox), name(from)),
            What::Moved { from, mailbox, .. } => (Did::Moved, name(mailbox), name(from)),
            What::Flagged { mailbox, .. } => (Did::Flagged, name(mailbox), None),
            What::Expunged { mailbox, .. } => (Did::Deleted, name(mailbox), None),
            What::BroughtBack { mailbox, .. } => (Did::BroughtBack, name(mailbox), None),
            What::Created { name, .. } => (Did::MadeMailbox, Some(name.to_string()), None),
            What::Deleted { name, .. } => (Did::DeletedMailbox, Some(name.to_string()), None),
            What::Renamed { from, to, .. } if from == to => {
                (Did::Other, Some(to.to_string()), None)
            }
            What::Renamed { from, to, .. } => {
                (Did::RenamedMailbox, Some(to.to_string()), Some(from.to_string()))
            }
            What::Subscribed { .. }
            | What::Annotated { .. }
            | What::QuotaSet
            | What::Contacts(_) => (Did::Other, None, None),
        };
        Told { did, mailbox, from, messages: messages_of(what) }
    }
}

/// Of how many messages a change is.
fn messages_of(what: &What) -> u64 {
    let uids: &UidSet = match what {
        What::Added { uids, .. }
        | What::Copied { uids, .. }
        | What::Moved { uids, .. }
        | What::Flagged { uids, .. }
        | What::Expunged { uids, .. }
        | What::BroughtBack { uids, .. } => uids,
        What::Created { .. }
        | What::Renamed { .. }
        | What::Deleted { .. }
        | What::Subscribed { .. }
        | What::Annotated { .. }
        | What::QuotaSet
        | What::Contacts(_) => return 0,
    };
    uids.len()
}
