//! Repair: the store's own, then every account, and, only when told, damaged messages are dropped. After it a check
//! says what is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use directory::People;
use mailbox::{About, AccountId, BodyHash, Door, EmailId, Error, Fault, Policy, Who, keys};
use store::{Disk, OpenError, Options};

use super::check::{InStore, look};
use super::naming::Naming;
use super::{Steps, pass_on};
use crate::answer::{FindingRow, Progress, Repaired};
use crate::keep::{Folder, Keep, disk};

/// What becomes of messages whose octets are damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Damaged {
    /// They stay listed.
    #[default]
    Keep,
    /// They are dropped for good.
    Drop,
}

/// Repairs a store that is not open, and all accounts. Waits for the disk.
pub async fn repair_closed(
    folder: &Folder,
    policy: Policy,
    damaged: Damaged,
    steps: Steps<'_>,
) -> Result<Repaired, OpenError> {
    let place: Arc<dyn Disk> = disk(&folder.store())?;
    let options = Options::default();
    let done = store::repair(&place, &options, &mut |report| pass_on(&report, steps))?;
    let keep = Keep::open(folder, policy)?;
    let mut repaired = accounts(InStore::of(done.checked), &keep.people, damaged, steps).await?;
    keep.close()?;
    repaired.segments = u64::try_from(done.segments.len()).unwrap_or(u64::MAX);
    Ok(repaired)
}

/// Repairs all accounts while the host works; of the store it only says what is wrong.
pub async fn repair_open(
    in_store: InStore,
    people: &People,
    damaged: Damaged,
    steps: Steps<'_>,
) -> Result<Repaired, Fault> {
    accounts(in_store, people, damaged, steps).await
}

/// Mends all accounts and drops what is to be dropped.
async fn accounts(
    mut in_store: InStore,
    people: &People,
    damaged: Damaged,
    steps: Steps<'_>,
) -> Result<Repaired, Fault> {
    let mended = mend(people, steps).await?;
    let dropped = match damaged {
        Damaged::Keep => Vec::new(),
        Damaged::Drop => drop_all(&mut in_store.damaged, people).await?,
    };
    let found = look(in_store, people, steps)?;
    found.note(people.accounts()).await;
    let checked = found.checked;
    Ok(Repaired { segments: 0, mended, dropped, checked })
}

/// Mends all accounts, those too that cannot be opened as they are.
async fn mend(people: &People, steps: Steps<'_>) -> Result<Vec<FindingRow>, Fault> {
    let accounts = people.accounts();
    let naming = Naming::new(people);
    let mut rows = Vec::new();
    let references = accounts.mend_references().await.map_err(fault)?;
    if references > 0 {
        let what = format!("{references} references to bodies without their emails put right");
        rows.push(FindingRow { what, ..FindingRow::default() });
    }
    let all = accounts.list()?;
    let of = u64::try_from(all.len()).ok();
    for (done, id) in (0u64..).zip(all) {
        steps(Progress { what: "repairing accounts".to_owned(), done, of });
        let mended = match accounts.mend(id).await {
            Ok(mended) => mended,
            // It was removed just now.
            Err(Error::Refused(_)) => continue,
            Err(Error::Fault(fault)) => return Err(fault),
        };
        let done = mended.done.into_iter().map(|what| (About::Account, what)).collect();
        rows.extend(naming.rows(id, done)?);
    }
    Ok(rows)
}

/// Drops the messages that have these bodies, and takes the bodies out of the set. What waits in the outbound queue stays:
/// `correio queue remove` is for that.
async fn drop_all(
    damaged: &mut BTreeSet<BodyHash>,
    people: &People,
) -> Result<Vec<FindingRow>, Fault> {
    let accounts = people.accounts();
    let rows = Naming::new(people).messages(damaged)?;
    let mut emails: BTreeMap<AccountId, BTreeSet<EmailId>> = BTreeMap::new();
    let mut gone = BTreeSet::new();
    for (account, email, hash) in accounts.emails_of(damaged)? {
        if account != keys::NOBODY {
            emails.entry(account).or_default().insert(email);
            gone.insert(hash);
        }
    }
    for (id, emails) in emails {
        let account = accounts.open(id, Who::at(Door::Admin)).map_err(fault)?;
        account.drop_damaged(&emails).await.map_err(fault)?;
    }
    damaged.retain(|hash| !gone.contains(hash));
    Ok(rows.into_iter().filter(|row| row.mailbox.is_some()).collect())
}

fn fault(error: Error) -> Fault {
    match error {
        Error::Fault(fault) => fault,
        Error::Refused(refused) => Fault::caused("an account cannot be repaired", refused),
    }
}
