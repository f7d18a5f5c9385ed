//! Check: the store's own, then every account, then the names of all that was found.

use std::collections::BTreeSet;
use std::sync::Arc;

use directory::People;
use mailbox::{Accounts, BodyHash, Fault, Policy};
use store::{Disk, Finding, OpenError, Options, Report, Store};

use super::naming::Naming;
use super::record::{self, Record};
use super::{Noted, Steps, acknowledged, pass_on};
use crate::answer::{Checked, FindingRow, Progress, Round};
use crate::keep::{Folder, Keep, disk};

/// So many faults are listed; all are counted.
const FAULTS_MAX: usize = 1_000;

/// Whether damaged messages are acknowledged, so that later checks are quiet about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acknowledge {
    /// No.
    #[default]
    Nothing,
    /// Those that are found now.
    Found,
}

/// What the store says about itself.
pub struct InStore {
    checked: store::Checked,
    /// All bodies that are damaged or lost.
    pub(super) damaged: BTreeSet<BodyHash>,
    /// All else that is wrong.
    others: u64,
}

impl InStore {
    /// What a check came to whose report nobody heard: all bodies, as far as they are listed.
    pub(super) fn of(checked: store::Checked) -> InStore {
        let damaged: BTreeSet<BodyHash> =
            checked.findings.iter().filter_map(Finding::body).collect();
        let bodies = checked.findings.iter().filter(|finding| finding.body().is_some()).count();
        let others = checked.count.saturating_sub(u64::try_from(bodies).unwrap_or(u64::MAX));
        InStore { checked, damaged, others }
    }

    /// What is wrong with it, without the bodies.
    pub(super) fn told(&self) -> Checked {
        of_store(self)
    }

    /// Checks a store while it works. Waits for the disk.
    pub fn of_open(store: &Store, steps: Steps<'_>) -> Result<InStore, Fault> {
        gather(steps, |report| store.check(report))
    }
}

