//! Mends an account: what can be counted is counted anew, what points nowhere is dropped and reported, and mail that no
//! mailbox shows any more comes into a mailbox of its own. No email is ever dropped, whether or not its body can be read.

mod bodies;
mod contacts;
mod mail;
mod placements;
mod pop3;
mod threads;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::accounts::Accounts;
use crate::engine::{Batch, CommitError, Engine, Snapshot};
use crate::records::{Head, Leaving};
use crate::survey::Survey;
use crate::{AccountId, EmailId, Error, Fault, MailboxId, ModSeq, Refused, Timestamp, layout};

/// How many keys go in one commit.
const COMMIT_KEYS_MAX: usize = 5_000;
/// How often an account is looked at again because somebody changed it meanwhile.
const ATTEMPTS_MAX: usize = 10;
/// How many lines a report has.
const LINES_MAX: usize = 1_000;
/// The mailbox for mail that no other shows.
const RECOVERED: &str = "Recovered";

/// What mending an account did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// How many entries went because their email is lost.
    pub lost: u64,
    /// How many emails that were nowhere came into the mailbox `Recovered`.
    pub recovered: u64,
    /// What was done: a sentence each. At most 1,000 of them.
    pub done: Vec<String>,
}

/// Keys to set or to remove.
type Changes = BTreeMap<Vec<u8>, Option<Bytes>>;

/// What is to be changed.
struct Mending<'a> {
    account: AccountId,
    now: Timestamp,
    survey: &'a mut Survey,
    head: Head,
    /// The mod-sequence of all that changes.
    modseq: ModSeq,
    /// Mailboxes that clients must compare as a whole.
    touched: BTreeSet<MailboxId>,
    /// Emails that entries have lost.
    lost: BTreeSet<EmailId>,
    changes: Changes,
    report: Mended,
}

impl Mending<'_> {
    fn put(&mut self, key: Vec<u8>, value: Bytes) {
        self.changes.insert(key, Some(value));
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    fn done(&mut self, text: impl FnOnce() -> String) {
        if self.report.done.len() < LINES_MAX {
            self.report.done.push(text());
        }
    }
}

impl Accounts {
    /// Mends an account. Nothing is changed where nothing is wrong.
    pub async fn mend(&self, id: AccountId) -> Result<Mended, Error> {
        for _ in 0..ATTEMPTS_MAX {
            match self.try_to_mend(id).await? {
                Some(mut report) => {
                    self.mend_index(id, &mut report).await?;
                    return Ok(report);
                }
                None => {
                    tracing::debug!(user = self.name(id), "the account changed while it was mended")
                }
            }
        }
        Err(Fault::new("the account changes too often to be mended; stop the server first").into())
    }

    /// Throws the words away where something is wrong with them: they are made again.
    async fn mend_index(&self, id: AccountId, report: &mut Mended) -> Result<(), Error> {
        let snapshot = self.engine().snapshot()?;
        if let Some(what) = crate::index::check(id, &*snapshot)? {
            drop(snapshot);
            self.drop_index(id).await?;
            report.done.push(format!("{what}; it is made anew"));
        }
        Ok(())
    }

    /// Mends an account as it is now. None if it changed meanwhile.
    async fn try_to_mend(&self, id: AccountId) -> Result<Option<Mended>, Error> {
        let snapshot = self.engine().snapshot()?;
        let mut survey = Survey::read(id, &*snapshot)?;
        if survey.is_empty() {
            return Err(Refused::NoSuchMailbox.into());
        }
        if survey.head.is_some_and(|head| head.leaving == Leaving::Yes) {
            return Ok(Some(Mended::default()));
        }
        // The value as it is, readable or not: nobody may change it meanwhile.
        let check = (layout::head(id), snapshot.get(&layout::head(id))?);
        let now = self.clock().now();
        let (changes, report) = plan(id, now, &mut survey, &**self.engine(), &*snapshot)?;
        let mut left: Vec<_> = changes.into_iter().collect();
        // The head goes last: until then nothing has moved on.
        left.sort_by_key(|(key, _)| *key == check.0);
        while !left.is_empty() {
            let some = left.drain(..left.len().min(COMMIT_KEYS_MAX));
            let mut batch = Batch { checks: vec![check.clone()], ..Batch::default() };
            for (key, value) in some {
                match value {
                    Some(value) => batch.puts.push((key, value)),
                    None => batch.deletes.push(key),
                }
            }
            if commit(&**self.engine(), batch).await? == Passed::No {
                return Ok(None);
            }
        }
        if let Some(shared) = self.registry().live(id) {
            shared.reload()?;
        }
        Ok(Some(report))
    }
}

/// Whether a batch passed its checks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passed {
    No,
    Yes,
}

async fn commit(engine: &dyn Engine, batch: Batch) -> Result<Passed, Error> {
    match engine.commit(batch).await {
        Ok(()) => Ok(Passed::Yes),
        Err(CommitError::Conflict) => Ok(Passed::No),
        Err(CommitError::NoSpace) => Err(Refused::NoSpace.into()),
        Err(CommitError::Fault(fault)) => Err(fault.into()),
    }
}

/// What has to change, and what to say about it.
fn plan(
    account: AccountId,
    now: Timestamp,
    survey: &mut Survey,
    engine: &dyn Engine,
    snapshot: &dyn Snapshot,
) -> Result<(Changes, Mended), Fault> {
    let mut head = survey.head.unwrap_or(Head { created: now, ..Head::default() });
    let highest = survey.records.values().map(|record| record.highest_modseq);
    let highest = highest.chain([head.modseq, survey.last_change]).max().unwrap_or_default();
    let modseq = ModSeq(highest.0.saturating_add(1));
    head.modseq = highest;
    let mut mending = Mending {
        account,
        now,
        survey,
        head,
        modseq,
        touched: BTreeSet::new(),
        lost: BTreeSet::new(),
        changes: BTreeMap::new(),
        report: Mended::default(),
    };
    if mending.survey.head.is_none() {
        mending.done(|| "the head of the account is made anew; its limits are gone".to_owned());
    }
    bodies::drop_damaged(&mut mending);
    bodies::bring_back(&mut mending, engine, snapshot)?;
    bodies::refer(&mut mending, snapshot)?;
    tree::mend(&mut mending);
    mail::mend(&mut mending);
    threads::mend(&mut mending);
    mail::count(&mut mending);
    pop3::mend(&mut mending);
    placements::mend(&mut mending);
    contacts::mend(&mut mending);
    let notes = mending.changes.len();
    if mending.survey.head.is_some_and(|head| head != mending.head) {
        mending.done(|| "the numbers that the account gives next are put right".to_owned());
    }
    if notes > 0 && mending.report.done.is_empty() {
        mending
            .done(|| format!("notes that lead nowhere, or to the wrong place: {notes} put right"));
    }
    let Mending { mut changes, report, mut head, .. } = mending;
    if changes.is_empty() && mending.survey.head == Some(head) {
        return Ok((changes, report));
    }
    head.modseq = modseq;
    head.revision = head.revision.wrapping_add(1);
    changes.insert(layout::head(account), Some(head.write()));
    Ok((changes, report))
}

fn shown(key: &[u8]) -> String {
    key.iter().map(|octet| format!("{octet:02x}")).collect()
}