/// Takes what a check of the store reports.
fn gather<E>(
    steps: Steps<'_>,
    check: impl FnOnce(&mut dyn FnMut(Report<'_>)) -> Result<store::Checked, E>,
) -> Result<InStore, E> {
    let (mut damaged, mut others) = (BTreeSet::new(), 0u64);
    let checked = check(&mut |report| {
        if let Report::Finding(finding) = &report {
            match finding.body() {
                Some(hash) => {
                    damaged.insert(hash);
                }
                None => others = others.saturating_add(1),
            }
        }
        pass_on(&report, steps);
    })?;
    Ok(InStore { checked, damaged, others })
}

/// Checks a store while it works, and all accounts. Waits for the disk.
pub fn check_open(store: &Store, people: &People, steps: Steps<'_>) -> Result<Found, Fault> {
    look(InStore::of_open(store, steps)?, people, steps)
}

/// Checks a store that is not open. Waits for the disk.
pub(super) fn check_closed_store(folder: &Folder, steps: Steps<'_>) -> Result<InStore, OpenError> {
    let place: Arc<dyn Disk> = disk(&folder.store())?;
    gather(steps, |report| store::check(&place, &Options::default(), report))
}

/// Checks a store that is not open, and all accounts. Waits for the disk.
pub async fn check_closed(
    folder: &Folder,
    policy: Policy,
    acknowledge: Acknowledge,
    steps: Steps<'_>,
) -> Result<Checked, OpenError> {
    // If the folder is a backup, what is found becomes part of its record.
    let record = Record::of(folder)?;
    let in_store = check_closed_store(folder, steps)?;
    let keep = match Keep::open(folder, policy) {
        Ok(keep) => keep,
        // Then there is nobody to ask for names, and what is wrong was found above.
        Err(error) if in_store.checked.count > 0 => {
            tracing::warn!(%error, "the store cannot be opened to look at the accounts");
            record::forget(folder)?;
            return Ok(unnamed(&in_store));
        }
        Err(error) => return Err(error),
    };
    let found = look(in_store, &keep.people, steps)?;
    let checked = found.settle(&keep.accounts, acknowledge).await?;
    let now_s = keep.accounts.clock().now().0;
    keep.close()?;
    match record {
        Some(record) if checked.is_right() && checked.acknowledged == 0 => {
            record.read_again(folder, now_s)?;
        }
        Some(_) | None => record::forget(folder)?,
    }
    Ok(checked)
}

/// What a check found.
pub struct Found {
    pub(super) checked: Checked,
    /// All that is damaged, acknowledged or not.
    damaged: BTreeSet<BodyHash>,
    round: Round,
}

impl Found {
    /// Acknowledges what is damaged, if that is wanted.
    pub async fn settle(
        self,
        accounts: &Accounts,
        acknowledge: Acknowledge,
    ) -> Result<Checked, Fault> {
        if acknowledge == Acknowledge::Found {
            acknowledged::write(&**accounts.engine(), &self.damaged).await?;
        }
        self.note(accounts).await;
        Ok(self.checked)
    }

    /// Keeps what was found for `status`. A full disk, or one that fails, must not keep anybody from hearing it.
    pub(super) async fn note(&self, accounts: &Accounts) {
        let noted = Noted::of(self.round.clone(), &self.damaged);
        if let Err(fault) = noted.save(&**accounts.engine()).await {
            tracing::warn!(%fault, "what a check found was not noted");
        }
    }
}

/// Looks at all accounts, and names what is wrong.
pub(super) fn look(in_store: InStore, people: &People, steps: Steps<'_>) -> Result<Found, Fault> {
    let accounts = people.accounts();
    let naming = Naming::new(people);
    let mut checked = of_store(&in_store);
    let (damaged, octets) = (in_store.damaged, in_store.checked.octets);
    let began_s = accounts.clock().now().0;
    let (mut mailboxes, mut messages) = (0u64, 0u64);
    let all = accounts.list()?;
    let of = u64::try_from(all.len()).ok();
    for (done, id) in (0u64..).zip(all) {
        steps(Progress { what: "checking accounts".to_owned(), done, of });
        let account = accounts.check(id)?;
        mailboxes = mailboxes.saturating_add(account.mailboxes);
        messages = messages.saturating_add(account.entries);
        let wrong = account.wrong.into_iter().map(|wrong| (wrong.about, wrong.what)).collect();
        add(&mut checked, naming.rows(id, wrong)?);
    }
    let stray = accounts.check_references()?;
    add(&mut checked, stray.into_iter().map(plain));
    checked.looked_at.push(("mailboxes".to_owned(), mailboxes));
    checked.looked_at.push(("messages".to_owned(), messages));
    let known = acknowledged::read(&**accounts.engine())?;
    checked.damaged = naming.messages(&damaged.difference(&known).copied().collect())?;
    let acknowledged = naming.messages(&damaged.intersection(&known).copied().collect())?;
    checked.acknowledged = u64::try_from(acknowledged.len()).unwrap_or(u64::MAX);
    accounts.know_damaged(&damaged);
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let round = Round {
        began_s,
        ended_s: accounts.clock().now().0,
        octets,
        damaged: count(damaged.len()),
        faults: count(checked.faults.len()).saturating_add(checked.faults_more),
    };
    Ok(Found { checked, damaged, round })
}

/// What the store says about itself.
fn of_store(in_store: &InStore) -> Checked {
    let found = &in_store.checked;
    let looked_at = [
        ("records of the journal", found.records),
        ("keys of the index", found.keys),
        ("bodies", found.bodies),
        ("octets of bodies", found.octets),
    ];
    let counted = looked_at.into_iter().filter(|_| found.records > 0);
    let looked_at = counted.map(|(what, number)| (what.to_owned(), number)).collect();
    let mut checked = Checked { looked_at, ..Checked::default() };
    let others = found.findings.iter().filter(|finding| finding.body().is_none());
    add(&mut checked, others.map(|finding| plain(finding.to_string())));
    let listed = u64::try_from(checked.faults.len()).unwrap_or(u64::MAX);
    checked.faults_more = in_store.others.saturating_sub(listed);
    checked
}

/// The same with the bodies by their hashes, where nobody can say whose they are.
fn unnamed(in_store: &InStore) -> Checked {
    let damaged = in_store.damaged.iter();
    let damaged = damaged.map(|hash| plain(format!("body {hash}"))).collect();
    Checked { damaged, ..of_store(in_store) }
}

fn plain(what: String) -> FindingRow {
    FindingRow { what, ..FindingRow::default() }
}

fn add(checked: &mut Checked, rows: impl IntoIterator<Item = FindingRow>) {
    for row in rows {
        if checked.faults.len() < FAULTS_MAX {
            checked.faults.push(row);
        } else {
            checked.faults_more = checked.faults_more.saturating_add(1);
        }
    }
}
